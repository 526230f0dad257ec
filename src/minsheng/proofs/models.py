"""What follows the feed of steps, days with their trees, leaves (all of these never change), and what opens a leaf: erasable."""

from __future__ import annotations

from django.db import models

from minsheng.kit.columns import ShapedJSON


class Followed(models.Model):
    """How far the feed of steps was read."""

    id = models.SmallIntegerField(primary_key=True)
    cursor = models.CharField(max_length=60, blank=True)


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
