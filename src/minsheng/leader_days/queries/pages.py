"""Pages of schemes, periods and commitments: what there is, and every step that the reader may take or is shut out of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import hung_words
from minsheng.files import step_files
from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import (
    Commitment,
    CommitmentStep,
    CommitmentWords,
    Desk,
    Period,
    PeriodStep,
    PeriodWords,
    Scheme,
    SchemeStep,
    SchemeWords,
)
from minsheng.leader_days.queries import briefing, facts, in_person, ledger, report, sight
from minsheng.leader_days.rules import procedures
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.states import NOT_HELD, PeriodState, SchemeState
from minsheng.measures import rules as measures

AFTER = timedelta(hours=12)  # a desk is offered to agents until the end of its day
KEEPS = (Role.COORDINATOR, Role.SUPERVISOR)  # who writes and signs schemes


def hidden(what: str) -> Refused:
    return Refused(no("hidden", f"没有{what}，或您无权查看"))


# --- schemes ----------------------------------------------------------------------------


def schemes(by: Actor) -> list[Scheme]:
    """All for who writes and signs them, those that were issued for every other reader."""
    rows = Scheme.objects.order_by("-year", "-id")
    return list(rows if by.has(*KEEPS) else rows.filter(state="issued"))


def scheme(scheme_id: int, by: Actor) -> SubjectPage:
    found = next((one for one in schemes(by) if one.id == scheme_id), None)
    if found is None:
        raise hidden("这个方案")
    return SubjectPage(found, steps(procedures.SCHEME, facts.of_scheme(found), by), history(SchemeStep, SchemeWords, found.id, procedures.SCHEME, FIELDS))


# --- periods ----------------------------------------------------------------------------


def periods(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first, each with its desks. Four statements."""
    return _with_desks(keyset(sight.periods(by).select_related("scheme"), ("-id",), after, size))


def public_periods(after: str = "", size: int = 50) -> Page:
    """Those that were announced, the newest first. Three statements."""
    return _with_desks(keyset(Period.objects.exclude(state=PeriodState.DRAFT).filter(announced_at__isnull=False).select_related("scheme"), ("-id",), after, size))


def _with_desks(page: Page) -> Page:
    facts.furnish(page.rows)
    for period in page.rows:
        period.seats = [desk for desk in period.seats if desk.removed_at is None]
    return page


def period(period_id: int, by: Actor, beside: Mapping[str, Any] | None = None) -> SubjectPage:
    """With its figures, as far as the reader may count them, and its newest commitments. `beside`: what else is read with its row. At most
    eleven statements."""
    read = sight.periods(by).select_related("scheme").annotate(**facts.WITHOUT_END, **in_person.counts(by), **(beside or {}))
    found = read.filter(id=period_id).first()
    if found is None:
        raise hidden("这一期")
    facts.furnish([found])
    waiting = (found.promised, found.met, found.handed_in, found.talking)
    known = facts.of_period(found, clock.now(), scheme_issued=found.scheme.state == SchemeState.ISSUED, waiting=waiting)
    found.seats = [desk for desk in found.seats if desk.removed_at is None]
    figures = report.of([found], by, deeds=False) if measures.may_read(by) and found.state not in NOT_HELD else None
    promised = ledger.shown(by, ledger.Filters(periods=(found.id,)))
    return SubjectPage(found, steps(procedures.PERIOD, known, by), history(PeriodStep, PeriodWords, found.id, procedures.PERIOD, FIELDS),
                       {"report": figures, "commitments": promised, "facts": known, "commits": committing(found, known, by),
                        "briefed": _briefed(found, by), "absent": known.absent if by.roles & {*KEEPS} else (), "in_person": in_person.deeds(found) if figures else []})


def _briefed(found: Period, by: Actor) -> list[int]:
    """Desks whose sheet this reader may open: before and on the day."""
    return briefing.readable(found.seats, by) if found.state in (PeriodState.DRAFT, PeriodState.ANNOUNCED) else []


