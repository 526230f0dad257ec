"""The one door. A case moves only by a step: lock, verdict, what was given, effect, state, history row, one transaction."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import clocks, fields, given, history, notices, queries, rules, texts
from minsheng.cases.deeds import Deed, own_files
from minsheng.cases.effects import EFFECTS, lapse
from minsheng.cases.models import Case, CaseFile, CaseLink, CaseNumber, CaseReader, CaseStep, CaseTask, OutsideKey, StepText
from minsheng.cases.procedure import BACK, PROCEDURE
from minsheng.cases.rules import CaseFacts, Clock, State, TaskState
from minsheng.contacts import actions as contacts
from minsheng.contacts import queries as people
from minsheng.kit import clock
from minsheng.kit.ids import new_id
from minsheng.kit.steps import Step, verdict
from minsheng.kit.together import Question, as_bytes, ask_together, insert_together
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.org import queries as org


@dataclass(frozen=True)
class Requester:
    """Who asks. Empty name and phone: anonymous."""

    name: str = ""
    phone: str = ""
    kind: str = "person"


@dataclass(frozen=True)
class Created:
    """`code` is the query code, shown once; "" when `replayed`: the key was used before and this is the case it made."""

    case: Case
    code: str
    replayed: bool = False


# --- taking a step ------------------------------------------------------------


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
    deed, words = _enter(case, row, by, dict(given or {}), at, facts)
    if effect := EFFECTS.get(step):
        effect(deed)
    lapse(deed)
    _clocks(deed)
    _write(case, deed.row, words)
    case.updated_at = at
    case.save(force_update=True)
    for more in deed.then:
        more()
    notices.after(deed)
    _tell(case.id, step)
    return deed.row


def _enter(case: Case, step: Step, by: Actor, raw: dict, at: datetime, facts: CaseFacts) -> tuple[Deed, dict]:
    """Verdict, what was given, the state moved in memory, the history row made (its hash comes last, in `_write`)."""
    if "task" in raw:
        facts = _with_task(facts, raw["task"])
    answer = verdict(step, facts, by)
    if not answer:
        raise Refused(answer)
    values, errors = fields.read(step.needs, raw)
    errors |= {k: v for k, v in given.check(step.name, facts, values, _world(case, values, by, at)).items() if k not in errors}
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


def _world(case: Case, values: dict, by: Actor, at: datetime) -> given.World:
    master = None
    if "master" in values:
        found = queries.visible(by).filter(id=values["master"]).first()
        master = queries.facts_of(found, at) if found else None
    return given.World(org.tree(), at, by, case.handle_due_at, master)


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


def _write(case: Case, row: CaseStep, words: dict) -> None:
    """Seal the row into the chain and insert it. `words` lie in their own erasable row; their digests in the history."""
    salt = os.urandom(16) if words else b""
    if words:
        row.given = {**row.given, "words": {k: history.digest(salt, history.as_text(v)) for k, v in words.items()}}
    _chain(case, row)
    row.save(force_insert=True)
    if words:
        StepText.objects.create(step=row, case_id=case.id, words=words, salt=salt)


def _chain(case: Case, row: CaseStep) -> None:
    case.seq += 1
    row.seq = case.seq
    row.hash = history.link(case.head or history.GENESIS, row)
    case.head = row.hash


def _tell(case_id: int, step: str) -> None:
    """A notice with ids only; each reader's right is checked again when it arrives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('minsheng', %s)", [_notice(case_id, step)])


def _notice(case_id: int, step: str) -> str:
    return f'{{"case": {case_id}, "step": "{step}"}}'


# --- making a case ------------------------------------------------------------


