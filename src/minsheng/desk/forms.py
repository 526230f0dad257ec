"""The form of a step, drawn from `cases.fields`, and what was posted read back. One place for every step there is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries
from minsheng.cases.queries import named_calls
from minsheng.cases.queries.case_page import CasePage
from minsheng.cases.rules import State, TaskState, fields
from minsheng.cases.rules.fields import Field
from minsheng.desk import reader_choices, unit_choices
from minsheng.kit import clock, form_key, form_seen
from minsheng.kit.read_times import moment
from minsheng.kit.read_values import BadValue
from minsheng.kit.steps import Step
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.org import queries as org

YES_NO = (("yes", "是"), ("no", "否"))
_OF_POSITION = frozenset({"position", "no_position", "why_no_position"})  # asked for only where the matter asks (rulings, 100)
_PLAIN = {"text": "text", "long": "long", "limit": "text", "number": "text", "case": "text", "phone": "text", "parts": "long", "article": "choice"}
_TYPED_SO = {"case": "填工单编号", "parts": "框里是诉求人的话：在几件事之间空一行，一段就是一件；没有空行时一行算一件"}


def step_fields(step: Step, page: CasePage, typed: Mapping | None = None, errors: Mapping | None = None,
                known: Mapping | None = None) -> list[dict]:
    """Descriptions for parts/field.html, in the order of the row; what was typed stays. `known`: what an empty form begins with."""
    drawn: list[dict] = []
    for need in step.needs:
        f = fields.FIELDS[need.rstrip("?")]
        if f.kind == "elements":
            drawn += _elements(page, typed, errors)
        if f.kind == "elements" or not f.asked or f.name in _OF_POSITION and page.facts.evidence != "position":
            continue
        if f.kind == "people":
            drawn += _readers(f, step, page, typed, not need.endswith("?"), (errors or {}).get(f.name, ""))
            continue
        drawn.append(_draw(f, page, required=not need.endswith("?"), typed=typed, error=(errors or {}).get(f.name, "")))
        if typed is None and f.name in step.hands_on and f.kind != "parts":  # what is parted is its own words
            drawn[-1]["value"] = ""  # it is about another case: what this one says is no answer
        if typed is None and known and known.get(f.name):
            drawn[-1]["value"] = known[f.name]
    return drawn


def _readers(f: Field, step: Step, page: CasePage, typed: Mapping | None, required: bool, error: str) -> list[dict]:
    """Nothing where nobody can be named: who reads it then follows from its units (rulings, 31)."""
    found = reader_choices.of(step, page, typed)
    drawn = _draw(f, page, required=required, typed=typed, error=error) | {"choices": found}
    return [drawn] if found or required or error else []


def asks(step: Step) -> bool:
    """Is there anything to fill in? A step that asks nothing is taken by one press."""
    return any(fields.FIELDS[name].asked for name in step.fields)


def parties(page: CasePage) -> list[tuple[int, str]]:
    """Who is called back on the case, by the number that they were given."""
    numbers = {case.id: case.number for _, case in page.related} | {page.case.id: page.case.number}
    return [(p.id, f"{numbers.get(p.id, p.id)}（{p.standing.label}）") for p in page.facts.callback.parties]


def _draw(f: Field, page: CasePage, required: bool, typed: Mapping | None, error: str) -> dict:
    kind, choices = ("choice", parties(page)) if f.name == "party" else _kind(f, page)
    value: Any = typed.get(f.name, "") if typed is not None else _first(f, page)
    if kind == "multi" and typed is not None:
        value = typed.getlist(f.name) if hasattr(typed, "getlist") else typed.get(f.name, [])
    return {"name": f.name, "label": f.label, "type": kind, "choices": choices, "value": value, "required": required, "help": f.help or _TYPED_SO.get(f.kind, ""),
            "error": error, "max": f.longest if f.kind in fields.WORDS else "", "rows": 8 if f.kind == "parts" else 3, "multiple": f.kind == "files"}


def _kind(f: Field, page: CasePage) -> tuple[str, list]:
    """(widget, choices) of a field."""
    drawn: dict[str, Callable[[], tuple[str, list[Any]]]] = {
        "choice": lambda: ("radio" if len(f.choices) <= 5 else "choice", list(f.choices)),
        "bool": lambda: ("radio", list(YES_NO)),
        "datetime": lambda: ("datetime", []),
        "unit": lambda: ("unit", units(f.name, page)),
        "place": lambda: ("unit", units(f.name, page)),
        "units": lambda: ("multi", [(str(i), n) for i, n in units(f.name, page)][:60]),
        "files": lambda: ("file", []),
        "position": lambda: ("position", []),
        "task": lambda: ("choice", tasks(page)),
        "agent": lambda: ("choice", [(id_, name) for id_, name, _ in people.last_seen(Role.AGENT)]),
        "checks": lambda: ("multi", list(f.choices)),
        "people": lambda: ("multi", []),
        "category": lambda: ("choice", categories(page.facts.category)),
        "article": lambda: ("choice", articles(page)),
        "call": lambda: ("choice", [(str(i), said) for i, said in named_calls.listed(page.case)]) if named_calls.kept() else ("text", []),
    }
    return drawn[f.kind]() if f.kind in drawn else (_PLAIN.get(f.kind, "text"), [])


def _first(f: Field, page: CasePage) -> Any:
    """What stands in an empty form: what is known already."""
    local = timezone.localtime(clock.now()).strftime("%Y-%m-%dT%H:%M")
    known = {
        "contact_at": local, "visited_at": local, "category": page.facts.category, "kind": page.case.kind, "title": page.title,
        "place": page.place, "district": page.case.district_id or "", "lead": page.case.marks.found_lead or "",
        "complained_unit": page.case.complained_unit_id or "", "contact_how": "phone", "narrative": page.narrative,
        "urgent": "yes" if page.case.urgent else "no", "parts": _to_be_parted(page.narrative),
    }
    if f.name == "party":
        return next((p.id for p in page.facts.callback.parties if not p.standing.is_done), "")
    if f.kind == "task":
        open_tasks = tasks(page)
        return open_tasks[0][0] if len(open_tasks) == 1 else ""
    return known.get(f.name, "")


def _to_be_parted(narrative: str) -> str:
    """What was said, as one paragraph: only a blank line that somebody puts in makes two of it. What is covered there is no case's words."""
    return "" if "*" in narrative else " ".join(narrative.split())


