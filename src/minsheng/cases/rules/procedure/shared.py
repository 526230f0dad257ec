"""What rows of several parts name: states and steps that go together, ends that depend on the case."""

from __future__ import annotations

from minsheng.cases.rules.requests import Request
from minsheng.cases.rules.states import State as S
from minsheng.kit.steps import Step

# `to` of steps whose end depends on the case: BACK the state before the merge; WHEN_LAST withdrawn, unless other requesters stay on
# the order; WHEN_ASKED back into the pile, when the hotline had asked for more. Where nothing moves, the row's clock and limit rest.
# A call of leader days that is answered on the spot is called back all the same (rulings, 10): ANSWERED goes there, CLOSES ends it as
# what it is, AGAIN sends what is not solved to a unit for the first time.
BACK, WHEN_LAST, WHEN_ASKED, ANSWERED, CLOSES, AGAIN = "back", "when_last", "when_asked", "answered", "closes", "again"
DEPENDS = {BACK: "并单前的状态", WHEN_LAST: "已撤诉；本单还有其他诉求人的，不变", WHEN_ASKED: "不变；退回补充的，待审核派单",
           ANSWERED: "在线办结；接听日的来电，待回访", CLOSES: "已办结；没有派过单位的，在线办结", AGAIN: "办理中；没有派过单位的，待审核派单"}
_EITHER = {ANSWERED: (S.DIRECT_ANSWERED, S.PENDING_CALLBACK), CLOSES: (S.CLOSED, S.DIRECT_ANSWERED), AGAIN: (S.IN_PROGRESS, S.PENDING_REVIEW)}
Rows = list[Step | Request]
REQUESTED = frozenset({S.PENDING_REVIEW, S.PENDING_SIGN, S.RETURN_REVIEW, S.IN_PROGRESS, S.PARKED, S.PENDING_CHECK})
HANDLED = frozenset({S.IN_PROGRESS, S.PARKED})
# Deeds that others judge. What a request asked for is found by itself: see `_judging`.
SENDING = ("dispatch", "night_dispatch")
UNITS_WORK = ("sign", "contact", "desk_contact", "waive_contact", "field_record", "draft_reply", "reply", "task_reply")
ANSWERS = ("answer", "answer_in_person")  # on the spot
BEFORE_CALLBACK = (*UNITS_WORK, "accept_reply", *ANSWERS)  # what whoever calls back judges


def ends_of(step: Step) -> tuple[S, ...]:
    """The states that the step may lead to, as far as the table says it."""
    return (step.to,) if isinstance(step.to, S) else _EITHER.get(step.to, ())


def one(*states: S) -> frozenset[S]:
    return frozenset(states)
