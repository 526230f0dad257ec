"""The hash chain of a subject's steps: the one place that says which bytes are signed (rulings, 14). Pure.

A subject keeps how many steps it took (`seq`) and the hash of the last (`head`); a row that is changed, gone or out of its place
does not verify, nor does anything after it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from operator import attrgetter
from typing import Any

GENESIS = b"\0" * 32
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(row: Any, signed: Sequence[str]) -> bytes:
    """The bytes of a step row: these of its columns as JSON, keys sorted, times in UTC to the microsecond.

    A row without `recorded_at` is of a version that did not keep it: it was signed without, and is verified so.
    """
    values = dict(zip(signed, attrgetter(*signed)(row), strict=True))
    for name in ("at", "recorded_at"):
        if at := values.pop(name, None):
            values[name] = at.astimezone(UTC).isoformat(timespec="microseconds")
    return _encode(values).encode()


def link(previous: bytes | memoryview[int], row: Any, signed: Sequence[str]) -> bytes:
    """The hash of a row: SHA-256 over the hash of the row before and the row's canonical bytes."""
    return hashlib.sha256(bytes(previous) + canonical(row, signed)).digest()


def append(subject: Any, row: Any, signed: Sequence[str]) -> None:
    """Put the row at the end of the subject's chain."""
    subject.seq += 1
    row.seq = subject.seq
    row.hash = subject.head = link(subject.head or GENESIS, row, signed)


def digest(salt: bytes | memoryview[int], text: str) -> str:
    """What the history keeps of words that may be erased: a salted digest, hex."""
    return hashlib.sha256(bytes(salt) + text.encode()).hexdigest()


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def broken(rows: Sequence[Any], *, seq: int, head: bytes | memoryview[int] | None, state: str, signed: Sequence[str]) -> Iterator[tuple[int, str]]:
    """(row, what is wrong) of one subject's history; row 0: of its end. `rows` by seq; `seq`, `head`, `state`: what the subject keeps."""
    previous, expected = GENESIS, 0
    for row in rows:
        expected += 1
        if row.seq != expected:
            yield row.id, f"第 {expected} 步缺失"
            expected = row.seq
        if bytes(row.hash) != link(previous, row, signed):
            yield row.id, f"第 {row.seq} 步与其校验值不符"
        previous = bytes(row.hash)
    if expected != seq or previous != bytes(head or GENESIS):
        yield 0, "历史末端与现状不符，末尾的步骤被改动或截去"
    elif rows and rows[-1].to != state:
        yield 0, f"状态“{state}”与历史末步的“{rows[-1].to}”不符"
