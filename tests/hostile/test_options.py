"""The table of hostile values as options: every option and argument of every command, found in the parsers. 0, 1 or 2, and a sentence."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import random
from collections import Counter

import pytest
from django.db import connection, transaction

from minsheng.cli.__main__ import commands, main
from minsheng.cli.parser import Parser
from minsheng.kit import clock
from tests import of_today
from tests.cast import NOW, build
from tests.hostile import table

HEAVY = os.environ.get("MINSHENG_HEAVY") == "1"
PART, PARTS = map(int, os.environ.get("MINSHENG_PART", "1/1").split("/"))
SEED = int(os.environ.get("MINSHENG_SEED", of_today.SEED))  # of the run: processes that begin after midnight collect the same tests
SAMPLE = 60
RUN = {"explain-deadline", "export", "import", "measures", "token", "user", "verify-proof", "why"}  # the others serve, or work on the whole installation: read, not run
EXAMPLES = {"username": "agent", "role": "quality", "id": "1", "words": "甲", "name": "程序", "unit": "water", "scope": "cases.read", "reason": "轮岗安排",
            "start": "2025-01-02T10:00", "limit": "5wd"}


def deeds(parser: argparse.ArgumentParser) -> list[tuple[list[str], argparse.ArgumentParser]]:
    """(words before the options, parser) of a command, one for each deed that it has."""
    inner = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    return [([name], below) for name, below in inner.choices.items()] if inner else [([], parser)]


def options() -> list[tuple[str, list[str], argparse.ArgumentParser, argparse.Action]]:
    """Every option and argument that takes a value."""
    found = []
    for name, (module, _, _) in commands().items():
        parser = Parser(prog=name)
        importlib.import_module(f"minsheng.cli.{module}").add(parser)
        for words, below in deeds(parser):
            taking = [a for a in below._actions if a.nargs != 0 and not isinstance(a, argparse._SubParsersAction)]
            found += [(name, words, below, action) for action in taking]
    return found


def line(name: str, words: list[str], parser: argparse.ArgumentParser, action: argparse.Action, value: str, folder) -> list[str]:
    """A command line with the hostile value in its place and plausible ones where something is required."""
    given, last = [], []
    for other in parser._actions:
        text = value if other is action else example(other, folder) if other.required and other.nargs != 0 else None
        if text is not None:
            (given if other.option_strings else last).extend([f"{other.option_strings[-1]}={text}"] if other.option_strings else [text])
    group = parser._mutually_exclusive_groups
    if name == "explain-deadline" and group and action not in group[0]._group_actions:
        given.append("--limit=5wd")
    more = ["--password-stdin"] if any("--password-stdin" in a.option_strings for a in parser._actions) else []
    return [name, *words, *given, *more, *(["--", *last] if last else [])]


def example(action: argparse.Action, folder) -> str:
    return {"out": str(folder / "out.csv"), "file": str(folder / "in.csv")}.get(action.dest, EXAMPLES.get(action.dest, "x"))


def pairs() -> list:
    made = [(option, value) for option in options() for value in [*table.TEXTS, *table.HALVES]]
    return made[PART - 1::PARTS] if HEAVY else random.Random(SEED).sample(made, SAMPLE)


@pytest.fixture
def town(db, monkeypatch, tmp_path):
    settings = connection.settings_dict
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}")
    monkeypatch.setenv("MINSHENG_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.csv").write_text("受理时间,诉求内容\n2024-12-20 09:00,停水\n", encoding="utf-8")
    with clock.fixed(NOW):
        yield build()


def test_there_are_options_to_try():
    assert len(options()) > 50


def test_an_option_is_taken_or_refused_in_a_sentence(town, tmp_path, monkeypatch, capsys):
    codes, broken, tried = Counter(), {}, set()
    for (name, words, parser, action), value in pairs():
        given = line(name, words, parser, action, value, tmp_path)
        monkeypatch.setattr("sys.stdin", io.StringIO("Abcd-efgh-2345\n"))
        with transaction.atomic():
            code, said = ended(given, run=name in RUN)
            transaction.set_rollback(True)
        out = capsys.readouterr()
        codes[code] += 1
        tried.add((name, *words, action.dest))
        wrong = said or "" if code in (0, 1, 2) and "Traceback" not in out.err else f"code {code}"
        wrong = wrong or ("no sentence" if code and "minsheng: " not in out.err else "")
        if wrong:
            broken.setdefault(f"{name} {' '.join(words)} {action.dest}: {wrong}", table.named(value))
    with capsys.disabled():
        print(f"\noptions: {len(tried)} of {len(options())} options, {sum(codes.values())} command lines, ended {dict(sorted(codes.items()))}, broken {len(broken)}")
    assert not broken, "\n".join(f"{place}  <- {value}" for place, value in broken.items())


def ended(given: list[str], run: bool) -> tuple[int, str]:
    """(exit code, what broke). A command that is not run has its line read."""
    try:
        if run:
            return main(given), ""
        module = next(module for name, (module, _, _) in commands().items() if name == given[0])
        parser = Parser(prog=given[0])
        importlib.import_module(f"minsheng.cli.{module}").add(parser)
        parser.parse_args(given[1:])
        return 0, ""
    except SystemExit as end:
        return int(end.code or 0), ""
    except Exception as wrong:  # noqa: BLE001  (that is what we look for)
        return 99, f"{type(wrong).__name__}: {str(wrong)[:120]}"
