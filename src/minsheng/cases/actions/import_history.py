"""History brought in: the only writer of imported cases (rulings, 26), by the engine's applier for many (`in_bulk`).

Only timestamps that are present make steps; each is marked `imported`, stands at the source's time and is the importer's. Evidence
is waived and shown as not recorded; nothing is sent to anybody. The last step leads to the state that the source says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from minsheng.accounts.rules import Actor
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases import queries
from minsheng.cases.actions.import_danger import Watch
from minsheng.cases.actions.in_bulk import AskTwin, CaseBulk, CaseTwin, ClockTwin, KeyTwin, TaskTwin, TextTwin
from minsheng.cases.effects import alarm, case_text, clocks
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseNumber, Category, OutsideKey
from minsheng.cases.rules import Ask, State, TaskKind, TaskState, masking
from minsheng.cases.rules.checks import title_of
from minsheng.cases.rules.clocks import OWED
from minsheng.cases.rules.hash_chain import who_digest, words_digest
from minsheng.cases.rules.masking import Known
from minsheng.cases.rules.source_row import HAS_LEAD, UNSUBMITTED, Brought, Planned, assumed_times, digest, is_undated, plan, state_of
from minsheng.contacts import actions as contacts
from minsheng.contacts import queries as people
from minsheng.files import queries as files
from minsheng.kit import clock
from minsheng.kit.bulk import next_of
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.language import rules as language
from minsheng.org import queries as org


@dataclass
class Result:
    """`changed`: rows whose key is here with another digest, each with its case: whoever brought them looks whether they really differ."""

    made: int = 0
    known: int = 0
    undated: int = 0
    changed: list[tuple[Brought, int]] = field(default_factory=list)


# --- writing ------------------------------------------------------------


def known(keys: Iterable[tuple[str, str]], own: str = "") -> dict[tuple[str, str], tuple[int, bytes]]:
    """(source, key) -> (case id, digest) of what is here. Under the source `own` the keys are numbers of our own cases. One statement a source."""
    by_source: dict[str, list[str]] = {}
    for source, key in keys:
        by_source.setdefault(source, []).append(key)
    found: dict[tuple[str, str], tuple[int, bytes]] = {}
    for source, wanted in by_source.items():
        if source == own:
            ours = CaseNumber.objects.filter(number__in=wanted).values_list("number", "case_id")
            found |= {(source, number): (case_id, b"") for number, case_id in ours}
        rows = OutsideKey.objects.filter(source=source, key__in=wanted).values_list("key", "case_id", "digest")
        found |= {(source, key): (case_id, bytes(kept or b"")) for key, case_id, kept in rows}
    return found


def sources(prefix: str) -> list[str]:
    """Every source whose name begins so. There are few, under which there are many keys: the index is entered once for each."""
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES)
        return [name for (name,) in cursor.fetchall() if name.startswith(prefix)]


_NEXT = "SELECT source FROM cases_outsidekey {} ORDER BY source LIMIT 1"
_SOURCES = (f"WITH RECURSIVE one AS (({_NEXT.format('')}) UNION ALL SELECT ({_NEXT.format('WHERE source > one.source')}) FROM one WHERE one.source IS NOT NULL) "
            "SELECT source FROM one WHERE source IS NOT NULL")


def under(sources: Iterable[str], keys: Iterable[str]) -> dict[str, list[tuple[str, bytes]]]:
    """key -> (source, digest) of each of the sources that has it, the latest last. One statement."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for source, key, kept in OutsideKey.objects.filter(source__in=list(sources), key__in=list(keys)).order_by("id").values_list("source", "key", "digest"):
        found.setdefault(key, []).append((source, bytes(kept or b"")))
    return found


