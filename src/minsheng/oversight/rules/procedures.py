"""The procedure of a slip, one row a step. Pure.

Nothing leads out of PROPOSED or DRAFT to the unit but a signature by who did not draft, and a number: no step of the clock does.
"""

from __future__ import annotations

from typing import Any

from minsheng.accounts.rules import Role as R
from minsheng.kit.steps import Procedure, Step
from minsheng.oversight.rules import guards as g
from minsheng.oversight.rules.states import SlipState as S


def _in(*states: Any) -> frozenset[Any]:
    return frozenset(states)


SLIP = Procedure([
    Step("propose_slip", "拟出建议", _in(S.NEW), S.PROPOSED, R.CLOCK, (), ("kind", "unit", "rung", "cases?", "slips?")),
    Step("draft_slip", "起草", _in(S.NEW), S.DRAFT, R.SUPERVISOR, (g.outside_unit,), ("kind", "unit", "rung", "cases", "demand", "answer_due")),
    Step("take_up_slip", "采用并拟稿", _in(S.PROPOSED), S.DRAFT, R.SUPERVISOR, (g.outside_unit,), ("demand", "answer_due")),
    Step("amend_slip", "修改", _in(S.DRAFT), None, R.SUPERVISOR, (g.outside_unit,), ("demand", "answer_due"), rests_on=("take_up_slip", "amend_slip")),
    Step("sign_slip", "签发", _in(S.DRAFT), S.SIGNED, R.SUPERVISOR, (g.has_ground, g.acted_on, g.not_drafted_by_me, g.outside_unit), rests_on=("take_up_slip", "amend_slip")),
    Step("recall_slip", "退回拟稿", _in(S.SIGNED), S.DRAFT, R.SUPERVISOR, (g.outside_unit,), ("reason",)),
    Step("issue_slip", "登记文号并送达", _in(S.SIGNED), S.ISSUED, R.COORDINATOR, (g.acted_on, g.outside_unit), ("doc_number",)),
    Step("acknowledge_slip", "签收", _in(S.ISSUED), S.ACKNOWLEDGED, R.UNIT_LIAISON, (g.of_unit,)),
    Step("answer_slip", "回复", _in(S.ACKNOWLEDGED), S.ANSWERED, R.UNIT_APPROVER, (g.of_unit,), ("answer", "files?")),
    Step("return_answer", "退回重新回复", _in(S.ANSWERED), S.ACKNOWLEDGED, R.SUPERVISOR, (g.outside_unit,), ("reason", "new_due"), rests_on=("answer_slip",)),
    Step("accept_answer", "审核通过", _in(S.ANSWERED), S.ENDED, R.SUPERVISOR, (g.outside_unit,), ("finding",), rests_on=("answer_slip",)),
    Step("drop_slip", "不发", _in(S.PROPOSED, S.DRAFT), S.DROPPED, R.SUPERVISOR, (g.outside_unit,), ("reason",)),
    Step("withdraw_slip", "撤销", _in(S.ISSUED, S.ACKNOWLEDGED, S.ANSWERED), S.WITHDRAWN, R.SUPERVISOR, (g.not_drafted_by_me, g.outside_unit), ("reason",)),
])
