"""The tree of each day that is over: its leaves, its root, its publication, in one transaction a day (rulings, 70)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from minsheng.cases.effects import clocks
from minsheng.cases.queries import feed
from minsheng.cases.queries.lists import day_start
from minsheng.kit import clock
from minsheng.kit import feed as kit_feed
from minsheng.kit.in_turn import in_turn
from minsheng.ledger import actions as ledger
from minsheng.ledger.rules import Kind
from minsheng.proofs.models import DayTree, Followed, Leaf, Opening, Touched
from minsheng.proofs.queries import datasets, days, known
from minsheng.proofs.rules import leaf, merkle, outcome, published

PAGES = 200  # of the feed in one run
DAYS = 200  # in one run
LONG_AGO = timedelta(days=400)  # steps that are older when they are first read make no tree of their own
_AT_ONCE = 1000  # cases


def run(*, at: datetime | None = None) -> int:
    """Follow the feed, then make the tree of each day that is over and has none, one after the other. How many days. Safe to repeat."""
    at = at or clock.now()
    made = 0
    if follow(at=at):
        while made < DAYS and make_next(at=at):
            made += 1
    return made


# --- what was touched ------------------------------------------------------------


@transaction.atomic
def follow(*, at: datetime) -> bool:
    """Read the steps that are visible from where it was left; True when these were all."""
    in_turn("proofs.trees")
    followed, settled = Followed.objects.get_or_create(id=1)[0], kit_feed.settled()
    number, step = followed.place
    for _ in range(PAGES):
        rows = feed.STEPS.beyond(number, step, ())
        _touch(rows, at)
        if before := [(row[0], row[1]) for row in rows if row[0] < settled]:
            followed.cursor = f"{before[-1][0]}-{before[-1][1]}"
            followed.save()
        if len(rows) < kit_feed.MOST:
            return True
        number, step = rows[-1][:2]
    return False


def _touch(rows: Sequence[tuple], at: datetime) -> None:
    """The day on which we were told."""
    told = [(case_id, recorded or happened) for _, _, _, case_id, *_, happened, recorded in rows]
    seen = {(case_id, clocks.local_day(when)) for case_id, when in told if when > at - LONG_AGO}
    Touched.objects.bulk_create([Touched(case_id=case_id, day=day) for case_id, day in sorted(seen)], ignore_conflicts=True)


# --- a day ------------------------------------------------------------


@transaction.atomic
def make_next(*, at: datetime) -> bool:
    """The tree of the day after the last one, or of the first day with an outcome, when that day is over."""
    in_turn("proofs.trees")
    last = days.last()
    first = Touched.objects.order_by("day").values_list("day", flat=True).first()
    day = last.day + timedelta(days=1) if last else first
    if day is None or day >= clocks.local_day(at):
        return False
    _make(day, last, at)
    return True


def _make(day: date, last: DayTree | None, at: datetime) -> None:
    moment = day_start(day + timedelta(days=1))
    ids = sorted(set(Touched.objects.filter(day__lte=day).values_list("case_id", flat=True)))
    fresh: list[tuple[bytes, Opening]] = []
    for n in range(0, len(ids), _AT_ONCE):
        fresh += _leaves(ids[n : n + _AT_ONCE], day, moment)
    Touched.objects.filter(day__lte=day).delete()
    if last is None and not fresh:
        return  # the first publication has something in it
    fresh.sort(key=lambda pair: pair[0])  # the order tells nothing
    hashes = [hash_ for hash_, _ in fresh]
    _keep(day, fresh)
    root = merkle.root_of(hashes)
    text = published.text(published.Day(day, len(hashes), root, published.digest(last.text) if last else published.FIRST,
                                        datasets.of_day(day)))
    DayTree.objects.create(day=day, leaves=len(hashes), root=root, text=text, made_at=at)
    ledger.write(kind=Kind.DAY_TREE, by_id=0, by_name="每日结果", about=f"day:{day.isoformat()}",
                 detail={"root": root.hex(), "leaves": len(hashes), "published": published.digest(text)})


def _leaves(ids: Sequence[int], day: date, moment: datetime) -> list[tuple[bytes, Opening]]:
    """Of the cases whose outcome is another than their last leaf says."""
    before = days.standing(ids)
    found = []
    for id_, (number, case) in known.at_moment(ids, moment).items():
        said = outcome.outcome(case)
        if said is not None and said != before.get(id_):
            salt = os.urandom(leaf.SALT)
            found.append((leaf.hash_of(number, day, said, salt), Opening(case_id=id_, outcome=said, salt=salt)))
    return found


def _keep(day: date, fresh: Sequence[tuple[bytes, Opening]]) -> None:
    leaves = Leaf.objects.bulk_create([Leaf(day=day, index=n, hash=hash_) for n, (hash_, _) in enumerate(fresh)], batch_size=_AT_ONCE)
    for kept, (_, opening) in zip(leaves, fresh, strict=True):
        opening.leaf = kept
    Opening.objects.bulk_create([opening for _, opening in fresh], batch_size=_AT_ONCE)
