"""Notices: `(kind, id, addressee)` and a short name, told to every process when a transaction is kept (kit.live).

A room registers its kinds: what the id means, who may hear of it. A notice is a bell: whoever hears it reads what is so.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from minsheng.kit import metrics

CHANNEL = "minsheng"
HIGHEST = 2**63
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
UNREADABLE, UNKNOWN, UNADDRESSED = "unreadable", "unknown kind", "no addressee"  # why one is dropped


@dataclass(frozen=True, slots=True)
class Notice:
    """Ids and short names only, so it never comes near the 8,000 bytes that PostgreSQL takes, and tells nothing of anybody.

    to    the person whom it reaches, in all their tabs, and nobody else; 0: whoever may hear of the id
    what  e.g. the name of a step
    """

    kind: str
    id: int
    to: int = 0
    what: str = ""

    def __post_init__(self):
        named = _NAME.fullmatch(self.kind) and (not self.what or _NAME.fullmatch(self.what))
        if not (named and _is_id(self.id) and (self.to == 0 or _is_id(self.to))):
            raise ValueError("a notice is a kind, an id, an addressee and a short name")

    def payload(self, **more: int) -> str:
        """As it is told. `more`: what processes of the version before look for."""
        parts: dict[str, Any] = {"kind": self.kind, "id": self.id}
        if self.to:
            parts["to"] = self.to
        if self.what:
            parts["what"] = self.what
        return json.dumps(parts | more)

    def event(self) -> str:
        """As pages get it. The id is text: it passes 2^53, where a script's numbers are no longer exact."""
        return json.dumps({"kind": self.kind, "id": str(self.id), "what": self.what})


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < HIGHEST


# What was written since the last look (None: the first): [(its own name, notice)], and what to ask with the next time.
Since = Callable[[int | None], tuple[list[tuple[object, Notice]], int]]


@dataclass(frozen=True)
class Kind:
    """One kind of notice, registered by the room whose ids it tells.

    may       (a reader, ids) -> those that the reader may hear of now; asked in a thread for every notice that arrives
    personal  only ever told to one person: without an addressee it is dropped
    since     where the database's notices do not arrive: what there was meanwhile; None: it is not heard there
    event     its name on the stream, where that is not the kind's
    before    the key of its id in notices of the version before: {"case": 7, "step": "sign"}
    """

    name: str
    may: Callable[[Any, list[int]], set[int]]
    personal: bool = False
    since: Since | None = None
    event: str = ""
    before: str = ""


class Register:
    """The kinds that there are. What is of none is dropped, and counted by why."""

    def __init__(self, kinds: Iterable[Kind]):
        self.kinds = {kind.name: kind for kind in kinds}
        self.dropped: Counter[str] = Counter()

    def read(self, given: object) -> Notice | None:
        """A notice in the form of this version or the one before; None: dropped."""
        try:
            notice = self._notice(given)
        except ValueError:
            notice = UNREADABLE
        if isinstance(notice, str):
            self.dropped[notice] += 1
            metrics.notice_dropped(notice)
            return None
        return notice

    def _notice(self, given: object) -> Notice | str:
        if not isinstance(given, dict):
            return UNREADABLE
        if "kind" in given:
            notice = Notice(_text(given["kind"]), given.get("id", 0), given.get("to", 0), _text(given.get("what", "")))
        else:
            kind = next((kind for kind in self.kinds.values() if kind.before and kind.before in given), None)
            if kind is None:
                return UNREADABLE
            notice = Notice(kind.name, given[kind.before], 0, _text(given.get("step", "")))
        if notice.kind not in self.kinds:
            return UNKNOWN
        return UNADDRESSED if self.kinds[notice.kind].personal and not notice.to else notice

    def heard(self, who: Any, person: int, notices: Iterable[Notice]) -> list[Notice]:
        """Those that may reach this reader now: told to them or to nobody in particular, of ids that their rights open."""
        mine = [notice for notice in notices if notice.to in (0, person)]
        open_ids = {name: self.kinds[name].may(who, [n.id for n in mine if n.kind == name]) for name in {n.kind for n in mine}}
        return [notice for notice in mine if notice.id in open_ids[notice.kind]]

    def event(self, notice: Notice) -> str:
        """A piece of the stream."""
        return f"event: {self.kinds[notice.kind].event or notice.kind}\ndata: {notice.event()}\n\n"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def tell(notice: Notice) -> None:
    """NOTIFY inside the current transaction: sent when it commits, gone when it does not."""
    tell_all([notice])


def tell_all(notices: Iterable[Notice]) -> None:
    """Any number of them by one statement, each once."""
    from django.db import connection

    said = list(dict.fromkeys(notice.payload() for notice in notices))
    if said:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, said) FROM unnest(%s::text[]) AS said", [CHANNEL, said])
