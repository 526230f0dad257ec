"""What follows the feed of steps; days with their trees and leaves, which never change; what opens a leaf, which is erasable; open data."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.kit.columns import ShapedJSON
from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.proofs.rules import data_files
from minsheng.proofs.rules.datasets import DatasetState


class Followed(models.Model):
    """How far the steps were read: up to the last before which none can come any more. Those beyond are read again; that does no harm."""

    id = models.SmallIntegerField(primary_key=True)
    cursor = models.CharField(max_length=60, blank=True)  # the number of the transaction that wrote that step, and the step: N-ID

    @property
    def place(self) -> tuple[int, int]:
        number, _, step = self.cursor.removeprefix("steps-").partition("-")
        return int(number or 0), int(step or 0)


class Touched(models.Model):
    """A case with a step of that day; goes when the day's tree is made."""

    case_id = models.BigIntegerField()
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "case_id"], name="touched_once_a_day")]


class DayTree(models.Model):
    """A day as it was published. Never changed."""

    day = models.DateField(primary_key=True)
    leaves = models.PositiveIntegerField()
    root = models.BinaryField()
    text = models.TextField()  # the published file
    made_at = models.DateTimeField()

    @property
    def root_hex(self) -> str:
        return bytes(self.root).hex()


class Leaf(models.Model):
    """Place and hash. Never changed; says nothing by itself."""

    id = models.BigAutoField(primary_key=True)
    day = models.DateField()
    index = models.PositiveIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "index"], name="one_leaf_a_place")]


class Opening(models.Model):
    """What a leaf is the hash of. A lawful erasure takes the salt: the leaf stays and can be opened by nobody."""

    leaf = models.OneToOneField(Leaf, models.PROTECT, primary_key=True, related_name="opening")
    case_id = models.BigIntegerField()
    outcome = ShapedJSON(default=dict)
    salt = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["case_id", "-leaf"], name="opening_of_case")]


class Dataset(Stepped):
    """A version of the open data of a month. Its files lie beside it; their digests are sealed with the step that made them."""

    month = models.DateField("月份", null=True)
    version = models.PositiveSmallIntegerField("版本", default=0)
    cutoff = models.DateTimeField("统计截止", null=True)
    lines = models.PositiveIntegerField("行数", default=0)
    csv_sha256 = models.CharField("CSV 摘要", max_length=64, blank=True)
    json_sha256 = models.CharField("JSON 摘要", max_length=64, blank=True)
    preparers = ArrayField(models.BigIntegerField(), default=list)
    signed_at = models.DateTimeField("签发时间", null=True)
    signed_by = models.CharField("签发人", max_length=80, blank=True)
    published_at = models.DateTimeField("发布时间", null=True)
    published_on = models.DateField("发布日期", null=True)

    class Meta:
        indexes = [models.Index(fields=["-month", "-version"], name="dataset_newest")]

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月 第 {self.version} 版" if self.month else ""

    def get_state_display(self) -> str:
        return DatasetState(self.state).label

    @property
    def files(self) -> list[tuple[str, str]]:
        """(name, kind) of each."""
        return [(data_files.name_of(self.month, self.version, kind), kind.upper()) for kind in ("csv", "json")] if self.month else []


class DatasetStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "proofs_datasetstep"


class DatasetWords(StepWords):
    pass


class DataFile(models.Model):
    """A file of a version. Never changed; shown to everybody once its version is published."""

    id = models.BigAutoField(primary_key=True)
    dataset_id = models.BigIntegerField(db_index=True)
    name = models.CharField(max_length=60, db_index=True)
    text = models.TextField()