def committing(found: Period, known: Any, by: Actor) -> str:
    """The step by which this reader makes a commitment in the period; "": none is theirs, or not now."""
    if not known.takes_calls:
        return ""
    if Role.COORDINATOR in by.roles:
        return "record_commitment"
    if Role.LEADER in by.roles and by.id in {desk.leader_id for desk in found.seats}:
        return "commit"
    mine = by.unit and any(desk.unit_id in (by.unit, *by.unit_path) for desk in found.seats)
    return "type_commitment" if mine and Role.UNIT_LIAISON in by.roles else ""


def desks_now() -> list[tuple[int, str]]:
    """(desk, in words) of the periods that take calls now, for the agent who sits beside one. One statement."""
    now = clock.now()
    found = Desk.objects.select_related("period", "unit").filter(
        removed_at=None, period__state__in=(PeriodState.ANNOUNCED, PeriodState.HELD), starts__lte=now, ends__gte=now - AFTER)
    return [(desk.id, f"{desk.period} {desk.unit.short or desk.unit.name} {desk.leader_name}") for desk in found.order_by("starts", "id")]


_NEWEST = 100


def newest(period_id: int) -> list[int]:
    """Cases of a period whose people words about it may name. One statement."""
    return list(Case.objects.filter(period_id=period_id).order_by("-id").values_list("id", flat=True)[:_NEWEST])


# --- commitments ------------------------------------------------------------------------


def commitment(commitment_id: int, by: Actor) -> SubjectPage:
    found = sight.commitments(by).select_related("period", "period__scheme", "owner_unit", "desk").filter(id=commitment_id).first()
    if found is None:
        raise hidden("这项承诺")
    facts.furnish([found.period])
    found.case = facts.case_of(found)
    ledger.with_numbers(Page([found]))
    found.rest_day = found.ended_at is None and found.due is not None and not clocks.city_calendar().day(found.due).works
    known = facts.of_commitment(found, found.period, clock.now(), found.case)
    page = SubjectPage(found, steps(procedures.COMMITMENT, known, by), history(CommitmentStep, CommitmentWords, found.id, procedures.COMMITMENT, FIELDS),
                       {"facts": known, "case_open": cases.visible(by).filter(id=found.case_id).exists()}, step_files.hung(CommitmentStep, found.id))
    return hung_words.covered_page(page, *ledger.SAID, by=by, officials=ledger.OFFICIALS)


def open_file(commitment_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of a file on a commitment that the reader may see."""
    if not sight.commitments(by).filter(id=commitment_id).exists():
        raise hidden("这项承诺")
    return step_files.opened(CommitmentStep, commitment_id, file_id)


def published(period_ids: list[int]) -> list[Commitment]:
    """What was signed to be public, by period; of these rows a public page shows the public columns alone."""
    rows = list(ledger.signed().filter(period__in=period_ids).order_by("period", "id"))
    ledger.withhold(rows)
    return rows


def announced(size: int = 12) -> list[Period]:
    """What is public of periods: those ever announced, what comes next first and then the newest of those that are over, with desks and what
    was published of their commitments. What was called back or cancelled says so and shows no desk. Four statements."""
    newest = list(Period.objects.filter(announced_at__isnull=False).order_by("-starts", "-id")[:size])
    today = clocks.local_day(clock.now())
    ahead = [period for period in newest if period.starts and clocks.local_day(period.starts) >= today]
    found = [*reversed(ahead), *(period for period in newest if period not in ahead)]
    facts.furnish(found)
    public: dict[int, list[Commitment]] = {}
    for one in published([period.id for period in found]):
        public.setdefault(one.period_id, []).append(one)
    for period in found:
        period.seats = [desk for desk in period.seats if desk.removed_at is None and period.state not in NOT_HELD]
        period.public = public.get(period.id, [])
    return found
