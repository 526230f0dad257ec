"""Who may be named to read a restricted case, as forms offer it (rulings, 31)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minsheng.accounts import queries as people
from minsheng.cases.queries.case_page import CasePage
from minsheng.desk import unit_choices
from minsheng.kit.read_values import id_or_none
from minsheng.kit.steps import Step
from minsheng.org import queries as org


def of(step: Step, page: CasePage, typed: Mapping | None) -> list[tuple[str, str]]:
    """People of the units that have it or are to get it; where it is restricted or that is prolonged, those of the centre as well. One or two
    statements; none for a dispatch of what is not restricted, which names nobody."""
    if "lead" in step.fields:
        return _of_units(_to_get_it(page, typed)) if page.facts.restriction.on else []
    restricts = "until" in step.fields
    units = {page.facts.lead.holder, page.case.lead_id or 0} | ({task.unit for task in page.facts.tasks if task.state.is_open} if restricts else set())
    return _of_units(units) + ([(str(id_), name) for id_, name in people.centre_people()] if restricts else [])


def _to_get_it(page: CasePage, typed: Mapping | None) -> set[int]:
    """Those that the form names already, or that somebody proposed."""
    chosen: list[Any] = [(typed or {}).get("lead") or page.case.marks.found_lead]
    if typed is not None and hasattr(typed, "getlist"):
        chosen += typed.getlist("co_units")
    return {found for one in chosen if one and (found := id_or_none(str(one)))}


def _of_units(units: Iterable[int]) -> list[tuple[str, str]]:
    by_id = org.tree().by_id
    known = [unit for unit in sorted(units) if unit in by_id]
    return [(str(id_), f"{name}（{unit_choices.brief(by_id[unit])}，{roles}）") for unit in known for id_, name, roles in people.unit_people([unit])]
