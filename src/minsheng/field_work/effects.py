"""What the steps of a watch write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

from datetime import date

from minsheng.field_work.models import Watch
from minsheng.kit.engine import Deed


def begin(deed: Deed[Watch]) -> None:
    watch, given = deed.subject, deed.values
    watch.place, watch.matter = given["place"], given["matter"]
    watch.since, watch.until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])


def visit(deed: Deed[Watch]) -> None:
    watch, on = deed.subject, date.fromisoformat(deed.values["visited_on"])
    watch.visits += 1
    if watch.last_visit is None or on >= watch.last_visit:
        watch.last_visit = on


def extend(deed: Deed[Watch]) -> None:
    deed.subject.until = date.fromisoformat(deed.values["until"])


def end(deed: Deed[Watch]) -> None:
    deed.subject.result, deed.subject.ended_at = deed.values["result"], deed.at


WATCH = {"open_watch": begin, "note_visit": visit, "extend_watch": extend, "end_watch": end}
