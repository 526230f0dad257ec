"""What the requester and the unit are told when a step is taken, as its row says: rows in the outbox, in the step's own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from minsheng.accounts import queries as people
from minsheng.calendar import rules as time_rules
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import Deed
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.contacts import queries as contacts
from minsheng.messages import actions as messages
from minsheng.messages import queries as sent
from minsheng.messages.models import Message
from minsheng.org import queries as org

EVERY = timedelta(hours=1)


def accepted(case: Case, phone: str, code: str) -> list[Message]:
    """Number and query code at acceptance (rulings, 37): the row, inserted with the case; nothing where it is restricted."""
    if not phone or case.restricted:
        return []
    return [messages.written(channel="sms", to=phone, template="accepted", context={"number": case.number, "code": code},
                             language=case.language, about=f"case:{case.id}")]


def after(deed: Deed) -> list[Message]:
    """Rows that are kept with the step, as its row says."""
    case, said = deed.case, deed.step.message
    if said.apart:
        return []
    told = _ring_duty(deed, said.duty) if said.duty and case.urgent else []
    if template := _for_unit(deed):
        told += _tell_unit(deed, template)
    if not said.requester:
        return told
    lead = org.tree().full(case.lead_id)
    due = time_rules.for_public(case.handle_due_at, clocks.city_calendar(), deed.at) if case.handle_due_at else ""
    for one in _requesters(deed):
        told += _tell(one, said.requester, {"number": one.number, "lead": lead, "due": due, "code": deed.row.code})
    return told


def _requesters(deed: Deed) -> list[Case]:
    """Whom the step concerns: the case's own requester; of an order's progress those merged into it as well, each by their own number."""
    case = deed.case
    if deed.step.message.alone:
        return [case]
    merged = Case.objects.filter(master_id=case.id, state=State.MERGED).select_related("contact").order_by("id") if case.marks.merged else ()
    return [one for one in (case, *merged) if not one.marks.left]


def _tell(case: Case, template: str, context: dict[str, Any]) -> list[Message]:
    if case.erased or case.restricted or case.contact is None:  # a restricted matter is not spoken of on a telephone's screen
        return []
    phone = contacts.phone_for_sending(case.contact)
    return [messages.written(channel="sms", to=phone, template=template, context=context, language=case.language, about=f"case:{case.id}")] if phone else []


def _for_unit(deed: Deed) -> str:
    """The template of what the unit is told, of a step that a merged requester took as that step says. Only what lies with a unit."""
    carried = PROCEDURE.get(deed.values.get("said", "")) if deed.step.message.carried else deed.step
    with_unit = deed.case.lead_id is not None and State(deed.case.state).held_by == "unit"
    return carried.message.unit if carried and with_unit else ""


def _tell_unit(deed: Deed, template: str) -> list[Message]:
    """At most once an hour for an order and the unit that has it: ten taps of one requester are one message."""
    since = max(filter(None, (deed.at - EVERY, deed.case.marks.sent_at)))
    lately = sent.lately(about=f"case:{deed.case.id}", template=template, since=since)
    return [] if lately else to_unit(deed.case, template, deed.at)


def to_unit(case: Case, template: str, at: datetime, **context: str) -> list[Message]:
    """A work message (not saved) to the duty phone of the unit that has the order, else to its liaison; nothing where it has neither, nor
    to a unit that is complained of since the tree changed, until the clock has taken the order from it."""
    if queries.led_by_line(case):
        return []
    duty = next(iter(org.on_duty(case.lead_id, at)), None)
    reached = (duty.name, duty.phone) if duty else people.liaison_phone(queries.acting_for(case.lead_id))
    return [_work(case, *reached, template, **context)] if reached else []


def units_reached(units: Iterable[int], at: datetime) -> list[int]:
    """Of these units those of which somebody would be told: what `to_unit` does, for many. Two statements."""
    listed = org.on_duty_many(units, at)
    act = {unit: queries.acting_for(unit) for unit, on in listed.items() if not on}
    spoken_for = people.with_liaison_phone(act.values())
    return [unit for unit in listed if unit not in act or act[unit] in spoken_for]


def _ring_duty(deed: Deed, template: str) -> list[Message]:
    """The unit's duty phone rings for urgent orders: nobody watches a web page (rulings, 37)."""
    return [_work(deed.case, duty.name, duty.phone, template) for duty in org.on_duty(deed.case.lead_id, deed.at)[:1]]


def _work(case: Case, name: str, phone: str, template: str, **context: str) -> Message:
    return messages.written(channel="work", to=phone, template=template, context={"number": case.number, "name": name, **context},
                            about=f"case:{case.id}")
