"""What is checked of a call-back and of what was answered."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, Outcome, Satisfaction, Standing
from minsheng.cases.rules.checks.shared import NOT_OF_CASE, Check, Given, World
from minsheng.kit.steps import asks


@asks("回访结果与所答一致")
def answers_fit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    outcome = given.get("outcome")
    asked = [n for n in ("contacted", "solved", "satisfaction") if n in given]
    if outcome == Outcome.ANSWERED and not asked:
        return {"solved": "请至少记录一个回答；一个都没有回答的，请选“拒绝回访”"}
    if outcome != Outcome.ANSWERED and asked:
        return {asked[0]: "未接受回访的不能填写回答"}
    if outcome == Outcome.APPOINTMENT and "appointment" not in given:
        return {"appointment": "请填写约定时间"}
    level = given.get("satisfaction")
    if level and not Satisfaction(level).counts and not given.get("dissatisfaction"):
        return {"dissatisfaction": "请选择不满意的类型"}
    return {}


def party_is(*standings: Standing, sentence: str) -> Check:
    """The requester named is of this case now, and their call-back has come so far."""

    @asks("是本单的诉求人，且还欠这一步")
    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        party = next((p for p in case.callback.parties if p.id == given.get("party")), None)
        if party is None:
            return {"party": "这位诉求人不在本单内（可能已撤销并单或撤回），请取下一个"}
        return {} if party.standing in standings else {"party": sentence}

    return check


@asks("没有号码的，填写本人来电的通话编号")
def reached_somehow(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Who has no number is not rung; who rang themselves is written down with that call."""
    party = next((p for p in case.callback.parties if p.id == given.get("party")), None)
    without = party is not None and party.standing in {Standing.NO_NUMBER, Standing.NUMBER}
    if not without:
        return {}
    if "call" not in given:
        return {"call": "这位诉求人没有可拨打的号码；本人打来的，请填写通话编号"}
    if world.call is None or (world.call.spoke and not world.call.elsewhere):
        return {}
    return {"call": NOT_OF_CASE if world.call.spoke else "这通电话没有接通，没有人回答"}


@asks("记录与情形相符")
def ground_fits(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Why nobody can be called: what the record bears out."""
    ground = given.get("no_callback")
    if ground == "harm":
        return {} if case.restriction.on else {"no_callback": "本单没有限制知悉，不能用这一情形"}
    left = any(p.standing == Standing.NO_NUMBER for p in case.callback.parties)
    return {} if left else {"no_callback": "诉求人有号码可以拨打"}
