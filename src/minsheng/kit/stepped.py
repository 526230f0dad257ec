"""The Kind of a subject that has one table, one of steps and one of words (`kit.stepped_rows`).

A room adds its procedure, facts, fields, effects and what its steps decide; how rows are locked, read, sealed, kept once and verified
is here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model

from minsheng.kit import engine, hash_chain, step_fields
from minsheng.kit.hash_chain import as_text
from minsheng.kit.ids import new_id
from minsheng.kit.notices import Notice
from minsheng.kit.prepared_rows import PreparedRows, fresh
from minsheng.kit.step_fields import Field
from minsheng.kit.stepped_rows import SIGNED, Stepped, StepRow, StepWords
from minsheng.kit.steps import Step
from minsheng.kit.uploads import is_upload
from minsheng.kit.verdict import Invalid, Refused, no

LONGEST_KEY, CHUNK = 120, 500
S = TypeVar("S", bound=Stepped)


class SteppedKind(engine.Kind[S, engine.Deed[S]]):
    """
    name     of its live notices
    label    what a page calls one of them
    decided  columns that steps decide, with their words: sealed with the step that set them
    beside_words  the same of what `sealed_beside` names
    spoken   columns that hold a step's erasable words -> the field that they came by
    """

    name: str
    label: str
    model: type[S]
    rows: type[StepRow]
    words: type[StepWords]
    fields: Mapping[str, Field]
    decided: Mapping[str, str]
    beside_words: Mapping[str, str] = {}
    spoken: Mapping[str, str] = {}
    signed = SIGNED

    def __init__(self) -> None:
        self._locked: Callable[..., list[S]] = PreparedRows(self.model._default_manager.all, "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE")

    # --- for a room to say --------------------------------------------------------

    def attach(self, subjects: list[S]) -> None:
        """What lies in tables of their own, put on the subjects in memory: facts and seals read it there."""

    def begin(self, subject: S) -> None:
        """The same of one that is being made."""

    def sealed_beside(self, subject: S) -> Mapping[str, Any]:
        """Of what `attach` put there, what is sealed with the step."""
        return {}

    def is_erased(self, subject: S) -> bool:
        """Were its words lawfully taken away?"""
        return False

    def broken_beside(self, subject: S, rows: Iterable[Any]) -> Iterator[str]:
        """What does not verify of that which its steps sealed and neither column nor word says."""
        return iter(())

    # --- its rows -----------------------------------------------------------------

    def lock(self, id_: int, step: Step, given: Mapping[str, Any]) -> Mapping[int, S]:
        found = self._locked(sorted({id_, *(given[name] for name in step.touches if isinstance(given.get(name), int))}))
        self.attach(found)
        return {subject.id: subject for subject in found}

    def read(self, step: Step, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        return step_fields.read(self.fields, step_fields.READERS, step.needs, given)

    def history(self, deed: engine.Deed[S], frm: Any, to: Any) -> StepRow:
        step, by, subject = deed.step, deed.by, deed.subject
        subject.updated_at = deed.at
        deed.erasable = {k: v for k, v in deed.values.items() if self.fields[k].is_erasable}
        return fresh(self.rows, id=new_id(deed.at, after=subject.id), subject_id=subject.id, step=step.name, frm=frm.value, to=to.value, by_id=by.id,
                     by_name=by.name, role=step.taken_as(by).value, unit_id=by.unit, at=deed.at,
                     given={k: v for k, v in deed.values.items() if k not in deed.erasable})

    def snapshot(self, subject: S, whole: bool = False) -> dict[str, Any]:
        found = {name: plain(getattr(subject, name)) for name in self.decided} | (dict(self.sealed_beside(subject)) if whole else {})
        return {name: value for name, value in found.items() if value not in _NOTHING}

    def seal(self, deed: engine.Deed[S]) -> list[Model]:
        """The words lie in an erasable row of their own, their digests in the history; then the row goes to the end of the chain."""
        kept: list[Model] = []
        if deed.erasable:
            salt = os.urandom(16)
            digests = {name: hash_chain.digest(salt, as_text(text)) for name, text in deed.erasable.items()}
            deed.row.given = {**deed.row.given, "words": digests}
            kept.append(self.words(step_id=deed.row.id, subject_id=deed.subject.id, words=deed.erasable, salt=salt))
        hash_chain.append(deed.subject, deed.row, self.signed)
        return kept

    def notice(self, deed: engine.Deed[S]) -> str:
        return Notice(self.name, deed.subject.id, what=deed.step.name).payload()

    def done_since(self, subject: S, seq: int, steps: tuple[str, ...], by: Any) -> StepRow | None:
        since = self.rows._default_manager.filter(subject_id=subject.id, seq__gt=seq, step__in=steps)
        return since.exclude(by_id=by.id).order_by("-seq").first()

    # --- the sender's key ---------------------------------------------------------

    def taken_before(self, id_: int, key: str, step: Step, by: Any, sent: Mapping[str, Any]) -> StepRow | None:
        return self._again(self.rows._default_manager.filter(subject_id=id_, key=_fits(key)).first(), step, by, sent)

    def made_before(self, key: str, step: Step, by: Any, sent: Mapping[str, Any]) -> StepRow | None:
        return self._again(self.rows._default_manager.filter(by_id=by.id, key=_fits(key), seq=1).first(), step, by, sent)

    def _again(self, row: StepRow | None, step: Step, by: Any, sent: Mapping[str, Any]) -> StepRow | None:
        if row is None:
            return None
        if bytes(row.sent or b"") != _digest(step.name, by.id, sent):
            raise Refused(no("key_reused", "同一幂等键已用于内容不同的操作，请换一个键", "idempotency_key"))
        row.replayed = True
        return row

    def key_row(self, deed: engine.Deed[S], key: str, sent: Mapping[str, Any]) -> None:
        deed.row.key, deed.row.sent = key, _digest(deed.step.name, deed.by.id, sent)


def _fits(key: str) -> str:
    if len(key) > LONGEST_KEY:
        raise Invalid({"idempotency_key": f"幂等键最多 {LONGEST_KEY} 个字符"})
    return key


def _digest(step: str, by: int, sent: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps([step, by, dict(sent)], default=_sendable, ensure_ascii=True, sort_keys=True).encode()).digest()


def _sendable(value: Any) -> str:
    """Files by their bytes, all else as it was sent."""
    return hashlib.sha256(value.content).hexdigest() if is_upload(value) else str(value)


_NOTHING: tuple[Any, ...] = (None, "", False, 0, [], {})


def plain(value: Any) -> Any:
    """A column's value as the history keeps it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value


