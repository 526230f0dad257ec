"""Call-backs: whom to ring, when again, who is ringing now; and the random second call that checks the first."""

from __future__ import annotations

from django.db import models

from minsheng.cases.rules import Standing
from minsheng.kit.columns import Word


class CallbackParty(models.Model):
    """One requester to be called back on a case: the case's own, and each of those merged into it (rulings, 9).

    A working note for the order of calls. What was said stands in the history alone; `seen_seq` is the step up to which this row
    has been drawn from it.
    """

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="callback_parties")
    party_id = models.BigIntegerField()  # the case that the requester came with
    round = models.PositiveSmallIntegerField(default=0)  # redo count: each redo is called back anew
    tries = models.PositiveSmallIntegerField(default=0)
    tried_parts = models.JSONField(default=list)  # "2025-01-02 morning"
    not_before = models.DateTimeField(null=True)
    language = models.CharField(max_length=2, default="zh")
    standing = Word(max_length=12, choices=Standing.choices(), default=Standing.CALL.value)
    seen_seq = models.PositiveIntegerField(default=0)
    put_backs = models.PositiveSmallIntegerField("放回次数", default=0)
    claimed_by = models.BigIntegerField(null=True)
    claimed_until = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, blank=True)
    clerk_id = models.BigIntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "party_id", "round"], name="one_callback_per_party_and_round")]
        indexes = [models.Index(fields=["claimed_by"], name="callback_claimed", condition=models.Q(done_at__isnull=True)),
                   models.Index(fields=["not_before"], name="callback_later", condition=models.Q(done_at__isnull=True)),
                   models.Index(fields=["clerk_id", "done_at"], name="callback_done", condition=models.Q(done_at__isnull=False))]


class Recheck(models.Model):
    """A second call by quality to 3 % of what a clerk wrote down, drawn at random, however the call ended (rulings, 13 and 33)."""

    case = models.ForeignKey("cases.Case", models.PROTECT, related_name="+")
    party_id = models.BigIntegerField()
    step_id = models.BigIntegerField(null=True)  # what the clerk wrote down
    contact_id = models.BigIntegerField(null=True)  # whose number was rung: it may be another now
    clerk_id = models.BigIntegerField()
    clerk_name = models.CharField(max_length=80)
    drawn_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=80, blank=True)
    agrees = models.BooleanField("与首次一致", null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="recheck_open", condition=models.Q(done_at__isnull=True)),
                   models.Index(fields=["done_at"], name="recheck_done", condition=models.Q(done_at__isnull=False))]
