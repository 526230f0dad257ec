"""The hash chain of a case's steps: the one place that says which bytes are signed (rulings, 14). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

GENESIS = b"\0" * 32
_SIGNED = ("id", "case_id", "seq", "step", "frm", "to", "by_id", "by_name", "role", "unit_id", "at", "given")


def canonical(row: Any) -> bytes:
    """The bytes of a step row: its columns as JSON, keys sorted, times in UTC to the microsecond."""
    values = {name: getattr(row, name) for name in _SIGNED}
    values["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def link(previous: bytes, row: Any) -> bytes:
    """The hash of a row: SHA-256 over the hash of the row before and the row's canonical bytes."""
    return hashlib.sha256(bytes(previous) + canonical(row)).digest()


def digest(salt: bytes, text: str) -> str:
    """What the history keeps of words that may be erased: a salted digest, hex."""
    return hashlib.sha256(bytes(salt) + text.encode()).hexdigest()


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Broken:
    case_id: int
    step_id: int
    why: str

    def __str__(self) -> str:
        return f"工单行 {self.case_id}" + (f" 步骤行 {self.step_id}" if self.step_id else "") + f"：{self.why}"


def broken(case_id: int, rows: Iterable[Any], seq: int, head: bytes | None, words: Mapping[int, tuple[bytes, dict]]) -> list[Broken]:
    """Every row of one case that does not verify. `rows` by seq; `words`: step id -> (salt, words) of what is not erased."""
    found, previous, expected = [], GENESIS, 0
    for row in rows:
        expected += 1
        if row.seq != expected:
            found.append(Broken(case_id, row.id, f"第 {expected} 步缺失"))
            expected = row.seq
        if bytes(row.hash) != link(previous, row):
            found.append(Broken(case_id, row.id, f"第 {row.seq} 步与其校验值不符"))
        found.extend(Broken(case_id, row.id, why) for why in _words_changed(row, words.get(row.id)))
        previous = bytes(row.hash)
    if expected != seq or (head is not None and previous != bytes(head)):
        found.append(Broken(case_id, 0, "历史末端与工单不符，末尾的步骤被改动或截去"))
    return found


def _words_changed(row: Any, kept: tuple[bytes, dict] | None) -> list[str]:
    if kept is None:
        return []
    salt, words = kept
    digests = row.given.get("words", {})
    return [f"第 {row.seq} 步的“{name}”文字被改动" for name, text in words.items() if digests.get(name) != digest(salt, as_text(text))]
