"""The unit's desk, phone first: what is due, one page an order, three big buttons."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import UNIT, Actor, Role
from minsheng.cases.actions import any_step, reveal_contact
from minsheng.cases.queries import case_page as pages
from minsheng.cases.queries import lists, unit_lists
from minsheng.cases.queries.case_page import CasePage, band_of, band_of_task
from minsheng.cases.rules import State, TaskState
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk import forms, phone_bar, step_form, unit_kept, unit_order
from minsheng.desk.views.case import after, foreign, hidden, said
from minsheng.kit import clock, form_key, toast
from minsheng.kit.steps import Step
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import queries as measures
from minsheng.measures.rules import BY_CODE
from minsheng.org import queries as org
from minsheng.telephony.actions import relays

desk = needs(*sorted(UNIT))
TABS = (("approve", "待我签批"), ("today", "待办"), ("sign", "待签收"), ("doing", "办理中"), ("tasks", "任务"), ("soon", "明日到期"))
WHY_RING = "联系诉求人办理本单"
OWN_FIGURES = ("sign_on_time", "response_confirmed", "response_claimed", "on_time_completion", "solve", "satisfaction", "return", "redo")


# --- the list ------------------------------------------------------------


@never_cache
@desk
@require_safe
def today(request):
    """?tab=: by due time, what is late first. Without one: what waits for the head's signature, else all there is to do."""
    by = request.actor
    badges = unit_lists.badges(by)
    tab = request.GET.get("tab", "")
    if tab not in dict(TABS):
        tab = "approve" if badges.approve else "today"
    try:
        page = _page(by, tab, request.GET.get("after", ""))
    except Invalid as wrong:
        return render(request, "desk/unit.html", {"errors": wrong.errors, "tab": tab}, status=422)
    first = not request.GET.get("after")
    tasks = unit_lists.tasks_to_do(by) if tab == "today" and first else []
    to_accept = unit_lists.to_accept(by) if tab in {"today", "tasks"} and first else []
    rows = sorted([_row(r, by) for r in [*page.rows, *tasks]], key=lambda r: r["at"])
    shown = {"tab": tab, "tabs": [(t, w, getattr(badges, t)) for t, w in TABS if t != "approve" or by.has(Role.UNIT_APPROVER)],
             "badges": badges, "page": page, "groups": _by_day(rows), "to_accept": [_row(r, by) for r in to_accept],
             "query": f"tab={tab}", "unit_name": org.tree().name(by.unit)}
    return render(request, "desk/unit.html", shown)


