"""Opening a case by number and code, its story, and what its requester may do."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.cases import citizen, story
from minsheng.kit.verdict import Invalid, Refused
from minsheng.portal import forms, visit
from minsheng.portal.views.page import address, page, uploads

AT_ONCE = frozenset({"urge"})  # one tap, nothing to fill in and nothing lost


@require_http_methods(["GET", "HEAD", "POST"])
def track(request):
    if request.method != "POST":
        receipt = visit.receipt(request)
        return page(request, "track", {"number": receipt.get("number", ""), "ended": "ended" in request.GET, "errors": {}})
    values = forms.read(request, ("number", "code"))
    try:
        by = citizen.open_by_code(number=values["number"], code=values["code"], address=address(request))
    except Refused as refused:
        status = 429 if refused.verdict.code == "wait" else 422
        return page(request, "track", {"number": values["number"], "errors": {}, "reason": _(refused.verdict.reason)}, status=status)
    visit.open_case(request, by.case_id)
    return redirect("portal_case")


def _ended():
    return redirect("/track?ended=1")


@require_safe
def case(request):
    by = visit.opened(request)
    if by is None:
        return _ended()
    return page(request, "case", {"story": story.story(by), "said": visit.said(request), "at_once": AT_ONCE})


@require_POST
def close(request):
    visit.close_case(request)
    return redirect("portal_track")


@require_http_methods(["GET", "HEAD", "POST"])
def step(request, step: str):
    by = visit.opened(request)
    if by is None:
        return _ended()
    if step not in citizen.STEPS:
        raise Http404
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            return _taken(request, by, step)
        except Invalid as wrong:
            errors = {name: _(said) for name, said in wrong.errors.items()}
        except Refused as refused:
            reason = _(refused.verdict.reason)
    told = story.story(by)
    row, verdict = next(pair for pair in told.steps if pair[0].name == step)
    fields = forms.of_step(row, request.POST, errors, citizen.MAX_FILES)
    context = {"story": told, "step": row, "verdict": verdict, "pair": (row, verdict), "fields": fields, "errors": errors,
               "reason": reason, "files": any(f["type"] == "file" for f in fields)}
    return page(request, "step", context, status=422 if errors else 409 if reason else 200)


def _taken(request, by, step: str):
    names = {"add_facts": ("addition",), "correct": ("addition",), "withdraw": ("reason",), "rate": ("satisfaction", "verbatim")}
    given = forms.read(request, names.get(step, ()))
    citizen.act(by=by, step=step, given=given, uploads=uploads(request) if step == "add_facts" else ())
    visit.say(request, _(_THEN[step]))
    return redirect("portal_case")


_THEN = {
    "add_facts": "补充的情况已附在您的诉求后面，办理人员能看到。",
    "correct": "更正已附在您的诉求后面，以更正后的为准。",
    "urge": "已催办，办理人员会看到；办理期限不变。",
    "rate": "评价已记录。",
    "ask_secrecy": "已改为保密：承办单位看不到您的姓名和电话，由热线转达。",
    "withdraw": "诉求已撤回，不再办理。有新情况可以重新提交。",
}
