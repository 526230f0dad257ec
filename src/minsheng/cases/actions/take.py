"""The one door. A case moves only by a step: lock, verdict, what was given, effect, state, history row, one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Model

from minsheng.accounts import queries as accounts
from minsheng.accounts.rules import Actor
from minsheng.cases import queries, rules
from minsheng.cases.actions import erasures, keys, locking
from minsheng.cases.effects import alarm, clocks, notifications, sealing
from minsheng.cases.effects.by_step import EFFECTS, lapse
from minsheng.cases.effects.context import FOLLOWS, MAKES, REPEATS, Deed
from minsheng.cases.models import Case, CaseStep
from minsheng.cases.queries import given_ids
from minsheng.cases.rules import CaseFacts, Clock, State, checks, decided, fields, hash_chain
from minsheng.cases.rules.procedure import BACK, DEPENDS, PROCEDURE, WHEN_ASKED, WHEN_LAST
from minsheng.contacts import queries as contacts
from minsheng.files import actions as files
from minsheng.kit import clock, tally
from minsheng.kit.batch_sql import write_together
from minsheng.kit.ids import new_id
from minsheng.kit.notices import Notice
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.steps import Step, verdict
from minsheng.kit.uploads import has_uploads, is_upload
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.org import queries as org


def take_step(*, case_id: int, step: str, by: Actor, given: Mapping | None = None, at: datetime | None = None, key: str = "",
              content: Mapping | None = None) -> CaseStep:
    """Take `step` on the case. Refused (nothing written) with the reason, Invalid with errors by field.

    given    by the names of the step's fields; a field of files takes ids of what was kept and `kit.uploads.Upload`s, which are
             kept when the step is taken and not otherwise
    key      of the sender: the same key with the same step and content returns the row taken before (`row.replayed`); with
             other content it is refused
    content  for steps that make a case: what `create_case` takes, where that is more than the step's own fields
    `row.made` are the cases that the step made.
    """
    row, raw, kept = PROCEDURE.get(step), dict(given or {}), []
    if row is None:
        raise Refused(no("no_step", f"没有“{step}”这个步骤"))
    prepared = _prepared(case_id, row, by, raw)
    try:
        with transaction.atomic():
            return _take(case_id, row, by, raw, at, key, dict(content or {}), prepared, kept)
    except BaseException:
        files.drop_unkept(kept)
        raise


def _take(case_id: int, step: Step, by: Actor, raw: dict, at: datetime | None, key: str, content: dict, prepared: dict,
          kept: list) -> CaseStep:
    cases = locking.lock(case_id, step, raw)
    case = _opened(cases.get(case_id))
    at = at or clock.now()  # asked when the case is ours: whoever waited comes later
    facts = queries.facts_of(case, at)
    if not (seen := rules.sees(facts, by)):
        raise Refused(seen)
    if key and (before := _before(case_id, key, step, by, {**raw, **content})):
        return before
    before = decided.snapshot(case, sealing.readers_of(case))
    deed, words = enter(case, step, by, raw, at, facts, _World(cases, content, prepared, kept))
    _change(deed)
    sealing.note_changes(deed.row, case, before, {i: (other, deed.befores[i]) for i, other in deed.changed.items()})
    sent = keys.of(deed.row, key, by, {**raw, **content}) if key else None
    _keep(deed, [*filter(None, [sealing.seal(case, deed.row, words), sent]), *notifications.after(deed)])
    _tell_of(deed)
    return deed.row


def _before(case_id: int, key: str, step: Step, by: Actor, sent: dict) -> CaseStep | None:
    """The row that was taken with this key. What its answer alone could tell was lost with it, and is told anew."""
    row = keys.taken_before(case_id, key, step.name, by, sent)
    if row is not None and (again := REPEATS.get(step.name)):
        again(row)
    return row


def _tell_of(deed: Deed) -> None:
    """What the world outside the case hears of a step, when the transaction is kept."""
    transaction.on_commit(partial(tally.step, deed.row.id, deed.step.name))
    if deed.step.name in hash_chain.ERASING:
        transaction.on_commit(partial(erasures.note, deed.case.id, deed.at), robust=True)
    if follow := FOLLOWS.get(deed.step.name):
        follow(deed)


def _change(deed: Deed) -> None:
    """What the step writes beside its own row; the cases that it makes; what waits and what runs where the case now stands."""
    for do in (EFFECTS.get(deed.step.name), alarm.listen, lapse, _clocks):
        if do:
            do(deed)
    if make := MAKES.get(deed.step.name):
        deed.row.made = tuple(make(deed))
        deed.row.given = {**deed.row.given, "made": [made.case.id for made in deed.row.made]}


def _keep(deed: Deed, rows: list[Model]) -> None:
    """The step's own rows, the cases that it changed and their clocks, in one statement; the open pages hear of it."""
    deed.case.updated_at = deed.at
    new, changed = [deed.row, *rows, *deed.new], [deed.case, *deed.changed.values(), *deed.altered]
    for case in (deed.case, *deed.changed.values()):
        more, other = clocks.written(case)
        new, changed = new + more, changed + other
    write_together(new, changed, notice=notice(deed.case.id, deed.step.name))


def _opened(case: Case | None) -> Case:
    if case is None:
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    case.category = queries.categories().get(case.category_id) if case.category_id else None
    return case


