"""What went wrong since yesterday, each with what it rests on, and what could not be said (rulings, 86). Part of queries.py by kind.

Overdue anew and calls are counted since the beginning of yesterday; matters and rates are these seven days, today the last, beside the
seven before. Ten statements at most, however much there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.queries import lists
from minsheng.cases.rules import SUBMITTED
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.measures import board, queries, rules, series
from minsheng.measures.queries import Asked
from minsheng.measures.rules import BY_CODE, Row

CONNECT_LEAST = 0.95
WATCHED = ("sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction", "return", "redo")
DAYS = 7


@dataclass(frozen=True, slots=True)
class Wrong:
    """`said`: what; `base`: what it rests on; `asked`: the list behind it, as the door of `kind` asks for it: late, figure."""

    code: str
    said: str
    base: str
    kind: str
    asked: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """`unsaid`: what could not be counted or compared, and why. Nothing is wrong only where both are empty."""

    since: date
    at: datetime
    wrong: list[Wrong] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)


def since_yesterday(by: Actor) -> Found:
    day = queries.today()
    found = Found(day - timedelta(days=1), clock.now())
    for part in (_late(by, found.since), _rising(by, day), _connected(by, found.since, day), _rates(by, day)):
        for one in part:
            if isinstance(one, Wrong):
                found.wrong.append(one)
            else:
                (found.unsaid if isinstance(one, _Unsaid) else found.looked).append(one)
    return found


class _Unsaid(str):
    """What could not be said, and why."""

    __slots__ = ()


class _Looked(str):
    """What was looked at."""

    __slots__ = ()


def _late(by: Actor, since: date) -> Iterator[Wrong | _Looked]:
    whole, late, fresh = _late_sizes(by, since)
    yield _Looked("新超期")
    if fresh:
        yield Wrong("late", f"昨天以来新超期 {fresh} 件，现在共超期 {late} 件", f"现在在办、您可以查看的 {whole} 件", "late", {"since": since})


@planned_once()
def _late_sizes(by: Actor, since: date) -> tuple[int, int, int]:
    """(open, overdue, overdue since that day) of what the reader sees."""
    late = Q(paused=False, due_at__lt=clock.now())
    sizes = cases.visible(by).filter(closed_at=None, state__in=[s.value for s in sorted(SUBMITTED)]).aggregate(
        whole=Count("id"), late=Count("id", filter=late), fresh=Count("id", filter=late & Q(due_at__gte=lists.day_start(since))))
    return sizes["whole"], sizes["late"], sizes["fresh"]


def _rising(by: Actor, day: date) -> Iterator[Wrong | _Looked]:
    """A rise that chance does not make: of both weeks together, surely more than half came in this one."""
    yield _Looked("分类上升")
    for rise in board.rising(by, day):
        low = rules.share(rise.now, rise.now + rise.before)[1]
        if low is not None and low > 0.5:
            yield Wrong("rise", f"“{rise.name}”近七天 {rise.now} 件，前七天 {rise.before} 件", f"两个七天共 {rise.now + rise.before} 件",
                        "figure", {"measure": "received", "part": "numerator", "by": "category", "key": rise.category,
                                   "from": day - timedelta(days=DAYS - 1), "to": day})


def _connected(by: Actor, since: date, day: date) -> Iterator[Wrong | _Unsaid | _Looked]:
    if rules.own_unit_only(by):
        return  # the centre's calls are no figure of a unit
    row = queries.rows(Asked(since, day), by, ["connect"])[0]
    if row.value is None:
        yield _Unsaid("接通率：昨天以来没有通话记录")
        return
    yield _Looked("接通率")
    if row.value < CONNECT_LEAST:
        yield Wrong("connect", f"接通率 {row.shown}（{row.numerator:,}/{row.denominator:,}），低于 {CONNECT_LEAST * 100:.0f}%",
                    f"昨天以来进入排队的 {row.denominator} 个来电", "figure", {"measure": "connect", "part": "denominator", "from": since, "to": day})


def _rates(by: Actor, day: date) -> Iterator[Wrong | _Unsaid | _Looked]:
    first, middle = day - timedelta(days=2 * DAYS - 1), day - timedelta(days=DAYS - 1)
    measures = [BY_CODE[code] for code in WATCHED]
    found = series.daily(Asked(first, day), by, rules.sets_of(measures))
    now = _rows(measures, {at: sizes for at, sizes in found.items() if at >= middle}, middle, day)
    before = _rows(measures, {at: sizes for at, sizes in found.items() if at < middle}, first, middle - timedelta(days=1))
    few = []
    for measure, this, last in zip(measures, now, before, strict=True):
        if min(this.denominator or 0, last.denominator or 0) < rules.RANK_FROM:
            few.append(measure.label)
            continue
        yield _Looked(measure.label)
        if _worse(this, last):
            yield Wrong(measure.code, f"{measure.label}近七天 {this.shown}，前七天 {last.shown}",
                        f"分母 {this.denominator} 件和 {last.denominator} 件，两个区间不重叠", "figure",
                        {"measure": measure.code, "part": "denominator", "from": middle, "to": day})
    if few:
        yield _Unsaid(f"{'、'.join(few)}：近七天或前七天不足 {rules.RANK_FROM} 件，不作比较")


def _rows(measures: list, days: Mapping[date, Mapping[str, int]], since: date, until: date) -> list[Row]:
    return queries.rows_from(Asked(since, until), measures, {None: queries.whole(days)})


def _worse(this: Row, last: Row) -> bool:
    if this.low is None or this.high is None or last.low is None or last.high is None:
        return False
    return this.low > last.high if BY_CODE[this.measure].goal == "down" else this.high < last.low
