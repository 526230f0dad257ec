"""The one way to write a share of a hundred, its interval and a score (rulings, 97). Pure.

Rounded half up, as a spreadsheet does; only all of it is 100.0%, only nothing of it is 0.0%: 2,999 of 3,000 are 99.9%.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from minsheng.kit.intervals import wilson

NO_DATA = "暂无数据"
LEAST = 1e-06  # a share is kept with six decimals, none of which says all, or nothing, of what is not
# As a spreadsheet shows a share: the same rule. The second, for what lies below half of the last decimal, since a form has but two conditions.
FORM, FORM_OF_LITTLE = '[>=1]0.0%;[>=0.9995]"99.9%";0.0%', '[>0]"0.1%";0.0%'


def percent(part: int, whole: int) -> str:
    """96.8%; of nothing words."""
    return _tenths((2000 * part + whole) // (2 * whole), part <= 0, part >= whole) if whole else NO_DATA


def more(change: int, base: int) -> str:
    """How much more or less than a base, which may be more than all of it."""
    return _tenths((2000 * change + base) // (2 * base), change <= 0, True)


def of_share(share: float | None) -> str:
    """The same of a share in 0..1 that is no count of anything."""
    if share is None:
        return NO_DATA
    return _tenths(int((Decimal(repr(float(share))) * 1000).quantize(Decimal(1), ROUND_HALF_UP)), share <= 0, share >= 1)


def interval(part: int, whole: int) -> str:
    """Wilson's, 95 %: 94.2%—98.3%; "" of nothing."""
    bounds = wilson(part, whole)
    return between(*bounds) if bounds else ""


def between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{of_share(low)}—{of_share(high)}"


def points(share: float | None) -> str:
    """A score, as points of a hundred: 92.84. 100.00 only where nothing is lost."""
    if share is None:
        return NO_DATA
    hundredths = int((Decimal(repr(float(share))) * 10000).quantize(Decimal(1), ROUND_HALF_UP))
    return f"{Decimal(_within(hundredths, 10000, share <= 0, share >= 1)) / 100:.2f}"


def kept(share: float, nothing: bool, whole: bool) -> float:
    """With six decimals; 1 only of all, 0 only of nothing."""
    return 0.0 if nothing else 1.0 if whole else min(max(round(share, 6), LEAST), 1 - LEAST)


def form(part: int | None, whole: int | None) -> str:
    """Of a cell in a spreadsheet that divides these."""
    return FORM_OF_LITTLE if part and whole and part * 2000 < whole else FORM


def _tenths(n: int, nothing: bool, whole: bool) -> str:
    return f"{Decimal(_within(n, 1000, nothing, whole)) / 10:.1f}%"


def _within(n: int, most: int, nothing: bool, whole: bool) -> int:
    """Not all, and not nothing, where it is not."""
    n = n if whole else min(n, most - 1)
    return n if nothing else max(n, 1)
