"""What 110 hands over, when it is handed back, and what 110 is told of its end (rulings, 107). Pure.

110 is told what it needs to close its own record: its reference, our number, how it ended, by which office, when. No word of a person, and
nothing of how it ended where those who handle it may not be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.language import folding

PARTY = "110"
REFERENCE = "110.reference"  # what the mark of an erased one is made for
AHEAD = timedelta(minutes=5)  # a time that lies farther in the future was said by a clock that is wrong
RECEIPT_WITHIN = timedelta(minutes=30)  # from the call of 110 to our number
OVERDUE = timedelta(hours=1)  # what was to be told and has not been taken for so long
WATCHED = timedelta(days=30)  # after its end a case may still be taken up again
DOUBT = "likely"  # of `cases/danger.yaml`: words that only make one ask; 110 has asked
QUIET = "已按规定办理"
_REFERENCE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{3,39}", re.ASCII)
_WAITS = (timedelta(seconds=15), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))


class Way(Labelled):
    CALL = "call", "电话交接"
    SYSTEM = "system", "系统推送"


class Receipt(Labelled):
    """What became of what 110 brought."""

    ACCEPTED = "accepted", "已签收"
    RETURNED = "returned", "已退回"


class Told(Labelled):
    """What 110 is told, in the order in which it can come."""

    RECEIPT = "receipt", "签收"
    MERGED = "merged", "并入同一事项"
    SPLIT = "split", "拆成几件"
    RESUMED = "resumed", "恢复办理"
    RESULT = "result", "办理结果"
    RETURNED = "returned", "退回"


ENDS = frozenset({Told.RESULT, Told.RETURNED})


class Sending(Labelled):
    QUEUED = "queued", "待发"
    TAKEN = "taken", "对方已收"
    REFUSED = "refused", "对方拒收"


def read_reference(written: str) -> str:
    """As an agent types what is read out on the telephone: plain figures and letters, nothing unseen. Their capitals stay."""
    return folding.fold(written).strip()


def same_reference(reference: str) -> list[str]:
    """The ways in which one number is written: whoever hears it cannot hear its capitals."""
    return list(dict.fromkeys((reference, reference.upper(), reference.lower())))


def reference_error(reference: str) -> str:
    """Why 110 could not find its own record by this; "" when it fits. A line break would be read as a second line by an exchange or a log."""
    if not reference:
        return "请向110问清警情编号：没有编号，对方收不到反馈"
    return "" if _REFERENCE.fullmatch(reference) else "警情编号应为 4 至 40 个字母、数字或 . _ / -"


def time_error(happened: datetime | None, now: datetime) -> str:
    return "接警时间在将来：请核对110的时钟" if happened is not None and happened - now > AHEAD else ""


def stays_with_them(dangers: Sequence[tuple[str, Sequence[str]]], checked: bool) -> Verdict:
    """Is it ours? `dangers`: label and numbers to be rung of each danger that the words speak of. `checked`: 110 says that it has looked and
    there is none: 110 knows more than a list of words."""
    held = [label for label, numbers in dangers if {"110", "119", "120", "122"} & set(numbers)]
    if held and not checked:
        return no("returned", f"退回：文字里有险情（{'、'.join(held)}），仍由110处置；110核实没有险情的，写明 no_danger 再推送一次", "narrative")
    return YES


@dataclass(frozen=True, slots=True)
class End:
    """A case as 110 may be told of it. `quiet`: sealed, restricted, or about those who would read it."""

    number: str
    state: str
    label: str
    is_open: bool
    unit: str = ""
    ended_at: datetime | None = None
    quiet: bool = False
    emergency: bool = False  # declined because it is 110's own


@dataclass(frozen=True, slots=True)
class Said:
    told: Told
    body: Mapping[str, object]


def as_it_stands(own: End, others: Sequence[End]) -> Said | None:
    """What 110 should know now; None: it goes on as it was received. `others`: the order that it was merged into, the parts of a split."""
    if own.is_open:
        return None
    if own.state in ("merged", "split") and others:
        going = [one for one in others if one.is_open]
        if going:
            return Said(Told.MERGED if own.state == "merged" else Told.SPLIT, {"parts": [one.number for one in others if not one.quiet]})
        return Said(Told.RESULT, {"outcome": own.label, "parts": [_of(one) for one in others]})
    if own.emergency:
        return Said(Told.RETURNED, {"outcome": "退回", "reason": "紧急警情，由110处置", **_when(own)})
    return Said(Told.RESULT, _of(own))


def _of(one: End) -> dict[str, object]:
    if one.quiet:
        return {"outcome": QUIET, **_when(one)}
    return {"number": one.number, "outcome": one.label, **({"unit": one.unit} if one.unit else {}), **_when(one)}


def _when(one: End) -> dict[str, object]:
    return {"ended_at": one.ended_at.isoformat(timespec="seconds")} if one.ended_at else {}


def owed(now: Said | None, before: Said | None) -> Said | None:
    """What has to be said, after `before`; None: nothing new. What had ended and goes on again is said, too."""
    if now is None:
        return Said(Told.RESUMED, {}) if before is not None and before.told not in (Told.RECEIPT, Told.RESUMED) else None
    return None if before is not None and _tells_the_same(before, now) else now


def _tells_the_same(before: Said, now: Said) -> bool:
    """A unit that was renamed, or a case that was sealed after its end, is no news: the result is told once."""
    if before.told in ENDS and now.told in ENDS and QUIET in _outcomes(now.body):
        return True
    return before.told == now.told and (before.told not in ENDS and dict(before.body) == dict(now.body) or _outcomes(before.body) == _outcomes(now.body))


def _outcomes(body: Mapping[str, object]) -> list[object]:
    parts = body.get("parts", ())
    return [body.get("outcome"), *(part.get("outcome") if isinstance(part, Mapping) else part for part in (parts if isinstance(parts, list) else ()))]


def wait_after(tries: int) -> timedelta:
    """Until the next try: it is never given up by itself, for 110 waits for it."""
    return _WAITS[min(tries, len(_WAITS)) - 1]
