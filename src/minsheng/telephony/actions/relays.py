"""A unit and a requester speak through the centre: neither sees a number, and that they spoke is what the exchange wrote, not what anybody says (rulings, 105)."""

from __future__ import annotations

import logging
import re
from datetime import datetime, timedelta

from django.db import transaction

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import actions as cases
from minsheng.cases import queries
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.contacts import actions as contacts
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.steps import verdict
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.language.telephones import EXTENDED
from minsheng.ledger import actions as acts
from minsheng.ledger import queries as ledger
from minsheng.telephony.actions import exchange, links
from minsheng.telephony.actions.callbacks import local
from minsheng.telephony.models import Call
from minsheng.telephony.rules import callbacks as hours
from minsheng.telephony.rules.words import Result

LEAST_TALK = timedelta(seconds=20)  # who is rung and cut off at once has not been spoken with
PAUSE = timedelta(minutes=2)  # between two calls about a case
_WORKS = "field_record"  # who may write down work on an order works on it, and speaks with its requester
_KEY = re.compile(r"rl-([0-9]{1,19})-[0-9]{1,9}", re.ASCII)
_LOOKS_BACK, _AT_ONCE = timedelta(days=1), 200
log = logging.getLogger(__name__)


@transaction.atomic
def ring(*, case_id: int, key: str, by: Actor) -> None:
    """The person's own work telephone rings first, then the number of the record. `key`: rl-CASE-N, made by the page; one press sent twice is
    one call. Refused for whom the order is not, at night, without a number on either side."""
    case = queries.get(case_id, by)
    if not (may := verdict(PROCEDURE[_WORKS], queries.facts_of(case), by)):
        raise Refused(may)
    if not (said := _KEY.fullmatch(key)) or int(said[1]) != case_id:
        raise Invalid({"call": "请刷新本页再拨"})
    now = clock.now()
    if hours.quiet(local(now)):
        raise Refused(no("quiet", f"{hours.DAY_ENDS:%H:%M} 至次日 {hours.DAY_BEGINS:%H:%M} 不打扰群众，到时再拨"))
    _once(case_id, key, now)
    own, contact = people.work_phone(by.id), case.contact
    number = contacts.read_for_duty(contact=contact).phone if contact is not None and not contact.erased_at else ""
    if not own or not number:
        raise Refused(no("number", "诉求人没有可拨打的号码" if own else "您的账号没有登记工作电话，请管理员补上再拨"))
    exchange.ask(lambda there: there.relay(key, own.partition(EXTENDED)[0], number.partition(EXTENDED)[0]))
    acts.write(kind="relay", by_id=by.id, by_name=by.name, about=f"case:{case_id}", reason="经中心拨打诉求人", detail={"call": key})


def _once(case_id: int, key: str, now: datetime) -> None:
    """By what was rung, whether its ledger has been read or not: while the worker stands or the exchange starts anew no call is known of yet."""
    in_turn(f"telephony.relays:{case_id}")
    asked = [one for one in ledger.about(f"case:{case_id}") if one.kind == "relay"]
    if any(one.at > now - PAUSE for one in asked) or Call.objects.filter(linkedid__startswith=f"rl-{case_id}-", arrived_at__gt=now - PAUSE).exists():
        raise Refused(no("again", "刚刚拨过，请两分钟后再拨"))
    if any(one.detail.get("call") == key for one in asked) or Call.objects.filter(linkedid=key).exists():
        raise Refused(no("dialled", "这一次已经拨出，请刷新本页再拨"))


def settle() -> int:
    """Calls that are over are on their case; those in which they spoke are a contact of it. How many. Repeatable."""
    now = clock.now()
    rows = Call.objects.filter(linkedid__startswith="rl-", cases=None, ended_at__isnull=False, arrived_at__gt=now - _LOOKS_BACK).order_by("arrived_at")
    return sum(_of_case(call) for call in rows[:_AT_ONCE])


def _of_case(call: Call) -> bool:
    said, centre = _KEY.fullmatch(call.linkedid), clock_actor("话务平台")
    if said is None:
        return False
    case_id = int(said[1])
    spoke = call.result == Result.ANSWERED and call.connected_at is not None and call.ended_at is not None and call.ended_at - call.connected_at >= LEAST_TALK
    if spoke and call.connected_at is not None and _still_theirs(case_id, call.linkedid):
        try:
            cases.take_step(case_id=case_id, step="relay_contact", by=centre, key=f"relay:{call.pk}",
                            given={"contact_at": call.connected_at.isoformat(), "contact_how": "phone", "call": call.pk})
        except (Refused, Invalid) as wrong:
            log.info("a call between unit and requester is no contact: %s", type(wrong).__name__)
    return links.link(call_id=call.pk, case_id=case_id, by=centre)


def _still_theirs(case_id: int, key: str) -> bool:
    """Whether who rang works on the order now: sent on in the middle, the call is no contact of the unit that got it."""
    who = next((one.by_id for one in ledger.about(f"case:{case_id}") if one.kind == "relay" and one.detail.get("call") == key), None)
    by = people.actor_by_id(who) if who else None
    if who is None or by is None:
        return who is None
    try:
        return bool(verdict(PROCEDURE[_WORKS], queries.facts_of(queries.get(case_id, by)), by))
    except Refused:
        return False
