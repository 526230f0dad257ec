"""The matters that requests are about, kept five seconds per process."""

from __future__ import annotations

import time

from minsheng.cases.models import Category

_categories: dict[int, Category] = {}
_codes: dict[str, Category] = {}
_read_at = 0.0
_KEEP_S = 5.0


def categories() -> dict[int, Category]:
    """All matters by id; kept five seconds per process."""
    global _categories, _codes, _read_at
    if not _categories or time.monotonic() - _read_at > _KEEP_S:
        _categories = {c.id: c for c in Category.objects.all()}
        _codes = {c.code: c for c in _categories.values()}
        _read_at = time.monotonic()
    return _categories


def category(code: str) -> Category | None:
    categories()
    return _codes.get(code)


def forget() -> None:
    global _read_at
    _read_at = 0.0
    _categories.clear()