def _page(by: Actor, tab: str, after: str):
    reads = {
        "today": lambda: unit_lists.to_do(by, after),
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
    return {"case": case, "task": task, "clock": {"band": band, "left": left} if band else None, "due": due, "at": (task or case).due_at,
            "paused": not task and case.paused, "mine": holder == by.unit, "whose": org.tree().name(holder), "drafted": case.marks.draft_by is not None}


def _by_day(rows: list[dict]) -> list[tuple[str, list[dict]]]:
    """Under headings that a person plans by: late, today, tomorrow, later, standing still."""
    end = unit_lists.end_of_tomorrow()
    names = ("已超期", "今天到期", "明天到期", "以后到期", "计时暂停")
    found: dict[str, list[dict]] = {name: [] for name in names}
    for row in rows:
        late, soon = row["at"] < clock.now(), row["at"] < end
        place = 4 if row["paused"] else 0 if late else 1 if row["at"] < end - timedelta(days=1) else 2 if soon else 3
        found[names[place]].append(row)
    return [(name, held) for name, held in found.items() if held]


@never_cache
@desk
@require_safe
def figures(request):
    """Own figures as the centre sees them, this month."""
    by = request.actor
    asked = measures.read_asked({"unit": str(by.unit)}) if by.unit else None
    rows, reason = [], ""
    try:
        rows = measures.rows(asked, by, OWN_FIGURES) if asked else []
    except Refused as refused:
        reason = refused.verdict.reason
    shown = {"rows": rows, "asked": asked, "unit_name": org.tree().name(by.unit), "reason": reason, "measures": BY_CODE,
             "period": f"from={asked.since}&to={asked.until}&unit={by.unit}" if asked else ""}
    return render(request, "desk/unit_figures.html", shown)


# --- one order ------------------------------------------------------------


@never_cache
@desk
@require_safe
def order(request, case_id: int):
    """?step=NAME opens that step's form in its place; ?task= names the task that it is about."""
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    name = request.GET.get("step", "")
    step, shut = step_form.opened(page.steps, name, PROCEDURE)
    if shut and unit_order.once_signed(page, PROCEDURE[name], request.actor):
        step, shut = PROCEDURE[name], ""  # a phone notes it now and sends it after the signature
    return unit_kept.keep(_order(request, page, step, reason=shut), request.actor, page)


def _order(request, page: CasePage, step: Step | None = None, status: int = 200, typed=None, **more):
    by, big = request.actor, unit_order.big(page, request.actor)
    own = next((t for t in page.tasks if t.unit_id == by.unit and TaskState(t.state).is_open), None)
    task = request.POST.get("task") or request.GET.get("task") or (own.id if own else "")
    drawn = forms.step_fields(step, page, typed, more.get("errors"), unit_order.known(page, step)) if step else []
    shown = {
        "page": page, "case": page.case, "big": big, "step": step, "next": reverse("unit-order", args=[page.case.id]),
        "rest": unit_order.rest(page, by, {b.name for b in big}), "needs": unit_order.needs(page, step), "task_id": task,
        "fields": unit_order.form_of(page, step, drawn, task) if step else [], "state": State(page.case.state), "own_task": own,
        "current": next((c for c in page.clocks if c.current), None), "tasks": unit_order.given_tasks(page, by),
        "draft": unit_order.draft(page), "sign_off": unit_order.answer_to(page, "reply"), "back": unit_order.came_back(page), "why_ring": WHY_RING,
        "both": step is not None and step.name == "draft_reply" and by.has(Role.UNIT_APPROVER), "mine": page.facts.lead.holder == by.unit,
        "now": clock.now().isoformat(timespec="minutes"), "hotline": unit_order.hotline_phone() if page.case.sealed else "",
        "relay": f"rl-{page.case.id}-{int(clock.machine_now().timestamp()) % 10**9}" if phone_bar.there() else "",
        "notes": unit_kept.NOTED if unit_kept.may_keep(page) else (), **more,
    }
    return render(request, "desk/unit_order.html", shown, status=status)


# --- deeds ------------------------------------------------------------


@never_cache
@desk
@require_POST
@takes_files(foreign)
def take(request, case_id: int):
    """One tap: sign, contacted now by phone. Or the form of any step. Refused or wrong: all that was typed is still there."""
    step = PROCEDURE.get(request.POST.get("step", ""))
    if step is None:
        return redirect("unit-order", case_id)
    try:
        row = take_posted(request, case_id, step)
    except (Refused, Invalid) as stopped:
        return _again(request, case_id, step, stopped)
    return toast.leave(redirect(after(request, case_id, "unit-order") if stays(row) else reverse("unit")), said(row, request.actor))


def stays(row) -> bool:
    """Is the order still the unit's after the step?"""
    return State(row.to) in {State.IN_PROGRESS, State.PARKED, State.PENDING_SIGN}


def take_posted(request, case_id: int, step: Step):
    given = forms.given_from(step, request.POST, request.FILES, request.actor)
    if step.name == "draft_reply" and request.POST.get("sign") == "1":
        return any_step.draft_and_sign(case_id=case_id, by=request.actor, given=given, key=form_key.of(request.POST))
    return any_step.take(case_id=case_id, step=step.name, by=request.actor, given=given, key=form_key.of(request.POST)).step


def _again(request, case_id: int, step: Step, stopped: Refused | Invalid):
    if isinstance(stopped, Refused) and stopped.verdict.code == "hidden":
        return hidden(request, stopped)
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as gone:
        return hidden(request, gone)
    if isinstance(stopped, Refused):
        return _order(request, page, step, 409, request.POST, reason=stopped.verdict.reason)
    return _order(request, page, step, 422, request.POST, errors=stopped.errors)


@never_cache
@desk
@require_POST
def number(request, case_id: int):
    """The requester's number, for the reason that stands on the button; the ledger keeps both."""
    try:
        found = reveal_contact.reveal(case_id=case_id, by=request.actor, reason=WHY_RING, fixed=True)
        shown, status = {"found": found, "case_id": case_id}, 200
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        shown, status = {"why_not": refused.verdict.reason, "case_id": case_id}, 409
    if request.htmx:
        return render(request, "desk/unit_number.html", shown, status=status)
    return _order(request, pages.open_case(case_id, request.actor), None, status, **shown)


@never_cache
@desk
@require_POST
def relay(request, case_id: int):
    """Unit and requester are put together by the centre; neither sees a number."""
    try:
        relays.ring(case_id=case_id, key=request.POST.get("call", ""), by=request.actor)
        said, status = "先振您的工作电话，接起后再呼叫诉求人；说满 20 秒自动记为已联系", 200
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        said, status = refused.verdict.reason, 409
    except Invalid as wrong:
        said, status = "；".join(wrong.errors.values()), 422
    return _order(request, pages.open_case(case_id, request.actor), None, status, relayed=said)


urls = [
    path("unit", today, name="unit"),
    path("unit/figures", figures, name="unit-figures"),
    path("unit/<int:case_id>", order, name="unit-order"),
    path("unit/<int:case_id>/step", take, name="unit-step"),
    path("unit/<int:case_id>/relay", relay, name="unit-relay"),
    path("unit/<int:case_id>/number", number, name="unit-number"),
]
