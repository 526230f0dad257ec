"""Reads of the ledger: pages for the audit administrator, and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from minsheng.kit.paging import Page, keyset
from minsheng.ledger import rules
from minsheng.ledger.models import Entry, Head
from minsheng.ledger.outside import anchored_outside


@dataclass(frozen=True, slots=True)
class Broken:
    """Entry `id` is not as it was written; `why` says what does not fit."""

    id: int
    why: str

    def __str__(self) -> str:
        return f"台账第 {self.id} 条：{self.why}"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the audit administrator looks for; empty fields ask for nothing. `since` and `until` are half-open.

    by_name  exactly as entered, or one of by_ids (the people who are called so today)
    """

    kind: str = ""
    by_name: str = ""
    by_ids: tuple[int, ...] = ()
    about: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(filters: Filters | None = None, after: str = "", size: int = 50) -> Page:
    """Entries newest first. One statement."""
    return keyset(_found(filters or Filters()).select_related("said"), ("-at", "-id"), after, size)


def _found(f: Filters):
    asked = {"kind": f.kind, "about": f.about, "at__gte": f.since, "at__lt": f.until}
    query = Entry.objects.filter(**{name: value for name, value in asked.items() if value})
    return query.filter(Q(by_name=f.by_name) | Q(by_id__in=f.by_ids)) if f.by_name else query


def count(filters: Filters, most: int) -> int:
    """How many entries there are, counted no further than `most` + 1."""
    return _found(filters).values("id")[: most + 1].count()


def rows(filters: Filters, most: int) -> Iterator[Entry]:
    """The entries themselves, newest first, for a file."""
    return _found(filters).select_related("said").order_by("-at", "-id")[:most].iterator(2000)


def about(what: str, limit: int = 50) -> list[Entry]:
    """The newest entries about e.g. "case:123"."""
    return list(Entry.objects.filter(about=what).select_related("said").order_by("-id")[:limit])


def lately(*, kind: str, by_id: int, since: datetime, most: int) -> list[Entry]:
    """A person's newest entries of one kind since a moment of machine time, at most so many."""
    rows = Entry.objects.filter(kind=kind, by_id=by_id).select_related("said").order_by("-id")[:most]
    return [row for row in rows if row.machine_at > since]


def alarms(whats: Iterable[str], since: datetime, size: int = 20) -> list[Entry]:
    """Alarms of these kinds (rules.ALARMS) since a moment of machine time, newest first."""
    rows = Entry.objects.filter(kind=rules.Kind.ALARM, detail__what__in=list(whats), machine_at__gt=since)
    return list(rows.order_by("-id")[:size])


def details(kind: str) -> list[dict]:
    """What all entries of a kind hold, in their order."""
    return list(Entry.objects.filter(kind=kind).order_by("id").values_list("detail", flat=True))


def last_anchor() -> Entry | None:
    return Entry.objects.filter(kind=rules.Kind.ANCHOR).order_by("-id").first()


def grown() -> bool:
    """Has anything been written since the last anchor?"""
    last = Entry.objects.order_by("-id").values_list("kind", flat=True).first()
    return last is not None and last != rules.Kind.ANCHOR


def unanchored_since() -> datetime | None:
    """When (machine time) the oldest entry was written that no anchor covers yet; None when all are covered."""
    last = last_anchor()
    row = Entry.objects.filter(id__gt=last.id if last else 0).order_by("id").first()
    return row.machine_at if row else None


def anchors() -> Iterator[Entry]:
    """All anchors, oldest first."""
    return Entry.objects.filter(kind=rules.Kind.ANCHOR).order_by("id").iterator(500)


def verify(elsewhere: Mapping[int, str] | None = None) -> list[Broken]:
    """Every entry that is missing, added or changed; an empty list when the ledger is whole. Reads all entries.

    elsewhere  entry id -> hash (hex) as a copy of the anchors kept off the machine has it
    """
    broken: list[Broken] = []
    anchors, copied = anchored_outside(), dict(elsewhere or {})
    prev, expected = bytes(32), 1
    erased = set(Entry.objects.filter(kind=rules.Kind.ERASE).values_list("about", flat=True))
    for entry in Entry.objects.select_related("said").order_by("id").iterator(2000):
        if entry.id != expected:
            broken.append(Broken(expected, f"第 {expected} 至 {entry.id - 1} 条缺失"))
        elif bytes(entry.prev) != prev:
            broken.append(Broken(entry.id, "与上一条的摘要不衔接"))
        if _digest(entry) != bytes(entry.hash):
            broken.append(Broken(entry.id, "内容与摘要不符，已被改动"))
        if (digest := entry.detail.get("said")) and not _words_fit(entry, digest, erased):
            broken.append(Broken(entry.id, "理由的文字被改动，或不在了而台账中没有依法删除"))
        broken += _against_anchor(entry, anchors.pop(entry.id, None))
        if copied.pop(entry.id, bytes(entry.hash).hex()) != bytes(entry.hash).hex():
            broken.append(Broken(entry.id, "与机外的锚定记录不符"))
        prev, expected = bytes(entry.hash), entry.id + 1
    return broken + _tail(expected - 1, prev) + [Broken(id_, "锚定过的条目已不存在") for id_ in sorted({*anchors, *copied})]


def _words_fit(entry: Entry, digest: str, erased: set[str]) -> bool:
    said = getattr(entry, "said", None)
    if said is None or not said.reason:
        return entry.about in erased
    return rules.digest_of_words(bytes(said.salt), said.reason) == digest


def _digest(e: Entry) -> bytes:
    return rules.digest(id=e.id, at=e.at, machine_at=e.machine_at, kind=e.kind, by_id=e.by_id, by_name=e.by_name, about=e.about,
                        reason=e.reason, detail=e.detail, prev=bytes(e.prev))


def _against_anchor(entry: Entry, kept: str | None) -> list[Broken]:
    """The entry as the file outside the database has it; an anchor without its line says that the file was cut or left behind."""
    if kept is None:
        return [Broken(entry.id, "锚定没有记在数据库外的 anchors.log")] if entry.kind == rules.Kind.ANCHOR else []
    return [] if kept == bytes(entry.hash).hex() else [Broken(entry.id, "与数据库外的锚定记录不符")]


def _tail(last: int, hash_: bytes) -> list[Broken]:
    head = Head.objects.filter(pk=1).first()
    if head is None:
        return [Broken(0, "台账的链头不存在")]
    if head.count != last:
        return [Broken(last + 1, f"末尾缺失：应有 {head.count} 条，只有 {last} 条")]
    return [] if bytes(head.hash) == hash_ else [Broken(last, "与链头的摘要不符")]



def kept() -> int:
    """How many entries there are."""
    return Entry.objects.count()
