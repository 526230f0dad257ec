"""Leads for the media as the engine takes them, and their doors. What is written is masked before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import case_text, clocks
from minsheng.cases.models import Case
from minsheng.cases.rules import masking
from minsheng.kit import clock, engine
from minsheng.kit.each_alone import each
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Invalid, Refused, Verdict
from minsheng.leader_days.actions import told_media
from minsheng.leader_days.effects import media as effects
from minsheng.leader_days.models import MediaLead, MediaLeadStep, MediaLeadWords, Period
from minsheng.leader_days.queries import media as read
from minsheng.leader_days.queries import sight
from minsheng.leader_days.rules import media as rules
from minsheng.leader_days.rules.fields import FIELDS

_MASKED = ("headline", "lead_text", "followed", "reason", "unit_told")


class Leads(SteppedKind[MediaLead]):
    procedure, effects, fields = rules.LEAD, effects.LEAD, FIELDS
    name, label, model, rows, words = "lead", "报道线索", MediaLead, MediaLeadStep, MediaLeadWords
    decided = {"period_id": "期", "case_id": "工单", "asked_at": "征询时间", "unit_told_at": "告知承办单位", "approved_at": "批准时间",
               "approved_by": "批准人", "outlet": "媒体", "published_on": "刊播日期", "link": "刊播链接", "ended_at": "终止时间"}
    spoken = {"asked_by": "asked_by", "call_no": "call_no", "headline": "headline", "text": "lead_text", "unit_told": "unit_told",
              "followed": "followed", "reason": "reason"}

    def attach(self, subjects: list[MediaLead]) -> None:
        read.furnish(subjects)

    def begin(self, subject: MediaLead) -> None:
        read.furnish([subject])

    def is_erased(self, subject: MediaLead) -> bool:
        return subject.case is not None and subject.case.erased

    def facts(self, subject: MediaLead, at: datetime) -> rules.LeadFacts:
        return read.of(subject)

    def sees(self, facts: rules.LeadFacts, by: Actor) -> Verdict:
        return YES if read.seen_by(by).filter(id=facts.id).exists() else self.missing()

    def tells(self, deed: Deed[MediaLead]) -> list[Model]:
        return told_media.of_end(deed)

    def check(self, deed: Deed[MediaLead]) -> dict[str, str]:
        """Words are masked here, before they lie anywhere: by the one place that masks, with everybody known who asks in the case."""
        lead = deed.subject
        for name in _MASKED:
            if name in deed.values:
                deed.values[name] = masking.note(deed.values[name], case_text.people_of(lead.case), FIELDS[name].longest)
        received = lead.case.received_at if lead.case else None
        doubled = MediaLead.objects.filter(case_id=lead.case_id, state__in=read.RUNS).exclude(id=lead.id).exists()
        ended = read.consent_ended_at(lead.case_id) if deed.step.name == "propose_lead" else None
        return rules.check(deed.step.name, deed.values, rules.LeadWorld(deed.at, clocks.local_day(deed.at), received, doubled, lead.asked_at, ended))


LEADS = Leads()


@transaction.atomic
def propose_lead(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> MediaLeadStep:
    """The case is held: two who propose it take turns. Invalid: it is none of the period's that the proposer sees."""
    at, period_id, case_id = at or clock.now(), id_or_none(given.get("period")), id_or_none(given.get("case"))
    if not sight.periods(by).filter(id=period_id).exists():
        raise Invalid({"period": "没有这一期，或您无权查看，请重新选择"})
    if not cases.visible(by).filter(id=case_id or 0, period_id=period_id).exists():
        raise Invalid({"case": "没有这个本期的工单，或您无权查看，请核对编号"})
    Case.objects.select_for_update().get(id=case_id)
    one = MediaLead(id=new_id(at), state=rules.LeadState.NEW.value, period=Period.objects.get(id=period_id), case_id=case_id, updated_at=at)
    LEADS.begin(one)
    return engine.make(LEADS, one, "propose_lead", by=by, given=given, at=at, key=key)


def stop_unfit(*, at: datetime | None = None) -> int:
    """Leads of cases that have become restricted, sealed, a lawsuit end by the clock; returns how many. Safe to repeat."""
    return each(list(read.no_longer_fit().items()), lambda one: _stop(*one, at), "stop of leads")


def _stop(lead_id: int, why: str, at: datetime | None) -> bool:
    try:
        take_lead_step(lead_id=lead_id, step="stop_lead", by=clock_actor("报道线索"), given={"reason": why}, at=at)
    except Refused:  # somebody else ended it
        return False
    return True


def take_lead_step(*, lead_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "",
                   at: datetime | None = None) -> MediaLeadStep:
    return engine.take(LEADS, lead_id, step, by=by, given=given, at=at, key=key)
