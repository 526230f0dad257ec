"""Tables of units and districts."""

from __future__ import annotations

from django.db import models

from minsheng.kit.columns import Word
from minsheng.org.rules import Circle, UnitFacts, UnitKind


class Unit(models.Model):
    """A unit of the tree as it is today; `UnitChange` keeps what it was called and where it stood."""

    code = models.CharField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=120)
    short = models.CharField("简称", max_length=40, blank=True)
    kind = Word("类型", max_length=12, choices=[(k.value, k.label) for k in UnitKind])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, verbose_name="上级")
    path = models.JSONField("自根至本单位的编号", default=list)
    phone = models.CharField("对外电话", max_length=40, blank=True)
    residents = models.PositiveIntegerField("常住人口", null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="absorbed", verbose_name="并入")
    came_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="offshoots", verbose_name="拆自或接替")
    hears_centre = models.BooleanField("受理反映热线中心的诉求", default=False)
    tile_row = models.SmallIntegerField("方格图上的行", null=True, blank=True)  # of a district, on the board's map of equal squares
    tile_column = models.SmallIntegerField("方格图上的列", null=True, blank=True)
    around = models.JSONField("大致范围", null=True, blank=True)  # of a place: [degrees north, degrees east, km]
    active = models.BooleanField("在用", default=True)
    sort = models.PositiveIntegerField("排序", default=0)

    class Meta:
        ordering = ["sort", "id"]

    def __str__(self) -> str:
        """What people who work here call it; its full name stands where it is administered and on what citizens read."""
        return self.short or self.name

    @property
    def called(self) -> str:
        """What citizens call it: a district by its own name, an office in full."""
        return self.facts().place if UnitKind(self.kind).is_place else self.name

    def facts(self) -> UnitFacts:
        return UnitFacts(self.id, self.code, self.name, self.short, UnitKind(self.kind), tuple(self.path), self.phone, self.active,
                         self.merged_into_id or 0, self.came_from_id or 0, self.hears_centre, self.residents or 0,
                         None if self.tile_row is None or self.tile_column is None else (self.tile_row, self.tile_column), Circle(*self.around) if self.around else None)


class UnitChange(models.Model):
    """What happened to a unit and when: created, renamed, moved, merged, closed. Never edited."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=80)
    what = models.CharField(max_length=20)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)


class Duty(models.Model):
    """值班表: whom to ring when an urgent order lies unsigned, in order (rulings, 7)."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="duties")
    name = models.CharField("值班人", max_length=40)
    phone = models.CharField("值班电话", max_length=40)
    order = models.PositiveSmallIntegerField("次序", default=1)
    starts = models.DateTimeField("起")
    ends = models.DateTimeField("止")

    class Meta:
        ordering = ["unit", "starts", "order"]
        constraints = [models.CheckConstraint(condition=models.Q(ends__gt=models.F("starts")), name="duty_ends_after_it_starts")]
