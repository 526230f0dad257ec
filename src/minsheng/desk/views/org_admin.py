"""Units for the administrators: the tree, one unit's page with its history and duty list, and the changes of the tree."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import queries as accounts
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import ADMINISTRATORS, Role
from minsheng.cases import queries as cases
from minsheng.cases.queries import unit_lists
from minsheng.desk import unit_choices
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock, form_seen, toast
from minsheng.kit.read_times import moment
from minsheng.kit.read_values import Fields, id_or_none
from minsheng.kit.templatetags.show import typed_time
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import actions, queries, rules
from minsheng.org.rules import UnitKind

READERS = tuple(sorted(ADMINISTRATORS))
KINDS = [(kind.value, kind.label) for kind in UnitKind if kind is not UnitKind.CITY]
WHAT = {"created": "设立", "renamed": "更名", "corrected": "更正", "moved": "调整隶属", "merged": "并入", "closed": "停用", "reopened": "恢复使用",
        "duty": "值班表", "hears_centre": "受理反映热线中心的诉求", "tile": "方格图上的位置", "around": "大致范围"}
_DEEDS = {"correct": "更名或更正", "move": "调整隶属", "merge": "并入其他单位", "close": "停用", "reopen": "恢复使用",
          "hear": "指定为受理反映热线中心的诉求"}
_SAID = {"correct": "已更名或更正，旧名称留在历史里", "move": "已调整隶属，下级一并移动", "merge": "已并入，未办结工单由接收单位办理",
         "close": "已停用，不再派单到这里", "reopen": "已恢复使用", "hear": "已指定：反映热线中心的诉求由这里受理，热线中心的人看不到"}


# --- the tree --------------------------------------------------------------------


@never_cache
@needs(*READERS)
@require_safe
def tree(request):
    """?q= part of a name, short name or code; ?closed=1 shows those out of use too."""
    words, closed = request.GET.get("q", "").strip()[:80], bool(request.GET.get("closed"))
    found = queries.tree()
    shown = {u.id for u in found.by_id.values() if u.active or closed}
    hits = {i for i in shown if words and any(words in text for text in (found[i].name, found[i].short, found[i].code))}
    opened = {step for i in hits for step in found[i].path}
    keep = opened if words else shown
    nodes = _nodes(found, [u for u in found.by_id.values() if u.id in keep], hits, opened, accounts.counts_by_unit())
    return render(request, "desk/units/tree.html", {"nodes": nodes, "words": words, "hits": len(hits), "total": len(shown), "closed": closed,
                                                    "may": rules.may_shape(request.actor.roles)})


def _nodes(found, rows: list, hits: set[int], opened: set[int], people: dict[int, int]) -> list[dict]:
    """Nested rows for the page, parents before children."""
    made: dict[int, dict] = {}
    top: list[dict] = []
    for unit in sorted(rows, key=lambda u: len(u.path)):
        node = {"unit": unit, "below": [], "hit": unit.id in hits, "open": unit.id in opened or len(unit.path) < 2, "people": people.get(unit.id, 0)}
        made[unit.id] = node
        above = made.get(unit.path[-2]) if len(unit.path) > 1 else None
        (above["below"] if above else top).append(node)
    return top


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A unit below another one (?parent=)."""
    errors, typed = {}, request.POST if request.method == "POST" else request.GET
    if request.method == "POST":
        try:
            made = actions.open_unit(code=typed.get("code", "").strip(), name=typed.get("name", ""), kind=typed.get("kind", ""), by=request.actor,
                                     parent_id=id_or_none(typed.get("parent", "")), short=typed.get("short", "").strip()[:40],
                                     phone=typed.get("phone", "").strip()[:40], came_from_id=id_or_none(typed.get("came_from", "")) or 0)
            return toast.leave(redirect("unit-page", made.id), f"{made.name}已设立，可以派单和开立账号")
        except Invalid as wrong:
            errors = wrong.errors
    rows = [("name", "全称", "text", "按批准文件上的名称", True), ("short", "简称", "text", "列表和短信里用", False),
            ("code", "代码", "text", "以后不改，导入导出用", True), ("kind", "类型", "choice", "", True), ("parent", "上级", "unit", "", True),
            ("phone", "对外电话", "phone", "诉求人能看到", False),
            ("came_from", "拆自或接替", "unit", "由哪个单位拆分或改组而来；反映原单位的诉求，这里的人也看不到", False)]
    choices = {"kind": KINDS, "parent": unit_choices.all_units(), "came_from": unit_choices.all_units(closed=True)}
    fields = [{"name": n, "label": label, "type": kind, "help": words, "required": must, "choices": choices.get(n, []), "max": 120,
               "value": typed.get(n, ""), "error": errors.get(n, "")} for n, label, kind, words, must in rows]
    return render(request, "desk/units/new.html", {"fields": fields, "errors": errors}, status=422 if errors else 200)


