"""Cases made from cases: split, reopened; several merged at once.

Splitting and reopening are steps as any other: `take_step` makes the new cases in the step's own transaction, whichever way it is called.
"""

from __future__ import annotations

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.actions import locking
from minsheng.cases.actions.create import create_case, give_number, insert, look_for
from minsheng.cases.actions.take import begin, take_step
from minsheng.cases.effects import alarm, case_text, notifications
from minsheng.cases.effects.context import MAKES, Created, Deed
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseFile, CaseLink, CaseStep, CaseText
from minsheng.cases.queries import dangers
from minsheng.cases.rules import State
from minsheng.contacts import queries as people
from minsheng.files.models import StoredFile
from minsheng.kit.batch_sql import ask_together
from minsheng.kit.ids import new_id
from minsheng.kit.verdict import Refused, no


def split(deed: Deed) -> list[Created]:
    """拆单: one call, three matters (rulings, 34). Each part is a case of its own with the same requester, with its own number,
    code and message; the parent ends (rulings, 34)."""
    words = CaseText.objects.get(case_id=deed.case.id)
    return [_part(deed, words, part) for part in deed.values["parts"]]


def _files_of(parent: Case) -> list[StoredFile]:
    """What the requester had sent belongs to every part."""
    rows = CaseFile.objects.filter(case_id=parent.id, slot="requester", file__erased_at=None).select_related("file").order_by("id")
    return [row.file for row in rows]


def _part(deed: Deed, words: CaseText, part: dict) -> Created:
    parent, at = deed.case, deed.at
    case = Case(id=new_id(at), state=State.START.value, kind=part.get("kind", parent.kind), channel=parent.channel,
                language=parent.language, requester_kind=parent.requester_kind, contact=parent.contact,
                urgent=parent.urgent, district_id=parent.district_id, agent_id=parent.agent_id, agent_name=parent.agent_name,
                secrecy=parent.secrecy, sealed=parent.sealed, complained_unit_id=parent.complained_unit_id, complained_line=parent.complained_line,
                restricted=parent.restricted,
                received_at=parent.received_at, submitted_at=at, updated_at=at, parent_id=parent.id,
                call_id=parent.call_id, period_id=parent.period_id)
    if parent.marks.desk:
        mark(case, desk=parent.marks.desk, leader=parent.marks.leader)
    if part.get("category"):
        case.category = queries.category(part["category"])
    code = give_number(case, at, ask_together(**look_for(None))["running"][0]["n"])
    asks = case_text.people_of(parent)
    text = case_text.make(case, title=part.get("title", ""), narrative=part["narrative"], place=part.get("place", words.place),
                          original="", elements=part.get("elements", {}), people=asks)
    said = dangers.read_case(title=text.title, narrative=text.narrative, place=text.place, elements=text.elements)
    alarm.sound(case, said, True if said.urgent else parent.urgent)
    taken = [begin(case, "split_off", deed.by, {}, at, asks, deed.recorded_at)]
    readers = alarm.on_record(case, taken[0].row, said, "", deed.by, at, parent)
    phone = people.phone_for_sending(parent.contact) if parent.contact and not case.restricted else ""
    link = CaseLink(kind="split", case_id=case.id, other_id=parent.id, at=at)
    insert(taken, text, _files_of(parent), [*readers, *notifications.accepted(case, phone, code), link])
    return Created(case, code)


def reopen(deed: Deed) -> list[Created]:
    """关联重开: a closed matter with a new fact becomes a new case that knows its predecessor (rulings, 6)."""
    old, words = deed.case, CaseText.objects.get(case_id=deed.case.id)
    if queries.handled_anew(old):
        raise Refused(no("reopened", "这件已关联重开，新单还在办：请在新单上补充，不再另开"))
    content = {
        "kind": old.kind, "title": words.title, "category": old.category.code if old.category else "", "district": old.district_id,
        "place": words.place, "secrecy": old.secrecy, "complained_unit": old.complained_unit_id,
        **{name: deed.values[name] for name in deed.step.hands_on if name in deed.values}, **deed.content,
    }
    # What the old case keeps from others' eyes, an empty field of a form does not open.
    content |= {"secrecy": content["secrecy"] or old.secrecy, "complained_unit": content["complained_unit"] or old.complained_unit_id}
    made = create_case(by=deed.by, previous_id=old.id, after=old, **content)
    if made.replayed:
        return [made]
    mark(old, reopened=made.case.id)
    CaseLink.objects.create(kind="reopen", case_id=made.case.id, other_id=old.id, at=made.case.received_at)
    return [made]


MAKES.update(split=split, reopen=reopen)


@transaction.atomic
def merge_many(*, case_ids: list[int], master: int, by: Actor, reason: str) -> list[CaseStep]:
    """Merge several at once: all or none."""
    locking.lock_all([*case_ids, master])
    return [take_step(case_id=i, step="merge", by=by, given={"master": master, "reason": reason}) for i in sorted(case_ids)]
