"""What a lawful erasure of a case takes away here: the recordings of its calls, the number they came from, and what was noted when it was rung back."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from minsheng.cases.effects.erasing import ERASES
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.telephony.actions.recordings import end_of_case
from minsheng.telephony.models import Call, Callback, CallbackTry, CallCase
from minsheng.telephony.rules.words import CallbackState

GONE = b""  # of a number's hash: there was one, and it is not put back when the exchange's ledger is read again


def take_away(case: Case) -> None:
    """The call stays counted. Its number goes with the last case that it was about: until then another case still rests on it."""
    end_of_case(case)
    others = CallCase.objects.filter(call=OuterRef("pk")).exclude(case_id__in=Case.objects.filter(erased=True).values("id")).exclude(case_id=case.id)
    calls = list(Call.objects.select_for_update().filter(cases__case_id=case.id).exclude(Exists(others)).order_by("id").values_list("id", flat=True))
    Call.objects.filter(id__in=calls).update(number_sealed=None, number_hash=GONE, hidden_number=True)
    owed = Callback.objects.filter(call_id__in=calls)
    owed.filter(closed_at=None).update(state=CallbackState.GIVEN_UP.value, closed_at=clock.now(), leased_by=None, leased_until=None)
    owed.update(number_sealed=b"", number_hash=None)
    CallbackTry.objects.filter(callback__in=owed).update(note="")


ERASES.append(take_away)
