"""Tables of telephony. Numbers are sealed (kit.sealing), found by the same keyed hash as a requester's (contacts)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from minsheng.kit.columns import Word
from minsheng.telephony.rules.words import (
    CallbackReason,
    CallbackState,
    Direction,
    Presence,
    RecordingState,
    Result,
    TranscriptState,
    TryResult,
)


class Call(models.Model):
    """One call, whole across its legs, as its events say. Written by the reducer alone; `period_desk_id` is a desk of `leader_days`."""

    pbx = models.CharField("话务平台", max_length=40)
    linkedid = models.CharField("通话编号", max_length=80)
    direction = Word("方向", max_length=4, choices=Direction.choices(), default=Direction.IN.value)
    queue = models.CharField("队列", max_length=60, blank=True)
    language = models.CharField("语言", max_length=4, default="zh")
    number_sealed = models.BinaryField(null=True)
    number_hash = models.BinaryField(null=True)
    hidden_number = models.BooleanField("未显示号码", default=True)
    arrived_at = models.DateTimeField("来电时间")
    queued_at = models.DateTimeField("进入排队", null=True)
    connected_at = models.DateTimeField("接通时间", null=True)
    ended_at = models.DateTimeField("结束时间", null=True)
    left_at = models.DateTimeField("人工结束", null=True)  # when the last person was done with it: a survey follows
    result = Word("结果", max_length=12, choices=Result.choices(), default=Result.LIVE.value)
    agent_id = models.BigIntegerField("接听人", null=True)
    hold_s = models.PositiveIntegerField("保持秒数", default=0)
    rings = models.PositiveSmallIntegerField("振铃未接次数", default=0)
    transferred_to = models.CharField("转接至", max_length=40, blank=True)
    survey = models.PositiveSmallIntegerField("挂机评价", null=True)
    period_desk_id = models.BigIntegerField("接听席", null=True)
    callback_id = models.BigIntegerField("回拨", null=True)  # which one this call was made for
    told = models.SmallIntegerField("已告知", default=0, db_default=0)  # what another program was told of it: see rules.cti
    party = models.CharField("来自", max_length=8, blank=True, db_default="", default="")  # 110: rang us on its own number, to hand a caller over
    doubtful = models.CharField("存疑", max_length=20, blank=True)  # why its figures may be wrong: see rules.calls
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pbx", "linkedid"], name="call_once")]
        indexes = [
            models.Index(fields=["-arrived_at", "-id"], name="call_newest"),
            models.Index(fields=["number_hash", "-arrived_at"], name="call_of_number", condition=Q(number_hash__isnull=False)),
            models.Index(fields=["agent_id", "-arrived_at"], name="call_of_agent", condition=Q(agent_id__isnull=False)),
            models.Index(fields=["party", "-arrived_at"], name="call_of_party", condition=~Q(party="")),
            models.Index(fields=["pbx", "arrived_at"], name="call_open", condition=Q(ended_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.pbx} {self.linkedid}"


class CallEvent(models.Model):
    """One line of an exchange's ledger that says something of a call; never changed. Without a call: of the exchange itself."""

    call = models.ForeignKey(Call, models.PROTECT, null=True, related_name="events")
    pbx = models.CharField(max_length=40)
    linkedid = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=20)
    uniqueid = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    digest = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pbx", "linkedid", "kind", "uniqueid", "at", "digest"], name="call_event_once")]
        indexes = [models.Index(fields=["pbx", "at"], name="event_of_pbx", condition=Q(call__isnull=True))]


