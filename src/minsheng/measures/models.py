"""Facts, the daily cube that is made of them, and how far the steps have been followed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from minsheng.kit.stepped_rows import Stepped, StepRow, StepWords
from minsheng.measures.score_rules import ScoringState


class Fact(models.Model):
    """A line of the book, never changed: a fact said (sign 1) or taken back (-1). No person, no word of anybody. See `facts_of_case.Fact`."""

    id = models.BigAutoField(primary_key=True)
    fact = models.CharField(max_length=10)
    sign = models.SmallIntegerField()
    at = models.DateTimeField()  # puts it into a period
    known_at = models.DateTimeField()
    case_id = models.BigIntegerField()  # of a call the call
    part = models.BigIntegerField()  # the case that a list shows
    n = models.IntegerField()
    lead_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=16)
    district_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=12)
    requester_kind = models.CharField(max_length=8)
    language = models.CharField(max_length=2)
    period_id = models.BigIntegerField(null=True)
    excluded = models.BooleanField()
    standing = models.CharField(max_length=12)
    met_at = models.DateTimeField(null=True)
    typed_at = models.DateTimeField(null=True)
    waived_at = models.DateTimeField(null=True)
    stands_since = models.DateTimeField(null=True)
    before_at = models.DateTimeField(null=True)
    contacted = models.BooleanField(null=True)
    return_asked = models.BooleanField()
    return_upheld = models.BooleanField()
    redone = models.BooleanField()
    extended = models.BooleanField()
    reached = models.BooleanField()
    solved = models.BooleanField(null=True)
    satisfaction = models.CharField(max_length=20)

    class Meta:
        db_table = "measures_fact"
        indexes: ClassVar[list] = [
            models.Index(fields=["fact", "at"], name="fact_at"), models.Index(fields=["case_id"], name="fact_case"),
            models.Index(fields=["before_at"], name="fact_before", condition=models.Q(before_at__isnull=False)),
        ]


class Cell(models.Model):
    """How many facts of a local day (`grain` d) or month (m, its first day) lie in the same sets, by unit and one dimension more.

    lead_id 0 and key "" stand for none; `sets` is the sum of `sets.BITS`; see `cube_sql`
    """

    id = models.BigAutoField(primary_key=True)
    dimension = models.CharField(max_length=10)
    grain = models.CharField(max_length=1)
    day = models.DateField()
    fact = models.CharField(max_length=10)
    lead_id = models.BigIntegerField()
    key = models.CharField(max_length=20)
    excluded = models.BooleanField()
    sets = models.IntegerField()
    count = models.BigIntegerField()

    class Meta:
        db_table = "measures_cell"
        constraints: ClassVar[list] = [models.UniqueConstraint(fields=["dimension", "grain", "day", "fact", "lead_id", "key", "excluded", "sets"],
                                                               name="one_cell_a_place")]


class Following(models.Model):
    """A row of each feed that is followed (1: steps of cases; else `sources.Source.place`): up to where it has been read. Row 1 says what
    the cube was made by.

    number, step  position in the feed: all before it is in the facts
    ahead         rows beyond it that are in the facts as well: of transactions beside which an older one still runs
    """

    id = models.SmallIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)
    step = models.BigIntegerField(default=0)
    ahead = ArrayField(models.BigIntegerField(), default=list)
    known_at = models.DateTimeField(null=True)  # when the last step that was read became known
    declared = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        db_table = "measures_following"


class Scoring(Stepped):
    """A scheme of the composite that a centre sets (计分方案): proposed by one, confirmed by another, in force from a day on."""

    name = models.CharField("方案名称", max_length=60)
    slot = models.CharField("用在哪里", max_length=8)
    since = models.DateField("自哪天起", null=True)
    parts = models.TextField("各项分值", blank=True)
    basis = models.TextField("依据", blank=True)
    proposers = ArrayField(models.BigIntegerField(), default=list)
    confirmed_at = models.DateTimeField("确认时间", null=True)
    confirmed_by = models.CharField("确认人", max_length=80, blank=True)

    class Meta:
        constraints: ClassVar[list] = [models.UniqueConstraint(fields=["slot", "since"], condition=models.Q(state__in=["proposed", "confirmed"]),
                                                               name="one_scoring_a_day")]

    def __str__(self) -> str:
        return self.name

    def get_state_display(self) -> str:
        return ScoringState(self.state).label


class ScoringStep(StepRow):
    class Meta(StepRow.Meta):
        db_table = "measures_scoringstep"


class ScoringWords(StepWords):
    pass
