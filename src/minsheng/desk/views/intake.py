"""The agent's desk: one page on which a call begins and ends."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases import actions
from minsheng.cases.actions import drafts
from minsheng.cases.actions.drafts import KeptDraft
from minsheng.cases.queries import intake_desk
from minsheng.cases.queries.case_page import band_of
from minsheng.cases.rules import DeclineReason, State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.desk import incoming_call
from minsheng.desk import intake_form as form
from minsheng.desk.views.case import new_code_page
from minsheng.followup import queries as callbacks
from minsheng.inter_agency.actions import incoming
from minsheng.kit import toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions as days
from minsheng.leader_days.queries import pages as day_pages
from minsheng.messages import queries as messages

ENDINGS = {"answer", "transfer", "decline", "submit", "note"}
_PANELS = {"answer", "transfer", "decline", "note"}
_desk = needs(Role.AGENT, Role.SHIFT_LEADER)


@never_cache
@require_safe
@_desk
def desk(request):
    """?new=1 a blank form; ?draft=KEY that draft; ?call=ID the form of that call; else the latest unfinished one: a crash costs nothing."""
    kept = drafts.listed(request.actor)
    own = [d for d in kept if not d.in_tray]
    asked, call = request.GET.get("draft", ""), incoming_call.of(request.actor, request.GET.dict())
    if request.GET.get("call") and call is None:
        return _page(request, drafts.new_key(), {"kind": "help"}, kept, reason=incoming_call.NOT_YOURS, status=403)
    if request.GET.get("new"):
        return redirect(f"{reverse('intake')}?draft={drafts.new_key()}")
    if call is not None:
        asked = asked or incoming_call.draft_key(call)
    found = next((d for d in own if d.key == asked), None) if asked else next(iter(own), None)
    values = {name: found.one(name) for name in found.values} if found else _blank(request, call)
    key = found.key if found else asked if asked.isalnum() and 4 <= len(asked) <= 40 else drafts.new_key()
    return _page(request, key, values, kept, restored=found)


def _blank(request, call) -> dict:
    if call is not None:
        return {"kind": "help", "call": str(call.id), "language": call.language} | ({"desk": str(call.desk)} if call.desk else {})
    return {"kind": "help", "phone": request.GET.get("phone", "")[:40]}


def _page(request, key: str, values: dict, kept: list[KeptDraft] | None = None, *, errors=None, reason: str = "", panel: str = "",
          status: int = 200, restored: KeptDraft | None = None):
    others = [d for d in (drafts.listed(request.actor) if kept is None else kept) if d.key != key]
    call = incoming_call.of(request.actor, values, key)
    values = incoming_call.with_number(values, call)
    shown = {
        "key": key, "v": values, "call": call, "returned": intake_desk.returned(request.actor), "identity": form.identity(request.actor, values, errors or {}, call),
        "numbers_wanted": callbacks.numbers_wanted(request.actor), "basis": form.basis(values),
        "note_duty": intake_desk.NOTE_DUTIES.get(values.get("note_kind", ""), ""), "errors": errors or {}, "reason": reason, "panel": panel, "restored": restored, "others": others,
        "bar": form.bar(request.actor), "caller": form.caller(request.actor, values.get("phone", ""), call),
        "desks": day_pages.desks_now(), "fields": form.elements(values, errors or {}), **form.lists(), **form.heard(request.actor, values),
    }
    return render(request, "desk/intake.html", shown, status=status)


# --- while the caller speaks ------------------------------------------------------------


@never_cache
@require_safe
@_desk
def who(request):
    """The caller's flags and earlier cases, as soon as there is a number."""
    shown = {"caller": form.caller(request.actor, request.GET.get("phone", "")[:40])}
    return render(request, "desk/intake_caller.html", shown)


@never_cache
@sensitive_post_parameters()
@require_POST
@_desk
def read(request):
    """What the words are about, and what stands beside them. `part=elements`: the template of the matter chosen."""
    values = form.typed(request.POST)
    shown = {"v": values, **form.heard(request.actor, values), "oob": True}
    if request.GET.get("part") == "elements":
        return render(request, "desk/intake_elements.html", shown | {"fields": form.elements(values, {})})
    return render(request, "desk/intake_reading.html", shown)


@never_cache
@require_safe
@_desk
def phones(request):
    found = form.knowledge.phones(request.GET.get("q", "")[:40], 40)
    return render(request, "desk/intake_phones.html", {"entries": found, "q": request.GET.get("q", "")})


@never_cache
@sensitive_post_parameters()
@require_POST
@_desk
def keep(request, key: str):
    """Everything typed, kept as it is typed."""
    try:
        drafts.keep(by=request.actor, key=key, values=_worth(incoming_call.without_number(request.actor, form.typed(request.POST), key)))
    except Invalid as wrong:
        return HttpResponse("；".join(wrong.errors.values()), status=422)
    return HttpResponse(status=204)


