"""What the requester of a merged case says reaches the order that is handled; an order ends when its last requester has withdrawn.

Rulings, 32. The step is the requester's own, on their own case; here the order hears of it, with the requester's words under masks.
"""

from __future__ import annotations

from minsheng.accounts.rules import clock_actor
from minsheng.cases import queries, rules
from minsheng.cases.actions.take import take_step
from minsheng.cases.effects import case_text
from minsheng.cases.effects.context import FOLLOWS, Deed
from minsheng.cases.models import Case
from minsheng.cases.rules import State, masking
from minsheng.cases.rules.fields import SAID

_ANSWERS = ("contacted", "solved", "satisfaction", "dissatisfaction")


def reach_the_order(deed: Deed) -> None:
    """The order hears what was said on a case that is merged into it, and ends when nobody is left."""
    of = deed.facts.merge
    goes_on = of.order_state is not None and of.order_state.is_open  # what has ended hears nothing more
    if deed.row.frm == State.MERGED and deed.step.name in dict(SAID) and goes_on and Case.objects.filter(id=of.master, erased=False).exists():
        take_step(case_id=of.master, step="from_merged", by=clock_actor("并单转达"), at=deed.at, given=_said(deed))
    for order in dict.fromkeys((of.master, deed.case.id)):
        if order in deed.held:
            _end_alone(deed.held[order], deed)


def _said(deed: Deed) -> dict:
    """The step and its codes as they are; of the words no name and no number goes with them."""
    codes = {name: deed.values[name] for name in _ANSWERS if name in deed.values}
    words = deed.values.get("addition") or deed.values.get("reason", "")
    masked = masking.cover(words, case_text.people_of(deed.case))
    answered = {"outcome": "answered"} if deed.step.name == "answer_callback" else {}
    return {"party": deed.case.id, "said": deed.step.name, "addition": masked, **answered, **codes}


def _end_alone(order: Case, deed: Deed) -> None:
    """The order's own requester has withdrawn, and nobody is merged into it any more. The step has it locked: it is as it was left."""
    if order.marks.left and State(order.state).is_open and not order.marks.merged:
        take_step(case_id=order.id, step="all_withdrew", by=clock_actor("全部撤回"), at=deed.at)


def come_apart(deed: Deed) -> None:
    """A case that stands alone again: while it was merged its own unit may have been complained of, in the order (rulings, 30)."""
    reach_the_order(deed)
    if deed.case.complained_line is not None:
        for step in rules.held_by_line(queries.facts_of(Case.objects.get(id=deed.case.id), deed.at)):
            take_step(case_id=deed.case.id, step=step, by=clock_actor("回避"), at=deed.at, given={"why": "并单期间标明的被反映单位正是承办单位"})


FOLLOWS.update({**dict.fromkeys(dict(SAID), reach_the_order), "unmerge": come_apart})
