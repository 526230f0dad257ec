"""The building: sizes, no signals, screens that only ask, one clock, no foreign addresses."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minsheng"
SCREENS = ("portal", "desk", "board", "api")
PYTHON = sorted(p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts)

TESTS = sorted((ROOT / "tests").rglob("*.py"))

IMPURE = ("django", "psycopg", "httpx", "urllib", "socket", "requests")

# What is larger than the caps allow, and by how much; this list may only shrink.
ALLOWED: dict[str, int] = {}


def name(file: Path) -> str:
    return file.relative_to(SOURCE).as_posix()


def cap(file: Path) -> int:
    if name(file) == "settings.py":
        return 200
    screen = file.relative_to(SOURCE).parts[0] in SCREENS and "views" in file.relative_to(SOURCE).as_posix()
    return ALLOWED.get(name(file), 300 if screen else 400)


def lines(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


def test_no_source_file_is_longer_than_its_cap():
    assert {name(f): lines(f) for f in PYTHON if lines(f) > cap(f)} == {}


def test_no_template_or_script_is_longer_than_its_cap():
    files = [f for f in SOURCE.rglob("*") if f.suffix in (".html", ".js") and f.is_file()]
    assert {name(f): lines(f) for f in files if lines(f) > (150 if f.suffix == ".html" else 200)} == {}


def test_no_function_is_longer_than_40_lines_and_no_class_longer_than_150():
    wrong = {}
    for file in PYTHON:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                length = node.end_lineno - node.lineno + 1
                if length > (150 if isinstance(node, ast.ClassDef) else 40):
                    wrong[f"{name(file)}:{node.name}"] = length
    assert wrong == {}


def test_ruff_finds_nothing_complexity_included():
    import sys

    command = [sys.executable, "-m", "ruff", "check", "src", "tests", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


def found(pattern: str, files) -> list[str]:
    seen = re.compile(pattern)
    hits = []
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if seen.search(line):
                hits.append(f"{name(file)}:{number}: {line.strip()}")
    return hits


def test_there_are_no_signals():
    assert found(r"@receiver\b|django\.dispatch|models\.signals|\b(pre|post)_(save|delete|init)\b", PYTHON) == []


def test_screens_ask_and_do_not_touch_tables():
    screens = [f for f in PYTHON if f.relative_to(SOURCE).parts[0] in SCREENS]
    assert found(r"\.objects\b|\.save\(|\.bulk_create\(|from minsheng\.\w+\.models|from minsheng\.\w+ import models", screens) == []


def test_only_the_clock_asks_what_time_it_is():
    others = [f for f in PYTHON if name(f) != "kit/clock.py"]
    assert found(r"datetime\.now\(|datetime\.utcnow\(|timezone\.now\(|date\.today\(|datetime\.today\(", others) == []


def test_tables_leave_through_one_guard():
    others = [f for f in PYTHON if name(f) != "kit/tables.py"]
    assert found(r"csv\.(Dict)?[Ww]riter\(|\bWorkbook\(", others) == []


def test_there_is_no_shelf_without_a_name():
    assert [p for p in SOURCE.rglob("*") if p.stem in ("utils", "common", "core", "helpers", "misc")] == []


def test_a_room_has_only_the_rooms_file_kinds_in_rules():
    """rules.py stands without Django, the network and tables (import-linter holds our own modules; this holds the others')."""
    rules = [f for f in PYTHON if f.name == "rules.py" or f.parent.name == "rules"]
    wrong = []
    for file in rules:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{name(file)}: {n}" for n in names if n.split(".")[0] in IMPURE]
    assert [w for w in wrong if not w.endswith("django.utils.translation")] == []


def test_the_import_contracts_hold(monkeypatch):
    from importlinter.application.use_cases import FAILURE, lint_imports
    from importlinter.configuration import configure

    configure()
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT / "src"))
    assert lint_imports(config_filename="pyproject.toml", cache_dir=None) != FAILURE, "run: lint-imports"


def test_no_two_test_files_have_one_name():
    """A module is known by its file's name: of two alike one would not be collected."""
    names = [file.name for file in TESTS]
    assert sorted({n for n in names if names.count(n) > 1 and n not in ("__init__.py", "conftest.py")}) == []


def tracked() -> list[Path]:
    try:
        out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no git work tree here")
    return [ROOT / n for n in out.split("\0") if n and (ROOT / n).is_file()]


def test_no_lock_names_where_packages_come_from_and_no_file_a_machine():
    registries = r"py[p]i\.org|pythonh[o]sted\.org|registry\.n[p]mjs|n[p]mjs\.org|(deb|security)\.d[e]bian\.org|n[p]mmirror"
    hosts = re.compile(registries + r"|/[r]oot/|/home/\w+/|/[w]ork/")
    wrong = []
    for file in tracked():
        if file == Path(__file__) or file.suffix in (".png", ".woff2", ".jpg", ".xlsx"):
            continue
        text = file.read_text(encoding="utf-8", errors="ignore")
        wrong += [f"{file.relative_to(ROOT)}: {hit.group(0)}" for hit in hosts.finditer(text)]
    assert wrong == []


def test_locks_carry_hashes():
    for lock in ("requirements.lock", "requirements-test.lock", "requirements-spark.lock"):
        text = (ROOT / lock).read_text()
        assert "==" in text and "--hash=sha256:" in text and "://" not in text
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def urls(patterns, prefix=""):
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from urls(pattern.url_patterns, path)
        else:
            yield path, pattern


