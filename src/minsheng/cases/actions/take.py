"""The one door. A case moves only by a step: lock, verdict, what was given, effect, state, history row, one transaction."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import queries, rules
from minsheng.cases.effects import clocks, notifications
from minsheng.cases.effects.by_step import EFFECTS, lapse
from minsheng.cases.effects.context import Deed
from minsheng.cases.models import Case, CaseStep, StepText
from minsheng.cases.rules import CaseFacts, Clock, State, checks, fields, hash_chain
from minsheng.cases.rules.procedure import BACK, PROCEDURE
from minsheng.kit import clock
from minsheng.kit.ids import new_id
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.org import queries as org


@transaction.atomic
def take_step(*, case_id: int, step: str, by: Actor, given: Mapping | None = None, at: datetime | None = None) -> CaseStep:
    """Take `step` on the case. Refused (nothing written) with the reason, Invalid with errors by field."""
    at = at or clock.now()
    row = PROCEDURE.get(step)
    if row is None:
        raise Refused(no("no_step", f"没有“{step}”这个步骤"))
    case = Case.objects.select_for_update(of=("self",)).select_related("contact").filter(id=case_id).first()
    if case is None:
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    case.category = queries.categories().get(case.category_id) if case.category_id else None
    facts = queries.facts_of(case, at)
    if not (seen := rules.sees(facts, by)):
        raise Refused(seen)
    deed, words = enter(case, row, by, dict(given or {}), at, facts)
    if effect := EFFECTS.get(step):
        effect(deed)
    lapse(deed)
    _clocks(deed)
    write(case, deed.row, words)
    case.updated_at = at
    case.save(force_update=True)
    for more in deed.then:
        more()
    notifications.after(deed)
    tell(case.id, step)
    return deed.row


def enter(case: Case, step: Step, by: Actor, raw: dict, at: datetime, facts: CaseFacts) -> tuple[Deed, dict]:
    """Verdict, what was given, the state moved in memory, the history row made (its hash comes last, in `write`)."""
    if "task" in raw:
        facts = _with_task(facts, raw["task"])
    answer = verdict(step, facts, by)
    if not answer:
        raise Refused(answer)
    values, errors = fields.read(step.needs, raw)
    errors |= {k: v for k, v in checks.check(step.name, facts, values, _world(case, values, by, at)).items() if k not in errors}
    if errors:
        raise Invalid(errors)
    frm, to = facts.state, _leads_to(step, facts)
    case.state = to.value
    if frm.is_open != to.is_open or to == State.DRAFT:
        case.closed_at = None if to.is_open else at
    row = CaseStep(id=new_id(at, after=case.id), case_id=case.id, step=step.name, frm=frm.value, to=to.value, by_id=by.id,
                   by_name=by.name, role=step.who.value, unit_id=by.unit, at=at)
    words = {k: v for k, v in values.items() if fields.FIELDS[k].kind in fields.WORDS or fields.FIELDS[k].kind in {"parts", "elements"}}
    row.given = {k: v for k, v in values.items() if k not in words}
    return Deed(case, step, by, at, facts, values, row), words


def _leads_to(step: Step, facts: CaseFacts) -> State:
    if step.to == BACK:
        return facts.before_merge or State.PENDING_REVIEW
    return step.to or facts.state


def _with_task(facts: CaseFacts, task: object) -> CaseFacts:
    from dataclasses import replace

    found = next((t for t in facts.tasks if str(t.id) == str(task)), None)
    if found is None:
        raise Invalid({"task": "没有这项任务，请刷新页面"})
    return replace(facts, task=found)


def _world(case: Case, values: dict, by: Actor, at: datetime) -> checks.World:
    master = None
    if "master" in values:
        found = queries.visible(by).filter(id=values["master"]).first()
        master = queries.facts_of(found, at) if found else None
    return checks.World(org.tree(), at, by, case.handle_due_at, master)


def _clocks(deed: Deed) -> None:
    """What the row says about clocks; EXTEND, START and REDO with their own effect are done there."""
    case, step, at = deed.case, deed.step, deed.at
    if step.clock == Clock.PAUSE:
        clocks.pause(case, at, leave=clocks.BESIDE)
    elif step.clock == Clock.RESUME:
        clocks.resume(case, at, step.label, reopen=deed.row.to == State.IN_PROGRESS)
    elif step.clock == Clock.REDO:
        clocks.redo(case, at)
    elif step.clock == Clock.STOP:
        _stop(case, deed.facts.state, step, at)
    if met := clocks.OF_STATE.get(deed.facts.state):
        if deed.row.to != deed.row.frm and met in {"review", "rule_return", "check", "callback", "park_review"}:
            clocks.meet(case, met, at)
    if step.limit and step.clock != Clock.START:
        clocks.start(case, step.limit, at)
    clocks.show_current(case)


def _stop(case: Case, frm: State, step: Step, at: datetime) -> None:
    """Handled: the clock of handling is met. Ended another way: what still runs stands still, and an undo moves it on."""
    if step.name in {"reply", "grant_termination", "grant_final"}:
        clocks.meet(case, "handle", at)
    elif frm != State.PENDING_CALLBACK:
        clocks.pause(case, at)


def write(case: Case, row: CaseStep, words: dict) -> None:
    """Seal the row into the chain and insert it. `words` lie in their own erasable row; their digests in the history."""
    salt = os.urandom(16) if words else b""
    if words:
        row.given = {**row.given, "words": {k: hash_chain.digest(salt, hash_chain.as_text(v)) for k, v in words.items()}}
    chain(case, row)
    row.save(force_insert=True)
    if words:
        StepText.objects.create(step=row, case_id=case.id, words=words, salt=salt)


def chain(case: Case, row: CaseStep) -> None:
    case.seq += 1
    row.seq = case.seq
    row.hash = hash_chain.link(case.head or hash_chain.GENESIS, row)
    case.head = row.hash


def tell(case_id: int, step: str) -> None:
    """A notice with ids only; each reader's right is checked again when it arrives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('minsheng', %s)", [notice(case_id, step)])


def notice(case_id: int, step: str) -> str:
    return f'{{"case": {case_id}, "step": "{step}"}}'
