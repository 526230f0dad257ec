"""Who sees which watches, their list, the page of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.cases.queries import hung_words
from minsheng.field_work.models import Watch, WatchStep, WatchWords
from minsheng.field_work.rules.watches import FIELDS, SEES_ALL, SEES_OWN_UNIT, WATCH, WatchFacts, WatchState
from minsheng.files import step_files
from minsheng.kit import clock, feed, read_values
from minsheng.kit.notices import Kind
from minsheng.kit.paging import Page, every, keyset
from minsheng.kit.read_values import Fields
from minsheng.kit.subject_page import SubjectPage, history, steps
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org

STATES = [(s.value, s.label) for s in (WatchState.OPEN, WatchState.ENDED)]
WATCH_STEPS = feed.Feed("watch_steps", "field_work_watchstep", ("id", "subject_id", "seq", "step", "frm", "to", "at"))


def seen(by: Actor) -> QuerySet[Watch]:
    """All for the centre's own; for a unit its own and those of what lies below it."""
    if by.roles & SEES_ALL:
        return Watch.objects.all()
    return Watch.objects.filter(unit__in=org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else [])


KINDS = (Kind("watch", lambda by, ids: set(seen(by).filter(id__in=ids).values_list("id", flat=True))),)


def facts_of(watch: Watch) -> WatchFacts:
    return WatchFacts(watch.id, WatchState(watch.state), org.tree().path(watch.unit_id), watch.since or date.min, watch.until or date.max, watch.last_visit)


@dataclass(frozen=True, slots=True)
class Filters:
    state: str = ""
    unit: int = 0


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("state", read_values.choice, STATES, label="状态", default=""), form.read("unit", read_values.record_id, label="单位", default=0))
    form.done()
    return found


def _narrowed(by: Actor, filters: Filters) -> QuerySet[Watch]:
    rows = seen(by)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.unit:
        rows = rows.filter(unit__in=org.tree().subtree(filters.unit) if filters.unit in org.tree().by_id else [])
    return rows


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    page, now = keyset(_narrowed(by, filters), ("-id",), after, size), today()
    hung_words.covered(page.rows, *_SAID, by=by)
    for watch in page.rows:
        watch.overdue = watch.state == WatchState.OPEN and watch.until is not None and watch.until < now
    return page


_SAID = ("place", "matter", "result")
COLUMNS = ("点位", "要解决什么", "蹲点单位", "状态", "开始", "计划结束", "到场次数", "最近到场", "结果", "结束时间")


def lines(by: Actor, filters: Filters) -> Iterator[list]:
    """The list as a table, the oldest first, words masked."""
    tree = org.tree()
    for rows in every(_narrowed(by, filters)):
        for one in hung_words.covered(rows, *_SAID):
            yield [one.place, one.matter, tree.name(one.unit_id), one.get_state_display(), one.since, one.until, one.visits, one.last_visit or "",
                   one.result, clocks.local_minute(one.ended_at)]


def today() -> date:
    return clocks.local_day(clock.now())


def page(watch_id: int, by: Actor) -> SubjectPage:
    """Refused: there is none, or it is none of the reader's. At most five statements."""
    watch = seen(by).filter(id=watch_id).first()
    if watch is None:
        raise Refused(_GONE)
    told = history(WatchStep, WatchWords, watch.id, WATCH, FIELDS)
    page = SubjectPage(watch, steps(WATCH, facts_of(watch), by), told, files=step_files.hung(WatchStep, watch.id))
    return hung_words.covered_page(page, *_SAID, by=by)


def open_file(watch_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of a file on a watch that the reader may see."""
    if not seen(by).filter(id=watch_id).exists():
        raise Refused(_GONE)
    return step_files.opened(WatchStep, watch_id, file_id)


_GONE = no("hidden", "没有这次蹲点，或您无权查看")
