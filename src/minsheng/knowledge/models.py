"""政策口径: articles and their versions, the directory of public phones, and what somebody did not find."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from minsheng.kit.columns import Word
from minsheng.knowledge.rules import State, VersionFacts
from minsheng.org.models import Unit


class Article(models.Model):
    """What stays the same over all versions. `category` is the code of a matter (the table of matters lies above this room)."""

    code = models.CharField("编号", max_length=24, unique=True)
    owner = models.ForeignKey(Unit, models.PROTECT, verbose_name="负责单位")
    category = models.CharField("事项", max_length=60, db_index=True)
    lang = models.CharField("语言", max_length=2, default="zh")


class Version(models.Model):
    """One text with the days on which it counts, the last one included. Published ones are never edited."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions")
    n = models.PositiveSmallIntegerField("版次")
    title = models.CharField("标题", max_length=80)
    body = models.TextField("正文")
    keywords = models.JSONField("关键词", default=list)
    valid_from = models.DateField("生效日期")
    valid_to = models.DateField("失效日期", null=True, blank=True)
    source = models.CharField("依据", max_length=200, blank=True)
    state = Word("状态", max_length=9, choices=[(s.value, s.label) for s in State])
    authors = models.JSONField("参与起草", default=list)
    drafted_by = models.BigIntegerField()
    drafted_name = models.CharField("起草人", max_length=80)
    drafted_at = models.DateTimeField("起草时间")
    approved_by = models.BigIntegerField(null=True)
    approved_name = models.CharField("审核人", max_length=80, blank=True)
    published_at = models.DateTimeField("发布时间", null=True)
    note = models.CharField("退回或撤下的理由", max_length=300, blank=True)
    words = SearchVectorField()

    class Meta:
        ordering = ["article_id", "n"]
        indexes = [GinIndex(fields=["words"], name="knowledge_words"), models.Index(fields=["state", "article"], name="knowledge_by_state")]
        constraints = [
            models.UniqueConstraint(fields=["article", "n"], name="one_version_a_number"),
            models.UniqueConstraint(fields=["article"], condition=models.Q(state__in=["draft", "pending"]), name="one_version_in_hand"),
            models.CheckConstraint(condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
                                   name="version_ends_after_it_starts"),
            models.CheckConstraint(condition=~models.Q(state="published") | models.Q(approved_by__isnull=False),
                                   name="published_by_somebody"),
            models.CheckConstraint(condition=~models.Q(approved_by=models.F("drafted_by")), name="published_by_another"),
        ]

    def facts(self) -> VersionFacts:
        return VersionFacts(self.id, State(self.state), frozenset(self.authors), self.valid_from, self.valid_to)


class PhoneEntry(models.Model):
    """A number that may be given to every caller."""

    name = models.CharField("名称", max_length=60)
    phone = models.CharField("电话", max_length=40)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, blank=True, verbose_name="单位")
    hours = models.CharField("时间", max_length=60, blank=True)
    note = models.CharField("说明", max_length=120, blank=True)
    active = models.BooleanField("在用", default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["name", "phone"], name="one_entry_a_number")]


class Gap(models.Model):
    """没找到/有错: reported with one key from the desk, answered within the limit `knowledge_gap`."""

    text = models.CharField("问题", max_length=500)
    category = models.CharField("事项", max_length=60, blank=True)
    article = models.ForeignKey(Article, models.PROTECT, null=True, blank=True, verbose_name="有错的文章")
    by_id = models.BigIntegerField()
    by_name = models.CharField("报告人", max_length=80)
    at = models.DateTimeField("报告时间")
    due_at = models.DateTimeField("答复期限")
    answered_at = models.DateTimeField("答复时间", null=True)
    answered_by = models.BigIntegerField(null=True)
    answered_name = models.CharField("答复人", max_length=80, blank=True)
    answer = models.CharField("答复", max_length=1000, blank=True)
    answer_article = models.ForeignKey(Article, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="对应文章")

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(answered_at=None), name="gap_open")]
