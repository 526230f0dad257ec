"""Calls as pages list them, and one call whole. Numbers masked; a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries.lists import day_start
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_times import day, span_error
from minsheng.kit.read_values import Fields
from minsheng.kit.verdict import Refused, no
from minsheng.telephony.models import Call, CallCase, CallEvent, Recording
from minsheng.telephony.queries import numbers
from minsheng.telephony.queries.call_sets import SETS, WAITS
from minsheng.telephony.queries.figures import LANGUAGES, waited, within
from minsheng.telephony.rules.calls import DOUBTS
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.ledger_lines import agent_of, language_of
from minsheng.telephony.rules.readers import READS_ALL
from minsheng.telephony.rules.words import Result

SET_CHOICES = [(name, one.label) for name, one in SETS.items()]
WAIT_CHOICES = [(str(place), f"{least} 至 {most} 秒" if most else f"{least} 秒以上") for place, (least, most) in enumerate(WAITS)]
_LONGEST = timedelta(days=366 * 5)


def today() -> date:
    return clock.now().astimezone(clocks.city_calendar().zone).date()


def local(at: datetime) -> datetime:
    return at.astimezone(clocks.city_calendar().zone)


@dataclass(frozen=True, slots=True)
class Filters:
    """Both days included."""

    since: date
    until: date
    set: str = ""
    language: str = ""
    wait: str = ""
    agent: int = 0
    same: int = 0  # calls of the number of this call

    @property
    def span(self) -> tuple[datetime, datetime]:
        return day_start(self.since), day_start(self.until + timedelta(days=1))


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field; nothing given: today."""
    form, now = Fields(given), today()
    since = form.read("from", day, label="从", default=now)
    until = form.read("to", day, label="至", default=max(now, since))
    if wrong := span_error(since, until, _LONGEST):
        form.wrong("to", wrong)
    chosen = {name: form.read(name, read_values.choice, list(known), label=label, default="") for name, known, label in (
        ("set", SET_CHOICES, "范围"), ("language", LANGUAGES.items(), "语言"), ("wait", WAIT_CHOICES, "等待"))}
    ids = {name: form.read(name, read_values.record_id, label=label, default=0) for name, label in (("agent", "接听人"), ("same", "来电"))}
    form.done()
    return Filters(since, until, **chosen, **ids)


def seen(by: Actor) -> QuerySet[Call]:
    """All for the centre's judges and leaders; for who answers or rings back their own."""
    return Call.objects.all() if by.roles & READS_ALL else Call.objects.filter(agent_id=by.id)


@dataclass
class Row:
    call: Call
    number: str
    agent: str
    wait_s: int | None
    talk_s: int | None
    label: str
    doubt: str
    heard: bool
    to: str = ""  # whom it was passed on to, in words
    cases: list[Case] = field(default_factory=list)


def narrowed(by: Actor, f: Filters) -> QuerySet[Call]:
    rows = seen(by).filter(within(*f.span))
    if f.set:
        rows = rows.filter(SETS[f.set].holds)
    if f.wait:
        rows = rows.filter(SETS["abandoned"].holds & waited(*WAITS[int(f.wait)]))
    if f.language:
        rows = rows.filter(language=f.language)
    if f.agent:
        rows = rows.filter(agent_id=f.agent)
    if f.same:
        rows = rows.filter(number_hash__isnull=False, number_hash__in=Call.objects.filter(id=f.same).values("number_hash"))
    return rows


def listed(by: Actor, f: Filters, after: str = "", size: int = 50) -> tuple[Page, int]:
    """(a page, the newest first; how many there are). Six statements."""
    rows = narrowed(by, f)
    page = keyset(rows, ("-arrived_at", "-id"), after, size)
    return Page(shown(page.rows, by), page.next), rows.count()


def shown(calls: list[Call], by: Actor) -> list[Row]:
    """Four statements."""
    names = people.names(list({call.agent_id for call in calls if call.agent_id} | {agent_of(call.transferred_to) for call in calls} - {0}))
    linked = cases_of([call.pk for call in calls], by)
    heard = set(Recording.objects.filter(call__in=[call.pk for call in calls]).exclude(path="").values_list("call_id", flat=True))
    return [_row(call, names, call.pk in heard, linked.get(call.pk, [])) for call in calls]


