"""Contacts by telephone as units wrote them down, beside the centre's calls: counted, listed, and of one order. A fixed number of statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case as When_
from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Greatest

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.org import queries as org
from minsheng.oversight.rules.claimed_calls import FOUND, LEAST_TALK, SAYS, TOLERANCE, Beside, Rung, Said, evidence, nearest, of
from minsheng.telephony.models import CallCase
from minsheng.telephony.rules.words import Result

READ_BACK = timedelta(days=90)
_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}"
KINDS = Beside.choices()
_BEGINS = ("dispatch", "night_dispatch", "order_redo")


def there() -> bool:
    """Without telephony no call could be there, and none is missed."""
    return settings.TELEPHONY != "none"


@dataclass(frozen=True, slots=True)
class Filters:
    """`unit` with all below it; `own`: what that unit's own people wrote, as its line counts it."""

    kind: str = ""
    unit: int = 0
    own: int = 0


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("kind", read_values.choice, KINDS, label="对照结果", default=""),
                    *(form.read(name, read_values.record_id, label="单位", default=0) for name in ("unit", "own")))
    form.done()
    return found


def _claims() -> QuerySet[CaseStep]:
    written = CaseStep.objects.filter(step="contact", given__contact_how="phone")
    return written.annotate(said_text=KT("given__contact_at")).filter(said_text__regex=_TIME)


def _compared(by: Actor) -> QuerySet[CaseStep]:
    """Of ninety days, on cases that the reader may see, each with `beside`."""
    rows = _claims().filter(at__gte=clock.now() - READ_BACK).filter(Exists(cases.visible(by).filter(id=OuterRef("case_id"))))
    rows = rows.annotate(said=_said())
    rows = rows.annotate(first=ExpressionWrapper(F("said") - TOLERANCE, DateTimeField()), last=ExpressionWrapper(F("said") + TOLERANCE, DateTimeField()))
    calls = CallCase.objects.filter(case_id=OuterRef("case_id"), call__linkedid__startswith="rl-")
    near = calls.filter(call__arrived_at__gte=OuterRef("first"), call__arrived_at__lte=OuterRef("last"))
    spoke = near.filter(call__result=Result.ANSWERED.value, call__connected_at__lte=ExpressionWrapper(F("call__ended_at") - LEAST_TALK, DateTimeField()))
    of_its_own = spoke.exclude(Exists(_nearer()))
    ways = [When(Exists(rows_), then=Value(kind.value)) for rows_, kind in (
        (of_its_own, Beside.MATCHED), (spoke, Beside.SHARED), (near, Beside.SHORT), (calls, Beside.OTHER_TIME))]
    return rows.annotate(beside=When_(*ways, default=Value(Beside.NONE.value), output_field=CharField()))


def _said() -> When_:
    return When_(When(said_text__regex=_TIME, then=Cast("said_text", DateTimeField())), output_field=DateTimeField())


def _nearer() -> QuerySet[CaseStep]:
    """Other claims of the order to which the call is nearer: asked within a call (OuterRef) of a claim (OuterRef of that)."""

    def off(said: Any) -> Greatest:
        at = ExpressionWrapper(OuterRef("call__arrived_at"), DateTimeField())
        return Greatest(ExpressionWrapper(said - at, DurationField()), ExpressionWrapper(at - said, DurationField()))

    own: Any = ExpressionWrapper(OuterRef(OuterRef("said")), DateTimeField())
    rows = _claims().filter(case_id=OuterRef("case_id")).annotate(said=_said())
    rows = rows.annotate(theirs=off(F("said")), ours=off(own))
    return rows.filter(Q(theirs__lt=F("ours")) | Q(theirs=F("ours"), id__lt=OuterRef(OuterRef("id"))))


def narrowed(by: Actor, filters: Filters) -> QuerySet[CaseStep]:
    rows = _compared(by)
    if filters.kind:
        rows = rows.filter(Q(beside=filters.kind))
    if filters.unit:
        rows = rows.filter(unit_id__in=org.tree().subtree(filters.unit) if filters.unit in org.tree().by_id else [])
    return rows.filter(unit_id=filters.own) if filters.own else rows


@dataclass(frozen=True, slots=True)
class UnitLine:
    """`counts`: of every kind, in its order."""

    unit: int
    name: str
    counts: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(n for _, n in self.counts)


