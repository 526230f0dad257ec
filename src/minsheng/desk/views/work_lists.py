"""Lists beside the desks that rule: parked orders to review, what is late and the reminder, problem orders, co-units' tasks, call-backs."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases import queries as cases
from minsheng.cases.actions import any_step
from minsheng.cases.queries import lists, requests
from minsheng.cases.queries.case_page import band_of_review
from minsheng.cases.rules import WITH_UNIT, State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.readers import Place
from minsheng.desk.views.case import hidden
from minsheng.desk.views.lists import rows_of
from minsheng.desk.views.rulings import OF_COORDINATOR, OF_SUPERVISOR, tabs_of
from minsheng.followup import queries as callbacks
from minsheng.kit import form_key, toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.measures import board as boards
from minsheng.org import queries as org

NOT_RUNG = "等重办审核，审定前不回访"
supervisor, coordinator = needs(Role.SUPERVISOR), needs(Role.COORDINATOR)
_PARKED = {row.name: row for row in PROCEDURE if row.desk.place is Place.PARKED}


def _listed(request, url: str, tabs, page, **shown):
    rows = rows_of(page.rows)
    for row in rows:
        row["excerpt"] = NOT_RUNG if getattr(row["case"], "reviewed", False) else ""
    given = {"tabs": tabs_of(tabs, url), "page": page, "rows": rows, "query": "", "next": reverse(url), **shown}
    return render(request, "desk/work_list.html", given)


@never_cache
@supervisor
@require_safe
def call_backs(request):
    """The list belongs to the supervisor; the clerk only gets the next one (rulings, 13)."""
    page = callbacks.waiting(request.actor, request.GET.get("after", ""))
    return _listed(request, "callbacks", OF_SUPERVISOR, page, title="督办审批", empty="没有等待回访的工单", do="审核通过的答复会出现在这里。")


@never_cache
@coordinator
@require_safe
def problems(request):
    page = requests.problems(request.actor, request.GET.get("after", ""))
    return _listed(request, "problems", OF_COORDINATOR, page, title="协调", empty="没有疑难工单", do="退单满三次或重办满三次的会出现在这里。")


@never_cache
@coordinator
@require_safe
def co_tasks(request):
    """Co-units that returned their task or are late with it: name another one, or talk to them."""
    shown = {"title": "协调", "tabs": tabs_of(OF_COORDINATOR, "co-tasks"), "tasks": requests.tasks_astray(request.actor)}
    return render(request, "desk/co_tasks.html", shown)


# --- parked ------------------------------------------------------------


@never_cache
@supervisor
@require_http_methods(["GET", "HEAD", "POST"])
def parked(request):
    """Parked orders, the next review first, with what was promised; the review is one line and one button."""
    if request.method == "POST":
        step = request.POST.get("step", "")
        field = _PARKED[step].required[0] if step in _PARKED else ""  # what the one line of words is to this step
        given = {field: request.POST.get("words", "").strip()}
        return _deed(request, "parked", _draw_parked, step, given, {name: row.desk.said for name, row in _PARKED.items()}, wrong={field: "words"})
    return _draw_parked(request)


def _draw_parked(request, status: int = 200, **more):
    page = requests.parked(request.actor, request.GET.get("after", ""))
    promised = requests.promised(page.rows, request.actor)
    rows = [{"case": c, "asked": promised.get(c.id), "review": band_of_review(c)} for c in page.rows]
    shown = {"title": "督办审批", "tabs": tabs_of(OF_SUPERVISOR, "parked"), "rows": rows, "page": page, "query": "", "steps": _PARKED.values(), **more}
    return render(request, "desk/parked.html", shown, status=status)


# --- late ------------------------------------------------------------


@never_cache
@supervisor
@require_http_methods(["GET", "HEAD", "POST"])
def overdue(request):
    """What is late by unit, and below it the orders of one unit, each with its reminder. The reason is written once."""
    if request.method == "POST":
        return _urge_all(request) if request.POST.get("all") else _urge(request)
    return _draw_overdue(request)


def _remind(request, case_id: int):
    """One reminder: the step's row. What lies on the centre's own desks is not urged of the unit."""
    if State(cases.get(case_id, request.actor).state) not in WITH_UNIT:
        raise Refused(no("at_centre", "这件工单现在不在单位手里，不催单位"))
    key = form_key.of(request.POST)
    return any_step.take(case_id=case_id, step="remind", by=request.actor, given={"reason": request.POST.get("reason", "").strip()},
                         key=f"{key}:{case_id}" if key else "").step


def _urge(request):
    """The order whose button was pressed; for a script that goes through the list, one line of words."""
    case = id_or_none(request.POST.get("case", ""))
    if not case:
        return _draw_overdue(request, 409, reason="请用页面上的按钮")
    try:
        row = _remind(request, case)
    except Refused as refused:
        if request.htmx:
            return HttpResponse(refused.verdict.reason, status=409, content_type="text/plain; charset=utf-8")
        return hidden(request, refused) if refused.verdict.code == "hidden" else _draw_overdue(request, 409, reason=refused.verdict.reason)
    except Invalid as bad:
        return _draw_overdue(request, 422, errors=bad.errors, tried=case)
    said = f"已催 {row.case.urges} 次"
    if request.htmx:
        return HttpResponse(said, content_type="text/plain; charset=utf-8")
    return toast.leave(_back_to(request), f"{row.case.number}：{said}，单位的列表和这件工单上都看得到。")


def _urge_all(request):
    """Every order of the list, one by one, each a step of its own; what was refused is named with its reason."""
    done, refused_of = 0, []
    for case in filter(None, map(id_or_none, request.POST.getlist("row")[:lists.PAGE])):
        try:
            _remind(request, case)
            done += 1
        except Refused as refused:
            refused_of.append(refused.verdict.reason)
        except Invalid as bad:
            return _draw_overdue(request, 422, errors=bad.errors)
    said = f"已逐件催办 {done} 件" + (f"；{len(refused_of)} 件没有催：{'；'.join(dict.fromkeys(refused_of))}" if refused_of else "")
    return toast.leave(_back_to(request), said)


def _back_to(request):
    unit = id_or_none(request.GET.get("unit", ""))
    return redirect(reverse("overdue") + (f"?unit={unit}" if unit else ""))


def _draw_overdue(request, status: int = 200, **more):
    by, lines = request.actor, boards.late(request.actor)
    unit = id_or_none(request.GET.get("unit", "")) or next((line.unit for line in lines if line.unit), 0)
    page = boards.late_cases(by, unit, "with_unit", request.GET.get("after", "")) if unit else None
    shown = {"title": "督办审批", "tabs": tabs_of(OF_SUPERVISOR, "overdue"), "lines": lines, "unit": unit, "unit_name": org.tree().name(unit),
             "page": page, "rows": rows_of(page.rows) if page else [], "query": f"unit={unit}", "typed": request.POST,
             "usual": "已超过时限，请立即办理，并于今日下班前反馈进展。", **more}
    return render(request, "desk/overdue.html", shown, status=status)


def _deed(request, url: str, draw, step: str, given: dict, said: dict, wrong: dict):
    """One step on the case that the button names; refused or wrong: the same list, with the sentence."""
    case = id_or_none(request.POST.get("case", ""))
    if step not in said or not case:
        return draw(request, 409, reason="请用页面上的按钮")
    try:
        row = any_step.take(case_id=case, step=step, by=request.actor, given=given, key=form_key.of(request.POST)).step
    except Refused as refused:
        return hidden(request, refused) if refused.verdict.code == "hidden" else draw(request, 409, reason=refused.verdict.reason)
    except Invalid as bad:
        return draw(request, 422, errors={f"{wrong.get(n, n)}-{case}" if wrong else n: w for n, w in bad.errors.items()}, tried=case)
    return toast.leave(redirect(url), f"{row.case.number}：{said[step]}")


urls = [
    path("rulings/callbacks", call_backs, name="callbacks"),
    path("coordinate/problems", problems, name="problems"),
    path("coordinate/tasks", co_tasks, name="co-tasks"),
    path("rulings/parked", parked, name="parked"),
    path("rulings/overdue", overdue, name="overdue"),
]
