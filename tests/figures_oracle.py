"""What each set of the measures holds, said a second time: predicates over plain values that are read off the tables as they stand.

The house declares its sets over facts that it takes from the history; here nothing of that is used. Both must count the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minsheng.cases.models import Case, CaseStep, CaseTask
from minsheng.cases.rules import Satisfaction, State

REPEAT_WITHIN = timedelta(days=30)
NO_REPEAT = frozenset({State.START, State.DRAFT, State.DECLINED, State.TRANSFERRED})
NOT_ACCEPTED = NO_REPEAT | {State.SPLIT}
ORDER_DONE = frozenset({State.CLOSED, State.TERMINATED, State.FINAL_REPLIED})
DONE = ORDER_DONE | {State.DIRECT_ANSWERED}
NO_ORDER = frozenset({State.MERGED, State.WITHDRAWN, State.SPLIT})
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
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    replied_at: datetime | None = None
    closed_at: datetime | None = None
    reached: bool | None = None
    solved: bool | None = None

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
    """One requester in one round of handling. `at`: of the last call; `solved` and `satisfaction`: the last given."""

    at: datetime
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
    excluded: bool = False
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What was asked of a co-unit. `stopped_at`: given back, or taken away before there was an answer."""

    at: datetime
    lead: int
    category: int | None = None
    channel: str = ""
    district: int | None = None
    excluded: bool = False
    due_at: datetime | None = None
    replied_at: datetime | None = None
    returned: bool = False
    stopped_at: datetime | None = None


def _asked(f: Task, w: Window) -> bool:
    """Not what was taken away before its date; also of an order that was excluded for its lead."""
    gone = f.stopped_at is not None and not f.returned and (f.due_at is None or f.stopped_at <= f.due_at)
    return w.has(f.at) and not gone


def _task_due(f: Task, w: Window) -> bool:
    return _asked(f, w) and w.knows(f.due_at) and (f.stopped_at is None or f.stopped_at > f.due_at)


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
    return w.has(f.at) and (w.raw or not f.excluded)


def _on_the_spot(f: Order) -> bool:
    """Answered without a unit; one of leader days is called back before it ends (rulings, 10)."""
    return f.state == State.DIRECT_ANSWERED or (f.state == State.PENDING_CALLBACK and f.lead is None)


WENT = (
    ("dispatched", lambda f: f.lead is not None and f.dispatched_at is not None), ("signed", lambda f: f.signed_at is not None),
    ("replied", lambda f: f.replied_at is not None), ("called", lambda f: f.reached is True), ("solved", lambda f: f.solved is True),
)


def _went(stage: str) -> Any:
    """As far as this, and through all before."""
    upto = [name for name, _ in WENT].index(stage) + 1
    return lambda f, w: _received(f, w) and all(holds(f) for _, holds in WENT[:upto])


def _stands(f: Order) -> str:
    if f.state in (State.MERGED, State.WITHDRAWN):
        return "apart"
    if f.state not in DONE:
        return "open"
    if f.solved is None:
        return "spot" if f.state == State.DIRECT_ANSWERED else "unasked"
    return "solved" if f.solved else "unsolved"


def _standing(outcome: str) -> Any:
    return lambda f, w: _received(f, w) and _stands(f) == outcome


def _known(f: Repeat, w: Window) -> bool:
    return w.has(f.received_at) and (w.raw or not f.excluded)


