"""How many full numbers one person sees in an hour: counted in the ledger, over the budget refused, told to shift leader and auditor.

Beside actions.py by subject. Times are machine time: an hour is an hour whatever the business clock says.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.contacts import rules
from minsheng.contacts.models import RevealBudget, RevealPass
from minsheng.contacts.rules import Budget, Seen
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.ledger import actions as ledger
from minsheng.ledger import queries as entries


def budget() -> Budget:
    row = RevealBudget.objects.first()
    return row.facts() if row else Budget()


def asked(*, by: Actor, about: str, reason: str, in_hand: bool = False, fixed: bool = False) -> Verdict:
    """May `by` see one more number? Call it in the transaction that writes the ledger: two at once wait for each other here."""
    in_turn(f"contacts.reveals:{by.id}")
    now = clock.machine_now()
    return rules.may_see_another(budget(), _seen(by.id, now), Seen(about, reason, now, in_hand), fixed)


def _seen(person_id: int, now: datetime) -> list[Seen]:
    let = RevealPass.objects.filter(person_id=person_id, at__gt=now - rules.HOUR).order_by("-at").values_list("at", flat=True).first()
    since = max(now - rules.HOUR, let) if let else now - rules.HOUR
    rows = entries.lately(kind="reveal", by_id=person_id, since=since, most=3 * rules.MOST)
    return [Seen(e.about, e.why, e.machine_at, bool(e.detail.get("in_hand"))) for e in rows]


def refuse(*, by: Actor, answer: Verdict) -> Refused:
    """After the transaction that was refused: the alarm stays. Returns what to raise."""
    if answer.code in {"budget", "budget_reason"}:
        seen = _seen(by.id, clock.machine_now())
        ledger.alarm(what="reveals", about=f"person:{by.id}", by_id=by.id, by_name=by.name, detail={"count": len({row.about for row in seen})})
    return Refused(answer)


@transaction.atomic
def set_budget(*, by: Actor, per_hour: int, per_reason: int, in_hand: int) -> RevealBudget:
    """New figures from now on."""
    if Role.SYSTEM_ADMIN not in by.roles:
        raise Refused(no("role", "查看号码的额度由系统管理员设定"))
    wanted = Budget(per_hour, per_reason, in_hand)
    if errors := rules.budget_fits(wanted):
        raise Invalid(errors)
    before = budget()
    row = RevealBudget.objects.create(per_hour=per_hour, per_reason=per_reason, in_hand=in_hand, at=clock.machine_now(), by_id=by.id, by_name=by.name)
    ledger.write(kind="reveal_budget", by_id=by.id, by_name=by.name, detail={
        "before": f"{before.per_hour}/{before.per_reason}/{before.in_hand}", "after": f"{per_hour}/{per_reason}/{in_hand}"})
    return row


@transaction.atomic
def allow_more(*, person_id: int, by: Actor, reason: str) -> str:
    """One more budget for a person from now on. Returns the name. `reason` as it is kept for good: `actions.let_see_more` masks it."""
    if not (answer := rules.may_allow_more(by, person_id)):
        raise Refused(answer)
    if not (answer := rules.reason_given(reason)):
        raise Invalid({"reason": answer.reason})
    name = people.names([person_id]).get(person_id)
    if name is None:
        raise Refused(no("gone", "没有这个账号"))
    RevealPass.objects.create(person_id=person_id, at=clock.machine_now(), by_id=by.id, by_name=by.name, reason=reason.strip()[:300])
    ledger.write(kind="reveal_allowed", by_id=by.id, by_name=by.name, about=f"person:{person_id}", reason=reason.strip())
    return name