class CallCase(models.Model):
    """A call was about a case."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="cases")
    case_id = models.BigIntegerField(db_index=True)
    by_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "case_id"], name="call_case_once")]


class LedgerOffset(models.Model):
    """How far a file of an exchange has been read: moved in the transaction that keeps what was read."""

    pbx = models.CharField("话务平台", max_length=40)
    file = models.CharField("文件", max_length=200)
    inode = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    lines = models.BigIntegerField("已读行数", default=0)
    head = models.BinaryField(default=b"")  # digest of its first bytes: another file on the same inode is seen
    last_at = models.DateTimeField("最近一行", null=True)
    skew_s = models.IntegerField("时钟偏差秒数", default=0)
    read_at = models.DateTimeField("最近读取", null=True)
    closed = models.BooleanField("已轮换", default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pbx", "file", "inode", "head"], name="ledger_offset_once")]


class UnreadLine(models.Model):
    """A line that could not be read: kept sealed, with the reason, for `doctor` and for the technician."""

    pbx = models.CharField(max_length=40)
    file = models.CharField(max_length=200)
    inode = models.BigIntegerField()
    offset = models.BigIntegerField()
    text_sealed = models.BinaryField()
    reason = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pbx", "file", "inode", "offset"], name="unread_line_once")]


class AgentState(models.Model):
    """Where a person stood at the telephone, from when until when; the one without an end is now."""

    person_id = models.BigIntegerField()
    state = Word("状态", max_length=12, choices=Presence.choices())
    reason = models.CharField("原因", max_length=20, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)
    call_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person_id"], condition=Q(until__isnull=True), name="one_state_now")]
        indexes = [models.Index(fields=["person_id", "-since"], name="states_of_person"), models.Index(fields=["since"], name="states_by_time")]


class DeskQueue(models.Model):
    """Whose telephone is in the queue of a leader's desk (`leader_days`) instead of those of their languages."""

    person_id = models.BigIntegerField(primary_key=True)
    desk_id = models.BigIntegerField("接听席")
    languages = models.JSONField(default=list)  # to go back to
    since = models.DateTimeField()


class Callback(models.Model):
    """A number that the centre owes a call: one for each call that was lost, never two."""

    call = models.OneToOneField(Call, models.PROTECT, related_name="owed")
    number_sealed = models.BinaryField()
    number_hash = models.BinaryField(null=True)
    language = models.CharField("语言", max_length=4, default="zh")
    reason = Word("缘由", max_length=12, choices=CallbackReason.choices())
    state = Word("状态", max_length=12, choices=CallbackState.choices(), default=CallbackState.WAITING.value)
    made_at = models.DateTimeField("来电时间")
    due_at = models.DateTimeField("可回拨")
    promised_at = models.DateTimeField("最迟回拨", null=True)  # the first attempt is kept until then; `due_at` moves with each
    attempts = models.PositiveSmallIntegerField("已拨次数", default=0)
    leased_by = models.BigIntegerField("经手人", null=True)
    leased_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField("了结时间", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["leased_by"], condition=Q(state="leased"), name="one_callback_in_hand")]
        indexes = [models.Index(fields=["due_at", "id"], name="callback_waiting", condition=Q(state__in=["waiting", "leased"])),
                   models.Index(fields=["number_hash"], name="callback_of_number", condition=Q(state__in=["waiting", "leased"])),
                   models.Index(fields=["-made_at", "-id"], name="callback_newest")]


class CallbackTry(models.Model):
    """One attempt: its call at the exchange is cb-<callback>-<attempt>."""

    callback = models.ForeignKey(Callback, models.PROTECT, related_name="tries")
    attempt = models.PositiveSmallIntegerField()
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    result = models.CharField("结果", max_length=12, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["callback", "attempt"], name="callback_try_once")]

    def get_result_display(self) -> str:
        return TryResult(self.result).label if self.result else ""


class Recording(models.Model):
    """What was recorded of one leg. `path` is below the recordings' folder; without one the file is gone."""

    call = models.ForeignKey(Call, models.PROTECT, related_name="recordings")
    leg = models.CharField(max_length=80)
    source = models.CharField(max_length=300)
    path = models.CharField(max_length=300, blank=True)
    media = models.CharField(max_length=20, blank=True)
    sha256 = models.BinaryField(null=True)
    source_sha256 = models.BinaryField(null=True)  # of the file as the exchange had written it
    seconds = models.FloatField("时长", default=0)
    bytes = models.BigIntegerField("大小", default=0)
    peaks = models.BinaryField(default=b"")  # the wave in 240 columns, for the page
    state = Word("状态", max_length=12, choices=RecordingState.choices(), default=RecordingState.OPEN.value)
    note = models.CharField(max_length=120, blank=True)
    began_at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    until = models.DateField("保存至", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "leg"], name="recording_once")]
        indexes = [models.Index(fields=["state", "began_at"], name="recording_by_state")]


class Transcript(models.Model):
    """A recording as words, by a machine: sealed, heard and ended with the recording."""

    recording = models.OneToOneField(Recording, models.CASCADE, related_name="transcript")
    state = Word("状态", max_length=8, choices=TranscriptState.choices(), default=TranscriptState.WAITING.value)
    words_sealed = models.BinaryField(null=True)  # JSON: [[start in s, end in s, text], …]
    model = models.CharField("模型", max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    note = models.CharField("说明", max_length=200, blank=True)
    made_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at", "id"], name="transcript_waiting", condition=Q(state="waiting"))]
