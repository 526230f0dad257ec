"""Inspections and their points as the engine takes them, and the ways in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.files.step_files import WithFiles
from minsheng.kit import clock, engine
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Invalid, Verdict
from minsheng.oversight import effects
from minsheng.oversight.models import Inspection, InspectionStep, InspectionWords, Point, PointStep, PointWords
from minsheng.oversight.queries import facts as read
from minsheng.oversight.queries import inspections as scopes
from minsheng.oversight.queries import sight
from minsheng.oversight.rules import checks, inspections
from minsheng.oversight.rules.inspections import InspectionFacts, InspectionState, PointFacts, PointState

Given = Mapping[str, Any]
_DRAWS = {"draw_sample", "redraw_sample"}


class Inspections(SteppedKind[Inspection]):
    procedure, effects, fields = inspections.INSPECTION, effects.INSPECTION, inspections.FIELDS
    name, label, model, rows, words = "inspection", "专项督查", Inspection, InspectionStep, InspectionWords
    decided = {"title": "名称", "basis": "依据和重点", "since": "受理日期自", "until": "受理日期至", "unit_id": "主办单位", "category_id": "诉求分类",
               "size": "抽样件数", "members": "督查组成员", "drafters": "拟稿人", "approved_by": "批准人", "seed": "种子", "drawn_at": "抽样时间",
               "pool_size": "范围内件数", "pool_digest": "范围摘要", "sample": "抽到的工单", "looked": "看过没有发现问题的", "ended_at": "结束时间"}
    spoken = {"summary": "summary"}

    def facts(self, subject: Inspection, at: datetime) -> InspectionFacts:
        return scopes.facts_of(subject)

    def sees(self, facts: InspectionFacts, by: Actor) -> Verdict:
        return YES if sight.inspections(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Inspection]) -> dict[str, str]:
        if deed.step.name in _DRAWS:
            deed.found["pool"], deed.found["seed"] = scopes.pool(deed.subject, deed.at), secrets.token_hex(16)
            return inspections.pool(scopes.world(deed.at, pool=len(deed.found["pool"])))
        if deed.step.name == "look_at_case":
            return inspections.looked_at(deed.values, scopes.world(deed.at, unseen=scopes.unseen(deed.subject)))
        return inspections.scope(deed.values, scopes.world(deed.at))


class Points(WithFiles[Point]):
    procedure, effects, fields = inspections.POINT, effects.POINT, inspections.FIELDS
    name, label, model, rows, words = "point", "督查问题", Point, PointStep, PointWords
    decided = {"inspection_id": "所属督查", "case_id": "工单", "unit_id": "整改单位", "due": "整改期限", "ended_at": "了结时间"}
    spoken = {"point": "point", "correction": "correction"}

    def attach(self, subjects: list[Point]) -> None:
        """Of each its inspection and its case: two statements."""
        known = Inspection.objects.defer("pool").in_bulk({one.inspection_id for one in subjects})
        of = Case.objects.in_bulk({one.case_id for one in subjects})
        for one in subjects:
            one.inspection, one.case = known.get(one.inspection_id), of.get(one.case_id)

    def is_erased(self, subject: Point) -> bool:
        return subject.case is not None and subject.case.erased

    def facts(self, subject: Point, at: datetime) -> PointFacts:
        return scopes.facts_of_point(subject)

    def shown_name(self, subject: Point, name: str) -> str:
        return masking.file_name(name, requesters.known_in(subject.case))

    def sees(self, facts: PointFacts, by: Actor) -> Verdict:
        return YES if sight.points(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Point]) -> dict[str, str]:
        return checks.due(deed.values, "due", read.world(deed.at)) if deed.step.name == "send_point" else {}


INSPECTIONS, POINTS = Inspections(), Points()


def draft(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> InspectionStep:
    at, unit = at or clock.now(), id_or_none(given.get("unit"))
    one = Inspection(id=new_id(at), state=InspectionState.NEW.value, unit_id=scopes.known_unit(unit), updated_at=at)
    row: InspectionStep = engine.make(INSPECTIONS, one, "draft_inspection", by=by, given=given, at=at, key=key)
    return row


def take(*, inspection_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> InspectionStep:
    row: InspectionStep = engine.take(INSPECTIONS, inspection_id, step, by=by, given=given, at=at, key=key)
    return row


@transaction.atomic
def note_point(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> PointStep:
    """A member notes a point on a case of the sample. Invalid: the case is not in it, or may not be seen any more."""
    at, inspection_id, case_id = at or clock.now(), id_or_none(given.get("inspection")), id_or_none(given.get("case"))
    one = sight.inspections(by).filter(id=inspection_id).select_for_update(of=("self",)).first()
    case = scopes.sampled(one, by).filter(id=case_id).first() if one is not None else None
    if one is None or case is None:
        raise Invalid({"case": "本次督查没有抽到这件工单，请核对"})
    point = Point(id=new_id(at), state=PointState.NEW.value, inspection=one, case_id=case.id, unit_id=case.lead_id, updated_at=at)
    point.case = case
    row: PointStep = engine.make(POINTS, point, "note_point", by=by, given=given, at=at, key=key)
    return row


def take_point(*, point_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> PointStep:
    row: PointStep = engine.take(POINTS, point_id, step, by=by, given=given, at=at, key=key)
    return row


def unsound() -> list[str]:
    """For `doctor`: samples that do not follow from their seed and the list that they were drawn from."""
    return [f"专项督查 {one.id}：抽样与种子不符" for one in Inspection.objects.exclude(seed="").iterator(20)
            if not inspections.sound(one.seed, one.pool, one.size, one.pool_digest, one.sample)]
