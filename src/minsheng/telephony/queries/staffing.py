"""Plan against actual, half hour by half hour, from the centre's own calls: who was there, who is needed, what two more would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from django.db import connection

from minsheng.cases.effects import clocks
from minsheng.cases.queries.lists import day_start
from minsheng.kit import clock, read_values
from minsheng.kit.read_times import day
from minsheng.kit.read_values import Fields
from minsheng.telephony.models import AgentState
from minsheng.telephony.queries import seat
from minsheng.telephony.queries.lists import today
from minsheng.telephony.rules import staffing
from minsheng.telephony.rules.words import Presence

SLOTS, HALF = 48, timedelta(minutes=30)
_USUAL_PATIENCE, _USUAL_HANDLING = 60.0, 180.0  # seconds, where no call tells


@dataclass(frozen=True, slots=True)
class Asked:
    """`weeks`: of how many weeks before, the same day of the week; 0: the day's own calls. Shares in percent."""

    day: date
    weeks: int = 4
    share: int = 95
    within: int = 15
    busy: int = 85
    shrink: int = 30
    more: int = 2


def read(given: Mapping[str, str]) -> Asked:
    form = Fields(given)
    on = form.read("day", day, label="日期", default=today())
    numbers = {name: form.read(name, read_values.number, least, most, label=label, default=usual) for name, label, least, most, usual in (
        ("weeks", "参考周数", 0, 26, 4), ("share", "目标", 1, 99, 95), ("within", "秒数", 1, 600, 15), ("busy", "利用率上限", 10, 100, 85),
        ("shrink", "缺勤率", 0, 80, 30), ("more", "增加人数", 0, 50, 2))}
    form.done()
    return Asked(on, **numbers)


@dataclass(frozen=True, slots=True)
class Slot:
    begins: str
    calls: float  # a half hour's, as the reference says
    came: int  # on the day itself
    handling: float
    needed: int
    roll: int
    there: float  # people who were there, on average
    now: staffing.Staffed
    then: staffing.Staffed

    @property
    def short(self) -> bool:
        return self.calls > 0 and self.there + 0.5 < self.needed


_CALLS = """
SELECT (queued_at AT TIME ZONE %(zone)s)::date AS day,
       floor(extract(epoch FROM (queued_at AT TIME ZONE %(zone)s)::time) / 1800)::int AS slot, count(*) AS n,
       coalesce(sum(extract(epoch FROM left_at - connected_at)) FILTER (WHERE connected_at IS NOT NULL AND left_at IS NOT NULL), 0) AS talk,
       count(*) FILTER (WHERE connected_at IS NOT NULL AND left_at IS NOT NULL) AS answered,
       coalesce(sum(extract(epoch FROM coalesce(connected_at, ended_at) - queued_at)), 0) AS waited,
       count(*) FILTER (WHERE connected_at IS NULL AND result = 'abandoned') AS gone
  FROM telephony_call WHERE direction = 'in' AND queued_at >= %(start)s AND queued_at < %(end)s
   AND (queued_at AT TIME ZONE %(zone)s)::date = ANY(%(days)s) GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Plan:
    slots: list[Slot]
    days: int  # of reference that had calls
    patience: float
    known_patience: bool
    own: bool  # no reference: the day's own calls


def plan(asked: Asked) -> Plan:
    """Four statements."""
    days = [asked.day - timedelta(days=7 * n) for n in range(asked.weeks + 1)]
    rows = _calls(days)
    before = [row for row in rows if row["day"] != asked.day]
    used = before or rows
    length = len({row["day"] for row in used}) or 1
    waited, gone = sum(float(row["waited"]) for row in used), sum(row["gone"] for row in used)
    patience = max(5.0, waited / gone) if gone else _USUAL_PATIENCE
    wrap, there = _people(asked.day)
    talk, answered = sum(float(row["talk"]) for row in used), sum(row["answered"] for row in used)
    usual = (talk / answered if answered else _USUAL_HANDLING) + wrap
    slots = [_slot(asked, place, used, rows, length, usual, wrap, there[place], patience) for place in range(SLOTS)]
    return Plan([slot for slot in slots if slot.calls or slot.came or slot.there], length if before else 0, patience, gone > 0, not before)


def _calls(days: list[date]) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(_CALLS, {"zone": clocks.city_calendar().zone.key, "days": days, "start": day_start(min(days)), "end": day_start(max(days) + timedelta(days=1))})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _slot(asked: Asked, place: int, used: list[dict], rows: list[dict], length: int, usual: float, wrap: float, there: float, patience: float) -> Slot:
    mine = [row for row in used if row["slot"] == place]
    calls = sum(row["n"] for row in mine) / length
    answered = sum(row["answered"] for row in mine)
    handling = sum(float(row["talk"]) for row in mine) / answered + wrap if answered >= 5 else usual
    needed = staffing.needed(calls, handling, asked.share / 100, asked.within, asked.busy / 100)
    people = round(there)
    at, came = place * 30, sum(row["n"] for row in rows if row["day"] == asked.day and row["slot"] == place)
    return Slot(f"{at // 60:02d}:{at % 60:02d}", calls, came, handling, needed, staffing.on_the_roll(needed, asked.shrink / 100), there,
                staffing.by_erlang_a(people, calls, handling, asked.within, patience), staffing.by_erlang_a(people + asked.more, calls, handling, asked.within, patience))


def _people(on: date) -> tuple[float, list[float]]:
    """(seconds of wrap-up after a call, agents there in each half hour: neither out nor paused). The usual wrap-up: one that was left open when
    its shift was over tells of no call."""
    start, end, now = day_start(on), day_start(on + timedelta(days=1)), clock.now()
    there, wraps = [0.0] * SLOTS, []
    agents = AgentState.objects.filter(since__lt=end).exclude(until__lte=start).exclude(person_id__in=seat.beside_the_queues(start, end))
    rows = agents.exclude(state__in=[Presence.OUT.value, Presence.PAUSED.value, Presence.LOST.value])
    for state, since, until in rows.values_list("state", "since", "until"):
        first, last = max(since, start), min(until or now, end)
        if state == Presence.WRAP_UP:
            wraps.append((last - first).total_seconds())
        _spread(there, start, first, last)
    if start < now < end:  # the half hour that goes on: of its part so far
        place = int((now - start) / HALF)
        there[place] /= max(0.05, (now - start) / HALF - place)
    return (median(wraps) if wraps else 0.0), there


def _spread(there: list[float], start: datetime, first: datetime, last: datetime) -> None:
    place = int((first - start) / HALF)
    while place < SLOTS and start + place * HALF < last:
        share = (min(last, start + (place + 1) * HALF) - max(first, start + place * HALF)) / HALF
        there[place] += max(0.0, share)
        place += 1
