"""The fields of a call at a desk, as its pages draw them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.desk import forms, unit_choices
from minsheng.leader_days.queries import desk_page
from minsheng.leader_days.queries.desk_page import DeskPage
from minsheng.leader_days.rules.desk_call import NAMES
from minsheng.leader_days.rules.fields import FIELDS


def fields(page: DeskPage, by: Actor, typed: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """Name -> what stands in it; `typed`: what was refused, which stands there instead."""
    found = {}
    for name, word in page.typed.items():
        label, longest = NAMES[name]
        one = {"name": name, "label": label, "longest": longest, **desk_page.shown(name, word, by)}
        if typed is not None and name in typed and not one["masked"]:
            one["text"] = typed[name]
        found[name] = one | ({"matters": forms.categories()} if name == "category" else {})
    return found


def promise(page: DeskPage, typed: Mapping[str, str], errors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Who, and by when, of a promise; what is promised are the leader's words. Begins with the desk's own unit and its leader."""
    first = {"owner_unit": page.desk.unit_id, "owner": page.desk.leader_name, "due": ""}
    kinds = {"owner_unit": "choice", "owner": "text", "due": "date"}
    return [{"name": name, "label": FIELDS[name].label, "type": kind, "value": typed.get(name) or first[name], "required": False,
             "choices": unit_choices.handlers() if name == "owner_unit" else [], "help": FIELDS[name].help if name == "due" else "",
             "error": errors.get(name, "")} for name, kind in kinds.items()]
