"""Declared topics, which move by steps, and warnings that were given."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.topics.rules.declared import TopicState


class Topic(Stepped):
    """重点议题: a matter, of a district or of the whole city."""

    name = models.CharField("议题名称", max_length=80)
    category_id = models.BigIntegerField("诉求分类", default=0)
    district_id = models.BigIntegerField("区县", null=True)
    lead_id = models.BigIntegerField("牵头单位", default=0)
    measures = models.TextField("措施", blank=True)
    since = models.DateField("措施开始", null=True)
    until = models.DateField("计划完成", null=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    declared_at = models.DateTimeField("确定时间", null=True)
    ended_on = models.DateField("结束日期", null=True)
    finding = models.TextField("效果结论", blank=True)
    counted = models.JSONField("结束时的前后对比", null=True)

    def __str__(self) -> str:
        return self.name

    def get_state_display(self) -> str:
        return TopicState(self.state).label


class TopicStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "topics_topicstep"


class TopicWords(StepWords):
    pass


class Warned(models.Model):
    """预警: a matter that rose, told once. Open until it no longer rises."""

    category_id = models.BigIntegerField("诉求分类")
    district_id = models.BigIntegerField("区县", null=True)
    at = models.DateTimeField("预警时间")
    since = models.DateField()
    until = models.DateField()
    n = models.PositiveIntegerField("件数")
    low = models.FloatField()  # of the ratio's interval
    told = models.PositiveSmallIntegerField("告知人数", default=0)
    over_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["category_id", "district_id"], nulls_distinct=False, condition=models.Q(over_at__isnull=True),
                                               name="one_open_warning_of_a_matter")]
        indexes = [models.Index(fields=["-id"], name="warned_newest")]
