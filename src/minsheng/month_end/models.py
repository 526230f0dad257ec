"""Tables of month-end: the period with its figures, which never change, its corrections and papers; the objection."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.cases.models import Case
from minsheng.kit.columns import Word
from minsheng.kit.signed_files import SignedFile
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.measures.rules import BY_CODE
from minsheng.month_end.rules.assessments import AssessmentState
from minsheng.month_end.rules.objections import ObjectionState, Want


class Assessment(Stepped):
    """考核期: both days are included. `version` counts how often figures were drawn; `sheet_sha256` seals those that stand."""

    title = models.CharField("名称", max_length=60)
    since = models.DateField("考核期自", null=True)
    until = models.DateField("考核期至", null=True)
    version = models.PositiveSmallIntegerField("版次", default=0)
    cutoff = models.DateTimeField("统计截止", null=True)
    sheet_sha256 = models.CharField("数字和清单的摘要", max_length=64, blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    check_until = models.DateField("核对至", null=True)
    frozen_at = models.DateTimeField("冻结时间", null=True)
    frozen_by = models.BigIntegerField(default=0)
    frozen_name = models.CharField("冻结人", max_length=80, blank=True)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    doc_number = models.CharField("文号", max_length=40, blank=True)
    published_at = models.DateTimeField("公布时间", null=True)
    corrections = models.PositiveIntegerField("更正条数", default=0)
    corrections_sha256 = models.CharField("更正表的摘要", max_length=64, blank=True)
    pdf_sha256 = models.CharField("PDF 摘要", max_length=64, blank=True)
    docx_sha256 = models.CharField("DOCX 摘要", max_length=64, blank=True)

    class Meta:
        indexes: ClassVar[list] = [models.Index(fields=["since", "until"], name="assessment_days")]

    def __str__(self) -> str:
        return self.title

    def get_state_display(self) -> str:
        return AssessmentState(self.state).label


class SheetFigure(models.Model):
    """A figure of a version, as it was counted, and the cases behind it. Rows are added and never changed. `unit_id` 0: the whole."""

    id = models.BigIntegerField(primary_key=True)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+")
    version = models.PositiveSmallIntegerField()
    unit_id = models.BigIntegerField(default=0)
    measure = models.CharField(max_length=40)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    value = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    stamp = models.CharField(max_length=40)
    top = ArrayField(models.BigIntegerField(), default=list)
    bottom = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints: ClassVar[list] = [models.UniqueConstraint(fields=["assessment", "version", "unit_id", "measure"], name="one_figure_of_a_sheet")]


class Correction(models.Model):
    """更正: a figure that is known otherwise since the freeze. Numbered within its period; rows are added and never changed."""

    id = models.BigIntegerField(primary_key=True)
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+")
    number = models.PositiveIntegerField("序号")
    known_at = models.DateTimeField("发现时间")
    unit_id = models.BigIntegerField(default=0)
    measure = models.CharField(max_length=40)
    was_numerator = models.BigIntegerField(null=True)
    was_denominator = models.BigIntegerField(null=True)
    was_value = models.FloatField(null=True)
    numerator = models.BigIntegerField(null=True)
    denominator = models.BigIntegerField(null=True)
    value = models.FloatField(null=True)
    stamp = models.CharField(max_length=40)
    added = ArrayField(models.BigIntegerField(), default=list)
    gone = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints: ClassVar[list] = [models.UniqueConstraint(fields=["assessment", "number"], name="corrections_in_order")]

    @property
    def measure_label(self) -> str:
        return BY_CODE[self.measure].label if self.measure in BY_CODE else self.measure


class SheetFile(SignedFile):
    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="+")


class AssessmentStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "month_end_assessmentstep"


class AssessmentWords(StepWords):
    pass


class Objection(Stepped):
    """异议: on one figure of one unit, about one case."""

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="objections", verbose_name="考核期")
    case_id = models.BigIntegerField("工单", db_index=True)
    unit_id = models.BigIntegerField("单位")
    measure = models.CharField("指标", max_length=40)
    want = Word("要求", max_length=10, choices=Want.choices())
    asked_by = models.BigIntegerField(default=0)
    asked_name = models.CharField("提出人", max_length=80, blank=True)
    raised_at = models.DateTimeField("提出时间", null=True)
    ruled_at = models.DateTimeField("裁定时间", null=True)
    ruled_by = models.CharField("裁定人", max_length=80, blank=True)
    correction = models.CharField("更正说明", max_length=200, blank=True)
    # Words: erasable with the case that they are about.
    reason = models.TextField("理由", blank=True)
    ruling = models.TextField("裁定理由", blank=True)

    case: Case | None  # put on it by the kind's `attach`, in memory

    class Meta:
        indexes: ClassVar[list] = [models.Index(fields=["assessment", "state", "id"], name="objection_of_assessment"),
                                   models.Index(fields=["unit_id", "id"], name="objection_of_unit")]

    def get_state_display(self) -> str:
        return ObjectionState(self.state).label

    @property
    def measure_label(self) -> str:
        return BY_CODE[self.measure].label if self.measure in BY_CODE else self.measure


class ObjectionStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "month_end_objectionstep"


class ObjectionWords(StepWords):
    pass
