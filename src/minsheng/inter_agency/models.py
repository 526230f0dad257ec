"""What 110 handed over, and what it is told: an outbox of its own order."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from minsheng.inter_agency.rules import Receipt, Sending, Told, Way
from minsheng.kit.columns import Word


class Handover(models.Model):
    """One reference of 110. `said`, `body`: what 110 was told last, so that nothing is told twice; `watched_until`: null while it goes on."""

    reference = models.CharField("110警情编号", max_length=40, unique=True)
    way = Word("方式", max_length=8, choices=Way.choices())
    officer = models.CharField("110交接人", max_length=40, blank=True)
    on_line = models.BooleanField("群众在线，已接过", null=True)
    happened_at = models.DateTimeField("110接警时间", null=True)
    received_at = models.DateTimeField("收到时间")
    receipt = Word("签收", max_length=8, choices=Receipt.choices())
    receipt_at = models.DateTimeField("签收时间")
    reason = models.CharField("退回理由", max_length=300, blank=True)
    case_id = models.BigIntegerField("工单", null=True)
    call_id = models.BigIntegerField("来电", null=True)
    digest = models.BinaryField(default=b"")  # of what was pushed: the same again is the same
    told = models.PositiveSmallIntegerField("已拟告知", default=0)
    said = Word(max_length=8, choices=Told.choices(), blank=True)
    body = models.JSONField(default=dict)
    watched_until = models.DateTimeField(null=True)
    mark = models.BinaryField(null=True)  # of the reference of an erased case: the same number is known again, and is not there

    class Meta:
        indexes = [models.Index(fields=["-received_at", "-id"], name="handover_newest"), models.Index(fields=["case_id"], name="handover_of_case"),
                   models.Index(fields=["watched_until"], name="handover_watched", condition=Q(receipt="accepted")),
                   models.Index(fields=["call_id"], name="handover_of_call", condition=Q(call_id__isnull=False)),
                   models.Index(fields=["mark"], name="handover_erased", condition=Q(mark__isnull=False))]

    # Put on it by the query of its list.
    case: Any
    feedback: list[Feedback]

    def __str__(self) -> str:
        return self.reference


class Feedback(models.Model):
    """Something that 110 is told of one reference; `n` is its place: a later one never goes before an earlier one."""

    handover = models.ForeignKey(Handover, models.PROTECT, related_name="feedbacks")
    n = models.PositiveSmallIntegerField()
    kind = Word("告知", max_length=8, choices=Told.choices())
    body = models.JSONField(default=dict)
    made_at = models.DateTimeField("应告知")
    state = Word("状态", max_length=8, choices=Sending.choices(), default=Sending.QUEUED.value)
    tries = models.PositiveIntegerField("已试次数", default=0)
    next_at = models.DateTimeField()  # machine time
    error = models.CharField("说明", max_length=300, blank=True)
    ended_at = models.DateTimeField("对方答复时间", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["handover", "n"], name="feedback_in_order")]
        indexes = [models.Index(fields=["next_at", "id"], name="feedback_waiting", condition=Q(state="queued")),
                   models.Index(fields=["-id"], name="feedback_refused", condition=Q(state="refused"))]
