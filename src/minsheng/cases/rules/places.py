"""Where a visit took place, as a phone says it: read, put in words, held against where the case is. Pure.

A position is kept to four decimals, some ten metres: enough to see whether somebody was there. What a phone says can be made up, so a position
proves nothing by itself and judges nobody: what does not fit is marked for a person to look at (rulings, 100).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from minsheng.kit import read_times, read_values
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.read_values import BadValue
from minsheng.org.rules import Circle

APART = timedelta(hours=2)  # a position that was taken farther from the visit than this is marked
ROUGH = 100_000  # metres: what a phone knows less well than this is no position
_EARTH_KM = 6371
_SHAPE = "应由手机取得，如 29.6531,91.1319,12,2025-01-03T10:00+08:00（纬度、经度、误差米数、时间）"


class Fit(Labelled):
    """How the position of a visit fits its case."""

    INSIDE = "inside", "在诉求所在区县内"
    OUTSIDE = "outside", "在诉求所在区县之外"
    ELSEWHEN = "elsewhen", "不是到场时取的"
    UNKNOWN = "unknown", "诉求没有写区县，无从核对"
    NONE = "none", "没有取到位置"


@dataclass(frozen=True, slots=True)
class Position:
    """`metres`: how far off it may be."""

    north: float
    east: float
    metres: int
    at: datetime

    def __str__(self) -> str:
        return f"{self.north:.4f},{self.east:.4f},{self.metres},{self.at.isoformat()}"


def read(value: object) -> str:
    """As it is kept. BadValue says what is asked."""
    if not isinstance(value, str):
        raise BadValue(_SHAPE)
    parts = read_values.line(value, 100).split(",")
    if len(parts) != 4:
        raise BadValue(_SHAPE)
    try:
        north, east, metres = (float(part) for part in parts[:3])
    except ValueError as wrong:
        raise BadValue(_SHAPE) from wrong
    if not (-90 <= north <= 90 and -180 <= east <= 180 and 0 <= metres <= ROUGH):  # also false of what is no number
        raise BadValue(_SHAPE)
    return str(Position(north, east, round(metres), read_times.moment(parts[3])))


def of(kept: str) -> Position:
    """What `read` has made."""
    north, east, metres, at = kept.split(",")
    return Position(float(north), float(east), int(metres), datetime.fromisoformat(at))


def km_between(north: float, east: float, other_north: float, other_east: float) -> float:
    """Along the ground, by the haversine formula."""
    up, along = radians(other_north - north) / 2, radians(other_east - east) / 2
    return 2 * _EARTH_KM * asin(min(1.0, sqrt(sin(up) ** 2 + cos(radians(north)) * cos(radians(other_north)) * sin(along) ** 2)))


def fit(found: Position, visited: datetime, around: Circle | None) -> tuple[Fit, int]:
    """(how it fits, whole kilometres beyond the district's edge; 0: none)."""
    if around is not None:
        beyond = km_between(found.north, found.east, around.north, around.east) - around.km - found.metres / 1000
        if beyond > 0:
            return Fit.OUTSIDE, max(1, round(beyond))
    if abs(found.at - visited) > APART:
        return Fit.ELSEWHEN, 0
    return (Fit.UNKNOWN if around is None else Fit.INSIDE), 0