def _elements(page: CasePage, typed: Mapping | None, errors: Mapping | None) -> list[dict]:
    matter = queries.categories().get(page.case.category_id or 0)
    kinds = {"text": "text", "choice": "choice", "number": "text", "datetime": "text", "place": "text"}
    errors = errors or {}
    return [
        {"name": f"el-{e['key']}", "label": e["label"], "type": kinds.get(e.get("type", "text"), "text"), "help": e.get("help", ""),
         "choices": [(c, c) for c in e.get("choices", [])], "required": False,
         "value": (typed or {}).get(f"el-{e['key']}", page.typed.get(e["key"], "")), "error": errors.get(f"elements.{e['key']}") or errors.get("elements", "")}
        for e in (matter.elements if matter else [])
    ]


def units(name: str, page: CasePage) -> list[tuple[int, str]]:
    """Units to choose from: those below one's own for a second-level dispatch, districts for a place, else all that handle."""
    tree = org.tree()
    active = [u for u in tree.by_id.values() if u.active]
    if name == "district":
        rows = [u for u in active if u.kind.is_place and u.kind != "city"]
    elif name == "complained_unit":
        rows = [u for u in active if u.kind != "city"]
    elif name == "task_unit":
        rows = [u for u in active if page.facts.lead.holder and page.facts.lead.holder in u.path and u.id != page.facts.lead.holder]
    else:
        rows = [u for u in active if u.kind not in {"city", "centre"} and (name == "proposed_unit" or u.id not in page.facts.complaint.line)]
    return [(u.id, ("　" * max(0, len(u.path) - 2)) + unit_choices.brief(u)) for u in sorted(rows, key=lambda u: _order(tree, u))]


def _order(tree, unit) -> tuple:
    return tuple((tree.by_id[i].kind.value, i) for i in unit.path if i in tree.by_id)


def tasks(page: CasePage) -> list[tuple[int, str]]:
    return [(t.id, f"{t.unit}（{TaskState(t.state).label}）") for t in page.tasks if TaskState(t.state).is_open]


def categories(kept: str = "") -> list[tuple[str, str]]:
    """Leaves of the tree of matters that are in use today, under the names of their parents. `kept`: the code of one that is chosen already."""
    rows, on = queries.categories(), timezone.localtime(clock.now()).date()
    parents = {c.parent_id for c in rows.values()}
    named = {c.code: c.name for c in rows.values()}
    leaves = [c for c in rows.values() if c.id not in parents and (c.in_use(on) or c.code == kept)]
    return [(c.code, " / ".join([named.get(p, p) for p in c.path[:-1]] + [c.name])) for c in sorted(leaves, key=lambda c: c.path)]


