"""One outbox: SMS, work messages, mail. A message is a row in the deed's own transaction; a job sends it later."""

from __future__ import annotations

from django.db import models

from minsheng.kit.columns import Word
from minsheng.messages import adapters


class Message(models.Model):
    channel = models.CharField("渠道", max_length=8)  # a code of `adapters.WAYS`
    to_sealed = models.BinaryField()
    to_hint = models.CharField("收件人", max_length=40)
    template = models.CharField("模板", max_length=40)
    text_sealed = models.BinaryField()
    language = models.CharField(max_length=2, default="zh")
    about = models.CharField("对象", max_length=80, blank=True)
    state = Word("状态", max_length=8, default="queued",
                             choices=[("queued", "待发"), ("sending", "正在发"), ("sent", "已发"), ("failed", "失败"), ("held", "未接入"), ("stopped", "不再发")])
    tries = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()  # machine time
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["next_at"], name="message_waiting", condition=models.Q(state="queued")),
                   models.Index(fields=["next_at"], name="message_on_its_way", condition=models.Q(state="sending")),
                   models.Index(fields=["about"]),
                   models.Index(fields=["-id"], name="message_failed", condition=models.Q(state="failed"))]

    @property
    def way(self) -> str:
        return adapters.label_of(self.channel)
