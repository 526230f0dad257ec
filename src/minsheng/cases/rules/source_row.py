"""What a row of somebody else's history means: its state and its steps. Pure (rulings, 26)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minsheng.cases.rules import State
from minsheng.cases.rules.checks import title_of

LONGEST_LIMIT = timedelta(days=3653)  # of a single order; beyond it a date is a slip of the pen
CLOSE_ENOUGH = timedelta(minutes=1)  # two clocks of one source may differ by this much


@dataclass(frozen=True, slots=True)
class Brought:
    """One row of a source, read and checked. `assumed`: columns whose time the source did not give and somebody guessed."""

    source: str
    key: str
    received_at: datetime
    narrative: str
    title: str = ""
    kind: str = "other"
    channel: str = "other_system"
    category: int | None = None
    place: str = ""
    requester: str = ""
    requester_kind: str = "person"
    phone: str = ""
    unit: int | None = None
    dispatched_at: datetime | None = None
    signed_at: datetime | None = None
    first_contact_at: datetime | None = None
    replied_at: datetime | None = None
    reply: str = ""
    closed_at: datetime | None = None
    state: str = ""
    due_at: datetime | None = None
    co_units: tuple[int, ...] = ()
    reached: bool | None = None
    solved: bool | None = None
    satisfaction: str = ""
    files: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """A step to be written: its name, where it leads (None: stays), when, and which column its time comes from."""

    step: str
    to: State | None
    at: datetime
    column: str


class BadRow(Exception):
    """The row cannot be history; the message says why, in words. `column` names what is wrong."""

    def __init__(self, column: str, sentence: str):
        super().__init__(sentence)
        self.column = column


# --- what a row says ------------------------------------------------------------

_SAID = ("received_at", "channel", "kind", "category", "title", "narrative", "place", "requester", "requester_kind", "phone", "unit", "dispatched_at",
         "signed_at", "first_contact_at", "replied_at", "reply", "closed_at", "state", "co_units", "reached", "solved", "satisfaction", "due_at",
         "assumed")


def said(row: Brought) -> dict[str, object]:
    """Column -> what the row says there, in one form: an empty title is the words' beginning, an empty state what the times lead to."""
    values = {name: getattr(row, name) for name in _SAID}
    for name, value in values.items():
        if isinstance(value, datetime):
            values[name] = value.astimezone(UTC)
    values["title"], values["state"], values["assumed"] = title_of(row.title, row.narrative), state_of(row).value, assumed_times(row)
    if row.closed_at is None and State(values["state"]) in ENDS:
        values["closed_at"] = (row.replied_at or row.received_at).astimezone(UTC)
    return values


def digest(row: Brought) -> bytes:
    """Of what the row says: tells an unchanged row from a changed one, whatever the order of the file's columns."""
    return hashlib.sha256(repr(list(said(row).values())).encode()).digest()


def differences(row: Brought, kept: Brought) -> list[str]:
    """The columns in which a row differs from what is kept of it. A time limit that the row does not give is the city's own."""
    return unlike(row, prints(kept))


_PRINT = 4  # bytes


def prints(row: Brought) -> bytes:
    """What `differences` needs of a row, short enough to be held for every row of a large file."""
    return b"".join(hashlib.sha256(repr(value).encode()).digest()[:_PRINT] for value in said(row).values())


def unlike(row: Brought, before: bytes) -> list[str]:
    """`differences` from a row of which only the `prints` are left."""
    new = prints(row)
    places = ((name, slice(n * _PRINT, (n + 1) * _PRINT)) for n, name in enumerate(_SAID))
    return [name for name, place in places if new[place] != before[place] and (name != "due_at" or row.due_at is not None)]


# --- what the times of a row mean ------------------------------------------------------------

ENDS = {
    State.CLOSED: "close", State.DIRECT_ANSWERED: "answer", State.DECLINED: "decline", State.TRANSFERRED: "transfer",
    State.MERGED: "merge", State.TERMINATED: "grant_termination", State.FINAL_REPLIED: "grant_final", State.WITHDRAWN: "phone_withdraw",
}
UNSUBMITTED = frozenset({State.DRAFT, State.DIRECT_ANSWERED, State.DECLINED, State.TRANSFERRED})
HAS_LEAD = frozenset({State.PENDING_SIGN, State.RETURN_REVIEW, State.IN_PROGRESS, State.PARKED, State.PENDING_CHECK, State.PENDING_CALLBACK})
_CHAIN = (("received_at", "受理时间"), ("dispatched_at", "派单时间"), ("signed_at", "签收时间"), ("replied_at", "答复时间"),
          ("closed_at", "办结时间"))


