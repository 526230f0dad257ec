"""Bulletins, the lists behind their figures, the papers that were signed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.bulletins.rules.bulletin import BulletinState
from minsheng.bulletins.rules.spans import BulletinKind
from minsheng.kit.columns import ShapedJSON
from minsheng.kit.signed_files import SignedFile
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords


class Bulletin(Stepped):
    """日报、周报、月报、专报: a version of the bulletin on some days. `about` names what it is about: one unsigned and one version each."""

    kind = models.CharField("种类", max_length=8)
    since = models.DateField("统计期起")
    until = models.DateField("统计期止")
    topic = models.CharField("专题", max_length=40, blank=True)
    units = ArrayField(models.BigIntegerField(), default=list, verbose_name="单位")
    categories = ArrayField(models.BigIntegerField(), default=list, verbose_name="诉求分类")
    about = models.CharField(max_length=300)
    version = models.PositiveSmallIntegerField("版次", default=1)
    corrects_id = models.BigIntegerField("更正的报告", null=True)
    correction = models.CharField("更正什么、为什么", max_length=200, blank=True)
    title = models.CharField("标题", max_length=80)
    issuer = models.CharField("发文单位", max_length=60)
    overview = models.TextField("综述", blank=True)
    problems = models.TextField("存在的问题", blank=True)
    advice = models.TextField("下一步建议", blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    due_at = models.DateTimeField("应拟出时间", null=True)
    cutoff = models.DateTimeField("统计截止", null=True)
    figures = ShapedJSON(default=dict)  # as `rules.figures` writes them
    doc_number = models.CharField("文号", max_length=40, blank=True)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    pdf_sha256 = models.CharField("PDF 摘要", max_length=64, blank=True)
    docx_sha256 = models.CharField("DOCX 摘要", max_length=64, blank=True)
    xlsx_sha256 = models.CharField("XLSX 摘要", max_length=64, blank=True)
    sent = ShapedJSON("发送", default=list)  # {at, by, to, way}
    to_units = models.BooleanField("承办单位可阅看", default=False)

    # Put on it by the kind's `attach`, in memory.
    lists: dict[str, str]  # key -> digest of the ids
    kept: list[BulletinFile]

    class Meta:
        indexes = [models.Index(fields=["kind", "-since"], name="bulletin_of_kind")]
        constraints: ClassVar[list] = [
            models.UniqueConstraint(fields=["about", "version"], condition=~models.Q(state="discarded"), name="bulletin_version_once"),
            models.UniqueConstraint(fields=["doc_number"], condition=~models.Q(doc_number=""), name="bulletin_number_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_state_display(self) -> str:
        return BulletinState(self.state).label

    def get_kind_display(self) -> str:
        return BulletinKind(self.kind).label


class BulletinList(models.Model):
    """The ids behind a frozen figure, the newest first. The digests of all lists are sealed with the step that froze them."""

    id = models.BigIntegerField(primary_key=True)
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="+")
    key = models.CharField(max_length=60)
    ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints: ClassVar[list] = [models.UniqueConstraint(fields=["bulletin", "key"], name="bulletin_list_once")]


class BulletinFile(SignedFile):
    bulletin = models.ForeignKey(Bulletin, models.PROTECT, related_name="+")


class BulletinStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "bulletins_bulletinstep"


class BulletinWords(StepWords):
    pass


class ScheduleRow(models.Model):
    """按时拟出: from which day on a kind is drafted by the clock, when, and who hears of it. Rows are added, never changed."""

    kind = models.CharField("种类", max_length=8)
    since = models.DateField("施行日期")
    at = models.TimeField("时间", null=True)
    on = models.PositiveSmallIntegerField("星期几或几号", default=1)
    told = ArrayField(models.BigIntegerField(), default=list)
    by_name = models.CharField("设定人", max_length=80)
    set_at = models.DateTimeField("设定时间")

    class Meta:
        indexes = [models.Index(fields=["kind", "since"], name="bulletin_schedule")]


class TemplateRow(models.Model):
    """公文模板: the centre's own DOCX template of a kind, from then on; without content the default one again. Rows are added."""

    kind = models.CharField("种类", max_length=8)
    content = models.BinaryField(default=bytes)
    sha256 = models.CharField(max_length=64, blank=True)
    name = models.CharField("文件名", max_length=120, blank=True)
    by_name = models.CharField("设定人", max_length=80)
    set_at = models.DateTimeField("设定时间")
