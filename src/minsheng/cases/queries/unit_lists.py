"""What lies on a unit's desk: own orders and those below, tasks, what waits for a signature, what falls due.

Every list is within `visible_to` and asks the tree for the subtree: a bureau's head sees the sections' work, marked as theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.queries import lists, marked
from minsheng.cases.rules import State, TaskKind, TaskState
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.kit.paging import Page, keyset
from minsheng.org import queries as org

DOING = (State.IN_PROGRESS, State.PARKED)


def _open(by: Actor) -> QuerySet[Case]:
    """Open orders led by the actor's unit or one below it."""
    mine = org.tree().subtree(by.unit) if by.unit else []
    return queries.visible_led(by, list(mine)).filter(closed_at=None, due_at__isnull=False)


@planned_once()
def _page(rows: QuerySet[Case], after: str, size: int) -> Page:
    return keyset(rows, ("due_at", "id"), after, size, read=_shown)


def _shown(rows: QuerySet[Case]) -> QuerySet[Case]:
    return lists.shown(rows, "marks")


def open_of(unit_id: int) -> int:
    """How many orders of that very unit are open: a figure for administrators, who see no case."""
    return Case.objects.filter(lead_id=unit_id, closed_at=None).count()


def in_states(by: Actor, *states: State, after: str = "", size: int = lists.PAGE) -> Page:
    return _page(_open(by).filter(state__in=[s.value for s in states]), after, size)


def to_do(by: Actor, after: str = "", size: int = lists.PAGE) -> Page:
    """Everything that the unit still has to act on, by its due time: to sign, in hand and running. What is drafted waits for the head."""
    running = Q(state=State.PENDING_SIGN) | Q(state=State.IN_PROGRESS) & ~marked.DRAFTED
    return _page(_open(by).filter(running, paused=False), after, size)


@planned_once()
def tasks_to_do(by: Actor, size: int = lists.PAGE) -> list[CaseTask]:
    """Tasks of the actor's own unit that it still has to sign or answer, the earliest first. One statement."""
    working = [TaskState.PENDING_SIGN.value, TaskState.IN_PROGRESS.value]
    rows = queries.with_visible(CaseTask.objects.filter(unit=by.unit, state__in=working, due_at__isnull=False), by)
    return list(rows.only(*lists.OF_TASK).order_by("due_at", "id")[:size]) if by.unit else []


def _drafted() -> Q:
    return Q(state=State.IN_PROGRESS) & marked.DRAFTED


def to_sign_off(by: Actor, after: str = "", size: int = lists.PAGE) -> Page:
    """Replies drafted in the actor's own unit that wait for its head."""
    return _page(_open(by).filter(_drafted(), lead=by.unit), after, size)


def end_of_tomorrow(now: datetime | None = None) -> datetime:
    """Midnight after the next local day: what is due before it is or will be late tomorrow."""
    local = (now or clock.now()).astimezone(clocks.city_calendar().zone)
    return lists.day_start(local.date() + timedelta(days=2))


def _soon() -> Q:
    with_unit = [s.value for s in (State.PENDING_SIGN, State.IN_PROGRESS)]
    return Q(state__in=with_unit, paused=False, due_at__lt=end_of_tomorrow())


def soon(by: Actor, after: str = "", size: int = lists.PAGE) -> Page:
    """Late already, or late when tomorrow ends."""
    return _page(_open(by).filter(_soon()), after, size)


@planned_once()
def to_accept(by: Actor) -> list[CaseTask]:
    """Answers to tasks that the actor's unit gave, or that its co-units owe it, waiting for its judgement. One statement."""
    given = Q(given_by_unit=by.unit) & ~Q(kind=TaskKind.CO) | Q(kind=TaskKind.CO, case__lead=by.unit)
    rows = queries.with_visible(CaseTask.objects.filter(given, state=TaskState.REPLIED), by)
    return list(rows.only(*lists.OF_TASK).order_by("due_at", "id")[:lists.PAGE]) if by.unit else []


@dataclass(frozen=True)
class Badges:
    """How much lies under each tab. `today`: what the unit has to act on."""

    today: int = 0
    sign: int = 0
    doing: int = 0
    tasks: int = 0
    approve: int = 0
    soon: int = 0
    late: int = 0


@planned_once()
def badges(by: Actor) -> Badges:
    """Two statements."""
    return Badges(**lists.tasks_of_own(by).aggregate(tasks=Count("case__number")), **{**_counted(by), **({} if Role.UNIT_APPROVER in by.roles else {"approve": 0})})


def _counted(by: Actor) -> dict[str, int]:
    return _open(by).aggregate(
        today=Count("id", filter=Q(paused=False) & (Q(state=State.PENDING_SIGN) | Q(state=State.IN_PROGRESS) & ~marked.DRAFTED)),
        sign=Count("id", filter=Q(state=State.PENDING_SIGN)), doing=Count("id", filter=Q(state__in=[s.value for s in DOING])),
        approve=Count("id", filter=_drafted() & Q(lead=by.unit)), soon=Count("id", filter=_soon()),
        late=Count("id", filter=_soon() & Q(due_at__lt=clock.now())))
