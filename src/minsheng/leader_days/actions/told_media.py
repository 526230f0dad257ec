"""The publicity side is told that a lead it follows has ended: of which period and approved when, no word of the case."""

from __future__ import annotations

from django.db.models import Model

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Role
from minsheng.cases.effects import clocks
from minsheng.kit.engine import Deed
from minsheng.leader_days.models import MediaLead
from minsheng.leader_days.rules.media import LeadState
from minsheng.messages import actions as messages


def of_end(deed: Deed[MediaLead]) -> list[Model]:
    """Rows that are not saved yet: a reporter may be on the way, and what was printed may have to be withdrawn."""
    lead = deed.subject
    if deed.step.to is not LeadState.ENDED or lead.approved_at is None:
        return []
    template = "lead_ended_published" if lead.published_on else "lead_ended"
    told = {person.phone: person.name for person in people.holders(Role.MEDIA) if person.phone}
    context = {"period": lead.period.number, "day": f"{clocks.local_day(lead.approved_at):%m月%d日}"}
    return [messages.written(channel="work", to=phone, template=template, about=f"lead:{lead.id}", context={"name": name, **context})
            for phone, name in sorted(told.items())]
