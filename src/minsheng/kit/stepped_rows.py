"""Tables of a subject that has one table, one of steps and one of words: what every such room would write again (`kit.stepped`)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from minsheng.kit import feed, partitions
from minsheng.kit.columns import ShapedJSON


class Stepped(models.Model):
    """A subject. Its other columns are what its steps decide."""

    id = models.BigIntegerField(primary_key=True)
    state = models.CharField("状态", max_length=20)
    seq = models.PositiveIntegerField(default=0)
    head = models.BinaryField("历史末端", null=True)
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True


class StepRow(models.Model):
    """One step, taken once, never changed. `given` holds codes, ids, official words and digests of all other words (rulings, 14).

    key, sent  of the sender: the same key again is the same step; a digest of what came with it
    """

    id = models.BigIntegerField(primary_key=True)
    subject_id = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    step = models.CharField(max_length=30)
    frm = models.CharField(max_length=20)
    to = models.CharField(max_length=20)
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    role = models.CharField(max_length=24)
    unit_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    given = ShapedJSON(default=dict)
    hash = models.BinaryField()
    key = models.CharField(max_length=120, blank=True, default="")
    sent = models.BinaryField(null=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list] = [
            models.UniqueConstraint(fields=["subject_id", "seq"], name="%(class)s_in_order"),
            models.UniqueConstraint(fields=["subject_id", "key"], condition=~models.Q(key=""), name="%(class)s_once"),
            models.UniqueConstraint(fields=["by_id", "key"], condition=models.Q(seq=1) & ~models.Q(key=""), name="%(class)s_makes_once"),
        ]

    replayed = False  # returned for a key that was used before


class StepWords(models.Model):
    """The words of a step: erasable. Their salted digests stand in the step."""

    step_id = models.BigIntegerField(primary_key=True)
    subject_id = models.BigIntegerField(db_index=True)
    words = ShapedJSON(default=dict)
    salt = models.BinaryField()

    class Meta:
        abstract = True


SIGNED = ("id", "subject_id", "seq", "step", "frm", "to", "by_id", "by_name", "role", "unit_id", "at", "given")  # columns under the chain


def history(table: str) -> str:
    """SQL for the migration that makes a table of steps: rows never change, and a feed can be read from them."""
    return f"{partitions.append_only(table)} {feed.numbered(table)}; CREATE INDEX {table}_feed ON {table} ({feed.COLUMN}, id);"
