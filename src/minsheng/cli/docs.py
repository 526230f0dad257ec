"""重新生成 docs/ 里由程序读出的页面（开发用，不需要数据库）。"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import minsheng

hidden = True
DOCS = Path(__file__).resolve().parents[3] / "docs"
BEGIN, END = "<!-- 由程序生成 -->", "<!-- 生成到此 -->"


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def pages() -> dict[str, str]:
    """File name -> text, as the code says now."""
    from minsheng.accounts.rules import Role
    from minsheng.cases.rules import generated_docs
    from minsheng.measures import rules as measures
    from minsheng.proofs.queries import description

    of_rooms = {f"{_PAGES.get(room, room.replace('_', '-'))}-procedure.md": module.page() for room, module in _with_subjects().items()}
    return {**of_rooms, "exchange.md": _exchange(), "glossary.md": _glossary(), "matters.md": _matters(), "measures.md": measures.as_markdown(),
            "permissions.md": generated_docs.permissions(), "procedure.md": generated_docs.procedure(), "roles.md": generated_docs.roles(),
            "supervisors.md": _between("supervisors.md", lambda _: generated_docs.rulings_of(Role.SUPERVISOR)),
            "transparency.md": description.text()}


OTHERS = "其他事项的步骤"
_PAGES = {"proofs": "open-data"}  # where the page is not called as its room


def _with_subjects() -> dict[str, Any]:
    """Room -> what describes its subjects, of each room that has any: a new one needs no line here."""
    rooms = sorted(path.parents[1].name for path in Path(minsheng.__file__).parent.glob("*/rules/generated_docs.py"))
    modules = {room: importlib.import_module(f"minsheng.{room}.rules.generated_docs") for room in rooms}
    return {room: module for room, module in modules.items() if hasattr(module, "SUBJECTS")}


def _glossary() -> str:
    """The words that people explain, and below them those of the code that nobody has to explain."""
    return _between("glossary.md", lambda by_hand: _unexplained([line for line in by_hand.splitlines() if line.startswith("| ")]))


def _unexplained(by_hand: list[str]) -> str:
    """Of two things with one name in the code each is said: a row explains what stands in it as the code calls it and as people do."""
    said = [(row.split("|")[1], set(re.findall(r"`([a-z_0-9]+)`", row))) for row in by_hand]
    several = {code for _, codes in said if len(codes) > 1 for code in codes}  # of one subject: called together, in fewer words
    lines: list[str] = []
    for title, words in code_words().items():
        explained = {(label, code) for label, code in words for cell, codes in said if code in codes and label in cell}
        found = {code: label for label, code in words if (label, code) not in explained and not (title == OTHERS and code in several)}
        if found:
            lines += ["", f"### {title}", "", "| 中文 | English | 代码 |", "| --- | --- | --- |"]
            lines += [f"| {label} | {code.replace('_', ' ')} | `{code}` |" for code, label in found.items()]
    return "\n".join([*lines, ""])


def code_words() -> dict[str, list[tuple[str, str]]]:
    """Kind of word -> (label, code) of all that the code has of it."""
    from minsheng.accounts.rules import Role
    from minsheng.cases.rules import Ask, Channel, Kind, State
    from minsheng.cases.rules.procedure import PROCEDURE
    from minsheng.measures.score_rules import SCORING

    enums: dict[str, Iterable[Any]] = {"角色": Role, "状态": State, "诉求类型": Kind, "渠道": Channel, "申请与裁定": Ask}
    others = [row[2] for module in _with_subjects().values() for row in module.SUBJECTS]
    return {**{title: [(one.label, one.value) for one in enum] for title, enum in enums.items()},
            "工单的步骤": [(step.label, step.name) for step in PROCEDURE],
            OTHERS: [(step.label, step.name) for procedure in (*others, SCORING) for step in procedure]}


def _between(name: str, made: Callable[[str], str]) -> str:
    """A page that people write, with what the program says between its two marks: of all that stands outside of them."""
    before, _, rest = (DOCS / name).read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{made(before + after)}\n{END}{after}"


def _exchange() -> str:
    """How to bring files in and take them away, the published columns and their words."""
    from minsheng.exchange import generated_docs

    return generated_docs.page()


def _matters() -> str:
    """What each matter of the demo city asks for before dispatch and before a reply."""
    from minsheng.cases.rules import generated_docs
    from minsheng.cli import city_files

    return generated_docs.matters(city_files.read(DOCS.parent / "demo", "categories"))


def run(args: argparse.Namespace) -> int:
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
    return 0
