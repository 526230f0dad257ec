"""Cases made from cases: split, reopened; several merged at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.actions.create import Created, create_case, give_number, insert, look_for
from minsheng.cases.actions.take import enter, take_step
from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseLink, CaseReader, CaseStep
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.batch_sql import ask_together
from minsheng.kit.ids import new_id


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
        give_number(case, at, ask_together(**look_for(None))["running"][0]["n"])
        text = case_text.make(case, title=part.get("title", ""), narrative=part["narrative"], place=part.get("place", parent.text.place),
                          original="", elements=part.get("elements", {}), name=case_text.called(case))
        taken = [enter(case, PROCEDURE["split_off"], by, {}, at, queries.facts_of(case, at))]
        insert(case, text, (), taken)
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
