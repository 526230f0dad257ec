"""Days and moments as a sentence says them, the year always with them: 2025年1月7日, never 2025-01-07."""

from __future__ import annotations

from datetime import date, datetime


def day(on: date | None) -> str:
    """As GB/T 9704 writes a date: no leading zero; "" for none."""
    return f"{on.year}年{on.month}月{on.day}日" if on else ""


def moment(at: datetime, gap: str = " ") -> str:
    """In the zone that `at` carries; an official paper writes the hour without a gap."""
    return f"{day(at)}{gap}{at:%H:%M}"
