"""The unit's desk without a network: what a phone asks before it sends, how what was noted on it comes in, the page that needs no server.

What is noted without a network is sent later by the same step under the same key, so that nothing comes twice; limits and figures go
by the time it arrives (rulings, 29), and the time it was noted stands beside it.
"""

from __future__ import annotations

from pathlib import Path

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import UNIT
from minsheng.cases.queries import case_page as pages
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk.unit_kept import NOTED, keep
from minsheng.desk.views import unit_desk
from minsheng.desk.views.case import after, foreign, said
from minsheng.kit import clock, toast
from minsheng.kit.templatetags.show import hour
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused

desk = needs(*sorted(UNIT))
_SHOWN_LINES = 3
_WORKER = Path(__file__).parents[1] / "static" / "minsheng" / "unit_worker.js"


@never_cache
@desk
@require_safe
def kept(request):
    """What waits on the phone and which orders it has with it: filled by the phone itself."""
    return keep(render(request, "desk/unit_kept.html"), request.actor)


@never_cache
@desk
@require_safe
def ready(request):
    """Whose session it is, what time it is here: asked before anything is sent, so that nothing goes out under another name."""
    return JsonResponse({"me": str(request.actor.id), "token": get_token(request), "now": clock.now().isoformat()})


@desk
@require_safe
def worker(request):
    """The service worker's script; lies above the pages that it answers for."""
    text = f'importScripts("{static("minsheng/unit_pages.js")}");\n' + _WORKER.read_text(encoding="utf-8")
    return HttpResponse(text, content_type="text/javascript; charset=utf-8")


@never_cache
@desk
@require_POST
@takes_files(foreign)
def noted(request, case_id: int):
    """A step that was noted on a phone. 200 {taken, to}; else {taken: false, reason, errors, now}: what stands here meanwhile."""
    step = PROCEDURE.get(request.POST.get("step", ""))
    if step is None or step.name not in NOTED:
        return JsonResponse({"taken": False, "reason": "这一步不能在手机上先记下，请联网办理"}, status=422)
    try:
        row = unit_desk.take_posted(request, case_id, step)
    except Refused as refused:
        gone = refused.verdict.code == "hidden"
        return _not_taken(request, case_id, 404 if gone else 409, reason=refused.verdict.reason)
    except Invalid as wrong:
        return _not_taken(request, case_id, 422, reason="填写的内容有误", errors=wrong.errors)
    to = after(request, case_id, "unit-order") if unit_desk.stays(row) else reverse("unit")
    return toast.leave(JsonResponse({"taken": True, "to": to}), said(row, request.actor))


def _not_taken(request, case_id: int, status: int, **told) -> JsonResponse:
    try:
        page = pages.open_case(case_id, request.actor)
        now = {"state": State(page.case.state).label,
               "lines": [f"{hour(line.row.at)} {line.label} {line.row.by_name}" for line in page.timeline[-_SHOWN_LINES:]]}
    except Refused:
        now = {"state": "已不在本单位", "lines": []}
    return JsonResponse({"taken": False, "now": now, **told}, status=status)


urls = [
    path("unit/kept", kept, name="unit-kept"),
    path("unit/ready", ready, name="unit-ready"),
    path("unit-worker.js", worker, name="unit-worker"),
    path("unit/<int:case_id>/noted", noted, name="unit-noted"),
]
