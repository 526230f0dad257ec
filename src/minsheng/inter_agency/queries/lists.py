"""What came from 110 and went to 110, as its page lists it: each figure is the list that it opens. A fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.models import CallNote, Case
from minsheng.cases.rules import State
from minsheng.inter_agency import rules
from minsheng.inter_agency.models import Feedback, Handover
from minsheng.inter_agency.rules import Receipt, Sending, Way
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.telephony.models import Call, CallCase

READS = frozenset({Role.AGENT, Role.DISPATCHER, Role.SHIFT_LEADER, Role.SUPERVISOR})
SENDS_AGAIN = frozenset({Role.DISPATCHER, Role.SHIFT_LEADER})
LOOKS_BACK = timedelta(days=30)  # for calls of 110 that nothing was written of
_AT_ONCE = 50

SETS: dict[str, str] = {"": "全部", "going": "在办，结果未出", "waiting": "待告知110", "overdue": "告知超过1小时", "refused": "110拒收", "late": "签收超过30分钟",
                        "returned": "已退回110"}


def _told(**which: object) -> Exists:
    return Exists(Feedback.objects.filter(handover=OuterRef("pk"), **which))


_HOLDS: dict[str, Q] = {
    "": Q(),
    "going": Q(receipt=Receipt.ACCEPTED.value, watched_until=None),
    "waiting": Q(has_queued=True),
    "overdue": Q(has_overdue=True),
    "refused": Q(has_refused=True),
    "late": Q(way=Way.CALL.value, rang__isnull=False, receipt_at__gt=F("rang") + rules.RECEIPT_WITHIN),
    "returned": Q(receipt=Receipt.RETURNED.value),
}


def _rows(by: Actor) -> QuerySet[Handover]:
    """Those whose case the reader may see, and those that are none."""
    rang = Call.objects.filter(pk=OuterRef("call_id")).values("connected_at")[:1]
    mine = Q(case_id=None) | Q(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))
    queued = {"state": Sending.QUEUED.value}
    return Handover.objects.filter(mine).annotate(
        rang=Subquery(rang), has_queued=_told(**queued), has_overdue=_told(**queued, made_at__lt=clock.now() - rules.OVERDUE),
        has_refused=_told(state=Sending.REFUSED.value))


@dataclass(frozen=True, slots=True)
class Filters:
    """`ref`: how 110's number begins, as it is read out on the telephone."""

    set: str = ""
    ref: str = ""


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence."""
    form = Fields(given)
    found = Filters(form.read("set", read_values.choice, list(SETS.items()), label="范围", default=""),
                    form.read("ref", read_values.line, 40, label="警情编号", default=""))
    form.done()
    return found


def counts(by: Actor) -> list[tuple[str, str, int]]:
    """(set, label, how many). One statement."""
    found = _rows(by).aggregate(**{f"n_{name or 'all'}": Count("pk", filter=_HOLDS[name]) for name in SETS})
    return [(name, label, found[f"n_{name or 'all'}"]) for name, label in SETS.items()]


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """Newest first, each with its case and what 110 was told of it. Three statements."""
    rows = _rows(by).filter(_HOLDS[filters.set])
    page = keyset(rows.filter(reference__istartswith=filters.ref) if filters.ref else rows, ("-received_at", "-id"), after, size)
    known = Case.objects.only("id", "number", "state").in_bulk([row.case_id for row in page.rows if row.case_id])
    told: dict[int, list[Feedback]] = {}
    for one in Feedback.objects.filter(handover__in=[row.pk for row in page.rows]).order_by("n"):
        told.setdefault(one.handover_id, []).append(one)
    for row in page.rows:
        row.case, row.feedback = known.get(row.case_id), told.get(row.pk, [])
        if row.case is not None:
            row.case.word = State(row.case.state).label
    return page


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A call of 110 that somebody answered and nothing was written of."""

    call_id: int
    at: datetime
    agent: str
    late: bool


def unsigned() -> tuple[list[Unsigned], int]:
    """(the newest of them, how many). Three statements."""
    calls = Call.objects.filter(party=rules.PARTY, connected_at__isnull=False, arrived_at__gt=clock.now() - LOOKS_BACK)
    for known in (Handover.objects.filter(call_id=OuterRef("pk")), CallCase.objects.filter(call=OuterRef("pk")), CallNote.objects.filter(call_id=OuterRef("pk"))):
        calls = calls.filter(~Exists(known))
    rows = list(calls.order_by("-arrived_at", "-id").only("id", "connected_at", "agent_id")[:_AT_ONCE])
    names = people.names([row.agent_id for row in rows if row.agent_id])
    late = clock.now() - rules.RECEIPT_WITHIN
    return [Unsigned(row.pk, row.connected_at, names.get(row.agent_id or 0, ""), row.connected_at < late) for row in rows if row.connected_at], calls.count()
