"""Who sees which watches, their list, the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.field_work.models import Watch, WatchStep, WatchWords
from minsheng.field_work.rules.watches import FIELDS, SEES_ALL, SEES_OWN_UNIT, WATCH, WatchFacts, WatchState
from minsheng.kit import clock, feed, read_values
from minsheng.kit.notices import Kind
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.org import queries as org

STATES = [(s.value, s.label) for s in (WatchState.OPEN, WatchState.ENDED)]
WATCH_STEPS = feed.Feed("watch_steps", "field_work_watchstep", ("id", "subject_id", "seq", "step", "frm", "to", "at"))


def seen(by: Actor) -> QuerySet[Watch]:
    """All for the centre's own; for a unit its own and those of what lies below it."""
    if by.roles & SEES_ALL:
        return Watch.objects.all()
    return Watch.objects.filter(unit__in=org.tree().subtree(by.unit) if by.unit and by.roles & SEES_OWN_UNIT else [])


KINDS = (Kind("watch", lambda by, ids: set(seen(by).filter(id__in=ids).values_list("id", flat=True))),)


def local_day(at: datetime) -> date:
    return at.astimezone(clocks.city_calendar().zone).date()


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


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    rows = seen(by)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.unit:
        rows = rows.filter(unit__in=org.tree().subtree(filters.unit) if filters.unit in org.tree().by_id else [])
    page, today = keyset(rows, ("-id",), after, size), local_day(clock.now())
    for watch in page.rows:
        watch.overdue = watch.state == WatchState.OPEN and watch.until is not None and watch.until < today
    return page


@dataclass(frozen=True)
class WatchPage:
    subject: Watch
    steps: list[tuple[Step, Verdict]]
    history: list[dict]


def page(watch_id: int, by: Actor) -> WatchPage:
    """Refused: there is none, or it is none of the reader's. Three statements."""
    watch = seen(by).filter(id=watch_id).first()
    if watch is None:
        raise Refused(no("hidden", "没有这次蹲点，或您无权查看"))
    known = facts_of(watch)
    steps = [(step, verdict(step, known, by)) for step in WATCH if step.who in by.roles and known.state in step.frm]
    return WatchPage(watch, steps, _history(watch.id))


def _history(watch_id: int) -> list[dict]:
    """Who took which step when, with its words, the newest first."""
    said = {row.step_id: row.words for row in WatchWords.objects.filter(subject_id=watch_id)}
    found = []
    for row in WatchStep.objects.filter(subject_id=watch_id).order_by("-seq"):
        step, told = WATCH.get(row.step), row.given | said.get(row.id, {})
        text = "\n".join(f"{FIELDS[name].label}：{told[name]}" for name in (step.fields if step else ()) if name in told)
        found.append({"at": row.at, "title": step.label if step else row.step, "who": row.by_name, "text": text})
    return found
