"""A reply is checked, the requester is called back, the case is closed or handled again."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import OPEN, Ask, Clock, Standing
from minsheng.cases.rules import State as S
from minsheng.cases.rules import checks as c
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import AGAIN, BEFORE_CALLBACK, CLOSES, UNITS_WORK, Rows, one
from minsheng.cases.rules.readers import BAR, NOBODY, SILENT, Citizen, Desk, Message, Says, own
from minsheng.cases.rules.requests import Request, Ruling
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("accept_reply", "审核通过", one(S.PENDING_CHECK), S.PENDING_CALLBACK, R.CHECKER, (g.not_of_the_lead,), ("reason?",), limit="callback", judges=UNITS_WORK,
         citizen=Citizen("{lead}已答复，热线将回访您", Says("public_reply", "单位的答复", of="draft_reply"), reply=True), message=NOBODY, desk=Desk(main=True, fate="审核通过"), rests_on=("reply",)),
    Step("reject_reply", "退回重新答复", one(S.PENDING_CHECK), S.IN_PROGRESS, R.CHECKER, (g.not_of_the_lead,), ("defect", "reason"), clock=Clock.RESUME, judges=UNITS_WORK,
         citizen=Citizen("答复经审核退回，{lead}继续办理"), message=NOBODY, desk=Desk(fate="审核退回"), rests_on=("reply",)),
    Step("record_callback", "回访记录", one(S.PENDING_CALLBACK), None, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me,), ("party", "outcome", "contacted?", "solved?", "satisfaction?", "dissatisfaction?", "verbatim?", "appointment?", "call?"), touches=("group",), judges=BEFORE_CALLBACK,
         checks=(c.party_is(Standing.CALL, Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人已完成回访"), c.reached_somehow, c.answers_fit),
         citizen=own("热线已回访"), message=NOBODY, desk=BAR),
    Step("close", "办结", one(S.PENDING_CALLBACK), CLOSES, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.REDO), g.called_back, g.nobody_unhappy), (), clock=Clock.STOP, judges=BEFORE_CALLBACK,
         citizen=Citizen("已办结"), message=Message("closed"), desk=Desk(said="已办结")),
    Step("close_unreached", "未接通办结", one(S.PENDING_CALLBACK), CLOSES, R.CALLBACK_CLERK, (g.not_of_the_lead, g.handed_to_me, g.tried_enough, g.nothing_pending(Ask.REDO), g.nobody_unhappy), (), clock=Clock.STOP, judges=BEFORE_CALLBACK,
         citizen=Citizen("未能回访到您，已办结；如有新情况请再来电"), message=Message("closed"), desk=Desk(said="未能回访到，已办结")),
    Request(Ask.REDO, R.CALLBACK_CLERK, R.CHECKER, one(S.PENDING_CALLBACK),
            (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.REDO), g.everybody_done), ("reason",), label="提请重办审核", desk=Desk(said="已提请重办审核"),
            citizen=own("您反映未解决，正在审核是否重新办理"), asking_judges=BEFORE_CALLBACK,
            page="check", within="redo_review", ruled_if=(g.not_of_the_lead,), judges=UNITS_WORK,
            granted=Ruling("order_redo", "同意重办", to=AGAIN, clock=Clock.REDO, citizen=Citizen("{lead}将重新办理"), message=Message("redo"),
                           desk=Desk(main=True, fate="回访后重办"), touches=("group",),
                           besides="重新联系、佐证、答复，再回访",
                           then=("退回{unit}重办，期限{redo}（{redo_limit}，原时限的一半）", "{first_unit}", "须重新联系、重新佐证、重新答复，之后再次回访", "计入重办第 {redos} 次",
                                 "重办满 {problem_by_redo} 次，列为疑难工单，转协调员")),
            refused=Ruling(label="不再重办", to=CLOSES, guards=(g.everybody_done,), clock=Clock.STOP, citizen=Citizen("经审核已办结，理由已说明"),
                           judges=BEFORE_CALLBACK, besides="回答照实计入",
                           then=("工单办结，诉求人的回答照实计入解决率和满意率", "诉求人看到：经审核已办结，理由已说明"))),
    Step("give_number", "补充号码", one(S.PENDING_CALLBACK), None, R.AGENT, (g.number_lacks,), ("party", "phone", "number_from", "identity?", "reason", "call?"), touches=("group", "ever"), hands_on=("phone",),
         checks=(c.party_is(Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人有号码可以拨打"), c.who_gives_a_number),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("no_number", "查无号码", one(S.PENDING_CALLBACK), None, R.AGENT, (g.number_was_wrong,), ("party", "reason"),
         checks=(c.party_is(Standing.NUMBER, sentence="这位诉求人的号码没有报错"),),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Request(Ask.NO_CALLBACK, R.CALLBACK_CLERK, R.SUPERVISOR, one(S.PENDING_CALLBACK),
            (g.not_of_the_lead, g.handed_to_me, g.nothing_pending(Ask.NO_CALLBACK), g.no_way_to_ring), ("no_callback", "reason"), checks=(c.ground_fits,),
            asking_judges=BEFORE_CALLBACK, page="rulings", ruled_if=(g.not_of_the_lead,),
            granted=Ruling(desk=Desk(button="同意"), besides="这位诉求人不再回访，其他人照常", usual="情形属实，同意不再回访。",
                           then=("申请中的诉求人不再回访；其他诉求人照常回访", "都回访完后办结，没有回答的不计入满意率和解决率")),
            refused=Ruling(desk=Desk(button="不同意"), besides="退回回访员", then=("退回回访员：继续等网上回答，或另找联系方式",))),
    Step("remind", "催办", OPEN - {S.DRAFT}, None, R.SUPERVISOR, (), ("reason",),
         citizen=SILENT, message=Message(unit="urged"), desk=BAR),
]