def figures(by: Actor) -> tuple[UnitLine, list[UnitLine]]:
    """(all of them, unit by unit). One statement. Each unit's is what its own people wrote, as its list shows it for that unit alone."""
    found: dict[int, dict[str, int]] = {}
    rows: Any = _compared(by)  # `beside` is no field
    for unit, kind, n in rows.order_by().values_list("unit_id", "beside").annotate(n=Count("id")):
        found.setdefault(unit, {})[kind] = n
    lines = [UnitLine(unit, org.tree().name(unit), [(kind.value, counts.get(kind.value, 0)) for kind in Beside]) for unit, counts in found.items()]
    whole = UnitLine(0, "全部", [(kind.value, sum(counts.get(kind.value, 0) for counts in found.values())) for kind in Beside])
    return whole, sorted(lines, key=lambda line: (-line.total, line.unit))


@dataclass(frozen=True, slots=True)
class Claim:
    step: CaseStep
    case: Case | None
    said_at: datetime
    kind: Beside
    rung: Rung | None

    @property
    def says(self) -> str:
        return SAYS[self.kind]


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """Newest first, each with its case and the call to look at. Four statements."""
    page = keyset(narrowed(by, filters), ("-id",), after, size)
    return Page(with_calls(page.rows), page.next)


def with_calls(rows: list[CaseStep]) -> list[Claim]:
    """Three statements."""
    ids = {row.case_id for row in rows}
    known, calls, said = Case.objects.only("id", "number").in_bulk(ids), _calls(ids), _all_said(ids)
    return [_claim(row, known.get(row.case_id), calls.get(row.case_id, []), said[row.case_id]) for row in rows]


def _all_said(case_ids: Iterable[int]) -> dict[int, list[Said]]:
    """Every claim of these orders."""
    found: dict[int, list[Said]] = {}
    for row in _claims().filter(case_id__in=list(case_ids)).only("id", "case_id", "given"):
        found.setdefault(row.case_id, []).append(_as_said(row))
    return found


def _as_said(row: CaseStep) -> Said:
    return Said(datetime.fromisoformat(row.given["contact_at"]).astimezone(clocks.city_calendar().zone), row.id)


def _calls(case_ids: Iterable[int]) -> dict[int, list[Rung]]:
    found: dict[int, list[Rung]] = {}
    rows = CallCase.objects.filter(case_id__in=list(case_ids), call__linkedid__startswith="rl-").select_related("call").order_by("call__arrived_at", "call_id")
    for row in rows:
        call = row.call
        spoke = call.result == Result.ANSWERED and call.connected_at is not None and call.ended_at is not None
        talk = call.ended_at - call.connected_at if spoke and call.ended_at and call.connected_at else None
        found.setdefault(row.case_id, []).append(Rung(call.arrived_at, talk))
    return found


def _claim(row: CaseStep, case: Case | None, calls: list[Rung], all_said: list[Said]) -> Claim:
    said = _as_said(row)
    return Claim(row, case, said.at, of(said.at, calls, said.id, [one for one in all_said if one.id != said.id]), nearest(said.at, calls))


def of_case(case_id: int) -> list[Claim]:
    """For the one who judges the answer: every such contact of the order. None without telephony, else two statements."""
    if not there():
        return []
    rows = list(_claims().filter(case_id=case_id, id__gte=case_id).order_by("seq"))
    calls = _calls([case_id]).get(case_id, []) if rows else []
    all_said = [_as_said(row) for row in rows]
    return [_claim(row, None, calls, all_said) for row in rows]


def of_round(reply: CaseStep) -> str:
    """What the centre's calls speak against in the round that this reply ends, in words; "" for nothing."""
    claims = [one for one in of_case(reply.case_id) if one.step.seq < reply.seq and one.kind in FOUND]
    if not claims:
        return ""
    begun = CaseStep.objects.filter(case_id=reply.case_id, id__gte=reply.case_id, step__in=_BEGINS, seq__lt=reply.seq).order_by("-seq").values_list("seq", flat=True).first()
    calls = _calls([reply.case_id]).get(reply.case_id, [])
    return "；".join(evidence(one.said_at, calls) for one in claims if one.step.seq > (begun or 0))[:900]
