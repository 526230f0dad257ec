"""Coordination meetings: who sees which, what the rules may know of one, its page and the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts import queries as accounts
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseReader
from minsheng.cases.queries import hung_words
from minsheng.cases.rules import OPEN, State
from minsheng.cases.rules.masking import NOBODY, Known, cover
from minsheng.kit import clock, subject_page
from minsheng.kit.notices import Kind
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.leader_days.models import Meeting, MeetingItem, MeetingStep, MeetingWords, Period
from minsheng.leader_days.queries import facts, pages, sight
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.meetings import MEETING, ItemFacts, MeetingFacts, MeetingState, why_not
from minsheng.leader_days.rules.states import SEES_OWN_UNIT
from minsheng.org import queries as org

READERS = sight.SEES_LEDGER | SEES_OWN_UNIT
OFFERED = 100  # unsolved cases that a page offers at once
_SIGNED = (MeetingState.SIGNED, MeetingState.CARRIED)


def seen_by(by: Actor) -> QuerySet[Meeting]:
    """All for who keeps the ledger; for a unit what it convenes, and what a signed ruling asks of it. A meeting about a restricted case
    only for those who may read that (rulings, 103)."""
    if Role.CLOCK in by.roles:
        return Meeting.objects.all()
    read = Q(closed_case=None) | Q(Exists(Case.objects.filter(id=OuterRef("closed_case")).filter(cases.visible_to(by))))
    if by.roles & sight.SEES_LEDGER:
        return Meeting.objects.filter(read)
    mine = sight.own_units(by)
    asked = MeetingItem.objects.filter(Q(lead__in=mine) | Q(co_units__overlap=mine), meeting_id=OuterRef("id"), off_step=None)
    return Meeting.objects.filter(read, Q(unit__in=mine) | Q(Exists(asked), state__in=_SIGNED))


def _hears(by: Actor, ids: list[int]) -> set[int]:
    return set(seen_by(by).filter(id__in=ids).values_list("id", flat=True))


HEARD = Kind("meeting", _hears)


# --- what the rules may know ------------------------------------------------------------


def furnish(meetings: Iterable[Meeting]) -> None:
    """The agenda of each, and its period with desks: four statements."""
    meetings = list(meetings)
    rows: dict[int, list[MeetingItem]] = {}
    for item in MeetingItem.objects.filter(meeting__in=[one.id for one in meetings]).order_by("id"):
        rows.setdefault(item.meeting_id, []).append(item)
    periods = {one.id: one for one in Period.objects.select_related("scheme").filter(id__in={one.period_id for one in meetings})}
    facts.furnish(periods.values())
    for one in meetings:
        one.items, one.period = rows.get(one.id, []), periods[one.period_id]


def of(meeting: Meeting, at: datetime) -> MeetingFacts:
    """`meeting` is furnished."""
    period = facts.of_period(meeting.period, at, scheme_issued=True, waiting=facts.NONE_WAIT)
    agenda = tuple(ItemFacts(item.case_id, item.ruling_step is not None) for item in meeting.items if item.off_step is None)
    begins = clocks.local_day(period.starts) if period.starts else None
    return MeetingFacts(meeting.id, MeetingState(meeting.state), clocks.local_day(at), period, begins, meeting.unit_id or 0, agenda,
                        meeting.writer, meeting.held_on, len(meeting.items), meeting.closed_case is not None)


def wanted(case_id: int, period_id: int, by: Actor) -> Case | None:
    """The case that is to stand on the agenda, as far as its reader knows of it."""
    return cases.visible(by).filter(id=case_id, period_id=period_id).first()


def problem(case: Case | None) -> str:
    """Why this case cannot stand on the agenda of a meeting of its period; "" when it can."""
    if case is None:
        return why_not(State.START, of_period=False, solved=None, complains=False)
    return why_not(State(case.state), of_period=True, solved=case.solved, complains=bool(case.complained_line),
                   answered=case.state == State.PENDING_CALLBACK and case.lead_id is None)


def readers_of(case_id: int) -> dict[int, str]:
    """Who may read a restricted case now: person -> name. Two statements."""
    ids = CaseReader.objects.filter(case_id=case_id, until__gt=clock.now()).values_list("person_id", flat=True)
    return accounts.names(sorted(set(ids)))


def head_reads(unit: int, readers: Iterable[int]) -> bool:
    """Is a leader of that unit among these persons? Two statements."""
    readers = list(readers)
    roles, units = accounts.roles_among(readers), accounts.units_of(readers)
    return any(Role.LEADER in roles.get(id_, ()) and units.get(id_) == unit for id_ in readers)


# --- pages ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """An item as its page shows it. `case` None: it is not the reader's to see, and neither are its words."""

    item: MeetingItem
    case: Case | None
    reason: str = ""
    off: str = ""
    owner: str = ""
    duty: str = ""


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. Five statements."""
    page = keyset(seen_by(by).select_related("unit"), ("-id",), after, size)
    furnish(page.rows)
    return page


def of_period(period_id: int, by: Actor) -> list[Meeting]:
    """One statement."""
    return list(seen_by(by).select_related("unit").filter(period_id=period_id).order_by("-id")[:20])


def page(meeting_id: int, by: Actor) -> SubjectPage:
    """At most thirteen statements."""
    found = seen_by(by).select_related("unit").filter(id=meeting_id).first()
    if found is None:
        raise pages.hidden("这次协调会")
    furnish([found])
    known = of(found, clock.now())
    lines = _lines(found, by)
    shut = any(line.case is None for line in lines)
    history = subject_page.history(MeetingStep, MeetingWords, found.id, MEETING, FIELDS, shut=shut)
    offered = unsolved(found, by) if Role.COORDINATOR in by.roles and found.state in (MeetingState.PLANNED, MeetingState.CONVENED) else []
    page = SubjectPage(found, subject_page.steps(MEETING, known, by), history, {
        "lines": [line for line in lines if line.item.off_step is None], "taken_off": [line for line in lines if line.item.off_step],
        "facts": known, "offered": offered, "shut": shut,
        "readers": sorted(readers_of(found.closed_case).values()) if found.closed_case and not shut else [],
        "rules": Role.COORDINATOR in by.roles and found.state == MeetingState.HELD})
    return hung_words.covered_page(page, "attends", "attended", "minutes", by=by, about=[] if hung_words.reads_all(by) else _talked_of(found))


def _talked_of(meeting: Meeting) -> list[int]:
    """Cases whose people its words may name: the agenda, and what else the period took. One statement."""
    return [*(item.case_id for item in meeting.items), *pages.newest(meeting.period_id)]


def _lines(meeting: Meeting, by: Actor) -> list[Line]:
    """Whoever sees the meeting reads what it is about, unless that was restricted since or complains of somebody. Two statements."""
    said = {row.step_id: row.words for row in MeetingWords.objects.filter(subject_id=meeting.id)}
    plain = Q(restricted=False, complained_line__isnull=True)
    rows = Case.objects.filter(plain | cases.visible_to(by), id__in=[item.case_id for item in meeting.items])
    known = {case.id: case for case in rows}
    hidden = {} if hung_words.reads_all(by) else {id_: case for id_, case in known.items() if case.sealed or not hung_words.as_said(by)}
    people = hung_words.people_of(set(hidden))
    lines = [_line(item, known.get(item.case_id), said) for item in meeting.items]
    return [_covered(line, people.get(line.item.case_id, NOBODY)) if line.item.case_id in hidden else line for line in lines]


def _covered(line: Line, people: Known) -> Line:
    return replace(line, **{name: cover(getattr(line, name), people) for name in ("reason", "off", "owner", "duty")})


def _line(item: MeetingItem, case: Case | None, said: dict[int, dict]) -> Line:
    if case is None:
        return Line(item, None)
    put, off, ruled = (said.get(step or 0, {}) for step in (item.put_step, item.off_step, item.ruling_step))
    return Line(item, case, put.get("reason", ""), off.get("reason", ""), ruled.get("owner", ""), ruled.get("duty", ""))


def unsolved(meeting: Meeting, by: Actor) -> list[Case]:
    """What may still be put on the agenda, the oldest first. One statement."""
    there = [item.case_id for item in meeting.items if item.off_step is None]
    waits = [state.value for state in OPEN - {State.DRAFT}]
    rows = cases.visible(by).filter(period_id=meeting.period_id, complained_line=None).exclude(id__in=there)
    if meeting.items:  # what is restricted stands alone
        rows = rows.filter(restricted=False) if meeting.closed_case is None else rows.none()
    rows = rows.exclude(state=State.PENDING_CALLBACK, lead=None)
    return list(rows.filter(Q(state__in=waits) | Q(state=State.CLOSED, solved=False)).select_related("lead").order_by("id")[:OFFERED])


def units_named(meeting: Meeting) -> frozenset[int]:
    """Units with a desk in the period of this meeting."""
    tree = org.tree()
    return frozenset(desk.unit_id for desk in meeting.period.seats if desk.removed_at is None and desk.unit_id in tree.by_id)
