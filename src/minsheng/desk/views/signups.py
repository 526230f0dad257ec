"""Sign-ups before a period (报名): the list to be screened or rung back, and one sign-up's page."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views.leader_days import show_subject, take_subject
from minsheng.kit import read_values
from minsheng.kit.read_values import Fields
from minsheng.kit.verdict import Invalid
from minsheng.leader_days import actions
from minsheng.leader_days.queries import signups as read
from minsheng.leader_days.rules.signups import SIGNUP, SignupState

readers = needs(*sorted(read.READERS))
STATES = [(s.value, s.label) for s in SignupState if s is not SignupState.NEW]


@never_cache
@readers
@require_safe
def signups(request):
    """Whoever signed up first stands first; narrowed by what became of it."""
    errors, page, state = {}, None, ""
    try:
        form = Fields(request.GET)
        state = form.read("state", read_values.choice, STATES, label="状态", default="")
        form.done()
        page = read.listed(request.actor, state, request.GET.get("after", ""))
    except Invalid as wrong:
        errors = wrong.errors
    shown = {"page": page, "rows": page.rows if page else [], "errors": errors, "state": state, "states": STATES,
             "query": f"state={state}" if state else ""}
    return render(request, "desk/days/signups.html", shown, status=422 if errors else 200)


@never_cache
@readers
@require_safe
def signup(request, signup_id: int):
    return show_subject(request, _open, SIGNUP, "signup", "signup", signup_id)


def _open(signup_id: int, by):
    """A form chooses among the desks of its period that are not over."""
    page = read.page(signup_id, by)
    page.subject.seats = page.subject.period.seats
    return page


@never_cache
@readers
@require_POST
def take(request, signup_id: int):
    """Rung back and registered, the agent goes on with the case at once."""
    answer = take_subject(request, _open, SIGNUP, "signup", "signup", signup_id,
                          lambda **more: actions.take_signup_step(signup_id=signup_id, **more))
    if answer.status_code == 302 and request.POST.get("step") == "register_signup":
        answer["Location"] = redirect("case", read.page(signup_id, request.actor).subject.case_id).url
    return answer


urls = [
    path("signups", signups, name="signups"),
    path("signups/<int:signup_id>", signup, name="signup"),
    path("signups/<int:signup_id>/step", take, name="signup-step"),
]
