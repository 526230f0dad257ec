"""Figures of calls, counted from the ledger alone: rates, waits, who gave up when, handling, occupancy, call-backs kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Aggregate, Avg, Count, DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, Sum

from minsheng.kit import clock
from minsheng.kit.intervals import wilson
from minsheng.telephony.models import Call, Callback, CallbackTry
from minsheng.telephony.queries import seat
from minsheng.telephony.queries.call_sets import SETS, WAITS
from minsheng.telephony.rules.words import CallbackState

LANGUAGES = {"zh": "普通话", "bo": "藏语", "en": "英语"}


class _Percentile95(Aggregate):
    template = "percentile_cont(0.95) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


def _span(later: str, earlier: str) -> ExpressionWrapper:
    return ExpressionWrapper(F(later) - F(earlier), DurationField())


@dataclass(frozen=True)
class Figures:
    """Of one language or of all. `counts`: set -> how many; times in seconds, None without data."""

    language: str
    counts: dict[str, int]
    wait_mean: float | None
    wait_95: float | None
    arrival_mean: float | None
    arrival_95: float | None
    talk: float | None
    hold_s: int
    waits: tuple[int, ...]

    @property
    def label(self) -> str:
        return LANGUAGES.get(self.language, self.language) if self.language else "全部"

    def rate(self, top: str, bottom: str) -> float | None:
        return self.counts[top] / self.counts[bottom] if self.counts[bottom] else None

    @property
    def connect(self) -> float | None:
        """Without those who hung up within 5 seconds, and without who still waits."""
        return self.rate("answered", "offered_kept")

    @property
    def connect_all(self) -> float | None:
        return self.rate("answered", "offered_over")

    @property
    def in_time(self) -> float | None:
        return self.rate("answered_15s", "answered")

    @property
    def in_time_of_offered(self) -> float | None:
        return self.rate("answered_15s", "offered_kept")

    @property
    def abandoned(self) -> float | None:
        return self.rate("abandoned", "offered_over")

    @property
    def connect_span(self) -> tuple[float, float] | None:
        return wilson(self.counts["answered"], self.counts["offered_kept"])


def within(start: datetime, end: datetime, cutoff: datetime | None = None) -> Q:
    return Q(arrived_at__gte=start, arrived_at__lt=end, arrived_at__lte=cutoff or clock.now())


def _asked() -> dict[str, Any]:
    answered, gone = SETS["answered"].holds, SETS["abandoned"].holds
    wait, arrival = _span("connected_at", "queued_at"), _span("connected_at", "arrived_at")
    found: dict[str, Any] = {f"n_{name}": Count("id", filter=one.holds) for name, one in SETS.items()}
    found |= {"wait_mean": Avg(wait, filter=answered), "wait_95": _Percentile95(wait, filter=answered),
              "arrival_mean": Avg(arrival, filter=answered), "arrival_95": _Percentile95(arrival, filter=answered),
              "talk": Avg(_span("left_at", "connected_at"), filter=answered & Q(left_at__isnull=False)), "hold": Sum("hold_s", filter=answered)}
    for place, (least, most) in enumerate(WAITS):
        found[f"w_{place}"] = Count("id", filter=gone & waited(least, most))
    return found


def waited(least: int, most: int) -> Q:
    """In the queue, of those who were not answered; `most` 0: without end."""
    wanted = Q(ended_at__gte=F("queued_at") + timedelta(seconds=least))
    return wanted & Q(ended_at__lt=F("queued_at") + timedelta(seconds=most)) if most else wanted


def figures(start: datetime, end: datetime) -> list[Figures]:
    """All together first, then language by language. Two statements."""
    rows = Call.objects.filter(within(start, end))
    whole = _figures("", rows.aggregate(**_asked()))
    by = rows.values("language").annotate(**_asked()).order_by("language")
    return [whole, *(_figures(row["language"], dict(row)) for row in by)]


def _figures(language: str, row: dict[str, Any]) -> Figures:
    seconds = {name: row[name].total_seconds() if row[name] is not None else None for name in ("wait_mean", "wait_95", "arrival_mean", "arrival_95", "talk")}
    return Figures(language, {name: row[f"n_{name}"] for name in SETS}, **seconds, hold_s=row["hold"] or 0,
                   waits=tuple(row[f"w_{place}"] for place in range(len(WAITS))))


def counts(start: datetime, end: datetime, names: Iterable[str], cutoff: datetime | None = None) -> dict[str, int]:
    """How many lie in each of these sets. One statement."""
    return Call.objects.filter(within(start, end, cutoff)).aggregate(**{name: Count("id", filter=SETS[name].holds) for name in names})


@dataclass(frozen=True, slots=True)
class Work:
    """Of all agents at the desk, in seconds."""

    signed_in: float
    paused: float
    wrap_up: float
    talk: float
    answered: int

    @property
    def occupancy(self) -> float | None:
        ready = self.signed_in - self.paused
        return min(1.0, (self.talk + self.wrap_up) / ready) if ready > 0 else None

    @property
    def handling(self) -> float | None:
        """Talk, hold within it, and what is written afterwards."""
        return (self.talk + self.wrap_up) / self.answered if self.answered else None


_WORK = """
SELECT coalesce(sum(s) FILTER (WHERE state NOT IN ('out', 'lost')), 0), coalesce(sum(s) FILTER (WHERE state = 'paused'), 0), coalesce(sum(s) FILTER (WHERE state = 'wrap_up'), 0)
  FROM (SELECT state, extract(epoch FROM least(coalesce(until, %(now)s), %(end)s) - greatest(since, %(start)s)) AS s
          FROM telephony_agentstate WHERE person_id <> ALL(%(others)s) AND since < %(end)s AND coalesce(until, %(now)s) > %(start)s) t
