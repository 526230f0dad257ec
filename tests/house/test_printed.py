"""What is printed can be typed: every command, option, setting, file and address that a page, a sentence or a document names is there."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from minsheng.cli.__main__ import commands, module_of
from minsheng.cli.parser import Parser

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "minsheng"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "demo").glob("*.md"), *(ROOT / "deploy").rglob("*")]
TEXTS = [f for f in [*PAGES, *SOURCE.rglob("*.py"), *SOURCE.rglob("*.html")] if f.is_file() and "migrations" not in f.parts]
CALL = re.compile(r"\./minsheng((?: +[^\s`\"'（）()。；，、|&<#\\]+)*)")
WORD = re.compile(r"[a-z][a-z-]*")


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def parser_of(name: str) -> Parser:
    parser = Parser(prog=name)
    importlib.import_module(f"minsheng.cli.{module_of(name)}").add(parser)
    return parser


def inner(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next((action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)), {})


def wrong_with(words: list[str]) -> str:
    """Why `./minsheng WORDS` cannot be typed; "" when it can. What stands for something ("用户名", "{data}") is not looked at."""
    if words[:1] in (["--city"], ["--env"]):
        words = words[2:]
    if not words or not WORD.fullmatch(words[0]):
        return ""
    if words[0] not in commands():
        return f"no command {words[0]}"
    parser = parser_of(words[0])
    if (below := inner(parser)) and len(words) > 1 and WORD.fullmatch(words[1]):
        if words[1] not in below:
            return f"{words[0]} has no {words[1]}"
        parser = below[words[1]]
    for word in words[1:]:
        option = word.strip("[]").partition("=")[0]
        if words[0] not in ("test", "bench") and option.startswith("--") and option not in parser._option_string_actions:
            return f"{words[0]} has no {option}"
    return ""


def test_every_command_that_is_printed_can_be_typed():
    found = [(file.relative_to(ROOT).as_posix(), call[1].split()) for file in TEXTS for call in CALL.finditer(read(file))]
    assert len(found) > 60, "the pattern finds them"
    assert [(file, shlex.join(words), why) for file, words in found if (why := wrong_with(words))] == []


def test_every_command_stands_in_a_document():
    said = {words[0] for file in PAGES if file.is_file() for call in CALL.finditer(read(file)) if (words := call[1].split())}
    assert {name for name, (_, _, hidden) in commands().items() if not hidden} - said == set()


SETTING = re.compile(r"\bMINSHENG_[A-Z_]+[A-Z]\b")
INNER = {"MINSHENG_READY_FD", "MINSHENG_DEMO", "MINSHENG_CLOCK_OFFSET_S", "MINSHENG_TEST_DB"}  # one process tells another


def settings_in(files) -> set[str]:
    return {name for file in files if file.is_file() for name in SETTING.findall(read(file))}


def test_settings_that_are_read_are_in_the_manual_and_those_in_the_manual_are_read():
    code = [*SOURCE.rglob("*.py"), ROOT / "minsheng", *(ROOT / "deploy").rglob("*"), ROOT / ".ci" / "run"]
    read_by = set(re.findall(r"environ(?:\.get\(|\.setdefault\(|\.pop\(|\[)\"(MINSHENG_[A-Z_]+)\"", "".join(read(f) for f in SOURCE.rglob("*.py"))))
    manual = settings_in(PAGES)
    assert sorted(read_by - manual - INNER) == [], "what it does is a row under 环境变量 in docs/operating/README.md"
    assert sorted(manual - settings_in(code) - settings_in((ROOT / "tests").rglob("*.py"))) == []


LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
FILE = re.compile(r"`((?:src|tests|docs|demo|deploy|bench)/[\w./-]+|(?:cases|kit|org|accounts|desk|portal|api|board|measures|exchange)/[\w/]+\.(?:py|html|js))`")


@pytest.mark.parametrize("page", [f for f in PAGES if f.suffix == ".md"], ids=lambda f: f.relative_to(ROOT).as_posix())
def test_every_file_that_a_document_names_is_there(page):
    text = read(page)
    linked = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    named = [name for name in FILE.findall(text) if not (ROOT / name).exists() and not (SOURCE / name).exists()]
    assert (linked, named) == ([], [])


ADDRESS = re.compile(r"`(?:http://127\.0\.0\.1:\d+)?(/(?:desk|board|me|wall|track|send|login|healthz|api/v1|my)[\w/.-]*)`")


def opens(address: str) -> bool:
    try:
        resolve(address)
        return True
    except Resolver404:
        return False


def test_every_address_that_a_document_or_a_command_names_opens():
    texts = [*(f for f in PAGES if f.suffix == ".md"), *(SOURCE / "cli").rglob("*.py")]
    found = {(f.relative_to(ROOT).as_posix(), a) for f in texts for a in ADDRESS.findall(read(f))}
    printed = re.compile(r"\{(?:address|root|base|url|here)\}(/[a-z/-]+)")
    found |= {(f.relative_to(ROOT).as_posix(), a) for f in (SOURCE / "cli").rglob("*.py") for a in printed.findall(read(f))}
    assert sorted(pair for pair in found if not opens(pair[1])) == []
