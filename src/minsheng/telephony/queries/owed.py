"""Call-backs as pages list them: what waits, what is in the reader's hand, what became of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.ledger.models import Entry
from minsheng.telephony.models import Call, Callback, CallbackTry
from minsheng.telephony.queries import numbers
from minsheng.telephony.queries.link import ENDLESS
from minsheng.telephony.queries.lists import local
from minsheng.telephony.rules import callbacks as rules
from minsheng.telephony.rules.words import CallbackReason, CallbackState, Direction, TryResult

STATES = {"open": "待回拨", "done": "已回拨", "called_again": "已再次来电", "given_up": "多次未接通"}
RESULTS = [(r.value, r.label) for r in (TryResult.REACHED, TryResult.NO_ANSWER, TryResult.BUSY, TryResult.WRONG, TryResult.DROPPED)]


@dataclass
class Row:
    one: Callback
    number: str
    reason: str
    state: str
    who: str
    tries: list[CallbackTry]
    due: bool
    late: bool


def read_state(given: Mapping[str, str]) -> str:
    form = Fields(given)
    state = form.read("state", read_values.choice, list(STATES.items()), label="状态", default="open")
    form.done()
    return state


def listed(state: str, after: str = "", size: int = 50) -> Page:
    """Those that wait: the earliest due first; the others the newest first. Three statements."""
    if state == "open":
        rows, order = Callback.objects.filter(state__in=[CallbackState.WAITING.value, CallbackState.LEASED.value]), ("due_at", "id")
    else:
        rows, order = Callback.objects.filter(state=state), ("-made_at", "-id")
    page = keyset(rows, order, after, size)
    return Page(_shown(page.rows), page.next)


def in_hand(by: Actor) -> Row | None:
    """Three statements at most."""
    return next(iter(_shown(list(Callback.objects.filter(leased_by=by.id, state=CallbackState.LEASED.value)))), None)


def on_the_line() -> QuerySet[Call]:
    """Calls of a call-back's own number that come in and go on: a condition on Callback."""
    return Call.objects.filter(number_hash=OuterRef("number_hash"), direction=Direction.IN.value, ended_at=None, arrived_at__gt=clock.now() - ENDLESS)


def was_shown(row: Callback, by: Actor) -> bool:
    """Whether the person has looked at its number since they took it. One statement."""
    since = row.tries.filter(attempt=row.attempts).values("at")[:1]
    return Entry.objects.filter(kind="reveal", about=f"callback:{row.pk}", by_id=by.id, at__gte=since).exists()


@dataclass(frozen=True, slots=True)
class Told:
    """What the exchange says of the newest attempt: a word, whether it is over, and when the next one may be rung."""

    words: str
    over: bool
    due: datetime | None = None


def told(callback_id: int, by: Actor) -> Told | None:
    """None: not this person's attempt. Three statements at most."""
    row = Callback.objects.filter(pk=callback_id).first()
    last = row.tries.order_by("-attempt").first() if row is not None else None
    if row is None or last is None or last.by_id != by.id:
        return None
    if last.result:
        return Told(last.get_result_display(), True, local(row.due_at) if row.state == CallbackState.WAITING else None)
    call = Call.objects.filter(linkedid=f"cb-{row.pk}-{row.attempts}").first()
    if call is None:
        return Told("", False)
    return Told("通话已结束，正在记下" if call.ended_at else "通话中" if call.connected_at else "正在呼叫", False)


def counts() -> dict[str, int]:
    """Of what waits: all, and what may be rung now. One statement."""
    now = clock.now()
    waiting = list(Callback.objects.filter(state__in=[CallbackState.WAITING.value, CallbackState.LEASED.value]).values_list("due_at", flat=True)[:10_000])
    return {"open": len(waiting), "due": sum(at <= now for at in waiting)}


def _shown(rows: list[Callback]) -> list[Row]:
    now = clock.now()
    names = people.names([row.leased_by for row in rows if row.leased_by])
    tries: dict[int, list[CallbackTry]] = {}
    for one in CallbackTry.objects.filter(callback__in=[row.pk for row in rows]).exclude(result="").order_by("at"):
        tries.setdefault(one.callback_id, []).append(one)
    return [Row(row, numbers.masked(row), CallbackReason(row.reason).label, CallbackState(row.state).label, names.get(row.leased_by or 0, ""),
                tries.get(row.pk, []), row.due_at <= now and row.state == CallbackState.WAITING,
                row.promised_at is not None and row.promised_at < now and not row.attempts) for row in rows]


def quiet_now() -> bool:
    return rules.quiet(local(clock.now()))
