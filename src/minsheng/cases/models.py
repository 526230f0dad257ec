"""Tables of the case. `Case` and `CaseStep` are split by month of id; what is personal lies in erasable rows beside them.

No unique key but the id on split tables (rulings, 17): numbers and outside keys live in `CaseNumber` and `OutsideKey`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from minsheng.cases.indexes import INDEXES
from minsheng.cases.rules import Ask, Channel, Kind, RequesterKind, Satisfaction, State, TaskKind, TaskState
from minsheng.cases.rules.marks import Marks
from minsheng.cases.rules.masking import Known
from minsheng.kit.columns import KnownWord, ShapedJSON, ValueJSON, Word


class Category(models.Model):
    """A matter (诉求分类) with its element template, kind of evidence and rules: data, dated."""

    code = models.CharField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    path = models.JSONField("自根的代码", default=list)
    elements = models.JSONField("要素模板", default=list, blank=True)
    evidence = models.CharField("佐证", max_length=10, default="answer")
    keywords = models.JSONField("关键词", default=list, blank=True)
    urgent_words = models.JSONField("紧急词", default=list, blank=True)
    restricted_hint = models.BooleanField("提示限制知悉", default=False)
    no_push_down = models.BooleanField("不得下派乡镇街道", default=False)
    statutory = models.JSONField("法定程序", default=dict, blank=True)
    limit_matter = models.CharField("专用时限", max_length=40, blank=True)
    valid_from = models.DateField("启用", null=True, blank=True)
    valid_to = models.DateField("停用", null=True, blank=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    def in_use(self, on: date) -> bool:
        """May a case of that day be about it? What it was chosen for before stays."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)