def create_case(*, by: Actor, kind: str, narrative: str, title: str = "", channel: str = "phone", category: str = "",
                district: int | None = None, place: str = "", elements: Mapping | None = None, urgent: bool = False,
                secrecy: bool = False, complained_unit: int | None = None, requester: Requester = Requester(), language: str = "zh",
                original: str = "", call_id: int | None = None, period_id: int | None = None, previous_id: int | None = None,
                key: tuple[str, str] | None = None, files: tuple[int, ...] = (), then: str | None = "submit",
                given: Mapping | None = None, at: datetime | None = None) -> Created:
    """Register a request and take the next step with it: submit (web and API always), answer, transfer, decline, or None: a draft.

    `key` is (source, key) of an outside system: the same key with the same content returns the case made before; with other
    content it is refused. Invalid: errors by field. All is written by one statement, which is the transaction.
    """
    at = at or clock.now()
    content = dict(kind=kind, narrative=_clean(narrative), title=_clean(title), channel=channel, category=category, district=district,
                   place=_clean(place))
    _check_content(content)
    digest = hashlib.sha256(repr(sorted(content.items(), key=str)).encode()).digest()
    who = people.given(requester.name, requester.phone, requester.kind, language)
    found = ask_together(**_look_for(key), **people.look_for(who))
    if found.get("used"):
        return _made_before(found["used"][0], digest)
    own_files(files, by, 0)
    contact_id, contact = contacts.known_or_new(who=who, found=found, by=by)
    online = Role.REQUESTER in by.roles
    case = Case(id=new_id(at), state=State.START.value, kind=kind, channel=channel, language=language, requester_kind=requester.kind,
                contact_id=contact_id, district_id=district, agent_id=0 if online else by.id, agent_name="" if online else by.name,
                urgent=urgent, secrecy=secrecy, sealed=secrecy or complained_unit is not None, complained_unit_id=complained_unit,
                received_at=at, updated_at=at, call_id=call_id, period_id=period_id, previous_id=previous_id)
    if category:
        case.category = queries.category(category)
    code = _number(case, at, found["running"][0]["n"])
    text = texts.make(case, title=content["title"], narrative=content["narrative"], place=content["place"], original=_clean(original),
                      elements=_clean_all(dict(elements or {})), name=who.name if who else "")
    actor = by if not online else Actor(by.id, by.name, by.roles, case_id=case.id)
    taken = _first_steps(case, actor, "register_online" if online else "register", _next(then, online), dict(given or {}), at)
    told = notices.accepted(case, requester.phone, code) if then == "submit" else []
    outside = OutsideKey(source=key[0], key=key[1], case_id=case.id, digest=digest) if key else None
    if _insert(case, text, files, taken, [*filter(None, [contact]), *told], outside):
        return Created(case, code)
    return _made_before(ask_together(**_look_for(key))["used"][0], digest)


def _clean(text: str) -> str:
    """Without the NUL that PostgreSQL cannot hold."""
    return text.replace("\x00", "").strip()


