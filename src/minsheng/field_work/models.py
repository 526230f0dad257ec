"""Tables of work in the field. A watch changes only by steps."""

from __future__ import annotations

from django.db import models

from minsheng.field_work.rules.watches import WatchState
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords


class Watch(Stepped):
    """蹲点: a unit at a place, for some days."""

    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="蹲点单位")
    since = models.DateField("开始", null=True)
    until = models.DateField("计划结束", null=True)
    visits = models.PositiveSmallIntegerField("到场次数", default=0)
    last_visit = models.DateField("最近到场", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    place = models.CharField("点位", max_length=80, blank=True)
    matter = models.CharField("要解决什么", max_length=120, blank=True)
    result = models.TextField("结果", blank=True)

    # Put on it by the query of its list.
    overdue: bool

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="watch_of_unit"), models.Index(fields=["state", "-id"], name="watch_by_state")]

    def __str__(self) -> str:
        return self.place

    def get_state_display(self) -> str:
        return WatchState(self.state).label


class WatchStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "field_work_watchstep"


class WatchWords(StepWords):
    pass
