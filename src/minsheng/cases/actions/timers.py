"""What the clock does to cases: due dates replayed after a holiday announced late, the duty list that rings on (rulings, 4 and 7).

Each deed looks first and takes its step only where something changes, so that every job may be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import groupby

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Subquery
from django.db.models.functions import Greatest
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from minsheng.accounts import queries as people
from minsheng.accounts.models import Person, actor_of
from minsheng.accounts.rules import Actor, Role, clock_actor
from minsheng.calendar import actions as calendar
from minsheng.calendar import queries as calendars
from minsheng.calendar.rules import DayKind, is_office_time
from minsheng.cases import actions, queries, rules
from minsheng.cases.effects import clocks, notifications
from minsheng.cases.models import Case, CaseClock, CaseReader, CaseStep, StepText
from minsheng.cases.rules import SUBMITTED, State
from minsheng.cases.rules.clocks import LABELS, OWED
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.each_alone import Broken, each
from minsheng.kit.verdict import Refused
from minsheng.ledger import actions as ledger
from minsheng.messages import actions as messages
from minsheng.messages import queries as outbox
from minsheng.org import queries as org
from minsheng.org.models import Duty

RING_EVERY = timedelta(minutes=30)
_RINGS = ("ring_duty", "wake_shift")
_BATCH = 500
LOOKED_AT = 20_000  # clocks that a look ahead replays one by one; more are only counted


# --- holidays announced late -------------------------------------------------


@transaction.atomic
def announce(*, day: date, kind: str, why: str, by: Actor, until: date | None = None, issued_on: date | None = None) -> list[date]:
    """Enter a notice for the city's calendar and, in the same transaction, the job that replays open cases. Returns changed dates."""
    changed = calendar.announce_holiday(calendar=settings.CALENDAR, day=day, until=until, kind=kind, why=why, by=by, issued_on=issued_on)
    if changed:
        ask_recompute(f"{changed[0]} 起工作日历变更：{why}")
    return changed


@transaction.atomic
def announce_year(*, year: int, days: list[tuple[date, str, str]], by: Actor, issued_on: date | None = None) -> list[date]:
    """Enter a whole year's notice, with the job that replays open cases. Returns the dates that are another kind, or certain, now."""
    changed = calendar.announce_year(calendar=settings.CALENDAR, year=year, days=days, by=by, issued_on=issued_on)
    if changed:
        ask_recompute(f"{year} 年放假安排公布")
    return changed


def recompute_waits() -> bool:
    """Is a recomputation asked for that has not ended yet?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = 'minsheng.cases.jobs.recompute_open'"
                       " AND status IN ('todo', 'doing'))")
        return cursor.fetchone()[0]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a notice would do, counted before it is entered. `cases`: open cases with a due date that moves; `later`, `sooner`: their
    clocks by direction; `most`: not counted one by one, at most so many clocks."""

    days: list[tuple[date, DayKind, str]]
    cases: int = 0
    later: int = 0
    sooner: int = 0
    most: int = 0


def look_ahead(*, day: date, kind: str, why: str, until: date | None = None) -> Ahead:
    """Replay the running clocks by the calendar as it would be. Nothing is written."""
    cal = clocks.city_calendar()
    days = calendar.new_days(cal, [(on, kind, why) for on in calendar.span(day, until)])
    if not days:
        return Ahead(days)
    touched = _running_after(days[0][0])
    most = touched.count()
    if most > LOOKED_AT:
        return Ahead(days, most=most)
    would, cases, later, sooner = calendars.with_days(settings.CALENDAR, days), set(), 0, 0
    for row in touched.iterator(2000):
        _, due_at = clocks.replay(row, would)
        if due_at != row.due_at:
            cases.add(row.case_id)
            later, sooner = later + (due_at > row.due_at), sooner + (due_at < row.due_at)
    return Ahead(days, len(cases), later, sooner)


def ask_recompute(why: str) -> None:
    """Enqueue the job in the caller's transaction; one that waits already will see this change too."""
    try:
        with transaction.atomic():
            app.configure_task("minsheng.cases.jobs.recompute_open", queueing_lock="cases.recompute").defer(why=why[:120])
    except AlreadyEnqueued:
        return


