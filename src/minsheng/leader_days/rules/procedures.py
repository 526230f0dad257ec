"""The three procedures of leader days, one row a step. Pure.

A step that makes its subject leads out of NEW. Words of the public part leave only by `sign_public`; there is no step that removes them.
"""

from __future__ import annotations

from typing import Any

from minsheng.accounts.rules import Role as R
from minsheng.kit.steps import Procedure, Step
from minsheng.leader_days.rules import guards as g
from minsheng.leader_days.rules.states import CommitmentState as C
from minsheng.leader_days.rules.states import PeriodState as P
from minsheng.leader_days.rules.states import SchemeState as S


def _in(*states: Any) -> frozenset[Any]:
    return frozenset(states)


_SCHEME = ("name", "year", "aim", "topics", "units", "since", "until")
SCHEME = Procedure([
    Step("draft_scheme", "起草方案", _in(S.NEW), S.DRAFT, R.COORDINATOR, (), _SCHEME),
    Step("amend_scheme", "修改方案", _in(S.DRAFT), None, R.COORDINATOR, (), _SCHEME, rests_on=("amend_scheme",)),
    Step("issue_scheme", "印发方案", _in(S.DRAFT), S.ISSUED, R.SUPERVISOR, (g.not_drafted_by_me,), rests_on=("amend_scheme",)),
])

_DESK = ("unit", "leader", "deputy?", "seat?", "starts", "ends", "theme?")
PERIOD = Procedure([
    Step("draft_period", "筹备一期", _in(P.NEW), P.DRAFT, R.COORDINATOR, (), ("scheme", "number", "theme")),
    Step("amend_period", "修改主题", _in(P.DRAFT), None, R.COORDINATOR, (), ("theme",), rests_on=("amend_period",)),
    Step("add_desk", "添加接听席", _in(P.DRAFT), None, R.COORDINATOR, (), _DESK),
    Step("remove_desk", "取消接听席", _in(P.DRAFT), None, R.COORDINATOR, (g.has_desk,), ("desk",)),
    Step("announce", "签发公告", _in(P.DRAFT), P.ANNOUNCED, R.SUPERVISOR, (g.scheme_issued, g.has_desk, g.leaders_there, g.not_begun, g.not_drafted_by_me),
         rests_on=("amend_period", "add_desk", "remove_desk")),
    Step("recall", "撤回公告重排", _in(P.ANNOUNCED), P.DRAFT, R.COORDINATOR, (g.not_begun,), ("reason",)),
    Step("cancel_period", "取消本期", _in(P.DRAFT, P.ANNOUNCED), P.CANCELLED, R.SUPERVISOR, (g.never_held, g.not_drafted_by_me), ("cancel_notice",)),
    Step("note_notice", "登记通告", _in(P.ANNOUNCED, P.HELD), None, R.COORDINATOR, (), ("medium", "outlet", "text", "published_on", "views?")),
    Step("count_views", "更新浏览量", _in(P.ANNOUNCED, P.HELD), None, R.COORDINATOR, (), ("notice", "views")),
    Step("hold", "接听结束", _in(P.ANNOUNCED), P.HELD, R.COORDINATOR, (g.begun,)),
    Step("close_period", "总结本期", _in(P.HELD), P.CLOSED, R.COORDINATOR, (g.no_call_at_a_desk, g.signups_settled, g.meetings_settled, g.commitments_ended),
         ("summary",)),
])

