"""Topics and questions handed in before a period (报名): states, facts, guards, checks and the procedure. Pure.

Who signs up is asked nothing twice: a sign-up that was taken becomes a call at its desk by one step, any other an ordinary request, or
its sender is told why it lies outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import Kind
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.leader_days.rules.facts import DeskFacts, PeriodFacts
from minsheng.leader_days.rules.states import PeriodState


class SignupState(Labelled):
    NEW = "new", "新建"
    WAITING = "waiting", "待筛选"
    TAKEN = "taken", "待回拨"
    CALLED = "called", "已接听登记"
    PASSED = "passed", "已转为平常诉求"
    OUTSIDE = "outside", "不在范围"


@dataclass(frozen=True, slots=True)
class SignupFacts:
    id: int
    state: SignupState
    at: datetime
    period: PeriodFacts
    desk: DeskFacts | None = None
    is_desk_day: bool = False  # the local day of its desk is today
    kind: Kind = Kind.OTHER
    has_number: bool = False
    dials: int = 0


# --- guards -----------------------------------------------------------------------------


@asks("本期已公告、尚未开始接听")
def period_ahead(facts: SignupFacts, by: Actor) -> Verdict:
    starts = facts.period.starts
    ahead = facts.period.state == PeriodState.ANNOUNCED and starts is not None and starts > facts.at
    return YES if ahead else no("over", "本期没有公告或已经开始接听，不再收报名")


@asks("本期还有没结束的接听席")
def desk_to_come(facts: SignupFacts, by: Actor) -> Verdict:
    open_ = facts.period.state in {PeriodState.ANNOUNCED, PeriodState.HELD} and any(desk.ends > facts.at for desk in facts.period.desks)
    return YES if open_ else no("over", "本期的接听已经结束，请转为平常诉求办理")


@asks("留有电话")
def has_number(facts: SignupFacts, by: Actor) -> Verdict:
    return YES if facts.has_number else no("no_number", "没有留电话，不能回拨；请转为平常诉求办理")


@asks("还没有选到在用的接听席")
def at_no_desk(facts: SignupFacts, by: Actor) -> Verdict:
    """A desk that was taken away when its period was arranged anew leaves whoever was taken for it without one."""
    return YES if facts.desk is None else no("taken", "已选到接听席；这个席取消以后才另选")


@asks("不是举报")
def not_a_report(facts: SignupFacts, by: Actor) -> Verdict:
    return no("report", "举报不在接听席上办理，请转为平常诉求") if facts.kind is Kind.REPORT else YES


@asks("接听席当天、已开始接听")
def desk_open(facts: SignupFacts, by: Actor) -> Verdict:
    if facts.desk is None:
        return no("moved", "原来的接听席已取消，请协调员另选一席或转为平常诉求")
    now = facts.is_desk_day and facts.desk.starts <= facts.at and facts.period.takes_calls
    return YES if now else no("not_now", "到接听当天、开始接听后再回拨")


@asks("已拨号")
def has_dialled(facts: SignupFacts, by: Actor) -> Verdict:
    return YES if facts.dials else no("not_dialled", "先拨号，接通后再登记")


# --- checks -----------------------------------------------------------------------------


def check(step: str, values: Mapping[str, Any], facts: SignupFacts) -> dict[str, str]:
    if step != "take_signup":
        return {}
    open_ones = {desk.id for desk in facts.period.desks if desk.ends > facts.at}
    return {} if values.get("desk") in open_ones else {"desk": "请选择本期还没结束的接听席"}


# --- the procedure ----------------------------------------------------------------------

S = SignupState


def _in(*states: SignupState) -> frozenset[SignupState]:
    return frozenset(states)


SIGNUP = Procedure([
    Step("sign_up", "网上报名", _in(S.NEW), S.WAITING, R.REQUESTER, (period_ahead,), ("period", "kind", "said", "place?")),
    Step("take_signup", "选用", _in(S.WAITING, S.TAKEN), S.TAKEN, R.COORDINATOR, (at_no_desk, desk_to_come, has_number, not_a_report), ("desk",)),
    Step("pass_on", "转为平常诉求", _in(S.WAITING, S.TAKEN, S.OUTSIDE), S.PASSED, R.COORDINATOR),
    Step("decline_signup", "不在范围", _in(S.WAITING), S.OUTSIDE, R.COORDINATOR, (), ("told",)),
    Step("dial", "拨号", _in(S.TAKEN), None, R.AGENT, (desk_open,)),
    Step("register_signup", "接通登记", _in(S.TAKEN), S.CALLED, R.AGENT, (desk_open, has_dialled)),
])
