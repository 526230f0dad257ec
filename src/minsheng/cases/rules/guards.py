"""Every question that the steps of a case ask: frozen facts in, a `Verdict` out (rulings 6-12)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.rules import callback
from minsheng.cases.rules.callback import Standing
from minsheng.cases.rules.facts import MAX_EXTENSIONS, CaseFacts
from minsheng.cases.rules.states import Ask, State, TaskKind, TaskState
from minsheng.kit.steps import Guard
from minsheng.kit.verdict import YES, Verdict, no

# --- guards: the person and the case ------------------------------------------------------------


def of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit == case.lead.holder else no("not_yours", "本单由其他单位主办")


def works_on_it(case: CaseFacts, by: Actor) -> Verdict:
    """The unit that has the order, or one below that it gave the work to and that has signed: a township rings and visits for itself."""
    below = any(t.unit == by.unit and t.kind != TaskKind.CO and t.state == TaskState.IN_PROGRESS for t in case.tasks)
    return YES if by.unit and (by.unit == case.lead.holder or below) else no("not_yours", "本单由其他单位主办；二次派单的，签收任务后才能记录")


def not_of_the_lead(case: CaseFacts, by: Actor) -> Verdict:
    """Who judges is not of the unit that is judged (rulings, 35)."""
    return no("own_unit", "本单由您所在单位承办，须由他人办理") if by.unit and by.unit in case.lead.path else YES


def not_of_either(case: CaseFacts, by: Actor) -> Verdict:
    """The return reviewer belongs neither to the unit that returns nor to the one proposed."""
    if by.unit and (by.unit in case.lead.path or by.unit in case.requests.proposed_path):
        return no("own_unit", "您属于争议一方单位，须由他人裁定")
    return YES


def own_draft(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.agent in (0, by.id) else no("not_yours", "草稿由其他话务员登记，请先点“接手草稿”")


def others_draft(case: CaseFacts, by: Actor) -> Verdict:
    """Whoever is on the shift goes on with what was sent back to somebody who is not there; the record says so."""
    return no("yours", "这份草稿本来就由您补充") if case.agent in (0, by.id) else YES


def submitted_by_me_just_now(case: CaseFacts, by: Actor) -> Verdict:
    """A wrong submit is the agent's own to mend for ten minutes, before a dispatcher has read it."""
    if case.agent != by.id:
        return no("not_yours", "由其他话务员登记；请派单员退回补充")
    late = not case.now or not case.submitted_at or case.now - case.submitted_at > timedelta(minutes=10)
    return no("too_late", "提交已超过 10 分钟，派单员可能已在处理；请派单员退回补充") if late else YES


def not_left(case: CaseFacts, by: Actor) -> Verdict:
    return no("left", "这位诉求人已撤回本人的诉求") if case.merge.left else YES


def nobody_left(case: CaseFacts, by: Actor) -> Verdict:
    left = case.merge.left and not case.merge.count
    return YES if left else no("somebody_left", "本单还有诉求人没有撤回")


def order_lets(states: frozenset[State]) -> Guard:
    """Of a case that is merged: does the order that is handled lie where this may be asked?"""

    def order_lets(case: CaseFacts, by: Actor) -> Verdict:
        if case.state != State.MERGED or case.merge.order_state in states:
            return YES
        return no("state", f"合并办理的主单当前为“{case.merge.order_state.label if case.merge.order_state else '不明'}”，不能办这一项")

    return order_lets


def not_rung(case: CaseFacts, by: Actor) -> Verdict:
    """Who can be rung is rung; who left no number, or a wrong one, answers on the page (rulings, 33)."""
    waits = case.callback.mine is not None and case.callback.mine.standing in {Standing.NO_NUMBER, Standing.NUMBER}
    return YES if waits else no("rung", "留了号码的，由热线打电话回访")


