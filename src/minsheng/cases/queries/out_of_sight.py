"""Who must not have a case, and what must be gone: looked for by `doctor`, by the random walks and after a storm.

Each function yields one sentence for each case that breaks it, at most `MOST`; none of them writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from django.db.models import Exists, OuterRef, Q

from minsheng.accounts.rules import Role
from minsheng.cases.models import CallNote, Case, CaseFile, CaseTask, CaseText, StepText
from minsheng.cases.queries import parts
from minsheng.cases.queries.facts import line_of
from minsheng.cases.rules import WITH_UNIT, State, TaskState
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.org import queries as org

MOST = 20
_BY_ITSELF = [step.name for step in PROCEDURE if step.who is Role.CLOCK and not step.message.carried]  # codes, no person's words
_HOLDS = frozenset({*WITH_UNIT, State.RETURN_REVIEW})


def held_by_the_line(database: str = "default") -> Iterator[str]:
    """No unit of the line of a unit complained of handles the case, or a task of it (rulings, 30). Two statements."""
    tree = org.tree()
    cases = {case.id: case for case in Case.objects.using(database).filter(closed_at=None).exclude(complained_line=None)
             .only("id", "number", "state", "lead_id", "complained_unit_id", "complained_line")}
    lines = {id_: line_of(tree, case.complained_unit_id, case.complained_line) for id_, case in cases.items()}
    handled = (f"{case.number} 由被反映的单位办理" for id_, case in cases.items() if State(case.state) in _HOLDS and case.lead_id in lines[id_])
    tasks = CaseTask.objects.using(database).filter(case_id__in=cases, state__in=[s.value for s in TaskState if s.is_open])
    sliced = (f"{cases[task.case_id].number} 有任务在被反映的单位手上" for task in tasks.order_by("id") if task.unit_id in lines[task.case_id])
    yield from islice(chain(handled, sliced), MOST)


def not_forgotten(database: str = "default") -> Iterator[str]:
    """After a lawful erasure the case's rows hold no word that somebody typed, and no file, and what it was split from not what was asked
    (rulings, 14). Six statements, and one for each time that something was split."""
    gone = Case.objects.using(database).filter(erased=True)
    whole = parts.with_an_erased_part(gone.exclude(parent_id=None).values_list("parent_id", flat=True), database)
    said = CaseText.objects.using(database).filter(Q(case_id__in=gone.values("id")) | Q(case_id__in=whole)).exclude(
        title="", narrative="", masked="", original="", masked_original="", place="", masked_place="", elements={}, masked_elements={})
    typed = StepText.objects.using(database).filter(case_id__in=gone.values("id")).exclude(words={}, masked={}).exclude(step__step__in=_BY_ITSELF)
    hang = CaseFile.objects.using(database).filter(case_id__in=gone.values("id"))
    needed = CaseFile.objects.using(database).filter(file_id=OuterRef("file_id"), case__erased=False)  # by a part that is not erased
    found = {
        "诉求内容": said.values_list("case_id", flat=True),
        "办理过程里写的话": typed.values_list("case_id", flat=True),
        "附件": hang.filter((Q(file__erased_at=None) & ~Exists(needed)) | ~Q(masked_name="")).values_list("case_id", flat=True),
        "通话记录": CallNote.objects.using(database).filter(case_id__in=gone.values("id")).exclude(note="").values_list("case_id", flat=True),
        "诉求人": gone.exclude(contact=None).values_list("id", flat=True),
    }
    left = {what: sorted({id_ for id_ in ids.order_by()[:MOST] if id_ is not None}) for what, ids in found.items()}
    rows = Case.objects.using(database).filter(id__in=set().union(*left.values())) if any(left.values()) else ()
    names = {row.id: f"{row.number} {'已' if row.erased else '拆出的有一件已'}依法删除" for row in rows}
    yield from islice((f"{names[id_]}，{what}还在" for what, ids in left.items() for id_ in ids), MOST)


ALL = (held_by_the_line, not_forgotten)
