"""What upper rooms write on a case: whom follow-up handed a call-back to (rulings, 16)."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.rules import TaskState


def open_tasks(case_id: int) -> int:
    return CaseTask.objects.filter(case_id=case_id, state__in=[s.value for s in TaskState if s.is_open]).count()


@transaction.atomic
def hand_to_clerk(*, case_id: int, clerk: Actor | None) -> None:
    """Note on the case whom follow-up handed its call-back to; None: nobody. A guard reads it (rulings, 16)."""
    case = Case.objects.select_for_update().get(id=case_id)
    case.marks = {**case.marks, "clerk": clerk.id if clerk else 0}
    case.save(update_fields=["marks"])
