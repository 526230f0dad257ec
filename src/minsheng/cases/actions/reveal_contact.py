"""The requester's full name and number on a case: by right, with a reason, into the ledger."""

from __future__ import annotations

from minsheng.accounts.rules import MAY_REVEAL, Actor, Role
from minsheng.cases import queries, rules
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.contacts import actions as contacts
from minsheng.contacts.actions import Revealed
from minsheng.kit.verdict import Refused, no


def name_to_ask_for(case: Case, by: Actor) -> str:
    """Whom the call-back clerk asks for at the beginning of the call; "" when the requester left no name. The number stays covered."""
    if Role.CALLBACK_CLERK not in by.roles or case.contact is None:
        return ""
    return contacts.read_for_duty(contact=case.contact).name


def reveal(*, case_id: int, by: Actor, reason: str, in_hand: bool = False, fixed: bool = False) -> Revealed:
    """Refused when the case is not the actor's, is sealed from them, holds no contact, no reason is given, or the hour's budget is spent.

    in_hand  the program gave the person this case to ring; `fixed`: the reason stands on the button and was not typed
    """
    case = queries.get(case_id, by)
    facts = queries.facts_of(case)
    if not by.roles & MAY_REVEAL:
        raise Refused(no("role", "您的岗位不能查看完整号码"))
    if not (answer := rules.sees_personal(facts, by)):
        raise Refused(answer)
    if case.contact is None:
        raise Refused(no("anonymous", "诉求人未留联系方式"))
    names = requesters.known_of([case])[case.id].names
    return contacts.reveal(contact=case.contact, by=by, about=f"case:{case_id}", reason=reason, names=names, in_hand=in_hand, fixed=fixed)