def _worth(values: dict) -> dict:
    """A form that holds only its preset choices is not a draft."""
    preset = {"kind", "language", "requester_kind", "call"}
    return values if any(v.strip() for n, v in values.items() if n not in preset) else {}


@never_cache
@require_POST
@_desk
def draft(request, key: str, what: str):
    """Hand a draft to the next shift, take one over, or throw it away: `what` is one of `_DRAFT_DEEDS`."""
    deed, said = _DRAFT_DEEDS[what]
    try:
        deed(by=request.actor, key=key)
    except Refused as refused:
        return toast.leave(redirect(f"{reverse('intake')}?new=1"), refused.verdict.reason)
    where = f"{reverse('intake')}?draft={key}" if what == "take" else f"{reverse('intake')}?new=1"
    return toast.leave(redirect(where), said)


_DRAFT_DEEDS = {"hand": (drafts.hand_over, "已放入交班暂存，下一班话务员可以接手。"), "take": (drafts.take_over, "已接手，内容都在。"),
                "drop": (drafts.drop, "已删除这份暂存。")}


# --- the end of the call ------------------------------------------------------------


@never_cache
@sensitive_post_parameters()
@require_POST
@_desk
def finish(request, key: str):
    """One of the five ends. A press that only opens a panel, or names an earlier case, comes back with the page as typed."""
    values, then = form.typed(request.POST), request.POST.get("then", "")
    values = incoming_call.with_number(values, incoming_call.of(request.actor, values, key))
    if number := request.POST.get("emergency", ""):
        return _page(request, key, values | {"target": number}, panel="transfer")
    if previous := request.POST.get("reopen", ""):
        return _page(request, key, values | {"previous": previous, "reopen_reason": values.get("reopen_reason") or "来电反映新情况"})
    if step := request.POST.get("step", ""):
        return _second_contact(request, key, values, step)
    if same := request.POST.get("same", ""):
        return _plus_one(request, key, values, same)
    if then not in ENDINGS or (then in _PANELS and request.POST.get("panel") != then):
        return _page(request, key, values, panel=then if then in _PANELS else "")
    return _note(request, key, values) if then == "note" else _register(request, key, values, then)


def _register(request, key: str, values: dict, then: str, hint: str = ""):
    given = form.given(then, values) | ({"reason": hint} if hint else {})
    panel, call = then if then in _PANELS else "", incoming_call.of(request.actor, values, key)
    try:
        made = _by_police(request, values, form.content(values) | incoming_call.content(request.actor, key, call) | {"then": then, "given": given}, call)
    except Invalid as wrong:
        return _page(request, key, values, errors=form.field_errors(then, wrong.errors), panel=panel, status=422)
    except Refused as refused:
        return _page(request, key, values, reason=refused.verdict.reason, panel=panel, status=409)
    drafts.drop(by=request.actor, key=key)
    case = made.case
    incoming_call.about(call, case.id, request.actor)
    duty = DeclineReason(values["decline_reason"]).duty if then == "decline" else ""
    _, _, due = band_of(case)
    return render(request, "desk/intake_done.html", {
        "made": made, "call": call, "more": drafts.new_key() if call else "",
        "case": case, "state": State(case.state), "due": due, "duty": duty, "hint": hint, "spoken": form.spoken(case.number),
        "spoken_code": form.spoken(made.code or ""), "told": messages.fate(f"case:{case.id}", "accepted"),
        "seen": intake_desk.sees(case, request.actor), "undo": not made.replayed and intake_desk.may_unsubmit(case, request.actor)})


def _by_police(request, values: dict, content: dict, call):
    """A case; when 110 hands it over, with its number, and 110 gets the receipt."""
    made = _reopened if id_or_none(values.get("previous", "")) else _made
    spoken = incoming_call.from_police(values, call)
    if spoken is None:
        return made(request, values, content)
    return incoming.take_over(spoken=spoken, make=lambda: made(request, values, content | {"channel": "police"}), by=request.actor)


def _made(request, values: dict, content: dict):
    """A case; of leader days with the desk at which the call was taken."""
    desk = id_or_none(values.get("desk", ""))
    return days.register_call(desk_id=desk, by=request.actor, **content) if desk else actions.create_case(by=request.actor, **content)


