"""Fill an empty database with a believable city of N cases by COPY: the demo's units, people, matters and catalogue, thirteen months of cases.

    python -m bench.pages --cases 100000        (it calls this; there is no other way in: never point it at a city that lives)

Every case has its steps as one valid chain (`cases.verifying` is asked afterwards by the bench), its clocks, words, numbers, call-backs and
requests for rulings. Nothing is sent to anybody. Two processes write at once, a batch a transaction.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db import connection, connections, transaction

from bench.case_generator import Act, Life, arrivals
from bench.speech import Speech, caller
from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases import actions, queries
from minsheng.cases.effects import case_text, clocks
from minsheng.cases.effects.by_step import RULES
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseLink, CaseNumber, CaseStep, CaseTask, CaseText, OutsideKey, StepText
from minsheng.cases.rules import Ask, State, TaskKind, TaskState, fields
from minsheng.cases.rules.callback import half_day_of
from minsheng.cases.rules.hash_chain import SIGNED
from minsheng.cases.rules.procedure import PROCEDURE, WHEN_ASKED, WHEN_LAST
from minsheng.cli.demo_city import city, desks, folder, people
from minsheng.contacts import actions as contacts
from minsheng.followup import rules as followup
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import clock, hash_chain, ids, partitions
from minsheng.kit.copy_rows import copy_in
from minsheng.org import queries as org

MONTHS = 13
BATCH = 1000
DIRECT, SENT_OFF, MERGED = 0.735, 0.025, 0.012  # of all cases; the rest goes the whole way
CODE = "135790"  # every case's query code, so that the bench can open any of them
_DONE = {Ask.EXTENSION: "extension"}
_UNIT = {Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.UNIT_APPROVER}
_CHANNELS = (["phone"] * 78 + ["wechat"] * 9 + ["app"] * 5 + ["web"] * 5 + ["other_system"] * 2 + ["visit", "letter"])


@dataclass
class Rows:
    """The rows of a batch, table by table."""

    cases: list[Case] = field(default_factory=list)
    texts: list[CaseText] = field(default_factory=list)
    steps: list[CaseStep] = field(default_factory=list)
    said: list[StepText] = field(default_factory=list)
    clocks: list[CaseClock] = field(default_factory=list)
    tasks: list[CaseTask] = field(default_factory=list)
    asks: list[CaseAsk] = field(default_factory=list)
    links: list[CaseLink] = field(default_factory=list)
    calls: list[CallbackParty] = field(default_factory=list)
    rechecks: list[Recheck] = field(default_factory=list)
    keys: list[OutsideKey] = field(default_factory=list)

    def write(self) -> None:
        numbers = [CaseNumber(number=c.number, case_id=c.id) for c in self.cases]
        for table in (self.cases, self.texts, numbers, self.keys, self.steps, self.said, self.clocks, self.tasks, self.asks, self.links,
                      self.calls, self.rechecks):
            copy_in(table)


class Filler:
    """Makes batches. What a process needs again and again is read once."""

    def __init__(self, seed: int, citizens: int, now: datetime):
        self.chance, self.citizens, self.now = Random(seed), citizens, now
        self.cast, self.speech, self.tree = people.Cast(), Speech(), org.tree()
        self.matters = [c for c in queries.categories().values() if c.code in self.speech.leaves]
        Random(3).shuffle(self.matters)
        self.weights = list(itertools.accumulate(1 / (n + 2) ** 0.8 for n in range(len(self.matters))))
        self.leads = {c.code: self._lead(c.code) for c in self.matters}
        self.districts = [u for u in self.tree.by_id.values() if u.kind in {"district", "county", "zone"}]
        self.bureaus = [u.id for u in self.tree.by_id.values() if u.kind == "bureau"]
        self.actors: dict[tuple[str, str, int], Actor] = {}
        self.open: list[tuple[int, int]] = []  # (case, matter) of late orders that others are merged into

    def _lead(self, code: str) -> int | None:
        row = folder.rule_for(code, self.now.date())
        return self.tree.by_code[row["lead"]].id if isinstance(row["lead"], str) else None

    def who(self, role: Role, turn: int, unit: int) -> Actor:
        """A person of the demo city; an office without people of its own acts under its name."""
        code = self.tree[unit].code if role in _UNIT else ""
        key = (role.value, code, turn % 7)
        if key not in self.actors:
            try:
                self.actors[key] = people.CITIZEN if role is Role.REQUESTER else self.cast.pick(role, turn % 7, code)
            except ZeroDivisionError:
                self.actors[key] = Actor(0, f"{self.tree.name(unit)}经办人", frozenset({role}), unit, self.tree.path(unit))
        return self.actors[key]

    @transaction.atomic
    def batch(self, times: list[datetime]) -> Counter:
        rows = Rows()
        callers = [self._caller() for _ in times]
        known = contacts.remember_many(wanted=[(name, phone, "person", "zh") for name, phone in callers], by=actions_by())
        with connection.cursor() as cursor:
            cursor.execute("SELECT nextval('minsheng_case_number') FROM generate_series(1, %s)", [len(times)])
            numbers = [n for (n,) in cursor.fetchall()]
        for at, contact, (_, phone), running in zip(times, known, callers, numbers, strict=True):
            _Made(self, rows, at, contact, phone, running)
        rows.write()
        return Counter(case.state for case in rows.cases)

    def _caller(self) -> tuple[str, str]:
        """Some are anonymous, a few call again and again, most called once or twice."""
        roll = self.chance.random()
        if roll < 0.03:
            return "", ""
        return caller(self.chance.randrange(max(2, self.citizens // 400)) if roll < 0.15 else self.chance.randrange(self.citizens))


def actions_by() -> Actor:
    return Actor(1, "灌装", frozenset({Role.SYSTEM_ADMIN}))


class _Made:
    """One case with all its rows."""

    def __init__(self, filler: Filler, rows: Rows, at: datetime, contact, phone: str, running: int):
        self.f, self.rows, self.turn = filler, rows, running
        chance = filler.chance
        self.matter = chance.choices(filler.matters, cum_weights=filler.weights)[0]
        district = chance.choice(filler.districts)
        language = "bo" if chance.random() < 0.035 else "zh"
        said = filler.speech.said(chance, self.matter.code, district.name, phone, language)
        local = at.astimezone(clocks.city_calendar().zone)
        case = self.case = Case(
            id=ids.new_id(at), number=f"{local:%Y%m%d}{running % 1_000_000:06d}", state=State.DRAFT.value, kind=said.kind,
            channel=chance.choice(_CHANNELS), language=language, category=self.matter, contact=contact, district_id=district.id, received_at=at,
            updated_at=at, urgent=chance.random() < 0.012, secrecy=chance.random() < 0.004,
            period_id=chance.randint(1, 12) if chance.random() < 0.006 else None)
        case.sealed = case.secrecy
        agent = filler.who(Role.AGENT, running, 0)
        case.agent_id, case.agent_name = (agent.id, agent.name) if case.channel == "phone" else (0, "")
        self.text = case_text.make(case, title=said.title, narrative=said.narrative, place=said.place, original=said.original, elements=said.elements)
        case.code_hash = actions.code_hash(case.number, CODE)
        self.pending: dict[str, CaseAsk] = {}
        self.running: dict[str, CaseClock] = {}
        self._take(Act("register" if case.agent_id else "register_online", at), digest=hash_chain.digest(self.text.salt, said.narrative))
        for act in self._life(at, district.id, said.place):
            self._take(act)
        self._finish()

    def _life(self, at: datetime, district: int, place: str) -> list[Act]:
        f, life = self.f, Life(self.f.chance, at, self.f.now)
        roll = f.chance.random()
        if roll < DIRECT:
            return life.answered(f.speech.answer(f.chance)).acts
        if roll < DIRECT + SENT_OFF:
            return life.sent_off().acts
        masters = [case for case, matter in f.open[-60:] if matter == self.matter.id]
        if masters and roll < DIRECT + SENT_OFF + MERGED:
            return life.add("submit").add("merge", master=masters[-1], reason="同一事项").acts
        co = [f.chance.choice(f.bureaus)] if f.chance.random() < 0.06 else []
        lead = f.leads[self.matter.code] or district
        f.open.append((self.case.id, self.matter.id))
        return life.order(lead, f.chance.choice(f.bureaus), [c for c in co if c != lead], f.speech.reply(f.chance, place),
                          f.speech.finding(f.chance, place), self.matter.evidence in {"field", "photo"}).acts

    # --- one step

    def _take(self, act: Act, **more) -> None:
        case, step = self.case, PROCEDURE[act.step]
        frm = State.START if case.seq == 0 else State(case.state)
        to = {WHEN_LAST: State.WITHDRAWN, WHEN_ASKED: frm}.get(step.to, step.to) or frm
        case.state = to.value
        by = self.f.who(step.who, self.turn, case.lead_id or act.given.get("lead", 0))
        row = CaseStep(id=ids.new_id(act.at, after=case.id), case_id=case.id, step=act.step, frm=frm.value, to=to.value, by_id=by.id,
                       by_name=by.name, role=step.who.value, unit_id=by.unit, at=act.at)
        given = act.given | ({"party": case.id} if act.step == "record_callback" else {}) | more
        words = {k: v for k, v in given.items() if k in fields.FIELDS and fields.FIELDS[k].kind in fields.WORDS}
        row.given = {k: v for k, v in given.items() if k not in words}
        if words:
            salt = os.urandom(16)
            row.given["words"] = {k: hash_chain.digest(salt, hash_chain.as_text(v)) for k, v in words.items()}
            self.rows.said.append(StepText(step_id=row.id, case_id=case.id, words=words, salt=salt))
        hash_chain.append(case, row, SIGNED)
        case.updated_at = act.at
        if frm.is_open != to.is_open:
            case.closed_at = None if to.is_open else act.at
        self.rows.steps.append(row)
        self._effect(act, row, by)

    def _effect(self, act: Act, row: CaseStep, by: Actor) -> None:
        name = act.step
        if name.startswith("ask_"):
            self._ask(name.removeprefix("ask_"), act, row, by)
        if name in RULES:
            self._ruled(*RULES[name], act, row, by)
        if special := getattr(self, f"_{name}", None):
            special(act, row, by)

    def _ask(self, kind: str, act: Act, row: CaseStep, by: Actor) -> None:
        due = clocks.due_by(self.case, {"return": "rule_return", "redo": "redo_review"}.get(kind, "rule"), act.at)
        self.pending[kind] = CaseAsk(case_id=self.case.id, ask=kind, asked_at=act.at, asked_by=by.id, asked_unit=by.unit, given={},
                                     step_id=row.id, due_at=due)
        self.rows.asks.append(self.pending[kind])
        if kind == "return":
            self._clock("rule_return", act.at)

    def _ruled(self, kind: Ask, granted: bool, act: Act, row: CaseStep, by: Actor) -> None:
        ask = self.pending.pop(kind.value)
        ask.ruled_at, ask.ruled_by, ask.granted, ask.ruling_step_id = act.at, by.id, granted, row.id
        self._met("rule_return", act.at)

    def _submit(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.submitted_at = act.at
        self._clock("review", act.at)

    def _confirm_decline(self, act: Act, row: CaseStep, by: Actor) -> None:
        mark(self.case, decline_ok=True)

    def _dispatch(self, act: Act, row: CaseStep, by: Actor) -> None:
        case, first = self.case, self.case.dispatched_at is None
        self._met("review", act.at)
        case.lead_id, case.signed_at = act.given["lead"], None
        case.dispatched_at = case.dispatched_at or act.at
        case.dispatches += 1
        self._clock("sign", act.at)
        if first:
            self._clock("contact", act.at)
            self._clock("handle", case.received_at if case.kind == "consult" else act.at)
        for unit in act.given.get("co_units", ()):
            self.rows.tasks.append(CaseTask(case_id=case.id, kind=TaskKind.CO, unit_id=unit, state=TaskState.IN_PROGRESS.value,
                                            created_at=act.at, due_at=case.handle_due_at, signed_at=act.at, step_id=row.id))
            mark(case, tasks=1)

    def _merge(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.master_id = act.given["master"]
        mark(self.case, before_merge=State(row.frm))
        self._met("review", act.at)
        self.rows.links.append(CaseLink(kind="merge", case_id=self.case.id, other_id=act.given["master"], at=act.at))

    def _sign(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.signed_at = act.at
        self._met("sign", act.at)

    def _uphold_return(self, act: Act, row: CaseStep, by: Actor) -> None:
        case = self.case
        mark(case, released=(case.lead_id,))
        case.returns, case.lead_id = case.returns + 1, None
        self._clock("review", act.at)

    def _contact(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.contacted_at = self.case.contacted_at or act.at
        mark(self.case, contact=True)
        self._met("contact", act.at)

    def _field_record(self, act: Act, row: CaseStep, by: Actor) -> None:
        mark(self.case, field=True)

    def _draft_reply(self, act: Act, row: CaseStep, by: Actor) -> None:
        mark(self.case, draft_by=by.id, draft_step=row.id, claimed_solved=act.given["claimed_solved"])

    def _reply(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.replied_at = act.at
        self._met("handle", act.at)
        self._clock("check", act.at)
        for task in self.rows.tasks[-1:]:
            if task.case_id == self.case.id:
                task.state, task.replied_at, task.ended_at = TaskState.ACCEPTED.value, act.at, act.at

    def _grant_extension(self, act: Act, row: CaseStep, by: Actor) -> None:
        handle, (limit, basis) = self.running["handle"], clocks.limit_for(self.case, "extension", act.at)
        if Limit.parse(handle.limit).unit == limit.unit:
            handle.due_at = time_rules.extend(handle.due_at, limit, clocks.city_calendar())
            handle.shifts = [{"kind": "extend", "limit": str(limit), "why": basis, "due": handle.due_at.isoformat()}]
        self.case.extensions, self.case.handle_due_at = self.case.extensions + 1, handle.due_at

    def _grant_parking(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.paused, self.running["handle"].paused_at = True, act.at
        self._clock("park_review", act.at)

    def _resume(self, act: Act, row: CaseStep, by: Actor) -> None:
        handle, cal = self.running["handle"], clocks.city_calendar()
        handle.due_at = time_rules.shift(handle.due_at, handle.paused_at, act.at, Limit.parse(handle.limit), cal)
        handle.shifts = [*handle.shifts, {"kind": "pause", "from": handle.paused_at.isoformat(), "to": act.at.isoformat(), "why": "恢复办理",
                                          "due": handle.due_at.isoformat()}]
        self.case.paused, handle.paused_at, self.case.handle_due_at = False, None, handle.due_at
        self._met("park_review", act.at)

    def _accept_reply(self, act: Act, row: CaseStep, by: Actor) -> None:
        self._met("check", act.at)
        self._clock("callback", act.at)

    def _reject_reply(self, act: Act, row: CaseStep, by: Actor) -> None:
        self.case.replied_at = self.running["handle"].met_at = None
        self._met("check", act.at)

    def _record_callback(self, act: Act, row: CaseStep, by: Actor) -> None:
        case, answered = self.case, act.given["outcome"] == "answered"
        case.tries += 1
        mark(case, clerks=(by.id,))
        if answered:
            case.reached, case.contacted, case.solved = True, act.given["contacted"], act.given["solved"]
            case.satisfaction = act.given["satisfaction"]
        call = next((c for c in reversed(self.rows.calls[-4:]) if c.case_id == case.id and c.round == case.redos), None)
        if call is None:
            call = CallbackParty(case_id=case.id, party_id=case.id, round=case.redos, language=case.language)
            self.rows.calls.append(call)
        local = act.at.astimezone(clocks.city_calendar().zone)
        call.outcome, call.clerk_id, call.seen_seq = act.given["outcome"], by.id, case.seq
        call.tried_parts = [*call.tried_parts, *([] if answered else [half_day_of(local)])]
        call.tries = len(set(call.tried_parts))
        call.standing = "answered" if answered else "unreached" if call.tries >= 3 else "call"
        call.done_at = act.at if call.standing != "call" else None
        call.not_before = None if call.done_at else followup.again_at(call.outcome, local, None)
        if self.f.chance.random() < followup.RECHECK_SHARE:
            self.rows.rechecks.append(Recheck(case_id=case.id, party_id=case.id, step_id=row.id, contact_id=case.contact_id, clerk_id=by.id, clerk_name=by.name, drawn_at=act.at))

    def _order_redo(self, act: Act, row: CaseStep, by: Actor) -> None:
        case = self.case
        case.redos, case.reached, case.contacted, case.solved, case.satisfaction, case.tries = case.redos + 1, None, None, None, "", 0
        case.replied_at = None
        mark(case, draft_by=None, contact=False)
        limit = Limit.parse(self.running["handle"].limit).half()
        self._met("callback", act.at)
        self._clock("handle", act.at, limit, f"重办：原时限的一半（{limit}）")

    # --- clocks

    def _clock(self, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> None:
        if before := self.running.get(code):
            before.void = before.met_at is None
        made = self.running[code] = clocks.row_of(self.case, clocks.made_of(self.case, ()).start(code, at, limit, basis))
        clocks.show(self.case, clocks.made_of(self.case, self.running.values()))
        self.rows.clocks.append(made)

    def _met(self, code: str, at: datetime) -> None:
        if (row := self.running.get(code)) and row.met_at is None:
            row.met_at = at

    def _finish(self) -> None:
        """Columns that follow from all steps together."""
        case, state = self.case, State(self.case.state)
        case.problem = case.returns >= 3 or case.redos >= 3
        mark(case, pending={Ask(a): ask.asked_by for a, ask in self.pending.items()})
        if not state.is_open:
            self._met("callback", case.closed_at)
            case.due_at = None
        else:
            clocks.show(case, clocks.made_of(case, self.running.values()))
        self.rows.cases.append(case)
        self.rows.texts.append(self.text)
        self.rows.keys.append(OutsideKey(source="bench", key=case.number, case_id=case.id, digest=b"-"))


# --- the whole city ------------------------------------------------------------


def _part(given: tuple[int, int, datetime, list[list[datetime]]]) -> Counter:
    seed, citizens, now, parts = given
    connections.close_all()
    with clock.fixed(now):
        filler, states = Filler(seed, citizens, now), Counter()
        for times in parts:
            states += filler.batch(times)
    connections.close_all()
    return states


def fill(count: int, now: datetime, processes: int = 2, seed: int = 12345) -> dict:
    """Make the city; returns what was made and how fast. The database must be empty."""
    began, first = time.monotonic(), now - timedelta(days=30.44 * MONTHS)
    partitions.make_months(first, now + timedelta(days=62))
    city.found()
    people.hire()
    desks.knowledge()
    times = arrivals(Random(seed), count, first.astimezone(clocks.city_calendar().zone), now)
    parts = [times[n : n + BATCH] for n in range(0, count, BATCH)]
    given = [(seed + n, int(count * 0.55) + 10, now, parts[n::processes]) for n in range(processes)]
    connections.close_all()
    if processes > 1:
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            states = sum(pool.map(_part, given), Counter())
    else:
        states = _part(given[0])
    seconds = time.monotonic() - began
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_casestep")
        steps = cursor.fetchone()[0]
    open_ = sum(n for state, n in states.items() if State(state).is_open)
    return {"cases": count, "steps": steps, "seconds": round(seconds, 1), "cases_per_second": round(count / seconds),
            "steps_per_second": round(steps / seconds), "open": open_, "states": dict(states.most_common())}
