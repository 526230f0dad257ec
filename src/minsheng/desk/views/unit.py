"""The unit's desk, phone first: what is due, one page an order, three big buttons."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from minsheng.accounts.access import needs
from minsheng.accounts.rules import UNIT, Actor, Role
from minsheng.cases import lists, reveal, taking, unit_lists
from minsheng.cases import page as pages
from minsheng.cases.page import CasePage, band_of, band_of_task
from minsheng.cases.procedure import PROCEDURE
from minsheng.cases.rules import State, TaskState
from minsheng.desk import forms
from minsheng.desk.views.case import hidden, said
from minsheng.kit import clock, toast
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import queries as measures
from minsheng.org import queries as org

desk = needs(*sorted(UNIT))
TABS = (("sign", "待签收"), ("doing", "办理中"), ("tasks", "任务"), ("approve", "待我签批"), ("soon", "快到期"))
WHY_RING = "联系诉求人办理本单"
OWN_FIGURES = ("sign_on_time", "response_confirmed", "on_time_completion", "solve", "satisfaction", "return", "redo")
_BIG = ("sign", "contact", "draft_reply")
_BIG_TASK = ("task_sign", "task_reply")
_ABSENT = {"no_task", "not_statutory"}


# --- the list ------------------------------------------------------------


@never_cache
@desk
@require_GET
def today(request):
    """?tab=: what is due first. Without one: what must be signed, else what is in hand."""
    by = request.actor
    badges = unit_lists.badges(by)
    tab = request.GET.get("tab", "")
    if tab not in dict(TABS):
        tab = next((t for t in ("sign", "approve", "doing", "tasks") if getattr(badges, t)), "sign")
    try:
        page = _page(by, tab, request.GET.get("after", ""))
    except Invalid as wrong:
        return render(request, "desk/unit.html", {"errors": wrong.errors, "tab": tab}, status=422)
    to_accept = unit_lists.to_accept(by) if tab == "tasks" else []
    shown = {"tab": tab, "tabs": [(t, w, getattr(badges, t)) for t, w in TABS if t != "approve" or by.has(Role.UNIT_APPROVER)],
             "badges": badges, "page": page, "rows": [_row(r, by) for r in page.rows], "to_accept": [_row(r, by) for r in to_accept],
             "query": f"tab={tab}", "unit_name": org.tree().name(by.unit)}
    return render(request, "desk/unit.html", shown)


def _page(by: Actor, tab: str, after: str):
    reads = {
        "sign": lambda: unit_lists.in_states(by, State.PENDING_SIGN, after=after),
        "doing": lambda: unit_lists.in_states(by, *unit_lists.DOING, after=after),
        "tasks": lambda: lists.own_tasks(by, after),
        "approve": lambda: unit_lists.to_sign_off(by, after),
        "soon": lambda: unit_lists.soon(by, after),
    }
    return reads[tab]()


def _row(row, by: Actor) -> dict:
    """A case, or a task with its case: whose it is stands beside it when it is not the reader's own unit's."""
    task = row if hasattr(row, "case_id") else None
    case = task.case if task else row
    band, left, due = band_of_task(task) if task else band_of(case)
    holder = task.unit_id if task else case.lead_id
    return {"case": case, "task": task, "clock": {"band": band, "left": left} if band else None, "due": due,
            "mine": holder == by.unit, "whose": org.tree().name(holder), "drafted": "draft_by" in case.marks}


@never_cache
@desk
@require_GET
def figures(request):
    """Own figures as the centre sees them, this month."""
    by = request.actor
    asked = measures.read_asked({"unit": str(by.unit)}) if by.unit else None
    rows, reason = [], ""
    try:
        rows = measures.rows(asked, by, OWN_FIGURES) if asked else []
    except Refused as refused:
        reason = refused.verdict.reason
    return render(request, "desk/unit_figures.html", {"rows": rows, "asked": asked, "unit_name": org.tree().name(by.unit), "reason": reason})


# --- one order ------------------------------------------------------------


@never_cache
@desk
@require_GET
def order(request, case_id: int):
    """?step=NAME opens that step's form in its place."""
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return _order(request, page, PROCEDURE.get(request.GET.get("step", "")))