class Case(models.Model):
    """One request of one requester and where it stands. Changed only by steps."""

    id = models.BigIntegerField(primary_key=True)
    number = models.CharField("编号", max_length=40)
    state = KnownWord("状态", max_length=20, choices=[(s.value, s.label) for s in State], known=State, otherwise=State.START.value)
    kind = KnownWord("类型", max_length=12, choices=Kind.choices(), known=Kind, otherwise=Kind.OTHER.value)
    channel = KnownWord("渠道", max_length=16, choices=Channel.choices(), known=Channel, otherwise=Channel.OTHER_SYSTEM.value)
    language = models.CharField("语言", max_length=2, default="zh")
    category = models.ForeignKey(Category, models.PROTECT, db_index=False, null=True, blank=True, verbose_name="分类")
    title = models.CharField("标题（脱敏）", max_length=200)
    requester_kind = KnownWord("诉求人类型", max_length=8, choices=RequesterKind.choices(), default="person", known=RequesterKind, otherwise="person")
    contact = models.ForeignKey("contacts.Contact", models.PROTECT, db_index=False, null=True, blank=True, related_name="cases")
    district = models.ForeignKey("org.Unit", models.PROTECT, db_index=False, null=True, blank=True, related_name="+", verbose_name="区县")
    lead = models.ForeignKey("org.Unit", models.PROTECT, db_index=False, null=True, blank=True, related_name="led", verbose_name="主办单位")
    complained_unit = models.ForeignKey("org.Unit", models.PROTECT, db_index=False, null=True, blank=True, related_name="+", verbose_name="被反映单位")
    # The unit complained of and what lay below it when it was named; its line grows from these with the tree (rulings, 30).
    complained_line = ArrayField(models.BigIntegerField(), null=True, blank=True, verbose_name="被反映单位及当时的下级")
    agent_id = models.BigIntegerField("登记人", default=0)
    agent_name = models.CharField(max_length=80, blank=True)
    urgent = models.BooleanField("紧急", default=False)
    secrecy = models.BooleanField("要求保密", default=False)
    sealed = models.BooleanField("保密工单", default=False)  # secrecy, or a unit is complained of
    restricted = models.BooleanField("限制知悉", default=False)
    statutory = models.BooleanField("法定程序中", default=False)
    excluded = models.BooleanField("已剔除", default=False)
    problem = models.BooleanField("疑难工单", default=False)
    imported = models.BooleanField("历史导入", default=False)
    undated = models.BooleanField("时间不明", default=False)  # brought in without a time of its own: in no figure by date
    erased = models.BooleanField("已删除个人信息", default=False)
    marks = ValueJSON("标记", of=Marks)  # small facts that guards read; lists ask for some by `queries.marked`
    received_at = models.DateTimeField("受理时间")
    submitted_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField("派单时间", null=True)
    signed_at = models.DateTimeField("签收时间", null=True)
    contacted_at = models.DateTimeField("首次联系", null=True)  # as the unit says; by this lead, in this round
    contact_typed_at = models.DateTimeField("联系记录录入", null=True)
    contact_waived_at = models.DateTimeField("记为无需联系", null=True)
    replied_at = models.DateTimeField("答复时间", null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    due_at = models.DateTimeField("当前时限", null=True)  # of the clock that is watched now: what is owed and ends first
    due_code = models.CharField(max_length=20, blank=True, default="")  # which one
    due_limit = models.CharField(max_length=10, blank=True, default="")
    yellow_at = models.DateTimeField(null=True)
    red_at = models.DateTimeField(null=True)
    sign_due_at = models.DateTimeField(null=True)
    contact_due_at = models.DateTimeField(null=True)
    handle_due_at = models.DateTimeField("办理时限", null=True)
    stands_since = models.DateTimeField("计时停于", null=True)
    paused = models.BooleanField("计时暂停", default=False)  # what `due_at` names stands still
    returns = models.PositiveSmallIntegerField("退单次数", default=0)
    redos = models.PositiveSmallIntegerField("重办次数", default=0)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    urges = models.PositiveSmallIntegerField("催办次数", default=0)
    dispatches = models.PositiveSmallIntegerField("派单次数", default=0)
    tries = models.PositiveSmallIntegerField("回访次数", default=0)
    reached = models.BooleanField("回访接通", null=True)
    contacted = models.BooleanField("确认已联系", null=True)
    solved = models.BooleanField("已解决", null=True)
    satisfaction = KnownWord("满意度", max_length=20, blank=True, known=Satisfaction)
    master_id = models.BigIntegerField("并入", null=True, blank=True)
    previous_id = models.BigIntegerField("上一单", null=True, blank=True)
    parent_id = models.BigIntegerField("拆自", null=True, blank=True)
    period_id = models.BigIntegerField("接听日", null=True, blank=True)
    call_id = models.BigIntegerField("通话", null=True, blank=True)
    code_hash = models.BinaryField("查询码", null=True)
    seq = models.PositiveIntegerField(default=0)
    head = models.BinaryField("历史末端", null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "cases_case"
        indexes = INDEXES

    shut = False  # `queries.shell`: of a restricted case what stands outside
    known_people: Known | None = None  # who asks in it, once `queries.words` has read it

    def __str__(self) -> str:
        return self.number


class CaseText(models.Model):
    """The caller's words: erasable. What those read who may not see personal data is kept beside them (`masked…`); only it is searched.

    mask_rules  by which rules it was masked: older ones are masked anew when they are read, and by `actions.remask`
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="text")
    title = models.CharField(max_length=200, blank=True)
    narrative = models.TextField(blank=True)
    masked = models.TextField(blank=True)
    original = models.TextField("原文（藏文或英文）", blank=True)
    masked_original = models.TextField(blank=True, default="", db_default="")
    place = models.CharField(max_length=200, blank=True)
    masked_place = models.CharField(max_length=200, blank=True)
    elements = ShapedJSON(default=dict)
    masked_elements = ShapedJSON(default=dict, db_default={})
    mask_rules = models.PositiveSmallIntegerField(default=0, db_default=0)
    words = SearchVectorField(null=True)
    salt = models.BinaryField(null=True)

    class Meta:
        db_table = "cases_casetext"
        indexes = [GinIndex(fields=["words"], name="case_words")]


class Remasked(models.Model):
    """One row: how far `actions.remask` has come. Of the words' own column no index says it: marking a row as done would write all of its
    indexes anew, the one of its words among them.

    rules  by which it goes, or went
    below  cases with a smaller id are still to be looked at; 0: none is
    """

    id = models.SmallIntegerField(primary_key=True)
    rules = models.PositiveSmallIntegerField()
    below = models.BigIntegerField()


class CaseNumber(models.Model):
    number = models.CharField(max_length=40, primary_key=True)
    case_id = models.BigIntegerField()


class OutsideKey(models.Model):
    """A key that somebody outside gave: idempotency key of the API, number in another platform or an imported file."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    case_id = models.BigIntegerField(db_index=True)
    digest = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="one_case_per_outside_key")]


