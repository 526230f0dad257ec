"""Several cases at once, from a list: merged into one, all or none, and undone in one press."""

from __future__ import annotations

from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases import actions, queries
from minsheng.kit import toast
from minsheng.kit.own_page import own_page
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused

MOST = 50  # a page of the list


def _back(request) -> str:
    return own_page(request, "back") or reverse("cases")


@never_cache
@require_POST
@needs(Role.DISPATCHER)
def merge(request):
    """`case` several times, `master` a number or nothing: then of those chosen the one that was accepted first (a part of a split case was
    accepted with the whole, before others with smaller ids)."""
    chosen = sorted({id_or_none(c) for c in request.POST.getlist("case")} - {0})[:MOST]
    try:
        master = _master(request, chosen)
        others = [c for c in chosen if c != master.id]
        if not others:
            raise Invalid({"case": "请至少选两件，或填写要并入的编号"})
        actions.merge_many(case_ids=others, master=master.id, by=request.actor, reason=request.POST.get("reason", "").strip())
    except Invalid as wrong:
        return toast.leave(redirect(_back(request)), "没有并单：" + "；".join(wrong.errors.values()))
    except Refused as refused:
        return toast.leave(redirect(_back(request)), "没有并单：" + refused.verdict.reason)
    undo = reverse("cases-unmerge") + "?" + urlencode({"ids": ",".join(map(str, others)), "back": _back(request)}, safe=",")
    return toast.leave(redirect(_back(request)), f"{len(others)} 件已并入 {master.number}，结果会一并告知每位诉求人。", undo)


def _master(request, chosen: list[int]):
    number = request.POST.get("master", "").strip()
    if not number:
        if not chosen:
            raise Invalid({"case": "请先选择要并的工单"})
        return min((queries.get(c, request.actor) for c in chosen), key=lambda case: (case.received_at, case.id))
    return queries.get(queries.id_of(number), request.actor)


@never_cache
@require_POST
@needs(Role.DISPATCHER)
def unmerge(request):
    """Undo of a bulk merge; a case that has moved on since stays merged, and is named."""
    stuck = []
    for case_id in [known for c in request.GET.get("ids", "").split(",")[:MOST] if (known := id_or_none(c))]:
        try:
            actions.take_step(case_id=case_id, step="unmerge", by=request.actor, given={"reason": "并单后当即撤销"})
        except Refused as refused:
            stuck.append(refused.verdict.reason)
    return toast.leave(redirect(own_page(request, "back") or reverse("cases")), "没有全部撤销：" + "；".join(stuck) if stuck else "已撤销并单，恢复单独办理。")


urls = [path("cases/merge", merge, name="cases-merge"), path("cases/unmerge", unmerge, name="cases-unmerge")]
