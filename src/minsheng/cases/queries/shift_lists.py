"""What a shift leader must not miss: urgent orders nobody has signed, urgent matters that wait at night, what the shift has done today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db.models import Count, Q, Value

from minsheng.accounts import queries as people
from minsheng.accounts.rules import UNIT, Actor, Role
from minsheng.cases import queries
from minsheng.cases.models import CallNote, Case, CaseStep
from minsheng.cases.queries import case_page, dangers, dispatch_lists, lists, marked, words
from minsheng.cases.rules import OPEN, Ground, State
from minsheng.cases.rules.danger import Reading
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.ids import floor_id
from minsheng.kit.steps import verdict
from minsheng.kit.verdict import Verdict
from minsheng.org import queries as org
from minsheng.org.models import Duty

RINGS = ("ring_duty", "ring_unit", "wake_shift")


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
    """Urgent orders that no unit has signed yet, and any whose duty list was rung through, the earliest limit first.
    Three statements, one when there are none."""
    rows = queries.visible(by).filter(Q(urgent=True) | marked.WOKEN, state=State.PENDING_SIGN, closed_at=None)
    cases = list(rows.select_related("category", "lead").order_by("sign_due_at", "id")[:size])
    if not cases:
        return []
    duty = org.on_duty_many([c.lead_id for c in cases if c.lead_id], clock.now())
    rung = _rung({c.id: c for c in cases})
    return [Unsigned(c, *case_page.band_of(c), duty.get(c.lead_id or 0, []), rung.get(c.id, [])) for c in cases]


def _rung(cases: dict[int, Case]) -> dict[int, list[tuple[datetime, str, str]]]:
    found: dict[int, list[tuple[datetime, str, str]]] = {}
    steps = CaseStep.objects.filter(case_id__in=cases, id__gte=min(cases), step__in=RINGS).select_related("text").order_by("-seq")
    for row in steps:
        whom = words.of_step(row, cases[row.case_id], words.FULL).get("duty_name") or row.given.get("duty_name", "")
        whom = whom or ("值班长" if row.step == "wake_shift" else "")
        found.setdefault(row.case_id, []).append((row.at, whom, row.by_name))
    return found


@dataclass(frozen=True)
class Waiting:
    """A matter that nobody has dispatched. `danger`: what its words say; `may`: may the reader send it now, or why not."""

    case: Case
    clock: tuple[str, str, str]
    danger: Reading
    may: Verdict
    matter: str = ""  # the code that the form begins with: the case's own, else the danger's
    lead: str = ""  # whom the form begins with


def urgent_waiting(by: Actor, size: int = 50) -> list[Waiting]:
    """Urgent matters that nobody has dispatched, the oldest limit first. One statement, one more where any is restricted."""
    rows = queries.visible(by).filter(urgent=True, state=State.PENDING_REVIEW, closed_at=None)
    found = list(rows.select_related("category", "district").order_by("due_at", "id")[:size])
    beside = queries.beside(found)
    return [_waiting(case, by, beside) for case in found]


def _waiting(case: Case, by: Actor, beside: queries.Beside) -> Waiting:
    said, step = dangers.of_codes(case.marks.danger), PROCEDURE["night_dispatch"]
    facts = queries.facts_of(case, beside=beside)
    code = facts.category or said.category
    return Waiting(case, case_page.band_of(case), said, verdict(step, replace(facts, category=code or "?"), by), code)


def online_waiting(by: Actor, size: int = 10) -> list[Case]:
    """What came in without a person and is not urgent, the latest first: at night nobody else looks at it. One statement."""
    rows = queries.visible(by).filter(state=State.PENDING_REVIEW, closed_at=None, urgent=False, agent_id=0, imported=False)
    return list(rows.order_by("-id")[:size])


@dataclass(frozen=True)
class Shut:
    """A case that restricted itself and waits for a person: its ground and by when; or one that nobody of its readers can take on."""

    case: Case
    ground: str
    due: datetime | None
    late: bool = False


def unconfirmed(by: Actor, size: int = 50) -> list[Shut]:
    """Restrictions that set themselves, the oldest first (rulings, 31). One statement."""
    rows = queries.visible(by).filter(marked.UNCONFIRMED, restricted=True).order_by("id")[:size]
    return [_shut(case) for case in rows]


def _shut(case: Case) -> Shut:
    due = case.marks.unconfirmed
    return Shut(case, Ground(case.marks.ground or Ground.OTHER).label, due, bool(due and due < clock.now()))


_NEXT = {"dispatcher": Role.DISPATCHER, "return_reviewer": Role.RETURN_REVIEWER, "checker": Role.CHECKER, "callback_clerk": Role.CALLBACK_CLERK}


def stuck(by: Actor, size: int = 50) -> list[Shut]:
    """Restricted cases that none of their readers can take a step further: somebody has to be named. Three statements, one where none is
    restricted."""
    cases = list(queries.visible(by).filter(restricted=True, closed_at=None, state__in=[s.value for s in OPEN]).order_by("id")[:size])
    if not cases:
        return []
    beside = queries.beside(cases)
    roles = people.roles_among({p for persons in beside.readers.values() for p in persons})
    return [_shut(case) for case in cases if not _can_go_on(case, beside, roles)]


def _can_go_on(case: Case, beside: queries.Beside, roles: Mapping[int, frozenset[Role]]) -> bool:
    """At night the shift leader sends what is urgent; by day a dispatcher has to be among the readers."""
    held = frozenset().union(*(roles.get(p, frozenset()) for p in beside.readers.get(case.id, ())))
    holder = State(case.state).held_by
    if holder == "unit":
        return bool(held & UNIT)
    if holder == "dispatcher" and Role.SHIFT_LEADER in held and case.urgent and not queries.facts_of(case, beside=beside).is_office_time:
        return True
    return _NEXT.get(holder, Role.SHIFT_LEADER) in held


def alarms(by: Actor, size: int = 50) -> list[tuple[Case, Reading]]:
    """Cases in whose later words danger stands, and nobody has looked yet. One statement."""
    rows = queries.visible(by).filter(marked.ALARM).select_related("lead").order_by("id")[:size]
    return [(case, dangers.of_codes(case.marks.danger)) for case in rows]


@dataclass(frozen=True)
class Counts:
    """How much lies on the shift leader's desk, by kind."""

    waiting: int = 0  # urgent and not sent
    woken: int = 0  # unsigned and rung through
    unconfirmed: int = 0
    alarms: int = 0
    shut: int = 0  # restricted and open
    night: int = 0  # sent at night and not reviewed
    half: int = 0  # drafts in the case table

    @property
    def pulse(self) -> str:
        """What burns, as figures: a page that sees one of them grow makes a sound."""
        return f"{self.waiting}-{self.woken}-{self.unconfirmed}-{self.alarms}"


