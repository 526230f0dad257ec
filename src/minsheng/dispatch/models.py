"""The dispatch catalogue (派单目录): which unit answers for which matter, on what ground, from when to when."""

from __future__ import annotations

from django.db import models


class Rule(models.Model):
    """One row of the catalogue. `lead`, or `by_district`: the district or county in which the place lies."""

    category = models.ForeignKey("cases.Category", models.PROTECT, related_name="+", verbose_name="分类")
    lead = models.ForeignKey("org.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="主办单位")
    by_district = models.BooleanField("按属地", default=False)
    second = models.CharField("建议二次派单", max_length=60, blank=True)
    co = models.JSONField("协办单位", default=list, blank=True)  # unit ids, or "district"
    basis = models.CharField("法律依据", max_length=200, blank=True)
    note = models.CharField("说明", max_length=300, blank=True)
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)
    by_id = models.BigIntegerField(default=0)
    by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(lead__isnull=False, by_district=False) | models.Q(lead=None, by_district=True),
                                   name="rule_names_a_unit_or_the_district")
        ]
