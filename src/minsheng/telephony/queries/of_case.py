"""Which calls are a case's: filed with it, made about it, or with the number of one of its requesters. What a step that names a call rests on."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q, QuerySet

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries.named_calls import KEEPERS, Keeper
from minsheng.cases.rules.checks import Rung
from minsheng.kit import written_times
from minsheng.telephony.models import Call, CallCase
from minsheng.telephony.rules.words import Direction

_MOST = 20


def keeps() -> bool:
    return settings.TELEPHONY != "none"


def rung(call_id: int, case: Case) -> Rung | None:
    """Three statements; one for a call that is not there."""
    call = Call.objects.filter(id=call_id).first()
    if call is None:
        return None
    cases, numbers = _group(case)
    filed = set(CallCase.objects.filter(call=call_id).values_list("case_id", flat=True))
    theirs = bool(call.number_hash) and bytes(call.number_hash or b"") in numbers
    about = bool(filed & cases) or call.id == case.call_id or call.linkedid.startswith(f"rl-{case.id}-") or (theirs and not filed)
    return Rung(call.arrived_at, call.direction == Direction.OUT, call.connected_at is not None, call.ended_at is not None, about, bool(filed - cases) and not about)


def _group(case: Case) -> tuple[set[int], set[bytes]]:
    """(the case and those merged into it, the numbers of all their requesters)."""
    rows = Case.objects.filter(Q(id=case.id) | Q(master_id=case.id)).values_list("id", "contact__phone_hash")
    return {id_ for id_, _ in rows}, {bytes(number) for _, number in rows if number}


def listed(case: Case) -> list[tuple[int, str]]:
    """Nothing of a call that is another case's: that somebody rang is theirs."""
    cases, numbers = _group(case)
    own = Q(cases__case_id__in=cases) | Q(linkedid__startswith=f"rl-{case.id}-") | Q(id=case.call_id or 0)
    own |= Q(number_hash__in=numbers, direction=Direction.OUT.value, cases=None, arrived_at__gte=case.received_at)
    rows: QuerySet[Call] = Call.objects.filter(own).distinct().order_by("-arrived_at", "-id")
    return [(call.pk, _words(call)) for call in rows[:_MOST]]


def _words(call: Call) -> str:
    at = call.arrived_at.astimezone(clocks.city_calendar().zone)
    return f"{written_times.moment(at)} {Direction(call.direction).label}，{call.get_result_display()}"


def there(ids: Iterable[int]) -> set[int]:
    return set(Call.objects.filter(id__in=list(ids)).values_list("id", flat=True))


KEEPERS.append(Keeper(keeps, rung, listed, there))