def state_of(row: Brought) -> State:
    """The state that the source says, else the one that the times lead to."""
    if row.state:
        return State(row.state)
    reached = ((row.closed_at, State.CLOSED), (row.replied_at, State.PENDING_CHECK), (row.signed_at or row.first_contact_at, State.IN_PROGRESS),
               (row.dispatched_at or row.unit, State.PENDING_SIGN))
    return next((state for known, state in reached if known), State.PENDING_REVIEW)


def assumed_times(row: Brought) -> tuple[str, ...]:
    """The columns whose time is a guess, in the order of the procedure: named by the row, or an end that has no time of its own."""
    end = row.closed_at is None and state_of(row) in ENDS
    return tuple(name for name in ("received_at", *(column for column, _ in _CHAIN[1:]), "first_contact_at")
                 if name in row.assumed or (name == "closed_at" and end))


def is_undated(row: Brought) -> bool:
    """Stays out of figures by date: nobody knows when it came in, or when an order ended that has not even a reply's time."""
    guessed = assumed_times(row)
    ended = state_of(row) in {State.CLOSED, State.TERMINATED, State.FINAL_REPLIED}
    return "received_at" in guessed or (ended and "closed_at" in guessed and row.replied_at is None)


def plan(row: Brought) -> list[Planned]:
    """The steps of a row in their order; BadRow when its times or its state contradict each other."""
    state = state_of(row)
    _check_state(row, state)
    _check_due(row)
    times = _ordered(row)
    steps = [Planned("register", State.DRAFT, row.received_at, "received_at")]
    if state not in UNSUBMITTED:
        steps.append(Planned("submit", State.PENDING_REVIEW, row.received_at, "received_at"))
    for column, step, to in (("dispatched_at", "dispatch", State.PENDING_SIGN), ("signed_at", "sign", State.IN_PROGRESS),
                             ("replied_at", "reply", State.PENDING_CHECK)):
        if column in times and state not in UNSUBMITTED:
            steps.append(Planned(step, to, times[column], column))
    if state in ENDS:
        steps.append(Planned(ENDS[state], state, times.get("closed_at") or times.get("replied_at") or steps[-1].at, "closed_at"))
    if row.first_contact_at and state not in UNSUBMITTED:
        _insert_contact(steps, row.first_contact_at)
    return [*steps[:-1], _leading_to(steps, state)]


def _check_state(row: Brought, state: State) -> None:
    if state is State.START:
        raise BadRow("state", "状态“未登记”不是工单的状态")
    if state.is_open and row.closed_at:
        raise BadRow("state", f"状态是“{state.label}”，却有办结时间；请改正状态，或去掉办结时间")
    if state in HAS_LEAD and not row.unit:
        raise BadRow("unit", f"状态是“{state.label}”，须写明承办单位")


def _check_due(row: Brought) -> None:
    since = row.dispatched_at or row.received_at
    if row.due_at and row.due_at <= since:
        raise BadRow("due_at", f"办理时限（{row.due_at:%Y-%m-%d %H:%M}）不晚于派单或受理时间")
    if row.due_at and row.due_at - since > LONGEST_LIMIT:
        raise BadRow("due_at", f"办理时限（{row.due_at:%Y-%m-%d %H:%M}）比派单或受理晚了十年以上，请核对")


def _ordered(row: Brought) -> dict[str, datetime]:
    """Column -> time along the order; what lies up to a minute too early is moved to the one before."""
    times: dict[str, datetime] = {}
    before, label = row.received_at, "受理时间"
    for column, name in _CHAIN:
        at = getattr(row, column)
        if at is None:
            continue
        if at < before - CLOSE_ENOUGH:
            raise BadRow(column, f"{name}（{at:%Y-%m-%d %H:%M}）早于{label}（{before.astimezone(at.tzinfo):%Y-%m-%d %H:%M}）")
        times[column] = max(at, before)
        before, label = times[column], name
    return times


def _insert_contact(steps: list[Planned], at: datetime) -> None:
    """The first contact stands where its time puts it; the state does not move with it."""
    first, ended = steps[0].at, steps[-1].to in ENDS
    if at < first - CLOSE_ENOUGH:
        raise BadRow("first_contact_at", f"首次联系时间（{at:%Y-%m-%d %H:%M}）早于受理时间")
    if ended and at > steps[-1].at + CLOSE_ENOUGH:
        raise BadRow("first_contact_at", f"首次联系时间（{at:%Y-%m-%d %H:%M}）晚于办结时间")
    at = max(at, first)
    place = next((n for n, s in enumerate(steps) if n > 1 and s.at > at), len(steps) - 1 if ended else len(steps))
    before = steps[max(place, 1) - 1].at
    at = min(max(at, before), steps[-1].at) if ended else max(at, before)
    steps.insert(max(place, 1), Planned("contact", None, at, "first_contact_at"))


def _leading_to(steps: list[Planned], state: State) -> Planned:
    last = steps[-1]
    return Planned(last.step, state, last.at, last.column)
