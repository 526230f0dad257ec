"""The table of hostile values: what the world sends where a name, a number, a time or an id is due."""

from __future__ import annotations

import math

_TIMES = [
    "0001-01-01", "0001-01-01T00:00:00+00:00", "0025-01-02T10:00:00+08:00", "1899-12-31", "1969-12-31T23:59:59Z", "1999-06-01", "2024-12-31T23:59:60Z",
    "2025-01-02", "2025-01-02T24:00", "2025-01-02T10:00", "2025-01-02T10:00+23:59", "2025-01-02T10:00-23:59", "2025-02-29", "2038-01-19T03:14:08Z",
    "9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "10000-01-01", "2025年1月2日9时5分", "1735783200", "昨天",
]
_NUMBERS = [
    "0", "-0", "-1", "1", "1.5", "1e999", "NaN", "inf", "-Infinity", "1_000", "0x10", "²", "①", "½", "１２", "٣", "༢༠", "十", "1" * 40, "9" * 5000,
    str(2**31), str(2**63 - 1), str(2**63), str(2**64), "9007199254740993",
]
_TEXTS = [
    "", " ", "\u3000\u00a0\u2003", "\u200b\u200d", "\ufeff", "\x00", "停\x00水", "a\x1b[31m\x07\x7f\x85", "\u202e\u2066水停", "一\r\n二\u2028三", "\u2800\u3164",
    "e\u0301" * 40, "👨‍👩‍👧‍👦" * 20, "\U0010ffff\ufffe", "བོད་ཡིག", "%00%s%(x)s{0}{{x}}", "'; DROP TABLE x; --", "<script>alert(1)</script>", "=HYPERLINK(1)",
    "../../etc/passwd", "true", "null", "[]", "{}", "a,b,,c", ",,,", "长" * 9000, "x" * 200_000,
]
TEXTS = [*_TIMES, *_NUMBERS, *_TEXTS]  # whatever a form, an address or an option can carry
HALVES = ["\ud800", "停\udfff水", "\udcff\udc80"]  # in JSON, and in options whose bytes are no UTF-8
TYPED = [  # what JSON can carry beside texts
    None, True, False, 0, -1, 1.5, -0.0, math.nan, math.inf, -math.inf, 10**40, 2**63, 2**64, [], [None], [[]], ["x"] * 2000, [math.nan], [{"id": 1}], {},
    {"a": {"b": {"c": ["\x00", "\ud800"]}}}, {"": ""}, {"a": 1e308}, {"\ud800": 1}, {"x" * 5000: "y"},
]
JSON = [*TEXTS, *HALVES, *TYPED]


def deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


def named(value: object) -> str:
    """Short enough to stand in a failure."""
    said = ascii(value)
    return said if len(said) < 60 else f"{said[:40]}… ({len(said)})"
