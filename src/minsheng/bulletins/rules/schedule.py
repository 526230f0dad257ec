"""What a rule of the schedule must say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.bulletins.rules.spans import BY_CLOCK, BulletinKind, Rule
from minsheng.kit import read_times, read_values
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.verdict import YES, Verdict, no

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
LAST_ON = {BulletinKind.DAILY: 1, BulletinKind.WEEKLY: 7, BulletinKind.MONTHLY: 28}


def may_set(by: Actor) -> Verdict:
    return YES if Role.SUPERVISOR in by.roles else no("role", "按时拟出和模板由督办员设定")


@dataclass(frozen=True, slots=True)
class Known:
    today: date
    people: frozenset[int]


def _time(raw: object) -> time:
    try:
        return time.fromisoformat(str(raw).strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise BadValue("应如 08:00") from None


def read(given: Mapping[str, Any], known: Known) -> Rule:
    """Invalid with a sentence a field. Without a time a kind is drafted by nobody but analysts."""
    form = Fields(given)
    kind = form.read("kind", read_values.choice, [(one.value, one.label) for one in BY_CLOCK], label="种类", must=True)
    since = form.read("since", read_times.day, label="施行日期", must=True)
    at = form.read("at", _time, label="时间", default=None)
    on = form.read("on", read_values.number, 1, LAST_ON.get(BulletinKind(kind) if kind else BulletinKind.MONTHLY, 28), label="星期几或几号", default=1)
    told = form.read("told", read_values.record_ids, label="告知谁", default=[])
    if since and since < known.today:
        form.wrong("since", f"施行日期不能早于今天（{known.today}）：以前的统计期没有人要过")
    if any(one not in known.people for one in told or ()):
        form.wrong("told", "只能告知在岗的分析员和督办员，请重新选择")
    form.done()
    return Rule(BulletinKind(kind), since, at, on or 1, tuple(told or ()))


def words(rule: Rule) -> str:
    """每天 08:00 拟出前一日的日报."""
    if rule.at is None:
        return "不按时拟出"
    when = {BulletinKind.DAILY: "每天", BulletinKind.WEEKLY: f"每{WEEKDAYS[rule.on - 1]}", BulletinKind.MONTHLY: f"每月{rule.on}日"}[rule.kind]
    what = {BulletinKind.DAILY: "前一日的日报", BulletinKind.WEEKLY: "上一周的周报", BulletinKind.MONTHLY: "上月的月报"}[rule.kind]
    return f"{when}{rule.at:%H:%M}拟出{what}"
