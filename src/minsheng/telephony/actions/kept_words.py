"""Words about a call that stay when its case is erased, or that lie in no erasable row: kept without whom they name, as a note of a call is."""

from __future__ import annotations

from minsheng.cases.models import Case
from minsheng.cases.queries.requesters import known_of
from minsheng.cases.rules import masking
from minsheng.telephony.models import CallCase


def of_call(text: str, call_id: int, longest: int) -> str:
    """Masked; at most four statements, none for an empty text."""
    if not (text := text.strip()):
        return ""
    about = CallCase.objects.filter(call_id=call_id).values("case_id")
    return masking.note(text, masking.all_of(known_of(Case.objects.filter(id__in=about)).values()), longest)
