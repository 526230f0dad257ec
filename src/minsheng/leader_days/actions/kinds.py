"""Scheme, period and commitment as the engine takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import Model

from minsheng.accounts import queries as accounts
from minsheng.accounts.rules import Actor, Role
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.files.step_files import WithFiles
from minsheng.kit.engine import Deed
from minsheng.kit.in_turn import in_turn
from minsheng.kit.stepped import SteppedKind, plain
from minsheng.kit.verdict import YES, Refused, Verdict, no
from minsheng.leader_days import effects
from minsheng.leader_days.actions import naming, told_owners, told_signups
from minsheng.leader_days.actions.report_kind import REPORTS
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
from minsheng.leader_days.queries import facts as read
from minsheng.leader_days.queries import sight
from minsheng.leader_days.rules import checks, procedures
from minsheng.leader_days.rules.facts import CommitmentFacts, PeriodFacts, SchemeFacts
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.reminding import BY_NAME
from minsheng.org import queries as org


def _world(deed: Deed[Any], **more: Any) -> checks.World:
    cal = clocks.city_calendar()
    return checks.World(clocks.local_day(deed.at), cal.zone, lambda on: cal.day(on).works, read.handling_units(), **more)


class Schemes(SteppedKind[Scheme]):
    procedure, effects, fields = procedures.SCHEME, effects.SCHEME, FIELDS
    name, label, model, rows, words = "scheme", "方案", Scheme, SchemeStep, SchemeWords
    decided = {"name": "名称", "year": "年度", "aim": "目的", "topics": "主题范围", "units": "参加单位", "since": "开始", "until": "结束",
               "drafters": "起草人"}

    def facts(self, subject: Scheme, at: datetime) -> SchemeFacts:
        return read.of_scheme(subject)

    def check(self, deed: Deed[Scheme]) -> dict[str, str]:
        return checks.scheme(deed.values, _world(deed))


class Periods(SteppedKind[Period]):
    procedure, effects, fields = procedures.PERIOD, effects.PERIOD, FIELDS
    name, label, model, rows, words = "period", "接听日期次", Period, PeriodStep, PeriodWords
    decided = {"scheme_id": "方案", "number": "期号", "theme": "主题", "drafters": "起草人", "starts": "开始", "announced_at": "公告时间",
               "announced_by": "公告签发人", "held_at": "接听结束", "closed_at": "总结时间", "summary": "总结",
               "cancelled_at": "取消时间", "cancel_notice": "取消的对外说明"}
    beside_words = {"desks": "接听席", "notices": "通告"}

    def attach(self, subjects: list[Period]) -> None:
        read.furnish(subjects)

    def begin(self, subject: Period) -> None:
        subject.seats, subject.published = [], []

    def sealed_beside(self, subject: Period) -> Mapping[str, Any]:
        """Desks and notices lie in tables of their own: who changes a row there by hand is found."""
        return {"desks": [_row(one, "unit_id", "leader_id", "leader_name", "deputy", "seat", "theme", "starts", "ends") for one in subject.seats
                          if one.removed_at is None],
                "notices": [_row(one, "medium", "outlet", "text", "published_on", "views") for one in subject.published]}

    def facts(self, subject: Period, at: datetime) -> PeriodFacts:
        return read.of_period(subject, at)

    def sees(self, facts: PeriodFacts, by: Actor) -> Verdict:
        return YES if sight.periods(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Period]) -> dict[str, str]:
        name, values, period = deed.step.name, deed.values, deed.subject
        if name == "draft_period":
            scheme = Scheme.objects.filter(id=values.get("scheme", 0)).first()
            taken = Period.objects.filter(scheme_id=values.get("scheme", 0), number=values.get("number", 0)).exists()
            return checks.period(values, _world(deed, number_taken=taken, scheme_days=_days(scheme)))
        if name == "add_desk":
            return checks.desk(values, deed.facts, self._desk_world(deed))
        if name == "note_notice":
            return checks.notice(values, _world(deed))
        if name == "remove_desk":
            return checks.removed(values, deed.facts)
        known = {one.id for one in period.published}
        return {"notice": "本期没有这条通告，请刷新页面"} if name == "count_views" and values.get("notice", 0) not in known else {}

    def tells(self, deed: Deed[Period]) -> list[Model]:
        """When it is cancelled, whoever handed in a topic for it, left a number and has had no answer yet."""
        return told_signups.of_cancelled(deed.subject) if deed.step.name == "cancel_period" else []

    def _desk_world(self, deed: Deed[Period]) -> checks.World:
        """One leader's desks are looked at by one arrangement at a time, in whichever period it is."""
        leader = deed.values.get("leader", 0)
        in_turn(f"leader_days.desks:{leader}")
        held = accounts.roles_among([leader]).get(leader, frozenset())
        unit = accounts.units_of([leader]).get(leader, 0)
        deed.subject.named_leader = accounts.names([leader]).get(leader, "")
        others = tuple(read.desk_facts(one) for one in Desk.objects.filter(leader_id=leader, removed_at=None))
        scheme = Scheme.objects.filter(id=deed.subject.scheme_id).first()
        return _world(deed, leader_path=org.tree().path(unit) if Role.LEADER in held else None, other_desks=others, scheme_days=_days(scheme))




