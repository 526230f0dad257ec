"""The telephone of a person: its window, presence, who calls, whom a call may be passed on to."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from functools import wraps

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import LANGUAGES, Role
from minsheng.cases.rules import State
from minsheng.desk import intake_form as form
from minsheng.desk import phone_bar
from minsheng.kit.headers import POLICY
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days.queries import desk_page
from minsheng.telephony.actions import exchange, seat
from minsheng.telephony.actions import floor as calls_floor
from minsheng.telephony.queries import link, live, ringing
from minsheng.telephony.queries import seat as seats

_desk = needs(Role.AGENT, Role.SHIFT_LEADER, Role.CALLBACK_CLERK)
_INTAKE = frozenset({Role.AGENT, Role.SHIFT_LEADER})
QUEUES = [("q-zh", "汉语队列"), ("q-bo", "藏语队列"), ("q-en", "英语队列")]


def _there(view):
    """Without telephony there is no such page."""

    @wraps(view)
    def door(request, *args, **kwargs):
        if not phone_bar.there():
            raise Http404
        return view(request, *args, **kwargs)

    return door


def _told(deed):
    """A deed asked by the window: what is refused or wrong comes back as one sentence."""

    @wraps(deed)
    def view(request, *args, **kwargs):
        try:
            return JsonResponse(deed(request, *args, **kwargs))
        except Invalid as wrong:
            return JsonResponse({"reason": "；".join(wrong.errors.values())}, status=422)
        except Refused as refused:
            return JsonResponse({"reason": refused.verdict.reason}, status=409)

    return view


@never_cache
@require_safe
@_desk
@_there
def window(request):
    """The one page that may speak to the exchange: its address stands in this answer's policy and in no other."""
    answer = render(request, "desk/phone/window.html", {"seat": f"w{secrets.token_hex(6)}", "phone": phone_bar.context(request.actor) | {"window": True}})
    if address := exchange.address():
        answer["Content-Security-Policy"] = POLICY.replace("connect-src 'self'", f"connect-src 'self' {address}")
    return answer


@never_cache
@require_POST
@sensitive_variables()
@_desk
@_there
@_told
def line(request):
    """A word for this window alone; the one before it ends, and whoever had it open elsewhere is told."""
    return seat.open_line(by=request.actor, seat=request.POST.get("seat", ""))


@never_cache
@require_safe
@_desk
@_there
def why(request):
    """Why the exchange cannot be reached, in a sentence."""
    return JsonResponse({"reason": exchange.trouble(exchange.address())})


@never_cache
@require_POST
@_desk
@_there
@_told
def stand(request):
    state, reason = request.POST.get("state", ""), request.POST.get("reason", "")
    return {"state": state, "words": seat.stand(by=request.actor, state=state, reason=reason, languages=request.person.languages)}


@never_cache
@require_POST
@_desk
@_there
@_told
def recording(request):
    return {"words": seat.record(by=request.actor, deed=request.POST.get("deed", ""))}


@never_cache
@require_safe
@_desk
@_there
def pop(request):
    """Who calls the one who asks; nothing for anybody else."""
    key = request.GET.get("key", "")[:80]
    call = ringing.now(request.actor, key)
    if call is None:
        colleague = seats.name_of(ringing.asked_by(request.actor, key)) if key else ""
        return render(request, "desk/phone/pop_colleague.html", {"colleague": colleague}) if colleague else HttpResponse(status=204)
    caller = form.caller(request.actor, call.number, call)
    earlier = caller.get("earlier", [])
    shown = {"call": call, "caller": caller, "language": LANGUAGES.get(call.language, ""), "open": [one for one in earlier if State(one.case.state).is_open],
             "place": form.place_name(earlier), "sealed": any(one.case.sealed for one in earlier),
             "intake": _written_at(request, call) if request.actor.roles & _INTAKE else ""}
    return render(request, "desk/phone/pop.html", shown)


def _written_at(request, call) -> str:
    """Where the call is written down: at the leader's desk whose telephone this is, else on the page of intake."""
    if call.desk and request.actor.id in seats.at_desks().get(call.desk, {}) and call.desk in desk_page.with_queue():
        return f"{reverse('desk-seat', args=[call.desk])}?telephone={call.id}"
    return f"{reverse('intake')}?call={call.id}"


@never_cache
@require_safe
@_desk
@_there
def targets(request):
    people = [(f"a{id_}", name) for id_, name in seats.free(request.actor)]
    return render(request, "desk/phone/targets.html", {"queues": _queues(), "people": people})


def _queues() -> list[tuple[str, str]]:
    """Those of languages, and of the leaders' desks where a telephone is signed in."""
    return [*QUEUES, *desk_page.named(desk for desk, people in seats.at_desks().items() if any(people.values()))]


@never_cache
@require_safe
@needs(Role.SHIFT_LEADER)
@_there
def floor(request):
    """Who is at the telephone now."""
    return _floor(request)


def _floor(request, **more):
    at_desk = {person for people in seats.at_desks().values() for person in people}
    agents = [{**asdict(one), "for": f"{one.since_s // 60}:{one.since_s % 60:02d}", "at_desk": one.person_id in at_desk} for one in live.now().agents]
    return render(request, "desk/phone/floor.html", {"agents": agents, "queues": _queues(), "link": link.link(), **more})


@never_cache
@require_POST
@needs(Role.SHIFT_LEADER)
@_there
def floor_do(request, person_id: int):
    try:
        word = calls_floor.do(by=request.actor, other=person_id, deed=request.POST.get("deed", ""), queue=request.POST.get("queue", ""))
    except Refused as refused:
        return _floor(request, reason=refused.verdict.reason)
    return _floor(request, said=f"{word}：已交给话务平台")


urls = [
    path("phone", window, name="phone"),
    path("phone/line", line, name="phone-line"),
    path("phone/why", why, name="phone-why"),
    path("phone/presence", stand, name="phone-presence"),
    path("phone/recording", recording, name="phone-recording"),
    path("phone/call", pop, name="phone-pop"),
    path("phone/targets", targets, name="phone-targets"),
    path("phone/floor", floor, name="phone-floor"),
    path("phone/floor/<int:person_id>", floor_do, name="phone-floor-do"),
]
