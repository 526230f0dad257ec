"""Who calls at a desk: the earlier cases of the number. One that was typed is counted like every number that somebody looks for."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.contacts import number_searches
from minsheng.contacts import queries as contacts
from minsheng.telephony.queries.ringing import Caller


def earlier(*, by: Actor, caller: Caller | None, typed: str) -> list[Case]:
    """As far as the reader may see them. Refused over the reader's budget of numbers; what the exchange shows is free."""
    if caller is not None and caller.number:
        sought = number_searches.of_call(caller.number)
    else:
        sought = number_searches.asked(by=by, raw=typed)
    return lists.with_phone(by, contacts.by_phone(sought), 3) if sought else []
