"""What the rules may know, read: desks and notices beside periods, the period and desk of a commitment, the case it is made on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.kit.stepped_rows import StepRow
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import Commitment, Desk, DeskCall, Period, Published, Scheme
from minsheng.leader_days.rules import reminding
from minsheng.leader_days.rules.checks import CaseSeen
from minsheng.leader_days.rules.facts import CommitmentFacts, DeskFacts, PeriodFacts, SchemeFacts
from minsheng.leader_days.rules.meetings import SETTLED
from minsheng.leader_days.rules.signups import SignupState
from minsheng.leader_days.rules.states import ENDS, CommitmentState, PeriodState, SchemeState
from minsheng.org import queries as org


def of_scheme(scheme: Scheme) -> SchemeFacts:
    return SchemeFacts(SchemeState(scheme.state), tuple(scheme.drafters))


def furnish(periods: Iterable[Period]) -> None:
    """Desks and notices of periods, put on each: two statements."""
    periods = list(periods)
    ids = [period.id for period in periods]
    for name, rows in (("seats", Desk.objects.select_related("unit").annotate(is_led=people.holds(Role.LEADER, "leader_id"))), ("published", Published.objects.all())):
        found: dict[int, list] = {}
        for row in rows.filter(period_id__in=ids).order_by("id"):
            found.setdefault(row.period_id, []).append(row)
        for period in periods:
            setattr(period, name, found.get(period.id, []))


def desk_facts(desk: Desk) -> DeskFacts:
    return DeskFacts(desk.id, desk.unit_id, desk.leader_id, desk.starts, desk.ends)


_TALKING = DeskCall.objects.filter(desk__period=OuterRef("id"), ended_at=None)
WITHOUT_END = {  # of a period: commitments, meetings and sign-ups that have no end yet; is somebody being talked to?
    "promised": Count("commitments", filter=~Q(commitments__state__in=ENDS), distinct=True),
    "met": Count("meetings", filter=~Q(meetings__state__in=SETTLED), distinct=True),
    "handed_in": Count("signups", filter=Q(signups__state__in=(SignupState.WAITING, SignupState.TAKEN)), distinct=True),
    "talking": Exists(_TALKING),
}


def of_period(period: Period, at: datetime, scheme_issued: bool | None = None, waiting: tuple[int, int, int, bool] | None = None) -> PeriodFacts:
    """`period` is furnished. `waiting`: WITHOUT_END, where it was read already or concerns nobody."""
    if scheme_issued is None:
        scheme_issued = Scheme.objects.filter(id=period.scheme_id, state=SchemeState.ISSUED).exists()
    if waiting is None:
        waiting = Period.objects.annotate(**WITHOUT_END).filter(id=period.id).values_list(*WITHOUT_END).first() or NONE_WAIT
    promised, met, handed_in, talking = waiting
    desks = tuple(desk_facts(desk) for desk in period.seats if desk.removed_at is None)
    return PeriodFacts(period.id, PeriodState(period.state), at, tuple(period.drafters), desks, scheme_issued, promised, met, handed_in, talking,
                       _absent(period, at))


def _absent(period: Period, at: datetime) -> frozenset[int]:
    """A desk that is being added has just been checked."""
    coming = [desk for desk in period.seats if desk.removed_at is None and desk.ends > at]
    return frozenset(desk.id for desk in coming if not getattr(desk, "is_led", True)) if period.state in (PeriodState.DRAFT, PeriodState.ANNOUNCED) else frozenset()


NONE_WAIT = (0, 0, 0, False)


def of_commitment(one: Commitment, period: Period, at: datetime, case: Case | None) -> CommitmentFacts:
    """`period` is furnished; `case` None: it is gone."""
    tree = org.tree()
    known = of_period(period, at, scheme_issued=True, waiting=NONE_WAIT)
    owner = one.owner_unit_id or 0
    return CommitmentFacts(
        one.id, CommitmentState(one.state), clocks.local_day(at), known, next((d for d in known.desks if d.id == one.desk_id), None), owner,
        tree.path(owner), tree.line(owner) if owner in tree.by_id else frozenset(), one.due, one.done_on, one.waiting, one.asked_by,
        one.asked_due is None or clocks.city_calendar().day(one.asked_due).works, one.drafted_by, case is None or case.restricted or case.sealed,
        reminding.reached(clocks.local_day(at), one.due, one.made_on, clocks.city_calendar()) if one.due else "", told_of(one))


def told_of(one: Commitment) -> str:
    """The last stage that the clock said of the date that holds now."""
    return one.told_stage if one.told_due == one.due else ""


def case_seen(case_id: int, period_id: int, desk: Desk | None, by: Actor) -> CaseSeen | None:
    """The case of a period that a commitment is to be made on: one that its maker may see, or that was taken at their own desk. What is
    restricted, or complains of their unit, is only for those who see it."""
    case = Case.objects.filter(id=case_id, period_id=period_id).first()
    if case is None:
        return None
    own_desk = desk is not None and case.marks.desk == desk.id and not case.restricted and not case.complained_line
    if not own_desk and not cases.visible(by).filter(id=case_id).exists():
        return None
    return CaseSeen(period_id, case.marks.desk, clocks.local_day(case.received_at))


def had_a_hand(rows: type[StepRow], subject_id: int, by: Actor, steps: tuple[str, ...], since: str = "") -> bool:
    """Did this person take one of these steps, after the last step `since`? Who drafted last is not the only one who drafted. Two statements."""
    of = rows._default_manager.filter(subject_id=subject_id)
    last = of.filter(step=since).aggregate(seq=Max("seq"))["seq"] if since else None
    return of.filter(step__in=steps, by_id=by.id, seq__gt=last or 0).exists()


def case_of(one: Commitment) -> Case | None:
    return Case.objects.filter(id=one.case_id).first()


def handling_units() -> frozenset[int]:
    return frozenset(u.id for u in org.tree().by_id.values() if u.active and u.kind.handles)


def desk(desk_id: int) -> Desk:
    """A desk that was not removed. Refused: there is none."""
    found = Desk.objects.select_related("period").filter(id=desk_id, removed_at=None).first()
    if found is None:
        raise Refused(no("hidden", "没有这个接听席，或它已取消", "desk"))
    return found