def _row(one: Any, *names: str) -> list[Any]:
    return [one.id, *(plain(getattr(one, name)) for name in names)]


def _days(scheme: Scheme | None) -> Any:
    return (scheme.since, scheme.until) if scheme else None


class Commitments(WithFiles[Commitment]):
    procedure, effects, fields = procedures.COMMITMENT, effects.COMMITMENT, FIELDS
    name, label, model, rows, words = "commitment", "承诺事项", Commitment, CommitmentStep, CommitmentWords
    decided = {"period_id": "所属期", "case_id": "工单", "desk_id": "接听席", "source": "承诺于", "met_on": "协调会日期", "made_on": "承诺日期",
               "owner_unit_id": "责任单位", "first_due": "原兑现日期", "due": "兑现日期", "extensions": "延期次数", "waiting": "待裁定",
               "asked_by": "申请人", "asked_due": "申请的兑现日期", "done_on": "完成日期", "cause": "未按期的原因", "ended_at": "核验时间",
               "ended_by": "核验人", "drafted_by": "拟稿人", "published_at": "首次公开", "corrected_at": "更正", "published_due": "公开的兑现日期",
               "told_stage": "已提醒到", "told_due": "提醒的兑现日期"}
    spoken = {"what": "what", "owner": "owner", "proof": "proof", "finding": "finding", "draft_matter": "public_matter",
              "draft_progress": "public_progress", "public_matter": "signed_matter", "public_progress": "signed_progress"}

    def attach(self, subjects: list[Commitment]) -> None:
        """Of each its period, furnished, and its case: four statements."""
        periods = {one.id: one for one in Period.objects.filter(id__in={one.period_id for one in subjects})}
        read.furnish(periods.values())
        known = {case.id: case for case in Case.objects.filter(id__in={one.case_id for one in subjects})}
        for one in subjects:
            one.period, one.case = periods[one.period_id], known.get(one.case_id)

    def begin(self, subject: Commitment) -> None:
        """Its period is on it, furnished."""
        subject.case = Case.objects.filter(id=subject.case_id).first()

    def is_erased(self, subject: Commitment) -> bool:
        """The words go with those of the case; that they may is in the history of the case."""
        return subject.case is not None and subject.case.erased

    def facts(self, subject: Commitment, at: datetime) -> CommitmentFacts:
        return read.of_commitment(subject, subject.period, at, subject.case)

    def shown_name(self, subject: Commitment, name: str) -> str:
        return masking.file_name(name, requesters.known_in(subject.case))

    def sees(self, facts: CommitmentFacts, by: Actor) -> Verdict:
        return YES if sight.commitments(by).filter(id=facts.id).exists() else self.missing()

    def tells(self, deed: Deed[Commitment]) -> list[Model]:
        """What the clock says of it is kept with the step: once, whatever is killed."""
        return told_owners.of_stage(deed) if deed.step.name in BY_NAME else []

    def gather(self, deed: Deed[Commitment]) -> None:
        if deed.step.name == "sign_public" and read.had_a_hand(CommitmentStep, deed.subject.id, deed.by, ("draft_public",), "sign_public"):
            raise Refused(no("own", "您参与了拟稿，公开内容须由另一人签发"))

    def check(self, deed: Deed[Commitment]) -> dict[str, str]:
        return naming.of_commitment(deed) | self._fields_wrong(deed)

    def _fields_wrong(self, deed: Deed[Commitment]) -> dict[str, str]:
        name, values, one = deed.step.name, deed.values, deed.subject
        if name in procedures.MAKES:
            desk = next((d for d in one.period.seats if d.id == one.desk_id), None)
            seen = read.case_seen(values.get("case", 0), one.period_id, desk, deed.by)
            world = _world(deed, case=seen)
            return checks.commitment(values, deed.facts, replace(world, works=lambda on: True) if one.date_signed else world)
        if name in {"prove", "note_late_delivery"}:
            return checks.proof(values, one.made_on, _world(deed))
        return checks.extension(values, deed.facts, _world(deed)) if name == "ask_extension" else {}


SCHEMES, PERIODS, COMMITMENTS = Schemes(), Periods(), Commitments()
ALL = (SCHEMES, PERIODS, COMMITMENTS, REPORTS)
