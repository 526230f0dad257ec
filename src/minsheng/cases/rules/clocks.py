"""The clocks of a case: which run, which stand still, which one is watched, and what each step does to them. Pure.

Day 0 is the dispatch step for sign, contact and handling, receipt for consultations (rulings, 1). Whether a clock stands still
follows from where the case stands and from nothing else, so that no order of steps can leave one standing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit, Warn
from minsheng.cases.rules.states import Ask, Kind, State

BESIDE = ("statutory", "interim")  # clocks of a statutory procedure: they run while that of handling stands still
LABELS = {
    "review": "审核派单", "sign": "签收", "contact": "联系诉求人", "handle": "办理", "rule_return": "退单裁定", "check": "办结审核",
    "callback": "回访", "park_review": "挂账复核", "statutory": "法定程序", "interim": "阶段性答复",
}
HURRIED = ("review", "sign", "contact", "rule_return")  # what urgent matters have a limit of their own for: it runs day and night
# What somebody owes in a state, and so what is watched there: the one that ends first.
OWED = {
    State.PENDING_REVIEW: ("review",), State.PENDING_SIGN: ("sign",), State.RETURN_REVIEW: ("rule_return",),
    State.IN_PROGRESS: ("contact", "handle", "interim", "statutory"), State.PARKED: ("park_review",),
    State.PENDING_CHECK: ("check",), State.PENDING_CALLBACK: ("callback",),
}
# The clock of a desk is met when the case leaves that desk.
_MET_BY_LEAVING = {State.PENDING_REVIEW: "review", State.RETURN_REVIEW: "rule_return", State.PARKED: "park_review",
                   State.PENDING_CHECK: "check", State.PENDING_CALLBACK: "callback"}


class Term(Protocol):
    """A row of the table of limits: how long, on what ground, and when it turns yellow and red (None: as usual)."""

    @property
    def limit(self) -> Limit: ...
    @property
    def basis(self) -> str: ...
    @property
    def yellow(self) -> Limit | None: ...
    @property
    def red(self) -> Limit | None: ...


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock's length depends on beside its own row.

    term         (code, at) -> the row of the table that counts then
    kind         of the case; `received_at`: where a consultation counts from
    """

    cal: time_rules.WorkCalendar
    term: Callable[[str, datetime], Term]
    kind: Kind
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock: since when, how long, why, until when, and each shift with its cause. `id` None: not kept yet."""

    code: str
    started_at: datetime
    limit: str
    due_at: datetime
    basis: str = ""
    provisional: bool = False
    paused_at: datetime | None = None
    met_at: datetime | None = None
    void: bool = False
    shifts: tuple[dict[str, Any], ...] = ()
    yellow: str = ""
    red: str = ""
    id: int | None = None

    @property
    def runs(self) -> bool:
        return self.open and self.paused_at is None

    @property
    def open(self) -> bool:
        return self.met_at is None and not self.void

    def moved(self, shift: dict[str, Any], cal: time_rules.WorkCalendar) -> ClockRow:
        due_at = after_shift(self.due_at, shift, Limit.parse(self.limit), cal)
        return replace(self, due_at=due_at, shifts=(*self.shifts, {**shift, "due": due_at.isoformat()}))

    def warns(self, cal: time_rules.WorkCalendar) -> Warn:
        """When it turns yellow and red: the one answer for page, list and board (rulings, 3)."""
        yellow, red = (Limit.parse(text) if text else None for text in (self.yellow, self.red))
        return time_rules.warnings(self.due_at, Limit.parse(self.limit), cal, self.started_at, yellow=yellow, red=red)


_KNOWN_BY = ("code", "started_at", "limit", "due_at", "basis", "paused_at", "met_at", "void", "shifts", "yellow", "red")


def fingerprint(row: Any) -> str:
    """What a clock is known by in the history: it is another one when anything is changed that a step decides."""
    values = (getattr(row, name) for name in _KNOWN_BY)
    text = json.dumps([v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in values], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def after_shift(due_at: datetime, shift: dict[str, Any], limit: Limit, cal: time_rules.WorkCalendar) -> datetime:
    if shift["kind"] == "pause":
        return time_rules.shift(due_at, datetime.fromisoformat(shift["from"]), datetime.fromisoformat(shift["to"]), limit, cal)
    if shift["kind"] == "extend":
        return time_rules.extend(due_at, Limit.parse(shift["limit"]), cal)
    return due_at


def replay(row: Any, cal: time_rules.WorkCalendar) -> tuple[time_rules.Due, datetime]:
    """(the first due date with its trace, the due date after every shift) of a clock by a calendar."""
    limit = Limit.parse(row.limit)
    base = time_rules.due(row.started_at, limit, cal)
    due_at = base.due
    for shift in row.shifts:
        due_at = after_shift(due_at, shift, limit, cal)
    return base, due_at


def stands_still(code: str, state: State, pending: Collection[Ask], statutory: bool) -> bool:
    """Does a clock of this code stand still where the case stands now?

    A draft sent back waits for its requester; a return, a parking, a consultation and a statutory procedure stop the unit's time;
    what has ended owes nothing more.
    """
    if state is State.DRAFT or not state.is_open:
        return True
    if code in OWED.get(state, ()) and state in {State.RETURN_REVIEW, State.PARKED}:
        return False
    if state in {State.RETURN_REVIEW, State.PARKED}:
        return True
    if state is State.PENDING_REVIEW:
        return Ask.CONSULT in pending
    return statutory and code not in BESIDE and state is State.IN_PROGRESS


class Clocks:
    """The clocks of one case while a step is taken. What `rows` holds at the end is what is to be kept."""

    def __init__(self, rows: Iterable[ClockRow], terms: Terms):
        self.rows, self.terms = list(rows), terms

    def copy(self) -> Clocks:
        return Clocks(self.rows, self.terms)

    # --- reading

    def all(self, *codes: str) -> list[ClockRow]:
        """Those that count, in the order they were started."""
        return [row for row in self.rows if not row.void and (not codes or row.code in codes)]

    def last(self, code: str) -> ClockRow | None:
        return next(iter(self.all(code)[-1:]), None)

    def due(self, code: str) -> datetime | None:
        row = self.last(code)
        return row.due_at if row else None

    def watched(self, state: State) -> ClockRow | None:
        """The clock that somebody watches: of those owed in this state the one that ends first, those that run before those that stand."""
        owed = [row for row in self.all(*OWED.get(state, ())) if row.met_at is None] if state in OWED else []
        return min(owed, key=lambda row: (not row.runs, row.due_at), default=None)

    # --- changing

    def _put(self, old: ClockRow, new: ClockRow) -> None:
        self.rows[self.rows.index(old)] = new

    def _each_open(self, codes: Collection[str], change: Callable[[ClockRow], ClockRow]) -> None:
        for row in [row for row in self.rows if row.open and row.code in codes]:
            self._put(row, change(row))

    def start(self, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> ClockRow:
        """A new clock; an unmet one of the same code becomes void."""
        self.drop(code)
        yellow = red = None
        if limit is None:
            term = self.terms.term(code, at)
            limit, basis, yellow, red = term.limit, term.basis, term.yellow, term.red
        due_at, provisional = time_rules.end_of(at, limit, self.terms.cal)
        row = ClockRow(code, at, str(limit), due_at, basis[:200], provisional, yellow=str(yellow or ""), red=str(red or ""))
        self.rows.append(row)
        return row

    def hasten(self, at: datetime) -> None:
        """Urgent matters' limits from now on, where they end earlier than what is owed: urgency puts nothing off, nor asks again for
        what is done (rulings, 3). Also of clocks that stand still: they go on with what the urgent limit leaves."""
        for row in [row for row in self.rows if row.open and row.code in HURRIED]:
            if self._as_if_running(row, at).due_at > time_rules.end_of(at, self.terms.term(row.code, at).limit, self.terms.cal)[0]:
                self.start(row.code, at)

    def calm(self, code: str, at: datetime, since: datetime) -> None:
        """No longer urgent: the limit of all others from when the clock was first started at or after `since`, less the time it stood."""
        met = max((n for n, row in enumerate(self.rows) if row.code == code and row.met_at), default=-1)
        rows = [row for row in self.rows[met + 1:] if row.code == code and row.started_at >= since]
        stood = []
        for row, then in zip(rows, [*(row.started_at for row in rows[1:]), at], strict=True):
            stood += [shift for shift in self._as_if_running(row, then).shifts if shift["kind"] == "pause"]
        fresh = self.start(code, rows[0].started_at if rows else at)
        for shift in stood:
            self._put(fresh, fresh := fresh.moved(shift, self.terms.cal))

    def _as_if_running(self, row: ClockRow, at: datetime) -> ClockRow:
        """Moved by the time that it has stood until now."""
        stood = {"kind": "pause", "from": row.paused_at.isoformat(), "to": at.isoformat(), "why": ""} if row.paused_at else None
        return row.moved(stood, self.terms.cal) if stood else row

    def start_handling(self, at: datetime, limit: Limit | None = None) -> None:
        """The dispatch step: sign and contact anew, since each lead owes both from when it was sent the order; handling the first time
        only, after a ruling that restarts it, or when another limit is set (rulings, 1)."""
        self.start("sign", at)
        self.start("contact", at)
        if self.last("handle") is None or limit is not None:
            self.start("handle", self._day_zero(at), limit, "派单时另定" if limit else "")

    def _day_zero(self, at: datetime) -> datetime:
        """Receipt for consultations, else the dispatch; another limit at a re-route moves no start."""
        if self.terms.kind == Kind.CONSULT:
            return self.terms.received_at
        before = self.last("handle")
        return before.started_at if before and before.met_at is None else at

    def redo(self, at: datetime) -> ClockRow:
        """Half of the original limit, rounded up to a whole unit (rulings, 1); the requester is contacted anew."""
        limit = self.first_limit(at)
        self.start("contact", at)
        return self.start("handle", at, limit.half(), f"重办：原时限 {limit} 的一半")

    def first_limit(self, at: datetime) -> Limit:
        first = next((row for row in self.rows if row.code == "handle"), None)
        return Limit.parse(first.limit) if first else self.terms.term("handle", at).limit

    def meet(self, code: str, at: datetime) -> None:
        self._each_open((code,), lambda row: replace(row, met_at=at, paused_at=None))

    def reopen(self, code: str, at: datetime, why: str) -> None:
        """The last clock of this code, met too early, runs again: the time since does not count."""
        if (row := self.last(code)) and row.met_at:
            shift = {"kind": "pause", "from": row.met_at.isoformat(), "to": at.isoformat(), "why": why}
            self._put(row, replace(row.moved(shift, self.terms.cal), met_at=None, paused_at=None))

    def drop(self, *codes: str) -> None:
        """Clocks that have lost their object: they count for nothing."""
        self._each_open(codes, lambda row: replace(row, void=True))

    def extend(self, limit: Limit, why: str) -> ClockRow:
        """An extension adds to the old due date (rulings, 1)."""
        if (row := self.last("handle")) is None:
            raise LookupError("the case has no clock of handling")
        new = row.moved({"kind": "extend", "limit": str(limit), "why": why}, self.terms.cal)
        self._put(row, new)
        return new

    def leave(self, frm: State, to: State, at: datetime) -> None:
        """What is merged may come back where it was: its clock stands still and is not met."""
        if frm in _MET_BY_LEAVING and to not in (frm, State.MERGED):
            self.meet(_MET_BY_LEAVING[frm], at)

    def settle(self, state: State, pending: Collection[Ask], statutory: bool, at: datetime, why: str) -> None:
        """Stop what stands still where the case is now, and set in motion what does not, moved by the time it stood."""
        for row in [row for row in self.rows if row.open]:
            still = stands_still(row.code, state, pending, statutory)
            if still and row.paused_at is None:
                self._put(row, replace(row, paused_at=at))
            elif not still and row.paused_at is not None:
                shift = {"kind": "pause", "from": row.paused_at.isoformat(), "to": at.isoformat(), "why": why}
                self._put(row, replace(row.moved(shift, self.terms.cal), paused_at=None))

    def recompute(self, why: str) -> list[dict[str, str]]:
        """After a holiday announced late: every open clock is replayed. What changed, for the step's record."""
        changed = []
        for row in [row for row in self.rows if row.open]:
            base, due_at = replay(row, self.terms.cal)
            if due_at != row.due_at:
                changed.append({"clock": row.code, "before": row.due_at.isoformat(), "after": due_at.isoformat()})
            if due_at != row.due_at or base.provisional != row.provisional:
                shifts = (*row.shifts, {"kind": "holiday", "due": due_at.isoformat(), "why": why})
                self._put(row, replace(row, due_at=due_at, provisional=base.provisional, shifts=shifts))
        return changed