HOLDS = {
    "received": ("order", _received),
    "came": ("order", _received),
    **{f"went.{stage}": ("order", _went(stage)) for stage, _ in WENT},
    **{f"stands.{outcome}": ("order", _standing(outcome)) for outcome in ("solved", "unsolved", "spot", "unasked", "apart", "open")},
    "undated": ("order", lambda f, w: f.undated and w.has(f.received_at)),
    "answered_online": ("order", lambda f, w: _received(f, w) and _on_the_spot(f)),
    "declined": ("order", lambda f, w: w.has(f.received_at) and f.state == State.DECLINED),
    "transferred": ("order", lambda f, w: w.has(f.received_at) and f.state == State.TRANSFERRED),
    "closed": ("order", lambda f, w: w.has(f.closed_at) and f.state in ORDER_DONE),
    "to_complete": ("order", _to_complete),
    "completed": ("order", lambda f, w: _to_complete(f, w) and f.state in DONE and w.knows(f.closed_at)),
    "sign_due": ("sign", _sign_due),
    "signed_in_time": ("sign", lambda f, w: _sign_due(f, w) and w.knows(f.signed_at) and f.signed_at <= f.sign_due_at),
    "contact_due": ("round", _contact_due),
    "contact_claimed": ("round", _claimed),
    "contact_confirmed": ("round", lambda f, w: _claimed(f, w) and f.contacted is not False and _in_time(f)),
    "contact_unconfirmed": ("round", lambda f, w: _claimed(f, w) and f.contacted is None and _in_time(f)),
    "contact_denied": ("round", lambda f, w: _claimed(f, w) and f.contacted is False),
    "contact_typed_late": ("round", lambda f, w: _claimed(f, w) and f.contacted is not False and not _in_time(f)),
    "contact_owed": ("round", _contact_owed),
    "contact_waived": ("round", lambda f, w: _contact_owed(f, w) and _waived(f, w)),
    "handle_due": ("round", _handle_due),
    "handled_in_time": ("round", lambda f, w: _handle_due(f, w) and w.knows(f.done_at) and f.done_at <= f.handle_due_at),
    "dispatched": ("dispatch", lambda f, w: w.has(f.at)),
    "sent": ("dispatch", lambda f, w: _in(f, w)),
    "return_asked": ("dispatch", lambda f, w: _in(f, w) and f.return_asked),
    "return_upheld": ("dispatch", lambda f, w: _in(f, w) and f.return_upheld),
    "sent_right": ("dispatch", lambda f, w: _in(f, w) and not f.return_upheld),
    "redone": ("dispatch", lambda f, w: _in(f, w) and f.redone),
    "extended": ("dispatch", lambda f, w: _in(f, w) and f.extended),
    "attempted": ("answer", _in),
    "reached": ("answer", lambda f, w: _in(f, w) and f.reached),
    "answered_solved": ("answer", lambda f, w: _in(f, w) and f.solved is not None),
    "solved": ("answer", lambda f, w: _in(f, w) and f.solved is True),
    "answered_satisfaction": ("answer", lambda f, w: _in(f, w) and bool(f.satisfaction)),
    "satisfied": ("answer", lambda f, w: _in(f, w) and f.satisfaction in SATISFIED),
    "co.given": ("task", _asked),
    "co.due": ("task", _task_due),
    "co.in_time": ("task", lambda f, w: _task_due(f, w) and w.knows(f.replied_at) and f.replied_at <= f.due_at),
    "co.returned": ("task", lambda f, w: _asked(f, w) and f.returned),
    "known": ("repeat", _known),
    "repeated": ("repeat", lambda f, w: _known(f, w) and f.before is not None and f.received_at - f.before <= REPEAT_WITHIN),
}
GROUPS = {"unit": "lead", "category": "category", "channel": "channel", "district": "district"}


def count(facts: dict[str, list[Any]], window: Window, by: str = "") -> dict[Any, dict[str, int]]:
    """{group: {set: how many}}, without zeros; the group is None without `by`."""
    found: dict[Any, dict[str, int]] = {}
    for code, (source, holds) in HOLDS.items():
        for fact in facts[source]:
            if getattr(fact, "undated", False) != (code == "undated") or not holds(fact, window):
                continue
            sizes = found.setdefault(getattr(fact, GROUPS[by]) if by else None, {})
            sizes[code] = sizes.get(code, 0) + 1
    return found


def gather() -> dict[str, list[Any]]:
    """The facts of the database as plain values, by the models of cases alone."""
    cases = {c.id: c for c in Case.objects.select_related("contact")}
    out = _excluded()
    where = {i: {"lead": c.lead_id, "category": c.category_id, "channel": c.channel, "district": c.district_id} for i, c in cases.items()}
    facts: dict[str, list[Any]] = {"order": [], "sign": [], "round": [], "dispatch": [], "answer": _answered(cases, where, out), "repeat": [],
                                    "task": _tasks(cases, where)}
    for i, c in cases.items():
        marks = {"excluded": c.excluded, "undated": c.undated}
        facts["order"].append(Order(State(c.state), **where[i], **marks, stands_since=c.stands_since, reached=c.reached, solved=c.solved,
                                    **_times_of(c, Order)))
        facts["round"].append(Round(State(c.state), **where[i], **marks, stands_since=c.stands_since, contacted=c.contacted, **_times_of(c, Round)))
        facts["round"] += [Round(State.WITHDRAWN if c.state == "withdrawn" else State.MERGED if c.state == "merged" else State.IN_PROGRESS,
                                 **{**where[i], "lead": r.lead_id}, **marks | {"excluded": (i, r.n) in out}, contacted=r.contacted,
                                 **_times_of(r, Round) | {"closed_at": c.closed_at if c.state == "withdrawn" else None}) for r in c.rounds.all()]
        facts["dispatch"] += [] if c.undated else _sent(c, where[i])
        for gone in _former(c, where[i]):
            facts["sign" if isinstance(gone, Order) else "round"].append(gone)
    facts["sign"] += facts["order"]
    known = sorted((c for c in cases.values() if c.contact_id and c.category_id and not c.undated and c.parent_id is None and c.state not in NO_REPEAT),
                   key=lambda c: (c.received_at, c.id))
    last: dict[Any, datetime] = {}
    for c in known:
        who = (bytes(c.contact.phone_hash or b"") or c.contact_id, c.category_id)
        facts["repeat"].append(Repeat(c.received_at, before=last.get(who), excluded=c.excluded, **where[c.id]))
        last[who] = c.received_at
    return facts