def sent_by_me_just_now(case: CaseFacts, by: Actor) -> Verdict:
    """A wrong dispatch is the dispatcher's own to mend for a minute, while nobody has signed."""
    if case.lead.sent_by != by.id or not case.now or not case.lead.sent_at or case.now - case.lead.sent_at > timedelta(minutes=1):
        return no("nothing_to_undo", "只能撤回本人一分钟内派出的；要改派，请单位申请退单，或由协调员收回")
    signed = any(t.state != TaskState.PENDING_SIGN for t in case.tasks if t.state.is_open)
    return no("signed", "协办单位已签收，不能撤回；要改派，由协调员收回") if signed else YES


def not_rated(case: CaseFacts, by: Actor) -> Verdict:
    return no("rated", "您已经评价过，谢谢。想改的，请拨打 12345") if case.callback.rated else YES


def own_case(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.case_id == case.id else no("not_yours", "请用受理编号和查询码打开本人的诉求")


def not_own_deed(label: str, judged: Mapping[str, str]) -> Guard:
    """Nobody rules on, checks, calls back or counts their own deed, in whatever role it was done (rulings, 35).

    label   of the step that judges
    judged  step -> label of every deed that it judges
    """

    def another_person(case: CaseFacts, by: Actor) -> Verdict:
        own = next((said for step, said in judged.items() if by.id and by.id in case.doers(step)), "")
        return no("two_persons", f"本单的“{own}”是您办的，须由他人{label}") if own else YES

    another_person.judged = tuple(judged.values())  # type: ignore[attr-defined]
    return another_person


# --- guards: the case ------------------------------------------------------------


def category_set(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.category else no("category", "请先选定诉求分类", "category")


def elements_complete(case: CaseFacts, by: Actor) -> Verdict:
    """Missing elements cause most returns: they are asked for before dispatch (rulings, 39). They never hold an urgent case."""
    if case.missing_elements and not case.elements_waived and not case.urgent:
        return no("elements", "要素缺少：" + "、".join(case.missing_elements) + "。请补齐，或写明无法补齐的原因", "elements")
    return YES


def elements_lacking(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.missing_elements and not case.elements_waived else no("elements", "要素齐全，无需豁免")


def urgent_at_night(case: CaseFacts, by: Actor) -> Verdict:
    """Urgent orders may not wait for a reviewer at night (rulings, 8)."""
    if not case.urgent:
        return no("not_urgent", "不是紧急工单，由派单员审核派单")
    return no("office_time", "上班时间由派单员审核派单") if case.is_office_time else YES


def awaits_post_review(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.night_dispatched and not case.night_reviewed else no("no_night_dispatch", "不是夜间直派工单，或已补审")


def not_bound(case: CaseFacts, by: Actor) -> Verdict:
    """A rejected return or a duty finding shuts the return of the named unit (rulings, 7)."""
    return no("bound", "职责已裁定由本单位承办，不得再次退单") if case.lead.holder in case.lead.bound or case.lead.unit in case.lead.bound else YES


def sign_limit_not_passed(case: CaseFacts, by: Actor) -> Verdict:
    """Past the limit the unit is the first recipient (rulings, 7; 吕梁)."""
    return no("late_to_sign", "已超过签收时限，按首接负责制不得退单，请签收办理") if case.lead.is_late_to_sign else YES


def nothing_pending(*asks: Ask) -> Guard:
    def none_waiting(case: CaseFacts, by: Actor) -> Verdict:
        waiting = [a for a in asks if a in case.requests.pending]
        return no("pending", f"{waiting[0].label}申请正在等待裁定") if waiting else YES

    none_waiting.__name__ = "no_pending_" + "_".join(a.value for a in asks)
    return none_waiting


def is_pending(ask: Ask) -> Guard:
    def waiting(case: CaseFacts, by: Actor) -> Verdict:
        return YES if ask in case.requests.pending else no("not_asked", f"没有待裁定的{ask.label}申请")

    waiting.__name__ = f"{ask.value}_is_pending"
    waiting.rules_on = f"ask_{ask.value}"  # type: ignore[attr-defined]
    return waiting


def extension_left(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.requests.extensions < MAX_EXTENSIONS else no("extensions", f"已延期 {MAX_EXTENSIONS} 次，不能再申请")


def before_expiry(case: CaseFacts, by: Actor) -> Verdict:
    return no("overdue", "已超过办理时限，延期须在到期前申请") if case.lead.is_overdue else YES


def contact_allowed(case: CaseFacts, by: Actor) -> Verdict:
    """A sealed order is contacted through the desk (rulings, 11)."""
    return no("sealed", "要求保密工单：请由热线中心转接联系") if case.sealed else YES


def contact_through_desk(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.sealed else no("not_sealed", "不是保密工单，由承办单位直接联系")


def contacted_or_waived(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.reply.contacted or case.reply.contact_waived else no("no_contact", "还没有联系诉求人的记录；无需或无法联系的，请写明理由")


def evidence_present(case: CaseFacts, by: Actor) -> Verdict:
    """Evidence by kind of matter (rulings, 12)."""
    if case.evidence in {"field", "photo"} and not case.reply.field_record:
        return no("evidence", "本类事项需要现场办理记录")
    if case.evidence == "photo" and not case.reply.photo:
        return no("evidence", "本类事项需要现场照片")
    return YES


def reply_drafted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.reply.is_drafted else no("no_draft", "经办人还没有起草答复")


def tasks_finished(case: CaseFacts, by: Actor) -> Verdict:
    waiting = [t for t in case.tasks if t.state.is_open]
    return no("tasks", f"还有 {len(waiting)} 项协办或二次派单未完成") if waiting else YES


def statutory_over(case: CaseFacts, by: Actor) -> Verdict:
    return no("statutory", "法定程序尚未结束，请先登记结果") if case.statutory else YES


def in_statutory(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.statutory else no("not_statutory", "本单不在法定程序中")


def handed_to_me(case: CaseFacts, by: Actor) -> Verdict:
    """The clerk may not pick which orders to call (rulings, 13): follow-up hands them out."""
    return YES if by.id and by.id in case.callback.clerks else no("not_handed", "回访对象由系统分派，请在“回访”页取下一个")


def everybody_done(case: CaseFacts, by: Actor) -> Verdict:
    """Every requester of the case is called back, or lawfully not reached (rulings, 33)."""
    lack = callback.lacking(case.callback.parties) if case.callback.parties else "还没有回访任何诉求人"
    return no("no_callback", lack) if lack else YES


def tried_enough(case: CaseFacts, by: Actor) -> Verdict:
    """As `everybody_done`, for an end without an answer from anybody."""
    answer = everybody_done(case, by)
    if not answer:
        return no("tries", answer.reason)
    reached = any(p.standing.was_reached for p in case.callback.parties)
    return no("reached", "已有诉求人接受或拒绝回访，请用“办结”") if reached else YES


def called_back(case: CaseFacts, by: Actor) -> Verdict:
    if not (answer := everybody_done(case, by)):
        return answer
    reached = any(p.standing.was_reached for p in case.callback.parties)
    return YES if reached else no("no_callback", "诉求人都没有联系上，请用“未接通办结”")


def nobody_unhappy(case: CaseFacts, by: Actor) -> Verdict:
    """Any “not solved” goes to a review by a person (rulings, 9)."""
    return no("unhappy", "诉求人表示未解决或不满意，请提请重办审核") if any(p.is_unhappy for p in case.callback.parties) else YES


def number_lacks(case: CaseFacts, by: Actor) -> Verdict:
    """Somebody is to be called back whose number was wrong, or who left none."""
    lacks = any(p.standing in {Standing.NUMBER, Standing.NO_NUMBER} for p in case.callback.parties)
    return YES if lacks else no("number_known", "每位诉求人都有号码可以拨打")


def number_was_wrong(case: CaseFacts, by: Actor) -> Verdict:
    wrong = any(p.standing == Standing.NUMBER for p in case.callback.parties)
    return YES if wrong else no("number_known", "没有诉求人的号码等待补充")


def no_way_to_ring(case: CaseFacts, by: Actor) -> Verdict:
    """The lawful branch is for who left no number, and for matters on which a call would do harm (rulings, 33)."""
    if any(p.standing == Standing.NO_NUMBER for p in case.callback.parties):
        return YES
    open_to_all = case.restriction.on and any(not p.standing.is_done for p in case.callback.parties)
    return YES if open_to_all else no("number_known", "诉求人有号码可以拨打，请回访")


def not_master(case: CaseFacts, by: Actor) -> Verdict:
    return no("is_master", f"已有 {case.merge.count} 件诉求并入本单，请先撤销并单") if case.merge.count else YES


def decline_unconfirmed(case: CaseFacts, by: Actor) -> Verdict:
    return no("confirmed", "不予受理已确认") if case.decline_confirmed else YES


def not_excluded(case: CaseFacts, by: Actor) -> Verdict:
    return no("excluded", "本单已剔除") if case.excluded else YES


def not_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return no("restricted", "本单已限制知悉范围") if case.restriction.on else YES


def is_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.restriction.on else no("not_restricted", "本单未限制知悉范围")


def no_reader_left(case: CaseFacts, by: Actor) -> Verdict:
    return no("not_over", "限制尚未到期") if case.restriction.readers else YES


def not_erased(case: CaseFacts, by: Actor) -> Verdict:
    return no("erased", "个人信息已依法删除，本单不再办理；有新情况请另行登记") if case.erased else YES


def not_sealed(case: CaseFacts, by: Actor) -> Verdict:
    return no("sealed", "本单已要求保密") if case.sealed else YES


def not_urgent_yet(case: CaseFacts, by: Actor) -> Verdict:
    return no("urgent", "已是紧急工单") if case.urgent else YES


def is_urgent(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.urgent else no("not_urgent", "本单没有标为紧急")


def alarm_raised(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.alarm else no("no_alarm", "没有需要处置的险情提示")


def restriction_unconfirmed(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.restriction.on and case.restriction.unconfirmed else no("confirmed", "没有等待确认的限制知悉")


def complaint_named(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.complaint.unit else no("not_named", "本单没有标明被反映单位")


def lead_is_of_the_line(case: CaseFacts, by: Actor) -> Verdict:
    """The tree has changed since: the unit complained of has become the lead, or the lead the unit complained of (rulings, 30)."""
    return YES if case.lead.unit in case.complaint.line else no("not_of_line", "主办单位不属被反映单位")


def tasks_are_of_the_line(case: CaseFacts, by: Actor) -> Verdict:
    held = any(t.state.is_open and t.unit in case.complaint.line for t in case.tasks)
    return YES if held else no("not_of_line", "没有任务在被反映单位手上")


# --- guards: tasks ------------------------------------------------------------


def task_in(*states: TaskState) -> Guard:
    def task_stands(case: CaseFacts, by: Actor) -> Verdict:
        if case.task is None:
            return YES if any(t.state in states for t in case.tasks) else no("no_task", "没有可办的协办或二次派单任务")
        return YES if case.task.state in states else no("task_state", f"任务状态为“{case.task.state.label}”")

    task_stands.__name__ = "task_" + "_or_".join(states)
    return task_stands


def task_of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    if not case.tasks:
        return no("no_task", "没有协办或二次派单任务")
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.unit == by.unit for t in mine) else no("not_yours", "任务不属于您的单位")


def task_given_by_us(kind: TaskKind) -> Guard:
    def given_here(case: CaseFacts, by: Actor) -> Verdict:
        mine = [case.task] if case.task else case.tasks
        ours = any(t.given_by_unit == by.unit and t.kind == kind for t in mine)
        return YES if ours else no("no_task", f"没有由您单位派出的{kind.label}任务")

    given_here.__name__ = f"{kind.value}_task_given_by_us"
    return given_here


def task_is_co(case: CaseFacts, by: Actor) -> Verdict:
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.kind == TaskKind.CO for t in mine) else no("no_task", "没有协办任务")
