"""The objection as the engine takes it: what it asks and what is ruled goes onto the case by the case's own steps (rulings, 76)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import actions as cases
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.files.step_files import WithFiles
from minsheng.kit import clock, engine
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import YES, Invalid, Verdict
from minsheng.month_end import effects
from minsheng.month_end.models import Assessment, Objection, ObjectionStep, ObjectionWords
from minsheng.month_end.queries import facts, sight
from minsheng.month_end.rules import objections
from minsheng.month_end.rules.objections import ObjectionFacts, ObjectionState, Want

_ON_THE_CASE = {"grant_exclusion_objection": "grant_exclusion", "correct_figure": "refuse_exclusion", "refuse_objection": "refuse_exclusion"}


class Objections(WithFiles[Objection]):
    procedure, effects, fields = objections.OBJECTION, effects.OBJECTION, objections.FIELDS
    name, label, model, rows, words = "objection", "异议", Objection, ObjectionStep, ObjectionWords
    decided = {"assessment_id": "考核期", "case_id": "工单", "unit_id": "单位", "measure": "指标", "want": "要求", "asked_by": "提出人", "asked_name": "提出人",
               "raised_at": "提出时间", "ruled_at": "裁定时间", "ruled_by": "裁定人", "correction": "更正说明"}
    spoken = {"reason": "reason", "ruling": "ruling"}

    def attach(self, subjects: list[Objection]) -> None:
        """Of each its period and its case: two statements."""
        known = Assessment.objects.in_bulk({one.assessment_id for one in subjects})
        about = Case.objects.in_bulk({one.case_id for one in subjects})
        for one in subjects:
            one.assessment, one.case = known[one.assessment_id], about.get(one.case_id)

    def is_erased(self, subject: Objection) -> bool:
        """The words go with those of the case; that they may is in the history of the case."""
        return subject.case is not None and subject.case.erased

    def facts(self, subject: Objection, at: datetime) -> ObjectionFacts:
        return facts.of_objection(subject, at)

    def shown_name(self, subject: Objection, name: str) -> str:
        return masking.file_name(name, requesters.known_in(subject.case))

    def sees(self, facts: ObjectionFacts, by: Actor) -> Verdict:
        return YES if sight.objections(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Objection]) -> dict[str, str]:
        if deed.step.name != "raise_objection":
            return {}
        return objections.wrong(deed.step.name, deed.values, facts.objection_world(deed.subject, deed.values.get("measure", ""), deed.by))

    def gather(self, deed: Deed[Objection]) -> None:
        """What is asked and ruled of an exclusion is a step of the case, by the same person; who may not take it there, may not here."""
        one, name = deed.subject, deed.step.name
        waits = facts.exclusion_waits(one.case_id)
        owed = waits or (name == "grant_exclusion_objection" and one.case is not None and not one.case.excluded)
        if name == "raise_objection" and deed.values["want"] == Want.EXCLUDE and not waits:
            words = f"{deed.values['reason']}（{one.assessment}核对异议）"
            cases.take_step(case_id=one.case_id, step="ask_exclusion", by=deed.by, given={"reason": words}, at=deed.at)
        elif name in _ON_THE_CASE and one.want == Want.EXCLUDE and owed:
            cases.take_step(case_id=one.case_id, step=_ON_THE_CASE[name], by=deed.by, given={"ruling": deed.values["ruling"]}, at=deed.at)


OBJECTIONS = Objections()


@transaction.atomic
def raise_one(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> ObjectionStep:
    """On a case of the list behind a figure of the reader's own unit, or of one below it. The period is held: two who object to the same at
    once take turns, and nobody begins the review meanwhile."""
    at, period_id, case_id = at or clock.now(), id_or_none(given.get("assessment")), id_or_none(given.get("case"))
    period = sight.assessments(by).filter(id=period_id).select_for_update().first()
    if period is None:
        raise Invalid({"assessment": "没有这个考核期，或您无权查看，请从考核表进入"})
    unit = facts.figure_with(period, str(given.get("measure", "")), case_id or 0, sight.own_units(by))
    one = Objection(id=new_id(at), state=ObjectionState.NEW.value, assessment=period, case_id=case_id or 0, unit_id=unit or by.unit, updated_at=at)
    one.case = Case.objects.filter(id=one.case_id).first()
    row: ObjectionStep = engine.make(OBJECTIONS, one, "raise_objection", by=by, given=given, at=at, key=key)
    return row


def take(*, objection_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "", at: datetime | None = None) -> ObjectionStep:
    row: ObjectionStep = engine.take(OBJECTIONS, objection_id, step, by=by, given=given, at=at, key=key)
    return row
