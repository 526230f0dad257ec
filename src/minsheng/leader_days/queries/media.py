"""Leads for the media: who sees which, what the rules may know of one, the list and one lead's page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import dangers, hung_words
from minsheng.cases.queries import words as of_words
from minsheng.cases.rules import Kind as CaseKind
from minsheng.kit import subject_page
from minsheng.kit.notices import Kind
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.leader_days.models import MediaLead, MediaLeadStep, MediaLeadWords, Period
from minsheng.leader_days.queries import pages
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.media import LEAD, LeadFacts, LeadState, why_not

KEEPS, REPORTS = frozenset({Role.COORDINATOR, Role.SUPERVISOR}), frozenset({Role.MEDIA})
READERS = KEEPS | REPORTS
OFFERED = 100
RUNS = (LeadState.PROPOSED, LeadState.APPROVED, LeadState.PUBLISHED)


def seen_by(by: Actor) -> QuerySet[MediaLead]:
    """All for who proposes them, of cases that they see; for the publicity side those whose case is still open to everybody here."""
    if Role.CLOCK in by.roles:
        return MediaLead.objects.all()
    of_case = Case.objects.filter(id=OuterRef("case_id"))
    if by.roles & KEEPS:
        return MediaLead.objects.filter(Exists(of_case.filter(cases.visible_to(by))))
    if by.roles & REPORTS:
        return MediaLead.objects.filter(Exists(of_case.filter(restricted=False, sealed=False, complained_line=None, erased=False)))
    return MediaLead.objects.none()


def _hears(by: Actor, ids: list[int]) -> set[int]:
    return set(seen_by(by).filter(id__in=ids).values_list("id", flat=True))


HEARD = Kind("lead", _hears)


def furnish(leads: Iterable[MediaLead]) -> None:
    """The case of each, with its words, and who proposed it: two statements."""
    leads = list(leads)
    known = {case.id: case for case in Case.objects.select_related("text").filter(id__in={one.case_id for one in leads})}
    wrote = dict(MediaLeadStep.objects.filter(subject_id__in=[one.id for one in leads], step="propose_lead").values_list("subject_id", "by_id"))
    for one in leads:
        one.case, one.proposed_by = known.get(one.case_id), wrote.get(one.id, 0)


def of(one: MediaLead) -> LeadFacts:
    """`one` is furnished."""
    return LeadFacts(one.id, LeadState(one.state), unfit(one.case), one.unit_told_at is not None, one.proposed_by)


def unfit(case: Case | None) -> str:
    """Why this case may not be a lead; "" when it may. Its text is loaded."""
    if case is None:
        return "没有这个工单"
    text = getattr(case, "text", None)
    words = "\n".join((text.title, text.narrative, text.original)) if text else ""
    said = dangers.read_case(title="", narrative=words)
    return why_not(kind=CaseKind(case.kind), restricted=case.restricted, sealed=case.sealed, complains=bool(case.complained_line),
                   statutory=case.statutory, erased=case.erased, danger=said.restricted, words=words)


def consent_ended_at(case_id: int) -> datetime | None:
    """When the last consent for this case was taken back, or its lead stopped, in the city's time. One statement."""
    back = MediaLeadStep.objects.filter(subject_id=OuterRef("id"), step="end_lead")
    rows = MediaLead.objects.filter(case_id=case_id, state=LeadState.ENDED).annotate(back=Exists(back)).values_list("back", "asked_at", "ended_at")
    last = max((at for taken_back, asked, ended in rows if (at := asked if taken_back else ended)), default=None)
    return last.astimezone(clocks.city_calendar().zone) if last else None


def no_longer_fit() -> dict[int, str]:
    """Leads that run of cases that may not be reported on any more, and why. Three statements."""
    running = list(MediaLead.objects.filter(state__in=RUNS))
    furnish(running)
    return {one.id: why for one in running if (why := unfit(one.case))}


def listed(by: Actor, period: int = 0, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    rows = seen_by(by).select_related("period", "period__scheme")
    page = keyset(rows.filter(period=period) if period else rows, ("-id",), after, size)
    hung_words.covered(page.rows, *_SAID, by=by)
    return page


def page(lead_id: int, by: Actor) -> SubjectPage:
    """The publicity side reads the masked lead, and of the case who has it and how far it is; of one that ended not even that. Seven statements."""
    found = seen_by(by).select_related("period", "period__scheme").filter(id=lead_id).first()
    if found is None:
        raise pages.hidden("这条线索")
    furnish([found])
    keeps = bool(by.roles & KEEPS)
    history = subject_page.history(MediaLeadStep, MediaLeadWords, found.id, LEAD, FIELDS, shut=not keeps)
    page = SubjectPage(found, subject_page.steps(LEAD, of(found), by), history,
                       {"keeps": keeps, "case": found.case if keeps else None, "shut": not keeps and found.state == LeadState.ENDED,
                        "stands": found.case if found.state != LeadState.ENDED else None})
    return hung_words.covered_page(page, *_SAID, by=by, about=[] if hung_words.as_said(by) else [found.case_id, *pages.newest(found.period_id)])


_SAID = ("asked_by", "call_no", "headline", "text", "unit_told", "followed", "reason")


def offered(period: Period, by: Actor) -> list[Case]:
    """Cases of the period that may be a lead and are none yet, the newest first. One statement."""
    taken = MediaLead.objects.filter(case_id=OuterRef("id"), state__in=RUNS)
    rows = cases.visible(by).select_related("text").filter(~Exists(taken), period_id=period.id, restricted=False, sealed=False, erased=False,
                                                           statutory=False, complained_line=None)
    return [case for case in rows.exclude(kind=CaseKind.REPORT).order_by("-id")[:OFFERED] if not unfit(case)]


def masked(case: Case) -> tuple[str, str]:
    """Title and words of a case as everybody may read them: what a lead begins with."""
    said = of_words.of_case(case, of_words.MASKED)
    return said.title[:80], "\n".join(filter(None, (said.narrative, said.place)))[:2000]
