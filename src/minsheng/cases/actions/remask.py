"""Words that older rules masked are masked anew, the newest cases first, so that lists and search follow the rules as well."""

from __future__ import annotations

from django.db import transaction

from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseText
from minsheng.cases.rules.masking import RULES
from minsheng.kit import clock

AT_ONCE = 200


def remask(*, seconds: float = 900) -> int:
    """How many cases were masked anew. One transaction a case: safe to break off and to repeat; it goes on where it stopped.

    The oldest case comes last, so one look at it says whether anything is left.
    """
    if _oldest_is_done():
        return 0
    done, before, until = 0, None, clock.machine_now().timestamp() + seconds
    while ids := _stale(before):
        for case_id in ids:
            if clock.machine_now().timestamp() > until:
                return done
            with transaction.atomic():
                case_text.again(case_id)
            done += 1
        before = ids[-1]
    return done


def _oldest_is_done() -> bool:
    oldest = CaseText.objects.order_by("case_id").values_list("mask_rules", flat=True).first()
    return oldest is None or oldest == RULES


def _stale(before: int | None) -> list[int]:
    rows = CaseText.objects.exclude(mask_rules=RULES)
    rows = rows if before is None else rows.filter(case_id__lt=before)
    return list(rows.order_by("-case_id").values_list("case_id", flat=True)[:AT_ONCE])


def requester_changed(*, contact_id: int) -> int:
    """The requester's name or number was put right: in every case of theirs they are masked as they are called now. How many cases."""
    ids = list(Case.objects.filter(contact_id=contact_id).order_by("id").values_list("id", flat=True))
    for case_id in ids:
        with transaction.atomic():
            case_text.again(case_id)
    return len(ids)
