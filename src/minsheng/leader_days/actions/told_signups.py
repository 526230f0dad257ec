"""What those who handed in a topic are told when their period does not take place: by message, once, with the step that cancels it."""

from __future__ import annotations

from django.db.models import Model

from minsheng.contacts import queries as contacts
from minsheng.leader_days.models import Period, Signup
from minsheng.leader_days.rules.signups import SignupState
from minsheng.messages import actions as messages


def of_cancelled(period: Period) -> list[Model]:
    """Rows that are not saved yet: to each number once, however many topics came from it. Three statements at most."""
    waiting = list(Signup.objects.filter(period_id=period.id, state__in=(SignupState.WAITING, SignupState.TAKEN), contact_id__isnull=False).order_by("id"))
    known = contacts.people([one.contact_id for one in waiting if one.contact_id])
    found: dict[str, Model] = {}
    for one in waiting:
        number = known.get(one.contact_id or 0, ("", ""))[1]
        if number and number not in found:
            found[number] = messages.written(channel="sms", to=number, template="period_cancelled", language=one.language,
                                             context={"period": period.number, "number": one.number}, about=f"signup:{one.id}")
    return list(found.values())
