"""What rows of several parts name: states and steps that go together, ends that depend on the case."""

from __future__ import annotations

from minsheng.cases.rules.requests import Request
from minsheng.cases.rules.states import State as S
from minsheng.kit.steps import Step

# `to` of steps whose end depends on the case: BACK the state before the merge; WHEN_LAST withdrawn, unless other requesters stay on
# the order; WHEN_ASKED back into the pile, when the hotline had asked for more. Where nothing moves, the row's clock and limit rest.
BACK, WHEN_LAST, WHEN_ASKED = "back", "when_last", "when_asked"
DEPENDS = {BACK: "并单前的状态", WHEN_LAST: "已撤诉；本单还有其他诉求人的，不变", WHEN_ASKED: "不变；退回补充的，待审核派单"}
Rows = list[Step | Request]
REQUESTED = frozenset({S.PENDING_REVIEW, S.PENDING_SIGN, S.RETURN_REVIEW, S.IN_PROGRESS, S.PARKED, S.PENDING_CHECK})
HANDLED = frozenset({S.IN_PROGRESS, S.PARKED})
# Deeds that others judge. What a request asked for is found by itself: see `_judging`.
SENDING = ("dispatch", "night_dispatch")
UNITS_WORK = ("sign", "contact", "desk_contact", "waive_contact", "field_record", "draft_reply", "reply", "task_reply")


def one(*states: S) -> frozenset[S]:
    return frozenset(states)
