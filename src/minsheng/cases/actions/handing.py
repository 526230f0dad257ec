"""What upper rooms write on a case: whom follow-up handed a call-back to (rulings, 16)."""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.rules import TaskState
from minsheng.kit.prepared_rows import PreparedRows


def open_tasks(case_id: int) -> int:
    return CaseTask.objects.filter(case_id=case_id, state__in=[s.value for s in TaskState if s.is_open]).count()


@transaction.atomic
def hand_to_clerk(*, case_id: int, clerk: Actor) -> None:
    """Note on the case whom follow-up handed its call-back to. A guard reads it (rulings, 16).

    Whoever was handed it before in this round may still write down the call that they are making: nobody's answers are lost.
    """
    case = _locked(case_id)
    _note(case, (*(i for i in case.marks.clerks if i != clerk.id), clerk.id))


@transaction.atomic
def take_from_clerk(*, case_id: int, clerk: Actor) -> None:
    """The clerk has put the call-back back."""
    case = _locked(case_id)
    _note(case, tuple(i for i in case.marks.clerks if i != clerk.id))


def _locked(case_id: int) -> Case:
    for case in _LOCKED(case_id):
        return case
    raise Case.DoesNotExist


_LOCKED = PreparedRows(lambda: Case.objects.only("marks"), "WHERE id = %s FOR UPDATE")


def _note(case: Case, clerks: tuple[int, ...]) -> None:
    mark(case, clerks=clerks)
    case.save(update_fields=["marks"])
