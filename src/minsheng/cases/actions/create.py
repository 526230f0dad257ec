"""Making a case: registered with its first steps, all rows in one statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import Model

from minsheng.accounts.rules import Actor, Role, clock_actor
from minsheng.cases import queries
from minsheng.cases.actions.content import ANONYMOUS, Content, Requester
from minsheng.cases.actions.content import read as read_content
from minsheng.cases.actions.take import CASES, begin, take_step
from minsheng.cases.effects import alarm, case_text, clocks, codes, complaint, notifications
from minsheng.cases.effects.context import REPEATS, Created, Deed, own_files
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseNumber, CaseStep, CaseText, OutsideKey
from minsheng.cases.queries import dangers
from minsheng.cases.rules import State, masking
from minsheng.cases.rules.hash_chain import who_digest, words_digest
from minsheng.cases.rules.masking import NOBODY, Known
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.contacts import actions as contacts
from minsheng.contacts import queries as people
from minsheng.files import queries as stored
from minsheng.files.models import StoredFile
from minsheng.kit import clock, engine
from minsheng.kit.batch_sql import Question, as_bytes, ask_together
from minsheng.kit.copy_rows import twin
from minsheng.kit.ids import new_id
from minsheng.kit.prepared_rows import fresh
from minsheng.kit.verdict import Refused, no


def create_case(*, by: Actor, kind: str, narrative: str, title: str = "", channel: str = "phone", category: str = "",
                district: int | None = None, place: str = "", elements: Mapping | None = None, urgent: bool | None = None,
                restricted: str = "", secrecy: bool = False, complained_unit: int | None = None, requester: Requester = ANONYMOUS,
                language: str = "zh", original: str = "", call_id: int | None = None, period_id: int | None = None,
                desk_id: int | None = None, leader_id: int | None = None, agent: Actor | None = None, previous_id: int | None = None,
                key: tuple[str, str] | None = None, files: tuple[int, ...] = (),
                then: str | None = "submit", given: Mapping | None = None, at: datetime | None = None, after: Case | None = None) -> Created:
    """Register a request and take the next step with it: submit (web and API always), answer, transfer, decline, or None: a draft.

    `key` is (source, key) of an outside system: the same key with the same content returns the case made before, with a query code
    again (the old one ends); with other content it is refused. Invalid: errors by field. All is written by one statement.
    `urgent` None, `restricted` "": the words decide. `leader_id`: whose desk it was; `agent`: who goes on with what a leader took.
    """
    at, now = at or clock.now(), clock.now()
    new = read_content(dict(
        kind=kind, narrative=narrative, title=title, channel=channel, category=category, district=district, place=place, elements=elements,
        complained_unit=complained_unit, language=language, original=original, requester=requester, key=key, restricted=restricted))
    requester, key, day = new.requester, new.key, [period_id, desk_id] if desk_id else period_id
    digest = _digest(vars(new) | {"requester": vars(requester)}, urgent, secrecy, previous_id, call_id, day, then, given or {}, _hashes(files)) if key else b""
    who = people.given(requester.name, requester.phone, requester.kind, new.language)
    found = ask_together(**look_for(key), **people.look_for(who))
    if found.get("used"):
        return _made_before(found["used"][0], digest)
    contact_id, contact = contacts.known_or_new(who=who, found=found, by=by)
    case = _case(new, by, at, contact_id=contact_id or (after.contact_id if after else None), restricted=bool(after and after.restricted),
                 secrecy=secrecy, call_id=call_id, period_id=period_id, previous_id=previous_id)
    _at_desk(case, by, desk_id, leader_id, agent)
    complaint.take_down(case, new.complained_unit, by, then, after)
    said = dangers.read_case(title=new.title, narrative=new.narrative, place=new.place, original=new.original, elements=new.elements)
    alarm.sound(case, said, urgent)
    code = give_number(case, at, found["running"][0]["n"])
    asks = masking.all_of([masking.known([(who.name, who.number)] if who else ()), case_text.people_of(after)])
    text = _text(case, new, asks)
    taken = _first_steps(case, by, then, dict(given or {}), at, now, asks)
    readers = alarm.on_record(case, taken[0].row, said, new.restricted, by, at, after)
    told = notifications.accepted(case, _rings(who, after), code) if then in _ACCEPTED else []
    outside = _KeyRow(source=key[0], key=key[1], case_id=case.id, digest=digest) if key else None
    if insert(taken, text, own_files(files, by, 0), [*filter(None, [contact]), *told, *readers], outside):
        return Created(case, code)
    return _made_before(ask_together(**look_for(key))["used"][0], digest)


def _rings(who: people.GivenContact | None, after: Case | None) -> str:
    """The number that is told. Whoever opens a case anew and leaves none has that of the case before."""
    if who is not None:
        return who.rings
    return people.phone_for_sending(after.contact) if after is not None and after.contact is not None else ""


_ACCEPTED = {"submit", "hand_over_in_person"}  # the requester is told number and code


def _case(new: Content, by: Actor, at: datetime, *, secrecy: bool, **more) -> Case:
    """The row before its first step, not saved."""
    online = Role.REQUESTER in by.roles
    case = fresh(Case, id=new_id(at), state=State.START.value, kind=new.kind, channel=new.channel, language=new.language,
                 requester_kind=new.requester.kind, district_id=new.district, agent_id=0 if online else by.id,
                 agent_name="" if online else by.name, secrecy=secrecy, sealed=secrecy, received_at=at, updated_at=at, **more)
    case.category = queries.category(new.category)
    return case


def _at_desk(case: Case, by: Actor, desk_id: int | None, leader_id: int | None, agent: Actor | None) -> None:
    """Of leader days. What a leader took is gone on with by the agent beside, who is asked when it is sent back."""
    if desk_id:
        mark(case, desk=desk_id, leader=leader_id)
    if Role.LEADER in by.roles:
        case.agent_id, case.agent_name = (agent.id, agent.name) if agent else (0, "")


def _text(case: Case, new: Content, asks: Known) -> CaseText:
    return case_text.make(case, title=new.title, narrative=new.narrative, place=new.place, original=new.original, elements=new.elements,
                          people=asks)


def look_for(key: tuple[str, str] | None) -> dict[str, Question]:
    """The case that was made with this key, if one was; else the next running number, so that a repeat uses none up."""
    if not key:
        return {"running": ("SELECT nextval('minsheng_case_number') AS n", [])}
    used = "SELECT case_id, digest FROM cases_outsidekey WHERE source = %s AND key = %s"
    return {"used": (used, [*key]), "running": (f"SELECT nextval('minsheng_case_number') AS n WHERE NOT EXISTS ({used})", [*key])}


_NumberRow, _KeyRow = twin(CaseNumber), twin(OutsideKey)
_WHOLE = b"\2"  # what a digest of the whole content begins with; those without it cover seven fields and are of an older version


def _digest(*content) -> bytes:
    """Of all that a request brings: a key that comes again with a phone or a mark of secrecy more is not the same request."""
    text = json.dumps(content, default=str, ensure_ascii=True, sort_keys=True)
    return _WHOLE + hashlib.sha256(text.encode()).digest()


def _hashes(ids: tuple[int, ...]) -> list[str]:
    """Files by their bytes: uploaded once more they have other ids."""
    kept = stored.many(list(ids)) if ids else {}
    return [kept[i].sha256 for i in ids if i in kept]


def _made_before(used: dict, digest: bytes) -> Created:
    case, before = Case.objects.get(id=used["case_id"]), as_bytes(used["digest"])
    if before is not None and before.startswith(_WHOLE) and len(before) == len(digest) and before != digest:
        raise Refused(no("key_reused", f"这份内容已登记为 {case.number}，与现在填写的不同。要改请在该工单上补充或更正；要另登一件请重新开始",
                         "idempotency_key"))
    return Created(case, renew_code(case_id=case.id), replayed=True)


def renew_code(*, case_id: int) -> str:
    """The answer with the query code was lost on its way: whoever has the key of the request gets another, and the old one ends.

    "" when the case is erased: nothing is left to be opened.
    """
    try:
        return take_step(case_id=case_id, step="renew_code", by=clock_actor("重发查询码"), given={"why": "同一份提交再次送达"}).code
    except Refused:
        return ""


def _code_of_made(row: CaseStep) -> None:
    row.made = tuple(Created(made.case, renew_code(case_id=made.case.id), replayed=True) for made in row.made)


def _code_of_step(row: CaseStep) -> None:
    row.code = renew_code(case_id=row.case_id)


# The parts of a split are not told by a code but by messages and by the number of their parent.
REPEATS.update(reopen=_code_of_made, new_code=_code_of_step)


def _next(then: str | None, online: bool) -> str | None:
    return "submit_online" if online and then == "submit" else then


def give_number(case: Case, at: datetime, running: int) -> str:
    """Number: local date and a running six digits; query code: random digits, of which only a keyed hash is kept."""
    case.number = f"{at.astimezone(clocks.city_calendar().zone):%Y%m%d}{running % 1_000_000:06d}"
    return codes.give(case)


def _first_steps(case: Case, by: Actor, then: str | None, raw: dict, at: datetime, now: datetime, asks: Known) -> list[Deed]:
    online = Role.REQUESTER in by.roles
    first = "register_online" if online else "take_in_person" if Role.LEADER in by.roles else "register"
    second = _next(then, online)
    by = Actor(by.id, by.name, by.roles, case_id=case.id) if online else by
    taken = [begin(case, first, by, {}, at, asks, now)]
    if second:
        step = PROCEDURE.get(second)
        if step is None or State.DRAFT not in step.frm:
            raise Refused(no("no_step", f"登记后不能直接“{second}”"))
        taken.append(begin(case, second, by, raw, at, asks, now))
    return taken


def insert(taken: list[Deed], text: CaseText, files: Sequence[StoredFile], more: list[Model], key: OutsideKey | None = None) -> bool:
    """All rows of a new case in one statement: the case, its words, number, steps, clocks, files. False: the key was used meanwhile.

    It also tells the open pages of the new case, after the commit.
    """
    case, first, asks = taken[0].case, taken[0].row, taken[0].asks or NOBODY
    filed = {"files": [file.id for file in files]} if files else {}
    first.given = {**first.given, "digest": words_digest(text), "who": who_digest(text, case.contact_id), **filed}
    brought = case_text.hang(case.id, files, step_id=first.id, slot="requester", at=case.received_at, people=asks)
    return engine.keep_new(CASES, taken, [text, _NumberRow(number=case.number, case_id=case.id), *brought, *more], once=key)