def _tasks(cases: dict[int, Case], where: dict[int, dict]) -> list[Task]:
    found = []
    for t in CaseTask.objects.filter(kind="co"):
        returned, c = t.state == "returned", cases[t.case_id]
        stopped = t.ended_at if returned or (t.state == "cancelled" and t.replied_at is None) else None
        if not c.imported and not c.undated:
            found.append(Task(t.created_at, **{**where[c.id], "lead": t.unit_id}, excluded=c.excluded, due_at=t.due_at, replied_at=t.replied_at,
                              returned=returned, stopped_at=stopped))
    return found


def _excluded() -> set[tuple[int, int]]:
    """(case, round) in which an exclusion was granted."""
    found, rounds = set(), {}
    for step in CaseStep.objects.filter(step__in=("grant_exclusion", "order_redo")).order_by("case_id", "seq"):
        if step.step == "grant_exclusion":
            found.add((step.case_id, rounds.get(step.case_id, 0)))
        else:
            rounds[step.case_id] = rounds.get(step.case_id, 0) + 1
    return found


def _former(case: Case, where: dict) -> list[Order | Round]:
    """What leads that have it no more met, or let go by, while they had it."""
    found: list[tuple[int, dict, datetime]] = []
    held: dict[str, Any] = {}
    for step in CaseStep.objects.filter(case_id=case.id).order_by("seq"):
        if step.step in ("take_back", "uphold_return", "leave_line") and held.get("lead_id"):
            found.append((held.get("redos") or 0, held, step.at))
        held = held | step.given.get("after", {})
    state = State.WITHDRAWN if case.state == "withdrawn" else State.MERGED if case.state == "merged" else State.IN_PROGRESS
    ended = {"closed_at": case.closed_at} if state is State.WITHDRAWN else {}
    later = {r.n: r for r in case.rounds.all()}
    rows: list[Order | Round] = []
    for n, was, until in found:
        at = {name: datetime.fromisoformat(value) for name, value in was.items() if name.endswith("_at") and value}
        stops = min(until, datetime.fromisoformat(was["stands_since"])) if was.get("stands_since") else until
        own = {**where, "lead": was["lead_id"]} | ended
        if _owed(at, "sign", stops, "signed_at"):
            rows.append(Order(state, **own, sign_due_at=at["sign_due_at"], signed_at=at.get("signed_at")))
        names = ("contact_due_at", "contacted_at", "contact_typed_at", "contact_waived_at")
        if _owed(at, "contact", stops, "contacted_at", "contact_waived_at"):
            rows.append(Round(state, **own, **{name: at.get(name) for name in names}))
        now = later.get(n, case)
        if _owed(at, "handle", stops) and (now.lead_id is None or now.handle_due_at != at["handle_due_at"]):
            rows.append(Round(state, **own, handle_due_at=at["handle_due_at"], replied_at=at.get("replied_at")))
    return rows


def _owed(at: dict[str, datetime], limit: str, stops: datetime, *met: str) -> bool:
    """Where there was such a limit (a case without a number has none for the contact): it was met, or passed while it ran."""
    due = at.get(f"{limit}_due_at")
    return due is not None and (due < stops or not at.keys().isdisjoint(met))


def _times_of(row: Any, kind: Any) -> dict:
    return {n: getattr(row, n, None) for n in kind.__dataclass_fields__ if n.endswith("_at")}


def _sent(case: Case, where: dict) -> list[Dispatch]:
    rounds: list[dict] = []
    for step in CaseStep.objects.filter(case_id=case.id).order_by("seq"):
        if step.step in ("dispatch", "night_dispatch"):
            rounds.append({"at": step.at, **where, "lead": step.given["lead"]})
        name = {"ask_return": "return_asked", "uphold_return": "return_upheld", "order_redo": "redone", "grant_extension": "extended",
                "grant_exclusion": "excluded"}
        if step.step in name and rounds:
            rounds[-1][name[step.step]] = True
        if step.step == "undispatch":
            rounds.pop()
    return [Dispatch(**r) for r in rounds]


def _answered(cases: dict[int, Case], where: dict, out: set[tuple[int, int]]) -> list[Answer]:
    found: dict[tuple, dict] = {}
    for step in CaseStep.objects.filter(step__in=("record_callback", "answer_callback", "from_merged")).order_by("case_id", "seq"):
        if "outcome" in step.given:
            kept = found.setdefault((step.case_id, step.given["party"], step.given["round"]), {"reached": False})
            kept["at"] = step.at
            kept["reached"] |= step.given["outcome"] == "answered"
            kept.update({n: step.given[n] for n in ("solved", "satisfaction") if n in step.given})
    led = {(r.case_id, r.n): r.lead_id for c in cases.values() for r in c.rounds.all()}
    rows = [Answer(**where[i] | {"lead": led.get((i, n), where[i]["lead"])}, excluded=(i, n) in out, **kept)
            for (i, _, n), kept in found.items() if not cases[i].undated]
    asked = {i for i, _, _ in found}
    return rows + [Answer(c.closed_at, **where[i], excluded=c.excluded, reached=c.reached, solved=c.solved, satisfaction=c.satisfaction)
                   for i, c in cases.items() if c.imported and c.reached is not None and c.closed_at and not c.undated and i not in asked]
