"""What one request or one job does: its statements and their time, the steps that it took. Numbers and names of ours, no word of anybody.

A tally goes along with the context (task and thread) that works on it; where there is none, nothing is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter

MOST_IDS = 20  # of steps in one line; all are counted
LONGEST = 1000  # characters of a statement


class Tally:
    """`name`: the page's address as a pattern, or the job; "" while it is not known. Seconds throughout."""

    __slots__ = ("id", "name", "began", "statements", "sql_s", "taken", "cpu_s", "steps", "step_ids")

    def __init__(self, id_: str = "", name: str = ""):
        self.id, self.name, self.began = id_, name, perf_counter()
        self.statements, self.sql_s = 0, 0.0
        self.taken, self.cpu_s = 0.0, 0.0  # when a thread took it; what that thread computed
        self.steps: dict[str, int] = {}
        self.step_ids: list[int] = []


current: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def running(tally: Tally) -> Iterator[Tally]:
    token = current.set(tally)
    try:
        yield tally
    finally:
        current.reset(token)


def step(id_: int, name: str) -> None:
    """A step is on record."""
    tally = current.get()
    if tally is not None:
        tally.steps[name] = tally.steps.get(name, 0) + 1
        if len(tally.step_ids) < MOST_IDS:
            tally.step_ids.append(id_)


class Slow:
    """Statements that took longer than `after_s` are told: (text without values, seconds, the tally that they belong to)."""

    after_s = float("inf")
    tell: Callable[[str, float, Tally | None], None] = staticmethod(lambda text, took, tally: None)


def counted(execute, sql, params, many, context):
    """Django's execute wrapper; every connection of ours has it (kit.postgresql)."""
    began = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = perf_counter() - began
        tally = current.get()
        if tally is not None:
            tally.statements += 1
            tally.sql_s += took
        if took > Slow.after_s:
            Slow.tell(placeholders(sql), took, tally)


_PIECE = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")|(?P<text>[eE]'(?:\\.|[^'\\]|'')*'|'(?:[^']|'')*')|(?P<dollars>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)"""
    r"""|(?P<remark>--[^\n]*|/\*.*?\*/)|(?P<number>(?<![\w$%.])\d+(?:\.\d+)?)""", re.S)
_MANY = re.compile(r"(%s|\?)(?:\s*,\s*(?:%s|\?)){2,}")


def placeholders(sql: object) -> str:
    """A statement as it may be written down: its values are gone, also those that somebody wrote into its text."""
    text = sql if isinstance(sql, str) else sql.decode(errors="replace") if isinstance(sql, bytes) else ""
    text = _PIECE.sub(lambda piece: piece[0] if piece["name"] else " " if piece["remark"] else "?", text[:20 * LONGEST])
    text = _MANY.sub(r"\1, …", " ".join(text.partition("'")[0].split()))
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
