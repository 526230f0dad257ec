"""What is asked before a unit returns, contacts, replies or asks for more time."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import FIELD_EVIDENCE, MAX_EXTENSIONS, PHOTO_EVIDENCE, CaseFacts
from minsheng.cases.rules.states import Kind, TaskKind, TaskState
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("本单位主办，或已签收二次派单")
def works_on_it(case: CaseFacts, by: Actor) -> Verdict:
    """The unit that has the order, or one below that it gave the work to and that has signed: a township rings and visits for itself."""
    below = any(t.unit == by.unit and t.kind != TaskKind.CO and t.state == TaskState.IN_PROGRESS for t in case.tasks)
    return YES if by.unit and (by.unit == case.lead.holder or below) else no("not_yours", "本单由其他单位主办；二次派单的，签收任务后才能记录")


@asks("不属争议任何一方")
def not_of_either(case: CaseFacts, by: Actor) -> Verdict:
    """The return reviewer belongs neither to the unit that returns nor to the one proposed."""
    if by.unit and (by.unit in case.lead.path or by.unit in case.requests.proposed_path):
        return no("own_unit", "您属于争议一方单位，须由他人裁定")
    return YES


@asks("未被裁定必须承办")
def not_bound(case: CaseFacts, by: Actor) -> Verdict:
    """A rejected return or a duty finding shuts the return of the named unit, and of its sections (rulings, 7)."""
    own = {case.lead.holder, case.lead.unit, *case.lead.body}
    return no("bound", "职责已裁定由本单位承办，不得再次退单") if own & case.lead.bound else YES


@asks("未超签收时限")
def sign_limit_not_passed(case: CaseFacts, by: Actor) -> Verdict:
    """Past the limit the unit is the first recipient (rulings, 7; 吕梁)."""
    return no("late_to_sign", "已超过签收时限，按首接负责制不得退单，请签收办理") if case.lead.is_late_to_sign else YES


@asks("延期未满两次")
def extension_left(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.requests.extensions < MAX_EXTENSIONS else no("extensions", f"已延期 {MAX_EXTENSIONS} 次，不能再申请")


@asks("未超办理时限")
def before_expiry(case: CaseFacts, by: Actor) -> Verdict:
    return no("overdue", "已超过办理时限，延期须在到期前申请") if case.lead.is_overdue else YES


@asks("非保密工单")
def contact_allowed(case: CaseFacts, by: Actor) -> Verdict:
    """A sealed order is contacted through the desk (rulings, 11)."""
    return no("sealed", "要求保密工单：请由热线中心转接联系") if case.sealed else YES


@asks("保密工单由热线代为联系")
def contact_through_desk(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.sealed else no("not_sealed", "不是保密工单，由承办单位直接联系")


@asks("已联系或写明不联系的理由")
def contacted_or_waived(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.reply.contacted or case.reply.contact_waived else no("no_contact", "还没有联系诉求人的记录；无需或无法联系的，请写明理由")


@asks("佐证齐备（按事项）")
def evidence_present(case: CaseFacts, by: Actor) -> Verdict:
    """Evidence by kind of matter (rulings, 12, 100)."""
    if case.evidence in FIELD_EVIDENCE and not case.reply.field_record:
        return no("evidence", "本类事项需要现场办理记录")
    if case.evidence in PHOTO_EVIDENCE and not case.reply.photo:
        return no("evidence", "本类事项需要现场照片")
    if case.evidence == "position" and not case.reply.position:
        return no("evidence", "本类事项需要到场位置：请再记一次现场办理，允许手机取位置；取不到的写明原因")
    return YES


@asks("已起草答复")
def reply_drafted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.reply.is_drafted else no("no_draft", "经办人还没有起草答复")


@asks("协办与二次派单已完成")
def tasks_finished(case: CaseFacts, by: Actor) -> Verdict:
    waiting = [t for t in case.tasks if t.state.is_open]
    return no("tasks", f"还有 {len(waiting)} 项协办或二次派单未完成") if waiting else YES


@asks("法定程序已结束")
def statutory_over(case: CaseFacts, by: Actor) -> Verdict:
    return no("statutory", "法定程序尚未结束，请先登记结果") if case.statutory else YES


@asks("在法定程序中")
def in_statutory(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.statutory else no("not_statutory", "本单不在法定程序中")


@asks("未剔除")
def not_excluded(case: CaseFacts, by: Actor) -> Verdict:
    return no("excluded", "本单已剔除") if case.excluded else YES


@asks("是建议")
def is_suggestion(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.kind is Kind.SUGGEST else no("not_suggestion", "只有建议才写采纳不采纳")


@asks("还没有写过采纳情况")
def not_weighed_yet(case: CaseFacts, by: Actor) -> Verdict:
    return no("weighed", "采纳情况已经告知诉求人") if case.marks.adopted is not None else YES
