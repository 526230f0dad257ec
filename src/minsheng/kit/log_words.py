"""What the log says: names of ours and numbers, no word of anybody.

An error's own words may hold what somebody typed (a name in a ValueError, a number in the database's DETAIL), and so may an address. So of
an error its kind, its SQLSTATE and the lines of code that led to it are written, of a request the page's pattern and the answer, of what
a library says its first line without what it quotes.
"""

from __future__ import annotations

import logging
import re
import traceback

from minsheng.kit import log_files
from minsheng.kit.tally import current

OURS = "minsheng"
DEEPEST = 30  # lines of code of one error
LONGEST = 1000  # characters of a sentence that are read: the expression takes four times as long for twice the word
_QUOTED = re.compile(r"""'[^']*'?|"[^"]*"?|\([^)]*\)?|\[[^\]]*\]?|<[^>]*>?|[^\s(\[]*[/@=?]\S*|[^\s(\[]*\d{3}\S*|[^\x00-\x7f]+""")


def said(record: logging.LogRecord) -> str:
    """The sentence of a record."""
    if (request := getattr(record, "request", None)) is not None:
        return f"{request.method if request.method in METHODS else '?'} {page(request)} {getattr(record, 'status_code', '')}".rstrip()
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()  # held to codes and ids where it is written
    text = str(record.msg).partition("\n")[0][:LONGEST]
    return " ".join(_QUOTED.sub("…", text).split())[:200]


METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def page(request: object) -> str:
    """The pattern of a request's address, "-" where it fits none: never the address itself."""
    match = getattr(request, "resolver_match", None)
    return pattern(match.route) if match else "-"


def pattern(route: str) -> str:
    """desk/case/<int:case_id> -> /desk/case/<case_id>"""
    return "/" + _CONVERTER.sub(r"<\1>", route)


def chain(wrong: BaseException | None) -> list[BaseException]:
    """The error and those that it came from, the first cause first."""
    found: list[BaseException] = []
    while wrong is not None and wrong not in found:
        found.append(wrong)
        wrong = wrong.__cause__ or (None if wrong.__suppress_context__ else wrong.__context__)
    return found[::-1]


def kind(wrong: BaseException) -> str:
    """django.db.utils.IntegrityError 23505 (one_number)"""
    name = f"{type(wrong).__module__}.{type(wrong).__qualname__}".removeprefix("builtins.")
    of_driver = wrong if hasattr(wrong, "sqlstate") else wrong.__cause__  # Django's errors stand before the driver's
    state, constraint = getattr(of_driver, "sqlstate", None), getattr(getattr(of_driver, "diag", None), "constraint_name", None)
    return " ".join(filter(None, [name, state, f"({constraint})" if constraint else ""]))


def trace(wrong: BaseException) -> list[str]:
    """The lines of code of each error of the chain, and its kind."""
    lines = []
    for each in chain(wrong):
        for frame in traceback.extract_tb(each.__traceback__)[-DEEPEST:]:
            lines.append(f"  {frame.filename}:{frame.lineno} {frame.name}" + (f"  {frame.line}" if frame.line else ""))
        lines.append(kind(each))
    return lines


def _wrong(record: logging.LogRecord) -> BaseException | None:
    return record.exc_info[1] if record.exc_info and record.exc_info[1] else None


class Wordless(logging.Formatter):
    """For a stream that people read (the journal)."""

    def format(self, record: logging.LogRecord) -> str:
        tally, wrong = current.get(), _wrong(record)
        words = f"{self.formatTime(record)} {record.levelname} {record.name} {said(record)}"
        words += f" request={tally.id}" if tally is not None and tally.id else ""
        return "\n".join([words, *trace(wrong)]) if wrong else words


class Lines(logging.Handler):
    """The same as a line of kind "log" in the files of the data folder."""

    def emit(self, record: logging.LogRecord) -> None:
        tally, wrong = current.get(), _wrong(record)
        more: dict = {"request": tally.id, "name": tally.name} if tally is not None else {}
        more |= {"error": kind(wrong), "trace": trace(wrong)} if wrong else {}
        log_files.write("log", level=record.levelname, logger=record.name, text=said(record), **more)
