"""What requesters brought whose cases are merged into an order: masked, for whoever works the order. It goes when the merge is undone, or with them
(rulings, 32)."""

from __future__ import annotations

from dataclasses import dataclass

from minsheng.accounts.rules import Actor
from minsheng.cases import rules
from minsheng.cases.models import Case, CaseFile
from minsheng.cases.queries import visibility, words
from minsheng.cases.queries.words import Words
from minsheng.cases.rules import CaseFacts, State
from minsheng.cases.rules.visibility import SEES_PERSONAL
from minsheng.kit.verdict import YES, Verdict, no


@dataclass(frozen=True)
class Joined:
    """`files`: with their masked `name`; those that hang on the order itself are shown there."""

    number: str
    said: Words
    files: list[CaseFile]


def to_order(case: Case, by: Actor, there: list[CaseFile]) -> list[Joined]:
    """`there`: what hangs on the order. Two statements for an order that others are merged into, none for all else."""
    if not case.marks.merged:
        return []
    rows = list(_merged_into(case.id, by).select_related("text", "contact").order_by("id"))
    files: dict[int, list[CaseFile]] = {row.id: [] for row in rows}
    own = {row.id: row for row in rows}
    for kept in _brought(rows).exclude(file_id__in=[one.file_id for one in there]).select_related("file").order_by("id"):
        kept.name = words.name_of(kept, own[kept.case_id], words.MASKED)
        files[kept.case_id].append(kept)
    return [Joined(row.number, words.of_case(row, words.MASKED), files[row.id]) for row in rows]


def file_of(case_id: int, file_id: int, by: Actor) -> tuple[CaseFile | None, Case | None]:
    """(a file that hangs on a case merged into this order, that case)."""
    rows = list(_merged_into(case_id, by))
    kept = _brought(rows).filter(file_id=file_id).select_related("file").first()
    return kept, next((row for row in rows if kept and row.id == kept.case_id), None)


def may_open(kept: CaseFile, facts: CaseFacts, by: Actor) -> Verdict:
    """A photo shows who took it: to those who see personal data, and to no unit where whoever brought it asked for secrecy."""
    if not (answer := rules.sees_personal(facts, by)):
        return answer
    hangs = CaseFile.objects.filter(file_id=kept.file_id).values("case_id")
    if not by.roles & SEES_PERSONAL and Case.objects.filter(id__in=hangs, sealed=True).exists():
        return no("sealed", "诉求人要求保密，附件由热线中心查看")
    return YES


def _merged_into(case_id: int, by: Actor):
    return Case.objects.filter(visibility.kept_from_nobody(by), master_id=case_id, state=State.MERGED, erased=False)


def _brought(rows: list[Case]):
    return CaseFile.objects.filter(case_id__in=[row.id for row in rows], slot="requester", file__erased_at=None)
