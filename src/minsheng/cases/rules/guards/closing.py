"""What is asked before somebody calls back and closes."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules import callback
from minsheng.cases.rules.callback import Standing
from minsheng.cases.rules.facts import CaseFacts
from minsheng.kit.steps import asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("由系统分给本人回访")
def handed_to_me(case: CaseFacts, by: Actor) -> Verdict:
    """The clerk may not pick which orders to call (rulings, 13): follow-up hands them out."""
    return YES if by.id and by.id in case.callback.clerks else no("not_handed", "回访对象由系统分派，请在“回访”页取下一个")


@asks("每位诉求人都已完成回访")
def everybody_done(case: CaseFacts, by: Actor) -> Verdict:
    """Every requester of the case is called back, or lawfully not reached (rulings, 33)."""
    lack = callback.lacking(case.callback.parties) if case.callback.parties else "还没有回访任何诉求人"
    return no("no_callback", lack) if lack else YES


@asks("每位诉求人都已在三个不同的半天各拨一次，或依规不再回访")
def tried_enough(case: CaseFacts, by: Actor) -> Verdict:
    """As `everybody_done`, for an end without an answer from anybody."""
    answer = everybody_done(case, by)
    if not answer:
        return no("tries", answer.reason)
    reached = any(p.standing.was_reached for p in case.callback.parties)
    return no("reached", "已有诉求人接受或拒绝回访，请用“办结”") if reached else YES


@asks("每位诉求人都已完成回访，至少一位联系上了")
def called_back(case: CaseFacts, by: Actor) -> Verdict:
    if not (answer := everybody_done(case, by)):
        return answer
    reached = any(p.standing.was_reached for p in case.callback.parties)
    return YES if reached else no("no_callback", "诉求人都没有联系上，请用“未接通办结”")


@asks("没有诉求人表示未解决或不满意")
def nobody_unhappy(case: CaseFacts, by: Actor) -> Verdict:
    """Any “not solved” goes to a review by a person (rulings, 9)."""
    return no("unhappy", "诉求人表示未解决或不满意，请提请重办审核") if any(p.is_unhappy for p in case.callback.parties) else YES


@asks("有诉求人没有可拨打的号码")
def number_lacks(case: CaseFacts, by: Actor) -> Verdict:
    """Somebody is to be called back whose number was wrong, or who left none."""
    lacks = any(p.standing in {Standing.NUMBER, Standing.NO_NUMBER} for p in case.callback.parties)
    return YES if lacks else no("number_known", "每位诉求人都有号码可以拨打")


@asks("有诉求人的号码有误")
def number_was_wrong(case: CaseFacts, by: Actor) -> Verdict:
    wrong = any(p.standing == Standing.NUMBER for p in case.callback.parties)
    return YES if wrong else no("number_known", "没有诉求人的号码等待补充")


@asks("有诉求人没有号码，或限制知悉")
def no_way_to_ring(case: CaseFacts, by: Actor) -> Verdict:
    """The lawful branch is for who left no number, and for matters on which a call would do harm (rulings, 33)."""
    if any(p.standing == Standing.NO_NUMBER for p in case.callback.parties):
        return YES
    open_to_all = case.restriction.on and any(not p.standing.is_done for p in case.callback.parties)
    return YES if open_to_all else no("number_known", "诉求人有号码可以拨打，请回访")