# Pages that need no log-in. Everything else must send a stranger to the log-in page or refuse.
PUBLIC = re.compile(r"^(healthz|login|logout|static/|api/v1/openapi\.json|api/v1/docs|(?!desk/|board/|api/).*)$")


@pytest.mark.django_db
def test_every_page_of_the_desk_the_board_and_the_api_is_private(client):
    from django.urls import get_resolver

    open_to_all = []
    for path, _ in urls(get_resolver().url_patterns):
        address = re.sub(r"\(\?P<\w+>[^)]*\)", "1", re.sub(r"<(?:\w+:)?\w+>", "1", path)).strip("^$").replace("\\Z", "")
        if PUBLIC.match(address):
            continue
        answer = client.get("/" + address)
        if answer.status_code not in (301, 302, 401, 403, 404, 405):
            open_to_all.append(f"/{address} -> {answer.status_code}")
        if answer.status_code == 302 and "/login" not in answer["Location"]:
            open_to_all.append(f"/{address} -> {answer['Location']}")
    assert open_to_all == []


def test_no_two_modules_of_the_desk_answer_one_address():
    """Their addresses are gathered by the names of the modules: which is asked first may mean nothing."""
    from minsheng.desk.urls import urlpatterns

    asked = {re.sub(r"<(?:(\w+):)?\w+>", lambda hit: "7" if hit[1] == "int" else "abc", str(one.pattern)): one for one in urlpatterns}
    both = [(address, other.name) for address, one in asked.items() for other in urlpatterns
            if other.pattern.match(address) and other.callback.__module__ != one.callback.__module__]
    assert len(asked) == len(urlpatterns) > 250 and both == []


def test_who_takes_turns_asks_for_it_at_one_place():
    """`kit.in_turn`: a turn has a name, and no two of them a number in common. By hand: what has a reason of its own."""
    own = {"kit/in_turn.py", "kit/partitions.py",  # in a function of the database
           "kit/database.py", "measures/following.py",  # tries, and goes on without
           "telephony/actions/presence.py"}  # many at once
    found = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py") if "migrations" not in file.parts and "pg_advisory" in file.read_text(encoding="utf-8")}
    assert found == own


# Where a case's words may be touched as they were said: kept and masked here, read through `cases.queries.words` everywhere else.
WORDS = ("cases/effects/case_text.py", "cases/effects/erased_elsewhere.py", "cases/queries/words.py", "cases/queries/verify_chain.py", "cases/models.py")
SAID = re.compile(r"\.text\.(title|narrative|place|original|elements|masked\w*|words)\b|\.masked_(name|place|original|elements)\b|\.words\b(?!\(| import)"
                  r"|values_list\([^)]*\"words\"|\.file\.name\b|file__name")
MASKS = ("language/", "cases/rules/masking.py", "contacts/actions.py", "exchange/actions.py", "dispatch/queries.py", "desk/intake_form.py",
         "archive/asking.py",  # what somebody typed into a question goes into the ledger, which is never erased
         "exchange/mapping.py",  # where the row of names is missing, the names of columns are a person's, of no case yet
         "knowledge/actions.py")  # what a requester asked stands in a gap, which belongs to no case
SAYS = ("cases/", "exchange/", "followup/", "dispatch/", "measures/", "portal/", "desk/", "board/", "api/")
# Said to nobody: who was rung already, whether words are what their digest says, whether what lies there are words at all.
LOOKS = {"cases/actions/timers.py": 1, "cases/rules/hash_chain.py": 1, "cases/queries/damage.py": 1}


def test_a_cases_words_are_read_in_one_place_and_masked_in_one():
    found = {}
    for file in PYTHON:
        if name(file).startswith(SAYS) and name(file) not in WORDS:
            lines_ = [line for line in file.read_text(encoding="utf-8").splitlines() if SAID.search(line) and "words.name_of" not in line]
            found |= {name(file): len(lines_)} if lines_ else {}
    assert found == LOOKS
    templates = [f for f in SOURCE.rglob("*.html") if re.search(r"\.file\.name|\.text\.\w", f.read_text(encoding="utf-8"))]
    assert templates == []


def test_nothing_masks_by_itself():
    masking = re.compile(r"\bmask(_people)?\(|\bfind_personal\(")
    assert [name(f) for f in PYTHON if not name(f).startswith(MASKS) and masking.search(f.read_text(encoding="utf-8"))] == []


def test_which_units_are_districts_and_which_handle_cases_is_said_by_their_kind():
    """A list of kinds beside `UnitKind` leaves the next kind out without a word."""
    place, nobody = r"""(?:UnitKind\.|["'])(?:DISTRICT|COUNTY|ZONE|district|county|zone)\b""", r"UnitKind\.(?:CITY|CENTRE|PANEL)"
    listed = re.compile(rf"[\[({{][^()\[\]{{}}]*{place}[^()\[\]{{}}:=]*{place}|\{{{nobody}, {nobody}, {nobody}\}}")
    hits = [hit for hit in found(listed.pattern, PYTHON) if not hit.startswith(("org/rules.py", "month_end/rules/sheet.py"))]
    assert hits == [], "ask `unit.kind.is_district` or `unit.kind.handles` (org/rules.py)"
