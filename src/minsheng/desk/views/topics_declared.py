"""Declared topics (重点议题) and warnings: the list, a new one, one with its steps and its measured effect."""

from __future__ import annotations

from typing import Any

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form, step_form
from minsheng.desk.views.case import hidden
from minsheng.desk.views.topics import address, readers
from minsheng.kit import form_key, toast
from minsheng.kit.read_values import Fields, record_id
from minsheng.kit.verdict import Invalid, Refused
from minsheng.topics.actions import declared as actions
from minsheng.topics.queries import declared, groups
from minsheng.topics.queries.groups import GroupQuery
from minsheng.topics.rules.counting import Span
from minsheng.topics.rules.declared import FIELDS, TOPIC


def _choices() -> dict[str, list]:
    return {"lead": declared.leads(), "district": declared.districts(), "category": declared.matters()}


@never_cache
@readers
@require_GET
def listed(request):
    """Declared topics, the newest first, and what was warned of."""
    try:
        page = declared.listed(request.actor, request.GET.get("after", ""))
    except Invalid as wrong:
        return render(request, "desk/topics/declared.html", {"errors": wrong.errors}, status=422)
    warned = [{"row": row, "label": _matter(row), "url": _cases(row, Span(row.since, row.until))} for row in declared.warned(request.actor)]
    return render(request, "desk/topics/declared.html", {"page": page, "rows": page.rows, "warned": warned, "writes": Role.COORDINATOR in request.actor.roles})


def _matter(row: Any) -> str:
    return groups.label("place" if row.district_id else "category", (row.category_id, row.district_id))


def _cases(row: Any, span: Span, part: str = "") -> str:
    by = "place" if row.district_id else "category"
    return address(GroupQuery(span, by=by), (row.category_id, row.district_id), part)


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """?category= &district=: what it is about."""
    step, errors, reason = TOPIC["propose_topic"], {}, ""
    form = Fields(request.GET)
    first = {name: form.read(name, record_id, default="") for name in ("category", "district")}
    if request.method == "POST":
        try:
            row = actions.propose(by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
            return toast.leave(redirect("topic", row.subject_id), "已提出，请督办员确定")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed = request.POST if request.method == "POST" else None
    fields = step_form.draw(step, FIELDS, _choices(), typed, errors, first)
    shown = {"title": "提出重点议题", "step": step, "errors": errors, "reason": reason, "fields": fields}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


def _draw(request, page: declared.TopicPage, step=None, typed=None, errors=None, reason: str = "", status: int = 200):
    one, found = page.subject, page.effect
    first = {name: _text(getattr(one, f"{name}_id" if name == "lead" else name, "")) for name in step.fields if name != "reason"} if step else {}
    spans = [(title, _cases(one, span), n, _cases(one, span, "hard"), hard, share, total, span) for title, span, n, hard, share, total in
             zip(("措施以前", "措施以后"), (found.before, found.after), found.n, found.hard, found.shares, found.totals, strict=True)] if found else []
    shown = {"page": page, "one": one, "bar": day_form.bar(page.steps, "topic", one.id, bool(step)), "step": step, "errors": errors, "reason": reason,
             "fields": step_form.draw(step, FIELDS, _choices(), typed, errors, first) if step else [], "take_url": "topic-step", "spans": spans}
    return render(request, "desk/topics/topic.html", shown, status=status)


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


@never_cache
@readers
@require_GET
def show(request, topic_id: int):
    """?step=NAME opens the form of that step under the bar."""
    try:
        page = declared.page(topic_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step = TOPIC.get(request.GET.get("step", ""))
    return _draw(request, page, step if step and any(step is one for one, _ in page.steps) else None)


@never_cache
@readers
@require_POST
def take(request, topic_id: int):
    """The step that the button names. What was typed stays when it is refused; nothing is written then."""
    step = TOPIC.get(request.POST.get("step", ""))
    if step is None:
        return redirect("topic", topic_id)
    said: dict[str, Any] = {}
    try:
        actions.take(topic_id=topic_id, step=step.name, by=request.actor, given=step_form.given(step, request.POST), key=form_key.of(request.POST))
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        said = {"reason": refused.verdict.reason, "status": 409}
    except Invalid as wrong:
        said = {"errors": wrong.errors, "status": 422}
    if not said:
        return toast.leave(redirect("topic", topic_id), f"{step.label}：已记入")
    return _draw(request, declared.page(topic_id, request.actor), step if step.needs else None, request.POST, **said)


urls = [
    path("topics/declared", listed, name="topics-declared"),
    path("topics/new", new, name="topic-new"),
    path("topics/<int:topic_id>", show, name="topic"),
    path("topics/<int:topic_id>/step", take, name="topic-step"),
]
