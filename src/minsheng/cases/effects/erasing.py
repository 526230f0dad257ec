"""A lawful erasure: what was said goes, that it was done stays."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Q

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import case_text, erased_elsewhere
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.marking import mark
from minsheng.cases.effects.requests import rule
from minsheng.cases.models import CallNote, Case, CaseFile, CaseStep, CaseText, OutsideKey, StepKey, StepText
from minsheng.cases.queries import parts
from minsheng.contacts import actions as contacts
from minsheng.files import actions as files
from minsheng.ledger import actions as ledger
from minsheng.messages import actions as messages

GONE = "（个人信息已依法删除）"
ERASES: list[Callable[[Case], None]] = []  # what rooms above keep of a case's words, each taking away its own
LETS_GO: list[Callable[[Case], None]] = []  # and by what a person is known there: of a case that was split, when the last of its parts is erased


def _erased(deed: Deed) -> None:
    case = deed.case
    deed.row.given = {**deed.row.given, "redacted": deed.found["redacted"], **({"reworded": reworded} if (reworded := deed.found["reworded"]) else {})}
    case.title, case.erased, case.contact = GONE, True, None
    mark(case, alarm=None, danger=())  # nobody can look into words that are gone


def take_away(deed: Deed) -> None:
    """Before the step is written: words, salts, files, messages, notes and contact data go, the acts stay (rulings, 14).

    The person's words stand in other cases, too: in those that this was split from, and on orders that it was merged into; in
    all that it was ever merged with offices may have named them.
    """
    case, by = deed.case, deed.by
    redacted = case_text.take_out_of_orders(case, GONE)
    covered, deed.found["reworded"] = erased_elsewhere.cover(case)
    deed.found["redacted"] = redacted | covered
    above = parts.above(case)
    whole = [case.id, *(one.id for one in above)]
    CaseText.objects.filter(case_id__in=whole).update(
        title="", narrative="", masked="", original="", masked_original="", place="", masked_place="", elements={}, masked_elements={},
        words=None, salt=None
    )
    StepText.objects.filter(case_id__in=whole).update(words={}, masked={}, salt=b"")
    StepKey.objects.filter(case_id__in=whole).delete()  # digests of words, without a salt
    OutsideKey.objects.filter(case_id__in=whole).update(digest=None)
    CallNote.objects.filter(case_id__in=whole).update(note="")
    _erase_files(case, whole, by)
    for id_ in whole:
        messages.forget(about=f"case:{id_}", by=by)
        ledger.forget(about=f"case:{id_}", by_id=by.id, by_name=by.name)
    for one in (case, *above):
        for forget in ERASES:
            forget(one)
    for one in (case, *(one for one in above if not parts.left_of(one.id, without=case.id))):
        for forget in LETS_GO:
            forget(one)
    _forget_who(case, above, by)


def _erase_files(case: Case, whole: list[int], by: Actor) -> None:
    """Bytes and names, wherever they hang; a file that a part still needs goes with that part, one that another requester brought to the
    order while their case was merged into it goes with theirs."""
    hang = CaseFile.objects.filter(case_id__in=whole)
    others = CaseFile.objects.filter(case__erased=False).exclude(case_id__in=whole)
    brought = CaseStep.objects.filter(case_id__in=whole, step="from_merged").values("id")
    own = hang.exclude(step_id__in=brought)
    needed = others.filter(Q(case__parent_id__in=whole) | ~Q(file_id__in=own.values("file_id"))).values("file_id")
    for kept in hang.exclude(file_id__in=needed).filter(file__erased_at=None).select_related("file"):
        files.erase(file=kept.file, by=by)
    CaseFile.objects.filter(file_id__in=hang.exclude(file_id__in=needed).values("file_id")).update(masked_name="")
    hang.update(masked_name="")


def _forget_who(case: Case, above: list[Case], by: Actor) -> None:
    whole = Case.objects.filter(id__in=[one.id for one in above])
    whole.update(title=GONE)
    contact = case.contact
    if contact and not Case.objects.filter(contact=contact, erased=False).exclude(id__in=[case.id, *(one.id for one in above)]).exists():
        whole.update(contact=None)
        contacts.erase(contact=contact, by=by)


@effect("erase", before=(take_away,))
def erase(deed: Deed) -> None:
    rule(deed)
    _erased(deed)


@effect("erase_again", before=(take_away,))
def erase_again(deed: Deed) -> None:
    """A restored backup brought back what two persons had erased after it was made."""
    _erased(deed)
