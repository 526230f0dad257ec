"""A call or a message becomes a case: drafted, submitted, answered at once, declined, opened again."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import Ask, Clock
from minsheng.cases.rules import State as S
from minsheng.cases.rules import checks as c
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import ANSWERED, Rows, one
from minsheng.cases.rules.readers import BAR, FORM, NOBODY, SILENT, Desk, Message, Place, Says, own
from minsheng.kit.steps import Step

ROWS: Rows = [
    Step("register", "登记", one(S.START), S.DRAFT, R.AGENT,
         citizen=SILENT, message=NOBODY, desk=FORM),
    Step("register_online", "在线登记", one(S.START), S.DRAFT, R.REQUESTER,
         citizen=SILENT, message=NOBODY, desk=FORM),
    Step("amend", "修改草稿", one(S.DRAFT), None, R.AGENT, (g.own_draft,), ("title?", "narrative?", "place?", "district?", "category?", "kind?", "elements?", "urgent?"), touches=("group",),
         citizen=SILENT, message=NOBODY, desk=Desk(edits=True)),
    Step("submit", "提交派单", one(S.DRAFT), S.PENDING_REVIEW, R.AGENT, (g.own_draft,), ("reason?",), clock=Clock.RESUME, limit="review",
         citizen=own("热线已受理您的诉求"), message=Message("accepted", alone=True, apart=True), desk=Desk(main=True, quoted="话务员")),
    Step("take_over", "接手草稿", one(S.DRAFT), None, R.AGENT, (g.others_draft,), ("reason?",),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("hand_draft", "移交草稿", one(S.DRAFT), None, R.SHIFT_LEADER, (), ("agent", "reason?"),
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("unsubmit", "撤回修改", one(S.PENDING_REVIEW), S.DRAFT, R.AGENT, (g.submitted_by_me_just_now, g.not_master, g.nothing_pending(Ask.CONSULT)), (), clock=Clock.STOP,
         citizen=SILENT, message=NOBODY, desk=BAR),
    Step("submit_online", "在线提交", one(S.DRAFT), S.PENDING_REVIEW, R.REQUESTER, limit="review",
         citizen=own("热线已收到您的诉求"), message=Message("accepted", alone=True, apart=True), desk=FORM),
    Step("answer", "直接答复", one(S.DRAFT), ANSWERED, R.AGENT, (g.own_draft, g.not_master), ("answer", "article?", "no_article?"), limit="callback",
         checks=(c.answer_says_why,),
         citizen=own("话务员已当场答复", Says("answer", "答复"), reply=True), message=NOBODY, desk=BAR),
    Step("transfer", "转接", one(S.DRAFT), S.TRANSFERRED, R.AGENT, (g.own_draft, g.not_master), ("target", "target_answered?", "reason?"),
         checks=(c.proof_of_transfer,),
         citizen=own("已为您转接专门渠道", Says("target", "转接到")), message=NOBODY, desk=BAR),
    Step("decline", "不予受理", one(S.DRAFT), S.DECLINED, R.AGENT, (g.own_draft, g.not_master), ("decline_reason", "told", "target?", "target_answered?"),
         checks=(c.emergency_was_handed_on,),
         citizen=own("该诉求依规不予受理，理由已告知", Says("told", "告知的内容"), reply=True), message=NOBODY, desk=Desk(quoted="已告知诉求人")),
    Step("confirm_decline", "确认不予受理", one(S.DECLINED), None, R.DISPATCHER, (g.decline_unconfirmed,), ("reason?",), judges=("decline",),
         citizen=SILENT, message=NOBODY, desk=Desk(Place.DISPATCH, main=True, said="已确认不予受理。"), rests_on=("decline",)),
    Step("overturn_decline", "改为受理", one(S.DECLINED), S.PENDING_REVIEW, R.DISPATCHER, (g.decline_unconfirmed, g.not_reopened), ("reason",), limit="review", judges=("decline",),
         citizen=own("经复核，您的诉求已受理"), message=NOBODY, desk=Desk(Place.DISPATCH, said="已改为受理，回到待派单。"), rests_on=("decline",)),
    Step("reopen", "关联重开", one(S.CLOSED, S.DIRECT_ANSWERED, S.DECLINED, S.TERMINATED, S.WITHDRAWN), None, R.AGENT, (), ("reason", "narrative", "identity", "title?", "kind?", "category?", "place?", "call?"), hands_on=("narrative", "title", "kind", "category", "place"),
         checks=(c.who_speaks,),
         citizen=own("因有新情况，已重新登记"), message=NOBODY, desk=BAR),
]
