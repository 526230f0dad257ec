"""Requesters, sealed; flags on numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from minsheng.contacts.rules import Budget, ContactKind, FlagFacts, FlagState, Grade
from minsheng.kit.columns import Word


class Contact(models.Model):
    """A requester as given once: name and number are sealed (kit.sealing), the number is found by its keyed hash."""

    kind = Word("类别", max_length=10, choices=[(k.value, k.label) for k in ContactKind], default=ContactKind.PERSON)
    name_sealed = models.BinaryField(null=True)
    phone_sealed = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True, db_index=True)
    language = models.CharField("语言", max_length=4, default="zh")
    created_at = models.DateTimeField("登记时间")
    erased_at = models.DateTimeField("删除时间", null=True, blank=True)


class CallerFlag(models.Model):
    """A grade on a number that abuses the line: proposed by one, approved by another, with ground, end and appeal."""

    phone_hash = models.BinaryField(db_index=True)
    grade = Word("等级", max_length=10, choices=[(g.value, g.label) for g in Grade])
    ground = models.CharField("依据", max_length=500)
    state = Word("状态", max_length=10, choices=[(s.value, s.label) for s in FlagState], default=FlagState.PROPOSED)
    proposed_by = models.BigIntegerField()
    proposed_by_name = models.CharField("提出人", max_length=80)
    proposed_at = models.DateTimeField("提出时间")
    approved_by = models.BigIntegerField(null=True)
    approved_by_name = models.CharField("批准人", max_length=80, blank=True)
    approved_at = models.DateTimeField("批准时间", null=True)
    expires_at = models.DateTimeField("到期")
    appeal = models.CharField("申诉理由", max_length=500, blank=True)
    appealed_at = models.DateTimeField("申诉时间", null=True)
    lifted_by = models.BigIntegerField(null=True)
    lifted_by_name = models.CharField("解除人", max_length=80, blank=True)
    lifted_at = models.DateTimeField("解除时间", null=True)
    lift_reason = models.CharField("解除理由", max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")), name="flag_has_two_persons"),
            models.CheckConstraint(condition=~Q(state="active") | Q(approved_by__isnull=False), name="active_flag_is_approved"),
        ]

    def facts(self) -> FlagFacts:
        return FlagFacts(FlagState(self.state), Grade(self.grade), self.proposed_by, self.expires_at)


class RevealBudget(models.Model):
    """How many numbers one person sees in an hour (rules.Budget). The newest row counts; without one, the rule's own figures."""

    per_hour = models.PositiveSmallIntegerField("每小时")
    per_reason = models.PositiveSmallIntegerField("同一理由")
    in_hand = models.PositiveSmallIntegerField("回访名单内")
    at = models.DateTimeField("设定时间")
    by_id = models.BigIntegerField()
    by_name = models.CharField("设定人", max_length=80)

    class Meta:
        ordering = ["-id"]

    def facts(self) -> Budget:
        return Budget(self.per_hour, self.per_reason, self.in_hand)


class RevealPass(models.Model):
    """A shift leader lets somebody go on: what was seen before counts no more. Times are machine time."""

    person_id = models.BigIntegerField("放行给", db_index=True)
    at = models.DateTimeField("放行时间")
    by_id = models.BigIntegerField()
    by_name = models.CharField("放行人", max_length=80)
    reason = models.CharField("理由", max_length=300)
