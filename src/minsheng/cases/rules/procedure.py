"""PROCEDURE: every step of a case, one row each. The law and practice as docs/rulings.md reads them.

Of a row the first line is the procedure: who, from where to where, what shuts it, what it needs, its clock; the second what it says to
the requester, by message, on the desk (`readers`). docs/procedure.md and docs/permissions.md are generated from this table. A new step is a row here, a guard in guards.py if it needs
one, and one named example in tests/rules. What is asked for and ruled on is one `Request`: it makes its three steps.
"""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from dataclasses import replace

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import ENDED, OPEN, SUBMITTED, Ask, Clock, TaskKind, TaskState
from minsheng.cases.rules import State as S
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.readers import BAR, CLOCK, FORM, MAIN, NOBODY, SILENT, Citizen, Desk, Message, Place, Says, own
from minsheng.cases.rules.requests import GOES_ON, Request, Ruling, steps_of
from minsheng.kit.steps import Procedure, Step

# `to` of steps whose end depends on the case: BACK the state before the merge; WHEN_LAST withdrawn, unless other requesters stay on
# the order; WHEN_ASKED back into the pile, when the hotline had asked for more. Where nothing moves, the row's clock and limit rest.
BACK, WHEN_LAST, WHEN_ASKED = "back", "when_last", "when_asked"
DEPENDS = {BACK: "并单前的状态", WHEN_LAST: "已撤诉；本单还有其他诉求人的，不变", WHEN_ASKED: "不变；退回补充的，待审核派单"}
Rows = list[Step | Request]
_REQUESTED = frozenset({S.PENDING_REVIEW, S.PENDING_SIGN, S.RETURN_REVIEW, S.IN_PROGRESS, S.PARKED, S.PENDING_CHECK})
_HANDLED = frozenset({S.IN_PROGRESS, S.PARKED})
# Deeds that others judge. What a request asked for is found by itself: see `_judging`.
_SENDING = ("dispatch", "night_dispatch")
_UNITS_WORK = ("sign", "contact", "desk_contact", "waive_contact", "field_record", "draft_reply", "reply", "task_reply")


def _one(*states: S) -> frozenset[S]:
    return frozenset(states)


