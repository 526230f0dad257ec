"""A call that was to be passed on to 110, 119, … and was not answered there leaves a step on its case: by the exchange's
ledger, whatever was pressed (rulings, 106)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import OuterRef, Q, Subquery

from minsheng.accounts.rules import clock_actor
from minsheng.cases import actions as cases
from minsheng.cases.models import StepKey
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.gateway import ALLOWED
from minsheng.telephony.models import Call, CallCase, CallEvent
from minsheng.telephony.rules.calls import NOT_REACHED, why_not_reached
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.words import Direction, Result

LOOKS_BACK = timedelta(hours=12)  # the call is its agent's to be registered for so long
SETTLED = timedelta(seconds=10)
_AT_ONCE = 200
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failed:
    """Nobody answered there. `call`: the citizen's, during which it was tried."""

    key: str
    call_id: int
    target: str
    why: str


def settle() -> int:
    """How many steps were written. A call that becomes a case later has its step then. Repeatable: each attempt is a key of its own."""
    failed = [*_consulted(), *_passed_blind()]
    about: dict[int, list[int]] = {}
    for call_id, case_id in CallCase.objects.filter(call_id__in={one.call_id for one in failed}).values_list("call_id", "case_id") if failed else ():
        about.setdefault(call_id, []).append(case_id)
    wanted = [(case_id, one) for one in failed for case_id in about.get(one.call_id, ())]
    known = set(StepKey.objects.filter(key__in={one.key for _, one in wanted}).values_list("case_id", "key")) if wanted else set()
    return sum(_write(case_id, one) for case_id, one in wanted if (case_id, one.key) not in known)


def _consulted() -> Iterator[Failed]:
    """The agent rang there first, the citizen on hold: a call of its own, within the citizen's. One statement."""
    now = clock.now()
    within = Q(left_at=None) | Q(left_at__gte=OuterRef("arrived_at"))
    citizen = Call.objects.filter(within, direction=Direction.IN.value, agent_id=OuterRef("agent_id"), connected_at__lte=OuterRef("arrived_at"))
    said = CallEvent.objects.filter(call=OuterRef("pk"), kind=Kind.DIALLED.value)
    tried = Call.objects.filter(direction=Direction.OUT.value, result=Result.UNREACHED.value, transferred_to__in=ALLOWED, agent_id__isnull=False,
                                arrived_at__gt=now - LOOKS_BACK, ended_at__lt=now - SETTLED)
    rows = tried.annotate(citizen=Subquery(citizen.order_by("-connected_at").values("pk")[:1]), said=Subquery(said.values("data__target")[:1]))
    for pk, citizen_id, target, why in rows.exclude(citizen=None).order_by("arrived_at").values_list("pk", "citizen", "transferred_to", "said")[:_AT_ONCE]:
        yield Failed(f"transfer:{pk}", citizen_id, target, why_not_reached(why or ""))


def _passed_blind() -> Iterator[Failed]:
    """Sent there without asking first: what the exchange says of its dialling."""
    now = clock.now()
    sent = CallEvent.objects.filter(call=OuterRef("call_id"), kind=Kind.TRANSFERRED.value, at__lte=OuterRef("at"), data__target__in=ALLOWED)
    said = CallEvent.objects.filter(kind=Kind.DIALLED.value, at__gt=now - LOOKS_BACK, at__lt=now - SETTLED, data__target__in=[*NOT_REACHED],
                                    call__direction=Direction.IN.value).annotate(to=Subquery(sent.order_by("-at").values("data__target")[:1]))
    for pk, call_id, target, why in said.exclude(to=None).order_by("at").values_list("pk", "call_id", "to", "data__target")[:_AT_ONCE]:
        yield Failed(f"transfer:e{pk}", call_id, target, why_not_reached(why))


def _write(case_id: int, one: Failed) -> bool:
    try:
        cases.take_step(case_id=case_id, step="transfer_failed", by=clock_actor("话务平台"), given={"target": one.target, "why": one.why}, key=one.key)
    except (Refused, Invalid) as wrong:
        log.info("a failed transfer is not on its case: %s", type(wrong).__name__)
        return False
    return True
