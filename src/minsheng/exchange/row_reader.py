"""From the cells of one row to a row of history. Names of units and matters are looked up; nothing is written here but by `Lookups`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from minsheng.cases.rules.source_row import Brought, plan
from minsheng.exchange import rules
from minsheng.exchange.lookups import Lookups
from minsheng.exchange.rules import BY_CODE, BadCell
from minsheng.kit import clock
from minsheng.kit.ids import EPOCH
from minsheng.kit.sheet_values import Number
from minsheng.language.telephones import ROUNDED, BadNumber, read_phone

IMPORTED = "import:"
_ROUNDED = re.compile(r"1\d{4}0{6}|1\d{3}0{7}|1\d{2}0{8}|1\d0{9}")  # what is left of 1.39E+10 where a sheet has made a number of it again
_LATER_TIMES = tuple(c for c in rules.TIMES if c != "received_at")


class Converter:
    """Reads rows of one file: in the zone and with the forms of time that its map names."""

    def __init__(self, lookups: Lookups, zone: tzinfo, formats: tuple[str, ...] = ()):
        self.lookups, self.zone, self.formats = lookups, zone, formats

    def brought(self, cells: Mapping[str, object], filled: Sequence[str] = (), row: Sequence[object] = (), rounded: bool = False) -> Brought:
        """A row of history, not yet checked against itself (`steps_of`). `row`: all its cells, which name it when it has no number.

        rounded  the column of numbers has lost its last digits
        """
        received, narrative = self._time(cells, "received_at"), self._text(cells, "narrative") or self._text(cells, "title")
        if received is None or not narrative:
            column = "received_at" if received is None else "narrative"
            raise BadCell(column, f"没有{BY_CODE[column].name}")
        return Brought(
            source=IMPORTED + (self._text(cells, "source") or self.lookups.source), key=self._key(cells, rounded) or named_by(row),
            received_at=received, narrative=narrative, title=self._text(cells, "title"), kind=self._word(cells, "type") or "other",
            channel=self._word(cells, "channel") or "other_system", place=self._text(cells, "place"),
            requester=" ".join(self._text(cells, "requester").split()), requester_kind=self._word(cells, "requester_kind") or "person",
            phone=_number(cells.get("phone"), self._text(cells, "phone")), reply=self._text(cells, "reply"),
            state=self._word(cells, "state") or "", assumed=self._assumed(cells, filled), files=tuple(rules.split_list(str(cells.get("files", "")))),
            **self._places(cells), **self._answers(cells), **self._later_times(cells))

    def _later_times(self, cells: Mapping[str, object]) -> dict[str, Any]:
        return {column: self._time(cells, column) for column in _LATER_TIMES}

    def _places(self, cells: Mapping[str, object]) -> dict:
        look = self.lookups
        return {"category": look.category(str(cells["category"])) if "category" in cells else None,
                "unit": look.unit(str(cells["unit"])) if "unit" in cells else None,
                "co_units": look.co_units(str(cells.get("co_units", "")))}

    def _answers(self, cells: Mapping[str, object]) -> dict:
        """Who said whether it is solved, or how content one is, was reached."""
        reached, solved, satisfaction = (self._word(cells, c) for c in ("reached", "solved", "satisfaction"))
        if reached is None and (solved is not None or satisfaction):
            reached = True
        if reached is False and (solved is not None or satisfaction):
            raise BadCell("reached", f"{BY_CODE['reached'].name}为“否”，却填了{BY_CODE['satisfaction' if solved is None else 'solved'].name}：没有接通的人没有回答，请核对这一行")
        return {"reached": reached, "solved": solved, "satisfaction": satisfaction or ""}

    def _assumed(self, cells: Mapping[str, object], filled: Sequence[str]) -> tuple[str, ...]:
        """Times that a default of the map filled, or that the file itself calls assumed."""
        named = [rules.header_code(word) or word for word in rules.split_list(str(cells.get("assumed", "")))]
        if unknown := [name for name in named if name not in rules.TIMES]:
            raise BadCell("assumed", f"“{unknown[0][:30]}”不是时间列，可用：{'、'.join(BY_CODE[c].name for c in rules.TIMES)}")
        return tuple(c for c in rules.TIMES if c in named or c in filled)

    def _key(self, cells: Mapping[str, object], rounded: bool) -> str:
        return rules.read_key(BY_CODE["external_no"], str(cells["external_no"]), rounded) if "external_no" in cells else ""

    def _text(self, cells: Mapping[str, object], column: str) -> str:
        return rules.read_text(BY_CODE[column], str(cells[column])) if column in cells else ""

    def _word(self, cells: Mapping[str, object], column: str):
        return rules.read_word(BY_CODE[column], str(cells[column])) if column in cells else None

    def _time(self, cells: Mapping[str, object], column: str) -> datetime | None:
        return rules.read_time(column, cells[column], self.zone, self.formats) if column in cells else None


def _number(cell: object, text: str) -> str:
    if isinstance(cell, Number) and _ROUNDED.fullmatch(text):
        raise BadCell("phone", f"{ROUNDED}（现为“{text}”；确是这个号码的，请把这一格设为文本）")
    try:
        return str(read_phone(text) or "")
    except BadNumber as wrong:
        raise BadCell("phone", f"{wrong}（现为“{text[:40]}”）") from wrong


def named_by(row: Sequence[object]) -> str:
    """The key of a row without a number: a hash of all its cells."""
    text = "\x1f".join(f"{n}\x1e{cell}" for n, cell in enumerate(row) if cell not in ("", None))
    return f"row:{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def times_of(brought: Brought) -> list[datetime]:
    """The times of its steps, checked against each other and against now (BadRow, BadCell)."""
    times = [step.at for step in plan(brought)]
    if min(times) < EPOCH + timedelta(days=1):
        raise BadCell("received_at", f"时间（{min(times):%Y-%m-%d}）早于 2000 年")
    if max(times) > clock.now() + timedelta(minutes=5):
        raise BadCell("received_at", f"时间（{max(times):%Y-%m-%d %H:%M}）晚于现在")
    return times
