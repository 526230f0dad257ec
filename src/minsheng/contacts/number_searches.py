"""Searches by a whole number: who may not see a masked number could find it by trying, so each person has a budget of numbers looked for.

Beside actions.py by subject. A number that the exchange shows costs nothing: there is somebody on the line. Times are machine time.
"""

from __future__ import annotations

from minsheng.accounts import rules as accounts
from minsheng.accounts import throttle
from minsheng.accounts.rules import Actor
from minsheng.accounts.try_limits import number_search_limits
from minsheng.contacts import queries
from minsheng.contacts.models import RevealPass
from minsheng.contacts.rules import HOUR, Sought
from minsheng.kit.verdict import Refused, no
from minsheng.ledger import actions as ledger


def asked(*, by: Actor, raw: str) -> Sought | None:
    """A number that somebody typed: one more of the budget, unless it is one of the last hour's. None: it is no number, nothing is counted.

    Refused over the budget, which shift leader and auditor are told. Call it outside a transaction: a refusal counts.
    """
    hash_ = queries.phone_hash(raw)
    if hash_ is None:
        return None
    if wait := throttle.take_once(f"number:{by.id}:{hash_.hex()}", lambda: number_search_limits(by.id, _let(by)), HOUR):
        ledger.alarm(what="searches", about=f"person:{by.id}", by_id=by.id, by_name=by.name)
        raise Refused(no("budget", f"按号码查找太多，到了额度。来电照常登记；请等 {accounts.in_words(wait)}再查，急用请值班长在值班台放行"))
    return Sought(hash_)


def _let(by: Actor) -> int:
    """The shift leader's last pass, with which a budget begins anew."""
    return RevealPass.objects.filter(person_id=by.id).order_by("-at").values_list("id", flat=True).first() or 0


def of_call(number: str) -> Sought | None:
    """The number that the exchange shows of a call that is the reader's own. None: it shows none."""
    hash_ = queries.phone_hash(number)
    return Sought(hash_) if hash_ else None
