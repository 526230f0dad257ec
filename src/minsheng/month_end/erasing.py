"""What a lawful erasure of a case takes away here: words and files of its objections. That one was raised, and how it was ruled, stays.
And what is kept as long as one waits: what was said on the telephone."""

from __future__ import annotations

from minsheng.accounts.rules import clock_actor
from minsheng.cases.effects.erasing import ERASES, GONE
from minsheng.cases.models import Case
from minsheng.files import step_files
from minsheng.month_end.models import Objection, ObjectionStep, ObjectionWords
from minsheng.month_end.rules.objections import ObjectionState
from minsheng.telephony.actions.recordings import EVIDENCE


def take_away(case: Case) -> None:
    mine = Objection.objects.filter(case_id=case.id)
    ObjectionWords.objects.filter(subject_id__in=mine.values("id")).delete()
    step_files.take_away(ObjectionStep, mine.values_list("id", flat=True), clock_actor("依法删除"))
    mine.update(reason=GONE, ruling="")


ERASES.append(take_away)
EVIDENCE.append(lambda: Objection.objects.filter(state=ObjectionState.RAISED.value).values("case_id"))
