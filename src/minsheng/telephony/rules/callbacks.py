"""When a number that the centre owes a call is rung: by day, at different times of the day, three times, once for each lost call. Pure.

Times are local to the city.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.telephony.rules.words import CallbackState, Result, TryResult

MOST_TRIES = 3
LEASE = timedelta(minutes=15)
SOON = timedelta(minutes=1)  # who has just hung up has the telephone still in hand
PROMISED = timedelta(hours=4)  # a call-back is kept when somebody tried within this, counted while it may be rung
DAY_BEGINS, DAY_ENDS = time(8, 0), time(21, 0)
_PARTS = (time(8, 0), time(12, 0), time(17, 30))  # morning, midday and afternoon, evening
RINGS = frozenset({Role.AGENT, Role.CALLBACK_CLERK, Role.SHIFT_LEADER})  # who rings back
READS = RINGS | {Role.SUPERVISOR, Role.QUALITY, Role.ANALYST}


def may_ring(by: Actor) -> Verdict:
    return YES if by.roles & RINGS else no("role", "回拨由话务员、回访员和值班长办理")


def may_say(result: str, told: str, rings: bool, shown: bool) -> Verdict:
    """Whether the clerk may write this of an attempt. `told`: what its call was by the exchange, "" without one; `shown`: the number was looked at
    for the telephone on the desk. Nobody is "reached" whom nobody has rung (rulings, 68)."""
    if rings:
        return no("rings", "电话还没有结束：挂断以后，结果由话务平台记下")
    if told in (Result.CUT, Result.IN_TRANSFER, Result.PBX_RESTART) or result == TryResult.CUT:
        return no("cut", "断线的通话由话务平台记下，请稍候；没有说完的会放回待回拨")
    if result == TryResult.DROPPED or shown:
        return YES
    if not told:
        return no("untried", "还没有拨过：请按“拨出”，或按“看号码”用桌上的电话拨；不拨就记“未拨出”")
    return YES if result != TryResult.REACHED or told == Result.ANSWERED else no("unreached", "话务平台记的是没有接通：请照实记")


def quiet(at: datetime) -> bool:
    return not DAY_BEGINS <= at.time() < DAY_ENDS


def first_at(lost: datetime) -> datetime:
    """When a call lost at `lost` may be rung back."""
    return _by_day(lost + SOON)


def _by_day(at: datetime) -> datetime:
    if at.time() >= DAY_ENDS:
        at = at + timedelta(days=1)
    elif at.time() >= DAY_BEGINS:
        return at
    return at.replace(hour=DAY_BEGINS.hour, minute=0, second=0, microsecond=0)


def part_of(at: datetime) -> int:
    """Which part of the day: 0, 1, 2."""
    return sum(at.time() >= begins for begins in _PARTS[1:])


def next_at(tried: Sequence[datetime]) -> datetime:
    """After attempts that reached nobody (in order): the beginning of the next part of a day in which none was made yet."""
    used, day = {part_of(at) for at in tried}, tried[-1]
    at = tried[-1]
    for days in range(2):
        for part, begins in enumerate(_PARTS):
            at = (day + timedelta(days=days)).replace(hour=begins.hour, minute=begins.minute, second=0, microsecond=0)
            if at > tried[-1] and (part not in used or len(used) == len(_PARTS)):
                return at
    return at


AT_ONCE = frozenset({TryResult.DROPPED, TryResult.CUT})  # no fault of who is rung: it counts as no attempt and is made again now


def after_try(result: str, tries: int) -> CallbackState:
    """What an attempt leaves: reached is done, a number that is none is given up, the rest waits for the next time."""
    if result == TryResult.REACHED:
        return CallbackState.DONE
    return CallbackState.GIVEN_UP if result == TryResult.WRONG or (tries >= MOST_TRIES and result not in AT_ONCE) else CallbackState.WAITING


def promised_by(due: datetime) -> datetime:
    """Until when an attempt keeps the promise."""
    at = due + PROMISED
    return at if not quiet(at) else _by_day(at) + (at - at.replace(hour=DAY_ENDS.hour, minute=0) if at.time() >= DAY_ENDS else timedelta())


OF_DIALSTATUS = {"ANSWER": TryResult.REACHED, "BUSY": TryResult.BUSY, "NOANSWER": TryResult.NO_ANSWER, "CANCEL": TryResult.DROPPED,
                 "CONGESTION": TryResult.NO_ANSWER, "CHANUNAVAIL": TryResult.WRONG, "INVALIDARGS": TryResult.WRONG}


def of_call(result: str, connected: bool, dialstatus: str) -> TryResult:
    """What came of an attempt, by what its call was. Nobody was reached whose talk our side cut off, nobody failed to answer whom a restart cut off."""
    if result == Result.ANSWERED:
        return TryResult.REACHED
    if connected:
        return TryResult.CUT
    return TryResult.DROPPED if result == Result.PBX_RESTART else OF_DIALSTATUS.get(dialstatus, TryResult.NO_ANSWER)