def counts(by: Actor) -> Counts:
    """One statement, each part by its own index."""
    parts = (
        Q(urgent=True, state=State.PENDING_REVIEW, closed_at=None), Q(state=State.PENDING_SIGN, closed_at=None) & marked.WOKEN,
        Q(restricted=True) & marked.UNCONFIRMED, marked.ALARM,
        Q(restricted=True, closed_at=None, state__in=[s.value for s in OPEN]), dispatch_lists.of_pile(dispatch_lists.Pile.NIGHT), _HALF,
    )
    rows = [queries.visible(by).filter(part).values(part=Value(n)).annotate(n=Count("id")) for n, part in enumerate(parts)]
    found = {row["part"]: row["n"] for row in rows[0].union(*rows[1:], all=True)}
    return Counts(*(found.get(n, 0) for n in range(len(parts))))


_HALF = Q(state=State.DRAFT, closed_at=None, imported=False)


def half_done(by: Actor, size: int = 50) -> list[Case]:
    """Drafts that lie in the case table: sent back for more or begun and left, the oldest first. One statement."""
    rows = queries.visible(by).filter(_HALF)
    return list(rows.order_by("id")[:size])


def today(by: Actor) -> dict[int, Today]:
    """Agent -> what was registered, answered at once and noted since midnight. One statement."""
    start = lists.day_start(clock.now().astimezone(lists.day_start(clock.now().date()).tzinfo).date())
    since = queries.visible(by).filter(id__gte=floor_id(start), agent_id__gt=0, imported=False)
    made = since.values_list("agent_id").annotate(n=Count("id"), at_once=Count("id", filter=Q(state=State.DIRECT_ANSWERED)), notes=Value(0))
    noted = CallNote.objects.filter(at__gte=start).values_list("agent_id").annotate(n=Value(0), at_once=Value(0), notes=Count("id"))
    found: dict[int, Today] = {}
    for agent, *figures in made.order_by().union(noted.order_by(), all=True):
        there = found.get(agent, Today())
        found[agent] = Today(*(a + b for a, b in zip((there.cases, there.answered, there.notes), figures, strict=True)))
    return found


def stopped(hours: int = 24) -> list[CallNote]:
    """Calls that were stopped for a state secret, or that harassed: the leader hears of them by phone and sees that they were noted."""
    since = clock.now() - timedelta(hours=hours)
    return list(CallNote.objects.filter(at__gte=since, kind__in=["secret", "harassing"]).order_by("-at")[:20])
