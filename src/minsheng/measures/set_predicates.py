"""The sets that measures divide, each a predicate over one fact. Pure: the recount that the SQL of `set_sql` is tested against.

Four kinds of facts. Order: one case. Dispatch: one sending of a case to one lead, until the next. Answer: one requester called
back in the period. Repeat: one accepted case with a known requester and matter. Each fact belongs to exactly one lead, matter,
channel and district, so a whole is the sum of its parts (rulings, 21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minsheng.cases.rules import Satisfaction, State

REPEAT_WITHIN = timedelta(days=30)
NO_REPEAT = frozenset({State.START, State.DRAFT, State.DECLINED, State.TRANSFERRED})
NOT_ACCEPTED = NO_REPEAT | {State.SPLIT}  # of a split request its parts are accepted; what was asked before is still that request
ORDER_DONE = frozenset({State.CLOSED, State.TERMINATED, State.FINAL_REPLIED})
DONE = ORDER_DONE | {State.DIRECT_ANSWERED}
NO_ORDER = frozenset({State.MERGED, State.WITHDRAWN, State.SPLIT})  # the master, the parts count; a withdrawn one asks nothing more
SATISFIED = frozenset(s for s in Satisfaction if s.counts)


@dataclass(frozen=True, slots=True)
class Window:
    """A period, half-open, as known at `cutoff`. `raw`: before exclusions (剔除前)."""

    start: datetime
    end: datetime
    cutoff: datetime
    raw: bool = False

    def has(self, at: datetime | None) -> bool:
        return at is not None and self.start <= at < self.end and at <= self.cutoff

    def knows(self, at: datetime | None) -> bool:
        return at is not None and at <= self.cutoff

    def due(self, due: datetime | None, met: datetime | None, stands: datetime | None = None,
            withdrawn: datetime | None = None) -> bool:
        """The limit lies in the period and is either met or past; a clock that stood still before it was past is not due yet."""
        if due is None or not self.start <= due < self.end or (withdrawn is not None and due >= withdrawn):
            return False
        return self.knows(met) or (due <= self.cutoff and (stands is None or stands > due))


@dataclass(frozen=True, slots=True)
class Order:
    """`undated`: brought in without a time of its own. It lies in the set of that name and in no other."""

    state: State
    lead: int | None = None
    category: int | None = None
    channel: str = ""
    district: int | None = None
    excluded: bool = False
    undated: bool = False
    stands_since: datetime | None = None
    received_at: datetime | None = None
    sign_due_at: datetime | None = None
    signed_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def withdrawn_at(self) -> datetime | None:
        return self.closed_at if self.state == State.WITHDRAWN else None


@dataclass(frozen=True, slots=True)
class Round:
    """Handling from a dispatch or a redo to its end: its own limits and results (rulings, 29). `contacted`: as the requester says."""

    state: State
    lead: int | None = None
    category: int | None = None
    channel: str = ""
    district: int | None = None
    excluded: bool = False
    undated: bool = False
    stands_since: datetime | None = None
    contact_due_at: datetime | None = None
    contacted_at: datetime | None = None
    contact_typed_at: datetime | None = None
    contact_waived_at: datetime | None = None
    contacted: bool | None = None
    handle_due_at: datetime | None = None
    replied_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def done_at(self) -> datetime | None:
        return self.replied_at or (self.closed_at if self.state in ORDER_DONE else None)

    @property
    def withdrawn_at(self) -> datetime | None:
        return self.closed_at if self.state == State.WITHDRAWN else None


@dataclass(frozen=True, slots=True)
class Dispatch:
    at: datetime
    lead: int | None = None
    category: int | None = None
    channel: str = ""
    district: int | None = None
    excluded: bool = False
    return_asked: bool = False
    return_upheld: bool = False
    redone: bool = False
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`solved` and `satisfaction`: the last given in the period."""

    lead: int | None = None
    category: int | None = None
    channel: str = ""
    district: int | None = None
    excluded: bool = False
    reached: bool = False
    solved: bool | None = None
    satisfaction: str = ""


