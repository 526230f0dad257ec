"""What a shift leader must not miss: urgent orders nobody has signed, urgent matters that wait at night, what the shift has done today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.models import CallNote, Case, CaseStep
from minsheng.cases.queries import case_page, lists, words
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.ids import floor_id
from minsheng.kit.steps import verdict
from minsheng.kit.verdict import Verdict
from minsheng.org import queries as org
from minsheng.org.models import Duty

RINGS = ("ring_duty", "ring_unit")


@dataclass(frozen=True)
class Unsigned:
    """An urgent order that no unit has signed: how long is left, whom to ring, who was rung."""

    case: Case
    band: str
    left: str
    due: str
    duty: list[Duty]
    rung: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, whom, by


@dataclass(frozen=True)
class Today:
    """One agent's day in four numbers."""

    cases: int = 0
    answered: int = 0
    notes: int = 0


def unsigned_urgent(by: Actor, size: int = 50) -> list[Unsigned]:
    """Urgent orders that no unit has signed yet, the earliest limit first. Three statements, one when there are none."""
    rows = queries.visible(by).filter(urgent=True, state=State.PENDING_SIGN, closed_at=None)
    cases = list(rows.select_related("category", "lead").order_by("sign_due_at", "id")[:size])
    if not cases:
        return []
    duty = org.on_duty_many([c.lead_id for c in cases if c.lead_id], clock.now())
    rung = _rung({c.id: c for c in cases})
    return [Unsigned(c, *case_page.band_of(c), duty.get(c.lead_id, []), rung.get(c.id, [])) for c in cases]


def _rung(cases: dict[int, Case]) -> dict[int, list[tuple[datetime, str, str]]]:
    found: dict[int, list[tuple[datetime, str, str]]] = {}
    steps = CaseStep.objects.filter(case_id__in=cases, id__gte=min(cases), step__in=RINGS).select_related("text").order_by("-seq")
    for row in steps:
        whom = words.of_step(row, cases[row.case_id], words.FULL).get("duty_name") or row.given.get("duty_name", "")
        found.setdefault(row.case_id, []).append((row.at, whom, row.by_name))
    return found


def urgent_waiting(by: Actor, size: int = 50) -> list[tuple[Case, tuple[str, str, str], Verdict]]:
    """Urgent matters that nobody has dispatched, the oldest limit first, with: may the reader send it now, or why not. One statement."""
    rows = queries.visible(by).filter(urgent=True, state=State.PENDING_REVIEW, closed_at=None)
    step = PROCEDURE["night_dispatch"]
    found = rows.select_related("category", "district").order_by("due_at", "id")[:size]
    return [(case, case_page.band_of(case), verdict(step, queries.facts_of(case), by)) for case in found]


def half_done(by: Actor, size: int = 50) -> list[Case]:
    """Drafts that lie in the case table: sent back for more or begun and left, the oldest first. One statement."""
    rows = queries.visible(by).filter(state=State.DRAFT, closed_at=None, imported=False)
    return list(rows.order_by("id")[:size])


def today(by: Actor) -> dict[int, Today]:
    """Agent -> what was registered, answered at once and noted since midnight. Two statements."""
    start = lists.day_start(clock.now().astimezone(lists.day_start(clock.now().date()).tzinfo).date())
    since = queries.visible(by).filter(id__gte=floor_id(start), agent_id__gt=0, imported=False)
    made = since.values_list("agent_id").annotate(n=Count("id"), at_once=Count("id", filter=Q(state=State.DIRECT_ANSWERED))).order_by()
    noted = dict(CallNote.objects.filter(at__gte=start).values_list("agent_id").annotate(n=Count("id")).order_by())
    found = {agent: Today(n, at_once, noted.pop(agent, 0)) for agent, n, at_once in made}
    return found | {agent: Today(notes=n) for agent, n in noted.items()}


def stopped(hours: int = 24) -> list[CallNote]:
    """Calls that were stopped for a state secret, or that harassed: the leader hears of them by phone and sees that they were noted."""
    since = clock.now() - timedelta(hours=hours)
    return list(CallNote.objects.filter(at__gte=since, kind__in=["secret", "harassing"]).order_by("-at")[:20])