def _reopened(request, values: dict, content: dict):
    """Linked to the caller's closed case; the place's district is that of the old one."""
    content = {n: v for n, v in content.items() if n != "district" and (v or n not in {"title", "category", "place"})}
    previous = id_or_none(values["previous"])
    said = {"identity": form.who_speaks(request.actor, previous, values, incoming_call.named(content)), "call": content.get("call_id")}
    row = actions.take_step(
        case_id=previous, step="reopen", by=request.actor, key="desk:" + content["key"][1], content=content,
        given={"reason": values.get("reopen_reason", ""), "narrative": content.pop("narrative")} | {n: v for n, v in said.items() if v})
    return row.made[0]


def _plus_one(request, key: str, values: dict, same: str):
    try:
        filled, hint = form.same_as(request.actor, id_or_none(same), values)
    except Refused as refused:
        return _page(request, key, values, reason=refused.verdict.reason, status=409)
    return _register(request, key, filled, "submit", hint)


def _note(request, key: str, values: dict):
    try:
        note = intake_desk.note_call(by=request.actor, kind=values.get("note_kind", ""), note=values.get("note", ""), call_id=id_or_none(values.get("call", "")))
    except Invalid as wrong:
        return _page(request, key, values, errors=wrong.errors, panel="note", status=422)
    except Refused as refused:
        return _page(request, key, values, reason=refused.verdict.reason, panel="note", status=409)
    drafts.drop(by=request.actor, key=key)
    said = f"已记为无效来电：{note.get_kind_display()}。不生成工单。"
    if note.kind == "secret":
        said += "所记内容已删除，请马上当面报告值班长和保密机构。"
    return toast.leave(redirect(f"{reverse('intake')}?new=1"), said)


def _second_contact(request, key: str, values: dict, pressed: str):
    """"phone_urge:123": the caller comes back about an open case; the words of the middle go with it."""
    name, _, case = pressed.partition(":")
    case_id = id_or_none(case)
    words = values.get("narrative", "").strip()
    if not case_id or name not in (*intake_desk.SECOND, "progress"):
        return _page(request, key, values)
    try:
        if name == "progress":
            intake_desk.note_call(by=request.actor, kind="progress", note=words[:280], case_id=case_id, call_id=id_or_none(values.get("call", "")))
            said = "已记为查询进度，不生成新工单。"
        elif name == "new_code":
            return _new_code(request, case_id, values, key)
        else:
            said = _take(request, name, case_id, values, key)
    except Invalid as wrong:
        return _page(request, key, values, errors={"narrative": "；".join(wrong.errors.values()) + "：请先在“诉求人的话”里记下"}, status=422)
    except Refused as refused:
        return _page(request, key, values, reason=refused.verdict.reason, status=409)
    drafts.keep(by=request.actor, key=key, values=_worth(incoming_call.without_number(request.actor, values, key) | ({"narrative": "", "title": ""} if name in _CARRY else {})))
    return toast.leave(redirect(f"{reverse('intake')}?draft={key}"), said)


_CARRY = {row.name for row in PROCEDURE if row.desk.carries}  # the words of the middle go with these and stand in that case now


def _take(request, name: str, case_id: int, values: dict, key: str) -> str:
    """The caller is still on the line: who it is and what else was written stays on the page."""
    words, row = values.get("narrative", "").strip(), PROCEDURE[name]
    given = {n: words for n in row.fields if n in {"addition", "reason"} and words and name in _CARRY}
    call = incoming_call.of(request.actor, values, key)
    if "identity" in row.fields:
        given["identity"] = form.by_number(request.actor, case_id, values, call)
    if call is not None:
        given["call"] = call.id
    taken = actions.take_step(case_id=case_id, step=name, by=request.actor, given=given, key=incoming_call.step_key(call, name, words))
    incoming_call.about(call, case_id, request.actor)
    if (spoken := incoming_call.from_police(values, call)) is not None:
        incoming.attach(spoken=spoken, case_id=case_id, by=request.actor)
    return f"{row.label}已记入工单 {taken.case.number}，没有生成新工单；来电人还在本页，可以接着登记。"


def _new_code(request, case_id: int, values: dict, key: str):
    call = incoming_call.of(request.actor, values, key)
    given = {"identity": form.by_number(request.actor, case_id, values, call)} | ({"call": call.id} if call else {})
    row = actions.take_step(case_id=case_id, step="new_code", by=request.actor, given=given)
    return new_code_page(request, row, f"{reverse('intake')}?new=1")


urls = [
    path("intake", desk, name="intake"),
    path("intake/caller", who, name="intake-caller"),
    path("intake/read", read, name="intake-read"),
    path("intake/phones", phones, name="intake-phones"),
    path("intake/<str:key>/draft", keep, name="intake-draft"),
    path("intake/<str:key>/finish", finish, name="intake-finish"),
    *(path(f"intake/<str:key>/{what}", draft, {"what": what}, name=f"intake-{what}") for what in _DRAFT_DEEDS),
]
