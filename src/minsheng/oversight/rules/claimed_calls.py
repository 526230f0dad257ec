"""A contact by telephone that a unit wrote down itself, beside the calls of the centre about the same order (rulings, 108). Pure.

It says what there is and what there is not. A unit may ring from its own telephone: no call of the centre is no finding against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from minsheng.kit.labelled_enum import Labelled

TOLERANCE = timedelta(minutes=30)  # people write down times that they remember
LEAST_TALK = timedelta(seconds=20)  # as for what counts as spoken through the centre


class Beside(Labelled):
    """In this order the first that holds is said."""

    MATCHED = "matched", "对得上"
    SHARED = "shared", "通话算在另一条上"
    SHORT = "short", "拨了，没有说上话"
    OTHER_TIME = "other_time", "通话在别的时间"
    NONE = "none", "中心没有这次通话"


SAYS = {
    Beside.MATCHED: "前后 30 分钟内有经中心的通话，说满 20 秒",
    Beside.SHARED: "前后 30 分钟内的通话，离同一工单的另一条自报更近；一次通话只算一条",
    Beside.SHORT: "前后 30 分钟内经中心拨过，没有接通，或者不到 20 秒",
    Beside.OTHER_TIME: "经中心拨过，都不在前后 30 分钟内",
    Beside.NONE: "中心没有这次通话；可能是用别的电话打的",
}
FOUND = (Beside.SHORT, Beside.OTHER_TIME)  # what the centre's own record speaks against


@dataclass(frozen=True, slots=True)
class Rung:
    """A call through the centre to the number of the record. `talk` None: nobody answered."""

    at: datetime
    talk: timedelta | None = None

    @property
    def spoke(self) -> bool:
        return self.talk is not None and self.talk >= LEAST_TALK

    @property
    def words(self) -> str:
        return "没有接通" if self.talk is None else f"通话 {round(self.talk.total_seconds())} 秒"


@dataclass(frozen=True, slots=True)
class Said:
    """A claim: the time that its writer names, and its place among all that were written."""

    at: datetime
    id: int = 0

    def from_(self, call: Rung) -> tuple[timedelta, int]:
        return abs(call.at - self.at), self.id


def of(said_at: datetime, calls: Iterable[Rung], id: int = 0, others: Iterable[Said] = ()) -> Beside:
    """`others`: the claims of the same order. A call is evidence for the one claim that is nearest to it, of two as near the earlier written."""
    own, others, calls = Said(said_at, id), list(others), list(calls)
    near = [call for call in calls if abs(call.at - said_at) <= TOLERANCE]
    spoken = [call for call in near if call.spoke]
    if any(own.from_(call) <= min((one.from_(call) for one in others), default=own.from_(call)) for call in spoken):
        return Beside.MATCHED
    if spoken:
        return Beside.SHARED
    if near:
        return Beside.SHORT
    return Beside.OTHER_TIME if calls else Beside.NONE


def nearest(said_at: datetime, calls: Iterable[Rung]) -> Rung | None:
    """The one to look at: of those near it one that was spoken in, else the next in time."""
    return min(calls, key=lambda call: (abs(call.at - said_at) > TOLERANCE, not call.spoke, abs(call.at - said_at)), default=None)


def evidence(said_at: datetime, calls: Iterable[Rung]) -> str:
    """What stands against what, in the zone of `said_at`."""
    one = nearest(said_at, calls)
    if one is None:
        return SAYS[Beside.NONE]
    return f"称 {said_at:%Y-%m-%d %H:%M} 电话联系；中心的通话是 {one.at.astimezone(said_at.tzinfo):%Y-%m-%d %H:%M}，{one.words}"
