"""Who may take which step, and why not. Each reads the facts and the actor. Pure."""

from __future__ import annotations

from collections.abc import Callable

from minsheng.accounts.rules import Actor
from minsheng.kit import written_times
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.leader_days.rules.facts import CommitmentFacts, PeriodFacts, SchemeFacts
from minsheng.leader_days.rules.reminding import is_news
from minsheng.leader_days.rules.states import PeriodState

# --- schemes and periods ------------------------------------------------------------


@asks("没有参与起草")
def not_drafted_by_me(facts: SchemeFacts | PeriodFacts, by: Actor) -> Verdict:
    return no("own", "您参与了起草，签发须由另一人办理") if by.id in facts.drafters else YES


@asks("方案已印发")
def scheme_issued(facts: PeriodFacts, by: Actor) -> Verdict:
    return YES if facts.scheme_issued else no("scheme", "所属方案还没有印发，先印发方案再公告")


@asks("至少有一个接听席")
def has_desk(facts: PeriodFacts, by: Actor) -> Verdict:
    return YES if facts.desks else no("no_desk", "本期还没有接听席，先添加单位、接听领导和时间再公告")


@asks("各席的接听领导都在岗")
def leaders_there(facts: PeriodFacts, by: Actor) -> Verdict:
    """The public would be told of somebody who will not be there."""
    return no("absent", f"有 {len(facts.absent)} 个接听席的领导已离岗，或已不是接听领导，换人再公告") if facts.absent else YES


@asks("尚未开始接听")
def not_begun(facts: PeriodFacts, by: Actor) -> Verdict:
    starts = facts.starts
    return no("begun", "本期已经开始接听，不能再公告、撤回公告或取消") if starts is not None and starts <= facts.at else YES


@asks("公告了的尚未开始接听")
def never_held(facts: PeriodFacts, by: Actor) -> Verdict:
    """What was called back, or never announced, took no calls whatever its day."""
    return YES if facts.state == PeriodState.DRAFT else not_begun(facts, by)


@asks("已开始接听")
def begun(facts: PeriodFacts, by: Actor) -> Verdict:
    starts = facts.starts
    return YES if starts is not None and starts <= facts.at else no("not_begun", "本期还没有开始接听")


@asks("承诺事项都有核验结论")
def commitments_ended(facts: PeriodFacts, by: Actor) -> Verdict:
    return no("waiting", f"还有 {facts.waiting} 项承诺没有核验结论，核验后再总结") if facts.waiting else YES


@asks("席上没有没了结的来电")
def no_call_at_a_desk(facts: PeriodFacts, by: Actor) -> Verdict:
    """Whoever talks there would lose the desk in mid-call."""
    return no("talking", "接听席上还有一个电话没有了结，了结后再总结") if facts.talking else YES


@asks("网上报名都已办理")
def signups_settled(facts: PeriodFacts, by: Actor) -> Verdict:
    return no("signups", f"还有 {facts.signups} 份网上报名没有办理，回拨、转为平常诉求或告知不在范围后再总结") if facts.signups else YES


@asks("协调会都已落实或取消")
def meetings_settled(facts: PeriodFacts, by: Actor) -> Verdict:
    return no("meetings", f"还有 {facts.meetings} 次协调会没有落实，落实或取消后再总结") if facts.meetings else YES


# --- commitments ----------------------------------------------------------------------


