"""Tables of leader days. Scheme, period and commitment change only by steps; desks and notices with the steps of their period."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.cases.models import Case
from minsheng.cases.rules import Kind
from minsheng.kit.columns import ShapedJSON, Word
from minsheng.kit.signed_files import SignedFile
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.leader_days.rules.media import LeadState
from minsheng.leader_days.rules.meetings import MeetingState, Outcome
from minsheng.leader_days.rules.reports import ReportState
from minsheng.leader_days.rules.signups import SignupState
from minsheng.leader_days.rules.states import Cause, CommitmentState, Medium, PeriodState, SchemeState, Source


class Scheme(Stepped):
    """方案: a year's plan."""

    name = models.CharField("名称", max_length=80)
    year = models.PositiveSmallIntegerField("年度", default=0)
    aim = models.TextField("目的", blank=True)
    topics = models.TextField("主题范围", blank=True)
    units = ArrayField(models.BigIntegerField(), default=list, verbose_name="参加单位")
    since = models.DateField("开始", null=True)
    until = models.DateField("结束", null=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)  # who had a hand in the draft

    def __str__(self) -> str:
        return self.name

    def get_state_display(self) -> str:
        return SchemeState(self.state).label


class Period(Stepped):
    """期: one of a scheme's, with its desks."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="periods", verbose_name="方案")
    number = models.PositiveSmallIntegerField("期号")
    theme = models.CharField("主题", max_length=120, blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    starts = models.DateTimeField("开始", null=True)  # of its first desk
    announced_at = models.DateTimeField("公告时间", null=True)
    announced_by = models.CharField("公告签发人", max_length=80, blank=True)
    held_at = models.DateTimeField("接听结束", null=True)
    closed_at = models.DateTimeField("总结时间", null=True)
    summary = models.TextField("总结", blank=True)
    cancelled_at = models.DateTimeField("取消时间", null=True)
    cancel_notice = models.CharField("取消的对外说明", max_length=200, blank=True)

    # Put on it by `queries.facts.furnish`, in memory.
    seats: list[Desk]
    published: list[Published]
    named_leader: str
    public: list[Commitment]
    promised: int
    met: int
    handed_in: int
    talking: bool

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "number"], name="one_period_of_a_number")]

    def __str__(self) -> str:
        return f"第{self.number}期"

    def get_state_display(self) -> str:
        return PeriodState(self.state).label


class Desk(models.Model):
    """接听席: a leader or a deputy of one unit, at one window, for some hours."""

    id = models.BigIntegerField(primary_key=True)
    period = models.ForeignKey(Period, models.PROTECT, related_name="desks")
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    leader_id = models.BigIntegerField("接听领导", db_index=True)
    leader_name = models.CharField(max_length=80)
    deputy = models.BooleanField("副职", default=False)
    seat = models.CharField("席位", max_length=40, blank=True)
    theme = models.CharField("主题", max_length=120, blank=True)
    starts = models.DateTimeField("开始")
    ends = models.DateTimeField("结束")
    removed_at = models.DateTimeField(null=True)


class DeskCall(models.Model):
    """A call at a desk while it is being taken: what the leader and the assistants have typed so far, sealed. It becomes a case, goes to
    the agent beside as a draft, or nothing; its words are gone then."""

    id = models.BigIntegerField(primary_key=True)
    desk = models.ForeignKey(Desk, models.PROTECT, related_name="+")
    key = models.CharField(max_length=40)
    begun_at = models.DateTimeField()
    agent_id = models.BigIntegerField(default=0)  # the agent beside who typed last; 0: nobody did
    agent_name = models.CharField(max_length=80, blank=True)
    sealed = models.BinaryField(default=b"")
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    passed = models.BooleanField(default=False)  # to the agent beside, under the same key
    telephone_id = models.BigIntegerField("通话", null=True)  # the call of `telephony` that was passed on to the desk, if it is one

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk"], condition=models.Q(ended_at__isnull=True), name="one_call_at_a_desk")]


class Published(models.Model):
    """通告: a notice of a period in one medium. Views are recorded and added up, never scored."""

    id = models.BigIntegerField(primary_key=True)
    period = models.ForeignKey(Period, models.PROTECT, related_name="notices")
    medium = Word("渠道", max_length=8, choices=Medium.choices())
    outlet = models.CharField("媒体", max_length=60)
    text = models.TextField("内容")
    published_on = models.DateField("发布日期")
    views = models.BigIntegerField("浏览量", default=0)
    counted_at = models.DateTimeField("浏览量登记于", null=True)


class Commitment(Stepped):
    """承诺事项: who does what by when, and what became of it."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="commitments")
    case_id = models.BigIntegerField("工单", db_index=True)
    desk = models.ForeignKey(Desk, models.PROTECT, null=True, related_name="commitments")
    source = Word("承诺于", max_length=8, choices=Source.choices())
    met_on = models.DateField("协调会日期", null=True)
    made_on = models.DateField("承诺日期")
    owner_unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="责任单位")
    first_due = models.DateField("原兑现日期", null=True)
    due = models.DateField("兑现日期", null=True)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    waiting = models.CharField("待裁定", max_length=12, blank=True)
    asked_by = models.BigIntegerField(default=0)
    asked_due = models.DateField(null=True)
    done_on = models.DateField("完成日期", null=True)
    cause = Word("未按期的原因", max_length=10, blank=True, choices=Cause.choices())
    ended_at = models.DateTimeField("核验时间", null=True)
    ended_by = models.CharField("核验人", max_length=80, blank=True)
    drafted_by = models.BigIntegerField(default=0)  # of the public part that waits
    published_at = models.DateTimeField("首次公开", null=True)
    corrected_at = models.DateTimeField("更正", null=True)
    published_due = models.DateField(null=True)
    told_stage = models.CharField("已提醒到", max_length=16, blank=True)  # of the date told_due (`rules.reminding`)
    told_due = models.DateField(null=True)
    # Words: erasable with the case that they are about.
    what = models.TextField("承诺内容", blank=True)
    owner = models.CharField("责任人", max_length=40, blank=True)
    proof = models.TextField("兑现情况", blank=True)
    finding = models.TextField("核验结论", blank=True)
    draft_matter = models.CharField(max_length=120, blank=True)
    draft_progress = models.CharField(max_length=200, blank=True)
    public_matter = models.CharField("公开的事项", max_length=120, blank=True)
    public_progress = models.CharField("公开的进展", max_length=200, blank=True)

    # Put on it by the kind's `attach` or by a query, in memory.
    case: Case | None
    case_number: str
    overdue: bool
    rest_day: bool  # its date was a working day when it was made, and is none any more
    date_signed: bool = False  # in minutes, before it was made

    class Meta:
        indexes = [models.Index(fields=["owner_unit", "due", "id"], name="commitment_of_unit"),
                   models.Index(fields=["period", "id"], name="commitment_of_period"),
                   models.Index(fields=["due", "id"], name="commitment_open", condition=models.Q(ended_at__isnull=True))]

    def get_state_display(self) -> str:
        return CommitmentState(self.state).label


