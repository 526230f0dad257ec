"""Which bytes are kept, under which name, by whom."""

from __future__ import annotations

from django.db import models


class StoredFile(models.Model):
    """One upload. The bytes lie in the data folder under their hash; two uploads of the same bytes share them."""

    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField("大小")
    mime = models.CharField("类型", max_length=100)
    name = models.CharField("文件名", max_length=120)
    kind = models.CharField("用途", max_length=20, default="attachment")
    by_id = models.BigIntegerField()
    by_name = models.CharField("上传人", max_length=80)
    created_at = models.DateTimeField("上传时间")
    erased_at = models.DateTimeField("删除时间", null=True, blank=True)
