"""Tables of holidays announced here and of time limits. Rows are added, not edited; only a limit's end of validity is filled in."""

from __future__ import annotations

from django.db import models

from minsheng.calendar.library import CODES
from minsheng.calendar.rules import DayKind
from minsheng.kit.columns import Word

CALENDARS = [(code, code) for code in CODES]


class Holiday(models.Model):
    """One date of a calendar as announced after the shipped data. Several rows of one date: the latest counts, the others are history."""

    calendar = Word("日历", max_length=20, choices=CALENDARS)
    day = models.DateField("日期")
    kind = Word("类型", max_length=8, choices=[(k.value, k.label) for k in DayKind])
    why = models.CharField("说明", max_length=120)
    issued_on = models.DateField("公布日期")
    at = models.DateTimeField("登记时间")
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)

    class Meta:
        ordering = ["calendar", "day", "id"]
        indexes = [models.Index(fields=["calendar", "id"], name="holiday_calendar_version")]


class IssuedYear(models.Model):
    """A year whose whole notice has been entered here: its weekday rule is certain from then on."""

    calendar = Word("日历", max_length=20, choices=CALENDARS)
    year = models.PositiveSmallIntegerField("年份")
    at = models.DateTimeField("登记时间")
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)

    class Meta:
        ordering = ["calendar", "year"]
        constraints = [models.UniqueConstraint(fields=["calendar", "year"], name="one_notice_a_year")]


class TimeLimit(models.Model):
    """One row of the one dated table of time limits. Valid from `valid_from` up to but not including `valid_to` (local dates).

    value, urgent_value, yellow, red: limits as written ("5wd"); yellow and red are leads before the due date that replace the usual
    ones. matter: a category's code that the row is for; empty: every matter without a row of its own.
    """

    code = models.CharField("代码", max_length=40)
    matter = models.CharField("事项", max_length=60, blank=True)
    label = models.CharField("名称", max_length=60)
    value = models.CharField("时限", max_length=8)
    urgent_value = models.CharField("紧急时限", max_length=8, blank=True)
    yellow = models.CharField("黄灯提前", max_length=8, blank=True)
    red = models.CharField("红灯提前", max_length=8, blank=True)
    basis = models.CharField("依据", max_length=300, blank=True)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True, blank=True)
    at = models.DateTimeField("登记时间")
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)

    class Meta:
        ordering = ["code", "matter", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "matter", "valid_from"], name="one_limit_starts_a_day"),
            models.UniqueConstraint(fields=["code", "matter"], condition=models.Q(valid_to=None), name="one_limit_is_open_ended"),
            models.CheckConstraint(condition=models.Q(valid_to=None) | models.Q(valid_to__gt=models.F("valid_from")),
                                   name="limit_ends_after_it_starts"),
        ]
