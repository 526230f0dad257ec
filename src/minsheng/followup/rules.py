"""Who is rung next and what follows from the answers. Pure. Read by rulings 9, 13."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from minsheng.cases.rules import CALLBACK_TRIES, Outcome
from minsheng.cases.rules.callback import half_day_of

RECHECK_SHARE = 0.03
CHECKED = frozenset({Outcome.ANSWERED, Outcome.REFUSED, Outcome.RELATIVE, Outcome.WRONG_NUMBER, Outcome.NOT_REACHED})
ANSWERS_BY_PAGE = timedelta(days=1)  # who left no number may answer there first
CLAIM = timedelta(minutes=15)
SOONEST = timedelta(hours=1)  # an appointment is offered for a later hour, never for the one that begins in two minutes

# What the clerk says, in order; who we speak to is made sure of before anything of the matter is said.
SCRIPT = (
    ("greet", "您好，这里是12345政务服务便民热线，通话将被录音。请问您是{name}吗？"),
    ("identity", "您近期向我们反映过一件事情，请问您现在方便接受回访吗？"),
    ("contacted", "承办单位是否与您联系过？"),
    ("solved", "您反映的问题是否得到解决？"),
    ("satisfaction", "您对办理结果是否满意：非常满意、满意、基本满意、不满意，还是非常不满意？"),
    ("thanks", "感谢您的配合，如有新情况请随时拨打12345。"),
)


def drawn(outcome: str, roll: float, number_was_given: bool) -> bool:
    """Is this record to be checked by a second call? Always where the desk had put in another number: it may be anybody's.

    roll  a fresh random number of [0, 1)
    """
    return outcome in CHECKED and (number_was_given or roll < RECHECK_SHARE)


def again_at(outcome: str, at: datetime, appointment: datetime | None) -> datetime | None:
    """When a party that is not done is rung again: as agreed, else in the next part of the day."""
    if outcome == Outcome.APPOINTMENT:
        return appointment
    if outcome == Outcome.HANDED_OVER:
        return at
    start = at.replace(minute=0, second=0, microsecond=0)
    for hour in (9, 15, 19):
        if at.hour < hour and half_day_of(start.replace(hour=hour)) != half_day_of(at):
            return start.replace(hour=hour, minute=30 if hour != 19 else 0)
    return start.replace(hour=9, minute=30) + timedelta(days=1)


# What each outcome without answers means, in the order of the desk; {n}: this try, {of}: how many there are.
OUTCOME_SAYS = {
    Outcome.NOT_REACHED: "第 {n} 次，共 {of} 次；{next}",
    Outcome.RELATIVE: "不透露内容；第 {n} 次，共 {of} 次；{next}",
    Outcome.HANDED_OVER: "马上转给会藏语的回访员",
    Outcome.REFUSED: "不再打扰，本次回访结束",
    Outcome.WRONG_NUMBER: "转话务员补号码，补到后再打",
    Outcome.APPOINTMENT: "按约定的时间再取出",
}


def outcome_says(outcome: str, tries: int, at: datetime, said: Callable[[datetime], str]) -> str:
    """What follows from this outcome, for this requester, now. `tries`: with this one."""
    again, last = again_at(outcome, at, None), tries >= CALLBACK_TRIES
    follows_then = "这是最后一次，之后按未接通处理" if last or again is None else f"{said(again)}后再打"
    return OUTCOME_SAYS[Outcome(outcome)].format(n=tries, of=CALLBACK_TRIES, next=follows_then)


def offers(at: datetime) -> list[datetime]:
    """Times to offer for an appointment: the next parts of the day, in office hours and after."""
    start = at.replace(minute=0, second=0, microsecond=0)
    slots = [start + timedelta(days=d, hours=h - at.hour) for d in range(4) for h in (10, 15, 19)]
    return [s for s in slots if s >= at + SOONEST][:4]
