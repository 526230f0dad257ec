"""Sign-ups before a period: who sees which, what the rules may know of one, the list, one's page, and what its sender reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.rules import Kind as CaseKind
from minsheng.contacts import queries as contacts
from minsheng.kit import clock, subject_page
from minsheng.kit.notices import Kind
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.leader_days.models import Period, Signup, SignupStep, SignupWords
from minsheng.leader_days.queries import facts, pages
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.signups import SIGNUP, SignupFacts, SignupState
from minsheng.leader_days.rules.states import PeriodState

SCREENS, RINGS = frozenset({Role.COORDINATOR}), frozenset({Role.AGENT, Role.SHIFT_LEADER})
READERS = SCREENS | RINGS
SHOWN_FOR = timedelta(minutes=30)  # the number, to whoever dials
_AT_DESK = (SignupState.TAKEN, SignupState.CALLED)


def seen_by(by: Actor) -> QuerySet[Signup]:
    """All for who screens them, those that were taken for who rings back; of one that became a case, only while the case may be seen."""
    if Role.CLOCK in by.roles:
        return Signup.objects.all()
    if not by.roles & READERS:
        return Signup.objects.none()
    rows = Signup.objects.all() if by.roles & SCREENS else Signup.objects.filter(state__in=_AT_DESK)
    plain = Q(restricted=False, complained_line__isnull=True)
    return rows.filter(Q(case_id=None) | Exists(Case.objects.filter(plain | cases.visible_to(by), id=OuterRef("case_id"))))


def _hears(by: Actor, ids: list[int]) -> set[int]:
    return set(seen_by(by).filter(id__in=ids).values_list("id", flat=True))


HEARD = Kind("signup", _hears)


def furnish(rows: Iterable[Signup]) -> None:
    """The period of each with its desks, and whether a number was left: four statements."""
    rows = list(rows)
    periods = {one.id: one for one in Period.objects.select_related("scheme").filter(id__in={one.period_id for one in rows})}
    facts.furnish(periods.values())
    reached = contacts.masked_many([one.contact_id for one in rows])
    for one in rows:
        one.period = periods[one.period_id]
        one.has_number = bool(one.contact_id in reached and reached[one.contact_id].phone)


def of(one: Signup, at: datetime) -> SignupFacts:
    """`one` is furnished."""
    period = facts.of_period(one.period, at, scheme_issued=True, waiting=facts.NONE_WAIT)
    desk = next((desk for desk in period.desks if desk.id == one.desk_id), None)
    today = desk is not None and clocks.local_day(desk.starts) == clocks.local_day(at)
    return SignupFacts(one.id, SignupState(one.state), at, period, desk, today, CaseKind(one.kind) if one.kind else CaseKind.OTHER,
                       one.has_number, one.dials)


# --- pages of the desk ------------------------------------------------------------------


def listed(by: Actor, state: str = "", after: str = "", size: int = 50) -> Page:
    """The oldest first: whoever signed up first is looked at first. Five statements."""
    rows = seen_by(by).select_related("desk", "desk__unit")
    page = keyset(rows.filter(state=state) if state else rows, ("id",), after, size)
    furnish(page.rows)
    return page


def beside(by: Actor) -> dict[str, Any]:
    """Beside a period that is read: how many wait to be screened, for who screens them."""
    if not by.roles & SCREENS:
        return {"signed_up": Value(0)}
    mine = seen_by(by).filter(period_id=OuterRef("id"), state=SignupState.WAITING).order_by().values("period_id")
    return {"signed_up": Coalesce(Subquery(mine.annotate(n=Count("id")).values("n")), 0)}


def page(signup_id: int, by: Actor) -> SubjectPage:
    """At most eleven statements."""
    found = seen_by(by).select_related("desk", "desk__unit").filter(id=signup_id).first()
    if found is None:
        raise pages.hidden("这份报名")
    furnish([found])
    known = of(found, clock.now())
    found.period.seats = [desk for desk in found.period.seats if desk.removed_at is None and desk.ends > clock.now()]
    case = Case.objects.filter(id=found.case_id).first() if found.case_id else None
    return SubjectPage(found, subject_page.steps(SIGNUP, known, by), subject_page.history(SignupStep, SignupWords, found.id, SIGNUP, FIELDS), {
        "facts": known, "case": case, "who": contacts.masked_many([found.contact_id]).get(found.contact_id or 0), "number": _number(found, by)})


def _number(one: Signup, by: Actor) -> str:
    """In full, for whoever has just taken the step of dialling: the step is the record that they saw it."""
    if one.state != SignupState.TAKEN or not one.contact_id:
        return ""
    last = SignupStep.objects.filter(subject_id=one.id).order_by("-seq").first()
    mine = last is not None and last.step == "dial" and last.by_id == by.id and last.at > clock.now() - SHOWN_FOR
    return contacts.people([one.contact_id]).get(one.contact_id, ("", ""))[1] if mine else ""


# --- what its sender reads ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """`cancelled`: its period was cancelled before anybody answered. `moved`: its period is being arranged anew, or its
    desk was taken away by that. `late`: its desk is over and nobody was reached. `desk_unit`, `starts`: who rings back, from when on."""

    number: str
    state: SignupState
    said: str
    period: Period
    told: str = ""
    desk_unit: str = ""
    starts: datetime | None = None
    dials: int = 0
    late: bool = False
    case_id: int = 0
    case_number: str = ""
    cancelled: bool = False
    moved: bool = False


def told(signup_id: int) -> Told | None:
    one = Signup.objects.select_related("period", "desk", "desk__unit").filter(id=signup_id).first()
    if one is None:
        return None
    case = Case.objects.filter(id=one.case_id).only("id", "number").first() if one.case_id else None
    waits = one.state in (SignupState.WAITING, SignupState.TAKEN)
    moved = waits and (one.period.state == PeriodState.DRAFT or one.desk is not None and one.desk.removed_at is not None)
    late = one.state == SignupState.TAKEN and not moved and one.desk is not None and one.desk.ends < clock.now()
    return Told(one.number, SignupState(one.state), one.said, one.period, one.told, one.desk.unit.name if one.desk else "",
                one.desk.starts if one.desk else None, one.dials, late, case.id if case else 0, case.number if case else "",
                cancelled=one.period.state == PeriodState.CANCELLED and waits, moved=moved)


def open_period(period_id: int) -> Period | None:
    """A period that is announced and whose first desk has not begun: what may be signed up for. One statement."""
    return Period.objects.filter(id=period_id, state=PeriodState.ANNOUNCED, starts__gt=clock.now()).first()