def running_after(day: date) -> int:
    """How many open clocks end on or after a date: what a notice for that date may move."""
    return _running_after(day).count()


def _running_after(day: date):
    start = datetime.combine(day, datetime.min.time(), clocks.city_calendar().zone)
    return _running().filter(due_at__gte=start)


def _running():
    return CaseClock.objects.filter(met_at=None, void=False, case__state__in=[s.value for s in SUBMITTED])


def recompute_open(*, why: str, by: Actor | None = None, quiet: bool = False) -> int:
    """Replay the running clocks of every open case; a step "recompute" on each that moves. Returns how many cases moved.

    The ledger keeps that it was done, why, and how many moved; `quiet`: only when any did.
    """
    calendars.forget()  # a worker's five-second memory may be older than the notice that sent it here
    by, moved, after = by or clock_actor("时限重算"), 0, 0
    broken: Broken | None = None
    while True:
        ids = list(_running().filter(case_id__gt=after).order_by("case_id").values_list("case_id", flat=True).distinct()[:_BATCH])
        if not ids:
            if moved or not quiet:
                ledger.write(kind="recomputed", by_id=by.id, by_name=by.name, about=f"calendar:{settings.CALENDAR}", reason=why, detail={"cases": moved})
            if broken:
                raise broken
            return moved
        rows = _running().filter(case_id__in=ids).order_by("case_id", "id")
        found = {case_id: list(of_case) for case_id, of_case in groupby(rows, key=lambda row: row.case_id)}
        try:
            moved += each(found, partial(_recompute, found, why, by), "recompute")
        except Broken as wrong:
            broken = wrong
        after = ids[-1]


def _recompute(clocks_of: dict[int, list[CaseClock]], why: str, by: Actor, case_id: int) -> bool:
    """One case, in its own transaction. A date that only became certain is marked so without a step: nothing moved."""
    replayed = [(row, *clocks.replay(row)) for row in clocks_of[case_id]]
    if any(due_at != row.due_at for row, _, due_at in replayed):
        try:
            actions.take_step(case_id=case_id, step="recompute", by=by, given={"why": why})
        except Refused:  # ended, or moved by another worker, since it was read
            return False
        return True
    for row, base, _ in replayed:
        if base.provisional != row.provisional:
            CaseClock.objects.filter(id=row.id, due_at=row.due_at).update(provisional=base.provisional)
    return False


_SHOWN = ("sign_due_at", "contact_due_at", "handle_due_at", "stands_since", "due_at", "due_code", "due_limit", "paused", "yellow_at", "red_at")


def show_older() -> int:
    """Open cases of a version that kept fewer columns of its clocks: what lists and boards read is filled in from them. How many."""
    owed = Case.objects.filter(state__in=[s.value for s in OWED], due_code="", clocks__met_at=None, clocks__void=False)
    ids = list(owed.order_by("id").values_list("id", flat=True).distinct())
    for case_id in ids:
        with transaction.atomic():
            case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
            clocks.show(case, clocks.of(case))
            case.save(update_fields=_SHOWN)
    return len(ids)


# --- restrictions that end ---


def lift_restrictions(*, at: datetime | None = None, by: Actor | None = None) -> int:
    """A restriction whose last named reader's date has passed is lifted by a step: a mark expires, it never hides a case from all."""
    at, by = at or clock.now(), by or clock_actor("限制到期")
    over = CaseReader.objects.filter(until__lte=at, case__restricted=True).values_list("case_id", flat=True).distinct()
    return each(list(over), lambda case_id: _lift(case_id, at, by), "lift restrictions")


def _lift(case_id: int, at: datetime, by: Actor) -> bool:
    try:
        actions.take_step(case_id=case_id, step="lift_restriction", by=by, given={"why": "限制知悉到期"}, at=at)
    except Refused:  # a named reader is left, or it was prolonged meanwhile
        return False
    return True