"""


def work(start: datetime, end: datetime) -> Work:
    """Of whom the queues ring. Four statements."""
    now, others = clock.now(), list(seat.beside_the_queues(start, end))
    with connection.cursor() as cursor:
        cursor.execute(_WORK, {"start": start, "end": min(end, now), "now": now, "others": others})
        signed_in, paused, wrap_up = (float(value) for value in cursor.fetchone())
    talks = Call.objects.filter(within(start, end)).filter(SETS["answered"].holds, left_at__isnull=False)
    row = talks.aggregate(talk=Sum(_span("left_at", "connected_at")), n=Count("id"))
    return Work(signed_in, paused, wrap_up, row["talk"].total_seconds() if row["talk"] else 0.0, row["n"])


@dataclass(frozen=True, slots=True)
class Owed:
    """Call-backs for calls of a period."""

    owed: int
    due: int  # of these the promise is kept, or its time is over
    kept: int  # tried within the promise, or the caller came through before
    reached: int
    called_again: int
    waiting: int
    given_up: int

    @property
    def rate(self) -> float | None:
        return self.kept / self.due if self.due else None


def owed(start: datetime, end: datetime) -> Owed:
    """One statement."""
    first = CallbackTry.objects.filter(callback=OuterRef("pk"), at__lte=OuterRef("promised_at"))
    rows = Callback.objects.filter(made_at__gte=start, made_at__lt=end)
    kept = Q(tried=True) | Q(state=CallbackState.CALLED_AGAIN.value)
    states = {name: Count("id", filter=Q(state__in=values)) for name, values in {
        "reached": [CallbackState.DONE.value], "called_again": [CallbackState.CALLED_AGAIN.value], "given_up": [CallbackState.GIVEN_UP.value],
        "waiting": [CallbackState.WAITING.value, CallbackState.LEASED.value]}.items()}
    return Owed(**rows.annotate(tried=Exists(first)).aggregate(
        owed=Count("id"), kept=Count("id", filter=kept), due=Count("id", filter=kept | Q(promised_at__lt=clock.now())), **states))
