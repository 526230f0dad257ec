"""Signed replies checked by the clock, each once: findings with their evidence. Nothing else changes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep
from minsheng.kit import clock, engine
from minsheng.kit.ids import new_id
from minsheng.oversight.actions.kinds import FINDINGS
from minsheng.oversight.models import Finding, FindingStep, ReplyPrint
from minsheng.oversight.queries import claimed_calls, stock_phrases
from minsheng.oversight.queries import replies as read
from minsheng.oversight.rules import reply_checks
from minsheng.oversight.rules.findings import FindingState
from minsheng.oversight.rules.reply_checks import Found

NEWS, AT_ONCE = timedelta(days=30), 200


def check(*, at: datetime | None = None) -> int:
    """Replies that were signed lately and not looked at. Safe to repeat. How many were looked at."""
    at = at or clock.now()
    new = CaseStep.objects.filter(step="reply", at__gt=at - NEWS, at__lte=at).filter(~Exists(ReplyPrint.objects.filter(step_id=OuterRef("id"))))
    return sum(_check(step, at) for step in list(new.order_by("at", "id")[:AT_ONCE]))


@transaction.atomic
def _check(step: CaseStep, at: datetime) -> bool:
    """Under the lock of its case: whoever comes second finds the reply looked at. Its print and its findings are kept together."""
    case = Case.objects.select_for_update(of=("self",)).select_related("contact").get(id=step.case_id)
    if ReplyPrint.objects.filter(step_id=step.id).exists():
        return False
    found: list[Found] = []
    mine: frozenset[int] = frozenset()
    stock = stock_phrases.pattern(clocks.local_day(step.at))
    draft = 0
    if not case.erased and (read_of := read.seen(case, step)):
        seen, draft = read_of
        found, mine = reply_checks.of(seen, stock), reply_checks.shingles(seen.text, stock)
    if against := claimed_calls.of_round(step):
        found.append(Found(reply_checks.Check.CALLS, against))
    if alike := read.alike(case, mine, stock):
        found.append(Found(reply_checks.Check.COPY, f"除数字和常用语外，与另一件的答复有 {alike[1]:.0%} 相同", alike[0]))
    ReplyPrint.objects.create(step_id=step.id, case_id=case.id, draft_id=draft, sketch=reply_checks.sketch(mine))
    for each in {one.check: one for one in found}.values():
        _note(case, step, each, at)
    return True


def _note(case: Case, step: CaseStep, found: Found, at: datetime) -> None:
    one = Finding(id=new_id(at), state=FindingState.NEW.value, case_id=case.id, reply_step=step.id, updated_at=at)
    one.case = case
    given: dict[str, Any] = {"check": found.check.value, "case": case.id, "reply": step.id, "unit": step.unit_id or case.lead_id, "evidence": found.evidence}
    engine.make(FINDINGS, one, "note_finding", by=clock_actor("答复核查"), given=given | ({"other": found.other} if found.other else {}), at=at)


def judge(*, finding_id: int, step: str, by: Actor, given: dict[str, Any] | None = None, key: str = "", at: datetime | None = None) -> FindingStep:
    row: FindingStep = engine.take(FINDINGS, finding_id, step, by=by, given=given, at=at, key=key)
    return row