# --- one unit ----------------------------------------------------------------------


@never_cache
@needs(*READERS)
@require_safe
def unit(request, unit_id: int):
    return _unit(request, unit_id)


def _unit(request, unit_id: int, status: int = 200, **more):
    found = queries.unit(unit_id)
    if found is None:
        raise Http404
    today = timezone.localtime(clock.now()).date()
    known = queries.tree()
    shown = {
        "unit": found, "kind": UnitKind(found.kind), "above": [known[i] for i in found.path[:-1] if i in known.by_id], "children": known.children(unit_id),
        "absorbed": queries.absorbed(unit_id), "history": [_told(known, one) for one in queries.changes(unit_id)], "now": clock.now(),
        "duties": _duties(unit_id), "rings": queries.on_duty(unit_id, clock.now()), "people": accounts.of_unit(unit_id),
        "answers": dispatch.answers_for(unit_id, today), "open_orders": unit_lists.open_of(unit_id),
        "seen": form_seen.mark({name: getattr(found, name) for name in _NAMES}), "deeds": _deeds(request.actor, found, known),
        "choices": unit_choices.all_units(but=unit_id), "typed": request.POST,
        "may": rules.may_shape(request.actor.roles), "acts": known.name(cases.acting_for(unit_id)) if not found.active else "",
    }
    return render(request, "desk/units/unit.html", shown | more, status=status)


_NAMES = {"name": "全称", "short": "简称", "phone": "对外电话"}


def _corrected(post, unit_id: int) -> dict[str, Any]:
    """Names and telephone: as posted where the writer changed them, else as they are now."""
    found = queries.unit(unit_id)
    now = {name: getattr(found, name) for name in _NAMES} if found else {}
    posted = {name: post.get(name, "").strip()[: None if name == "name" else 40] for name in _NAMES}
    mine = form_seen.changed(post, posted, now, _NAMES)
    return {name: (posted if name in mine else now)[name] for name in _NAMES}


def _deeds(by, found, known) -> list[dict]:
    may, facts = rules.may_shape(by.roles), found.facts()
    below = len(known.children(found.id))
    root = rules.no("root", "城市是机构树的根，不能移动或合并") if facts.kind is UnitKind.CITY else rules.YES
    asked = {"correct": rules.YES, "move": root, "merge": root, "close": rules.may_close(facts, below)}
    if facts.hears_centre:
        asked["hear"] = rules.no("held", "已由本单位受理反映热线中心的诉求")
    else:
        asked["hear"] = rules.may_hear_centre(facts, known)
    rows = asked if found.active else {"reopen": rules.YES}
    return [{"name": name, "label": _DEEDS[name], "verdict": verdict if may else may} for name, verdict in rows.items()]


def _told(known, change) -> dict:
    """One line of history in words."""
    before, after = change.before, change.after
    told = {
        "created": lambda: after.get("name", "") + (f"（拆自或接替{known.name(after['came_from'])}）" if after.get("came_from") else ""),
        "hears_centre": lambda: "是" if after.get("hears_centre") else "否",
        "around": lambda: "北纬 {}°、东经 {}°，{} 公里以内".format(*after["around"]),
        "tile": lambda: "第 {} 行第 {} 列".format(*(at + 1 for at in after["tile"])),
        "renamed": lambda: f"“{before.get('name')}”改为“{after.get('name')}”",
        "corrected": lambda: "、".join(f"{before.get(k) or '（空）'}改为{after.get(k) or '（空）'}" for k in ("short", "phone") if before.get(k) != after.get(k)),
        "moved": lambda: f"由{known.name(before.get('parent')) or '（无）'}改属{known.name(after.get('parent'))}",
        "merged": lambda: f"并入{after.get('name') or known.name(after.get('into'))}",
        "duty": lambda: f"{before.get('name', '')}{' → ' if before and after else ''}{after.get('name', '') or '（移出值班表）'}",
    }
    return {"change": change, "what": WHAT.get(change.what, change.what), "text": told.get(change.what, str)()}


