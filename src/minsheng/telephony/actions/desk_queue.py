"""The queue of a leader's desk: it is there while somebody beside the leader answers it, whose telephone is in no other queue then."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from django.db import transaction
from django.db.models import Exists, OuterRef

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import clock
from minsheng.kit.verdict import Refused, no
from minsheng.telephony.actions import exchange
from minsheng.telephony.models import AgentState, DeskQueue
from minsheng.telephony.rules.words import Presence

_STAY = frozenset({Presence.READY, Presence.PAUSED, Presence.WRAP_UP})
_AWAY = frozenset({Presence.OUT, Presence.LOST})


def queues_of(person_id: int, languages: Iterable[str]) -> tuple[str, ...]:
    """Which queues ring this person: the desk's where they sit, else those of their languages."""
    desk = DeskQueue.objects.filter(person_id=person_id).values_list("desk_id", flat=True).first()
    return tuple(f"q-{language}" for language in languages) if desk is None else (f"q-desk-{desk}",)


@transaction.atomic
def answer(*, by: Actor, desk_id: int, languages: Iterable[str] = ("zh",)) -> None:
    """What comes into this desk's queue rings at this person. Who may sit at the desk has been asked by the caller (`leader_days`).
    Refused for who has no telephone, who talks, and where no exchange answers."""
    if Role.AGENT not in by.roles:
        raise Refused(no("role", "接听席的来电由席旁的话务员接"))
    _may_change(by.id)
    DeskQueue.objects.update_or_create(person_id=by.id, defaults={"desk_id": desk_id, "languages": list(languages), "since": clock.now()})
    _draw()
    _enter(by.id, queues_of(by.id, ()))


@transaction.atomic
def leave(*, by: Actor) -> bool:
    """Back into the queues of their languages. Whether they were in a desk's. Refused while they talk."""
    row = DeskQueue.objects.select_for_update().filter(person_id=by.id).first()
    if row is None:
        return False
    _may_change(by.id)
    _out_of(row)
    return True


def sign_out(person_id: int) -> None:
    """Who has left their telephone answers no desk any more."""
    if DeskQueue.objects.filter(person_id=person_id).delete()[0]:
        with suppress(Refused):  # who leaves has left, whether the exchange hears of it or not
            _draw()


def draw_for(person_id: int) -> None:
    """After the telephone of who answers a desk fell silent, or is back: nobody waits at a desk where nobody is. Refused where no exchange answers."""
    if DeskQueue.objects.filter(person_id=person_id).exists():
        _draw()


def close(*, but: frozenset[int]) -> int:
    """All desks' queues but these end; whose telephone was in one is in those of their languages again. How many. Whoever talks is left to the
    next time, and so is everybody while no exchange answers: it would go on to ring them there."""
    done = 0
    for person_id in list(DeskQueue.objects.exclude(desk_id__in=but).order_by("person_id").values_list("person_id", flat=True)):
        with suppress(Refused):
            done += _closed(person_id, but)
    return done


@transaction.atomic
def _closed(person_id: int, but: frozenset[int]) -> bool:
    row = DeskQueue.objects.select_for_update().filter(person_id=person_id).exclude(desk_id__in=but).first()
    if row is None:
        return False
    _may_change(person_id)
    _out_of(row)
    return True


def _out_of(row: DeskQueue) -> None:
    person, languages = row.person_id, row.languages  # a row that is deleted forgets whose it was
    row.delete()
    _enter(person, tuple(f"q-{language}" for language in languages))
    _draw()


def _state(person_id: int) -> Presence:
    found = AgentState.objects.filter(person_id=person_id, until=None).values_list("state", flat=True).first()
    return Presence(found) if found else Presence.OUT


def _may_change(person_id: int) -> None:
    if _state(person_id) not in _STAY | _AWAY:
        raise Refused(no("talking", "请先结束现在的通话"))


def _enter(person_id: int, queues: tuple[str, ...]) -> None:
    """Where they stand stays as it is; who is not signed in comes into them when they sign in."""
    row = AgentState.objects.filter(person_id=person_id, until=None).first()
    if row is not None and (state := Presence(row.state)) in _STAY:
        exchange.stands(person_id, state, row.reason, queues)


def _draw() -> None:
    """Those of whose people one is not lost: who has not signed in yet may do so at any moment."""
    lost = AgentState.objects.filter(person_id=OuterRef("person_id"), until=None, state=Presence.LOST.value)
    ids = tuple(sorted(set(DeskQueue.objects.filter(~Exists(lost)).values_list("desk_id", flat=True))))
    exchange.ask(lambda there: there.desks(ids))
