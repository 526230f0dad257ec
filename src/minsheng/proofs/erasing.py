"""What a lawful erasure of a case takes away here: the salts of its leaves. Their hashes and the roots stay (rulings, 70)."""

from __future__ import annotations

from minsheng.cases.effects.erasing import ERASES
from minsheng.cases.models import Case
from minsheng.proofs.models import Opening


def take_away(case: Case) -> None:
    Opening.objects.filter(case_id=case.id).update(salt=b"")


ERASES.append(take_away)
