"""Which cases a call was about."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.telephony.erasing import take_away
from minsheng.telephony.models import Call, CallCase


@transaction.atomic
def link(*, call_id: int, case_id: int, by: Actor) -> bool:
    """Whether the call is known. Twice is once. Of a case that was erased while they spoke the voice and the number go as well."""
    if not Call.objects.filter(id=call_id).exists():
        return False
    CallCase.objects.bulk_create([CallCase(call_id=call_id, case_id=case_id, by_id=by.id, at=clock.now())], ignore_conflicts=True)
    if (gone := Case.objects.filter(id=case_id, erased=True).first()) is not None:
        take_away(gone)
    return True
