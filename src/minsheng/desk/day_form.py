"""Forms of the steps of leader days, drawn from `leader_days.rules.fields`, and what was posted read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.desk import step_form, unit_choices
from minsheng.kit import form_key
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Invalid, Refused, Verdict
from minsheng.leader_days.queries import pages
from minsheng.leader_days.rules.fields import FIELDS

_DRAWN = {"text": "text", "long": "long", "number": "number", "day": "date", "moment": "datetime", "bool": "bool", "id": "choice", "ids": "multi",
          "choice": "choice", "files": "file"}
_NEVER_MAIN = ("amend_", "ask_", "remove_", "recall", "refuse_")  # what takes back or puts off is nobody's main action
ABSENT = {"not_asked"}  # nothing waits: such a button is not shut but not there


def draw(step: Step, by: Actor, typed: Mapping | None = None, errors: Mapping | None = None, first: Mapping | None = None,
         seats: Any = (), notices: Any = (), without: tuple[str, ...] = (), offered: Any = None) -> list[dict]:
    """Descriptions for parts/field.html. `first`: what an empty form begins with; `without`: fields that the page knows itself;
    `offered`: cases to choose from, where their numbers are not typed."""
    made = []
    for need in step.needs:
        f = FIELDS[need.rstrip("?")]
        if f.name in without:
            continue
        value = (first or {}).get(f.name, "") if typed is None else typed.get(f.name, "")
        if f.kind == "ids":
            value = [str(one) for one in (value or [])] if typed is None or not hasattr(typed, "getlist") else typed.getlist(f.name)
        made.append({"name": f.name, "label": f.label, "type": "text" if f.name == "case" and offered is None else _DRAWN[f.kind],
                     "value": value, "help": f.help, "required": not need.endswith("?"), "rows": 3,
                     "choices": _cases(offered or ()) if f.name == "case" else _choices(f.name, f.choices, by, seats, notices),
                     "max": f.longest if f.is_words else "", "error": (errors or {}).get(f.name, ""), "multiple": f.kind == "files"})
    return made


def _cases(offered: Any) -> list:
    return [(case.number, f"{case.number} {case.title}") for case in offered]


def _choices(name: str, known: tuple, by: Actor, seats: Any, notices: Any) -> list:
    ways: dict[str, Callable[[], list]] = {
        "unit": unit_choices.handlers, "owner_unit": unit_choices.handlers, "lead": unit_choices.handlers,
        "co_units": lambda: [(str(id_), label) for id_, label in unit_choices.handlers(townships=False)],
        "units": lambda: [(str(id_), label) for id_, label in unit_choices.handlers(townships=False)],
        "leader": lambda: [(p.id, f"{p.name}（{p.unit.short or p.unit.name}）") for p in people.holders(Role.LEADER)],
        "desk": lambda: [(desk.id, f"{desk.unit.short or desk.unit.name} {desk.leader_name} {desk.seat}") for desk in seats],
        "notice": lambda: [(one.id, f"{one.get_medium_display()} {one.outlet} {one.published_on}") for one in notices],
        "scheme": lambda: [(one.id, one.name) for one in pages.schemes(by)],
    }
    return ways[name]() if name in ways else list(known)


def given(step: Step, post: Any, by: Actor, known: Mapping | None = None, uploads: Any = None) -> dict[str, Any]:
    """What was posted as the door wants it: times get the city's zone, a case's number becomes its id. `known`: what the page fills in."""
    found: dict[str, Any] = step_form.came(step, uploads)
    for name in step.fields:
        f = FIELDS[name]
        raw: Any = post.getlist(name) if f.kind == "ids" else post.get(name, "").strip()
        if raw in ("", []):
            continue
        found[name] = step_form.city_moment(raw) if f.kind == "moment" else _case(raw) if name == "case" else raw
    return {**found, **(known or {}), **form_key.seen(post)}


def _case(raw: str) -> int:
    try:
        return cases.id_of(raw)
    except Refused:
        raise Invalid({"case": f"没有编号为“{raw[:40]}”的工单，请核对"}) from None


def bar(steps: list[tuple[Step, Verdict]], url: str, subject_id: int, opened: bool = False) -> list[dict]:
    """As the case page's: what needs nothing is taken at once, any other opens its form; a shut one says why."""
    here, keys = reverse(url, args=[subject_id]), iter("123456789")
    shown = [(step, answer) for step, answer in steps if answer.code not in ABSENT]
    first = next((step.name for step, answer in shown if answer and not step.name.startswith(_NEVER_MAIN)), "")
    return [{"name": step.name, "label": step.label, "allowed": bool(answer), "reason": answer.reason, "main": step.name == first and not opened,
             "url": f"{here}?step={step.name}#step" if step.asks else "", "key": next(keys, "") if answer and not opened else ""}
            for step, answer in shown]
