"""What a lawful erasure of a case takes away here: the words of the slips that rest on it. Their steps, numbers and dates stay."""

from __future__ import annotations

from minsheng.cases.effects.erasing import ERASES, GONE
from minsheng.cases.models import Case
from minsheng.oversight.models import Slip, SlipWords


def take_away(case: Case) -> None:
    mine = Slip.objects.filter(cases__contains=[case.id])
    SlipWords.objects.filter(subject_id__in=mine.values("id")).delete()
    mine.exclude(demand="").update(demand=GONE, answer="", finding="")


ERASES.append(take_away)
