"""Tables of supervision. The ladder is data of a city; what was reached is written once and never changed; slips change by steps."""

from __future__ import annotations

from django.db import models

from minsheng.oversight.rules.ladder import Measure, Trigger


class LadderRung(models.Model):
    """One rung of the ladder since a day; a later row of the same code takes its place."""

    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=80)
    measure = models.CharField("措施", max_length=10, choices=Measure.choices())
    trigger = models.CharField("条件", max_length=10, choices=Trigger.choices())
    count = models.PositiveSmallIntegerField("数", default=0)
    within = models.PositiveSmallIntegerField("天数之内", default=0)
    copy = models.BooleanField("抄送单位负责人", default=False)
    basis = models.CharField("依据", max_length=200)
    since = models.DateField("施行")
    until = models.DateField("停用", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["code", "since"], name="one_rung_since_a_day")]


class Reached(models.Model):
    """An order, or a unit, came to a rung: at most once in a round. The unique key is what lets nothing leave twice.

    case_id  0: the unit as a whole
    round    of the order: its dispatches, redos and extensions (`queries.ladder.round_of`); of a unit the newest slip that counted
    told     how many were told; 0: nobody could be, or it was passed when a higher one was reached
    slip_id  what was proposed
    """

    case_id = models.BigIntegerField("工单")
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    rung = models.CharField("阶梯", max_length=40)
    measure = models.CharField("措施", max_length=10, choices=Measure.choices())
    round = models.BigIntegerField("轮次")
    at = models.DateTimeField("时间")
    told = models.PositiveSmallIntegerField("已告知人数", default=0)
    passed = models.BooleanField("已越过", default=False)
    slip_id = models.BigIntegerField("督办文书", null=True)

    # Put on it by the query of its list.
    case_number: str

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "unit", "rung", "round"], name="a_rung_is_reached_once")]
        indexes = [models.Index(fields=["rung", "-id"], name="reached_by_rung"), models.Index(fields=["unit", "-id"], name="reached_by_unit")]
