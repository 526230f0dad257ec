"""What a lawful erasure of a case takes away here: the recordings of its calls, the number they came from, and what was noted when it was rung back."""

from __future__ import annotations

from collections.abc import Iterable

from minsheng.cases.effects.erasing import LETS_GO
from minsheng.cases.models import Case
from minsheng.cases.queries import parts
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.telephony.actions.recordings import end_of_case
from minsheng.telephony.models import Call, Callback, CallbackTry, CallCase
from minsheng.telephony.rules.words import CallbackState

GONE = b""  # of a number's hash: there was one, and it is not put back when the exchange's ledger is read again


def take_away(case: Case) -> None:
    """The call stays counted. Its number goes with the last case that it was about: until then another case still rests on it."""
    end_of_case(case)
    held = Call.objects.select_for_update().filter(cases__case_id=case.id).order_by("id").values_list("id", flat=True)
    calls = sorted(set(held) - _rested_on(held, case))
    Call.objects.filter(id__in=calls).update(number_sealed=None, number_hash=GONE, hidden_number=True)
    owed = Callback.objects.filter(call_id__in=calls)
    owed.filter(closed_at=None).update(state=CallbackState.GIVEN_UP.value, closed_at=clock.now(), leased_by=None, leased_until=None)
    owed.update(number_sealed=b"", number_hash=None)
    CallbackTry.objects.filter(callback__in=owed).update(note="")


def _rested_on(calls: Iterable[int], gone: Case) -> set[int]:
    """Of these calls those that are about another case that is not erased; one that was split is, when all its parts are."""
    about = list(CallCase.objects.filter(call__in=list(calls)).exclude(case_id=gone.id).values_list("call_id", "case_id"))
    kept = {row.id: row for row in Case.objects.filter(id__in={case for _, case in about}, erased=False).only("id", "state")}
    whole = {id_ for id_, row in kept.items() if row.state == State.SPLIT and not parts.left_of(id_, without=gone.id)}
    return {call for call, case in about if case in kept.keys() - whole}


LETS_GO.append(take_away)
