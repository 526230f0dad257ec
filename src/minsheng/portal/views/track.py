"""Opening a case by number and code, its story, and what its requester may do."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext_noop as mark
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import known_devices
from minsheng.cases.actions import by_citizen
from minsheng.cases.queries import citizen_view
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE, WHEN_ASKED
from minsheng.kit import form_key
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days.actions import signups
from minsheng.portal import forms, session_state
from minsheng.portal.views.page import address, page, switches, uploads
from minsheng.portal.views.sign_up import signed_up

AT_ONCE = frozenset(name for name in OF_REQUESTER if PROCEDURE[name].desk.at_once)


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
    if signups.is_number(values["number"]):
        return _signed_up(request, values)
    try:
        by = by_citizen.open_by_code(number=values["number"], code=values["code"], address=address(request),
                                     known=known_devices.read(request, "citizen"))
    except Refused as refused:
        status = 429 if refused.verdict.code == "wait" else 422
        return page(request, "track", {"number": values["number"], "reason": refused.verdict.reason, "typing": True}, status=status)
    session_state.open_case(request, by.case_id)
    came_late = session_state.typed(request, by)
    answer = redirect("portal_step", came_late["step"]) if came_late else redirect("portal_case")
    return known_devices.remember(request, answer, "citizen", f"case:{by.case_id}")


def _signed_up(request, values: dict):
    """The number is one of a sign-up before a period of leader days."""
    try:
        opened = signups.open_by_code(number=values["number"], code=values["code"], address=address(request))
    except Refused as refused:
        status = 429 if refused.verdict.code == "wait" else 422
        return page(request, "track", {"number": values["number"], "reason": refused.verdict.reason, "typing": True}, status=status)
    return signed_up(request, session_state.open_signup(request, opened))


_MISSING = {"number": mark("请填编号"), "code": mark("请填查询码")}


@require_safe
def case(request):
    opened = session_state.opened(request)
    if opened is None:
        return redirect("/track?ended=1")
    story = citizen_view.story(opened.by)
    return page(request, "case", {"story": story, "said": session_state.said(request, opened.by), "at_once": AT_ONCE, "of": opened.of,
                                  "several": session_state.others_open(request, opened.of)})


@require_POST
def close(request):
    session_state.close_case(request)
    return redirect("/track?ended=closed")


@require_POST
def part(request):
    """From a request that was split to one of its parts: the same requester, so no second code is asked for."""
    opened = session_state.opened(request)
    if opened is None:
        return redirect("/track?ended=1")
    try:
        part_id = citizen_view.part_of(opened.by, request.POST.get("number", ""))
    except Refused:
        raise Http404 from None
    session_state.open_case(request, part_id)
    return redirect("portal_case")


def _shut(request, step: str):
    """Before files are read: only who has opened the case brings any."""
    return None if session_state.any_open(request) else redirect("/track?ended=1")


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_shut)
def step(request, step: str):
    if step not in OF_REQUESTER:
        raise Http404
    given = forms.read(request, tuple(name for name in PROCEDURE[step].fields if FIELDS[name].kind != "files"))
    opened = session_state.opened(request)
    if opened is None and request.method == "POST" and not session_state.mark_of(request) and (last := session_state.last_opened(request)):
        return _asked(request, last, step, given, {}, _WHICH)
    if opened is None:
        session_state.keep_typed(request, step, given)
        return redirect("/track?ended=typed" if session_state.has_typed(request) else "/track?ended=1")
    errors, reason = {}, ""
    if request.method == "POST" and not switches(request):
        try:
            return _taken(request, opened, step, given)
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    return _asked(request, opened, step, given, errors, reason)


_WHICH = mark("这个浏览器里打开了几件诉求。请看清是不是下面这一件，再提交一次。")


def _asked(request, opened: session_state.Opened, step: str, given: dict, errors: dict, reason: str):
    """The step's form, with what was typed now or before the page had shut."""
    told, late = citizen_view.story(opened.by), session_state.typed(request, opened.by)
    if request.method != "POST" and late.get("step") == step:
        given = late["values"]
    row, verdict = next(pair for pair in told.steps if pair[0].name == step)
    fields = forms.of_step(row, given, errors, by_citizen.MAX_FILES)
    context = {"story": told, "step": row, "verdict": verdict, "pair": (row, verdict), "fields": fields, "errors": errors,
               "reason": reason if verdict else "", "late": late.get("step") == step, "typing": bool(verdict), "of": opened.of,
               "kept": [] if verdict else [given[f["name"]] for f in fields if f["type"] == "long" and given.get(f["name"])],
               "files": any(f["type"] == "file" for f in fields)}
    return page(request, "step", context, status=422 if errors else 409 if reason else 200)


def _taken(request, opened: session_state.Opened, step: str, given: dict):
    if errors := forms.wrong_in_step(PROCEDURE[step], given):
        raise Invalid(errors)
    asked = citizen_view.is_asked(opened.by)
    by_citizen.act(by=opened.by, step=step, given=given, uploads=uploads(request) if "files" in PROCEDURE[step].fields else (),
                   key=form_key.of(request.POST))
    session_state.say(request, opened.by, _ANSWERED if asked and PROCEDURE[step].to == WHEN_ASKED else PROCEDURE[step].desk.said)
    back = redirect("portal_case")
    if session_state.others_open(request, opened.of):
        back["Location"] += f"?of={opened.of}"
    return back


_ANSWERED = mark("您的补充已经送到热线，热线接着审核派单。")
