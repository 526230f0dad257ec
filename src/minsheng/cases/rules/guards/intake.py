"""What is asked before a draft is amended, submitted or declined."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("本人登记的草稿")
def own_draft(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.agent in (0, by.id) else no("not_yours", "草稿由其他话务员登记，请先点“接手草稿”")


@asks("其他话务员的草稿")
def others_draft(case: CaseFacts, by: Actor) -> Verdict:
    """Whoever is on the shift goes on with what was sent back to somebody who is not there; the record says so."""
    return no("yours", "这份草稿本来就由您补充") if case.agent in (0, by.id) else YES


@asks("本人刚提交的（10 分钟内）")
def submitted_by_me_just_now(case: CaseFacts, by: Actor) -> Verdict:
    """A wrong submit is the agent's own to mend for ten minutes, before a dispatcher has read it."""
    if case.agent != by.id:
        return no("not_yours", "由其他话务员登记；请派单员退回补充")
    late = not case.now or not case.submitted_at or case.now - case.submitted_at > timedelta(minutes=10)
    return no("too_late", "提交已超过 10 分钟，派单员可能已在处理；请派单员退回补充") if late else YES


@asks("没有关联重开")
def not_reopened(case: CaseFacts, by: Actor) -> Verdict:
    """What was registered anew is handled there: two open orders about one thing would be answered twice."""
    return no("reopened", "已关联重开为新单，在新单上办理；这一件请确认不予受理") if case.marks.reopened is not None else YES


@asks("不予受理尚未确认")
def decline_unconfirmed(case: CaseFacts, by: Actor) -> Verdict:
    return no("confirmed", "不予受理已确认") if case.marks.decline_ok else YES
