"""The history of a case against what stands beside it: its words, its state, what was lawfully erased (rulings, 14). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minsheng.kit import hash_chain as chain
from minsheng.kit.hash_chain import as_text, digest

ERASING = ("erase", "erase_again")  # the steps that lawfully take away words
SIGNED = ("id", "case_id", "seq", "step", "frm", "to", "by_id", "by_name", "role", "unit_id", "at", "recorded_at", "given")  # columns under the chain


@dataclass(frozen=True, slots=True)
class Broken:
    case_id: int
    step_id: int
    why: str

    def __str__(self) -> str:
        return f"工单行 {self.case_id}" + (f" 步骤行 {self.step_id}" if self.step_id else "") + f"：{self.why}"


@dataclass(frozen=True, slots=True)
class StoredCase:
    """What stands beside the history of one case and has to agree with it.

    words      step id -> (salt, words) of what is not erased
    text       the row of its words; without a salt: erased
    erased_parties  requesters merged into the case whose own cases were lawfully erased: what they said at a call is gone here, too
    contact_id      whose case it is
    named           (step, digest): the last step of another case that gave this one its requester's number
    parted          requester -> the step that undid their merge: what they had added before went with them
    redacted        (step, digest): what a merged requester had added went with their case, and the words here are these since
    reworded        step id -> name -> digest: somebody who was erased was covered in its words, and they are these since
    erased_part     something that was split from the case was lawfully erased: so are the words here that it came from
    """

    seq: int
    head: bytes | None
    state: str
    words: Mapping[int, tuple[bytes, dict[str, Any]]]
    text: Any = None
    erased_parties: frozenset[int] = frozenset()
    erased_part: bool = False
    redacted: tuple[int, str] = (0, "")
    parted: Mapping[int, int] = field(default_factory=dict)
    reworded: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    contact_id: int | None = None
    named: tuple[int, str] = (0, "")

    def let_go(self, row: Any) -> bool:
        """Did the words of this step go with the requester who said them?"""
        return row.given.get("party") in self.erased_parties or row.step == "from_merged" and row.id < self.parted.get(row.given.get("party"), 0)


WHOLE = "2:"  # what a digest of all the words begins with; one without is of a version that kept the narrative's alone


def words_digest(text: Any) -> str:
    """What the history keeps of a case's words as they stand. `text`: a row of CaseText."""
    return WHOLE + digest(text.salt or b"", as_text([text.narrative, text.title, text.place, text.original, text.elements]))


def who_digest(text: Any, contact_id: int | None) -> str:
    """What the history keeps of whose case it is: under the salt of its words, so that nobody is told by it once they are erased."""
    return digest(text.salt or b"", as_text(["who", contact_id]))


def broken(case_id: int, rows: Sequence[Any], kept: StoredCase) -> list[Broken]:
    """Every row of one case that does not verify. `rows` by seq."""
    chained = chain.broken(rows, seq=kept.seq, head=kept.head, state=kept.state, signed=SIGNED)
    return [Broken(case_id, row, why) for row, why in chained] + _words_broken(case_id, rows, kept)


def _words_broken(case_id: int, rows: Sequence[Any], kept: StoredCase) -> list[Broken]:
    """Words that differ from their digest, or are gone although no step erased them."""
    erased = max((row.seq for row in rows if row.step in ERASING), default=0)
    found = []
    for row in rows:
        digests = {**row.given.get("words", {}), **kept.reworded.get(row.id, {})}
        salt, words = kept.words.get(row.id, (b"", {}))
        found += [Broken(case_id, row.id, f"第 {row.seq} 步的“{name}”文字被改动")
                  for name, text in words.items() if digests.get(name) != digest(salt, as_text(text))]
        if row.seq >= erased and not kept.erased_part and not kept.let_go(row):
            found += [Broken(case_id, row.id, f"第 {row.seq} 步的“{name}”文字不在了，而历史中没有依法删除") for name in digests if name not in words]
    return found + _narrative_broken(case_id, rows, kept, erased) + _who_broken(case_id, rows, kept, erased)


def _narrative_broken(case_id: int, rows: Sequence[Any], kept: StoredCase, erased: int) -> list[Broken]:
    """The caller's words against the last step that set them."""
    last = next((row for row in reversed(rows) if "digest" in row.given), None)
    if last is None or erased > last.seq:
        return []
    text, gone = kept.text, kept.text is None or kept.text.salt is None
    if gone and kept.erased_part:
        return []
    if gone:
        return [Broken(case_id, 0, "诉求内容不在了，而历史中没有依法删除")]
    said = kept.redacted[1] if kept.redacted[0] > last.id else last.given["digest"]
    same = said == (words_digest(text) if said.startswith(WHOLE) else digest(text.salt, text.narrative))
    return [] if same else [Broken(case_id, last.id, f"诉求内容与第 {last.seq} 步时不同")]


def _who_broken(case_id: int, rows: Sequence[Any], kept: StoredCase, erased: int) -> list[Broken]:
    """Whose case it is against the last step that said so."""
    last = next((row for row in reversed(rows) if "who" in row.given), None)
    if last is None or erased > last.seq or kept.text is None or kept.text.salt is None:
        return []
    step, said = max((last.id, last.given["who"]), kept.named)
    return [] if said == who_digest(kept.text, kept.contact_id) else [Broken(case_id, step, "诉求人不是历史中的那一位")]
