"""Sending a request: what happened, who asks, check and send. Three plain pages; what was typed is kept between them."""

from __future__ import annotations

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from minsheng.cases import citizen
from minsheng.cases.rules import Kind, RequesterKind
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org
from minsheng.portal import forms, visit
from minsheng.portal.views.page import address, page, uploads


@require_http_methods(["GET", "HEAD", "POST"])
def what(request):
    values, errors = visit.draft(request), {}
    if request.method == "POST":
        values = {**values, **forms.read(request, forms.WHAT)}
        errors = forms.wrong_in_what(values) | forms.trapped(request)
        if not errors:
            visit.keep_draft(request, {name: values[name] for name in forms.WHAT})
            return redirect("portal_who")
    context = {"fields": forms.what(values, errors), "errors": errors, "trap": forms.TRAP, "n": 1}
    return page(request, "send_what", context, status=422 if errors else 200, index=not values)


@require_http_methods(["GET", "HEAD", "POST"])
def who(request):
    values, errors = visit.draft(request), {}
    if not values.get("narrative"):
        return redirect("portal_send")
    if request.method == "POST":
        values = {**values, **forms.read(request, forms.WHO)}
        errors = _wrong_in_who(values)
        if not errors:
            visit.keep_draft(request, {name: values[name] for name in forms.WHO})
            return redirect("portal_check")
    return page(request, "send_who", {"fields": forms.who(values, errors), "errors": errors, "n": 2}, status=422 if errors else 200)


def _wrong_in_who(values: dict) -> dict[str, str]:
    try:
        citizen.check_phone(values["phone"])
    except Invalid as wrong:
        return {name: _(said) for name, said in wrong.errors.items()}
    return {}


@require_http_methods(["GET", "HEAD", "POST"])
def check(request):
    values = visit.draft(request)
    if not values.get("narrative") or "requester_kind" not in values:
        return redirect("portal_done" if visit.receipt(request) else "portal_send")
    errors, reason, status = {}, "", 200
    if request.method == "POST":
        try:
            return _send(request, values)
        except Invalid as wrong:
            errors, status = {name: _(said) for name, said in wrong.errors.items()}, 422
        except Refused as refused:
            reason, status = _(refused.verdict.reason), 429
    context = {"values": values, "errors": errors, "reason": reason, "n": 3, "shown": _shown(values),
               "photos": forms.photos(errors, citizen.MAX_FILES)}
    return page(request, "send_check", context, status=status)


def _send(request, values: dict):
    """Two presses of the button: the second finds the case of the first and leaves the receipt to it."""
    sent = citizen.send(
        key=values["key"], address=address(request), uploads=uploads(request), narrative=values["narrative"], kind=values["kind"],
        place=values["place"], district=int(values["district"]) if values["district"] else None, name=values["name"],
        phone=values["phone"], requester_kind=values["requester_kind"] if values["requester_kind"] in dict(RequesterKind.choices()) else "person",
        secrecy=bool(values["secrecy"]), reply_language=values["reply_language"] if values["reply_language"] in dict(forms.LANGUAGES) else "zh",
    )
    if not sent.replayed:
        visit.keep_receipt(request, sent.number, sent.code)
    return redirect("portal_done")


def _shown(values: dict) -> list[tuple[str, str, str]]:
    """(label, value, where to change it)."""
    first, second = reverse("portal_send"), reverse("portal_who")
    district = org.tree().name(int(values["district"])) if values["district"] else _("不清楚，由热线判断")
    return [
        (_("发生了什么"), values["narrative"], first), (_("类别"), _(Kind(values["kind"]).label), first),
        (_("区县"), district, first), (_("具体地点"), values["place"] or _("没有填"), first),
        (_("称呼"), values["name"] or _("没有填（匿名）"), second), (_("联系电话"), values["phone"] or _("没有填"), second),
        (_("身份"), _(dict(RequesterKind.choices()).get(values["requester_kind"], "群众")), second),
        (_("保密"), _("要求保密") if values["secrecy"] else _("不要求"), second),
        (_("答复语言"), dict(forms.LANGUAGES).get(values["reply_language"], "汉语"), second),
    ]


@require_safe
def done(request):
    """Number and code, large. When the receipt was lost on the way, the number at least is known by the form's key."""
    receipt = visit.receipt(request)
    if not receipt and (key := visit.draft(request).get("key")):
        receipt = {"number": citizen.number_of(key), "code": ""}
    if not receipt.get("number"):
        return redirect("portal_send")
    return page(request, "send_done", {"receipt": receipt})
