"""A requester is rung through the centre: the exchange gets the number of the record, nobody sees it. The call's id is the evidence."""

from __future__ import annotations

import re
from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.contacts import actions as contacts
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.language.telephones import EXTENDED
from minsheng.telephony.actions import exchange
from minsheng.telephony.models import Call

FRESH = timedelta(minutes=30)  # what was dialled earlier belongs to what was written down before


def to_requester(*, case_id: int, about: int, key: str, by: Actor) -> None:
    """The person's own telephone rings first. `about`: the row that the program gave the person to ring; `key`: hf-ROW-N, made by the page, so
    that one press sent twice is one call. Refused without a number, and where the exchange does not do it."""
    if not re.fullmatch(rf"hf-{about}-[0-9]{{1,9}}", key, re.ASCII):
        raise Invalid({"call": "请刷新本页再拨"})
    contact = cases.get(case_id, by).contact
    number = contacts.read_for_duty(contact=contact).phone if contact is not None and not contact.erased_at else ""
    if not number:
        raise Refused(no("anonymous", "诉求人没有可拨打的号码"))
    exchange.ask(lambda there: there.dial(key, by.id, number.partition(EXTENDED)[0]))


def evidence(about: int) -> int | None:
    """The newest call that was made about the row in this half hour, as the exchange's ledger knows it."""
    made = Call.objects.filter(linkedid__startswith=f"hf-{about}-", arrived_at__gte=clock.now() - FRESH)
    return made.order_by("-id").values_list("id", flat=True).first()
