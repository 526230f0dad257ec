"""收集群众页面的词句，更新藏文和英文译文目录并编译（开发用）。"""

from __future__ import annotations

import ast
from pathlib import Path

from minsheng.cli import Stop
from minsheng.kit import gettext_catalog

hidden = True
SOURCE = Path(__file__).resolve().parents[1]
LOCALE = SOURCE / "locale"
LANGUAGES = ("bo", "en")
# Whose marked strings a citizen may read; `accounts`, `files` and `language` for waits, and for photographs and numbers that are not taken.
PYTHON = ("portal/**/*.py", "cases/actions/by_citizen.py", "cases/queries/citizen_view.py", "accounts/rules.py", "files/rules.py", "files/actions.py",
          "leader_days/actions/signups.py",
          "language/telephones.py")
TEMPLATES = ("portal/templates/**/*.html", "kit/templates/portal_base.html", "kit/templates/403_csrf.html")
MARKS = frozenset({"_", "mark", "gettext", "gettext_noop", "Said"})


def add(parser) -> None:
    parser.add_argument("--check", action="store_true", help="只检查，不改文件")


def _files(patterns: tuple[str, ...]) -> list[Path]:
    return sorted({file for pattern in patterns for file in SOURCE.glob(pattern)})


def of_python(text: str) -> list[str]:
    """The constant strings that are handed to one of MARKS."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and node.args]
    named = [c.args[0] for c in calls if getattr(c.func, "id", "") in MARKS]
    return [a.value for a in named if isinstance(a, ast.Constant) and isinstance(a.value, str) and a.value]


def of_template(text: str) -> list[str]:
    """What {% translate %}, {% blocktranslate %} and {% both %} say, read by Django's own parser."""
    from django.template import Template

    return [said for node in _nodes(Template(text).nodelist) for said in _said(node)]


def _nodes(nodes):
    """Every node, those inside blocks, branches and loops too."""
    for node in nodes:
        yield node
        branches = getattr(node, "conditions_nodelists", None)
        inner = [branch for _, branch in branches] if branches else [getattr(node, name, None) for name in node.child_nodelists]
        for each in inner:
            yield from _nodes(each or ())


def _said(node) -> list[str]:
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    if isinstance(node, BlockTranslateNode):
        return [node.render_token_list(node.singular)[0]]
    asked = node.filter_expression if isinstance(node, TranslateNode) else None
    if getattr(getattr(node, "func", None), "__name__", "") == "both":
        asked = node.args[0]
    said = getattr(asked.var, "literal", asked.var) if asked is not None else None
    return [str(said)] if isinstance(said, str) else []


def of_tables() -> dict[str, list[str]]:
    """The words of rules that a citizen reads: the tables themselves stay without a mark."""
    from minsheng.cases.rules import Dissatisfaction, Kind, RequesterKind, Satisfaction, State
    from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE

    labels = [label for kind in (Kind, RequesterKind, Satisfaction, Dissatisfaction) for code, label in kind.choices()
              if code != Dissatisfaction.UNREASONABLE]
    return {
        "cases/rules/procedure": [PROCEDURE[name].label for name in OF_REQUESTER] + [word for row in PROCEDURE for word in _of_row(row)],
        "cases/rules/states.py": [s.public for s in State if s.public] + labels,
    }


def _of_row(row) -> list[str]:
    """What the requester reads of a step, and of one taken on the portal how it asks, what is said then, and why it is shut."""
    from minsheng.cases.rules.readers import Place

    said, there = row.desk.said if row.desk.place is Place.PORTAL else "", row.desk.portal
    words = (row.public, row.citizen.says and row.citizen.says.label, said, *dict(there.asks).values(), *dict(there.shut).values())
    return [word for word in words if word]


def found() -> dict[str, list[str]]:
    """msgid -> the files that say it, by file and then by the words: moving a row of a table moves nothing here."""
    said = {file: of_python(file.read_text(encoding="utf-8")) for file in _files(PYTHON)}
    said |= {file: of_template(file.read_text(encoding="utf-8")) for file in _files(TEMPLATES)}
    by_name = {file.relative_to(SOURCE).as_posix(): words for file, words in said.items()} | of_tables()
    places: dict[str, list[str]] = {}
    for name, words in by_name.items():
        for each in dict.fromkeys(words):
            places.setdefault(each, []).append(name)
    return dict(sorted(places.items(), key=lambda pair: (pair[1][0], pair[0])))


def po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def wrong(language: str, places: dict[str, list[str]]) -> list[str]:
    """What stands between the catalogue and the pages: one sentence each."""
    made, mo = gettext_catalog.load(po(language)), po(language).with_suffix(".mo")
    out = [f"{language}: 没有翻译：{said}" for said in places if not made.words.get(said)]
    out += [f"{language}: 页面已不用：{said}" for said in made.words if said not in places]
    out += [f"{language}: 待核定（fuzzy）：{said}" for said in made.flags]
    if not mo.exists() or mo.read_bytes() != gettext_catalog.compiled(made):
        out.append(f"{language}: .mo 与 .po 不一致，请运行 ./minsheng words")
    if po(language).exists() and po(language).read_text(encoding="utf-8") != gettext_catalog.write(made, places):
        out.append(f"{language}: 次序或出处已变，请运行 ./minsheng words")
    return out


def run(args) -> int:
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minsheng.settings")
    django.setup()
    places = found()
    for language in () if args.check else LANGUAGES:
        made = gettext_catalog.load(po(language))
        po(language).parent.mkdir(parents=True, exist_ok=True)
        po(language).write_text(gettext_catalog.write(made, places), encoding="utf-8")
        po(language).with_suffix(".mo").write_bytes(gettext_catalog.compiled(gettext_catalog.load(po(language))))
    left = [line for language in LANGUAGES for line in wrong(language, places)]
    if left:
        raise Stop("\n".join(left))
    print(f"{len(places)} 条词句，{'、'.join(LANGUAGES)} 齐全")
    return 0
