"""Cases as they were known at a moment: steps, rounds and answers as `rules.outcome` reads them. Five statements for any number of cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from minsheng.cases.models import Case, CaseLink, CaseRound, CaseStep
from minsheng.measures import leads_of_case
from minsheng.proofs.rules.outcome import Known, Round, Taken, excluded_rounds

_CASE = ("id", "number", "imported", "undated", "reached", "solved", "satisfaction", "redos", "lead_id", "contact_due_at", "contacted_at",
         "contact_typed_at", "contact_waived_at", "contacted", "handle_due_at", "replied_at")
_SAYS = ("record_callback", "from_merged")  # on an order, of whoever is merged into it
_REDO = "order_redo"


def at_moment(ids: Iterable[int], moment: datetime) -> dict[int, tuple[str, Known]]:
    """case -> (number, what was known of it). Cases that were brought in and had no step of ours are left out: others decided them."""
    ids = sorted(set(ids))
    rows = {case.id: case for case in Case.objects.filter(id__in=ids).only(*_CASE)}
    links = CaseLink.objects.filter(kind="merge", case_id__in=ids).values_list("case_id", "other_id")
    orders: dict[int, set[int]] = defaultdict(set)
    for case_id, other in links:
        orders[case_id].add(other)
    steps = _steps({*ids, *(order for each in orders.values() for order in each)}, moment)
    rounds: dict[int, list[CaseRound]] = defaultdict(list)
    for one in CaseRound.objects.filter(case_id__in=ids).order_by("case_id", "n"):
        rounds[one.case_id].append(one)
    found = {}
    for id_, case in rows.items():
        own = steps.get(id_, [])
        if any(not _is_brought(one) for one in own):
            heard = [one for order in sorted(orders[id_]) for one in steps.get(order, []) if one.step in _SAYS and one.given.get("party") == id_]
            found[id_] = (case.number, _known(case, own, heard, rounds[id_]))
    return found


def _is_brought(one: Taken) -> bool:
    return bool(one.given.get("imported"))


def _steps(ids: Iterable[int], moment: datetime) -> Mapping[int, list[Taken]]:
    found: dict[int, list[Taken]] = defaultdict(list)
    ids = sorted(ids)
    rows = CaseStep.objects.filter(case_id__in=ids, id__gte=ids[0] if ids else 0).order_by("case_id", "seq")
    for case_id, step, to, at, recorded, given in rows.values_list("case_id", "step", "to", "at", "recorded_at", "given"):
        known = recorded or at
        if known < moment:
            found[case_id].append(Taken(case_id, step, to, known, given if isinstance(given, dict) else {}))
    return found


def _known(case: Case, own: list[Taken], heard: list[Taken], past: list[CaseRound]) -> Known:
    """Rounds that a redo ended later are in hand still, as far as is known: they lie in their own rows by now."""
    redos = sum(one.step == _REDO for one in own)
    told = _contacted(own)
    out = excluded_rounds(own)
    rounds = [_round(row, told.get(row.n), row.n in out) for row in past if row.n <= redos]
    if case.redos <= redos:
        rounds.append(_round(case, told.get(redos), redos in out))
    no_call = not any(one.step == "record_callback" for one in own)
    answers = (case.solved, case.satisfaction) if case.imported and case.reached is not None and no_call else None
    return Known(case.id, own, heard, tuple(rounds), tuple(_former(own)), case.undated, answers)


def _former(own: list[Taken]) -> Iterator[leads_of_case.Former]:
    columns: dict[str, Any] = {}
    for one in own:
        after = one.given.get("after", {})
        if former := leads_of_case.left(one.step, one.known, columns, after):
            yield former
        columns |= after


def _contacted(own: list[Taken]) -> dict[int, bool]:
    """Round -> has the unit contacted the requester, as the last answer of the order's own requester says."""
    found: dict[int, bool] = {}
    for one in own:
        said, party = one.given.get("contacted"), one.given.get("party", one.case_id)
        if one.step in ("record_callback", "answer_callback") and isinstance(said, bool) and party == one.case_id:
            found[int(one.given.get("round") or 0)] = said
    return found


def _round(row: Any, contacted: bool | None, excluded: bool) -> Round:
    return Round(row.lead_id, row.contact_due_at, row.contacted_at, row.contact_typed_at, row.contact_waived_at, row.handle_due_at,
                 row.replied_at, contacted, excluded)
