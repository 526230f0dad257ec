"""What is asked before a case is dispatched, merged, restricted or made urgent."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.cases.rules.states import TaskState
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("本人一分钟内派出、尚无人签收")
def sent_by_me_just_now(case: CaseFacts, by: Actor) -> Verdict:
    """A wrong dispatch is the dispatcher's own to mend for a minute, while nobody has signed."""
    if case.lead.sent_by != by.id or not case.now or not case.lead.sent_at or case.now - case.lead.sent_at > timedelta(minutes=1):
        return no("nothing_to_undo", "只能撤回本人一分钟内派出的；要改派，请单位申请退单，或由协调员收回")
    signed = any(t.state != TaskState.PENDING_SIGN for t in case.tasks if t.state.is_open)
    return no("signed", "协办单位已签收，不能撤回；要改派，由协调员收回") if signed else YES


@asks("知道并入了哪一件")
def order_known(case: CaseFacts, by: Actor) -> Verdict:
    """A history that was brought in says “merged” and seldom into what."""
    return YES if case.merge.master else no("no_order", "导入的工单没有写明并入哪一件，不能撤销；诉求人还要办的，请另行登记")


@asks("已定分类")
def category_set(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.category else no("category", "请先选定诉求分类", "category")


@asks("要素齐全或已豁免")
def elements_complete(case: CaseFacts, by: Actor) -> Verdict:
    """Missing elements cause most returns: they are asked for before dispatch (rulings, 39). They never hold an urgent case."""
    if case.marks.missing and not case.marks.waived and not case.urgent:
        return no("elements", "要素缺少：" + "、".join(case.marks.missing) + "。请补齐，或写明无法补齐的原因", "elements")
    return YES


@asks("要素缺少")
def elements_lacking(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.marks.missing and not case.marks.waived else no("elements", "要素齐全，无需豁免")


@asks("紧急且在下班时间")
def urgent_at_night(case: CaseFacts, by: Actor) -> Verdict:
    """Urgent orders may not wait for a reviewer at night (rulings, 8)."""
    if not case.urgent:
        return no("not_urgent", "不是紧急工单，由派单员审核派单")
    return no("office_time", "上班时间由派单员审核派单") if case.is_office_time else YES


@asks("夜间直派待补审")
def awaits_post_review(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.marks.night and not case.marks.night_ok else no("no_night_dispatch", "不是夜间直派工单，或已补审")


@asks("未限制知悉")
def not_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return no("restricted", "本单已限制知悉范围") if case.restriction.on else YES


@asks("未标紧急")
def not_urgent_yet(case: CaseFacts, by: Actor) -> Verdict:
    return no("urgent", "已是紧急工单") if case.urgent else YES


@asks("已标紧急")
def is_urgent(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.urgent else no("not_urgent", "本单没有标为紧急")


@asks("有险情提示未处置")
def alarm_raised(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.alarm else no("no_alarm", "没有需要处置的险情提示")


@asks("登记时限制知悉、尚未确认")
def restriction_unconfirmed(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.restriction.on and case.restriction.unconfirmed else no("confirmed", "没有等待确认的限制知悉")


@asks("已标明被反映单位")
def complaint_named(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.complaint.unit else no("not_named", "本单没有标明被反映单位")
