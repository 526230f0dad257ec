"""The matters that requests are about, kept five seconds per process."""

from __future__ import annotations

from minsheng.cases.models import Category
from minsheng.kit.kept import Kept

_kept = Kept(lambda rows: ({c.id: c for c in rows}, {c.code: c for c in rows}), Category)


def categories() -> dict[int, Category]:
    """All matters by id; kept five seconds per process. None at all is not kept: who sets up a city sees the first ones at once."""
    return _both()[0]


def category(code: str) -> Category | None:
    return _both()[1].get(code)


def _both() -> tuple[dict[int, Category], dict[str, Category]]:
    found = _kept.get()
    if not found[0]:
        forget()
    return found


def forget() -> None:
    _kept.forget()
