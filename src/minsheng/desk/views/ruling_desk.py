"""What the desks that judge have in common: a queue beside the one that is next, its rulings with what follows, and the next after it."""

from __future__ import annotations

from collections.abc import Callable

from django.shortcuts import redirect
from django.urls import reverse

from minsheng.cases.actions import any_step
from minsheng.cases.queries import case_page as pages
from minsheng.cases.queries.case_page import CasePage, band_of, band_of_ask
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.requests import Request
from minsheng.desk import forms, outcome
from minsheng.desk.views.case import hidden
from minsheng.kit import form_key, toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Invalid, Refused, Verdict


def entry(case, tag: str, at: int, here: str, ask=None) -> dict:
    """A line of the queue; `at` is the case that lies open beside it, `ask` the request whose own limit counts."""
    band, left, _ = band_of_ask(ask) if ask else band_of(case)
    return {"case": case, "tag": tag, "url": f"{here}?case={case.id}", "current": case.id == at,
            "clock": {"band": band, "left": left} if band else None}


def chosen(request, queue: list) -> int:
    """The case that lies open: the one asked for, else the first of the queue; 0: none."""
    if asked := id_or_none(request.GET.get("case", "") or request.POST.get("case", "")):
        return asked
    return queue[0].id if queue else 0


def verdict_of(page: CasePage, step: str) -> Verdict | None:
    """The answer to a step of the reader's roles; None when it is not theirs at all."""
    return next((answer for row, answer in page.steps if row.name == step), None)


def open_page(case_id: int, by) -> CasePage | None:
    """None for what is hidden: the queue is shown then, with the sentence that says so."""
    try:
        return pages.open_case(case_id, by) if case_id else None
    except Refused:
        return None


def in_hand(page: CasePage, read: Callable[[], dict]) -> dict:
    """The case and what `read` says of it; of one whose record is damaged the sentence that says so, and the queue stays."""
    try:
        return {"case": page.case, "current": next((c for c in page.clocks if c.current), None), **read()}
    except Refused as refused:
        return {"page": None, "at": 0, "reason": refused.verdict.reason}


def take(request, steps: set[str], draw, usual=None, named=None):
    """Take the step that the button names and go on to the next case. Refused or wrong: the same case again, all that was typed in it.

    `draw(request, status, **more)` shows the desk; `usual(case_id, step)` gives the words that count when no others were written,
    `named(step, post)` what was typed as words and is given as ids.
    """
    step, case_id = PROCEDURE.get(request.POST.get("step", "")), chosen(request, [])
    if step is None or step.name not in steps:
        return draw(request, 409, reason="请用页面上的按钮")
    try:
        row = any_step.take(case_id=case_id, step=step.name, by=request.actor, given=_given(request, step, case_id, usual, named),
                            key=form_key.of(request.POST)).step
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return draw(request, 409, reason=refused.verdict.reason)
    except Invalid as wrong:
        return draw(request, 422, errors=wrong.errors, tried=step.name)
    return toast.leave(redirect(reverse(request.resolver_match.url_name)), f"{row.case.number}：{outcome.told(row, request.actor)}")


def _given(request, step: Step, case_id: int, usual, named) -> dict:
    given = forms.given_from(step, request.POST, request.FILES, request.actor) | (named(step, request.POST) if named else {})
    if usual and "ruling" in step.needs and not given.get("ruling") and (words := usual(case_id, step.name)):
        given["ruling"] = words
    return given


def needed(request: Request) -> set[str]:
    """Fields that either ruling may be given: the form draws these."""
    return {name for step, _ in request.rulings for name in step.fields}