@asks("本期已开始接听，尚未总结")
def period_takes_calls(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.period.takes_calls else no("period", "本期还没有开始接听或已经总结，不能登记承诺")


@asks("本人的接听席")
def own_desk(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.desk and facts.desk.leader == by.id else no("not_own_desk", "只能在本人的接听席上承诺，请选择本人的席位", "desk")


@asks("本单位的接听席")
def desk_of_own_unit(facts: CommitmentFacts, by: Actor) -> Verdict:
    mine = facts.desk is not None and bool(by.unit) and facts.desk.unit in (by.unit, *by.unit_path)
    return YES if mine else no("not_own_desk", "只能在本单位的接听席上代为登记，请选择本单位的席位", "desk")


@asks("责任单位或其上级的人员")
def of_owner_unit(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit in facts.owner_path else no("not_own", "由责任单位办理")


@asks("不属责任单位一系")
def outside_owner(facts: CommitmentFacts, by: Actor) -> Verdict:
    inside = facts.owner_line & {by.unit, *by.unit_path}
    return no("own_unit", "承诺的核验须由责任单位以外的人员办理") if inside else YES


@asks("没有申请待裁定")
def nothing_waits(facts: CommitmentFacts, by: Actor) -> Verdict:
    return no("waits", "有申请等待裁定，裁定后再办理") if facts.waiting else YES


@asks("有延期申请待裁定")
def extension_waits(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.waiting == "extension" else no("not_asked", "没有等待裁定的延期申请")


@asks("申请的日期现在仍是工作日")
def asked_day_works(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.asked_day_works else no("rest_day", "工作日历后来改了，申请的日期已不是工作日；不同意并写明，请单位另报日期")


@asks("有撤回申请待裁定")
def withdrawal_waits(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.waiting == "withdrawal" else no("not_asked", "没有等待裁定的撤回申请")


@asks("不是申请人")
def not_the_asker(facts: CommitmentFacts, by: Actor) -> Verdict:
    return no("own", "不能裁定自己的申请") if facts.asked_by == by.id else YES


@asks("未过承诺日期")
def before_due(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.due and facts.today <= facts.due else no("past_due", "已过承诺日期，不能再申请延期；请如实报送，由督办员核验")


@asks("在承诺日期之前完成")
def done_in_time(facts: CommitmentFacts, by: Actor) -> Verdict:
    late = facts.done_on is None or facts.due is None or facts.done_on > facts.due
    return no("done_late", "完成日期晚于承诺日期，只能按“未按期兑现”核验") if late else YES


@asks("已过承诺日期，或完成日期晚于承诺日期")
def is_late(facts: CommitmentFacts, by: Actor) -> Verdict:
    due = facts.due or facts.today
    return YES if (facts.done_on or facts.today) > due else no("not_due", "承诺日期还没有过，不能记为未按期兑现")


@asks("还没有完成日期")
def not_done_yet(facts: CommitmentFacts, by: Actor) -> Verdict:
    return no("done", f"已记完成日期 {written_times.day(facts.done_on)}") if facts.done_on else YES


def _stage_reached(stage: str, words: str) -> Callable[[CommitmentFacts, Actor], Verdict]:
    @asks(words)
    def asking(facts: CommitmentFacts, by: Actor) -> Verdict:
        return YES if facts.stage == stage else no("not_now", f"现在不是{words}")

    return asking


before_its_date = _stage_reached("remind_before", "兑现日期前三个工作日之内")
on_its_date = _stage_reached("remind_due", "兑现日期当天")
day_after = _stage_reached("urge_late", "过兑现日期满一个工作日")
week_after = _stage_reached("escalate_late", "过兑现日期满五个工作日")


@asks("这个日期还没有提醒到这一档")
def not_told_yet(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if is_news(facts.stage, facts.told) else no("told", "这个兑现日期已经提醒过")


@asks("有公开内容待签发")
def public_part_waits(facts: CommitmentFacts, by: Actor) -> Verdict:
    return YES if facts.drafted_by else no("not_asked", "没有等待签发的公开内容")


@asks("不是拟稿人")
def not_the_drafter(facts: CommitmentFacts, by: Actor) -> Verdict:
    return no("own", "公开内容不能由拟稿人签发") if facts.drafted_by == by.id else YES


@asks("所涉工单不限制知悉、未要求保密")
def case_may_be_public(facts: CommitmentFacts, by: Actor) -> Verdict:
    return no("closed", "所涉工单限制知悉或要求保密，承诺不对外公开") if facts.case_closed_to_public else YES
