"""The budget of full numbers: its figures for the system administrator, one more budget for somebody from the shift leader."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.contacts import actions as contacts
from minsheng.contacts import reveals
from minsheng.contacts.rules import MOST
from minsheng.kit import toast
from minsheng.kit.read_values import Fields, number
from minsheng.kit.verdict import Invalid, Refused

_FIELDS = (("per_hour", "一小时最多看几个号码", "每件工单一小时内只算一次"), ("per_reason", "其中同一个理由最多几个", "再多要写明这一件的理由"),
           ("in_hand", "回访名单内的最多几个", "回访员一小时打二三十个电话，设得宽些；只为拦住程序"))


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def budget(request):
    if request.method != "POST":
        return _page(request)
    form = Fields(request.POST)
    try:
        given = {name: form.read(name, number, 1, MOST, label=label, must=True) for name, label, _ in _FIELDS}
        form.done()
        reveals.set_budget(by=request.actor, **given)
    except Invalid as wrong:
        return _page(request, 422, wrong.errors)
    return toast.leave(redirect("reveal-budget"), "已改，从现在起按新额度")


def _page(request, status: int = 200, errors: dict | None = None):
    now = reveals.budget()
    fields = [{"name": name, "label": label, "type": "number", "help": words, "required": True, "error": (errors or {}).get(name, ""),
               "value": request.POST.get(name, getattr(now, name))} for name, label, words in _FIELDS]
    return render(request, "desk/reveals.html", {"fields": fields, "errors": errors}, status=status)


@never_cache
@needs(Role.SHIFT_LEADER)
@require_POST
def allow(request, person_id: int):
    """From the shift desk: somebody who came to the end of the budget goes on."""
    try:
        name = contacts.let_see_more(person_id=person_id, by=request.actor, reason=request.POST.get("reason", ""))
    except (Refused, Invalid) as stopped:
        said = stopped.verdict.reason if isinstance(stopped, Refused) else next(iter(stopped.errors.values()))
        return toast.leave(redirect("shift"), said)
    return toast.leave(redirect("shift"), f"已放行：{name}可以再看一份额度的号码，理由记入台账")


urls = [path("limits/reveals", budget, name="reveal-budget"), path("shift/reveals/<int:person_id>", allow, name="reveal-allow")]
