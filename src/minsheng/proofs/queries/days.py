"""Published days: the list, a file, what stands of a case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from minsheng.kit.paging import Page, keyset
from minsheng.proofs.models import DayTree, Opening


def last() -> DayTree | None:
    return DayTree.objects.order_by("-day").first()


def standing(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """case -> outcome of its last leaf. One statement."""
    rows = Opening.objects.filter(case_id__in=list(ids)).order_by("case_id", "-leaf_id").distinct("case_id")
    return {case_id: said for case_id, said in rows.values_list("case_id", "outcome")}


def page(after: str = "", size: int = 31) -> Page:
    """The newest first. One statement."""
    return keyset(DayTree.objects.all(), ("-day",), after, size)


def text_of(day: date) -> str | None:
    """The file that was published of a day."""
    return DayTree.objects.filter(day=day).values_list("text", flat=True).first()


def texts(first: date, end: date) -> list[tuple[date, str]]:
    """Of the days from `first` until before `end`."""
    return list(DayTree.objects.filter(day__gte=first, day__lt=end).order_by("day").values_list("day", "text"))