def _clean_all(value):
    """The same for what is nested in JSON."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {_clean_all(k): _clean_all(v) for k, v in value.items()}
    return [_clean_all(v) for v in value] if isinstance(value, list | tuple) else value


def _check_content(content: dict) -> None:
    """Invalid with one sentence a field."""
    narrative = content["narrative"]
    problems = (
        ("narrative", not narrative, "请填写诉求内容"),
        ("narrative", len(narrative) > 8000, f"诉求内容最多 8000 字，现有 {len(narrative)} 字"),
        ("title", len(content["title"]) > 120, "标题最多 120 字"),
        ("place", len(content["place"]) > 200, "地点最多 200 字"),
        ("kind", content["kind"] not in dict(rules.Kind.choices()), "请选择诉求类型"),
        ("channel", content["channel"] not in dict(rules.Channel.choices()), "渠道代码无效"),
        ("category", bool(content["category"]) and queries.category(content["category"]) is None, f"没有分类“{content['category']}”"),
        ("district", bool(content["district"]) and content["district"] not in org.tree().by_id, "没有这个区县"),
    )
    errors = {field: sentence for field, wrong, sentence in problems if wrong}
    if errors:
        raise Invalid(errors)


def _look_for(key: tuple[str, str] | None) -> dict[str, Question]:
    """The case that was made with this key, if one was; else the next running number, so that a repeat uses none up."""
    if not key:
        return {"running": ("SELECT nextval('minsheng_case_number') AS n", [])}
    used = "SELECT case_id, digest FROM cases_outsidekey WHERE source = %s AND key = %s"
    return {"used": (used, [*key]), "running": (f"SELECT nextval('minsheng_case_number') AS n WHERE NOT EXISTS ({used})", [*key])}


def _made_before(used: dict, digest: bytes) -> Created:
    if used["digest"] is not None and as_bytes(used["digest"]) != digest:
        raise Refused(no("key_reused", "同一幂等键已用于内容不同的诉求，请换一个键", "idempotency_key"))
    return Created(Case.objects.get(id=used["case_id"]), "", replayed=True)


def _next(then: str | None, online: bool) -> str | None:
    return "submit_online" if online and then == "submit" else then


def _number(case: Case, at: datetime, running: int) -> str:
    """Number: local date and a running six digits; query code: six random digits, of which only a keyed hash is kept."""
    case.number = f"{at.astimezone(clocks.city_calendar().zone):%Y%m%d}{running % 1_000_000:06d}"
    code = f"{secrets.randbelow(1_000_000):06d}"
    case.code_hash = code_hash(case.number, code)
    return code


def code_hash(number: str, code: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"query-code:{number}:{code}".encode(), "sha256")


def _first_steps(case: Case, by: Actor, first: str, second: str | None, raw: dict, at: datetime) -> list[tuple[Deed, dict]]:
    taken = [_enter(case, PROCEDURE[first], by, {}, at, queries.facts_of(case, at))]
    if second:
        step = PROCEDURE.get(second)
        if step is None or State.DRAFT not in step.frm:
            raise Refused(no("no_step", f"登记后不能直接“{second}”"))
        taken.append(_enter(case, step, by, raw, at, queries.facts_of(case, at)))
    if case.state == State.PENDING_REVIEW:
        case.submitted_at = at
    return taken


def _insert(case: Case, text, files: tuple[int, ...], taken: list[tuple[Deed, dict]], more: list[Model] = (),
            key: OutsideKey | None = None) -> bool:
    """All rows of a new case in one statement: the case, its words, number, steps, clocks, files. False: the key was used meanwhile.

    It also tells the open pages of the new case, after the commit.
    """
    said = []
    for deed, words in taken:
        salt = os.urandom(16) if words else b""
        if words:
            deed.row.given = {**deed.row.given, "words": {k: history.digest(salt, history.as_text(v)) for k, v in words.items()}}
            said.append(StepText(step=deed.row, case_id=case.id, words=words, salt=salt))
        if deed.step.name in {"register", "register_online", "split_off"}:
            deed.row.given = {**deed.row.given, "digest": history.digest(text.salt, text.narrative)}
        _chain(case, deed.row)
    clocked = [clocks.made(case, deed.step.limit, deed.at) for deed, _ in taken if deed.step.limit]
    steps, first = [deed.row for deed, _ in taken], taken[0][0].row
    brought = [CaseFile(case_id=case.id, file_id=f, step_id=first.id, slot="requester", at=case.received_at) for f in files]
    rows = [case, text, CaseNumber(number=case.number, case_id=case.id), *steps, *said, *clocked, *brought, *more]
    return insert_together(rows, once=key, notice=_notice(case.id, "register"))


# --- cases made from cases ------------------------------------------------------------


@transaction.atomic
def split_case(*, case_id: int, by: Actor, parts: list[dict], reason: str) -> list[Case]:
    """拆单: one call, three matters (practice, 1.6). Each part is a case of its own with the same requester."""
    at = clock.now()
    take_step(case_id=case_id, step="split", by=by, given={"parts": parts, "reason": reason}, at=at)
    parent = Case.objects.select_related("contact", "text").get(id=case_id)
    made = []
    for part in parts:
        case = Case(id=new_id(at), state=State.START.value, kind=part.get("kind", parent.kind), channel=parent.channel,
                    language=parent.language, requester_kind=parent.requester_kind, contact=parent.contact,
                    district_id=parent.district_id, agent_id=parent.agent_id, agent_name=parent.agent_name, secrecy=parent.secrecy,
                    sealed=parent.sealed, complained_unit_id=parent.complained_unit_id, restricted=parent.restricted,
                    received_at=parent.received_at, submitted_at=at, updated_at=at, parent_id=parent.id,
                    call_id=parent.call_id, period_id=parent.period_id)
        if part.get("category"):
            case.category = queries.category(part["category"])
        _number(case, at, ask_together(**_look_for(None))["running"][0]["n"])
        text = texts.make(case, title=part.get("title", ""), narrative=part["narrative"], place=part.get("place", parent.text.place),
                          original="", elements=part.get("elements", {}), name=texts.called(case))
        taken = [_enter(case, PROCEDURE["split_off"], by, {}, at, queries.facts_of(case, at))]
        _insert(case, text, (), taken)
        CaseLink.objects.create(kind="split", case_id=case.id, other_id=parent.id, at=at)
        _same_readers(parent, case, taken[0][0].row, at)
        made.append(case)
    return made


@transaction.atomic
def reopen_linked(*, case_id: int, by: Actor, reason: str, narrative: str, **content) -> Created:
    """关联重开: a closed matter with a new fact becomes a new case that knows its predecessor (domain, section 4 row 22)."""
    take_step(case_id=case_id, step="reopen", by=by, given={"reason": reason})
    old = Case.objects.select_related("text", "category").get(id=case_id)
    made = create_case(by=by, kind=content.pop("kind", old.kind), narrative=narrative, title=content.pop("title", old.text.title),
                       category=content.pop("category", old.category.code if old.category else ""), district=old.district_id,
                       place=content.pop("place", old.text.place), previous_id=old.id,
                       secrecy=content.pop("secrecy", old.secrecy), complained_unit=content.pop("complained_unit", old.complained_unit_id),
                       **content)
    if old.contact_id and made.case.contact_id is None:
        Case.objects.filter(id=made.case.id).update(contact=old.contact)
    if old.restricted:
        Case.objects.filter(id=made.case.id).update(restricted=True)
        _same_readers(old, made.case, CaseStep.objects.filter(case_id=made.case.id, id__gte=made.case.id).earliest("seq"), made.case.received_at)
    CaseLink.objects.create(kind="reopen", case_id=made.case.id, other_id=old.id, at=made.case.received_at)
    return made


def _same_readers(old: Case, case: Case, step: CaseStep, at: datetime) -> None:
    """A case made from a restricted one is seen by the same persons, for as long: the mark is not lost by splitting or re-opening."""
    rows = CaseReader.objects.filter(case_id=old.id, until__gt=at) if old.restricted else []
    CaseReader.objects.bulk_create(CaseReader(case_id=case.id, person_id=r.person_id, until=r.until, step_id=step.id) for r in rows)


@transaction.atomic
def merge_many(*, case_ids: list[int], master: int, by: Actor, reason: str) -> list[CaseStep]:
    """Merge several at once: all or none."""
    return [take_step(case_id=i, step="merge", by=by, given={"master": master, "reason": reason}) for i in sorted(case_ids)]


def open_tasks(case_id: int) -> int:
    return CaseTask.objects.filter(case_id=case_id, state__in=[s.value for s in TaskState if s.is_open]).count()


@transaction.atomic
def hand_to_clerk(*, case_id: int, clerk: Actor | None) -> None:
    """Note on the case whom follow-up handed its call-back to; None: nobody. A guard reads it (rulings, 16)."""
    case = Case.objects.select_for_update().get(id=case_id)
    case.marks = {**case.marks, "clerk": clerk.id if clerk else 0}
    case.save(update_fields=["marks"])