# --- verified ----------------------------------------------------------------------------------


def broken(kind: SteppedKind[Any]) -> Iterator[str]:
    """What does not verify, in words: rows changed, gone or without a subject; words that are not those said; columns set by hand."""
    others, last = _from_others(kind), 0
    while subjects := list(kind.model._default_manager.filter(id__gt=last).order_by("id")[:CHUNK]):
        last, torn = subjects[-1].id, _torn(kind, subjects)
        yield from (f"{kind.label} {subject.id}：它所属的行不在了" for subject in torn)
        subjects = [subject for subject in subjects if subject not in torn]
        ids = [subject.id for subject in subjects]
        rows = {id_: list(found) for id_, found in groupby(
            kind.rows._default_manager.filter(subject_id__in=ids).order_by("subject_id", "seq"), key=lambda row: row.subject_id)}
        words = {row.step_id: row for row in kind.words._default_manager.filter(subject_id__in=ids)}
        for subject in subjects:
            yield from (f"{kind.label} {subject.id}：{why}" for why in _of_one(kind, subject, rows.get(subject.id, []), words, others))
    known = kind.model._default_manager.values("id")
    for row in kind.rows._default_manager.exclude(subject_id__in=known).order_by("id")[:100]:
        yield f"{kind.label} {row.subject_id} 步骤行 {row.id}：步骤所属的{kind.label}不存在"


def _torn(kind: SteppedKind[Any], subjects: list[Any]) -> list[Any]:
    """Those that lack what they belong to, which only the owner of the database can take away; all others are attached."""
    try:
        kind.attach(subjects)
        return []
    except (LookupError, ObjectDoesNotExist):
        return subjects if len(subjects) == 1 else [one for subject in subjects for one in _torn(kind, [subject])]


def _from_others(kind: SteppedKind[Any]) -> dict[int, list[tuple[int, dict]]]:
    """subject -> (step, what it left different there), of steps taken on other subjects."""
    found: dict[int, list[tuple[int, dict]]] = {}
    for id_, changed in kind.rows._default_manager.filter(given__has_key="others").values_list("id", "given__others"):
        for subject, one in changed.items():
            found.setdefault(int(subject), []).append((id_, one))
    return found


def _of_one(kind: SteppedKind[Any], subject: Any, rows: list, words: Mapping, others: Mapping) -> Iterator[str]:
    if not rows:
        yield "没有历史"
        return
    for _, why in hash_chain.broken(rows, seq=subject.seq, head=subject.head, state=subject.state, signed=kind.signed):
        yield why
    yield from _words_broken(kind, subject, rows, words)
    yield from kind.broken_beside(subject, rows)
    expected: dict[str, Any] = {}
    labels = {**kind.decided, **kind.beside_words}
    for _, one in sorted([*((row.id, row.given.get("after", {})) for row in rows), *others.get(subject.id, [])], key=lambda pair: pair[0]):
        expected.update(one)
    now = kind.snapshot(subject, whole=True)
    for name in dict.fromkeys((*expected, *now)):
        if (expected.get(name) if expected.get(name) not in _NOTHING else None) != now.get(name):
            yield f"“{labels.get(name, name)}”与历史不符"


def _words_broken(kind: SteppedKind[Any], subject: Any, rows: Iterable[Any], words: Mapping) -> Iterator[str]:
    """Words that differ from their digest, or are gone although nobody erased them; columns that say something else."""
    said: dict[str, str] = {}
    for row in rows:
        kept = words.get(row.id)
        for name, digest in row.given.get("words", {}).items():
            if kept is None or name not in kept.words:
                if not kind.is_erased(subject):
                    yield f"第 {row.seq} 步的“{name}”文字不在了，而没有依法删除"
            elif hash_chain.digest(kept.salt, as_text(kept.words[name])) != digest:
                yield f"第 {row.seq} 步的“{name}”文字被改动"
            else:
                said[name] = kept.words[name]
    if not kind.is_erased(subject):
        yield from (f"“{column}”不是步骤中所写的" for column, name in kind.spoken.items() if (getattr(subject, column) or "") != said.get(name, ""))
