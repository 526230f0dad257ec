"""What a lawful erasure of a case takes away here: the inspector's note of a second call."""

from __future__ import annotations

from django.db.models import Q

from minsheng.cases.effects.erasing import ERASES
from minsheng.cases.models import Case
from minsheng.followup.models import Recheck


def take_away(case: Case) -> None:
    Recheck.objects.filter(Q(case_id=case.id) | Q(party_id=case.id)).update(note="")


ERASES.append(take_away)