@needs(Role.SYSTEM_ADMIN)
@require_POST
def deed(request, unit_id: int):
    """Posted `step`: correct, move, merge, close or reopen, with `reason`."""
    post, step = request.POST, request.POST.get("step", "")
    if step not in _DEEDS:
        raise Http404
    given = {"unit_id": unit_id, "by": request.actor, "reason": post.get("reason", "")}
    target = id_or_none(post.get("parent", ""))
    doing = {
        "correct": lambda: actions.correct_unit(**_corrected(post, unit_id), **given),
        "move": lambda: actions.move(parent_id=target, **given), "merge": lambda: actions.merge(into_id=target, **given),
        "close": lambda: actions.close(**given), "reopen": lambda: actions.reopen(**given), "hear": lambda: actions.hear_centre(**given),
    }
    try:
        doing[step]()
    except Refused as refused:
        return _unit(request, unit_id, 409, reason=refused.verdict.reason, at=step)
    except Invalid as wrong:
        return _unit(request, unit_id, 422, errors=wrong.errors, at=step)
    return toast.leave(redirect("unit-page", unit_id), _SAID[step])


# --- the duty list --------------------------------------------------------------------


def _hours(post) -> tuple[datetime, datetime]:
    """Both ends as local times. Invalid names the one that cannot be read."""
    form = Fields(post)
    starts, ends = (form.read(name, moment, timezone.get_current_timezone(), label="时间", must=True) for name in ("starts", "ends"))
    form.done()
    return starts, ends


_DUTY = {"name": "值班人", "phone": "值班电话", "starts": "从", "ends": "到", "order": "次序"}


def _on_duty(one) -> dict[str, str]:
    """What stands in the form of one row of the list."""
    return {name: typed_time(value) if name in ("starts", "ends") else str(value) for name in _DUTY for value in [getattr(one, name)]}


def _duties(unit_id: int) -> list:
    rows = queries.duties(unit_id, clock.now())
    for one in rows:
        one.seen = form_seen.mark(_on_duty(one))  # type: ignore[attr-defined]  # for the page alone
    return rows


def _duty_typed(post, row: int, unit_id: int):
    """As posted where the writer changed it, else as the row is now; Refused when somebody else changed the same."""
    known = next((one for one in queries.duties(unit_id, clock.now()) if one.id == row), None)
    if known is None:
        return post
    now, posted = _on_duty(known), {name: post.get(name, "").strip() for name in _DUTY}
    mine = form_seen.changed(post, posted, now, _DUTY)
    return {name: (posted if name in mine else now)[name] for name in _DUTY}


@needs(Role.SYSTEM_ADMIN)
@require_POST
def duty(request, unit_id: int):
    """Posted `step`: save (with `duty` an existing row, else a new one) or drop."""
    post, row = request.POST, id_or_none(request.POST.get("duty", ""))
    try:
        if post.get("step") == "drop":
            actions.drop_duty(duty_id=row, by=request.actor)
            return toast.leave(redirect("unit-page", unit_id), "已移出值班表，紧急工单不再呼叫此人")
        typed = _duty_typed(post, row, unit_id)
        starts, ends = _hours(typed)
        given = {"name": typed.get("name", ""), "phone": typed.get("phone", ""), "starts": starts, "ends": ends, "by": request.actor,
                 "order": id_or_none(typed.get("order", "")) or 1}
        if row:
            actions.change_duty(duty_id=row, **given)
        else:
            actions.add_duty(unit_id=unit_id, **given)
    except Refused as refused:
        return _unit(request, unit_id, 409, reason=refused.verdict.reason, at=f"duty-{row}", row_at=row)
    except Invalid as wrong:
        return _unit(request, unit_id, 422, errors=wrong.errors, at=f"duty-{row}", row_at=row)
    return toast.leave(redirect("unit-page", unit_id), "值班表已更新，从现在起按新的次序呼叫")


urls = [
    path("units", tree, name="units"),
    path("units/new", new, name="unit-new"),
    path("units/<int:unit_id>", unit, name="unit-page"),
    path("units/<int:unit_id>/deed", deed, name="unit-deed"),
    path("units/<int:unit_id>/duty", duty, name="unit-duty"),
]
