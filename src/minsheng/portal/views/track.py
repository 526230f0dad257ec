"""Opening a case by number and code, its story, and what its requester may do."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext_noop as mark
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import known_devices
from minsheng.cases.actions import by_citizen
from minsheng.cases.queries import citizen_view
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE
from minsheng.kit import form_key
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.portal import forms, session_state
from minsheng.portal.views.page import address, page, switches, uploads

AT_ONCE = frozenset({"urge"})  # one tap, nothing to fill in and nothing lost


@require_http_methods(["GET", "HEAD", "POST"])
def track(request):
    receipt = session_state.receipt(request)
    values = {"number": receipt.get("number", ""), "code": ""}
    if request.method != "POST":
        is_open = session_state.opened(request) is not None
        return page(request, "track", {**values, "ended": "" if is_open else request.GET.get("ended", ""), "typing": True, "is_open": is_open})
    values = forms.read(request, ("number", "code"))
    if switches(request):
        return page(request, "track", {**values, "typing": True})
    if errors := {name: said for name, said in _MISSING.items() if not values[name]}:
        return page(request, "track", {**values, "errors": errors, "typing": True}, status=422)
    try:
        by = by_citizen.open_by_code(number=values["number"], code=values["code"], address=address(request),
                                     known=known_devices.read(request, "citizen"))
    except Refused as refused:
        status = 429 if refused.verdict.code == "wait" else 422
        return page(request, "track", {"number": values["number"], "reason": refused.verdict.reason, "typing": True}, status=status)
    session_state.open_case(request, by.case_id)
    came_late = session_state.typed(request)
    answer = redirect("portal_step", came_late["step"]) if came_late else redirect("portal_case")
    return known_devices.remember(request, answer, "citizen", f"case:{by.case_id}")


_MISSING = {"number": mark("请填编号"), "code": mark("请填查询码")}


@require_safe
def case(request):
    by = session_state.opened(request)
    if by is None:
        return redirect("/track?ended=1")
    return page(request, "case", {"story": citizen_view.story(by), "said": session_state.said(request), "at_once": AT_ONCE})


@require_POST
def close(request):
    session_state.close_case(request)
    return redirect("/track?ended=closed")


def _shut(request, step: str):
    """Before files are read: only who has opened the case brings any."""
    return None if session_state.opened(request) else redirect("/track?ended=1")


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_shut)
def step(request, step: str):
    if step not in OF_REQUESTER:
        raise Http404
    given = forms.read(request, forms.OF_STEP.get(step, ()))
    by = session_state.opened(request)
    if by is None:
        session_state.keep_typed(request, step, given)
        return redirect("/track?ended=typed" if session_state.has_typed(request) else "/track?ended=1")
    errors, reason = {}, ""
    if request.method == "POST" and not switches(request):
        try:
            return _taken(request, by, step, given)
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    return _asked(request, by, step, given, errors, reason)


def _asked(request, by, step: str, given: dict, errors: dict, reason: str):
    """The step's form, with what was typed now or before the page had shut."""
    told, late = citizen_view.story(by), session_state.typed(request)
    if request.method != "POST" and late.get("step") == step:
        given = late["values"]
    row, verdict = next(pair for pair in told.steps if pair[0].name == step)
    fields = forms.of_step(row, given, errors, by_citizen.MAX_FILES)
    context = {"story": told, "step": row, "verdict": verdict, "pair": (row, verdict), "fields": fields, "errors": errors,
               "reason": reason if verdict else "", "late": late.get("step") == step, "typing": bool(verdict),
               "files": any(f["type"] == "file" for f in fields)}
    return page(request, "step", context, status=422 if errors else 409 if reason else 200)


def _taken(request, by, step: str, given: dict):
    if errors := forms.wrong_in_step(PROCEDURE[step], given):
        raise Invalid(errors)
    by_citizen.act(by=by, step=step, given=given, uploads=uploads(request) if step == "add_facts" else (),
                   key=form_key.of(request.POST))
    session_state.say(request, _THEN[step])
    return redirect("portal_case")


_THEN = {
    "add_facts": mark("补充的情况已附在您的诉求后面，办理人员能看到。"),
    "correct": mark("更正已附在您的诉求后面，以更正后的为准。"),
    "urge": mark("已催办，办理人员会看到；办理期限不变。"),
    "rate": mark("评价已记录。"),
    "ask_secrecy": mark("已改为保密：承办单位看不到您的姓名和电话，由热线转达。"),
    "withdraw": mark("诉求已撤回，不再办理。有新情况可以重新提交。"),
}
