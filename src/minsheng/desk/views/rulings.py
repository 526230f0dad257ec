"""Desks that rule on what was asked: returns, the supervisor's, the coordinator's, erasure. One request open, what each ruling causes beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Actor, Role
from minsheng.cases.effects import clocks
from minsheng.cases.queries import requests, ruling_preview
from minsheng.cases.queries.case_page import CasePage
from minsheng.cases.queries.requests import RequestRow
from minsheng.cases.rules import MAX_EXTENSIONS, Ask
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import REQUESTS
from minsheng.cases.rules.requests import Request
from minsheng.desk import forms, unit_choices
from minsheng.desk.views import ruling_desk
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock
from minsheng.kit.steps import Step
from minsheng.kit.uploads import takes_files
from minsheng.org import queries as org


@dataclass(frozen=True)
class Desk:
    """`url` is the name of its page; `tabs`: (url name, word) of the pages that belong to the same person."""

    url: str
    title: str
    empty: str
    tabs: tuple[tuple[str, str], ...] = ()

    @property
    def kinds(self) -> tuple[Ask, ...]:
        return tuple(kind for kind, request in REQUESTS.items() if request.page == self.url)

    def steps(self) -> set[str]:
        return {step.name for kind in self.kinds for step, _ in REQUESTS[kind].rulings}


OF_SUPERVISOR = (("rulings", "待裁定"), ("parked", "挂账复核"), ("overdue", "超期催办"), ("callbacks", "待回访清单"), ("recheck-results", "回访复核结果"))
OF_COORDINATOR = (("coordinate", "会商与最终答复"), ("problems", "疑难工单"), ("co-tasks", "协办任务"))
RETURNS = Desk("returns", "退单裁定", "没有等待裁定的退单")
RULINGS = Desk("rulings", "督办审批", "没有等待裁定的申请", OF_SUPERVISOR)
COORDINATE = Desk("coordinate", "协调", "没有等待会商或最终答复裁定的工单", OF_COORDINATOR)
ERASURES = Desk("erasures", "删除个人信息", "没有等待删除的申请")
_WORDED = {"ruling", "restart", "ground", "lead", "co_units", "minutes"}


def _desk(role: Role, desk: Desk):
    """The page of one desk: read it, or post a ruling to it and get the next."""

    def draw(request, status: int = 200, **more):
        return _draw(request, desk, status, **more)

    @never_cache
    @needs(role)
    @require_http_methods(["GET", "HEAD", "POST"])
    @takes_files()
    def view(request):
        if request.method == "POST":
            return ruling_desk.take(request, desk.steps(), draw, lambda case_id, step: _usual(case_id, step, request.actor, desk), _named)
        return draw(request)

    return view


def _usual(case_id: int, step: str, by: Actor, desk: Desk) -> str:
    """The words that stand under the button: written down when the person wrote none."""
    page = ruling_desk.open_page(case_id, by)
    waiting = _waiting(page, desk) if page else None
    found = ruling_preview.of(page.case, waiting.ask) if page and waiting else []
    return next((o.usual for o in found if o.step == step), "")


def _named(step: Step, post) -> dict:
    """The units of a duty finding are typed by name, as at the dispatch desk."""
    if step.name != "rule_consult":
        return {}
    co = [unit_choices.named(name, "co_units") for name in post.get("co", "").replace("，", "、").replace(",", "、").split("、") if name.strip()]
    found = {"lead": unit_choices.named(post.get("lead_name", ""), "lead"), "co_units": [c for c in co if c]}
    return {name: value for name, value in found.items() if value}


def _waiting(page: CasePage, desk: Desk) -> RequestRow | None:
    """The request of this desk that the case carries: the oldest that nobody has ruled."""
    rows = [a for a in requests.of_page(page) if a.ask.ruled_at is None and Ask(a.ask.ask) in desk.kinds]
    return rows[-1] if rows else None


def _draw(request, desk: Desk, status: int = 200, **more):
    by, here = request.actor, reverse(desk.url)
    found = requests.queue(by, *desk.kinds, after=request.GET.get("after", ""))
    at = ruling_desk.chosen(request, [a.case for a in found.rows])
    page = ruling_desk.open_page(at, by)
    shown = {"desk": desk, "tabs": tabs_of(desk.tabs, desk.url), "pager": found, "page": page, "at": at, "here": here, "typed": request.POST,
             "queue": [ruling_desk.entry(a.case, a.get_ask_display(), at, here, a) for a in found.rows], **more}
    if page:
        shown |= ruling_desk.in_hand(page, lambda: _judged(page, desk, by, request.POST or None))
    return render(request, "desk/rulings.html", shown, status=status)


def tabs_of(tabs, at: str) -> list[tuple[str, str, bool]]:
    return [(reverse(name), word, name == at) for name, word in tabs]


def _judged(page: CasePage, desk: Desk, by: Actor, typed: Mapping | None) -> dict:
    asked = _waiting(page, desk)
    if asked is None:
        return {"asked": None, "history": requests.of_page(page)}
    kind = Ask(asked.ask.ask)
    request = REQUESTS[kind]
    rulings = [(o, ruling_desk.verdict_of(page, o.step)) for o in ruling_preview.of(page.case, asked.ask)]
    rows = requests.rulings(by, kind, category_id=page.case.category_id, unit=asked.ask.asked_unit, leave_out=page.case.id) \
        if request.precedents and page.case.category_id else []
    return {
        "asked": asked, "kind": kind.value, "grounds": FIELDS["ground"].choices, "rulings": rulings, "precedents": rows, "with_precedents": request.precedents,
        "history": [a for a in requests.of_page(page) if a.ask.id != asked.ask.id], "catalogue": _catalogue(page) if kind == Ask.RETURN else None,
        "left": MAX_EXTENSIONS - page.case.extensions, "late": bool(asked.ask.due_at and asked.ask.due_at < clock.now()),
        "proposed": org.tree().name(asked.ask.given.get("proposed_unit")),
        "handlers": unit_choices.handlers(page.facts.complaint.line) if kind == Ask.CONSULT else [], "proposals": dispatch.proposals(page.case, by) if kind == Ask.CONSULT else [],
        "needs": ruling_desk.needed(request), "more": forms.step_fields(_more(request), page, typed),
        "shut": next((v.reason for _, v in rulings if v is not None and not v), ""),
    }


def _more(request: Request) -> Step:
    """Asks for what a ruling is given beside what this desk has words of its own for."""
    step = request.rulings[0][0]
    return replace(step, needs=tuple(need for need in step.needs if need.rstrip("?") not in _WORDED))


def _catalogue(page: CasePage) -> dict | None:
    """The row of the dispatch catalogue that counted when the case came, with the unit that it names here."""
    case = page.case
    if not case.category_id:
        return None
    row = dispatch.catalogue_rule(case.category_id, case.received_at.astimezone(clocks.city_calendar().zone).date())
    if row is None:
        return None
    unit = org.tree().district(case.district_id) if row.by_district else row.lead_id
    return {"row": row, "unit": org.tree().name(unit), "is_lead": unit == case.lead_id}


returns, rulings = _desk(Role.RETURN_REVIEWER, RETURNS), _desk(Role.SUPERVISOR, RULINGS)
coordinate, erasures = _desk(Role.COORDINATOR, COORDINATE), _desk(Role.SECURITY_ADMIN, ERASURES)

urls = [
    path("returns", returns, name="returns"),
    path("rulings", rulings, name="rulings"),
    path("coordinate", coordinate, name="coordinate"),
    path("erasures", erasures, name="erasures"),
]
