"""Tables of supervision. The ladder is data of a city; what was reached is written once and never changed; slips change by steps."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from minsheng.cases.models import Case
from minsheng.kit.columns import Word
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.oversight.rules.findings import FindingState
from minsheng.oversight.rules.inspections import InspectionState, PointState
from minsheng.oversight.rules.instructions import DutyState, Ground, InstructionState
from minsheng.oversight.rules.ladder import Measure, Trigger
from minsheng.oversight.rules.reply_checks import Check
from minsheng.oversight.rules.states import KINDS, SlipState
from minsheng.oversight.rules.stock_phrases import PhrasesState


class LadderRung(models.Model):
    """One rung of the ladder since a day; a later row of the same code takes its place."""

    code = models.CharField("代码", max_length=40)
    name = models.CharField("名称", max_length=80)
    measure = Word("措施", max_length=10, choices=Measure.choices())
    trigger = Word("条件", max_length=10, choices=Trigger.choices())
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
    measure = Word("措施", max_length=10, choices=Measure.choices())
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


class Urged(models.Model):
    """A unit was urged by the clock for what it owes of a slip or a point: once for a rung of the ladder and a day that was set."""

    kind = models.CharField(max_length=8)  # slip, point
    subject_id = models.BigIntegerField()
    rung = models.CharField("阶梯", max_length=40)
    due = models.DateField("期限")
    at = models.DateTimeField("时间")
    told = models.PositiveSmallIntegerField("已告知人数", default=0)
    passed = models.BooleanField("已越过", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject_id", "rung", "due"], name="urged_once")]


class Slip(Stepped):
    """督办单、通报、约谈: on a unit, with the orders and slips that it rests on."""

    kind = Word("种类", max_length=10, choices=KINDS)
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="送达单位")
    rung = models.CharField("适用的档", max_length=40)
    cases = ArrayField(models.BigIntegerField(), default=list, verbose_name="所涉工单")
    slips = ArrayField(models.BigIntegerField(), default=list, verbose_name="所依据的文书")
    drafters = ArrayField(models.BigIntegerField(), default=list)
    answer_due = models.DateField("回复期限", null=True)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    doc_number = models.CharField("文号", max_length=40, blank=True)
    issued_at = models.DateTimeField("送达时间", null=True)
    answered_at = models.DateTimeField("回复时间", null=True)
    ended_at = models.DateTimeField("了结时间", null=True)
    ended_by = models.CharField("了结人", max_length=80, blank=True)
    # Words: erasable with the cases that they are about.
    demand = models.TextField("督办要求", blank=True)
    answer = models.TextField("回复", blank=True)
    finding = models.TextField("审核意见", blank=True)

    # Put on it by the kind's `attach` or by a query, in memory.
    any_erased: bool
    overdue: bool

    class Meta:
        constraints = [models.UniqueConstraint(fields=["doc_number"], condition=~models.Q(doc_number=""), name="one_slip_of_a_number")]
        indexes = [models.Index(fields=["unit", "-id"], name="slip_of_unit"), models.Index(fields=["state", "-id"], name="slip_by_state"),
                   GinIndex(fields=["cases"], name="slip_of_case")]

    def get_state_display(self) -> str:
        return SlipState(self.state).label


class SlipStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_slipstep"


class SlipWords(StepWords):
    pass


class ReplyPrint(models.Model):
    """A signed reply that was checked, with a sketch of its text (`rules.reply_checks.sketch`): no word can be read from it."""

    step_id = models.BigIntegerField(primary_key=True)
    case_id = models.BigIntegerField(db_index=True)
    draft_id = models.BigIntegerField(default=0)  # the step whose words it has
    sketch = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        indexes = [GinIndex(fields=["sketch"], name="reply_sketch")]


class Finding(Stepped):
    """What in a reply does not fit the record."""

    check_code = Word("核查项", max_length=12, choices=Check.choices())
    case_id = models.BigIntegerField("工单", db_index=True)
    reply_step = models.BigIntegerField("答复的步骤")
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="答复单位")
    other_case = models.BigIntegerField("雷同的工单", default=0)
    judged_at = models.DateTimeField("判断时间", null=True)
    judged_by = models.CharField("判断人", max_length=80, blank=True)
    # Words: erasable with the case.
    evidence = models.TextField("发现", blank=True)
    reason = models.TextField("判断理由", blank=True)

    # Put on it by the kind's `attach` or by a query, in memory.
    case: Case | None
    other: Case | None

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reply_step", "check_code"], name="one_finding_of_a_check")]
        indexes = [models.Index(fields=["state", "-id"], name="finding_by_state"), models.Index(fields=["unit", "-id"], name="finding_of_unit")]

    def get_state_display(self) -> str:
        return FindingState(self.state).label


class FindingStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_findingstep"


class FindingWords(StepWords):
    pass


class Inspection(Stepped):
    """专项督查: its scope, its group, its sample. `pool` is what was drawn from; its digest is sealed with the draw."""

    title = models.CharField("名称", max_length=80)
    basis = models.TextField("依据和重点", blank=True)
    since = models.DateField("受理日期自", null=True)
    until = models.DateField("受理日期至", null=True)
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="主办单位")
    category_id = models.BigIntegerField("诉求分类", default=0)
    size = models.PositiveSmallIntegerField("抽样件数", default=0)
    members = ArrayField(models.BigIntegerField(), default=list, verbose_name="督查组成员")
    drafters = ArrayField(models.BigIntegerField(), default=list)
    approved_by = models.CharField("批准人", max_length=80, blank=True)
    seed = models.CharField("种子", max_length=64, blank=True)
    drawn_at = models.DateTimeField("抽样时间", null=True)
    pool = ArrayField(models.BigIntegerField(), default=list)
    pool_size = models.PositiveIntegerField("范围内件数", default=0)
    pool_digest = models.CharField("范围摘要", max_length=64, blank=True)
    sample = ArrayField(models.BigIntegerField(), default=list, verbose_name="抽到的工单")
    looked = ArrayField(models.BigIntegerField(), default=list, db_default=[], verbose_name="看过没有发现问题的")
    ended_at = models.DateTimeField("结束时间", null=True)
    summary = models.TextField("结论", blank=True)

    def get_state_display(self) -> str:
        return InspectionState(self.state).label


class InspectionStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_inspectionstep"


class InspectionWords(StepWords):
    pass


class Point(Stepped):
    """督查发现的问题, on one case of the sample, and its correction."""

    inspection = models.ForeignKey(Inspection, models.PROTECT, null=True, related_name="points", verbose_name="所属督查")
    case_id = models.BigIntegerField("工单", db_index=True)
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="整改单位")
    due = models.DateField("整改期限", null=True)
    ended_at = models.DateTimeField("了结时间", null=True)
    # Words: erasable with the case.
    point = models.TextField("发现的问题", blank=True)
    correction = models.TextField("整改情况", blank=True)

    # Put on it by the kind's `attach` or by a query, in memory.
    case: Case | None

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="point_of_unit")]

    def get_state_display(self) -> str:
        return PointState(self.state).label


class PointStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_pointstep"


class PointWords(StepWords):
    pass


class Instruction(Stepped):
    """领导批示: from the report to the leader to the feedback that goes back."""

    cases = ArrayField(models.BigIntegerField(), default=list, verbose_name="所涉工单")
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="承办单位")
    instructed_on = models.DateField("批示日期", null=True)
    due = models.DateField("期限", null=True)
    ended_at = models.DateTimeField("了结时间", null=True)
    # Words: erasable with the cases that they are about.
    title = models.CharField("事项", max_length=80, blank=True)
    report = models.TextField("呈报内容", blank=True)
    leader = models.CharField("呈报的领导", max_length=40, blank=True)
    instruction = models.TextField("批示内容", blank=True)
    feedback = models.TextField("办理情况", blank=True)

    any_erased: bool  # put on it by the kind's `attach`
    overdue: bool

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="instruction_of_unit"), GinIndex(fields=["cases"], name="instruction_of_case")]

    def get_state_display(self) -> str:
        return InstructionState(self.state).label


class InstructionStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_instructionstep"


class InstructionWords(StepWords):
    pass


class Duty(Stepped):
    """责任落实台账: who has which duty until when, and what became of it."""

    cases = ArrayField(models.BigIntegerField(), default=list, verbose_name="所涉工单")
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="责任单位")
    due = models.DateField("期限", null=True)
    waiting = models.BooleanField("容错待裁定", default=False)
    asked_by = models.BigIntegerField(default=0)
    ground = Word("容错情形", max_length=10, blank=True, choices=Ground.choices())
    ended_at = models.DateTimeField("了结时间", null=True)
    ended_by = models.CharField("了结人", max_length=80, blank=True)
    # Words: erasable with the cases that they are about.
    matter = models.CharField("责任事项", max_length=120, blank=True)
    duty_post = models.CharField("责任岗位", max_length=60, blank=True)
    measures = models.TextField("落实要求", blank=True)
    feedback = models.TextField("落实情况", blank=True)
    finding = models.TextField("核实情况", blank=True)
    organ = models.CharField("移送机关", max_length=60, blank=True)

    any_erased: bool  # put on it by the kind's `attach`
    overdue: bool

    class Meta:
        indexes = [models.Index(fields=["unit", "-id"], name="duty_of_unit"), GinIndex(fields=["cases"], name="duty_of_case")]

    def get_state_display(self) -> str:
        return DutyState(self.state).label


class DutyStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_dutystep"


class DutyWords(StepWords):
    pass


class StockPhrases(Stepped):
    """常用语清单: what the check of replies leaves out, from a day on. Signed ones are never changed."""

    phrases = ArrayField(models.CharField(max_length=30), default=list, verbose_name="常用语")
    since = models.DateField("起用日期", null=True)
    reason = models.TextField("理由", blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)

    def get_state_display(self) -> str:
        return PhrasesState(self.state).label


class StockPhrasesStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "oversight_stockphrasesstep"


class StockPhrasesWords(StepWords):
    pass