def sort_out(rows: Sequence[Brought], own: str = "") -> tuple[list[Brought], Result]:
    """(new rows, what is known already or was changed since); a key twice in one batch counts once."""
    there = known(((r.source, r.key) for r in rows), own)
    fresh, result = [], Result()
    for row in rows:
        case_id, before = there.get((row.source, row.key), (0, None))
        if before is None:
            there[(row.source, row.key)] = (0, digest(row))
            fresh.append(row)
        elif before == digest(row):
            result.known += 1
        else:
            result.changed.append((row, case_id))
    return fresh, result


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row with all that asks neither the database nor another row. `asks`: who is masked in its words; `speaks`: place of the step that says
    the reply; `reply`: it, by its field; `masked`: the columns of its `StepText`."""

    row: Brought
    steps: list[Planned]
    script: str
    asks: Known
    covered: case_text.Covered
    speaks: int
    reply: dict[str, str]
    masked: dict[str, Any]
    digest: bytes


def prepare(row: Brought) -> Prepared:
    """Pure; half of what a row costs. The row must have passed `plan`."""
    asks = masking.known([(row.requester, people.canonical(row.phone) if row.phone else "")])
    covered = case_text.covered(title=title_of(row.title, row.narrative), narrative=row.narrative, place=row.place, people=asks)
    steps = plan(row)
    speaks = next((n for n, s in enumerate(steps) if s.step == "reply"), len(steps) - 1)
    reply = {"answer" if steps[speaks].step == "answer" else "public_reply": row.reply} if row.reply else {}
    masked = case_text.masked_step(reply, asks) if reply else {}
    return Prepared(row, steps, language.script_of(row.narrative), asks, covered, speaks, reply, masked, digest(row))


@transaction.atomic
def bring_in(*, rows: Sequence[Brought], by: Actor, own: str = "", attach: Callable[[Brought], tuple[int, ...]] | None = None,
             prepared: Callable[[Brought], Prepared] = prepare) -> Result:
    """Write a batch, all of it or nothing. Rows that are there already are skipped, so a broken import is simply run again.

    Every row must have passed `plan`. The months of their times should exist (kit.months.make_months). `attach` keeps the files
    of a row that is new and says their ids; `prepared` says what somebody has made ready of it.
    """
    take_turns()
    new, result = sort_out(rows, own)
    fresh = [prepared(row) for row in new]
    asked = contacts.remember_many(wanted=[(r.requester, r.phone, r.requester_kind, p.script) for r, p in zip(new, fresh, strict=True)], by=by)
    bulk, watch = CaseBulk(), Watch(by, clock.now())
    for ready, contact, running in zip(fresh, asked, next_of("minsheng_case_number", len(fresh)), strict=True):
        row = ready.row
        brought = list(files.many(list(attach(row))).values()) if attach and row.files else []
        case = _make(bulk, ready, _case(row, contact, ready.script, running), watch, [file.id for file in brought])
        bulk.add(*case_text.hang(case.id, brought, step_id=case.first_step, slot="requester", at=case.received_at, people=ready.asks))
        result.undated += case.undated
    bulk.keep()
    result.made = len(fresh)
    return result


def take_turns() -> None:
    """Until the transaction ends no other import writes."""
    in_turn("cases.import")


def _make(bulk: CaseBulk, ready: Prepared, case, watch: Watch, brought: list[int]):
    """The other rows of a case. `brought`: files that came with it."""
    row, steps, state = ready.row, ready.steps, State(case.state)
    text: Any = TextTwin(case_id=case.id, title=title_of(row.title, row.narrative), narrative=row.narrative, place=row.place, salt=os.urandom(16))
    case_text.derive(case, text, ready.asks, ready.covered)
    _mark(case, row, state)
    case.category = queries.categories().get(case.category_id) if case.category_id else None
    danger = watch.hear(case, row)
    first = watch.shut(case, danger)
    _times(case, state, steps)
    written = _steps(bulk, case, text, ready, watch, alarm.noted(danger, case) | ({"files": brought} if brought else {}))
    clocked = _clocks(case, row, state, steps, watch.at if danger.urgent else None)
    case.urgent = danger.urgent
    readers = watch.readers(case, first, [*filter(None, [case.lead_id]), *row.co_units], written[0].id) if first else []
    bulk.add(*clocked, *readers, *_open_ends(case, row, state, written), KeyTwin(source=row.source, key=row.key, case_id=case.id, digest=ready.digest))
    bulk.end(case, text, [(one.person_id, one.until) for one in readers] if case.restricted else None, clocked)
    case.first_step = written[0].id
    return case


def _case(row: Brought, contact: int | None, script: str, running: int):
    state = state_of(row)
    sent = state not in UNSUBMITTED
    return CaseTwin(
        id=new_id(row.received_at), number=f"{row.received_at.astimezone(clocks.city_calendar().zone):%Y%m%d}{running % 1_000_000:06d}",
        state=state.value, kind=row.kind, channel=row.channel, language=script, category_id=row.category, requester_kind=row.requester_kind,
        contact_id=contact, district_id=org.tree().district(row.unit), lead_id=row.unit if sent else None, imported=True, undated=is_undated(row),
        received_at=row.received_at, submitted_at=row.received_at if sent else None, reached=row.reached, solved=row.solved,
        satisfaction=row.satisfaction)


def _times(case, state: State, steps: list[Planned]) -> None:
    at = {s.column: s.at for s in steps}
    case.dispatched_at, case.signed_at, case.contacted_at = at.get("dispatched_at"), at.get("signed_at"), at.get("first_contact_at")
    case.replied_at, case.closed_at = at.get("replied_at"), None if state.is_open else steps[-1].at
    case.dispatches, case.updated_at = int("dispatched_at" in at), steps[-1].at


def _mark(case, row: Brought, state: State) -> None:
    """What the guards ask of an open case later: done in the source means done."""
    waits = {Ask.RETURN: 0} if state is State.RETURN_REVIEW else {}
    mark(case, missing=(), waived=True, contact=bool(row.first_contact_at), tasks=len(row.co_units), pending=waits,
         assumed=tuple(assumed_times(row)))


def _steps(bulk: CaseBulk, case, text, ready: Prepared, watch: Watch, first: dict) -> list:
    """The case's steps; the reply's words go to their own erasable row. `first`: what its first step says beside."""
    rows, at_state, last = [], State.START, len(ready.steps) - 1
    for n, one in enumerate(ready.steps):
        at_state = one.to or at_state
        given = _given(ready.row, one, n == last)
        if n == 0:
            given |= {**first, "digest": words_digest(text), "who": who_digest(text, case.contact_id)}
        words = ready.reply if n == ready.speaks else None
        rows.append(bulk.step(case, one.step, at_state, at=one.at, told=watch.at, by=watch.by, given=given, words=words, masked=ready.masked))
    return rows


def _given(row: Brought, step: Planned, last: bool) -> dict:
    """Codes and ids only. The unit stands in the dispatch, or in the last step where the source has no time of dispatch."""
    given: dict = {"imported": True}
    if step.column in row.assumed or (step.column == "closed_at" and row.closed_at is None):
        given["assumed"] = True
    if row.unit and (step.step == "dispatch" or (last and not row.dispatched_at)):
        given["lead"] = row.unit
        if row.co_units:
            given["co_units"] = list(row.co_units)
    if step.step == "contact":
        given |= {"contact_at": step.at.isoformat(), "contact_how": "other"}
    if last:
        answers = {"reached": row.reached, "solved": row.solved, "satisfaction": row.satisfaction or None}
        given |= {name: value for name, value in answers.items() if value is not None}
    return given


# --- clocks and duties of cases that come in open ------------------------------------------------------------


_BEGUN_BY_DANGER = {State.PENDING_REVIEW: ("review",), State.PENDING_SIGN: ("sign", "contact"), State.IN_PROGRESS: ("contact",)}


def _clocks(case, row: Brought, state: State, steps: list[Planned], urgent: datetime | None) -> list:
    """The source's own date when it gives one; open cases get the clocks of their state. Closed history without a date has none.

    urgent  since when the case is known to be: what danger starts over runs from then; what lies before is judged as it was
    """
    rows: list = []
    since = case.dispatched_at or case.received_at
    met = case.replied_at or case.closed_at
    began = dict.fromkeys(_BEGUN_BY_DANGER.get(state, ()), urgent) if urgent else {}
    if row.due_at:
        rows.append(_given_clock(case, row.due_at, since, met))
        case.handle_due_at = row.due_at
    if not state.is_open or state is State.DRAFT:
        return rows
    if state in HAS_LEAD:
        for code, done in (("sign", case.signed_at), ("contact", case.contacted_at), ("handle", met)):
            if code != "handle" or not row.due_at:
                rows.append(_clock(case, code, since, done, began.get(code)))
    watched = OWED[state][0]
    if watched not in ("sign", "contact", "handle"):
        rows.append(_clock(case, watched, steps[-1].at, None, began.get(watched)))
    _freeze_all(case, rows, state, steps[-1].at)
    clocks.show(case, clocks.made_of(case, rows))
    return rows


def _freeze_all(case, rows: list, state: State, at: datetime) -> None:
    for made in rows:
        _freeze(made, state, at)
        if made.void:  # nobody knows whether it was in time: no due date, no figure
            setattr(case, f"{made.code}_due_at", None)


def _freeze(made, state: State, at: datetime) -> None:
    """A state that stops time stops it from the moment it was entered; a state after signing has been signed.

    A contact whose time is past and which the source does not have is not recorded; it is not missed.
    """
    if made.code == "sign" and made.met_at is None and state not in {State.PENDING_SIGN, State.RETURN_REVIEW}:
        made.void = True
    if made.code == "contact" and made.met_at is None and made.due_at <= clock.now():
        made.void = True
    if state in {State.PARKED, State.RETURN_REVIEW} and made.code in ("sign", "contact", "handle") and not made.met_at and not made.void:
        made.paused_at = at


def _given_clock(case, due: datetime, since: datetime, met: datetime | None):
    """A limit in whole minutes, hours or days that ends exactly at the source's date, so that it replays to it."""
    minutes = max(1, int((due - since).total_seconds() // 60))
    size, unit = next((s, u) for s, u in ((1, "min"), (60, "h"), (1440, "d")) if minutes // s <= 9999)
    limit = Limit.parse(f"{max(1, minutes // size)}{unit}")
    return ClockTwin(case_id=case.id, code="handle", started_at=due - limit.span, limit=str(limit), basis="来源系统给定的时限", due_at=due, met_at=met)


def _clock(case, code: str, since: datetime, met: datetime | None, urgent: datetime | None):
    case.urgent, at = (True, urgent) if urgent and not met else (False, since)
    try:
        limit, basis = clocks.limit_for(case, code, at)
    except LookupError:  # older than the table of limits: today's row, and it says so
        limit, basis = clocks.limit_for(case, code, clock.now())
        basis = f"{basis}（按导入时的规定）"
    due = time_rules.due(at, limit, clocks.city_calendar())
    column = {"sign": "sign_due_at", "contact": "contact_due_at", "handle": "handle_due_at"}.get(code)
    if column:
        setattr(case, column, due.due)
    return ClockTwin(case_id=case.id, code=code, started_at=at, limit=str(limit), basis=basis[:200], due_at=due.due, provisional=due.provisional,
                     met_at=met)


def _open_ends(case, row: Brought, state: State, steps: list) -> list:
    """Co-units and what waits for a ruling."""
    tasks_in = TaskState.IN_PROGRESS if state.is_open else TaskState.ACCEPTED
    lead_step = next((s for s in steps if "lead" in s.given), steps[0])
    ends = [TaskTwin(case_id=case.id, kind=TaskKind.CO, unit_id=unit, state=tasks_in, created_at=lead_step.at, due_at=case.handle_due_at,
                     ended_at=None if tasks_in.is_open else case.closed_at, step_id=lead_step.id) for unit in row.co_units]
    if state is State.RETURN_REVIEW:
        ends.append(AskTwin(case_id=case.id, ask=Ask.RETURN, asked_at=steps[-1].at, asked_by=0, asked_unit=row.unit or 0,
                            given={"imported": True}, step_id=steps[-1].id))
    return ends


# --- categories of a foreign history ------------------------------------------------------------


@transaction.atomic
def add_category(*, code: str, name: str, parent: Category | None, by: Actor) -> Category:
    """A matter that only a foreign history knows; the one that is there when the code is taken."""
    made, new = Category.objects.get_or_create(code=code, defaults={"name": name[:80], "parent": parent})
    if new:
        made.path = [*(parent.path if parent else []), code]
        made.save(update_fields=["path"])
        queries.forget()
    return made
