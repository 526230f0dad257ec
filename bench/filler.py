"""Cases of a made-up city as rows, a batch at a time: what the filler's processes do. Clocks, masks, words to search by and the seal are the
program's own; what a step sets beside them stands here, once, because a million of them are not asked one by one whether they may be taken.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from datetime import datetime
from functools import lru_cache
from random import Random
from typing import Any

from bench.case_generator import Act, Life
from bench.speech import Speech, caller
from minsheng.accounts.rules import Actor, Role
from minsheng.calendar.rules import Limit
from minsheng.cases import actions, queries
from minsheng.cases.actions.in_bulk import AskTwin, CaseBulk, CaseTwin, KeyTwin, LinkTwin, TaskTwin, TextTwin, clock_row
from minsheng.cases.effects import case_text, clocks
from minsheng.cases.effects.by_step import RULES
from minsheng.cases.rules import Ask, Kind, State, TaskKind, TaskState, fields, masking
from minsheng.cases.rules.callback import half_day_of
from minsheng.cases.rules.clocks import Clocks, Terms
from minsheng.cases.rules.hash_chain import words_digest
from minsheng.cases.rules.marks import Marks
from minsheng.cases.rules.procedure import AGAIN, ANSWERED, CLOSES, PROCEDURE, WHEN_ASKED, WHEN_LAST
from minsheng.cli.demo_city import folder, people
from minsheng.contacts import actions as contacts
from minsheng.followup import rules as followup
from minsheng.followup.models import CallbackParty, Recheck
from minsheng.kit import ids
from minsheng.kit.bulk import next_of
from minsheng.kit.copy_rows import twin, vector_text
from minsheng.org import queries as org

DIRECT, SENT_OFF, MERGED = 0.735, 0.025, 0.012  # of all cases; the rest goes the whole way
VOICES = 8  # callers who say the same, each of them as a case of their own
CODE = "135790"  # every case's query code, so that the bench can open any of them
BY = Actor(1, "灌装", frozenset({Role.SYSTEM_ADMIN}))
_UNIT = {Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.UNIT_APPROVER}
_CHANNELS = ["phone"] * 78 + ["wechat"] * 9 + ["app"] * 5 + ["web"] * 5 + ["other_system"] * 2 + ["visit", "letter"]
_CallTwin, _RecheckTwin = twin(CallbackParty), twin(Recheck)


@lru_cache(20_000)
def _masked(name: str, words: str) -> dict[str, Any]:
    """Columns of a step's words that many steps say."""
    return case_text.masked_step({name: words}, masking.NOBODY)


def masked(words: dict[str, Any]) -> dict[str, Any]:
    found = [_masked(name, said) for name, said in words.items() if isinstance(said, str)]
    return {"masked": {k: v for one in found for k, v in one["masked"].items()}, "mask_rules": masking.RULES}


class Saying:
    """What several callers say of one matter in one district, with all that the program reads off it; and what is said to them."""

    def __init__(self, filler: Filler):
        f, chance = filler, filler.chance
        self.matter = chance.choices(f.matters, cum_weights=f.weights)[0]
        self.district = chance.choice(f.districts)
        self.language = "bo" if chance.random() < 0.035 else "zh"
        phone = caller(chance.randrange(f.citizens))[1]
        said = self.said = f.speech.said(chance, self.matter.code, self.district.name, phone, self.language)
        case = CaseTwin(id=0, category_id=self.matter.id)
        self.text = TextTwin(case_id=0, title=said.title, narrative=said.narrative, place=said.place, original=said.original, elements=said.elements)
        case_text.derive(case, self.text, masking.NOBODY)
        self.text.words = vector_text(self.text.words.words)
        self.title, self.missing = case.title, case.marks.missing
        self.answer, self.reply, self.finding = f.speech.answer(chance), f.speech.reply(chance, said.place), f.speech.finding(chance, said.place)


