"""The ledger's tables: entries that only grow, and the head of their chain."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One act that is not a step of a case: log-in, a number seen, an export, a role changed. Never changed, never deleted.

    Ids run without gaps; `hash` covers the entry and the hash of the one before. `detail` holds codes, counts and digests,
    no personal values.
    """

    id = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField("时间")
    machine_at = models.DateTimeField("机器时间")
    kind = models.CharField("行为", max_length=20)
    by_id = models.BigIntegerField("人员编号")
    by_name = models.CharField("人员", max_length=80)
    about = models.CharField("对象", max_length=80, blank=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    detail = models.JSONField("内容", default=dict)  # "said": the digest of the reason that lies in `Said`
    prev = models.BinaryField()
    hash = models.BinaryField()

    @property
    def why(self) -> str:
        """The reason as it was given; words that were lawfully erased say so."""
        if "said" not in self.detail:
            return self.reason
        return self.said.reason or "（已依法删除）"

    class Meta:
        indexes = [
            models.Index(fields=["kind", "-id"], name="ledger_by_kind"),
            models.Index(fields=["by_id", "-id"], name="ledger_by_person"),
            models.Index(fields=["about", "-id"], name="ledger_by_about"),
        ]


class Said(models.Model):
    """The words that somebody gave as a reason for a deed about a case: erasable, like the words of a step. Its salted digest stands in the entry."""

    entry = models.OneToOneField(Entry, models.PROTECT, primary_key=True, related_name="said", db_constraint=False)
    about = models.CharField(max_length=80, blank=True, db_index=True)
    reason = models.CharField(max_length=500, blank=True)
    salt = models.BinaryField()


class Head(models.Model):
    """How many entries there are and the last one's hash: a cut-off tail shows. Its row lock puts writers in line."""

    id = models.SmallIntegerField(primary_key=True)
    count = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=bytes(32))

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="ledger_has_one_head")]
