"""Matters and the dispatch catalogue: which unit answers for what, on what ground, since when; what each matter asks for."""

from __future__ import annotations

from datetime import date

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import CENTRE, UNIT, Role
from minsheng.cases import queries as cases
from minsheng.cases.actions import categories as deeds
from minsheng.desk import matter_form as form
from minsheng.desk import unit_choices
from minsheng.dispatch import actions as dispatch
from minsheng.dispatch import queries as catalogue
from minsheng.dispatch import rules
from minsheng.kit import clock, form_seen, read_times, toast
from minsheng.kit.read_values import BadValue
from minsheng.kit.verdict import Invalid, Refused

READERS = tuple(sorted(CENTRE | UNIT | {Role.SYSTEM_ADMIN, Role.INSPECTOR}))


def today() -> date:
    return timezone.localtime(clock.now()).date()


@never_cache
@needs(*READERS)
@require_safe
def matters(request):
    """?q= words in the name, code, keywords or unit; ?on= the day for which the catalogue is asked."""
    words, on = request.GET.get("q", "").strip()[:60], _on(request.GET.get("on", ""))
    rows = {r.category_id: r for r in catalogue.catalogue(on)}
    found = [line for line in form.lines(rows, on) if not words or words in line["searched"]]
    shown = {"found": found, "words": words, "on": on, "may_add": deeds.may_change(request.actor)}
    return render(request, "desk/matters/list.html", shown)


def _on(raw: str) -> date:
    try:
        return read_times.day(raw)
    except BadValue:
        return today()


@never_cache
@needs(*READERS)
@require_safe
def matter(request, code: str):
    return _matter(request, code)


def _matter(request, code: str, errors=None, reason: str = "", at: str = "", status: int = 200):
    found = cases.category(code)
    if found is None:
        raise Http404
    rows = [{"row": r, "lead": catalogue.lead_words(r), "co": catalogue.co_words(r), "counts": form.counts_on(r, today())}
            for r in catalogue.rows_of(found.id)]
    typed = request.POST if request.method == "POST" else {}
    shown = {"matter": found, "names": form.path_words(found), "elements": form.shown_elements(found), "evidence": form.evidence_words(found),
             "rows": rows, "errors": errors or {}, "reason": reason, "at": at, "may_change": deeds.may_change(request.actor),
             "may_route": rules.may_change_catalogue(request.actor), "leaf": form.is_leaf(found),
             "rule_fields": form.rule_fields(typed if at == "rule" else {"valid_from": today().isoformat()}, errors if at == "rule" else {}),
             "handlers": unit_choices.handlers(), "typed": typed, "statutory": form.statutory_words(found), "limit": form.limits_named().get(found.limit_matter, "")}
    return render(request, "desk/matters/matter.html", shown, status=status)


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request, code: str = ""):
    """A new matter, or another text of one: its name, words, evidence and template."""
    found = cases.category(code) if code else None
    if code and found is None:
        raise Http404
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            return _saved(request, code)
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    shown = {"matter": found, "fields": form.matter_fields(request, found, errors), "elements": form.element_rows(request, found),
             "errors": errors, "reason": reason, "types": deeds.ELEMENT_TYPES, "seen": form_seen.mark(form.standing(found)) if found else ""}
    return render(request, "desk/matters/write.html", shown, status=422 if errors else 409 if reason else 200)


def _saved(request, code: str):
    content = form.read_matter(request.POST)
    if code:
        content = form.only_changed(request.POST, content, cases.category(code))
        made = deeds.change_matter(code=code, by=request.actor, **content)
        return toast.leave(redirect("matter", made.code), f"“{made.name}”已改，新登记的诉求按新的要素和关键词")
    made = deeds.add_matter(code=request.POST.get("code", "").strip(), parent=request.POST.get("parent", ""), by=request.actor,
                            valid_from=today(), **content)
    return toast.leave(redirect("matter", made.code), f"已增加“{made.name}”，请协调员为它建立派单目录")


@needs(Role.SYSTEM_ADMIN)
@require_POST
def retire(request, code: str):
    """No new case is about it after a day; with an empty day it is used again."""
    again = request.POST.get("again") == "1"
    try:
        found = deeds.retire_matter(code=code, last=None if again else form.day(request.POST, "on"), reason=request.POST.get("reason", ""), by=request.actor)
    except Invalid as wrong:
        return _matter(request, code, wrong.errors, at="retire", status=422)
    except Refused as refused:
        return _matter(request, code, reason=refused.verdict.reason, status=404 if refused.verdict.code == "hidden" else 409)
    return toast.leave(redirect("matter", code), f"“{found.name}”恢复使用" if again else f"“{found.name}”用到 {found.valid_to} 为止，已登记的不变")


@needs(Role.COORDINATOR)
@require_POST
def route(request, code: str):
    """A new row of the catalogue from a day on; the row before ends the day before."""
    found = cases.category(code)
    if found is None:
        raise Http404
    try:
        row = dispatch.add_rule(category=found, by=request.actor, **form.read_rule(request.POST))
    except Invalid as wrong:
        return _matter(request, code, wrong.errors, at="rule", status=422)
    except Refused as refused:
        return _matter(request, code, reason=refused.verdict.reason, status=409)
    return toast.leave(redirect("matter", code), f"{row.valid_from} 起派给{catalogue.lead_words(row)}，此前受理的仍按原来的")


@needs(Role.COORDINATOR)
@require_POST
def end(request, code: str, rule_id: int):
    found = cases.category(code)
    if found is None or catalogue.rule_of(rule_id, found.id) is None:
        raise Http404
    try:
        row = dispatch.end_rule(rule_id=rule_id, on=form.day(request.POST, "on"), by=request.actor, reason=request.POST.get("reason", ""))
    except Invalid as wrong:
        return _matter(request, code, wrong.errors, at=f"end-{rule_id}", status=422)
    except Refused as refused:
        return _matter(request, code, reason=refused.verdict.reason, status=409)
    return toast.leave(redirect("matter", code), f"这一行到 {row.valid_to} 为止；之后受理的由派单员选单位")


urls = [
    path("matters", matters, name="matters"), path("matters/new", write, name="matter-new"), path("matters/<str:code>", matter, name="matter"),
    path("matters/<str:code>/write", write, name="matter-write"), path("matters/<str:code>/route", route, name="matter-route"),
    path("matters/<str:code>/retire", retire, name="matter-retire"), path("matters/<str:code>/route/<int:rule_id>/end", end, name="matter-route-end"),
]
