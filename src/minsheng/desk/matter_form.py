"""The forms of matters and of catalogue rows: drawn, and read back. No rule: what does not fit is said by the actions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from minsheng.calendar.rules import Limit
from minsheng.cases import queries as cases
from minsheng.cases.actions import categories as deeds
from minsheng.desk import unit_choices
from minsheng.dispatch import queries as catalogue
from minsheng.kit import form_seen, read_times
from minsheng.kit.read_values import Fields
from minsheng.org import queries as org

SPARE = 3  # empty rows of the template at the end of the form


def is_leaf(matter) -> bool:
    return matter.id not in {c.parent_id for c in cases.categories().values()}


def path_words(matter) -> list[str]:
    return [found.name for code in matter.path if (found := cases.category(code))]


def evidence_words(matter) -> str:
    return dict(deeds.EVIDENCE).get(matter.evidence, matter.evidence)


def limits_named() -> dict[str, str]:
    """Code of a matter, or of a limit that several share -> the words of a page."""
    rows = list(cases.categories().values())
    shared: dict[str, list[str]] = {}
    for one in rows:
        if one.limit_matter:
            shared.setdefault(one.limit_matter, []).append(one.name)
    words = {code: "、".join(names[:2]) + (f"等 {len(names)} 类" if len(names) > 2 else "") for code, names in shared.items()}
    return {one.code: one.name for one in rows} | words


def statutory_words(matter) -> str:
    """The procedure of a statute and its two limits; "" when the matter has none."""
    known = matter.statutory
    if not known.get("name"):
        return ""
    limits = [f"{word} {Limit.parse(known[key]).label}" for key, word in (("accept", "受理"), ("finish", "办结")) if known.get(key)]
    return known["name"] + ("：" if limits else "") + "，".join(limits)


def shown_elements(matter) -> list[dict]:
    types = dict(deeds.ELEMENT_TYPES)
    return [{"label": e["label"], "type": types.get(e.get("type", "text"), ""), "required": e.get("required"), "help": e.get("help", ""),
             "choices": "、".join(e.get("choices", []))} for e in matter.elements]


def lines(rows: Mapping, on: date) -> list[dict]:
    """Leaves in the order of the tree, each with its row of the catalogue of that day: {matter, in_use, names, lead, co, basis, searched}."""
    parents = {c.parent_id for c in cases.categories().values()}
    found = []
    for matter in sorted(cases.categories().values(), key=lambda c: c.path):
        if matter.id in parents:
            continue
        row, names = rows.get(matter.id), path_words(matter)
        lead, co = (catalogue.lead_words(row), catalogue.co_words(row)) if row else ("", "")
        searched = " ".join([matter.code, *names, *matter.keywords, lead, co, row.basis if row else ""])
        found.append({"matter": matter, "in_use": matter.in_use(on), "names": names, "row": row, "lead": lead, "co": co, "searched": searched,
                      "second": catalogue.second_name(row.lead_id, row.second) if row and row.lead_id and row.second else ""})
    return found


def counts_on(row, on: date) -> bool:
    return row.valid_from <= on and (row.valid_to is None or row.valid_to >= on)


# --- a matter ------------------------------------------------------------


def matter_fields(request, matter, errors: Mapping) -> list[dict]:
    typed = request.POST if request.method == "POST" else _first(matter)
    asked = [
        ("name", "名称", "text", [], "写群众听得懂的话", True), ("keywords", "关键词", "long", [], "来电人嘴里的词，用空格或顿号分开；登记时据此推荐事项", False),
        ("urgent_words", "紧急词", "text", [], "出现时提示按紧急办理", False),
        ("evidence", "答复须有的佐证", "radio", list(deeds.EVIDENCE), "", True),
        ("restricted_hint", "登记时提示限制知悉", "bool", [], "只是提示，标记由人来定", False),
        ("no_push_down", "不得下派乡镇街道", "bool", [], "法定职责在部门的（国办函〔2025〕66号）", False),
    ]
    if matter is None:
        groups = [(c.code, " / ".join(path_words(c))) for c in sorted(cases.categories().values(), key=lambda c: c.path) if len(c.path) < 3]
        asked = [("code", "代码", "text", [], "小写字母、数字和点，如 cg.light.out；建立后不再改动", True),
                 ("parent", "上级", "choice", groups, "", False), *asked]
    return [{"name": n, "label": label, "type": kind, "choices": choices, "help": hint, "required": must, "rows": 3,
             "value": typed.get(n, ""), "error": errors.get(n, "")} for n, label, kind, choices, hint, must in asked]


def _first(matter) -> dict:
    if matter is None:
        return {"evidence": "answer"}
    return {"name": matter.name, "keywords": " ".join(matter.keywords), "urgent_words": " ".join(matter.urgent_words),
            "evidence": matter.evidence, "restricted_hint": matter.restricted_hint, "no_push_down": matter.no_push_down}


def element_rows(request, matter) -> list[dict]:
    """Rows of the template as typed or kept, and some empty ones: {n, key, label, type, required, help, choices}."""
    if request.method == "POST":
        rows = _typed_elements(request.POST)
    else:
        rows = [{**e, "choices": "、".join(e.get("choices", []))} for e in (matter.elements if matter else [])]
    rows = rows + [{"type": "text"}] * SPARE
    return [{"n": n, **row} for n, row in enumerate(rows)]


def _typed_elements(post) -> list[dict]:
    found = []
    for n in range(min(60, len(post.getlist("el_label")))):
        row = {name: post.getlist(f"el_{name}")[n].strip() for name in ("key", "label", "type", "help", "choices") if n < len(post.getlist(f"el_{name}"))}
        if row.get("label"):
            found.append({**row, "required": str(n) in post.getlist("el_required")})
    return found


def read_matter(post) -> dict:
    """What `add_matter` and `change_matter` take."""
    elements, keys = [], set()
    for n, row in enumerate(_typed_elements(post)):
        key = row.get("key") or next(k for k in (f"e{m}" for m in range(n + 1, n + 200)) if k not in keys)
        keys.add(key)
        element = {"key": key, "label": row["label"][:40], "type": row.get("type") or "text", "required": row["required"]}
        element |= {"help": row["help"][:80]} if row.get("help") else {}
        element |= {"choices": _words(row["choices"])} if row.get("choices") else {}
        elements.append(element)
    return {"name": post.get("name", "").strip(), "keywords": _words(post.get("keywords", "")), "elements": elements,
            "urgent_words": _words(post.get("urgent_words", "")), "evidence": post.get("evidence", ""),
            "restricted_hint": bool(post.get("restricted_hint")), "no_push_down": bool(post.get("no_push_down"))}


_LABELS = {"name": "名称", "keywords": "关键词", "urgent_words": "紧急词", "evidence": "答复须有的佐证", "restricted_hint": "登记时提示限制知悉",
           "no_push_down": "不得下派乡镇街道", "elements": "登记时问什么"}


def standing(matter) -> dict:
    """What the form of a matter holds, as `read_matter` reads it back."""
    kept = {name: getattr(matter, name) for name in _LABELS}
    elements = [{"key": e["key"], "label": e["label"], "type": e.get("type") or "text", "required": bool(e.get("required"))}
                | {name: e[name] for name in ("help", "choices") if e.get(name)} for e in matter.elements]
    return kept | {"elements": elements}


def only_changed(post, content: Mapping, matter) -> dict:
    """Of what was posted only what its writer changed; Refused when somebody else changed the same since the form was opened."""
    now = standing(matter)
    mine = form_seen.changed(post, {name: content[name] for name in now}, now, _LABELS)
    return {name: value for name, value in content.items() if name in mine}


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(w for w in re.split(r"[\s、，,；;]+", text) if w))


# --- a row of the catalogue ------------------------------------------------------------


def rule_fields(typed: Mapping, errors: Mapping) -> list[dict]:
    asked = [("basis", "依据", "text", "法规、三定规定或裁定的名称和文号", True), ("valid_from", "自哪天起", "date", "含当日；此前受理的仍按原来的", True),
             ("note", "说明", "text", "派单员看得到", False)]
    return [{"name": n, "label": label, "type": kind, "help": hint, "required": must, "value": typed.get(n, ""), "error": (errors or {}).get(n, "")}
            for n, label, kind, hint, must in asked]


def read_rule(post) -> dict:
    """What `add_rule` takes, units as typed. Invalid for a unit that is unclear or a day that is none."""
    by_district = post.get("way") == "district"
    lead = None if by_district else unit_choices.named(post.get("lead", ""), "lead")
    co = [unit_choices.named(name, "co") for name in re.split(r"[、，,]+", post.get("co", "")) if name.strip()]
    return {"lead": org.unit(lead) if lead else None, "by_district": by_district, "basis": post.get("basis", "").strip()[:200],
            "valid_from": day(post, "valid_from"), "co": [c for c in co if c and c != lead] + (["district"] if post.get("co_district") else []),
            "note": post.get("note", "").strip()[:300]}


def day(post, name: str) -> date:
    form = Fields(post)
    found = form.read(name, read_times.day, label="日期", must=True)
    form.done()
    return found