class Meeting(Stepped):
    """群众诉求办理协调会: of one period, convened by the head of an answering unit."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="meetings", verbose_name="期")
    unit = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="召集单位")
    meets_on = models.DateField("会期", null=True)
    venue = models.CharField("地点", max_length=80, blank=True)
    convened_by = models.CharField("召集人", max_length=80, blank=True)
    held_on = models.DateField("召开日期", null=True)
    writer = models.BigIntegerField("记录人", default=0)
    closed_case = models.BigIntegerField("限制知悉的工单", null=True)  # a restricted case, which the meeting is about and nothing else
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    carried_at = models.DateTimeField("落实时间", null=True)
    attends = models.TextField("参加单位和人员", blank=True)
    attended = models.TextField("到会人员", blank=True)
    minutes = models.TextField("会议纪要", blank=True)

    items: list[MeetingItem]  # put on it by the kind's `attach`, in memory

    class Meta:
        indexes = [models.Index(fields=["period", "id"], name="meeting_of_period")]

    def get_state_display(self) -> str:
        return MeetingState(self.state).label


class MeetingItem(models.Model):
    """议题: a case on the agenda and what was ruled on it. Its words lie with the steps that they were said in."""

    id = models.BigIntegerField(primary_key=True)
    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="agenda")
    case_id = models.BigIntegerField("工单", db_index=True)
    put_step = models.BigIntegerField()
    off_step = models.BigIntegerField(null=True)
    ruling_step = models.BigIntegerField(null=True)
    lead = models.ForeignKey("org.Unit", models.PROTECT, null=True, related_name="+", verbose_name="牵头单位")
    co_units = ArrayField(models.BigIntegerField(), default=list, verbose_name="协办单位")
    due = models.DateField("日期", null=True)
    outcome = Word(max_length=4, blank=True, choices=Outcome.choices())
    why = models.CharField("没有落实的原因", max_length=200, blank=True)
    commitment_id = models.BigIntegerField(null=True)

    said: dict[str, str]  # its words, put on it by a query


class Report(Stepped):
    """报告: a version of the report on one period, on a year, or (year 0) on all."""

    period = models.ForeignKey(Period, models.PROTECT, null=True, related_name="reports", verbose_name="期")
    year = models.PositiveSmallIntegerField("年度", default=0)
    version = models.PositiveSmallIntegerField("版次", default=1)
    title = models.CharField("标题", max_length=80)
    issuer = models.CharField("发文单位", max_length=60)
    remarks = models.TextField("说明", blank=True)
    correction = models.CharField("更正的原因", max_length=200, blank=True)
    drafters = ArrayField(models.BigIntegerField(), default=list)
    cutoff = models.DateTimeField("统计截止", null=True)
    figures = ShapedJSON(default=dict)  # as `rules.report_frozen` writes them
    doc_number = models.CharField("文号", max_length=40, blank=True)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    pdf_sha256 = models.CharField("PDF 摘要", max_length=64, blank=True)
    docx_sha256 = models.CharField("DOCX 摘要", max_length=64, blank=True)

    # Put on it by the kind's `attach`, in memory.
    lists: ReportLists
    kept: list[ReportFile]

    class Meta:
        indexes = [models.Index(fields=["period", "year", "-id"], name="report_about")]

    def __str__(self) -> str:
        return self.title

    def get_state_display(self) -> str:
        return ReportState(self.state).label


class ReportLists(models.Model):
    """The ids behind every frozen figure: key -> ids, the newest first. Their digest is sealed with the step that froze them."""

    report_id = models.BigIntegerField(primary_key=True)
    lists = ShapedJSON(default=dict)


class ReportFile(SignedFile):
    report = models.ForeignKey(Report, models.PROTECT, related_name="+")


class ReportStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_reportstep"


class ReportWords(StepWords):
    pass


class MediaLead(Stepped):
    """媒体跟踪报道线索: a case of a period that may be reported on, in masked words, as long as its caller agrees."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="leads", verbose_name="期")
    case_id = models.BigIntegerField("工单", db_index=True)
    asked_at = models.DateTimeField("征询时间", null=True)
    unit_told_at = models.DateTimeField("告知承办单位", null=True)
    approved_at = models.DateTimeField("批准时间", null=True)
    approved_by = models.CharField("批准人", max_length=80, blank=True)
    outlet = models.CharField("媒体", max_length=60, blank=True)
    published_on = models.DateField("刊播日期", null=True)
    link = models.CharField("刊播链接", max_length=300, blank=True)
    ended_at = models.DateTimeField("终止时间", null=True)
    asked_by = models.CharField("征询人", max_length=40, blank=True)
    call_no = models.CharField("通话编号", max_length=40, blank=True)
    headline = models.CharField("标题", max_length=80, blank=True)
    text = models.TextField("内容", blank=True)
    unit_told = models.TextField("怎样告知", blank=True)
    followed = models.TextField("跟踪情况", blank=True)
    reason = models.TextField("不予报道的理由", blank=True)

    case: Case | None  # put on it by the kind's `attach`, in memory, and who proposed it
    proposed_by: int

    def get_state_display(self) -> str:
        return LeadState(self.state).label


class MediaLeadStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_medialeadstep"


class MediaLeadWords(StepWords):
    pass


class Signup(Stepped):
    """报名: a topic or question that somebody handed in on the net before a period, and what became of it."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="signups", verbose_name="期")
    number = models.CharField("编号", max_length=20, unique=True)
    code_hash = models.BinaryField("查询码")
    contact_id = models.BigIntegerField("联系方式", null=True)
    language = models.CharField("语言", max_length=2, default="zh")
    kind = Word("类别", max_length=12, choices=Kind.choices())
    desk = models.ForeignKey(Desk, models.PROTECT, null=True, related_name="signups", verbose_name="接听席")
    dials = models.PositiveSmallIntegerField("拨号次数", default=0)
    case_id = models.BigIntegerField("工单", null=True, db_index=True)
    said = models.TextField("话题或问题", blank=True)
    place = models.CharField("地点", max_length=200, blank=True)
    told = models.TextField("告知本人的理由", blank=True)

    has_number: bool  # put on it by the kind's `attach`, in memory

    class Meta:
        indexes = [models.Index(fields=["period", "state", "id"], name="signup_of_period")]

    def get_state_display(self) -> str:
        return SignupState(self.state).label


class SchemeStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_schemestep"


class PeriodStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_periodstep"


class CommitmentStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_commitmentstep"


class MeetingStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_meetingstep"


class SignupStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "leader_days_signupstep"


class SchemeWords(StepWords):
    pass


class PeriodWords(StepWords):
    pass


class CommitmentWords(StepWords):
    pass


class MeetingWords(StepWords):
    pass


class SignupWords(StepWords):
    pass
