"""What requesters do on their page, and agents for them on the telephone."""

# ruff: noqa: E501  (one row, one line where it can be: the table is read as a table)
from __future__ import annotations

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import ENDED, OPEN, Clock
from minsheng.cases.rules import State as S
from minsheng.cases.rules import checks as c
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure.shared import REQUESTED, WHEN_ASKED, WHEN_LAST, Rows, one
from minsheng.cases.rules.readers import NOBODY, Desk, Message, Place, Says, own, portal
from minsheng.kit.steps import Step

_RATED = one(S.CLOSED, S.DIRECT_ANSWERED, S.FINAL_REPLIED, S.TERMINATED)
_CORRECTED = one(S.PENDING_REVIEW, S.PENDING_SIGN, S.IN_PROGRESS, S.DRAFT)
_MERGED = one(S.MERGED)
_SEALED = OPEN | ENDED - {S.SPLIT}  # who fears the unit fears it after the end, too: it reads the case as before; of a split each part asks
# What the requester of a merged case says is taken on their own case and reaches the order that is handled (rulings, 32).
_URGE, _ADD, _CORRECT, _WITHDRAW, _RATE = (
    (g.not_left, g.order_lets(states)) for states in (REQUESTED, OPEN, _CORRECTED, REQUESTED | {S.DRAFT}, _RATED))
_SECRECY = (g.order_lets(_SEALED),)  # who has withdrawn, and whose words the others' order goes on with, fears the unit as before

