"""The ways in: each sets up what the engine takes, and takes one step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import actions as cases
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.leader_days.actions.kinds import COMMITMENTS, PERIODS, SCHEMES
from minsheng.leader_days.actions.report_kind import REPORTS
from minsheng.leader_days.models import Commitment, CommitmentStep, Period, PeriodStep, Report, ReportStep, Scheme, SchemeStep
from minsheng.leader_days.queries import facts, sight
from minsheng.leader_days.rules.procedures import MAKES
from minsheng.leader_days.rules.reports import ReportState
from minsheng.leader_days.rules.states import CommitmentState, PeriodState, SchemeState, Source

Given = Mapping[str, Any]


def draft_scheme(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> SchemeStep:
    at = at or clock.now()
    scheme = Scheme(id=new_id(at), state=SchemeState.NEW.value, updated_at=at)
    return engine.make(SCHEMES, scheme, "draft_scheme", by=by, given=given, at=at, key=key)


def take_scheme_step(*, scheme_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> SchemeStep:
    return engine.take(SCHEMES, scheme_id, step, by=by, given=given, at=at, key=key)


@transaction.atomic
def draft_period(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> PeriodStep:
    """Two who draft the same number take turns: the scheme is held."""
    at, scheme_id = at or clock.now(), id_or_none(given.get("scheme"))
    Scheme.objects.select_for_update().filter(id=scheme_id).first()
    period = Period(id=new_id(at), state=PeriodState.NEW.value, scheme_id=scheme_id, number=0, updated_at=at)
    PERIODS.begin(period)
    return engine.make(PERIODS, period, "draft_period", by=by, given=given, at=at, key=key)


def take_period_step(*, period_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> PeriodStep:
    return engine.take(PERIODS, period_id, step, by=by, given=given, at=at, key=key)


@transaction.atomic
def commit(*, by: Actor, given: Given, step: str = "record_commitment", key: str = "", at: datetime | None = None,
           signed: bool = False) -> CommitmentStep:
    """A commitment on a case of a period, at its desk or by a meeting's ruling. The period is held: nobody sums it up meanwhile.

    signed: its date stands in minutes that were signed, whatever the calendar has become since (rulings, 47)."""
    at, period_id = at or clock.now(), id_or_none(given.get("period"))
    if step not in MAKES:
        raise Refused(no("no_step", f"“{step}”不能登记承诺"))
    if not sight.periods(by).filter(id=period_id).exists():
        raise Invalid({"period": "没有这一期，或您无权查看，请重新选择"})
    period = Period.objects.select_for_update().get(id=period_id)
    facts.furnish([period])
    desk = next((d for d in period.seats if d.id == id_or_none(given.get("desk")) and d.removed_at is None), None)
    one = Commitment(id=new_id(at), state=CommitmentState.NEW.value, period=period, case_id=id_or_none(given.get("case")), desk=desk,
                     source=Source.DESK.value, updated_at=at, made_on=clocks.local_day(at))
    one.date_signed = signed
    COMMITMENTS.begin(one)
    return engine.make(COMMITMENTS, one, step, by=by, given=given, at=at, key=key)


def take_commitment_step(*, commitment_id: int, step: str, by: Actor, given: Given | None = None, key: str = "",
                         at: datetime | None = None) -> CommitmentStep:
    return engine.take(COMMITMENTS, commitment_id, step, by=by, given=given, at=at, key=key)


@transaction.atomic
def draft_report(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> ReportStep:
    """On a period, on a year, or on all. Two who draft at once take turns: of the same there is one draft."""
    at = at or clock.now()
    in_turn("leader_days.reports")
    one = Report(id=new_id(at), state=ReportState.NEW.value, updated_at=at)
    REPORTS.begin(one)
    return engine.make(REPORTS, one, "draft_report", by=by, given=given, at=at, key=key)


def take_report_step(*, report_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> ReportStep:
    return engine.take(REPORTS, report_id, step, by=by, given=given, at=at, key=key)




@transaction.atomic
def register_call(*, desk_id: int, by: Actor, at: datetime | None = None, **content: Any) -> Any:
    """A call at a desk: an ordinary case with the ids of its period and desk (`cases.actions.create_case` says what `content` is), on the
    desk's own day: nothing is added to a period afterwards."""
    at, desk = at or clock.now(), facts.desk(desk_id)
    period = Period.objects.select_for_update(of=("self",)).get(id=desk.period_id)
    facts.furnish([period])
    open_now = facts.of_period(period, at, scheme_issued=True, waiting=facts.NONE_WAIT).takes_calls and desk.starts <= at
    if not open_now or clocks.local_day(desk.starts) != clocks.local_day(at):
        raise Refused(no("period", f"{period}现在不接听，不能登记为本期来电", "desk"))
    return cases.create_case(by=by, at=at, period_id=period.id, desk_id=desk.id, leader_id=desk.leader_id, **content)
