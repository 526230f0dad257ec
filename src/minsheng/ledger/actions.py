"""The ledger's one writer. It stands below the people's room, so it takes plain ids and names."""

from __future__ import annotations

import json
import logging
import os
from datetime import timedelta

from django.db import transaction

from minsheng.kit import clock
from minsheng.kit.batch_sql import write_together
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.ledger import outside, rules
from minsheng.ledger.models import Entry, Head, Said

QUIET = timedelta(hours=1)
log = logging.getLogger("minsheng.alarm")


@transaction.atomic
def write(*, kind: str, by_id: int, by_name: str, about: str = "", reason: str = "", detail: dict | None = None) -> Entry:
    """Add an entry to the chain, in the caller's transaction. Writers wait for each other until that ends: keep it short.

    about  "case:123", "person:7", "unit:4"
    reason words; of a deed about a case they may be erased, so the chain holds their digest
    detail codes, counts, digests; no personal values (it can never be erased)
    """
    head, = _HEAD()
    plain = json.loads(json.dumps(detail or {}, ensure_ascii=False, default=str))
    salt = os.urandom(16)
    said = Said(about=about[:80], reason=reason[:500], salt=salt) if reason and about.startswith("case:") else None
    if said:
        plain["said"] = rules.digest_of_words(salt, said.reason)
    entry = Entry(id=head.count + 1, at=clock.now(), machine_at=clock.machine_now(), kind=str(kind), by_id=by_id or 0, by_name=by_name[:80],
                  about=about[:80], reason="" if said else reason[:500], detail=plain, prev=bytes(head.hash))
    entry.hash = _digest(entry)
    head.count, head.hash = entry.id, entry.hash
    if said:
        said.entry = entry
    write_together([entry, *([said] if said else [])], [head])
    return entry


_HEAD = PreparedRows(Head.objects.all, "WHERE id = 1 FOR UPDATE")


@transaction.atomic
def alarm(*, what: str, about: str = "", by_id: int = 0, by_name: str = "系统", detail: dict | None = None, quiet: timedelta = QUIET) -> bool:
    """Something that somebody should look at now: an entry that the pages of those concerned show, and a line in the log.

    what   one of rules.ALARMS; the same of the same (`about`) is said once in `quiet` only. Returns whether it was said.
    """
    _HEAD()  # two at once say it once
    since = clock.machine_now() - quiet
    if Entry.objects.filter(kind=rules.Kind.ALARM, about=about, machine_at__gt=since, detail__what=what).exists():
        return False
    entry = write(kind=rules.Kind.ALARM, by_id=by_id, by_name=by_name, about=about, detail={"what": what, **(detail or {})})
    log.warning("alarm %s %s entry %d", what, about, entry.id)  # codes and ids only: nothing that somebody typed
    return True


def forget(*, about: str, by_id: int, by_name: str) -> int:
    """A lawful erasure: the words given as reasons about a case go, the entries stay, and an entry says that it was done. How many."""
    gone = Said.objects.filter(about=about).exclude(reason="").update(reason="", salt=b"")
    write(kind=rules.Kind.ERASE, by_id=by_id, by_name=by_name, about=about, detail={"reasons": gone})
    return gone


def _digest(entry: Entry) -> bytes:
    return rules.digest(id=entry.id, at=entry.at, machine_at=entry.machine_at, kind=entry.kind, by_id=entry.by_id, by_name=entry.by_name,
                        about=entry.about, reason=entry.reason, detail=entry.detail, prev=bytes(entry.prev))


@transaction.atomic
def anchor(*, heads_digest: str, cases: int, steps: int, upto: str = "", by_id: int = 0, by_name: str = "历史锚定") -> Entry:
    """The day's anchor: a digest (hex) over the heads of all cases' chains, as the caller computed it, with the counts.

    The entry's own hash also goes, after the commit, to a file outside the database (DATA/anchors.log), so that somebody who
    owns the database alone cannot write another past.
    """
    before = Entry.objects.filter(kind=rules.Kind.ANCHOR).order_by("-id").first()
    entry = write(kind=rules.Kind.ANCHOR, by_id=by_id, by_name=by_name,
                  detail={"heads": heads_digest, "cases": cases, "steps": steps, "upto": upto})
    transaction.on_commit(lambda: _append([e for e in (before, entry) if e]))
    return entry


def _append(entries: list[Entry]) -> None:
    """A line each; the one before is there already unless the program was killed between its commit and its line."""
    outside.path().parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{e.machine_at.isoformat()} {e.id} {bytes(e.hash).hex()}\n" for e in entries if e.id not in outside.anchored_outside()]
    with open(outside.path(), "a", encoding="ascii") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
