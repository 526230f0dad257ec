"""How cases stand, as far as 110 may know it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from minsheng.cases.models import Case, CaseStep
from minsheng.cases.rules import State
from minsheng.cases.rules.states import DeclineReason
from minsheng.inter_agency.rules import End, Said, as_it_stands
from minsheng.org import queries as org

_COLUMNS = ("id", "number", "state", "lead_id", "closed_at", "sealed", "secrecy", "restricted", "complained_line", "master_id", "parent_id")


def of(case_ids: Iterable[int]) -> dict[int, Said | None]:
    """Three statements."""
    ids = set(case_ids)
    own = {case.id: case for case in Case.objects.filter(id__in=ids).only(*_COLUMNS)}
    masters = {case.master_id for case in own.values() if case.master_id}
    beside = list(Case.objects.filter(Q(id__in=masters) | Q(parent_id__in=ids)).only(*_COLUMNS).order_by("id")) if own else []
    urgent = _emergencies([case.id for case in own.values() if case.state == State.DECLINED])
    return {case.id: as_it_stands(_end(case, case.id in urgent), [_end(one) for one in beside if one.id == case.master_id or one.parent_id == case.id])
            for case in own.values()}


def _emergencies(declined: list[int]) -> set[int]:
    if not declined:
        return set()
    rows = CaseStep.objects.filter(case_id__in=declined, step="decline").order_by("seq").values_list("case_id", "given__decline_reason")
    return {case for case, reason in dict(rows).items() if reason == DeclineReason.EMERGENCY}


def _end(case: Case, emergency: bool = False) -> End:
    """110 is a party like any other: what is sealed, restricted or about somebody is not told to it."""
    state = State(case.state)
    quiet = bool(case.sealed or case.secrecy or case.restricted or case.complained_line)
    unit = org.tree().name(case.lead_id) if case.lead_id and not quiet else ""
    return End(case.number, state.value, state.public or state.label, state.is_open, unit, case.closed_at, quiet, emergency)
