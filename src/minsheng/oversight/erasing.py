"""What a lawful erasure of a case takes away here: the words and files of everything that is about it, the sketches of its replies. Steps, numbers
and dates stay."""

from __future__ import annotations

from minsheng.accounts.rules import clock_actor
from minsheng.cases.effects.erasing import ERASES, GONE
from minsheng.cases.models import Case
from minsheng.files import step_files
from minsheng.oversight.models import (
    Duty,
    DutyWords,
    Finding,
    FindingStep,
    FindingWords,
    Instruction,
    InstructionWords,
    Point,
    PointStep,
    PointWords,
    ReplyPrint,
    Slip,
    SlipStep,
    SlipWords,
)

BY = clock_actor("依法删除")


def take_away(case: Case) -> None:
    mine = Slip.objects.filter(cases__contains=[case.id])
    SlipWords.objects.filter(subject_id__in=mine.values("id")).delete()
    step_files.take_away(SlipStep, mine.values_list("id", flat=True), BY)
    mine.exclude(demand="").update(demand=GONE, answer="", finding="")
    found = Finding.objects.filter(case_id=case.id)
    FindingWords.objects.filter(subject_id__in=found.values("id")).delete()
    step_files.take_away(FindingStep, found.values_list("id", flat=True), BY)
    found.update(evidence=GONE, reason="")
    ReplyPrint.objects.filter(case_id=case.id).update(sketch=[])
    points = Point.objects.filter(case_id=case.id)
    PointWords.objects.filter(subject_id__in=points.values("id")).delete()
    step_files.take_away(PointStep, points.values_list("id", flat=True), BY)
    points.update(point=GONE, correction="")
    told = Instruction.objects.filter(cases__contains=[case.id])
    InstructionWords.objects.filter(subject_id__in=told.values("id")).delete()
    told.update(title=GONE, report="", leader="", instruction="", feedback="")
    duties = Duty.objects.filter(cases__contains=[case.id])
    DutyWords.objects.filter(subject_id__in=duties.values("id")).delete()
    duties.update(matter=GONE, duty_post="", measures="", feedback="", finding="", organ="")


ERASES.append(take_away)