class CaseStep(models.Model):
    """One step, taken once, never changed. `given` holds codes, ids and digests; words lie in `StepText` (rulings, 14)."""

    id = models.BigIntegerField(primary_key=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="steps", db_index=False)
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=30)
    frm = models.CharField(max_length=20)
    to = models.CharField(max_length=20)
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    role = models.CharField(max_length=24)
    unit_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField("录入时间", null=True)  # when we were told; null: of a version that did not keep it
    given = ShapedJSON(default=dict)
    hash = models.BinaryField()

    class Meta:
        db_table = "cases_casestep"
        indexes = [models.Index(fields=["case", "seq"], name="step_of_case"), models.Index(fields=["step", "at"], name="step_by_name")]

    made: tuple[Any, ...] = ()  # cases that the step made, as `take_step` returns it
    replayed = False  # returned for a key that was used before
    code = ""  # a query code that the step gave out, as `take_step` returns it: kept nowhere


class StepKey(models.Model):
    """The key that a sender gave with a step: the same one again is the same step. `digest` of what was sent with it."""

    case_id = models.BigIntegerField()
    key = models.CharField(max_length=120)
    step_id = models.BigIntegerField()
    digest = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "key"], name="one_step_per_key")]


class StepText(models.Model):
    """The words of a step: erasable. Its salted digest stands in the step."""

    step = models.OneToOneField(CaseStep, models.PROTECT, primary_key=True, related_name="text")
    case_id = models.BigIntegerField(db_index=True)
    words = ShapedJSON(default=dict)
    masked = ShapedJSON(default=dict, db_default={})
    mask_rules = models.PositiveSmallIntegerField(default=0, db_default=0)
    salt = models.BinaryField()


class CaseClock(models.Model):
    """One clock of a case: from when, how long, why, until when, and each shift with its cause. Recomputed, never guessed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="clocks", db_index=False)
    code = models.CharField(max_length=20)  # review, sign, contact, handle, rule_return, check, callback, park_review
    started_at = models.DateTimeField()
    limit = models.CharField(max_length=10)
    basis = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField()
    yellow = models.CharField(max_length=8, blank=True, default="")  # leads of the matter's own row, as written; "": as usual
    red = models.CharField(max_length=8, blank=True, default="")
    provisional = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True)
    met_at = models.DateTimeField(null=True)
    void = models.BooleanField(default=False)
    shifts = ShapedJSON(default=list)  # [{"kind": "pause|extend|holiday|reset", "from", "to", "due", "why"}]

    class Meta:
        indexes = [models.Index(fields=["case", "code"]),
                   models.Index(fields=["due_at"], name="clock_open", condition=models.Q(met_at__isnull=True, void=False))]


class CaseRound(models.Model):
    """A round of handling that a redo ended: its own due dates and what became of them. The round in hand lies on the case itself."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="rounds")
    n = models.PositiveSmallIntegerField()
    lead = models.ForeignKey("org.Unit", models.PROTECT, related_name="+", db_index=False)
    contact_due_at = models.DateTimeField(null=True)
    contacted_at = models.DateTimeField(null=True)
    contact_typed_at = models.DateTimeField(null=True)
    contact_waived_at = models.DateTimeField(null=True)
    contacted = models.BooleanField("确认已联系", null=True)
    handle_due_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "n"], name="one_row_a_round")]


