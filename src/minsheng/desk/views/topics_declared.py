"""Declared topics (重点议题) and warnings: the list, a new one, one with its steps and its measured effect."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import step_form, table_answer
from minsheng.desk.views import paper_answer
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.desk.views.topics import address, readers
from minsheng.kit import form_key, toast
from minsheng.kit.papers import making
from minsheng.kit.read_values import Fields, record_id
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Invalid, Refused
from minsheng.topics.actions import declared as actions
from minsheng.topics.queries import declared, groups, topic_paper
from minsheng.topics.queries.groups import GroupQuery
from minsheng.topics.rules.counting import Span
from minsheng.topics.rules.declared import FIELDS, TOPIC


def _choices() -> dict[str, list]:
    return {"lead": declared.leads(), "district": declared.districts(), "category": declared.matters()}


@never_cache
@readers
@require_safe
@on_its_page("desk/topics/declared.html")
def listed(request):
    """Declared topics, the newest first, and what was warned of."""
    page = declared.listed(request.actor, request.GET.get("after", ""))
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


def _first(page, step, by) -> dict[str, str]:
    return {name: _text(getattr(page.subject, f"{name}_id" if name == "lead" else name, "")) for name in step.fields if name != "reason"}


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value or "")


def _spans(request, page) -> dict[str, list]:
    """Before and after, each count with the list that it opens."""
    one, found = page.subject, page.more["effect"]
    return {"spans": [(title, _cases(one, span), n, _cases(one, span, "hard"), hard, share, total, span) for title, span, n, hard, share, total in
                      zip(("措施以前", "措施以后"), (found.before, found.after), found.n, found.hard, found.shares, found.totals, strict=True)] if found else []}


PAGES = SubjectPages("desk/topics/topic.html", "topic", TOPIC, FIELDS, declared.page, lambda by: _choices(), _first, _spans)


@never_cache
@readers
@require_safe
def show(request, topic_id: int):
    return PAGES.show(request, topic_id)


@never_cache
@readers
@require_POST
def take(request, topic_id: int):
    return PAGES.take(request, topic_id, partial(actions.take, topic_id=topic_id))


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "重点议题", declared.COLUMNS, declared.lines)


def _paper(topic_id: int, form: str, by) -> tuple[str, bytes]:
    page = declared.page(topic_id, by)
    return topic_paper.name(page), making.made(topic_paper.paper(page), form)


urls = [
    *paper_answer.addresses("topics/<int:topic_id>", "topic", readers, _paper),
    path("topics/declared.csv", as_csv, name="topics-csv"),
    path("topics/declared", listed, name="topics-declared"),
    path("topics/new", new, name="topic-new"),
    path("topics/<int:topic_id>", show, name="topic"),
    path("topics/<int:topic_id>/step", take, name="topic-step"),
]