def _row(call: Call, names: Mapping[int, str], heard: bool, linked: list[Case]) -> Row:
    until = call.connected_at or call.ended_at or clock.now()
    wait = max(0, int((until - call.queued_at).total_seconds())) if call.queued_at else None
    talk = max(0, round(((call.left_at or call.ended_at or clock.now()) - call.connected_at).total_seconds())) if call.connected_at else None
    return Row(call, numbers.masked(call), names.get(call.agent_id or 0, ""), wait, talk, Result(call.result).label, DOUBTS.get(call.doubtful, ""), heard,
               _to(call.transferred_to, names), linked)


def _to(target: str, names: Mapping[int, str]) -> str:
    if (language := LANGUAGES.get(language_of(target), "")):
        return f"{language}队列"
    if target.startswith("q-desk-"):
        return "接听席队列"
    return (names.get(person, "") or "同事") if (person := agent_of(target)) else target


def cases_of(call_ids: list[int], by: Actor) -> dict[int, list[Case]]:
    """Those that the reader may open: linked by hand or by the case's own call. Two statements."""
    links = [(row.call_id, row.case_id) for row in CallCase.objects.filter(call__in=call_ids)]
    wanted = cases.visible(by).filter(Q(id__in=[case for _, case in links]) | Q(call_id__in=call_ids))
    found: dict[int, list[Case]] = {}
    for case in wanted.only("id", "number", "title", "call_id")[:200]:
        for call_id in {call for call, one in links if one == case.pk} | ({case.call_id} if case.call_id in call_ids else set()):
            found.setdefault(call_id, []).append(case)
    return found


@dataclass
class CallPage:
    row: Row
    events: list[dict[str, Any]]
    others: int  # of the same number, besides this one


def page(call_id: int, by: Actor) -> CallPage:
    """Refused: there is none, or it is not the reader's."""
    call = seen(by).filter(id=call_id).prefetch_related("recordings__transcript").first()
    if call is None:
        raise Refused(no("hidden", "没有这通电话，或您无权查看"))
    same = seen(by).filter(number_hash=call.number_hash).exclude(id=call.pk).count() if call.number_hash else 0
    return CallPage(shown([call], by)[0], _events(call), same)


def _events(call: Call) -> list[dict[str, Any]]:
    """Each thing once: what both ledgers tell is told in the exact one's time."""
    rows = list(CallEvent.objects.filter(call=call).order_by("at", "id"))
    spoken = {row.data.get("agent", 0) for row in rows} | {agent_of(str(row.data.get("target", ""))) for row in rows}
    names = people.names(list(spoken - {0}))
    found: list[dict[str, Any]] = []
    for row in rows:
        told = {"kind": row.kind, "at": row.at, "title": Kind(row.kind).label, "who": names.get(row.data.get("agent", 0), ""), "text": _said(row.kind, row.data, names)}
        before = next((one for one in reversed(found) if one["kind"] == row.kind and abs((row.at - one["at"]).total_seconds()) < 2), None)
        if before is None:
            found.append(told)
        else:
            before["who"], before["text"] = before["who"] or told["who"], before["text"] or told["text"]
    return found


_ENDED = {"agent": "坐席先挂断", "caller": "来电人先挂断", "linkedid": ""}


def _said(kind: str, data: Mapping[str, Any], names: Mapping[int, str]) -> str:
    if kind == Kind.ENDED:
        return _ENDED.get(data.get("target", ""), "")
    if kind == Kind.LANGUAGE_CHOSEN:
        return LANGUAGES.get(data.get("language", ""), "")
    if kind in (Kind.TRANSFERRED, Kind.JOINED):
        return _to(str(data.get("target", "")), names)
    if kind == Kind.SURVEY_ANSWERED:
        return f"按 {data.get('value', '')}"
    if kind == Kind.HELD:
        return "开始" if data.get("target") == "hold" else "恢复"
    return f"等待 {data['value']} 秒" if kind in (Kind.CONNECTED, Kind.ABANDONED) and data.get("value") else ""
