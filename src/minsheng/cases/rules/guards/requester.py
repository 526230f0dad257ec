"""What is asked before the requester, or an agent for them, adds, urges, rates or withdraws."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.callback import Standing
from minsheng.cases.rules.facts import CaseFacts
from minsheng.cases.rules.states import State
from minsheng.kit.steps import Guard, asks
from minsheng.kit.verdict import YES, Verdict, no


def order_lets(states: frozenset[State]) -> Guard:
    """Of a case that is merged: does the order that is handled lie where this may be asked?"""

    @asks("已并单的，主单也在上列状态")
    def order_lets(case: CaseFacts, by: Actor) -> Verdict:
        if case.state != State.MERGED or case.merge.order_state in states:
            return YES
        return no("state", f"合并办理的主单当前为“{case.merge.order_state.label if case.merge.order_state else '不明'}”，不能办这一项")

    return order_lets


@asks("没有可拨打的号码")
def not_rung(case: CaseFacts, by: Actor) -> Verdict:
    """Who can be rung is rung; who left no number, or a wrong one, answers on the page (rulings, 33)."""
    waits = case.callback.mine is not None and case.callback.mine.standing in {Standing.NO_NUMBER, Standing.NUMBER}
    return YES if waits else no("rung", "留了号码的，由热线打电话回访")


@asks("还没有评价过")
def not_rated(case: CaseFacts, by: Actor) -> Verdict:
    return no("rated", "您已经评价过，谢谢。想改的，请拨打 12345") if case.callback.rated else YES


@asks("本人的诉求")
def own_case(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.case_id == case.id else no("not_yours", "请用受理编号和查询码打开本人的诉求")


@asks("未要求保密")
def not_sealed(case: CaseFacts, by: Actor) -> Verdict:
    return no("sealed", "本单已要求保密") if case.sealed else YES
