"""Desks that judge: replies to check, redos to review, requests to rule on. A list beside what it says; the case page takes the step."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from minsheng.accounts.access import needs
from minsheng.accounts.rules import Role
from minsheng.cases import asks, lists
from minsheng.cases.rules import Ask, State
from minsheng.desk.views.case import hidden
from minsheng.desk.views.lists import rows_of
from minsheng.followup import actions as followup
from minsheng.followup import queries as callbacks
from minsheng.kit import toast
from minsheng.kit.verdict import Refused

_RULE = {
    Ask.EXTENSION: ("grant_extension", "refuse_extension"), Ask.PARKING: ("grant_parking", "refuse_parking"),
    Ask.TERMINATION: ("grant_termination", "refuse_termination"), Ask.STATUTORY: ("grant_statutory", "refuse_statutory"),
    Ask.EXCLUSION: ("grant_exclusion", "refuse_exclusion"), Ask.RETURN: ("uphold_return", "reject_return"), Ask.CONSULT: ("rule_consult",),
    Ask.FINAL: ("grant_final", "refuse_final"), Ask.REDO: ("order_redo", "refuse_redo"), Ask.ERASURE: ("erase",),
}
_WORDS = {"grant": "同意", "refuse": "不同意", "uphold": "同意退单", "reject": "驳回", "rule": "裁定", "order": "同意重办", "erase": "删除"}


def _asked(request, title: str, empty: str, kinds: tuple[Ask, ...], **more):
    """What waits for a ruling, the oldest first, with the words it was asked in and a door to each ruling."""
    found = asks.waiting(request.actor, *kinds, after=request.GET.get("after", ""))
    here = request.path
    rows = [
        {"asked": a, "case": a.ask.case, "row": rows_of([a.ask.case])[0],
         "doors": [(_word(step), f"{reverse('case', args=[a.ask.case_id])}?step={step}&next={here}#step") for step in _RULE[Ask(a.ask.ask)]]}
        for a in found.rows
    ]
    shown = {"title": title, "empty": empty, "asked": rows, "page": found, "query": "", **more}
    return render(request, "desk/rulings.html", shown)


def _word(step: str) -> str:
    word = _WORDS[step.split("_")[0]]
    return "不再重办" if step == "refuse_redo" else word


@never_cache
@needs(Role.SUPERVISOR)
@require_GET
def rulings(request):
    """Extensions, parking, termination, statutory procedure, exclusion; parked orders whose review is due; the call-back list."""
    by = request.actor
    if request.GET.get("tab") == "callbacks":
        page = callbacks.waiting(by, request.GET.get("after", ""))
        return render(request, "desk/check.html", {"title": "待回访清单", "rows": rows_of(page.rows), "page": page, "query": "tab=callbacks",
                                                   "empty": "没有等待回访的工单", "tabs": _tabs("callbacks")})
    kinds = (Ask.EXTENSION, Ask.PARKING, Ask.TERMINATION, Ask.STATUTORY, Ask.EXCLUSION)
    parked = asks.parked(by)
    return _asked(request, "督办审批", "没有等待裁定的申请", kinds, tabs=_tabs("asks"), beside="挂账复核", beside_rows=rows_of(parked.rows))


def _tabs(at: str) -> list[tuple[str, str, bool]]:
    here = reverse("rulings")
    return [(here, "待裁定", at == "asks"), (f"{here}?tab=callbacks", "待回访清单", at == "callbacks")]


@never_cache
@needs(Role.RETURN_REVIEWER)
@require_GET
def returns(request):
    return _asked(request, "退单裁定", "没有等待裁定的退单", (Ask.RETURN,))


@never_cache
@needs(Role.COORDINATOR)
@require_GET
def coordinate(request):
    """Consultations before dispatch, final replies, and problem orders."""
    problems = lists.listed(request.actor, lists.Filters(problem=True, state=tuple(s.value for s in State if s.is_open)))
    return _asked(request, "协调", "没有等待会商或最终答复裁定的工单", (Ask.CONSULT, Ask.FINAL), beside="疑难工单", beside_rows=rows_of(problems.rows))


@never_cache
@needs(Role.SECURITY_ADMIN)
@require_GET
def erasures(request):
    return _asked(request, "删除个人信息", "没有等待删除的申请", (Ask.ERASURE,))


@never_cache
@needs(Role.CHECKER)
@require_GET
def check(request):
    """Replies to check, the earliest limit first; redos to review stand above them."""
    page = lists.waiting(request.actor, State.PENDING_CHECK, after=request.GET.get("after", ""))
    redo = asks.waiting(request.actor, Ask.REDO)
    shown = {"title": "办结审核", "rows": rows_of(page.rows), "page": page, "query": "", "next": reverse("check"),
             "empty": "没有等待审核的答复", "redo": [{"asked": a, "case": a.ask.case} for a in redo.rows]}
    return render(request, "desk/check.html", shown)


@never_cache
@needs(Role.QUALITY)
@require_GET
def rechecks(request):
    """The random second calls that check a clerk's first."""
    return render(request, "desk/rechecks.html", {"rows": callbacks.rechecks(request.actor)})


@never_cache
@needs(Role.QUALITY)
@require_POST
def recheck(request, recheck_id: int):
    try:
        followup.record_recheck(recheck_id=recheck_id, agrees=request.POST.get("agrees") == "yes", note=request.POST.get("note", ""),
                                by=request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return toast.leave(redirect("rechecks"), "复核结果已记入")


urls = [
    path("check", check, name="check"),
    path("rulings", rulings, name="rulings"),
    path("returns", returns, name="returns"),
    path("coordinate", coordinate, name="coordinate"),
    path("erasures", erasures, name="erasures"),
    path("rechecks", rechecks, name="rechecks"),
    path("rechecks/<int:recheck_id>", recheck, name="recheck"),
]