_INTAKE: Rows = [
    Step("register", "登记", _one(S.START), S.DRAFT, R.AGENT,
         citizen=SILENT, message=NOBODY, desk=FORM),
    Step("register_online", "在线登记", _one(S.START), S.DRAFT, R.REQUESTER,
         citizen=SILENT, message=NOBODY, desk=FORM),
    Step("amend", "修改草稿", _one(S.DRAFT), None, R.AGENT, (g.own_draft,), ("title?", "narrative?", "place?", "district?", "category?", "kind?", "elements?", "urgent?"),
         citizen=SILENT, message=NOBODY, desk=Desk(edits=True)),
    Step("submit", "提交派单", _one(S.DRAFT), S.PENDING_REVIEW, R.AGENT, (g.own_draft,), ("reason?",), clock=Clock.RESUME, limit="review",
         citizen=own("热线已受理您的诉求"), message=Message("accepted", alone=True, apart=True), desk=MAIN),
    Step("take_over", "接手草稿", _one(S.DRAFT), None, R.AGENT, (g.others_draft,), ("reason?",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("hand_draft", "移交草稿", _one(S.DRAFT), None, R.SHIFT_LEADER, (), ("agent", "reason?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("unsubmit", "撤回修改", _one(S.PENDING_REVIEW), S.DRAFT, R.AGENT, (g.submitted_by_me_just_now, g.not_master, g.nothing_pending(Ask.CONSULT)), (), clock=Clock.STOP,
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("submit_online", "在线提交", _one(S.DRAFT), S.PENDING_REVIEW, R.REQUESTER, limit="review",
         citizen=own("热线已收到您的诉求"), message=Message("accepted", alone=True, apart=True), desk=FORM),
    Step("answer", "直接答复", _one(S.DRAFT), S.DIRECT_ANSWERED, R.AGENT, (g.own_draft, g.not_master), ("answer", "article?", "no_article?"),
         citizen=own("话务员已当场答复", Says("answer", "答复"), reply=True), message=NOBODY, desk=BAR),
    Step("transfer", "转接", _one(S.DRAFT), S.TRANSFERRED, R.AGENT, (g.own_draft, g.not_master), ("target", "target_answered?", "reason?"),
         citizen=own("已为您转接专门渠道", Says("target", "转接到")), message=NOBODY, desk=BAR),
    Step("decline", "不予受理", _one(S.DRAFT), S.DECLINED, R.AGENT, (g.own_draft, g.not_master), ("decline_reason", "told", "target?", "target_answered?"),
         citizen=own("该诉求依规不予受理，理由已告知", Says("told", "告知的内容"), reply=True), message=NOBODY, desk=BAR),
    Step("confirm_decline", "确认不予受理", _one(S.DECLINED), None, R.DISPATCHER, (g.decline_unconfirmed,), ("reason?",), judges=("decline",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.DISPATCH, main=True, said="已确认不予受理。")),
    Step("overturn_decline", "改为受理", _one(S.DECLINED), S.PENDING_REVIEW, R.DISPATCHER, (g.decline_unconfirmed,), ("reason",), limit="review", judges=("decline",),
         citizen=own("经复核，您的诉求已受理"), message=NOBODY, desk=Desk(Place.DISPATCH, said="已改为受理，回到待派单。")),
    Step("reopen", "关联重开", _one(S.CLOSED, S.DIRECT_ANSWERED, S.DECLINED, S.TERMINATED, S.WITHDRAWN), None, R.AGENT, (), ("reason", "narrative", "title?", "kind?", "category?", "place?"), hands_on=("narrative", "title", "kind", "category", "place"),
         citizen=own("因有新情况，已重新登记"), message=NOBODY, desk=BAR),
]

_REVIEW: Rows = [
    Step("ask_more", "退回补充", _one(S.PENDING_REVIEW), S.DRAFT, R.DISPATCHER, (g.nothing_pending(Ask.CONSULT),), ("reason",), clock=Clock.STOP,
         citizen=own("请您补充情况", Says("reason", "请您补充")), message=Message("asked_more", alone=True), desk=Desk(key="b", leaves=True)),
    Step("waive_elements", "要素豁免", _one(S.PENDING_REVIEW), None, R.DISPATCHER, (g.elements_lacking,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="w")),
    Step("revise", "修正登记", _one(S.PENDING_REVIEW), None, R.DISPATCHER, (), ("category?", "kind?", "district?", "place?", "elements?", "title?"),
         citizen=SILENT, message=NOBODY, desk=Desk(key="e", edits=True)),
    Step("dispatch", "派单", _one(S.PENDING_REVIEW), S.PENDING_SIGN, R.DISPATCHER, (g.category_set, g.elements_complete, g.nothing_pending(Ask.CONSULT)), ("lead", "co_units?", "limit?", "basis?", "readers?"), clock=Clock.START, limit="sign",
         citizen=Citizen("已派给{lead}办理"), message=Message("dispatched", duty="urgent_duty"), desk=MAIN),
    Step("night_dispatch", "夜间直派", _one(S.PENDING_REVIEW), S.PENDING_SIGN, R.SHIFT_LEADER, (g.urgent_at_night, g.category_set), ("lead", "co_units?", "basis?", "readers?"), clock=Clock.START, limit="sign",
         citizen=Citizen("已紧急派给{lead}办理"), message=Message("dispatched", duty="urgent_duty"), desk=BAR),
    Step("triage", "值班定性", _one(S.PENDING_REVIEW), None, R.SHIFT_LEADER, (), ("category?", "kind?", "district?", "place?", "urgent?", "reason?"),
         citizen=SILENT, message=NOBODY, desk=Desk(edits=True)),
    Step("heed_alarm", "已处置险情", OPEN | ENDED, None, R.SHIFT_LEADER, (g.alarm_raised,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("undispatch", "撤回派单", _one(S.PENDING_SIGN), S.PENDING_REVIEW, R.DISPATCHER, (g.sent_by_me_just_now,), (), limit="review",
         citizen=Citizen("刚才的派单已撤回，正在重新派单"), message=NOBODY, desk=BAR),
    Step("ring_unit", "电话催签", _one(S.PENDING_SIGN), None, R.SHIFT_LEADER, (), ("duty_name", "reason?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("post_review", "补审", SUBMITTED | ENDED, None, R.DISPATCHER, (g.awaits_post_review,), ("ruling",), judges=("night_dispatch", "triage"),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.DISPATCH, said="已补审夜间直派。")),
    Step("mark_urgent", "标为紧急", SUBMITTED, None, R.DISPATCHER, (g.not_urgent_yet,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="x")),
    Step("unmark_urgent", "取消紧急", _one(S.PENDING_REVIEW), None, R.DISPATCHER, (g.is_urgent,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Request(Ask.CONSULT, R.DISPATCHER, R.COORDINATOR, _one(S.PENDING_REVIEW), (), ("reason",), label="提请派前会商", clock=Clock.PAUSE, page="coordinate",
            desk=Desk(key="c", leaves=True),
            granted=Ruling("rule_consult", "会商裁定", needs=("lead", "co_units?", "minutes"), clock=Clock.RESUME, desk=MAIN, besides="首先推荐裁定的单位，它不得退单",
                           then=("退回派单员，首先推荐裁定的单位", "裁定的单位对本单不得退单", "审核派单的计时恢复")),
            refused=None),
    Step("merge", "并单", _one(S.PENDING_REVIEW, S.PENDING_SIGN, S.IN_PROGRESS, S.PENDING_CHECK), S.MERGED, R.DISPATCHER, (g.nothing_pending(*Ask),), ("master", "reason"), clock=Clock.STOP, touches=("group", "ever", "master"),
         citizen=own("与同一事项合并办理，结果将一并告知您"), message=Message("merged", alone=True), desk=Desk(key="v", leaves=True)),
    Step("unmerge", "撤销并单", _one(S.MERGED), BACK, R.DISPATCHER, (), ("reason",), clock=Clock.RESUME, touches=("group",),
         citizen=own("已恢复单独办理"), message=Message("unmerged", alone=True), desk=BAR),
    Step("split", "拆单", _one(S.PENDING_REVIEW), S.SPLIT, R.DISPATCHER, (g.not_master, g.not_left, g.nothing_pending(Ask.CONSULT)), ("parts", "reason"), clock=Clock.STOP, hands_on=("parts",),
         citizen=Citizen("您反映的几件事已拆开，分别办理"), message=NOBODY, desk=Desk(key="s")),
    Step("split_off", "拆出", _one(S.START), S.PENDING_REVIEW, R.DISPATCHER, limit="review",
         citizen=own("您反映的多个事项已分别受理"), message=Message("accepted", alone=True, apart=True), desk=FORM),
    Step("restrict", "限制知悉", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.not_restricted,), ("reason", "readers", "until"),
         citizen=SILENT, message=NOBODY, desk=Desk(key="l")),
    Step("confirm_restriction", "确认限制知悉", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.restriction_unconfirmed,), ("readers?", "until?", "reason?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("clear_restriction", "不需限制", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.restriction_unconfirmed,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("prolong_restriction", "延长限制", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.is_restricted,), ("reason", "readers?", "until"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("unrestrict", "解除限制", SUBMITTED | ENDED, None, R.SUPERVISOR, (g.is_restricted,), ("reason",), judges=("restrict",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("take_back", "收回改派", _one(S.PENDING_SIGN, S.IN_PROGRESS, S.PARKED), S.PENDING_REVIEW, R.COORDINATOR, (g.nothing_pending(Ask.EXTENSION, Ask.PARKING, Ask.TERMINATION, Ask.FINAL, Ask.STATUTORY),), ("reason", "restart?"), clock=Clock.RESUME, limit="review",
         citizen=Citizen("将改派其他单位办理"), message=NOBODY, desk=BAR),
    Step("name_complained", "标明被反映单位", SUBMITTED, None, R.DISPATCHER, (), ("complained_unit", "reason?"),
         citizen=SILENT, message=NOBODY, desk=Desk(key="p")),
    Step("unname_complained", "撤销被反映单位", SUBMITTED, None, R.SUPERVISOR, (g.complaint_named,), ("reason",), judges=("name_complained",),
         citizen=SILENT, message=NOBODY, desk=BAR),
]

_UNIT: Rows = [
    Step("sign", "签收", _one(S.PENDING_SIGN), S.IN_PROGRESS, R.UNIT_LIAISON, (g.of_own_unit,),
         citizen=Citizen("{lead}已签收"), message=NOBODY, desk=MAIN),
    Request(Ask.RETURN, R.UNIT_LIAISON, R.RETURN_REVIEWER, _one(S.PENDING_SIGN), (g.of_own_unit, g.not_bound, g.sign_limit_not_passed),
            ("legal_ground", "reason", "proposed_unit?"), to=S.RETURN_REVIEW, clock=Clock.PAUSE, limit="rule_return", citizen=Citizen("正在核定承办单位"),
            desk=Desk(hint="热线中心按职责和派单目录裁定；被驳回的，本单不得再次退单。请写清依据和建议的承办单位。"),
            page="returns", within="rule_return", ruled_if=(g.not_of_either,), judges=_SENDING, precedents=True,
            granted=Ruling("uphold_return", to=S.PENDING_REVIEW, needs=("ruling", "restart?"), clock=Clock.RESUME, limit="review",
                           citizen=Citizen("将改派其他单位办理"), desk=MAIN, besides="不再派给该单位",
                           then=("退回派单员改派，不再派给{unit}", "办理期限继续计，顺延暂停的时间后为{handle_then}；勾选“重新计算”的，自改派之日起重计",
                                 "计入退单第 {returns} 次", "退单满 {problem_by_return} 次，列为疑难工单，转协调员")),
            refused=Ruling("reject_return", "驳回退单", to=S.PENDING_SIGN, clock=Clock.RESUME, citizen=Citizen("由{lead}继续办理"), besides="该单位对本单不得再退",
                           then=("退回{unit}签收，签收时限顺延为{sign_then}", "视为职责已裁定：{unit}对本单不得再次退单", "本裁定成为同类派单的先例"))),
    Step("name_readers", "指定知悉人员", _HANDLED | _one(S.PENDING_SIGN), None, R.UNIT_APPROVER, (g.of_own_unit, g.is_restricted), ("readers",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("contact", "已联系", _HANDLED, None, R.UNIT_HANDLER, (g.works_on_it, g.contact_allowed), ("contact_at", "contact_how", "contact_note?"),
         citizen=Citizen("{lead}已与您联系"), message=NOBODY, desk=MAIN),
    Step("desk_contact", "代为联系", _HANDLED, None, R.AGENT, (g.contact_through_desk,), ("contact_at", "contact_how", "contact_note", "call"),
         citizen=Citizen("热线已与您联系"), message=NOBODY, desk=BAR),
    Step("waive_contact", "无需联系", _HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit,), ("no_contact", "reason", "call?"),
         citizen=SILENT, message=NOBODY, desk=Desk(hint="只在诉求人表示无需联系、匿名或多次联系不上时使用，审核时逐件核对。")),
    Step("field_record", "现场办理", _HANDLED, None, R.UNIT_HANDLER, (g.works_on_it,), ("visited_at", "found", "done", "files?"),
         citizen=Citizen("{lead}已到场处理"), message=NOBODY, desk=BAR),
    Step("draft_reply", "起草答复", _one(S.IN_PROGRESS), None, R.UNIT_HANDLER, (g.of_own_unit,), ("handling", "public_reply", "claimed_solved", "unsolved_reason?", "article?", "basis?", "files?"),
         citizen=SILENT, message=NOBODY, desk=MAIN),
    Step("reject_draft", "退回修改", _one(S.IN_PROGRESS), None, R.UNIT_APPROVER, (g.of_own_unit, g.reply_drafted), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("reply", "签发答复", _one(S.IN_PROGRESS), S.PENDING_CHECK, R.UNIT_APPROVER, (g.of_own_unit, g.reply_drafted, g.contacted_or_waived, g.evidence_present, g.tasks_finished, g.statutory_over, g.nothing_pending(Ask.EXTENSION, Ask.PARKING, Ask.TERMINATION, Ask.FINAL, Ask.STATUTORY)), (), clock=Clock.STOP, limit="check",
         citizen=Citizen("{lead}已答复，正在审核"), message=NOBODY, desk=MAIN),
    Request(Ask.EXTENSION, R.UNIT_LIAISON, R.SUPERVISOR, _one(S.IN_PROGRESS), (g.of_own_unit, g.before_expiry, g.extension_left),
            ("reason", "interim", "limit?"), desk=Desk(hint="请写清原因和已做到哪一步；期限自原期限起加，最多 {longest}。没有裁定前仍按原期限计。"),
            page="rulings", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK,
            granted=Ruling(clock=Clock.EXTEND, citizen=Citizen("办理期限已依规延长，新的期限见上", Says("interim", "目前进展", of="ask_extension")),
                           message=Message("extended"), desk=MAIN, besides="加在原到期日上，至多两次",
                           then=("办理期限由{handle}延到{extended}（延长{extension}，自原期限起算）", "本次为第 {extensions} 次，之后还可延 {extensions_left} 次",
                                 "诉求人查询时看到新的期限"), usual="同意延期，办理期限延到{extended}。"),
            refused=Ruling(then=(*GOES_ON, "不占用延期次数，可另附理由再次申请"))),
    Request(Ask.PARKING, R.UNIT_APPROVER, R.SUPERVISOR, _one(S.IN_PROGRESS), (g.of_own_unit,), ("reason", "measures", "solve_by"),
            page="rulings", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK,
            granted=Ruling(to=S.PARKED, clock=Clock.PAUSE, limit="park_review", citizen=Citizen("该事项需较长时间，已列入挂账按计划解决"),
                           message=Message("parked"), besides="以后每次复核后重计",
                           then=("转为挂账，办理计时暂停", "首次复核：{park_review}；以后每次复核后重计", "诉求人看到：已列入挂账按计划解决"),
                           usual="同意挂账，按计划推进，按期复核。")),
    Step("review_parking", "挂账复核", _one(S.PARKED), None, R.SUPERVISOR, (g.not_of_the_lead,), ("ruling",), limit="park_review", judges=_UNITS_WORK,
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("resume", "恢复办理", _one(S.PARKED), S.IN_PROGRESS, R.UNIT_APPROVER, (g.of_own_unit,), ("reason",), clock=Clock.RESUME,
         citizen=Citizen("{lead}已恢复办理"), message=NOBODY, desk=MAIN),
    Step("recall_parking", "终止挂账", _one(S.PARKED), S.IN_PROGRESS, R.SUPERVISOR, (g.not_of_the_lead,), ("reason",), clock=Clock.RESUME, judges=_UNITS_WORK,
         citizen=Citizen("{lead}已恢复办理"), message=NOBODY, desk=BAR),
    Request(Ask.TERMINATION, R.UNIT_APPROVER, R.SUPERVISOR, _HANDLED, (g.of_own_unit,), ("reason", "told", "document?"),
            page="rulings", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK, precedents=True,
            granted=Ruling(label="同意终止", to=S.TERMINATED, clock=Clock.STOP, message=Message("terminated"), besides="不再回访，可以评价",
                           citizen=Citizen("办理依规终止，理由已向您说明", Says("told", "说明", of="ask_termination"), reply=True),
                           then=("工单终止办理，不再回访", "诉求人看到：办理依规终止，理由已说明；可以评价")),
            refused=Ruling(label="不同意终止")),
    Request(Ask.FINAL, R.UNIT_APPROVER, R.COORDINATOR, _HANDLED, (g.of_own_unit,), ("reason", "public_reply", "document"),
            page="coordinate", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK, precedents=True,
            granted=Ruling(to=S.FINAL_REPLIED, clock=Clock.STOP, message=Message("final"), besides="不再回访",
                           citizen=Citizen("已作最终答复，同一事项不再重复办理", Says("public_reply", "最终答复", of="ask_final"), reply=True),
                           then=("工单以最终答复办结，不再回访", "同一事项再来电的，告知已作最终答复，不再重复办理")),
            refused=Ruling(button="不同意")),
    Request(Ask.STATUTORY, R.UNIT_LIAISON, R.SUPERVISOR, _one(S.IN_PROGRESS), (g.of_own_unit,), ("statute", "reason", "document"),
            page="rulings", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK,
            granted=Ruling(clock=Clock.PAUSE, citizen=Citizen("已转入法定程序办理"), besides="单位按期作阶段性答复，程序结束后再答复",
                           then=("办理计时暂停，直到登记法定程序结果", "{unit}须在{interim}前给阶段性答复", "法定程序期限{statutory}"), usual="同意转入法定程序办理。"),
            refused=Ruling(button="不同意")),
    Step("interim_reply", "阶段性答复", _HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit,), ("interim",),
         citizen=Citizen("{lead}告知进展：{interim}"), message=Message("progress"), desk=BAR),
    Step("leave_statutory", "法定程序结束", _one(S.IN_PROGRESS), None, R.UNIT_HANDLER, (g.of_own_unit, g.in_statutory), ("result", "document?"), clock=Clock.RESUME,
         citizen=Citizen("法定程序已结束，正在答复"), message=NOBODY, desk=BAR),
    Request(Ask.EXCLUSION, R.UNIT_LIAISON, R.SUPERVISOR, _one(S.PENDING_CALLBACK, S.CLOSED, S.TERMINATED, S.FINAL_REPLIED),
            (g.of_own_unit, g.not_excluded), ("reason", "document?"), page="rulings", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK, precedents=True,
            granted=Ruling(besides="不计入该单位的各项比率，件数照计",
                           then=("本单不计入{unit}的各项比率，受理量和办结量照计", "工单本身不变，剔除依据留在办理过程")),
            refused=Ruling(then=("照常计入各项比率", "单位可补充材料再次申请"))),
]

_TASKS: Rows = [
    Step("add_co", "增加协办", _one(S.PENDING_SIGN, S.IN_PROGRESS, S.PARKED), None, R.COORDINATOR, (), ("co_unit", "duty", "task_due?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("assign_task", "单位内派单", _one(S.IN_PROGRESS), None, R.UNIT_LIAISON, (g.of_own_unit,), ("task_unit", "duty", "task_due?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("county_dispatch", "县区二次派单", _one(S.IN_PROGRESS), None, R.COUNTY_CENTRE, (g.of_own_unit,), ("task_unit", "duty", "task_due?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("task_sign", "签收任务", _HANDLED | _one(S.PENDING_SIGN), None, R.UNIT_LIAISON, (g.task_of_own_unit, g.task_in(TaskState.PENDING_SIGN)), ("task",),
         citizen=SILENT, message=NOBODY, desk=MAIN),
    Step("task_return", "退回任务", _HANDLED | _one(S.PENDING_SIGN), None, R.UNIT_LIAISON, (g.task_of_own_unit, g.task_in(TaskState.PENDING_SIGN)), ("task", "reason"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("task_reply", "反馈任务", _HANDLED | _one(S.PENDING_SIGN), None, R.UNIT_HANDLER, (g.task_of_own_unit, g.task_in(TaskState.IN_PROGRESS)), ("task", "done", "files?"),
         citizen=SILENT, message=NOBODY, desk=MAIN),
    Step("task_accept", "认可反馈", _HANDLED, None, R.UNIT_LIAISON, (g.task_given_by_us(TaskKind.SECTION), g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("task_redo", "退回重做", _HANDLED, None, R.UNIT_LIAISON, (g.task_given_by_us(TaskKind.SECTION), g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("county_accept", "认可下级反馈", _HANDLED, None, R.COUNTY_CENTRE, (g.task_given_by_us(TaskKind.COUNTY), g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=MAIN),
    Step("county_redo", "退回下级重做", _HANDLED, None, R.COUNTY_CENTRE, (g.task_given_by_us(TaskKind.COUNTY), g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("co_accept", "认可协办反馈", _HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit, g.task_is_co, g.task_in(TaskState.REPLIED)), ("task",), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("co_redo", "协办退回重做", _HANDLED, None, R.UNIT_HANDLER, (g.of_own_unit, g.task_is_co, g.task_in(TaskState.REPLIED)), ("task", "reason"), judges=("task_reply",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("cancel_task", "取消任务", _HANDLED | _one(S.PENDING_SIGN), None, R.COORDINATOR, (g.task_in(TaskState.PENDING_SIGN, TaskState.IN_PROGRESS, TaskState.REPLIED),), ("task", "reason"),
         citizen=SILENT, message=NOBODY, desk=BAR),
]

_AFTER: Rows = [
    Step("accept_reply", "审核通过", _one(S.PENDING_CHECK), S.PENDING_CALLBACK, R.CHECKER, (g.not_of_the_lead,), ("reason?",), limit="callback", judges=_UNITS_WORK,
         citizen=Citizen("{lead}已答复，热线将回访您", Says("public_reply", "单位的答复", of="draft_reply"), reply=True), message=NOBODY, desk=MAIN),
    Step("reject_reply", "退回重新答复", _one(S.PENDING_CHECK), S.IN_PROGRESS, R.CHECKER, (g.not_of_the_lead,), ("defect", "reason"), clock=Clock.RESUME, judges=_UNITS_WORK,
         citizen=Citizen("答复经审核退回，{lead}继续办理"), message=NOBODY, desk=BAR),
    Step("record_callback", "回访记录", _one(S.PENDING_CALLBACK), None, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me,), ("party", "outcome", "contacted?", "solved?", "satisfaction?", "dissatisfaction?", "verbatim?", "appointment?", "call?"), touches=("group",), judges=(*_UNITS_WORK, "accept_reply"),
         citizen=own("热线已回访"), message=NOBODY, desk=BAR),
    Step("close", "办结", _one(S.PENDING_CALLBACK), S.CLOSED, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.REDO), g.called_back, g.nobody_unhappy), (), clock=Clock.STOP, judges=(*_UNITS_WORK, "accept_reply"),
         citizen=Citizen("已办结"), message=Message("closed"), desk=BAR),
    Step("close_unreached", "未接通办结", _one(S.PENDING_CALLBACK), S.CLOSED, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me, g.tried_enough, g.nothing_pending(Ask.REDO), g.nobody_unhappy), (), clock=Clock.STOP, judges=(*_UNITS_WORK, "accept_reply"),
         citizen=Citizen("未能回访到您，已办结；如有新情况请再来电"), message=Message("closed"), desk=BAR),
    Request(Ask.REDO, R.CALLBACK_CLERK, R.CHECKER, _one(S.PENDING_CALLBACK),
            (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.REDO), g.everybody_done), ("reason",), label="提请重办审核",
            citizen=own("您反映未解决，正在审核是否重新办理"), asking_judges=(*_UNITS_WORK, "accept_reply"),
            page="check", within="redo_review", ruled_if=(g.not_of_the_lead,), judges=_UNITS_WORK,
            granted=Ruling("order_redo", "同意重办", to=S.IN_PROGRESS, clock=Clock.REDO, citizen=Citizen("{lead}将重新办理"), message=Message("redo"),
                           desk=MAIN, touches=("group",),
                           besides="重新联系、佐证、答复，再回访",
                           then=("退回{unit}重办，期限{redo}（{redo_limit}，原时限的一半）", "须重新联系、重新佐证、重新答复，之后再次回访", "计入重办第 {redos} 次",
                                 "重办满 {problem_by_redo} 次，列为疑难工单，转协调员")),
            refused=Ruling(label="不再重办", to=S.CLOSED, guards=(g.everybody_done,), clock=Clock.STOP, citizen=Citizen("经审核已办结，理由已说明"),
                           judges=(*_UNITS_WORK, "accept_reply"), besides="回答照实计入",
                           then=("工单办结，诉求人的回答照实计入解决率和满意率", "诉求人看到：经审核已办结，理由已说明"))),
    Step("give_number", "补充号码", _one(S.PENDING_CALLBACK), None, R.AGENT, (g.number_lacks,), ("party", "phone", "reason"), touches=("group", "ever"), hands_on=("phone",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("no_number", "查无号码", _one(S.PENDING_CALLBACK), None, R.AGENT, (g.number_was_wrong,), ("party", "reason"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Request(Ask.NO_CALLBACK, R.CALLBACK_CLERK, R.SUPERVISOR, _one(S.PENDING_CALLBACK),
            (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.NO_CALLBACK), g.no_way_to_ring), ("no_callback", "reason"),
            asking_judges=(*_UNITS_WORK, "accept_reply"), page="rulings", ruled_if=(g.not_of_the_lead,),
            granted=Ruling(button="同意", besides="这位诉求人不再回访，其他人照常", usual="情形属实，同意不再回访。",
                           then=("申请中的诉求人不再回访；其他诉求人照常回访", "都回访完后办结，没有回答的不计入满意率和解决率")),
            refused=Ruling(button="不同意", besides="退回回访员", then=("退回回访员：继续等网上回答，或另找联系方式",))),
    Step("remind", "催办", OPEN - {S.DRAFT}, None, R.SUPERVISOR, (), ("reason",),
         citizen=SILENT, message=Message(unit="urged"), desk=BAR),
]

_RATED = _one(S.CLOSED, S.DIRECT_ANSWERED, S.FINAL_REPLIED, S.TERMINATED)
_CORRECTED = _one(S.PENDING_REVIEW, S.PENDING_SIGN, S.IN_PROGRESS, S.DRAFT)
_MERGED = _one(S.MERGED)
# What the requester of a merged case says is taken on their own case and reaches the order that is handled (rulings, 32).
_URGE, _ADD, _CORRECT, _WITHDRAW, _RATE, _SECRECY = (
    (g.not_left, g.order_lets(states)) for states in (_REQUESTED, OPEN, _CORRECTED, _REQUESTED | {S.DRAFT}, _RATED, OPEN))

_REQUESTER: Rows = [
    Step("urge", "催一催", _REQUESTED | _MERGED, None, R.REQUESTER, (g.own_case, *_URGE), (), touches=("group",),
         citizen=own("您已催办"), message=Message(unit="urged"), desk=Desk(Place.PORTAL, at=4, said="已催办，办理人员会看到；办理期限不变。")),
    Step("add_facts", "补充", OPEN | _MERGED, WHEN_ASKED, R.REQUESTER, (g.own_case, *_ADD), ("addition", "files?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您补充了情况", Says("addition", "您的补充")), message=NOBODY, desk=Desk(Place.PORTAL, at=2, said="补充的情况已附在您的诉求后面，办理人员能看到。")),
    Step("correct", "更正", _CORRECTED | _MERGED, WHEN_ASKED, R.REQUESTER, (g.own_case, *_CORRECT), ("addition",), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您更正了情况", Says("addition", "您的更正")), message=NOBODY, desk=Desk(Place.PORTAL, at=3, said="更正已附在您的诉求后面，以更正后的为准。")),
    Step("withdraw", "撤诉", _REQUESTED | _MERGED | {S.DRAFT}, WHEN_LAST, R.REQUESTER, (g.own_case, *_WITHDRAW), ("reason?",), clock=Clock.STOP, touches=("group",),
         citizen=own("您已撤回诉求", Says("reason", "撤回原因")), message=NOBODY, desk=Desk(Place.PORTAL, at=7, said="您的诉求已撤回。有新情况可以重新提交。")),
    Step("rate", "评价", _RATED | _MERGED, None, R.REQUESTER, (g.own_case, *_RATE, g.not_rated), ("satisfaction", "verbatim?"),
         citizen=own("您已评价", Says("verbatim", "您的评价"), rated=True), message=NOBODY, desk=Desk(Place.PORTAL, at=5, said="评价已记录。")),
    Step("ask_secrecy", "要求保密", OPEN | _MERGED, None, R.REQUESTER, (g.own_case, *_SECRECY, g.not_sealed), (), touches=("group",),
         citizen=own("您的信息已按要求保密"), message=NOBODY, desk=Desk(Place.PORTAL, at=6, said="已改为保密：承办单位看不到您的姓名和电话，由热线转达。")),
    Step("answer_callback", "回答回访", _one(S.PENDING_CALLBACK) | _MERGED, None, R.REQUESTER, (g.own_case, g.not_left, g.order_lets(_one(S.PENDING_CALLBACK)), g.not_rung), ("contacted?", "solved?", "satisfaction?", "dissatisfaction?", "verbatim?"), touches=("group",),
         citizen=own("您已回答回访", Says("verbatim", "您说的话"), rated=True), message=NOBODY, desk=Desk(Place.PORTAL, at=1, said="您的回答已经记下，谢谢。")),
    Step("phone_urge", "来电催办", _REQUESTED | _MERGED, None, R.AGENT, _URGE, ("addition?", "call?"), touches=("group",),
         citizen=own("您来电催办"), message=Message(unit="urged"), desk=Desk(Place.CALLER, key="c")),
    Step("phone_add", "来电补充", OPEN | _MERGED, WHEN_ASKED, R.AGENT, _ADD, ("addition", "call?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您来电补充了情况", Says("addition", "您的补充")), message=NOBODY, desk=Desk(Place.CALLER, key="b")),
    Step("phone_correct", "来电更正", _CORRECTED | _MERGED, WHEN_ASKED, R.AGENT, _CORRECT, ("addition", "identity", "call?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您来电更正了情况", Says("addition", "您的更正")), message=NOBODY, desk=Desk(Place.CALLER, key="g")),
    Step("phone_withdraw", "来电撤诉", _REQUESTED | _MERGED | {S.DRAFT}, WHEN_LAST, R.AGENT, _WITHDRAW, ("reason", "identity", "call?"), clock=Clock.STOP, touches=("group",),
         citizen=own("您来电撤回诉求"), message=Message("withdrawn", alone=True), desk=Desk(Place.CALLER, key="x")),
    Step("phone_rate", "来电评价", _RATED | _MERGED, None, R.AGENT, _RATE, ("satisfaction", "verbatim?", "identity", "call?"),
         citizen=own("您来电评价", Says("verbatim", "您的评价"), rated=True), message=NOBODY, desk=Desk(Place.CALLER)),
    Step("phone_secrecy", "来电要求保密", OPEN | _MERGED, None, R.AGENT, (*_SECRECY, g.not_sealed), ("identity", "call?"), touches=("group",),
         citizen=own("您的信息已按要求保密"), message=NOBODY, desk=Desk(Place.CALLER, key="m")),
    Step("new_code", "补发查询码", OPEN | ENDED, None, R.AGENT, (g.not_erased,), ("identity", "call?"),
         citizen=own("您的查询码已更换"), message=Message("new_code", alone=True), desk=Desk(Place.CALLER, key="q")),
]

_MACHINE: Rows = [
    Step("from_merged", "并单诉求人", OPEN, None, R.CLOCK, (), ("party", "said", "addition?", "outcome?", "contacted?", "solved?", "satisfaction?", "dissatisfaction?"),
         citizen=SILENT, message=Message(carried=True), desk=CLOCK),
    Step("all_withdrew", "全部撤回", OPEN, S.WITHDRAWN, R.CLOCK, (g.nobody_left,), (), clock=Clock.STOP,
         citizen=own("诉求人都已撤回"), message=NOBODY, desk=CLOCK),
    Step("renew_code", "重发查询码", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("why",),
         citizen=SILENT, message=Message("accepted", alone=True), desk=CLOCK),
    Step("recompute", "时限重算", SUBMITTED, None, R.CLOCK, (), ("why",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("lift_restriction", "限制到期解除", SUBMITTED | ENDED, None, R.CLOCK, (g.is_restricted, g.no_reader_left), ("why",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("leave_line", "被反映单位脱手", _one(S.PENDING_SIGN, S.RETURN_REVIEW, S.IN_PROGRESS, S.PARKED), S.PENDING_REVIEW, R.CLOCK, (g.lead_is_of_the_line,), ("why",), clock=Clock.RESUME, limit="review",
         citizen=Citizen("将改派其他单位办理"), message=NOBODY, desk=CLOCK),
    Step("end_line_tasks", "取消被反映单位的任务", SUBMITTED, None, R.CLOCK, (g.tasks_are_of_the_line,), ("why",),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("ring_duty", "呼叫值班", _one(S.PENDING_SIGN), None, R.CLOCK, (), ("duty_name",),
         citizen=SILENT, message=Message(unit="unsigned", duty="urgent_duty", apart=True), desk=CLOCK),
    Step("erase_again", "恢复后重做删除", OPEN | ENDED, None, R.CLOCK, (g.not_erased,), ("why",), touches=("group", "ever"),
         citizen=SILENT, message=NOBODY, desk=CLOCK),
    Step("wake_shift", "呼叫值班长", _one(S.PENDING_SIGN), None, R.CLOCK, (), ("rounds",),
         citizen=SILENT, message=Message(leader="wake_shift", apart=True), desk=CLOCK),
    Request(Ask.ERASURE, R.SUPERVISOR, R.SECURITY_ADMIN, ENDED - {S.SPLIT}, (g.not_erased,), ("reason",), page="erasures", ruled_in=ENDED,
            granted=Ruling("erase", "删除个人信息", guards=(g.not_erased, g.nothing_pending(Ask.EXCLUSION)), needs=("ground",), touches=("group", "ever"),
                           besides="姓名、号码、文字、附件都删除，步骤留下",
                           then=("删除诉求人姓名、电话、诉求文字、答复文字、原话、附件和短信，不能恢复", "保留：编号、分类、单位、时间和每一步的名称",
                                 "申请人与执行人都留名；历史仍可校验")),
            refused=None),
]


def _judging(row: Step, labels: dict[str, str]) -> Step:
    """A row that judges asks first whether the deed is the actor's own. A ruling judges its request: no row says so by hand."""
    asked = (guard.rules_on for guard in row.guards if hasattr(guard, "rules_on"))
    names = tuple(dict.fromkeys((*asked, *row.judges)))
    if not names:
        return row
    own = g.not_own_deed(row.label, {name: labels[name] for name in names})
    return replace(row, judges=names, guards=(own, *row.guards))


def _while_kept(row: Step) -> Step:
    """After a lawful erasure nobody types anything on the case again: what the clock does carries no words."""
    if row.who is R.CLOCK or g.not_erased in row.guards or not row.frm & ENDED:
        return row
    return replace(row, guards=(g.not_erased, *row.guards))


_PARTS = (_INTAKE, _REVIEW, _UNIT, _TASKS, _AFTER, _REQUESTER, _MACHINE)
REQUESTS = {row.ask: row for part in _PARTS for row in part if isinstance(row, Request)}
_LABELS = {row.name: row.label for part in _PARTS for row in steps_of(part)}
INTAKE, REVIEW, UNIT, TASKS, AFTER, REQUESTER, MACHINE = ([_while_kept(_judging(row, _LABELS)) for row in steps_of(part)] for part in _PARTS)

PROCEDURE = Procedure([*INTAKE, *REVIEW, *UNIT, *TASKS, *AFTER, *REQUESTER, *MACHINE])
JUDGED = frozenset(name for row in PROCEDURE for name in row.judges)  # steps whose doers a case remembers
# What the citizen's page offers, in the order of its buttons.
_ON_PORTAL = sorted((row for row in PROCEDURE if row.desk.place is Place.PORTAL), key=lambda row: row.desk.at)
OF_REQUESTER = tuple(row.name for row in _ON_PORTAL)
