"""The table of hostile values as options: every option and argument of every command, found in the parsers. 0, 1 or 2, and a sentence."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection, transaction

from minsheng.cli import options as readers
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
# The others serve, or work on the whole installation: read, not run.
RUN = {"archive", "city", "doctor", "erasures", "explain-deadline", "export", "import", "leader-days", "measures", "token", "user", "verify-proof", "why"}
NOT_RUN = {("archive", "fetch-spark")}  # half a gigabyte
VALUES = [*table.TEXTS, *table.HALVES, "--", "-", "--help", "@file", "~", "$HOME"]
EXAMPLES = {"what": "ledger", "since": "2025-01-01", "until": "2025-01-31", "sql": "SELECT 1", "folder": "folder",
            "username": "agent", "role": "quality", "id": "1", "words": "甲", "name": "程序", "unit": "water", "scope": "cases.read", "reason": "轮岗安排",
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
    made = [(option, value) for option in options() for value in VALUES]
    return made[PART - 1::PARTS] if HEAVY else random.Random(SEED).sample(made, SAMPLE)


@pytest.fixture
def town(db, monkeypatch, tmp_path):
    settings = connection.settings_dict
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{settings['USER']}@/{settings['NAME']}?host={settings['HOST']}")
    monkeypatch.setenv("MINSHENG_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
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
            code, said = ended(given, run=name in RUN and (name, *words) not in NOT_RUN)
            transaction.set_rollback(True)
        out = capsys.readouterr()
        codes[code] += 1
        tried.add((name, *words, action.dest))
        wrong = said or "" if code in (0, 1, 2) and "Traceback" not in out.err else f"code {code}"
        wrong = wrong or ("no sentence" if code and "minsheng: " not in out.err and not (name == "doctor" and out.out) else "")  # its findings are its sentences
        if wrong:
            broken.setdefault(f"{name} {' '.join(words)} {action.dest}: {wrong}", table.named(value))
    with capsys.disabled():
        print(f"\noptions: {len(tried)} of {len(options())} options, {sum(codes.values())} command lines, ended {dict(sorted(codes.items()))}, broken {len(broken)}")
    assert not broken, "\n".join(f"{place}  <- {value}" for place, value in broken.items())


# What stands where the name of a file or a folder is due. "kept" is there before, and must be there after whatever was refused.
PATHS = ("folder", "nowhere", "nowhere/x.csv", "kept", "kept.csv", "kept/x.csv", "circle", "circle.csv", "hollow.csv", "/dev/full", "/dev/null", "/dev/zero", "pipe", "pipe.csv",
         "/proc/self/environ", "x" * 300, "x" * 300 + ".csv", "/" + "y/" * 3000 + "z.csv", "-", "停水.xlsx", "a\nb.csv", "a.csv/", ".", "..")


def waited(*_) -> None:
    raise TimeoutError("waits for a pipe")


def lies_there(folder: Path) -> dict[str, bytes]:
    data = folder / "data"
    return {str(f): f.read_bytes() for f in folder.rglob("*") if data not in f.parents and f.is_file()}


def test_a_path_that_cannot_be_used_is_a_sentence_and_what_lay_there_stays(town, tmp_path, monkeypatch, capsys):
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "kept.csv").write_text("kept")
    for name in ("circle", "circle.csv"):
        (tmp_path / name).symlink_to(tmp_path / name)
    (tmp_path / "hollow.csv").symlink_to(tmp_path / "not there" / "x.csv")
    for name in ("pipe", "pipe.csv"):
        os.mkfifo(tmp_path / name)
    found = [option for option in options() if option[3].type is readers.path and option[0] in RUN and option[3].dest != "data"]
    assert len({name for name, *_ in found}) >= 6, found
    tried = [(option, path) for option in found for path in PATHS]
    if not HEAVY:
        tried = random.Random(SEED).sample(tried, SAMPLE)
    broken = {}
    signal.signal(signal.SIGALRM, waited)  # a pipe that nobody writes into, or reads from, is not waited for
    for (name, words, parser, action), path in tried:
        before = lies_there(tmp_path)
        signal.alarm(10 if path.startswith("pipe") else 60)
        with transaction.atomic():
            code, said = ended(line(name, words, parser, action, path, tmp_path), run=True)
            transaction.set_rollback(True)
        signal.alarm(0)
        out, after = capsys.readouterr(), lies_there(tmp_path)
        wrong = said or ("" if code in (0, 1, 2) else f"code {code}") or ("no sentence" if code and "minsheng: " not in out.err + out.out and name != "doctor" else "")
        wrong = wrong or ("something else lies there" if code and before != after else "") or ("half a file" if any("half" in f or "/.new" in f for f in after) else "")
        if wrong:
            broken.setdefault(f"{name} {' '.join(words)} {action.dest}: {wrong}", table.named(path))
    assert not broken, "\n".join(f"{place}  <- {value}" for place, value in broken.items())


@pytest.mark.parametrize("given", ([], ["help"], ["leader-days", "template"], ["explain-deadline", "--limit=5wd", "--from=2025-01-02T10:00"], ["user", "--help"], ["no.such"]))
@pytest.mark.parametrize("streams", (">&-", ">/dev/full", "2>&-", ">&- 2>&-", "<&-", "| true"))
def test_closed_and_full_streams_leave_no_trace_of_python(given, streams):
    said = subprocess.run(["bash", "-o", "pipefail", "-c", f'"$@" {streams}', "-", sys.executable, "-m", "minsheng.cli", *given], capture_output=True,
                          env={**os.environ, "PYTHONPATH": "src", "PYTHONUTF8": "1"}, timeout=60, check=False)
    assert said.returncode in (0, 1, 2), (said.returncode, said.stderr)
    assert b"Traceback" not in said.stderr and b"Exception ignored" not in said.stderr, said.stderr.decode()


@pytest.mark.parametrize("given", ("a\x00bcdefgh-12\n", "停水\udcff\udcfe-2345\n", "\u202e2345-abcd-xy\n", "", "\n"))
def test_a_password_that_nobody_could_type_is_refused(town, monkeypatch, capsys, given):
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    assert main(["user", "password", "agent", "--password-stdin"]) in (1, 2)
    assert "minsheng: 密码" in capsys.readouterr().err


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
