"""Sending a request: what happened, who asks, check and send. Three plain pages; what was typed is kept between them."""

from __future__ import annotations

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_noop as mark
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts import known_devices
from minsheng.calendar import queries as calendar
from minsheng.cases.actions import by_citizen
from minsheng.cases.queries import dangers
from minsheng.cases.rules import Kind, RequesterKind
from minsheng.kit import clock
from minsheng.kit.translatable import Said
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org
from minsheng.portal import forms, session_state
from minsheng.portal.views.page import address, page, switches, uploads


def _begin_again():
    """The session is over and the draft with it: say so instead of showing an empty form."""
    return redirect("/send?ended=1")


def _on(name: str, of: str):
    """The next page, about the same request."""
    return redirect(f"{reverse(name)}?of={of}")


@require_http_methods(["GET", "HEAD", "POST"])
def what(request):
    draft = session_state.draft(request)
    if "clear" in request.POST:
        session_state.drop_draft(request, draft.of)
        return redirect("portal_send")
    values, errors = draft.values, {}
    if request.method == "POST":
        values = {**values, **forms.read(request, forms.WHAT)}
        errors = {} if switches(request) else forms.wrong_in_what(values) | forms.trapped(request)
        if not errors and not switches(request):
            session_state.keep_draft(request, draft.of, {name: values[name] for name in forms.WHAT})
            return _on("portal_who", draft.of)
    context = {"fields": forms.what(values, errors), "errors": errors, "trap": forms.TRAP, "n": 1, "typing": True, "begun": bool(draft.values),
               "ended": "ended" in request.GET and not values, "of": draft.of}
    return page(request, "send_what", context, status=422 if errors else 200, index=not values)


@require_safe
def another(request):
    """A second request beside the one being written: an empty form of its own."""
    return redirect(f"{reverse('portal_send')}?of={session_state.new_mark()}")


@require_http_methods(["GET", "HEAD", "POST"])
def who(request):
    draft = session_state.draft(request)
    values, errors = draft.values, {}
    if not values.get("narrative"):
        return _begin_again() if request.method == "POST" else redirect("portal_send")
    if request.method == "POST":
        values = {**values, **forms.read(request, forms.WHO)}
        errors = {} if switches(request) else _wrong_in_who(values)
        if not errors and not switches(request):
            session_state.keep_draft(request, draft.of, {name: values[name] for name in forms.WHO})
            return _on("portal_check", draft.of)
    context = {"fields": forms.who(values, errors), "errors": errors, "n": 2, "typing": True, "of": draft.of, "danger": _danger(values)}
    return page(request, "send_who", context, status=422 if errors else 200)


def _danger(values: dict):
    """What the words say of danger: the numbers to call stand above everything else."""
    return dangers.read(values.get("narrative", ""), values.get("place", ""))


def _wrong_in_who(values: dict) -> dict[str, str]:
    try:
        by_citizen.check_phone(values["phone"])
    except Invalid as wrong:
        return wrong.errors
    return {}


def _nothing_begun(request):
    """Before files are read: only a request that was begun here brings any."""
    return None if session_state.any_draft(request) else _begin_again()


@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_nothing_begun)
def check(request):
    draft = session_state.draft(request)
    values = draft.values
    if not values.get("narrative") or "requester_kind" not in values:
        return _done(request, draft.of) if session_state.receipt(request) else _begin_again()
    errors, reason, status = {}, "", 200
    if request.method == "POST" and request.POST.get("seen", draft.seen) != draft.seen:
        reason, status = _CHANGED, 409
    elif request.method == "POST":
        try:
            return _send(request, draft)
        except Invalid as wrong:
            errors, status = wrong.errors, 422
        except Refused as refused:
            reason, status = refused.verdict.reason, 429
    context = {"values": values, "errors": errors, "reason": reason, "n": 3, "danger": _danger(values), "told": _told(values),
               "reached": _reached(values), "photos": forms.photos(errors, by_citizen.MAX_FILES), "of": draft.of, "seen": draft.seen}
    return page(request, "send_check", context, status=status)


_CHANGED = mark("这份诉求刚才在另一个窗口改过，还没有提交。请核对下面的内容，再点一次提交。")


