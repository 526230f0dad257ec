"""Before a unit has it: asked for more, dispatched, merged, split, restricted, taken back."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import ENDED, OPEN, SUBMITTED, Ask, Clock
from minsheng.cases.rules import State as S
from minsheng.cases.rules import checks as c
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import BACK, Rows, one
from minsheng.cases.rules.readers import BAR, FORM, MAIN, NOBODY, SILENT, Citizen, Desk, Message, Place, Says, own
from minsheng.cases.rules.requests import Request, Ruling
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("ask_more", "退回补充", one(S.PENDING_REVIEW), S.DRAFT, R.DISPATCHER, (g.nothing_pending(Ask.CONSULT),), ("reason",), clock=Clock.STOP,
         citizen=Citizen("请您补充情况", Says("reason", "请您补充"), asks=True), message=Message("asked_more"), desk=Desk(key="b", leaves=True, quoted="退回补充")),
    Step("waive_elements", "要素豁免", one(S.PENDING_REVIEW), None, R.DISPATCHER, (g.elements_lacking,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="w")),
    Step("revise", "修正登记", one(S.PENDING_REVIEW), None, R.DISPATCHER, (), ("category?", "kind?", "district?", "place?", "elements?", "title?"), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="e", edits=True)),
    Step("dispatch", "派单", one(S.PENDING_REVIEW), S.PENDING_SIGN, R.DISPATCHER, (g.category_set, g.elements_complete, g.nothing_pending(Ask.CONSULT)), ("lead", "co_units?", "limit?", "basis?", "readers?"), clock=Clock.START, limit="sign",
         checks=(c.unit_can_take("lead"), c.unit_can_take("co_units"), c.not_released, c.lead_can_keep, c.readers_of("lead", "co_units")),
         citizen=Citizen("已派给{lead}办理"), message=Message("dispatched", duty="urgent_duty"), desk=MAIN, rests_on=("revise", "triage")),
    Step("night_dispatch", "夜间直派", one(S.PENDING_REVIEW), S.PENDING_SIGN, R.SHIFT_LEADER, (g.urgent_at_night, g.category_set), ("lead", "co_units?", "basis?", "readers?"), clock=Clock.START, limit="sign",
         checks=(c.unit_can_take("lead"), c.unit_can_take("co_units"), c.not_released, c.lead_can_keep, c.readers_of("lead", "co_units")),
         citizen=Citizen("已紧急派给{lead}办理"), message=Message("dispatched", duty="urgent_duty"), desk=BAR, rests_on=("revise", "triage")),
    Step("triage", "值班定性", one(S.PENDING_REVIEW), None, R.SHIFT_LEADER, (), ("category?", "kind?", "district?", "place?", "urgent?", "reason?"), touches=("group",),
         checks=(c.calm_says_why,),
         citizen=SILENT, message=NOBODY, desk=Desk(edits=True)),
    Step("heed_alarm", "已处置险情", OPEN | ENDED, None, R.SHIFT_LEADER, (g.alarm_raised,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("undispatch", "撤回派单", one(S.PENDING_SIGN), S.PENDING_REVIEW, R.DISPATCHER, (g.sent_by_me_just_now,), (), limit="review",
         citizen=Citizen("刚才的派单已撤回，正在重新派单"), message=NOBODY, desk=BAR),
    Step("ring_unit", "电话催签", one(S.PENDING_SIGN), None, R.SHIFT_LEADER, (), ("duty_name", "reason?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("post_review", "补审", SUBMITTED | ENDED, None, R.DISPATCHER, (g.awaits_post_review,), ("ruling",), judges=("night_dispatch", "triage"),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.DISPATCH, said="已补审夜间直派。"), rests_on=("night_dispatch",)),
    Step("mark_urgent", "标为紧急", SUBMITTED, None, R.DISPATCHER, (g.not_urgent_yet,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="x")),
    Step("unmark_urgent", "取消紧急", one(S.PENDING_REVIEW), None, R.DISPATCHER, (g.is_urgent,), ("reason",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Request(Ask.CONSULT, R.DISPATCHER, R.COORDINATOR, one(S.PENDING_REVIEW), (), ("reason",), label="提请派前会商", clock=Clock.PAUSE, page="coordinate",
            desk=Desk(key="c", leaves=True),
            granted=Ruling("rule_consult", "会商裁定", needs=("lead", "co_units?", "minutes"), checks=(c.unit_can_take("lead"), c.unit_can_take("co_units"), c.lead_can_keep),
                           clock=Clock.RESUME, desk=Desk(main=True, quoted="会商"), besides="首先推荐裁定的单位，它不得退单",
                           then=("退回派单员，首先推荐裁定的单位", "裁定的单位对本单不得退单", "审核派单的计时恢复")),
            refused=None),
    Step("merge", "并单", one(S.PENDING_REVIEW, S.PENDING_SIGN, S.IN_PROGRESS, S.PENDING_CHECK), S.MERGED, R.DISPATCHER, (g.nothing_pending(*Ask),), ("master", "reason"), clock=Clock.STOP, touches=("group", "ever", "master"),
         checks=(c.master_takes,),
         citizen=own("与同一事项合并办理，结果将一并告知您"), message=Message("merged", alone=True), desk=Desk(key="v", leaves=True)),
    Step("unmerge", "撤销并单", one(S.MERGED), BACK, R.DISPATCHER, (g.order_known,), ("reason",), clock=Clock.RESUME, touches=("group",),
         citizen=own("已恢复单独办理"), message=Message("unmerged", alone=True), desk=BAR),
    Step("split", "拆单", one(S.PENDING_REVIEW), S.SPLIT, R.DISPATCHER, (g.not_master, g.not_left, g.nothing_pending(Ask.CONSULT)), ("parts", "reason"), clock=Clock.STOP, hands_on=("parts",),
         citizen=Citizen("您反映的几件事已拆开，分别办理"), message=NOBODY, desk=Desk(key="s")),
    Step("split_off", "拆出", one(S.START), S.PENDING_REVIEW, R.DISPATCHER, limit="review",
         citizen=own("您反映的多个事项已分别受理"), message=Message("accepted", alone=True, apart=True), desk=FORM),
    Step("restrict", "限制知悉", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.not_restricted,), ("reason", "readers", "until"), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=Desk(key="l")),
    Step("confirm_restriction", "确认限制知悉", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.restriction_unconfirmed,), ("readers?", "until?", "reason?"), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("clear_restriction", "不需限制", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.restriction_unconfirmed,), ("reason",), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("prolong_restriction", "延长限制", SUBMITTED | ENDED, None, R.SHIFT_LEADER, (g.is_restricted,), ("reason", "readers?", "until"), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("unrestrict", "解除限制", SUBMITTED | ENDED, None, R.SUPERVISOR, (g.is_restricted,), ("reason",), touches=("group",), judges=("restrict",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("take_back", "收回改派", one(S.PENDING_SIGN, S.IN_PROGRESS, S.PARKED), S.PENDING_REVIEW, R.COORDINATOR, (g.nothing_pending(Ask.EXTENSION, Ask.PARKING, Ask.TERMINATION, Ask.FINAL, Ask.STATUTORY),), ("reason", "restart?"), clock=Clock.RESUME, limit="review",
         citizen=Citizen("将改派其他单位办理"), message=NOBODY, desk=BAR),
    Step("name_complained", "标明被反映单位", SUBMITTED, None, R.DISPATCHER, (), ("complained_unit", "reason?"), touches=("group",),
         checks=(c.complained_can_be_named,),
         citizen=SILENT, message=NOBODY, desk=Desk(key="p")),
    Step("unname_complained", "撤销被反映单位", SUBMITTED, None, R.SUPERVISOR, (g.complaint_named, g.not_master), ("reason",), judges=("name_complained",),
         citizen=SILENT, message=NOBODY, desk=BAR),
]