def pass_restrictions(*, at: datetime | None = None, by: Actor | None = None) -> int:
    """Restricted cases whose readers have all left the house: nobody would see them until their date. How many are seen again."""
    at, by = at or clock.now(), by or clock_actor("知悉人员离岗")
    reads = CaseReader.objects.filter(case_id=OuterRef("id"), until__gt=at)
    there = reads.filter(person_id__in=Person.objects.filter(is_active=True).values("id"))
    alone = Case.objects.filter(Exists(reads), ~Exists(there), restricted=True).values_list("id", flat=True)
    return each(list(alone), lambda case_id: _pass(case_id, at, by), "pass restrictions")


def _pass(case_id: int, at: datetime, by: Actor) -> bool:
    try:
        actions.take_step(case_id=case_id, step="pass_restriction", by=by, given={"why": "知悉人员均已离岗"}, at=at)
    except Refused:  # opened meanwhile
        return False
    return True


# --- units complained of that came to hold the case ---


def leave_lines(*, at: datetime | None = None, by: Actor | None = None) -> int:
    """Units were merged, moved or split since: an order or a task that a unit complained of holds now is taken from it. How many steps."""
    at, by = at or clock.now(), by or clock_actor("回避")
    named = Case.objects.filter(complained_line__isnull=False, closed_at=None)
    return each(named.select_related("category").iterator(500),
                lambda case: sum(_leave_line(case.id, step, at, by) for step in rules.held_by_line(queries.facts_of(case, at))), "leave lines")


def _leave_line(case_id: int, step: str, at: datetime, by: Actor) -> bool:
    try:
        actions.take_step(case_id=case_id, step=step, by=by, given={"why": "机构变动后，承办的单位属于被反映单位"}, at=at)
    except Refused:  # taken back by somebody meanwhile
        return False
    return True


# --- the duty list -----------------------------------------------------------


def ring(*, at: datetime | None = None, by: Actor | None = None) -> int:
    """Orders unsigned past the limit: the next person of the unit's duty list, one every half hour, round and round until somebody signs;
    at the end of each round, and where nobody is on the list, the shift leader is woken. Returns steps.

    Urgent ones ring day and night, the others in office hours (rulings, 7).
    """
    at, by = at or clock.now(), by or clock_actor("值班呼叫")
    late = Case.objects.filter(state=State.PENDING_SIGN, closed_at=None, signed_at=None, paused=False, sign_due_at__lt=at)
    if not is_office_time(at, clocks.city_calendar()):
        late = late.filter(urgent=True)
    late = late.exclude(_rung_lately(at))
    return each(list(late.order_by("sign_due_at").values_list("id", flat=True)), lambda case_id: _ring(case_id, at, by), "ring")


def _rung_lately(at: datetime) -> Exists:
    """Of orders unsigned for days, which ring each half hour, the other twenty-nine looks of that half hour open none."""
    return Exists(CaseStep.objects.filter(case_id=OuterRef("id"), id__gte=OuterRef("id"), step__in=_RINGS, at__gt=at - RING_EVERY,
                                          at__gte=_sent("case_id")))


def _sent(case_id: str = "id") -> Subquery:
    """When the order went to the unit that has it now."""
    clocks_of = CaseClock.objects.filter(case_id=OuterRef(case_id), code="sign", void=False)
    return Subquery(clocks_of.order_by("-started_at").values("started_at")[:1])


@transaction.atomic
def _ring(case_id: int, at: datetime, by: Actor) -> int:
    """The row is locked before anything is read: a second worker, or this one after a restart, sees what was rung."""
    case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
    if queries.led_by_line(case):
        return 0
    rung = _rung(case)
    if rung and at - max(when for _, when in rung) < RING_EVERY:
        return 0
    listed = org.on_duty(case.lead_id, at)
    duty = _next_on_duty(listed, rung)
    try:
        if duty is None:
            return _wake(case, at, by, rounds=sum(1 for name, _ in rung if not name) + 1)
        actions.take_step(case_id=case.id, step="ring_duty", by=by, given={"duty_name": duty.name}, at=at)
        said = PROCEDURE["ring_duty"].message
        messages.send(channel="work", to=duty.phone, template=said.duty if case.urgent else said.unit, context={"number": case.number, "name": duty.name}, about=f"case:{case.id}")
        return 1 + (_wake(case, at, by, rounds=_rounds(listed, rung, duty)) if duty == listed[-1] else 0)
    except Refused:  # signed meanwhile
        return 0


