"""The shift leader's desk: what burns first, then who is here, then what is handed on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts import queries as people
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.calendar import rules as time_rules
from minsheng.cases import actions
from minsheng.cases.actions import any_step, drafts, night
from minsheng.cases.effects import clocks
from minsheng.cases.queries import shift_lists
from minsheng.desk import alarms, forms, phone_bar, unit_choices
from minsheng.desk.views.case import hidden
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock, form_key, toast
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org
from minsheng.telephony.queries import link
from minsheng.telephony.queries import seat as seats

_desk = needs(Role.SHIFT_LEADER)
HERE = timedelta(minutes=10)  # a page touched since then: the person is at the desk
STALE = timedelta(hours=1)  # a draft untouched for so long is somebody's who has forgotten it or gone home


@never_cache
@require_safe
@_desk
def desk(request):
    return _page(request)


def _page(request, status: int = 200, **more):
    (tray, held), by = drafts.of_the_shift(), request.actor
    counts = shift_lists.counts(by)
    agents = _agents(by, held)
    names = {row["id"]: row["name"] for row in agents}
    shown = {
        **_burning(by, counts), "night": counts.night, "tray": tray, "half": shift_lists.half_done(by) if counts.half else [],
        "held": [(d, names.get(d.owner, "")) for d in held if clock.now() - d.at > STALE and d.owner in names],
        "agents": agents, "stopped": shift_lists.stopped(), "spent": alarms.lately(by), "now": clock.now(), "link": link.link(), **more,
    }
    return render(request, "desk/shift.html", shown, status=status)


def _burning(by, counts: shift_lists.Counts) -> dict:
    """What cannot wait: drawn with the page, and anew when something comes in."""
    office = time_rules.is_office_time(clock.now(), clocks.city_calendar())
    waiting = shift_lists.urgent_waiting(by) if counts.waiting else []
    today = timezone.localtime(clock.now()).date()
    leads = dispatch.first_leads([(w.case.id, w.matter, w.case.district_id) for w in waiting if w.matter], today)
    named = {case_id: unit_choices.label(org.tree()[unit]) for case_id, unit in leads.items()}
    waiting = [replace(one, lead=named.get(one.case.id, "")) for one in waiting]
    alarms = shift_lists.alarms(by) if counts.alarms else []
    unconfirmed = shift_lists.unconfirmed(by) if counts.unconfirmed else []
    asked = {one.case.id for one in unconfirmed}  # to be confirmed: whoever is to take it on is named with that
    stuck = [one for one in shift_lists.stuck(by) if one.case.id not in asked] if counts.shut else []
    return {
        "unsigned": shift_lists.unsigned_urgent(by), "waiting": waiting, "alarms": alarms, "unconfirmed": unconfirmed, "stuck": stuck,
        "to_settle": len(alarms) + len(unconfirmed) + len(stuck), "office": office,
        "online": [] if office else shift_lists.online_waiting(by), "pulse": counts.pulse,
        "matters": forms.categories() if waiting else [], "handlers": unit_choices.handlers() if waiting else [],
    }


@never_cache
@require_safe
@_desk
def pulse(request):
    """How much burns, as four figures: the page asks when something moves, and once a minute."""
    return HttpResponse(shift_lists.counts(request.actor).pulse, content_type="text/plain")


@never_cache
@require_safe
@_desk
def burning(request):
    """The lists that burn, alone."""
    return render(request, "desk/shift_burning.html", _burning(request.actor, shift_lists.counts(request.actor)))


@never_cache
@require_POST
@_desk
def send(request, case_id: int):
    """Classify, mark and send in one go; or classify alone, by day. Refused or wrong: the desk again, with what was typed."""
    post, by = request.POST, request.actor
    try:
        given = {"category": post.get("category", ""), "district": post.get("district", "")}
        if post.get("only") == "triage":
            any_step.take(case_id=case_id, step="triage", by=by, given={n: v for n, v in given.items() if v} | _urgency(post))
            return toast.leave(redirect("shift"), "已定性，派单员马上看到。")
        given |= {"lead": unit_choices.named(post.get("lead", ""), "lead")} | _urgency(post) | form_key.seen(post)
        row = night.send(case_id=case_id, by=by, given={n: v for n, v in given.items() if v not in ("", None)})
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors, at=case_id, typed=post)
    except Refused as refused:
        if refused.verdict.code == "hidden":
            return hidden(request, refused)
        return _page(request, 409, reason=refused.verdict.reason, at=case_id, typed=post)
    return toast.leave(redirect("shift"), f"{row.case.number} 已派给{org.tree().name(row.given['lead'])}，已呼叫值班电话；由派单员补审。")


def _urgency(post) -> dict:
    """"否" takes urgency away, with the reason that stands beside it."""
    if post.get("urgent") == "no":
        return {"urgent": False, "reason": post.get("reason", "")}
    return {"urgent": True} if post.get("urgent") == "yes" else {}


def _agents(by, held) -> list[dict]:
    """Who of the agents is at the desk: where they stand at the telephone, what their page was last used for, the day's numbers."""
    done, writing = shift_lists.today(by), {d.owner: d for d in held if clock.now() - d.at <= HERE}
    at_phone, rows = seats.stands() if phone_bar.there() else None, []
    for id_, name, seen in people.last_seen(Role.AGENT):
        idle = int((clock.machine_now() - seen).total_seconds() // 60) if seen else None
        here = seen is not None and clock.machine_now() - seen <= HERE
        state = "正在登记" if id_ in writing else "在用" if here else f"{idle} 分钟没有动作" if idle is not None and idle < 240 else "未登录"
        line = at_phone.get(id_, "未签入") if at_phone is not None else ""
        rows.append({"id": id_, "name": name, "state": state, "phone": line, "here": here or id_ in writing or id_ in (at_phone or {}),
                     "today": done.get(id_, shift_lists.Today())})
    return sorted(rows, key=lambda row: (not row["here"], row["name"]))


@never_cache
@require_POST
@_desk
def hand(request, owner: int, key: str):
    """A draft whose writer has gone home goes into the tray."""
    of = next((name for id_, name, _ in people.last_seen(Role.AGENT) if id_ == owner), "")
    try:
        drafts.to_tray(by=request.actor, owner=owner, of=of, key=key)
    except Refused as refused:
        return toast.leave(redirect("shift"), refused.verdict.reason)
    return toast.leave(redirect("shift"), "已放入交班暂存，在班话务员可以接手。")


@never_cache
@require_POST
@_desk
def give(request, case_id: int):
    """A draft in the case table goes to another agent, with a record."""
    try:
        actions.take_step(case_id=case_id, step="hand_draft", by=request.actor, given={"agent": request.POST.get("agent", "")})
    except Refused as refused:
        return hidden(request, refused)
    except Invalid as wrong:
        return toast.leave(redirect("shift"), "；".join(wrong.errors.values()))
    return toast.leave(redirect("shift"), "已移交，在对方“接听登记”左边的退回补充里。")


urls = [path("shift", desk, name="shift"), path("shift/pulse", pulse, name="shift-pulse"), path("shift/burning", burning, name="shift-burning"),
        path("shift/<int:case_id>/send", send, name="shift-send"), path("shift/draft/<int:owner>/<str:key>", hand, name="shift-hand"),
        path("shift/case/<int:case_id>/give", give, name="shift-give")]