def _order(request, page: CasePage, step: Step | None = None, status: int = 200, typed=None, **more):
    by = request.actor
    open_steps = [(s, v) for s, v in page.steps if v.code not in _ABSENT]
    big = _big(page, by)
    own = next((t for t in page.tasks if t.unit_id == by.unit and TaskState(t.state).is_open), None)
    errors = more.get("errors")
    shown = {
        "page": page, "case": page.case, "big": big, "step": step, "next": reverse("unit-order", args=[page.case.id]),
        "rest": [_button(page, s, v) for s, v in open_steps if s.name not in {b["name"] for b in big} and s.name != "reply"],
        "fields": forms.step_fields(step, page, typed, errors) if step else [],
        "current": next((c for c in page.clocks if c.current), None), "state": State(page.case.state), "own_task": own,
        "draft": _draft(page), "sign_off": dict((s.name, v) for s, v in page.steps).get("reply"), "why_ring": WHY_RING,
        "both": step is not None and step.name == "draft_reply" and by.has(Role.UNIT_APPROVER), "mine": page.facts.holder == by.unit,
        "now": clock.now().isoformat(timespec="minutes"), **more,
    }
    return render(request, "desk/unit_order.html", shown, status=status)


def _big(page: CasePage, by: Actor) -> list[dict]:
    """Three taps: sign, contacted, reply; for a task: sign, answer. The first open one is the main one."""
    own_case = page.facts.holder == by.unit
    steps = dict((s.name, (s, v)) for s, v in page.steps)
    names = _BIG if own_case else _BIG_TASK
    made = [_button(page, PROCEDURE[n], steps[n][1] if n in steps else None) for n in names if n in steps or own_case]
    first = next((b for b in made if b["allowed"] and not b["done"]), None)
    for each in made:
        each["main"] = each is first
    return made


def _button(page: CasePage, step: Step, answer) -> dict:
    """A step as a button. `done`: the history has it, so it is no longer what comes next."""
    case = page.case
    done = {"sign": bool(case.signed_at), "contact": page.facts.has_contact, "draft_reply": page.facts.has_draft_reply}.get(step.name, False)
    reason = answer.reason if answer is not None else f"当前状态为“{page.facts.state.label}”"
    url = f"{reverse('unit-order', args=[case.id])}?step={step.name}#step"
    word = {"draft_reply": "答复", "task_sign": "签收任务", "task_reply": "反馈任务"}.get(step.name, step.label)
    return {"name": step.name, "label": word, "allowed": bool(answer), "reason": reason, "done": done, "url": url, "main": False}


def _draft(page: CasePage) -> list:
    """The words of the reply that waits for the head's signature."""
    if not page.facts.has_draft_reply or page.facts.state != State.IN_PROGRESS:
        return []
    line = next((x for x in reversed(page.timeline) if x.row.step == "draft_reply"), None)
    return [pair for pair in line.given if pair[1]] if line else []


# --- deeds ------------------------------------------------------------


@never_cache
@desk
@require_POST
def take(request, case_id: int):
    """One tap: sign, contacted now by phone. Or the form of any step. Refused or wrong: all that was typed is still there."""
    step = PROCEDURE.get(request.POST.get("step", ""))
    if step is None:
        return redirect("unit-order", case_id)
    try:
        row = _take(request, case_id, step)
    except (Refused, Invalid) as stopped:
        return _again(request, case_id, step, stopped)
    left = redirect("unit-order", case_id) if State(row.to) in {State.IN_PROGRESS, State.PARKED, State.PENDING_SIGN} else redirect("unit")
    return toast.leave(left, said(row))


def _take(request, case_id: int, step: Step):
    given = forms.given_from(step, request.POST, request.FILES, request.actor)
    if step.name == "draft_reply" and request.POST.get("sign") == "1":
        return taking.draft_and_sign(case_id=case_id, by=request.actor, given=given)
    return taking.take(case_id=case_id, step=step.name, by=request.actor, given=given).step


def _again(request, case_id: int, step: Step, stopped: Refused | Invalid):
    refused = stopped if isinstance(stopped, Refused) else None
    if refused and refused.verdict.code == "hidden":
        return hidden(request, refused)
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as gone:
        return hidden(request, gone)
    if refused:
        return _order(request, page, step, 409, request.POST, reason=refused.verdict.reason)
    return _order(request, page, step, 422, request.POST, errors=stopped.errors)


@never_cache
@desk
@require_POST
def number(request, case_id: int):
    """The requester's number, for the reason that stands on the button; the ledger keeps both."""
    try:
        found = reveal.reveal(case_id=case_id, by=request.actor, reason=WHY_RING)
        shown, status = {"found": found, "case_id": case_id}, 200
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        shown, status = {"why_not": refused.verdict.reason, "case_id": case_id}, 409
    if request.htmx:
        return render(request, "desk/unit_number.html", shown, status=status)
    return _order(request, pages.open_case(case_id, request.actor), None, status, **shown)


urls = [
    path("unit", today, name="unit"),
    path("unit/figures", figures, name="unit-figures"),
    path("unit/<int:case_id>", order, name="unit-order"),
    path("unit/<int:case_id>/step", take, name="unit-step"),
    path("unit/<int:case_id>/number", number, name="unit-number"),
]