class CaseTask(models.Model):
    """A slice of duty: a co-unit's, or one given further down (county → township, bureau → section)."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="tasks")
    kind = KnownWord(max_length=8, choices=TaskKind.choices(), known=TaskKind, otherwise=TaskKind.CO.value)
    unit = models.ForeignKey("org.Unit", models.PROTECT, related_name="tasks", db_index=False)
    given_by_unit = models.BigIntegerField(default=0)
    state = KnownWord(max_length=16, choices=[(s.value, s.label) for s in TaskState], known=TaskState, otherwise=TaskState.CANCELLED.value)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    redos = models.PositiveSmallIntegerField(default=0)
    step_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["unit", "state", "due_at"])]


class CaseAsk(models.Model):
    """A request that waits for a ruling, and the ruling."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="asks")
    ask = KnownWord(max_length=12, choices=Ask.choices(), known=Ask, otherwise=Ask.RETURN.value)
    asked_at = models.DateTimeField()
    asked_by = models.BigIntegerField()
    asked_unit = models.BigIntegerField(default=0)
    given = ShapedJSON(default=dict)
    step_id = models.BigIntegerField()
    due_at = models.DateTimeField(null=True)
    ruled_at = models.DateTimeField(null=True)
    ruled_by = models.BigIntegerField(null=True)
    granted = models.BooleanField(null=True)
    ruling_step_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["ask", "asked_at"], name="ask_waiting", condition=models.Q(ruled_at__isnull=True)),
                   models.Index(fields=["ask", "ruled_at"], name="ask_ruled", condition=models.Q(granted__isnull=False)),
                   models.Index(fields=["asked_unit", "ask", "ruled_at"], name="ask_of_unit", condition=models.Q(granted__isnull=False))]
        constraints = [
            models.UniqueConstraint(fields=["case", "ask"], condition=models.Q(ruled_at__isnull=True), name="one_waiting_ask_of_a_kind")
        ]


class CaseLink(models.Model):
    """Merge, linked re-opening, split: from one case to another, undone or not."""

    kind = Word(max_length=8, choices=[("merge", "并单"), ("reopen", "关联重开"), ("split", "拆单")])
    case_id = models.BigIntegerField(db_index=True)
    other_id = models.BigIntegerField(db_index=True)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)


class CaseReader(models.Model):
    """Who may see a restricted case, until when, by whose written ground."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="readers")
    person_id = models.BigIntegerField(db_index=True)
    until = models.DateTimeField()
    step_id = models.BigIntegerField()


class CaseFile(models.Model):
    case = models.ForeignKey(Case, models.PROTECT, related_name="files")
    file = models.ForeignKey("files.StoredFile", models.PROTECT)
    step_id = models.BigIntegerField(default=0)
    slot = models.CharField(max_length=20, default="proof")  # requester, proof, document
    masked_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    mask_rules = models.PositiveSmallIntegerField(default=0, db_default=0)
    at = models.DateTimeField()

    @property
    def whose(self) -> str:
        return {"requester": "诉求人", "document": "文书"}.get(self.slot, "办理佐证")


class DangerWords(models.Model):
    """What a city adds to the words of danger that come with the program (`cases/danger.yaml`): one danger a row, in the file's shape."""

    code = models.CharField("代码", max_length=20, unique=True)
    content = models.JSONField("词和话术", default=dict)


class Draft(models.Model):
    """What an agent or citizen has typed so far, kept as it is typed. Becomes a case, a call note, or nothing."""

    owner_id = models.BigIntegerField(db_index=True)
    key = models.CharField(max_length=40)
    sealed = models.BinaryField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner_id", "key"], name="one_draft_per_key")]


class CallNote(models.Model):
    """A call or visit that ended without a case: silent, wrong number, harassing, a greeting (rulings, 38)."""

    at = models.DateTimeField()
    channel = KnownWord(max_length=16, choices=Channel.choices(), known=Channel, otherwise=Channel.OTHER_SYSTEM.value)
    kind = Word(max_length=16, choices=[("silent", "无声"), ("wrong", "拨错"), ("harassing", "骚扰"), ("chat", "闲聊或致谢"),
                                                     ("progress", "查询进度"), ("dropped", "中断"), ("secret", "涉密终止")])
    agent_id = models.BigIntegerField()
    agent_name = models.CharField(max_length=80)
    note = models.CharField(max_length=300, blank=True)
    call_id = models.BigIntegerField(null=True)
    case_id = models.BigIntegerField(null=True)


class Viewer(models.Model):
    """Who has the case open now: two people on one case are told of each other. Stale rows count for nothing."""

    case_id = models.BigIntegerField()
    person_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    seen_at = models.DateTimeField()  # machine time

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "person_id"], name="one_row_per_viewer")]
