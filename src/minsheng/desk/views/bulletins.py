"""日报 周报 月报 专报: the list, one with its figures and the doors behind them, a new one, a correction, the papers, versions side by side."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import bulletins as actions
from minsheng.bulletins.queries import bulletins, counting, making, schedule
from minsheng.bulletins.rules import bulletin
from minsheng.bulletins.rules.bulletin import BULLETIN, FIELDS
from minsheng.bulletins.rules.spans import BulletinKind
from minsheng.desk import bulletin_doors, narrowed_list
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.lists import rows_of
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.verdict import Refused

readers = needs(*sorted(bulletin.READS | bulletin.OF_UNITS))


@never_cache
@readers
@require_safe
def listed(request):
    """The newest days first, narrowed by kind and state."""
    drafts = bool(request.actor.roles & bulletin.READS_DRAFTS)
    states = [(s.value, s.label) for s in bulletin.BulletinState if s != bulletin.BulletinState.NEW and (drafts or s in bulletin.FINISHED)]
    return narrowed_list.answer(request, "desk/bulletins/list.html", bulletins, kinds=BulletinKind.choices(), states=states,
                                writes=Role.ANALYST in request.actor.roles, drafts=drafts)


def _first(page, step, by) -> dict[str, str]:
    return {name: getattr(page.subject, name, "") for name in step.fields} if step.name == "amend_bulletin" else {}


def _beside(request, page) -> dict[str, Any]:
    one = page.subject
    door = bulletin_doors.of(one, request.actor)
    return {"sections": bulletin_doors.shown(page.more["sections"], door), "basis": page.more["basis"], "versions": page.more["versions"],
            "newer": page.more["newer"], "newer_seen": page.more["newer_seen"], "sent": bulletins.sent(one), "late": schedule.made_late(one),
            "held_to": counting.held_to(bulletins.about(one)),
            "signed": one.state in bulletin.FINISHED,
            "corrects": page.more["corrects"] and Role.ANALYST in request.actor.roles}


PAGES = SubjectPages("desk/bulletins/bulletin.html", "bulletin", BULLETIN, FIELDS, bulletins.open_page, first=_first, beside=_beside)


@never_cache
@readers
@require_safe
def show(request, bulletin_id: int):
    return PAGES.show(request, bulletin_id)


@never_cache
@readers
@require_POST
def take(request, bulletin_id: int):
    return PAGES.take(request, bulletin_id, partial(actions.take, bulletin_id=bulletin_id))


@never_cache
@needs(Role.ANALYST)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    return PAGES.new(request, "draft_bulletin", "起草报告", actions.draft, "bulletins", first={"kind": request.GET.get("kind", "daily")},
                     said="数字已取定。请写好文字后提交签发")


@never_cache
@needs(Role.ANALYST)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request, bulletin_id: int):
    """The next version of one that was signed: its figures counted anew, what changed named."""
    try:
        bulletins.open_page(bulletin_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return PAGES.new(request, "correct_bulletin", "起草更正", actions.correct, "bulletins", known={"of": bulletin_id}, said="更正稿已取数，列出了改变的数")


@never_cache
@readers
@require_safe
def behind(request, bulletin_id: int):
    """?key=0:received:numerator: the list behind a frozen number, as far as the reader may see it."""
    try:
        one, size, page = bulletins.frozen_list(bulletin_id, request.GET.get("key", ""), request.actor, request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    short = page.lacks(size, request.GET.get("after", ""))
    shown = {"one": one, "size": size, "page": page, "rows": rows_of(page.rows), "short": short, "label": bulletin_doors.label(one, request.GET.get("key", "")),
             "query": urlencode({"key": request.GET.get("key", "")})}
    return render(request, "desk/bulletins/behind.html", shown)


def _paper(bulletin_id: int, form: str, by) -> tuple[str, bytes]:
    one, signed = bulletins.file_of(bulletin_id, form, by)
    return (one.title, signed) if signed is not None else (one.title + paper_answer.DRAFT, making.made(one, form))


@never_cache
@readers
@require_safe
def versions(request, bulletin_id: int):
    """All versions on the same that the reader may see, figure by figure beside each other."""
    try:
        found = bulletins.side_by_side(bulletin_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/bulletins/versions.html", {"one": found.one, "rows": found.versions, "lines": found.lines})



urls = [
    path("bulletins", listed, name="bulletins"),
    path("bulletins/new", new, name="bulletin-new"),
    path("bulletins/<int:bulletin_id>", show, name="bulletin"),
    path("bulletins/<int:bulletin_id>/step", take, name="bulletin-step"),
    path("bulletins/<int:bulletin_id>/correct", correct, name="bulletin-correct"),
    path("bulletins/<int:bulletin_id>/list", behind, name="bulletin-list"),
    path("bulletins/<int:bulletin_id>/versions", versions, name="bulletin-versions"),
    *paper_answer.addresses("bulletins/<int:bulletin_id>", "bulletin", readers, _paper, bulletins.FORMS),
]
