"""The checker's desk: the reply beside the request, what is missing, two keys; redos to review stand before the replies."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases.queries import lists, reply_review, requests, ruling_preview
from minsheng.cases.queries.case_page import CasePage, waiting_ask
from minsheng.cases.rules import Ask, Defect, State
from minsheng.cases.rules.procedure import PROCEDURE, REQUESTS
from minsheng.desk.views import ruling_desk
from minsheng.kit.uploads import takes_files
from minsheng.oversight.queries import claimed_calls

STEPS = {row.name for row in PROCEDURE.by_role(Role.CHECKER)}


@never_cache
@needs(Role.CHECKER)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def check(request):
    return ruling_desk.take(request, STEPS, _draw) if request.method == "POST" else _draw(request)


def _draw(request, status: int = 200, **more):
    by, here = request.actor, reverse("check")
    redo = [] if request.GET.get("after") else requests.queue(by, Ask.REDO).rows
    found = lists.waiting(by, State.PENDING_CHECK, after=request.GET.get("after", ""))
    cases = [a.case for a in redo] + list(found.rows)
    at = ruling_desk.chosen(request, [c for c in cases if not _own(c, by)])
    page = ruling_desk.open_page(at, by)
    queue = [ruling_desk.entry(a.case, "重办审核", at, here, a) for a in redo]
    queue += [ruling_desk.entry(c, "答复", at, here) for c in found.rows]
    shown = {"queue": queue, "pager": found, "page": page, "at": at, "here": here, "typed": request.POST, **more}
    if page:
        shown |= ruling_desk.in_hand(page, lambda: _judged(page))
    return render(request, "desk/check.html", shown, status=status)


def _own(case, by) -> bool:
    """An order of the checker's own unit never comes up by itself; opened by hand, it says why it is shut."""
    return bool(by.unit and case.lead_id == by.unit)


def _judged(page: CasePage) -> dict:
    found = reply_review.of(page)
    verdicts = {name: answer for name in STEPS if (answer := ruling_desk.verdict_of(page, name)) is not None}
    redo = waiting_ask(page, Ask.REDO)
    return {
        "dossier": found, "claimed": claimed_calls.of_case(page.case.id),
        "verdicts": verdicts, "defects": Defect.choices(), "redo": redo, "needs": ruling_desk.needed(REQUESTS[Ask.REDO]),
        "outcomes": [(o, verdicts.get(o.step)) for o in ruling_preview.of(page.case, redo)] if redo else [],
        "asked": next((a for a in requests.of_page(page) if redo and a.ask.id == redo.id), None),
        "lack": "缺少：" + "、".join(found.missing) + "。请补齐后重新答复。" if found.missing else "",
        "shut": next((v.reason for v in verdicts.values() if v.code == "own_unit"), "" if verdicts else "这件工单现在没有由您审核的答复"),
    }


urls = [path("check", check, name="check")]
