"""What a lawful erasure of a case takes away here: the words of the slips that rest on it and of the findings on its replies, the sketches
of these. Steps, numbers and dates stay."""

from __future__ import annotations

from minsheng.cases.effects.erasing import ERASES, GONE
from minsheng.cases.models import Case
from minsheng.oversight.models import Finding, FindingWords, ReplyPrint, Slip, SlipWords


def take_away(case: Case) -> None:
    mine = Slip.objects.filter(cases__contains=[case.id])
    SlipWords.objects.filter(subject_id__in=mine.values("id")).delete()
    mine.exclude(demand="").update(demand=GONE, answer="", finding="")
    found = Finding.objects.filter(case_id=case.id)
    FindingWords.objects.filter(subject_id__in=found.values("id")).delete()
    found.update(evidence=GONE, reason="")
    ReplyPrint.objects.filter(case_id=case.id).update(sketch=[])


ERASES.append(take_away)