_COMMITMENT = ("period", "case", "desk?", "source", "met_on?", "what", "owner_unit", "owner", "due")
_AT_DESK = ("period", "case", "desk", "what", "owner_unit", "owner", "due")
COMMITMENT = Procedure([
    Step("commit", "承诺", _in(C.NEW), C.OPEN, R.LEADER, (g.period_takes_calls, g.own_desk), _AT_DESK),
    Step("type_commitment", "代领导登记承诺", _in(C.NEW), C.OPEN, R.UNIT_LIAISON, (g.period_takes_calls, g.desk_of_own_unit), _AT_DESK),
    Step("record_commitment", "登记承诺", _in(C.NEW), C.OPEN, R.COORDINATOR, (g.period_takes_calls,), _COMMITMENT),
    Step("prove", "报送兑现情况", _in(C.OPEN), C.PROVED, R.UNIT_LIAISON, (g.of_owner_unit, g.nothing_waits), ("proof", "done_on", "files?")),
    Step("send_back", "退回补充", _in(C.PROVED), C.OPEN, R.SUPERVISOR, (g.outside_owner,), ("reason",), rests_on=("prove",)),
    Step("conclude_kept", "核验：已兑现", _in(C.PROVED), C.KEPT, R.SUPERVISOR, (g.outside_owner, g.done_in_time), ("finding",), rests_on=("prove",)),
    Step("conclude_late", "核验：未按期兑现", _in(C.OPEN, C.PROVED), C.LATE, R.SUPERVISOR, (g.outside_owner, g.nothing_waits, g.is_late),
         ("cause", "finding"), rests_on=("prove",)),
    Step("note_late_delivery", "补记事后完成", _in(C.LATE), None, R.SUPERVISOR, (g.outside_owner, g.not_done_yet), ("done_on", "finding")),
    Step("ask_extension", "申请延期", _in(C.OPEN), None, R.UNIT_APPROVER, (g.of_owner_unit, g.nothing_waits, g.before_due), ("reason", "new_due")),
    Step("grant_extension", "同意延期", _in(C.OPEN), None, R.SUPERVISOR,
         (g.extension_waits, g.not_the_asker, g.outside_owner, g.asked_day_works), rests_on=("ask_extension",)),
    Step("refuse_extension", "不同意延期", _in(C.OPEN), None, R.SUPERVISOR, (g.extension_waits, g.not_the_asker, g.outside_owner), ("reason",), rests_on=("ask_extension",)),
    Step("ask_withdrawal", "申请撤回承诺", _in(C.OPEN), None, R.UNIT_APPROVER, (g.of_owner_unit, g.nothing_waits), ("reason",)),
    Step("grant_withdrawal", "同意撤回", _in(C.OPEN), C.WITHDRAWN, R.SUPERVISOR, (g.withdrawal_waits, g.not_the_asker, g.outside_owner), ("finding",),
         rests_on=("ask_withdrawal",)),
    Step("refuse_withdrawal", "不同意撤回", _in(C.OPEN), None, R.SUPERVISOR, (g.withdrawal_waits, g.not_the_asker, g.outside_owner), ("reason",), rests_on=("ask_withdrawal",)),
    Step("remind_before", "到期前提醒", _in(C.OPEN), None, R.CLOCK, (g.before_its_date, g.not_told_yet)),
    Step("remind_due", "到期当天提醒", _in(C.OPEN), None, R.CLOCK, (g.on_its_date, g.not_told_yet)),
    Step("urge_late", "逾期催办", _in(C.OPEN), None, R.CLOCK, (g.day_after, g.not_told_yet)),
    Step("escalate_late", "逾期上报", _in(C.OPEN), None, R.CLOCK, (g.week_after, g.not_told_yet)),
    Step("draft_public", "拟公开内容", _in(C.OPEN, C.PROVED, C.KEPT, C.LATE, C.WITHDRAWN), None, R.COORDINATOR, (g.case_may_be_public,),
         ("public_matter", "public_progress"), rests_on=("draft_public",)),
    Step("sign_public", "签发公开", _in(C.OPEN, C.PROVED, C.KEPT, C.LATE, C.WITHDRAWN), None, R.SUPERVISOR,
         (g.public_part_waits, g.not_the_drafter, g.case_may_be_public), rests_on=("draft_public",)),
])
MAKES = {"commit", "type_commitment", "record_commitment"}