ROWS: Rows = [
    Step("urge", "催一催", REQUESTED | _MERGED, None, R.REQUESTER, (g.own_case, *_URGE), (), touches=("group",),
         citizen=own("您已催办"), message=Message(unit="urged"),
         desk=portal(4, "已催办，办理人员会看到；办理期限不变。同一天再催也会记下，次数只计一次。",
                     shut={"state": "已答复或已结束，不用再催。"}, at_once=True)),
    Step("add_facts", "补充", OPEN | _MERGED, WHEN_ASKED, R.REQUESTER, (g.own_case, *_ADD), ("addition", "files?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您补充了情况", Says("addition", "您的补充")), message=NOBODY,
         desk=portal(2, "补充的情况已附在您的诉求后面，办理人员能看到。",
                     asks={"addition": "要补充的情况"},
                     shut={"state": "已经结束，不能再补充。有新情况，请重新提交或拨打 12345。"})),
    Step("correct", "更正", _CORRECTED | _MERGED, WHEN_ASKED, R.REQUESTER, (g.own_case, *_CORRECT), ("addition",), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您更正了情况", Says("addition", "您的更正")), message=NOBODY,
         desk=portal(3, "更正已附在您的诉求后面，以更正后的为准。",
                     asks={"addition": "哪里写错了，应该是什么"},
                     shut={"state": "已答复或已结束，不能更正。"})),
    Step("withdraw", "撤诉", REQUESTED | _MERGED | {S.DRAFT}, WHEN_LAST, R.REQUESTER, (g.own_case, *_WITHDRAW), ("reason?",), clock=Clock.STOP, touches=("group",),
         citizen=own("您已撤回诉求", Says("reason", "撤回原因"), last=True), message=NOBODY,
         desk=portal(7, "您的诉求已撤回。有新情况可以重新提交。",
                     asks={"reason": "为什么撤回（可不填）"},
                     shut={"state": "已答复或已结束，不能撤回。"})),
    Step("rate", "评价", _RATED | _MERGED, None, R.REQUESTER, (g.own_case, *_RATE, g.not_rated), ("satisfaction", "verbatim?"), touches=("group",),
         citizen=own("您已评价", Says("verbatim", "您的评价"), rated=True), message=NOBODY,
         desk=portal(5, "评价已记录。",
                     asks={"satisfaction": "您对办理结果满意吗？", "verbatim": "还想说什么（可不填）"},
                     shut={"state": "办完后才能评价。", "rated": "您已经评价过，谢谢。想改的，请拨打 12345。"})),
    Step("ask_secrecy", "要求保密", _SEALED, None, R.REQUESTER, (g.own_case, *_SECRECY, g.not_sealed, g.not_erased), (), touches=("group",),
         citizen=own("您的信息已按要求保密"), message=NOBODY,
         desk=portal(6, "已改为保密：承办单位看不到您的姓名和电话，由热线转达。",
                     shut={"state": "已经结束，不能再改。", "sealed": "已经按要求保密。"})),
    Step("answer_callback", "回答回访", one(S.PENDING_CALLBACK) | _MERGED, None, R.REQUESTER, (g.own_case, g.not_left, g.order_lets(one(S.PENDING_CALLBACK)), g.not_rung), ("contacted?", "solved?", "satisfaction?", "dissatisfaction?", "verbatim?"), touches=("group",),
         checks=(c.something_answered,),
         citizen=own("您已回答回访", Says("verbatim", "您说的话"), rated=True), message=NOBODY,
         desk=portal(1, "您的回答已经记下，谢谢。",
                     asks={"contacted": "办理单位联系过您吗？", "solved": "问题解决了吗？", "satisfaction": "您对办理结果满意吗？", "dissatisfaction": "不满意的是什么？（满意的不用选）", "verbatim": "还想说什么（可不填）"}, quiet=True)),
    Step("phone_urge", "来电催办", REQUESTED | _MERGED, None, R.AGENT, _URGE, ("addition?", "call?"), touches=("group",),
         citizen=own("您来电催办"), message=Message(unit="urged"), desk=Desk(Place.CALLER, key="c")),
    Step("phone_add", "来电补充", OPEN | _MERGED, WHEN_ASKED, R.AGENT, _ADD, ("addition", "call?"), clock=Clock.RESUME, limit="review", touches=("group",),
         citizen=own("您来电补充了情况", Says("addition", "您的补充")), message=NOBODY, desk=Desk(Place.CALLER, key="b", carries=True)),
    Step("phone_correct", "来电更正", _CORRECTED | _MERGED, WHEN_ASKED, R.AGENT, _CORRECT, ("addition", "identity", "call?"), clock=Clock.RESUME, limit="review", touches=("group",),
         checks=(c.who_speaks,),
         citizen=own("您来电更正了情况", Says("addition", "您的更正")), message=NOBODY, desk=Desk(Place.CALLER, key="g", carries=True)),
    Step("phone_withdraw", "来电撤诉", REQUESTED | _MERGED | {S.DRAFT}, WHEN_LAST, R.AGENT, _WITHDRAW, ("reason", "identity", "call?"), clock=Clock.STOP, touches=("group",),
         checks=(c.who_speaks,),
         citizen=own("您来电撤回诉求", last=True), message=Message("withdrawn", alone=True), desk=Desk(Place.CALLER, key="x", carries=True)),
    Step("phone_rate", "来电评价", _RATED | _MERGED, None, R.AGENT, _RATE, ("satisfaction", "verbatim?", "identity", "call?"), touches=("group",),
         checks=(c.who_speaks,),
         citizen=own("您来电评价", Says("verbatim", "您的评价"), rated=True), message=NOBODY, desk=Desk(Place.CALLER)),
    Step("phone_secrecy", "来电要求保密", _SEALED, None, R.AGENT, (*_SECRECY, g.not_sealed, g.not_erased), ("identity", "call?"), touches=("group",),
         checks=(c.who_speaks,),
         citizen=own("您的信息已按要求保密"), message=NOBODY, desk=Desk(Place.CALLER, key="m")),
    Step("new_code", "补发查询码", OPEN | ENDED, None, R.AGENT, (g.not_erased,), ("identity", "call?"),
         checks=(c.who_speaks,),
         citizen=own("您的查询码已更换"), message=Message("new_code", alone=True), desk=Desk(Place.CALLER, key="q")),
]