@dataclass(frozen=True, slots=True)
class Repeat:
    """`before`: when the same requester last brought the same matter."""

    received_at: datetime
    lead: int | None = None
    category: int | None = None
    channel: str = ""
    district: int | None = None
    before: datetime | None = None


Holds = Callable[[Any, Window], bool]  # of a fact of the set's source


@dataclass(frozen=True, slots=True)
class Set:
    code: str
    source: str  # order, dispatch, answer, repeat
    label: str
    holds: Holds


def _counted(f: Order | Round, w: Window) -> bool:
    return f.lead is not None and f.state is not State.MERGED and (w.raw or not f.excluded)


def _received(f: Order, w: Window) -> bool:
    return w.has(f.received_at) and f.state not in NOT_ACCEPTED


def _to_complete(f: Order, w: Window) -> bool:
    return _received(f, w) and f.state not in NO_ORDER and (w.raw or not f.excluded)


def _sign_due(f: Order, w: Window) -> bool:
    return _counted(f, w) and w.due(f.sign_due_at, f.signed_at, f.stands_since, f.withdrawn_at)


def _contact_owed(f: Round, w: Window) -> bool:
    first = min((at for at in (f.contacted_at, f.contact_waived_at) if at), default=None)
    return _counted(f, w) and w.due(f.contact_due_at, first, f.stands_since, f.withdrawn_at)


def _met(at: datetime | None, due: datetime | None) -> bool:
    return at is not None and due is not None and at <= due


def _waived(f: Round, w: Window) -> bool:
    return w.knows(f.contact_waived_at) and _met(f.contact_waived_at, f.contact_due_at)


def _contact_due(f: Round, w: Window) -> bool:
    return _contact_owed(f, w) and not _waived(f, w)


def _claimed(f: Round, w: Window) -> bool:
    return _contact_due(f, w) and w.knows(f.contacted_at) and _met(f.contacted_at, f.contact_due_at)


def _in_time(f: Round) -> bool:
    """Typed after the limit it is the unit's word alone, and counts when the requester says the same (rulings, 29)."""
    return _met(f.contact_typed_at or f.contacted_at, f.contact_due_at) or f.contacted is True


def _handle_due(f: Round, w: Window) -> bool:
    return _counted(f, w) and w.due(f.handle_due_at, f.done_at, f.stands_since, f.withdrawn_at)


def _in(f: Dispatch | Answer, w: Window) -> bool:
    return w.raw or not f.excluded


