"""Words that older rules masked are masked anew, the newest cases first, so that lists and search follow the rules as well."""

from __future__ import annotations

import logging

from django.db import transaction

from minsheng.cases.effects import case_text
from minsheng.cases.models import CaseText, Remasked
from minsheng.cases.rules.masking import RULES
from minsheng.kit import clock, outage
from minsheng.kit.each_alone import Broken, each

log = logging.getLogger(__name__)

AT_ONCE = 50  # cases locked together, for less than a tenth of a second
LAST = 2**63 - 1


def remask(*, seconds: float = 900) -> int:
    """How many cases were masked anew, or found to be as the rules want them. Safe to break off and to repeat: it goes on where it stopped.
    A case whose words cannot be masked keeps no other from its turn, and is tried again the next time; kit.each_alone.Broken at the end."""
    at, _ = Remasked.objects.get_or_create(id=1, defaults={"rules": RULES, "below": LAST})
    if at.rules != RULES:
        at.rules, at.below = RULES, LAST
    done, broken, below, until = 0, None, at.below, clock.machine_now().timestamp() + seconds
    while below and clock.machine_now().timestamp() < until:
        ids = _stale(below)
        try:
            done += _masked(ids)
        except Broken as wrong:
            broken = wrong
        below = ids[-1] if ids else 0
        if broken is None:
            at.below = below
            at.save()
    if broken:
        raise broken
    return done


def _stale(below: int) -> list[int]:
    rows = CaseText.objects.filter(case_id__lt=below).exclude(mask_rules=RULES)
    return list(rows.order_by("-case_id").values_list("case_id", flat=True)[:AT_ONCE])


def _masked(ids: list[int]) -> int:
    """Most words hold nothing that other rules mask otherwise: those are looked at and marked together, the others written one by one."""
    same: set[int] = set()
    try:
        with transaction.atomic():
            same = case_text.as_they_are(ids)
    except Exception as wrong:
        if outage.kind_of(wrong):
            raise
        log.error("mask anew: some of %s to %s broke with %s, each is tried alone", ids[-1], ids[0], type(wrong).__name__)
    return len(same) + each([id_ for id_ in ids if id_ not in same], _again, "mask anew")


@transaction.atomic
def _again(case_id: int) -> int:
    case_text.again(case_id)
    return 1
