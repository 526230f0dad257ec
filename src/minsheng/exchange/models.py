"""Tables of bringing history in."""

from __future__ import annotations

from django.db import models


class ImportRun(models.Model):
    """One reading of one file: how far it is. Written in the transaction of each batch, so that it never says more than is in."""

    fingerprint = models.CharField("文件与对照表的校验值", max_length=64)
    source = models.CharField("来源", max_length=50)
    file = models.CharField("文件名", max_length=200)
    row = models.BigIntegerField("已处理到的行", default=0)
    counts = models.JSONField("计数", default=dict)  # read, made, known, bad, reasons
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["fingerprint", "id"], name="import_of_file")]
