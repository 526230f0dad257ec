"""The hash chain of a case's steps: the one place that says which bytes are signed (rulings, 14). Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

GENESIS = b"\0" * 32
ERASING = ("erase", "erase_again")  # the steps that lawfully take away words
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_SIGNED = ("id", "case_id", "seq", "step", "frm", "to", "by_id", "by_name", "role", "unit_id", "at", "given")


def canonical(row: Any) -> bytes:
    """The bytes of a step row: its columns as JSON, keys sorted, times in UTC to the microsecond."""
    values = {name: getattr(row, name) for name in _SIGNED}
    values["at"] = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    return _encode(values).encode()


def link(previous: bytes | memoryview[int], row: Any) -> bytes:
    """The hash of a row: SHA-256 over the hash of the row before and the row's canonical bytes."""
    return hashlib.sha256(bytes(previous) + canonical(row)).digest()


def digest(salt: bytes | memoryview[int], text: str) -> str:
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


@dataclass(frozen=True, slots=True)
class Kept:
    """What stands beside the history of one case and has to agree with it.

    words      step id -> (salt, words) of what is not erased
    salt       of the narrative; None: erased
    erased_parties  requesters merged into the case whose own cases were lawfully erased: what they said at a call is gone here, too
    redacted        (step, digest): what a merged requester had added went with their case, and the words here are these since
    erased_part     something that was split from the case was lawfully erased: so are the words here that it came from
    """

    seq: int
    head: bytes | None
    state: str
    words: Mapping[int, tuple[bytes, dict[str, Any]]]
    narrative: str = ""
    salt: bytes | None = None
    erased_parties: frozenset[int] = frozenset()
    erased_part: bool = False
    redacted: tuple[int, str] = (0, "")


def broken(case_id: int, rows: Sequence[Any], kept: Kept) -> list[Broken]:
    """Every row of one case that does not verify. `rows` by seq."""
    return _chain_broken(case_id, rows, kept) + _words_broken(case_id, rows, kept)


def _chain_broken(case_id: int, rows: Sequence[Any], kept: Kept) -> list[Broken]:
    found, previous, expected = [], GENESIS, 0
    for row in rows:
        expected += 1
        if row.seq != expected:
            found.append(Broken(case_id, row.id, f"第 {expected} 步缺失"))
            expected = row.seq
        if bytes(row.hash) != link(previous, row):
            found.append(Broken(case_id, row.id, f"第 {row.seq} 步与其校验值不符"))
        previous = bytes(row.hash)
    if expected != kept.seq or previous != bytes(kept.head or GENESIS):
        found.append(Broken(case_id, 0, "历史末端与工单不符，末尾的步骤被改动或截去"))
    elif rows and rows[-1].to != kept.state:
        found.append(Broken(case_id, 0, f"状态“{kept.state}”与历史末步的“{rows[-1].to}”不符"))
    return found


def _words_broken(case_id: int, rows: Sequence[Any], kept: Kept) -> list[Broken]:
    """Words that differ from their digest, or are gone although no step erased them."""
    erased = max((row.seq for row in rows if row.step in ERASING), default=0)
    found = []
    for row in rows:
        digests = row.given.get("words", {})
        salt, words = kept.words.get(row.id, (b"", {}))
        found += [Broken(case_id, row.id, f"第 {row.seq} 步的“{name}”文字被改动")
                  for name, text in words.items() if digests.get(name) != digest(salt, as_text(text))]
        if row.seq >= erased and not kept.erased_part and row.given.get("party") not in kept.erased_parties:
            found += [Broken(case_id, row.id, f"第 {row.seq} 步的“{name}”文字不在了，而历史中没有依法删除") for name in digests if name not in words]
    return found + _narrative_broken(case_id, rows, kept, erased)


def _narrative_broken(case_id: int, rows: Sequence[Any], kept: Kept, erased: int) -> list[Broken]:
    """The caller's words against the last step that set them."""
    last = next((row for row in reversed(rows) if "digest" in row.given), None)
    if last is None or erased > last.seq:
        return []
    if kept.salt is None and kept.erased_part:
        return []
    if kept.salt is None:
        return [Broken(case_id, 0, "诉求内容不在了，而历史中没有依法删除")]
    said = kept.redacted[1] if kept.redacted[0] > last.id else last.given["digest"]
    same = said == digest(kept.salt, kept.narrative)
    return [] if same else [Broken(case_id, last.id, f"诉求内容与第 {last.seq} 步时不同")]
