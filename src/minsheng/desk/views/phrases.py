"""Lists of stock phrases that the check of replies leaves out: what holds today, a new list, its signature."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.refusals import on_its_page
from minsheng.oversight.actions import stock_phrases as actions
from minsheng.oversight.queries import stock_phrases as read
from minsheng.oversight.rules.stock_phrases import FIELDS, PHRASES

readers = needs(*sorted(read.READERS))


def _first(page, step, by):
    one = page.subject
    return {"phrases": "\n".join(one.phrases), "since": one.since.isoformat(), "reason": one.reason} if step.name == "amend_phrases" else {}


PAGES = SubjectPages("desk/oversight/phrases_one.html", "phrases", PHRASES, FIELDS, read.page, first=_first)


@never_cache
@readers
@require_safe
@on_its_page("desk/oversight/phrases.html")
def listed(request):
    page = read.listed(request.actor, request.GET.get("after", ""))
    shown = {"page": page, "rows": page.rows, "held": read.held(read.today()), "writes": Role.SUPERVISOR in request.actor.roles}
    return render(request, "desk/oversight/phrases.html", shown)


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """Begins with what holds today."""
    first = {"phrases": "\n".join(read.held(read.today())), "since": read.today().isoformat()}
    return PAGES.new(request, "draft_phrases", "另拟常用语清单", actions.draft, "phrases-all", first=first, said="已拟好，请另一位督办员签发")


@never_cache
@readers
@require_safe
def show(request, phrases_id: int):
    return PAGES.show(request, phrases_id)


@never_cache
@readers
@require_POST
def take(request, phrases_id: int):
    return PAGES.take(request, phrases_id, partial(actions.take, phrases_id=phrases_id))


urls = [
    path("phrases", listed, name="phrases-all"),
    path("phrases/new", new, name="phrases-new"),
    path("phrases/<int:phrases_id>", show, name="phrases"),
    path("phrases/<int:phrases_id>/step", take, name="phrases-step"),
]