def _prepared(case_id: int, step: Step, by: Actor, raw: dict) -> dict:
    """Files that come with the step, looked at and cleaned before anything is locked, but only for who may take it."""
    names = [n for n in step.fields if fields.FIELDS[n].kind == "files" and has_uploads(raw.get(n))]
    if not names:
        return {}
    case = _opened(Case.objects.select_related("contact").filter(id=case_id).first())
    facts = queries.facts_of(case)
    for answer in (rules.sees(facts, by), verdict(step, _with_task(facts, raw["task"]) if "task" in raw else facts, by)):
        if not answer:
            raise Refused(answer)
    return {upload: files.prepare(content=upload.content, name=upload.name) for n in names for upload in raw[n] if is_upload(upload)}


@dataclass
class _World:
    """What a step may reach beside its case: the cases that it touches, locked; files to keep; what a new case is made of."""

    cases: Mapping[int, Case] = field(default_factory=dict)
    content: Mapping = field(default_factory=dict)
    prepared: Mapping = field(default_factory=dict)
    kept: list = field(default_factory=list)


def enter(case: Case, step: Step, by: Actor, raw: dict, at: datetime, facts: CaseFacts, world: _World | None = None) -> tuple[Deed, dict]:
    """Verdict, what was given, the state moved in memory, the history row made (its hash comes last)."""
    world = world or _World()
    if "task" in raw:
        facts = _with_task(facts, raw["task"])
    answer = verdict(step, facts, by)
    if not answer:
        raise Refused(answer)
    values, errors = fields.read(step.needs, raw)
    errors = given_ids.unknown(values, case, by, at) | errors
    errors = checks.check(step.name, facts, values, _seen(case, values, by, at, world)) | errors
    if errors:
        raise Invalid(errors)
    _keep_uploads(values, by, world)
    frm, to = facts.state, _leads_to(step, facts)
    case.state = to.value
    if frm.is_open != to.is_open or to == State.DRAFT:
        case.closed_at = None if to.is_open else at
    row = CaseStep(id=new_id(at, after=case.id), case_id=case.id, step=step.name, frm=frm.value, to=to.value, by_id=by.id,
                   by_name=by.name, role=step.who.value, unit_id=by.unit, at=at)
    kept = {k: v for k, v in values.items() if k not in step.hands_on}
    words = {k: v for k, v in kept.items() if fields.FIELDS[k].is_words}
    row.given = {k: v for k, v in kept.items() if k not in words}
    return Deed(case, step, by, at, facts, values, row, world.cases, world.content), words


def _keep_uploads(values: dict, by: Actor, world: _World) -> None:
    """Uploads become rows; what was written to the disk is noted, so that a refusal further on takes it away again."""
    for name in [n for n, v in values.items() if has_uploads(v)]:
        ids = []
        for one in values[name]:
            if is_upload(one):
                kept = files.keep(prepared=world.prepared[one], by=by)
                world.kept.append(kept.sha256)
                one = kept.id
            ids.append(one)
        values[name] = ids


def _leads_to(step: Step, facts: CaseFacts) -> State:
    if step.to == BACK:
        return facts.merge.before or State.PENDING_REVIEW
    if step.to == WHEN_LAST:
        return facts.state if facts.merge.count else State.WITHDRAWN
    if step.to == WHEN_ASKED:
        return State.PENDING_REVIEW if facts.asked_more else facts.state
    return step.to or facts.state


def _with_task(facts: CaseFacts, task: object) -> CaseFacts:
    found = next((t for t in facts.tasks if str(t.id) == str(task)), None)
    if found is None:
        raise Invalid({"task": "没有这项任务，请刷新页面"})
    return replace(facts, task=found)


def _seen(case: Case, values: dict, by: Actor, at: datetime, world: _World) -> checks.World:
    """What checks may look at. A case to merge into that was merged itself stands for the one that it was merged into."""
    master = None
    if "master" in values:
        named = world.cases.get(values["master"])
        while named is not None and named.state == State.MERGED and named.master_id in world.cases:
            named = world.cases[named.master_id]
        master = queries.facts_of(named, at) if named is not None else None
        if master is None or not rules.sees(master, by):
            master = None
        else:
            values["master"] = master.id
    since = _round_since(case) if any(fields.FIELDS[n].has_happened for n in values) else None
    known = contacts.given_by(case.contact) if "identity" in values else frozenset()
    named = accounts.units_of(values["readers"]) if "readers" in values else {}
    return checks.World(org.tree(), at, by, case.handle_due_at, master, since, known, named, "no_contact" in values and has_number(case))


def _round_since(case: Case) -> datetime | None:
    """The last dispatch or redo; of an order brought in without its steps, the time that came with it."""
    sent = _SENT(case.id, case.id, ["dispatch", "night_dispatch", "order_redo"])
    return sent[0].at if sent else case.dispatched_at


_SENT = PreparedRows(lambda: CaseStep.objects.only("at"), "WHERE case_id = %s AND id >= %s AND step = ANY(%s) ORDER BY seq DESC LIMIT 1")


def has_number(case: Case) -> bool:
    """Does the record hold a number of the requester?"""
    return bool(case.contact_id and case.contact.phone_hash)


def _clocks(deed: Deed) -> None:
    """The limit that the row starts; whether clocks run or stand still follows from where the case now stands. A step whose end
    depends on the case, and that moves nothing, leaves them alone."""
    case, step, moved = deed.case, deed.step, deed.row.to != deed.row.frm
    own = moved or (step.to not in DEPENDS and bool(step.limit or step.clock))
    if not (own or clocks.in_hand(case)):
        return
    if own and step.limit and step.clock != Clock.START:
        clocks.start(case, step.limit, deed.at)
    clocks.settle(case, deed.facts.state, deed.at, step.label)


def notice(case_id: int, step: str) -> str:
    """Ids only; each reader's right is checked again when it arrives. `case`: what processes of the version before look for."""
    return Notice("case", case_id, what=step).payload(case=case_id)