class Filler:
    """Makes batches. What a process needs again and again is read once."""

    def __init__(self, citizens: int, now: datetime):
        self.chance, self.citizens, self.now = Random(1), citizens, now
        self.cast, self.speech, self.tree = people.Cast(), Speech(), org.tree()
        self.matters = [c for c in queries.categories().values() if c.code in self.speech.leaves]
        Random(3).shuffle(self.matters)
        self.weights = list(itertools.accumulate(1 / (n + 2) ** 0.8 for n in range(len(self.matters))))
        self.leads = {c.code: self._lead(c.code) for c in self.matters}
        self.districts = [u for u in self.tree.by_id.values() if u.kind in {"district", "county", "zone"}]
        self.bureaus = [u.id for u in self.tree.by_id.values() if u.kind == "bureau"]
        self.actors: dict[tuple[str, str, int], Actor] = {}
        self.contacts: dict[int, int | None] = {}  # of citizens
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

    def batch(self, seed: int, times: list[datetime]) -> Counter:
        """Cases that come in at these times, kept; how many stand where."""
        self.chance, self.open, bulk = Random(seed), [], CaseBulk(CallbackParty, Recheck)
        sayings = [Saying(self) for _ in range(len(times) // VOICES + 1)]
        made = [Written(self, bulk, at, contact, self.chance.choice(sayings), running)
                for at, contact, running in zip(times, self._callers(len(times)), next_of("minsheng_case_number", len(times)), strict=True)]
        bulk.keep()
        return Counter(one.case.state for one in made)

    def _callers(self, count: int) -> list[int | None]:
        """Their contacts. Some are anonymous, a few call again and again, most called once or twice."""
        wanted = [self._caller() for _ in range(count)]
        new = [n for n in dict.fromkeys(wanted) if n is not None and n not in self.contacts]
        said = [caller(n) for n in new]
        self.contacts.update(zip(new, contacts.remember_many(wanted=[(name, phone, "person", "zh") for name, phone in said], by=BY), strict=True))
        return [None if n is None else self.contacts[n] for n in wanted]

    def _caller(self) -> int | None:
        roll = self.chance.random()
        if roll < 0.03:
            return None
        return self.chance.randrange(max(2, self.citizens // 400) if roll < 0.15 else self.citizens)


class Written:
    """One case with all its rows."""

    def __init__(self, filler: Filler, bulk: CaseBulk, at: datetime, contact: int | None, saying: Saying, running: int):
        self.f, self.bulk, self.turn, self.saying = filler, bulk, running, saying
        chance, said = filler.chance, saying.said
        agent = filler.who(Role.AGENT, running, 0)
        channel = chance.choice(_CHANNELS)
        local = at.astimezone(clocks.city_calendar().zone)
        secret = chance.random() < 0.004
        case = self.case = CaseTwin(
            id=ids.new_id(at), number=f"{local:%Y%m%d}{running % 1_000_000:06d}", state=State.DRAFT.value, kind=said.kind, channel=channel,
            language=saying.language, category_id=saying.matter.id, category=saying.matter, contact_id=contact, district_id=saying.district.id,
            received_at=at, updated_at=at, urgent=chance.random() < 0.012, secrecy=secret, sealed=secret, title=saying.title,
            period_id=chance.randint(1, 12) if chance.random() < 0.006 else None, agent_id=agent.id if channel == "phone" else 0,
            agent_name=agent.name if channel == "phone" else "")
        case.code_hash = actions.code_hash(case.number, CODE)
        self.text = TextTwin(**{**saying.text.__dict__, "case_id": case.id, "salt": os.urandom(16)})
        self.marks: dict[str, Any] = {"missing": saying.missing}
        self.pending: dict[str, Any] = {}
        self.task: Any = None
        self.call: Any = None
        self.clocks = Clocks([], Terms(clocks.city_calendar(), lambda code, when: clocks.term(case, code, when), Kind(case.kind), at))
        self.steps = 0
        self._take(Act("register" if case.agent_id else "register_online", at), digest=words_digest(self.text))
        for act in self._life(at):
            self._take(act)
        self._finish()

    def _life(self, at: datetime) -> list[Act]:
        f, saying, life = self.f, self.saying, Life(self.f.chance, at, self.f.now)
        roll = f.chance.random()
        if roll < DIRECT:
            return life.answered(saying.answer).acts
        if roll < DIRECT + SENT_OFF:
            return life.sent_off().acts
        masters = [case for case, matter in f.open[-60:] if matter == saying.matter.id]
        if masters and roll < DIRECT + SENT_OFF + MERGED:
            return life.add("submit").add("merge", master=masters[-1], reason="同一事项").acts
        co = [f.chance.choice(f.bureaus)] if f.chance.random() < 0.06 else []
        lead = f.leads[saying.matter.code] or saying.district.id
        f.open.append((self.case.id, saying.matter.id))
        return life.order(lead, f.chance.choice(f.bureaus), [c for c in co if c != lead], saying.reply, saying.finding,
                          saying.matter.evidence in {"field", "photo"}).acts

    # --- one step

    def _take(self, act: Act, **more: Any) -> None:
        case, step = self.case, PROCEDURE[act.step]
        frm = State(case.state) if self.steps else State.START
        to: State = _ENDS.get(step.to, step.to) or frm if step.to != WHEN_ASKED else frm
        self.steps += 1
        by = self.f.who(step.who, self.turn, case.lead_id or act.given.get("lead", 0))
        given = act.given | ({"party": case.id} if act.step == "record_callback" else {}) | more
        words = {k: v for k, v in given.items() if k in _WORDS}
        row = self.bulk.step(case, act.step, to, at=act.at, by=by, given={k: v for k, v in given.items() if k not in words}, words=words,
                             masked=masked(words) if words else None)
        case.state, case.updated_at = to.value, act.at
        if frm.is_open != to.is_open:
            case.closed_at = None if to.is_open else act.at
            if self.task and self.task.ended_at is None and not to.is_open:
                self.task.state, self.task.ended_at = TaskState.CANCELLED, act.at
        self._effect(act, row, by, frm)
        if self.clocks.rows:
            self.clocks.leave(frm, to, act.at)
            self.clocks.settle(to, {Ask(kind) for kind in self.pending}, case.statutory, act.at, "恢复办理")

    def _effect(self, act: Act, row: Any, by: Actor, frm: State) -> None:
        name = act.step
        if name.startswith("ask_"):
            self._ask(name.removeprefix("ask_"), act, row, by)
        if name in RULES:
            self._ruled(*RULES[name], act, row, by)
        if special := getattr(self, f"_{name}", None):
            special(act, row, by, frm)

    def _ask(self, kind: str, act: Act, row: Any, by: Actor) -> None:
        due = clocks.due_by(self.case, {"return": "rule_return", "redo": "redo_review"}.get(kind, "rule"), act.at)
        self.pending[kind] = AskTwin(case_id=self.case.id, ask=kind, asked_at=act.at, asked_by=by.id, asked_unit=by.unit, given={},
                                     step_id=row.id, due_at=due)
        self.bulk.add(self.pending[kind])
        if kind == "return":
            self.clocks.start("rule_return", act.at)

    def _ruled(self, kind: Ask, granted: bool, act: Act, row: Any, by: Actor) -> None:
        ask = self.pending.pop(kind.value)
        ask.ruled_at, ask.ruled_by, ask.granted, ask.ruling_step_id = act.at, by.id, granted, row.id

    def _submit(self, act: Act, *_: Any) -> None:
        self.case.submitted_at = act.at
        self.clocks.start("review", act.at)

    def _confirm_decline(self, *_: Any) -> None:
        self.marks["decline_ok"] = True

    def _dispatch(self, act: Act, row: Any, *_: Any) -> None:
        case = self.case
        case.lead_id, case.signed_at = act.given["lead"], None
        case.dispatched_at = case.dispatched_at or act.at
        case.dispatches += 1
        self.clocks.start_handling(act.at)
        for unit in act.given.get("co_units", ()):
            self.task = TaskTwin(case_id=case.id, kind=TaskKind.CO, unit_id=unit, state=TaskState.IN_PROGRESS, created_at=act.at,
                                 due_at=self.clocks.due("handle"), signed_at=act.at, step_id=row.id)
            self.bulk.add(self.task)
            self.marks["tasks"] = 1

    def _merge(self, act: Act, row: Any, by: Actor, frm: State) -> None:
        self.case.master_id = act.given["master"]
        self.marks["before_merge"] = frm
        self.bulk.add(LinkTwin(kind="merge", case_id=self.case.id, other_id=act.given["master"], at=act.at))

    def _sign(self, act: Act, *_: Any) -> None:
        self.case.signed_at = act.at
        self.clocks.meet("sign", act.at)

    def _uphold_return(self, act: Act, *_: Any) -> None:
        case = self.case
        self.marks["released"] = (case.lead_id,)
        case.returns, case.lead_id = case.returns + 1, None
        self.clocks.drop("sign", "contact")
        self.clocks.start("review", act.at)

    def _contact(self, act: Act, *_: Any) -> None:
        self.case.contacted_at = self.case.contacted_at or act.at
        self.marks["contact"] = True
        self.clocks.meet("contact", act.at)

    def _field_record(self, *_: Any) -> None:
        self.marks["field"] = True

    def _draft_reply(self, act: Act, row: Any, by: Actor, frm: State) -> None:
        self.marks |= {"draft_by": by.id, "draft_step": row.id, "claimed_solved": act.given["claimed_solved"]}

    def _reply(self, act: Act, *_: Any) -> None:
        self.case.replied_at = act.at
        self.clocks.meet("handle", act.at)
        self.clocks.start("check", act.at)
        if self.task:
            self.task.state, self.task.replied_at, self.task.ended_at = TaskState.ACCEPTED, act.at, act.at

    def _grant_extension(self, act: Act, *_: Any) -> None:
        handle, (limit, basis) = self.clocks.last("handle"), clocks.limit_for(self.case, "extension", act.at)
        if handle and Limit.parse(handle.limit).unit == limit.unit:
            self.clocks.extend(limit, basis)
        self.case.extensions += 1

    def _grant_parking(self, act: Act, *_: Any) -> None:
        self.clocks.start("park_review", act.at)

    def _accept_reply(self, act: Act, *_: Any) -> None:
        self.clocks.start("callback", act.at)

    def _reject_reply(self, act: Act, *_: Any) -> None:
        self.case.replied_at = None
        self.clocks.reopen("handle", act.at, "退回补正")

    def _record_callback(self, act: Act, row: Any, by: Actor, frm: State) -> None:
        case, answered = self.case, act.given["outcome"] == "answered"
        case.tries += 1
        self.marks["clerks"] = (by.id,)
        if answered:
            case.reached, case.contacted, case.solved = True, act.given["contacted"], act.given["solved"]
            case.satisfaction = act.given["satisfaction"]
        call = self.call
        if call is None or call.round != case.redos:
            call = self.call = _CallTwin(case_id=case.id, party_id=case.id, round=case.redos, language=case.language, tried_parts=[])
            self.bulk.add(call)
        local = act.at.astimezone(clocks.city_calendar().zone)
        call.outcome, call.clerk_id, call.seen_seq = act.given["outcome"], by.id, self.steps
        call.tried_parts = [*call.tried_parts, *([] if answered else [half_day_of(local)])]
        call.tries = len(set(call.tried_parts))
        call.standing = "answered" if answered else "unreached" if call.tries >= 3 else "call"
        call.done_at = act.at if call.standing != "call" else None
        call.not_before = None if call.done_at else followup.again_at(call.outcome, local, None)
        if self.f.chance.random() < followup.RECHECK_SHARE:
            self.bulk.add(_RecheckTwin(case_id=case.id, party_id=case.id, step_id=row.id, contact_id=case.contact_id, clerk_id=by.id,
                                       clerk_name=by.name, drawn_at=act.at))

    def _order_redo(self, act: Act, *_: Any) -> None:
        case = self.case
        case.redos, case.reached, case.contacted, case.solved, case.satisfaction, case.tries = case.redos + 1, None, None, None, "", 0
        case.replied_at = case.contacted_at = None
        self.marks |= {"draft_by": None, "contact": False}
        self.clocks.redo(act.at)

    def _finish(self) -> None:
        """Columns that follow from all steps together."""
        case = self.case
        case.problem = case.returns >= 3 or case.redos >= 3
        case.marks = Marks(**self.marks, pending={Ask(a): ask.asked_by for a, ask in self.pending.items()})
        if self.clocks.rows:
            clocks.show(case, self.clocks)
            self.bulk.add(*(clock_row(case, row) for row in self.clocks.rows))
        self.bulk.add(KeyTwin(source="bench", key=case.number, case_id=case.id, digest=b"-"))
        self.bulk.end(case, self.text)


_ENDS = {WHEN_LAST: State.WITHDRAWN, ANSWERED: State.DIRECT_ANSWERED, CLOSES: State.CLOSED, AGAIN: State.IN_PROGRESS}  # of one requester, and not of leader days
_WORDS = frozenset(name for name, field in fields.FIELDS.items() if field.kind in fields.WORDS)
