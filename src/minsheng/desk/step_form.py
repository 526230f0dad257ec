"""Forms of the steps of any subject, drawn from its room's fields, and what was posted read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from minsheng.cases import queries as cases
from minsheng.kit import form_key
from minsheng.kit.read_times import moment
from minsheng.kit.read_values import BadValue
from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Procedure, Step
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused, Verdict

_DRAWN = {"text": "text", "long": "long", "number": "number", "day": "date", "bool": "bool", "id": "choice", "choice": "choice", "ids": "text",
          "moment": "datetime", "files": "file"}
NUMBERS = 50  # of cases that one field names


def opened(steps: list[tuple[Step, Verdict]], name: str, procedure: Procedure) -> tuple[Step | None, str]:
    """The step whose form a page opens by ?step=NAME, or why it is shut: nobody fills in a form that is refused at its end."""
    for step, answer in steps:
        if step.name == name:
            return (step, "") if answer else (None, f"“{step.label}”现在不能办：{answer.reason}")
    known = procedure.get(name)
    return None, f"“{known.label}”现在不能办：不由您办理，或者状态已经变了" if known else ""


def draw(step: Step, fields: Mapping[str, Field], choices: Mapping[str, list], typed: Any = None, errors: Mapping | None = None,
         first: Mapping | None = None, without: tuple[str, ...] = ()) -> list[dict]:
    """Descriptions for parts/field.html. `choices`: of fields that are chosen; `first`: what an empty form begins with."""
    made = []
    for need in step.needs:
        f = fields[need.rstrip("?")]
        if f.name in without:
            continue
        many = f.kind == "ids" and f.name in choices
        value: Any = (first or {}).get(f.name, "") if typed is None else typed.getlist(f.name) if many else typed.get(f.name, "")
        kind = "multi" if many else "choice" if f.name in choices else "long" if f.name == "cases" else _DRAWN[f.kind]
        offered = [(str(key), label) for key, label in choices[f.name]] if many else choices.get(f.name, list(f.choices))
        made.append({"name": f.name, "label": f.label, "type": kind, "value": value, "help": f.help, "choices": offered,
                     "required": not need.endswith("?"), "rows": 3, "max": f.longest if f.is_words else "", "error": (errors or {}).get(f.name, ""),
                     "multiple": f.kind == "files"})
    return made


def given(step: Step, post: Any, known: Mapping | None = None, fields: Mapping[str, Field] | None = None, uploads: Any = None) -> dict[str, Any]:
    """What was posted as the door wants it: numbers of cases become their ids. `known`: what the page fills in; `uploads`: files."""
    found: dict[str, Any] = came(step, uploads)
    for name in step.fields:
        many = fields is not None and fields[name].kind == "ids" and name != "cases"
        raw: Any = post.getlist(name) if many else post.get(name, "").strip()
        if raw and fields is not None and fields[name].kind == "moment":
            found[name] = city_moment(raw)
        elif raw:
            found[name] = _case_ids(raw) if name == "cases" else raw
    return {**found, **(known or {}), **form_key.seen(post)}


def city_moment(raw: str) -> str:
    """A typed time gets the city's zone. What cannot be read stays as it is: the field's own reader says so, beside what else is wrong."""
    try:
        return moment(raw, timezone.get_current_timezone()).isoformat()
    except BadValue:
        return raw


def came(step: Step, uploads: Any) -> dict[str, Any]:
    """The files that came with a form, for a step that takes some."""
    files = [Upload(one.name, one.read()) for one in uploads.getlist("files")] if uploads and "files" in step.fields else []
    return {"files": files} if files else {}


def _case_ids(raw: str) -> list[int]:
    names = list(dict.fromkeys(re.split(r"[\s,，、;；]+", raw.strip(" ,，、;；"))))
    if len(names) > NUMBERS:
        raise Invalid({"cases": f"一次最多 {NUMBERS} 件，请分开"})
    found = []
    for name in names:
        try:
            found.append(cases.id_of(name))
        except Refused:
            raise Invalid({"cases": f"没有编号为“{name[:40]}”的工单，请核对"}) from None
    return found