_ALL = (
    Set("received", "order", "期内受理", _received),
    Set("undated", "order", "来源没有时间、按推定时间落在期内", lambda f, w: f.undated and w.has(f.received_at)),
    Set("answered_online", "order", "期内受理、当场答复办结", lambda f, w: _received(f, w) and f.state == State.DIRECT_ANSWERED),
    Set("declined", "order", "期内登记、不予受理", lambda f, w: w.has(f.received_at) and f.state == State.DECLINED),
    Set("transferred", "order", "期内登记、转接专门渠道", lambda f, w: w.has(f.received_at) and f.state == State.TRANSFERRED),
    Set("closed", "order", "期内办结的工单", lambda f, w: w.has(f.closed_at) and f.state in ORDER_DONE),
    Set("to_complete", "order", "期内受理、应办结", _to_complete),
    Set("completed", "order", "其中到统计截止已办结",
        lambda f, w: _to_complete(f, w) and f.state in DONE and w.knows(f.closed_at)),
    Set("sign_due", "order", "签收时限在期内", _sign_due),
    Set("signed_in_time", "order", "其中按时签收",
        lambda f, w: _sign_due(f, w) and w.knows(f.signed_at) and f.signed_at <= f.sign_due_at),
    Set("contact_due", "round", "应联系、联系时限在期内（重办另计一轮）", _contact_due),
    Set("contact_claimed", "round", "其中单位记录按时联系", _claimed),
    Set("contact_confirmed", "round", "其中按时联系且诉求人未否认",
        lambda f, w: _claimed(f, w) and f.contacted is not False and _in_time(f)),
    Set("contact_unconfirmed", "round", "其中仅有单位记录、未经诉求人确认",
        lambda f, w: _claimed(f, w) and f.contacted is None and _in_time(f)),
    Set("contact_denied", "round", "单位记录已联系、诉求人回访时否认", lambda f, w: _claimed(f, w) and f.contacted is False),
    Set("contact_typed_late", "round", "其中超过时限才补录、诉求人未确认",
        lambda f, w: _claimed(f, w) and f.contacted is not False and not _in_time(f)),
    Set("contact_owed", "round", "联系时限在期内，含记为无需联系的", _contact_owed),
    Set("contact_waived", "round", "其中时限内记为无需或无法联系", lambda f, w: _contact_owed(f, w) and _waived(f, w)),
    Set("handle_due", "round", "办理时限（含批准的延期）在期内（重办另计一轮）", _handle_due),
    Set("handled_in_time", "round", "其中按时办理完毕",
        lambda f, w: _handle_due(f, w) and w.knows(f.done_at) and f.done_at <= f.handle_due_at),
    Set("dispatched", "dispatch", "期内派给主办单位（每派一次计一次，当即撤回的不计）", lambda f, w: w.has(f.at)),
    Set("sent", "dispatch", "期内派给主办单位、未剔除", lambda f, w: w.has(f.at) and _in(f, w)),
    Set("return_asked", "dispatch", "其中申请退单", lambda f, w: w.has(f.at) and _in(f, w) and f.return_asked),
    Set("return_upheld", "dispatch", "其中退单获同意", lambda f, w: w.has(f.at) and _in(f, w) and f.return_upheld),
    Set("sent_right", "dispatch", "其中没有同意退单", lambda f, w: w.has(f.at) and _in(f, w) and not f.return_upheld),
    Set("redone", "dispatch", "其中重办", lambda f, w: w.has(f.at) and _in(f, w) and f.redone),
    Set("extended", "dispatch", "其中批准延期", lambda f, w: w.has(f.at) and _in(f, w) and f.extended),
    Set("attempted", "answer", "期内回访的诉求人", _in),
    Set("reached", "answer", "其中接受回访", lambda f, w: _in(f, w) and f.reached),
    Set("answered_solved", "answer", "其中回答了是否解决", lambda f, w: _in(f, w) and f.solved is not None),
    Set("solved", "answer", "其中回答已解决", lambda f, w: _in(f, w) and f.solved is True),
    Set("answered_satisfaction", "answer", "其中回答了是否满意", lambda f, w: _in(f, w) and bool(f.satisfaction)),
    Set("satisfied", "answer", "其中非常满意、满意或基本满意", lambda f, w: _in(f, w) and f.satisfaction in SATISFIED),
    Set("known", "repeat", "期内受理、诉求人和分类已知", lambda f, w: w.has(f.received_at)),
    Set("repeated", "repeat", "其中 30 天内同一诉求人同一分类已反映过",
        lambda f, w: w.has(f.received_at) and f.before is not None and f.received_at - f.before <= REPEAT_WITHIN),
)
def _dated(one: Set) -> Set:
    """Facts of other sources are steps and answers of cases that have a time: whoever gathers them leaves undated cases out."""
    if one.source not in ("order", "round") or one.code == "undated":
        return one
    return Set(one.code, one.source, one.label, lambda f, w: not f.undated and one.holds(f, w))


SETS = {s.code: _dated(s) for s in _ALL}
FACTS = {"order": Order, "round": Round, "dispatch": Dispatch, "answer": Answer, "repeat": Repeat}
GROUPS = {"unit": "lead", "category": "category", "channel": "channel", "district": "district"}


def count(facts: dict[str, Iterable[Any]], window: Window, codes: Iterable[str], by: str = "") -> dict[Any, dict[str, int]]:
    """{group: {set: how many}} of facts by source; group None without `by`. Every group has every code."""
    found: dict[Any, dict[str, int]] = {}
    for code in codes:
        chosen = SETS[code]
        for fact in facts.get(chosen.source, ()):
            group = getattr(fact, GROUPS[by]) if by else None
            counts = found.setdefault(group, {})
            counts[code] = counts.get(code, 0) + chosen.holds(fact, window)
    return found
