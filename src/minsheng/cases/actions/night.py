"""The shift leader's short way: an urgent matter is classified, marked and sent in one go, and reviewed by somebody else (rulings, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.actions.take import take_step
from minsheng.cases.models import CaseStep
from minsheng.kit import engine

OF_TRIAGE = ("category", "kind", "district", "urgent", "reason")


@transaction.atomic
def send(*, case_id: int, by: Actor, given: Mapping[str, Any]) -> CaseStep:
    """`triage` for what differs from the case, then `night_dispatch` with the rest, or neither. Both stand in the history."""
    case = queries.get(case_id, by)
    known = {"category": case.category.code if case.category else "", "kind": case.kind, "district": case.district_id, "urgent": case.urgent}
    changed = {n: given[n] for n in OF_TRIAGE if given.get(n) not in (None, "") and str(given[n]) != str(known.get(n))}
    sending = {n: v for n, v in given.items() if n not in OF_TRIAGE}
    if changed:
        seen = {engine.AS_OF: sending.pop(engine.AS_OF, "")}  # what the page showed is before this deed's own first half
        take_step(case_id=case_id, step="triage", by=by, given=changed | seen)
    return take_step(case_id=case_id, step="night_dispatch", by=by, given=sending)
