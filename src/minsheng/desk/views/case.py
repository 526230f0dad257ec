"""The case page: one case, its story, and every step that may be taken on it."""

from __future__ import annotations

from django.conf import settings
from django.http import FileResponse, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Actor
from minsheng.cases import actions
from minsheng.cases.actions import presence, reveal_contact
from minsheng.cases.queries import case_page as pages
from minsheng.cases.queries import files
from minsheng.cases.queries.case_page import CasePage
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.contacts.rules import PROPOSES
from minsheng.desk import forms, menu, outcome, step_form
from minsheng.desk.deadline_trace import runs
from minsheng.desk.intake_form import spoken
from minsheng.desk.step_bar import bar
from minsheng.dispatch import queries as dispatch
from minsheng.files.rules import kept_name
from minsheng.followup import actions as callbacks
from minsheng.kit import clock, form_key, toast
from minsheng.kit.own_page import own_page
from minsheng.kit.steps import Step
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony.queries.recordings import READERS as HEARERS


def hidden(request, refused: Refused):
    """What is not yours does not exist: 404 for a hidden case, the reason in words for all else."""
    status = 404 if refused.verdict.code == "hidden" else 409
    return render(request, "404.html" if status == 404 else "409.html", {"reason": refused.verdict.reason}, status=status)


@never_cache
@needs()
@require_safe
def show(request, case_id: int):
    """?step=NAME opens the form of that step under the bar."""
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step, shut = step_form.opened(page.steps, request.GET.get("step", ""), PROCEDURE)
    return _render(request, page, step, reason=shut)


def _render(request, page: CasePage, step: Step | None = None, typed=None, errors=None, reason: str = "", status: int = 200):
    candidates = _candidates(page, request.actor) if step and step.name == "merge" else []
    drawn = forms.step_fields(step, page, typed, errors) if step else []
    for field in drawn if candidates else ():
        field |= {"label": "或填写编号", "required": False} if field["name"] == "master" else {}
    shown = {
        "page": page, "case": page.case, "bar": bar(page, own_page(request, "next"), opened=bool(step)), "step": step, "errors": errors, "reason": reason,
        "fields": drawn, "next": own_page(request, "next"), "candidates": candidates, "seen": forms.seen(step, page),
        "current": next((c for c in page.clocks if c.current), None), "state": State(page.case.state),
        "clocks": [(c, runs(c.trace)) for c in page.clocks], "now": clock.now(),
        "flags_callers": bool(request.actor.roles & PROPOSES), "calls": settings.TELEPHONY != "none" and bool(request.actor.roles & HEARERS),
    }
    return render(request, "desk/case.html", shown, status=status)


def _candidates(page: CasePage, by) -> list:
    """Open cases that may be the same matter, to be chosen by a key: nobody types fourteen figures."""
    words = f"{page.title} {page.narrative} {page.place}"
    return dispatch.likely_same(by, words, category=page.facts.category, district=page.case.district_id, leave_out=page.case.id,
                                split_from=page.case.parent_id or 0, limit=9)


def foreign(request, case_id: int, **_):
    """Before files are read: the answer to who may not see the case."""
    try:
        pages.queries.get(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return None


@never_cache
@needs()
@require_POST
@takes_files(foreign)
def take(request, case_id: int):
    """Take the step that the button names. What was typed stays when it is refused; nothing is written then."""
    undo = request.GET.get("undo") == "unmerge" and "step" not in request.POST
    step = PROCEDURE.get("unmerge" if undo else request.POST.get("step", ""))
    if step is None:
        return redirect("case", case_id)
    try:
        given = {"reason": "并单后当即撤销"} if undo else forms.given_from(step, request.POST, request.FILES, request.actor)
        if step.desk.edits:
            given = forms.only_changed(step, request.POST, given, pages.open_case(case_id, request.actor))
        row = _take(request, case_id, step, given)
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return _again(request, case_id, step, reason=refused.verdict.reason, status=409)
    except Invalid as wrong:
        return _again(request, case_id, step, errors=wrong.errors, status=422)
    if row.code:
        return new_code_page(request, row, own_page(request, "next"))
    undo = reverse("case-step", args=[case_id]) + "?undo=unmerge" if step.name == "merge" else ""
    return toast.leave(redirect(own_page(request, "next") or after(request, case_id, "case")), said(row, request.actor), undo)


def after(request, case_id: int, page: str) -> str:
    """Back to the case's page; of a case that the step took out of the reader's sight, to where their day begins."""
    try:
        pages.queries.get(case_id, request.actor)
    except Refused:
        return menu.home(request.actor)
    return reverse(page, args=[case_id])


def _take(request, case_id: int, step: Step, given: dict):
    deed = {"case_id": case_id, "by": request.actor, "given": given, "key": form_key.of(request.POST)}
    return callbacks.write_down(**deed) if step.name == "record_callback" else actions.take_step(step=step.name, **deed)


def said(row, by: Actor) -> str:
    """What is now true and what comes next; of a split, what it made."""
    if row.made:
        return f"{PROCEDURE[row.step].label}：已生成 {len(row.made)} 件：" + "、".join(m.case.number + (_code(m) if row.step == "reopen" else "") for m in row.made)
    return outcome.told(row, by)


def new_code_page(request, row, then: str):
    """A query code to be read to the caller: shown here, once, and in no line that goes by."""
    shown = {"case": row.case, "code": row.code, "spoken": spoken(row.case.number), "spoken_code": spoken(row.code), "next": then}
    return render(request, "desk/new_code.html", shown)


def _code(made) -> str:
    """To be read to the caller now: it is shown once."""
    return f"（查询码 {made.code}）" if made.code else ""


def _again(request, case_id: int, step: Step, status: int, errors=None, reason: str = ""):
    try:
        page = pages.open_case(case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return _render(request, page, step, typed=request.POST, errors=errors, reason=reason, status=status)


@never_cache
@needs()
@require_POST
def show_number(request, case_id: int):
    """The requester's full number, for a reason that the ledger keeps."""
    try:
        found = reveal_contact.reveal(case_id=case_id, by=request.actor, reason=request.POST.get("reason", ""))
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return render(request, "desk/number.html", {"reason": refused.verdict.reason, "case_id": case_id}, status=409)
    return render(request, "desk/number.html", {"found": found, "case_id": case_id})


@never_cache
@needs()
@require_safe
def attachment(request, case_id: int, file_id: int):
    """A kept file of a case that the reader may see."""
    try:
        return kept_file(*files.open_file(case_id=case_id, file_id=file_id, by=request.actor))
    except Refused as refused:
        return hidden(request, refused)


def kept_file(kept, content) -> FileResponse:
    """No browser guesses what it is, nothing in it runs."""
    answer = FileResponse(content, content_type=kept.mime, filename=kept_name(kept.name, kept.mime), as_attachment=not kept.mime.startswith("image/"))
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@never_cache
@needs()
@require_POST
def here(request, case_id: int):
    """Presence: I have this case open; who else has?"""
    try:
        pages.queries.get(case_id, request.actor)
    except Refused:
        return HttpResponse(status=404)
    return JsonResponse({"case": case_id, "people": presence.here(case_id=case_id, by=request.actor)})


urls = [
    path("case/<int:case_id>", show, name="case"),
    path("case/<int:case_id>/step", take, name="case-step"),
    path("case/<int:case_id>/number", show_number, name="case-number"),
    path("case/<int:case_id>/file/<int:file_id>", attachment, name="case-file"),
    path("case/<int:case_id>/here", here, name="case-here"),
]