def articles(page: CasePage) -> list[tuple[int, str]]:
    """Articles that count today for the matter, by version."""
    try:
        from minsheng.knowledge import queries as knowledge
    except ImportError:
        return []
    found = knowledge.for_category(page.facts.category, timezone.localtime(clock.now()).date()) if page.facts.category else []
    return [(a.version_id, f"{a.title}（第 {a.n} 版）") for a in found]


# --- forms that edit ------------------------------------------------------------

def _standing(step: Step, page: CasePage) -> dict[str, Any]:
    """What stands in the form of a step that edits: field -> value, elements one by one."""
    named = [fields.FIELDS[name] for name in step.fields]
    return {f.name: _first(f, page) for f in named if f.kind != "elements"} | {e["name"]: e["value"] for e in _elements(page, None, None)}


def seen(step: Step | None, page: CasePage) -> str:
    return form_seen.mark(_standing(step, page)) if step and step.desk.edits else ""


def only_changed(step: Step, post: Mapping, given: dict, page: CasePage) -> dict:
    """Of what was posted only what its writer changed. Refused when another changed the same meanwhile, or nothing is changed."""
    now = _standing(step, page)
    labels = {f.name: f.label for f in fields.FIELDS.values()} | {e["name"]: e["label"] for e in _elements(page, None, None)}
    mine = form_seen.changed(post, {n: post.get(n, "") for n in now if n in post}, now, labels, page.timeline[-1].row.by_name)
    kept = {name: value for name, value in given.items() if name in mine}
    if told := {name[3:]: post.get(name, "").strip() for name in mine if name.startswith("el-")}:
        kept["elements"] = told
    if not kept:
        raise Refused(no("unchanged", "没有改动，什么也没有写入"))
    return kept


# --- reading back ------------------------------------------------------------


def given_from(step: Step, post: QueryDict, uploads: MultiValueDict, by: Actor) -> dict:
    """What was posted as the door wants it: local times get their zone, numbers of cases become ids; files are kept with the step."""
    given: dict[str, Any] = {}
    for name in step.fields:
        f = fields.FIELDS[name]
        if value := _read(f, post, uploads, by):
            given[name] = value
    return given | form_key.seen(post)


def _read(f: Field, post: QueryDict, uploads: MultiValueDict, by: Actor) -> Any:
    raw = str(post.get(f.name, ""))
    readers: dict[str, Callable[[], Any]] = {
        "files": lambda: [Upload(u.name, u.read()) for u in uploads.getlist(f.name)],
        **dict.fromkeys(("units", "people", "checks"), lambda: [v for v in post.getlist(f.name) if v]),
        "datetime": lambda: local_time(f, raw) if raw else "",
        "case": lambda: _case(f, raw, post, by),
        "parts": lambda: [{"narrative": part} for part in _paragraphs(raw)],
        "elements": lambda: {k[3:]: v for k, v in post.items() if k.startswith("el-") and isinstance(v, str) and v.strip()},
    }
    return readers[f.kind]() if f.kind in readers else raw.strip()


def _paragraphs(raw: str) -> list[str]:
    """What stands between blank lines; where there is none, every line."""
    text = "\n".join(line.strip() for line in raw.splitlines()).strip()
    return [part.strip() for part in re.split(r"\n{2,}" if "\n\n" in text else "\n", text) if part.strip()]


def _case(f: Field, raw: str, post: Mapping, by: Actor) -> Any:
    """Typed, or chosen among the candidates that stand above the field."""
    asked = raw.strip() or (post.get("candidate", "").strip() if f.name == "master" else "")
    return asked if f.name == "party" or not asked else case_id(f, asked, by)


def local_time(f: Field, raw: str) -> str:
    """A time without a zone is of the city."""
    try:
        return moment(raw, timezone.get_current_timezone()).isoformat()
    except BadValue as wrong:
        raise Invalid({f.name: f"{f.label}{wrong}"}) from None


def case_id(f: Field, raw: str, by: Actor) -> str:
    """A number of a case that the actor may see becomes its id; one's own unknown stays an error of that field."""
    from minsheng.cases.queries import lists

    found = lists.search(by, raw.strip()).page.rows
    if len(found) != 1:
        raise Invalid({f.name: f"没有编号为“{raw.strip()[:40]}”的工单，请核对"})
    return str(found[0].id)


STATES = [(s.value, s.label) for s in State if s is not State.START]
