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
    """Two statements, and one for each time that one was merged or split."""
    own = list(Case.objects.filter(id__in=set(case_ids)).only(*_COLUMNS))
    handled, urgent = _handled_as(own), _emergencies([case.id for case in own if case.state == State.DECLINED])
    return {case.id: as_it_stands(_end(case, case.id in urgent), [_end(one) for one in handled.get(case.id, ())]) for case in own}


def _handled_as(cases: Iterable[Case]) -> dict[int, list[Case]]:
    """Of those that were merged or split: the cases in which it is handled, also where a part was merged or split again."""
    left = [case for case in cases if case.state in (State.MERGED, State.SPLIT)]
    if not left:
        return {}
    next_to = Q(id__in={case.master_id for case in left if case.master_id}) | Q(parent_id__in=[case.id for case in left if case.state == State.SPLIT])
    beside = list(Case.objects.filter(next_to).only(*_COLUMNS).order_by("id"))
    further = _handled_as(beside)
    ends = {case.id: [end for one in beside if one.id == case.master_id or one.parent_id == case.id for end in further.get(one.id, [one])] for case in left}
    return {id_: list({end.id: end for end in found}.values()) for id_, found in ends.items()}


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
