"""The sets that measures divide, each declared once: a predicate over one fact, and the same as SQL that `set_sql` asks. Pure.

Four kinds of facts. Order: one case. Dispatch: one sending of a case to one lead, until the next. Answer: one requester called
back in the period. Repeat: one accepted case with a known requester and matter. Each fact belongs to exactly one lead, matter,
channel and district, so a whole is the sum of its parts (rulings, 21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    """What a measure divides, declared once: `holds` of one fact, and `sql` of the same in a statement over all of them."""

    code: str
    source: str  # order, dispatch, answer, repeat
    label: str
    holds: Holds
    sql: str
    seen: str = "received"  # of orders and rounds: by which column the statement finds them, `set_sql`


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


# --- the same as SQL: every name is from here, what a reader gives travels as a parameter ---


def list_of(states: Iterable[State] | Iterable[Satisfaction]) -> str:
    return ", ".join(f"'{s.value}'" for s in sorted(states))


def has(at: str) -> str:
    return f"({at} >= %(start)s AND {at} < %(end)s AND {at} <= %(cutoff)s)"


def _due(due: str, met: str) -> str:
    """Met, or past and not standing still; what was past when time stopped, or when the requester withdrew, stays past."""
    past = f"{due} <= %(cutoff)s AND (c.stands_since IS NULL OR c.stands_since > {due})"
    return (f"({due} >= %(start)s AND {due} < %(end)s AND ({met} <= %(cutoff)s OR ({past})) "
            f"AND (c.state <> 'withdrawn' OR {due} < c.closed_at))")


DATED = "NOT c.undated"  # in every set but the one of the undated
KEPT = "(%(raw)s OR NOT c.excluded)"
_DONE_AT = f"coalesce(c.replied_at, CASE WHEN c.state IN ({list_of(ORDER_DONE)}) THEN c.closed_at END)"
_COUNTED = f"c.lead_id IS NOT NULL AND c.state <> 'merged' AND {KEPT}"
_RECEIVED = f"({has('c.received_at')} AND c.state NOT IN ({list_of(NOT_ACCEPTED)}))"
_TO_COMPLETE = f"({_RECEIVED} AND c.state NOT IN ({list_of(NO_ORDER)}) AND {KEPT})"
_SIGN_DUE = f"({_COUNTED} AND {_due('c.sign_due_at', 'c.signed_at')})"
_OWED = f"({_COUNTED} AND {_due('c.contact_due_at', 'least(c.contacted_at, c.contact_waived_at)')})"
_WAIVED = "coalesce(c.contact_waived_at <= c.contact_due_at AND c.contact_waived_at <= %(cutoff)s, false)"
_CONTACT_DUE = f"({_OWED} AND NOT {_WAIVED})"
_CLAIMED = f"({_CONTACT_DUE} AND c.contacted_at <= %(cutoff)s AND c.contacted_at <= c.contact_due_at)"
# Typed after the limit it is the unit's word alone, and counts when the requester says the same (rulings, 29).
_IN_TIME = "(coalesce(c.contact_typed_at, c.contacted_at) <= c.contact_due_at OR c.contacted IS TRUE)"
_HANDLE_DUE = f"({_COUNTED} AND {_due('c.handle_due_at', _DONE_AT)})"
_SENT = f"({has('r.at')} AND {KEPT})"



def _on_the_spot(f: Order) -> bool:
    """Answered without a unit; one of leader days is called back before it ends (rulings, 10)."""
    return f.state == State.DIRECT_ANSWERED or (f.state == State.PENDING_CALLBACK and f.lead is None)


# Each set both ways: a test counts by the predicate and by the SQL.
_ALL = (
    Set("received", "order", "期内受理", _received,
        _RECEIVED),
    Set("undated", "order", "来源没有时间、按推定时间落在期内", lambda f, w: f.undated and w.has(f.received_at),
        f"c.undated AND {has('c.received_at')}"),
    Set("answered_online", "order", "期内受理、当场答复（接听日的还要回访）", lambda f, w: _received(f, w) and _on_the_spot(f),
        f"{_RECEIVED} AND (c.state = 'direct_answered' OR c.state = 'pending_callback' AND c.lead_id IS NULL)"),
    Set("declined", "order", "期内登记、不予受理", lambda f, w: w.has(f.received_at) and f.state == State.DECLINED,
        f"{has('c.received_at')} AND c.state = 'declined'"),
    Set("transferred", "order", "期内登记、转接专门渠道", lambda f, w: w.has(f.received_at) and f.state == State.TRANSFERRED,
        f"{has('c.received_at')} AND c.state = 'transferred'"),
    Set("closed", "order", "期内办结的工单", lambda f, w: w.has(f.closed_at) and f.state in ORDER_DONE,
        f"{has('c.closed_at')} AND c.state IN ({list_of(ORDER_DONE)})", seen="closed"),
    Set("to_complete", "order", "期内受理、应办结", _to_complete,
        _TO_COMPLETE),
    Set("completed", "order", "其中到统计截止已办结",
        lambda f, w: _to_complete(f, w) and f.state in DONE and w.knows(f.closed_at),
        f"{_TO_COMPLETE} AND c.state IN ({list_of(DONE)}) AND c.closed_at <= %(cutoff)s"),
    Set("sign_due", "order", "签收时限在期内", _sign_due,
        _SIGN_DUE, seen="sign"),
    Set("signed_in_time", "order", "其中按时签收",
        lambda f, w: _sign_due(f, w) and w.knows(f.signed_at) and f.signed_at <= f.sign_due_at,
        f"{_SIGN_DUE} AND c.signed_at <= %(cutoff)s AND c.signed_at <= c.sign_due_at", seen="sign"),
    Set("contact_due", "round", "应联系、联系时限在期内（重办另计一轮）", _contact_due,
        _CONTACT_DUE, seen="contact"),
    Set("contact_claimed", "round", "其中单位记录按时联系", _claimed,
        _CLAIMED, seen="contact"),
    Set("contact_confirmed", "round", "其中按时联系且诉求人未否认",
        lambda f, w: _claimed(f, w) and f.contacted is not False and _in_time(f),
        f"{_CLAIMED} AND c.contacted IS NOT FALSE AND {_IN_TIME}", seen="contact"),
    Set("contact_unconfirmed", "round", "其中仅有单位记录、未经诉求人确认",
        lambda f, w: _claimed(f, w) and f.contacted is None and _in_time(f),
        f"{_CLAIMED} AND c.contacted IS NULL AND {_IN_TIME}", seen="contact"),
    Set("contact_denied", "round", "单位记录已联系、诉求人回访时否认", lambda f, w: _claimed(f, w) and f.contacted is False,
        f"{_CLAIMED} AND c.contacted IS FALSE", seen="contact"),
    Set("contact_typed_late", "round", "其中超过时限才补录、诉求人未确认",
        lambda f, w: _claimed(f, w) and f.contacted is not False and not _in_time(f),
        f"{_CLAIMED} AND c.contacted IS NOT FALSE AND NOT {_IN_TIME}", seen="contact"),
    Set("contact_owed", "round", "联系时限在期内，含记为无需联系的", _contact_owed,
        _OWED, seen="contact"),
    Set("contact_waived", "round", "其中时限内记为无需或无法联系", lambda f, w: _contact_owed(f, w) and _waived(f, w),
        f"{_OWED} AND {_WAIVED}", seen="contact"),
    Set("handle_due", "round", "办理时限（含批准的延期）在期内（重办另计一轮）", _handle_due,
        _HANDLE_DUE, seen="handle"),
    Set("handled_in_time", "round", "其中按时办理完毕",
        lambda f, w: _handle_due(f, w) and w.knows(f.done_at) and f.done_at <= f.handle_due_at,
        f"{_HANDLE_DUE} AND {_DONE_AT} <= %(cutoff)s AND {_DONE_AT} <= c.handle_due_at", seen="handle"),
    Set("dispatched", "dispatch", "期内派给主办单位（每派一次计一次，当即撤回的不计）", lambda f, w: w.has(f.at),
        has("r.at")),
    Set("sent", "dispatch", "期内派给主办单位、未剔除", lambda f, w: w.has(f.at) and _in(f, w),
        _SENT),
    Set("return_asked", "dispatch", "其中申请退单", lambda f, w: w.has(f.at) and _in(f, w) and f.return_asked,
        f"{_SENT} AND r.return_asked"),
    Set("return_upheld", "dispatch", "其中退单获同意", lambda f, w: w.has(f.at) and _in(f, w) and f.return_upheld,
        f"{_SENT} AND r.return_upheld"),
    Set("sent_right", "dispatch", "其中没有同意退单", lambda f, w: w.has(f.at) and _in(f, w) and not f.return_upheld,
        f"{_SENT} AND NOT r.return_upheld"),
    Set("redone", "dispatch", "其中重办", lambda f, w: w.has(f.at) and _in(f, w) and f.redone,
        f"{_SENT} AND r.redone"),
    Set("extended", "dispatch", "其中批准延期", lambda f, w: w.has(f.at) and _in(f, w) and f.extended,
        f"{_SENT} AND r.extended"),
    Set("attempted", "answer", "期内回访的诉求人", _in,
        KEPT),
    Set("reached", "answer", "其中接受回访", lambda f, w: _in(f, w) and f.reached,
        f"{KEPT} AND r.reached"),
    Set("answered_solved", "answer", "其中回答了是否解决", lambda f, w: _in(f, w) and f.solved is not None,
        f"{KEPT} AND r.solved IS NOT NULL"),
    Set("solved", "answer", "其中回答已解决", lambda f, w: _in(f, w) and f.solved is True,
        f"{KEPT} AND r.solved"),
    Set("answered_satisfaction", "answer", "其中回答了是否满意", lambda f, w: _in(f, w) and bool(f.satisfaction),
        f"{KEPT} AND r.satisfaction <> ''"),
    Set("satisfied", "answer", "其中非常满意、满意或基本满意", lambda f, w: _in(f, w) and f.satisfaction in SATISFIED,
        f"{KEPT} AND r.satisfaction IN ({list_of(s for s in Satisfaction if s.counts)})"),
    Set("known", "repeat", "期内受理、诉求人和分类已知", lambda f, w: w.has(f.received_at),
        has("r.received_at")),
    Set("repeated", "repeat", "其中 30 天内同一诉求人同一分类已反映过",
        lambda f, w: w.has(f.received_at) and f.before is not None and f.received_at - f.before <= REPEAT_WITHIN,
        f"{has('r.received_at')} AND r.received_at - r.before <= %(repeat_within)s"),
)
def _dated(one: Set) -> Set:
    """Facts of other sources are steps and answers of cases that have a time: whoever gathers them leaves undated cases out."""
    if one.code == "undated":
        return one
    sql = f"{DATED} AND {one.sql}"
    if one.source not in ("order", "round"):
        return replace(one, sql=sql)
    return replace(one, sql=sql, holds=lambda f, w: not f.undated and one.holds(f, w))


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