def _send(request, draft: session_state.Draft):
    """Two presses of the button: the second finds the case of the first and leaves the receipt to it."""
    values = draft.values
    sent = by_citizen.send(
        key=values["key"], address=address(request), uploads=uploads(request), narrative=values["narrative"], kind=values["kind"],
        place=values["place"], district=int(values["district"]) if values["district"] else None, name=values["name"],
        phone=values["phone"], requester_kind=values["requester_kind"] if values["requester_kind"] in dict(RequesterKind.choices()) else "person",
        secrecy=bool(values["secrecy"]), reply_language=values["reply_language"] if values["reply_language"] in dict(forms.LANGUAGES) else "zh",
    )
    answer = _done(request, draft.of)
    if not sent.replayed:
        session_state.keep_receipt(request, draft.of, sent.number, sent.code, values["kind"])
        known_devices.remember(request, answer, "citizen", f"case:{sent.case_id}")
    return answer


def _done(request, of: str):
    return _on("portal_done", of) if session_state.mark_of(request) else redirect("portal_done")


@require_POST
def code(request):
    """The answer with the code was lost on its way, and no message carries it: another one; the old one ends."""
    receipt = session_state.receipt(request)
    if receipt.get("key"):
        session_state.keep_receipt(request, receipt["of"], receipt["number"], by_citizen.code_again(key=receipt["key"]), receipt["kind"])
    return _done(request, receipt.get("of", ""))


def _line(label: str, typed: str, ours: str = "") -> dict:
    """What was typed stays in its writer's words; `ours` is a source string."""
    return {"label": label, "typed": typed, "ours": ours}


def _told(values: dict) -> list[dict]:
    district = org.tree().place(int(values["district"])) if values["district"] else ""
    return [_line(mark("发生了什么"), values["narrative"]), _line(mark("类别"), "", Kind(values["kind"]).label),
            _line(mark("区县"), district, forms.NOT_SURE), _line(mark("具体地点"), values["place"], mark("没有填"))]


def _reached(values: dict) -> list[dict]:
    kind = dict(RequesterKind.choices()).get(values["requester_kind"], RequesterKind.PERSON.label)
    return [_line(mark("称呼"), values["name"], mark("没有填（匿名）")), _line(mark("联系电话"), values["phone"], mark("没有填")),
            _line(mark("身份"), "", kind), _line(mark("保密"), "", mark("要求保密") if values["secrecy"] else mark("不要求")),
            _line(mark("答复语言"), "", dict(forms.LANGUAGES).get(values["reply_language"], forms.LANGUAGES[0][1]))]


@require_safe
def done(request):
    """Number and code, large. When the receipt was lost on the way, the number is known by the form's key, and a code can be asked for."""
    receipt, draft = session_state.receipt(request), session_state.draft(request)
    if not receipt and (key := draft.values.get("key")) and (number := by_citizen.number_of(key)):
        session_state.keep_receipt(request, draft.of, number, "", draft.values.get("kind", ""), key)
        receipt = session_state.receipt(request)
    if not receipt.get("number"):
        return redirect("portal_send")
    return page(request, "send_done", {"receipt": receipt, "ahead": _ahead(receipt.get("kind", ""))})


def _ahead(kind: str) -> list[str]:
    """What comes next, with the promises of the table of time limits."""
    contact, handle = _span("contact"), _span(Kind(kind).limit) if kind else ""
    return [
        mark("热线审核，派给负责的单位；能当场答复的直接答复。"),
        Said(mark("承办单位签收后会联系您（留了电话的），一般在 {span}之内。"), span=contact) if contact else mark("承办单位签收后会联系您（留了电话的）。"),
        Said(mark("{kind}一般在 {span}之内答复，准确日期在查询页。"), kind=Kind(kind).label, span=handle) if handle else mark("答复的准确日期在查询页。"),
        mark("办完后热线回访，问您解决没有、满意不满意。"),
    ]


def _span(code: str) -> str:
    try:
        limit = calendar.limit(code, at=clock.now()).limit
    except LookupError:
        return ""
    return Said((_ONE if limit.amount == 1 else _SPANS)[limit.unit.value], n=limit.amount)


# One of each is a sentence of its own: English says it otherwise.
_ONE = {"wd": mark("1 个工作日"), "wh": mark("1 个工作小时"), "d": mark("1 天"), "h": mark("1 小时"), "min": mark("1 分钟")}
_SPANS = {"wd": mark("{n} 个工作日"), "wh": mark("{n} 个工作小时"), "d": mark("{n} 天"), "h": mark("{n} 小时"), "min": mark("{n} 分钟")}