# --- orders past a limit ---

NEWS = timedelta(days=14)  # a limit that passed longer ago is no news: it stands on the unit's and the supervisor's lists
AT_ONCE = 500


def tell_late(*, at: datetime | None = None) -> int:
    """Orders in hand whose limit has passed: the unit is told, once for each limit, in office hours; of urgent ones day and night.

    A message, no step: it moves nothing and asks for no answer. Returns messages.
    """
    at = at or clock.now()
    late = Case.objects.filter(state=State.IN_PROGRESS, closed_at=None, paused=False, due_at__lt=at, due_at__gt=at - NEWS)
    if not is_office_time(at, clocks.city_calendar()):
        late = late.filter(urgent=True)
    untold = late.annotate(told_from=Greatest("due_at", _sent())).exclude(outbox.written_since("case:", "overdue", "told_from"))
    leads = set(untold.order_by().values_list("lead_id", flat=True).distinct())
    # who has nobody to be told is left out: they would be looked at again each time, and many of them kept the others from their turn
    ids = untold.filter(lead_id__in=notifications.units_reached(leads, at)).order_by("due_at", "id").values_list("id", flat=True)
    return each(list(ids[:AT_ONCE]), lambda case_id: _tell_late(case_id, at), "tell late")


@transaction.atomic
def _tell_late(case_id: int, at: datetime) -> bool:
    """Looked at again under the lock: replied, paused or told by another worker meanwhile."""
    case = Case.objects.select_for_update(of=("self",)).get(id=case_id)
    late = case.state == State.IN_PROGRESS and not case.paused and case.due_at is not None and case.due_at < at
    told_from = max(filter(None, (case.due_at, case.marks.sent_at))) if late else at  # what the unit before was told, this one was not
    if not late or outbox.lately(about=f"case:{case.id}", template="overdue", since=told_from):
        return False
    rows = notifications.to_unit(case, "overdue", at, limit=LABELS.get(case.due_code, "办理"))
    for row in rows:
        row.save(force_insert=True)
    return bool(rows)


def _rung(case: Case) -> list[tuple[str, datetime]]:
    """(name, when) of the calls since the last dispatch, in their order; a name of "" is the shift leader's."""
    since = CaseClock.objects.filter(case_id=case.id, code="sign", void=False).aggregate(last=Max("started_at"))["last"]
    steps = CaseStep.objects.filter(case_id=case.id, id__gte=case.id, step__in=_RINGS, at__gte=since or case.received_at)
    words = dict(StepText.objects.filter(step__in=steps.values("id")).values_list("step_id", "words"))
    return [("" if row.step == "wake_shift" else words.get(row.id, {}).get("duty_name", "?"), row.at) for row in steps.order_by("seq")]


def _next_on_duty(listed: list[Duty], rung: list[tuple[str, datetime]]) -> Duty | None:
    """Who was rung longest ago, those never rung first, in the order of the list."""
    last = dict(rung)  # the latest of each name
    begun = datetime.min.replace(tzinfo=UTC)
    return min(listed, key=lambda duty: last.get(duty.name, begun), default=None)


def _rounds(listed: list[Duty], rung: list[tuple[str, datetime]], duty: Duty) -> int:
    return 1 + sum(1 for name, _ in rung if name == duty.name)


def _wake(case: Case, at: datetime, by: Actor, rounds: int) -> int:
    """The upper end of a round: it stands on the shift leader's desk, and rings whoever leads the shift."""
    actions.take_step(case_id=case.id, step="wake_shift", by=by, given={"rounds": rounds}, at=at)
    case.refresh_from_db()
    facts = queries.facts_of(case, at)
    for leader in people.holders(Role.SHIFT_LEADER):
        if leader.phone and rules.sees(facts, actor_of(leader, frozenset({Role.SHIFT_LEADER}))):
            messages.send(channel="work", to=leader.phone, template=PROCEDURE["wake_shift"].message.leader, context={"number": case.number, "name": leader.name},
                          about=f"case:{case.id}")
    return 1
