"""The shift leader's desk: what burns first, then who is here, then what is handed on."""

from __future__ import annotations

from datetime import timedelta

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from minsheng.accounts import queries as people
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.calendar import rules as time_rules
from minsheng.cases import actions
from minsheng.cases.actions import drafts
from minsheng.cases.effects import clocks
from minsheng.cases.queries import dispatch_lists, shift_lists
from minsheng.desk.views.case import hidden
from minsheng.kit import clock, toast
from minsheng.kit.verdict import Invalid, Refused

_desk = needs(Role.SHIFT_LEADER)
HERE = timedelta(minutes=10)  # a page touched since then: the person is at the desk
STALE = timedelta(hours=1)  # a draft untouched for so long is somebody's who has forgotten it or gone home


@never_cache
@require_GET
@_desk
def desk(request):
    (tray, held), by = drafts.of_the_shift(), request.actor
    agents = _agents(by, held)
    names = {row["id"]: row["name"] for row in agents}
    shown = {
        "unsigned": shift_lists.unsigned_urgent(by), "waiting": shift_lists.urgent_waiting(by), "night": dispatch_lists.left_by_night(by),
        "office": time_rules.is_office_time(clock.now(), clocks.city_calendar()), "tray": tray, "half": shift_lists.half_done(by),
        "held": [(d, names.get(d.owner, "")) for d in held if clock.now() - d.at > STALE and d.owner in names],
        "agents": agents, "stopped": shift_lists.stopped(), "now": clock.now(),
    }
    return render(request, "desk/shift.html", shown)


def _agents(by, held) -> list[dict]:
    """Who of the agents is at the desk, as far as the program knows: the last activity, a draft being written, the day's numbers."""
    done, writing = shift_lists.today(by), {d.owner: d for d in held if clock.now() - d.at <= HERE}
    rows = []
    for id_, name, seen in people.last_seen(Role.AGENT):
        idle = int((clock.machine_now() - seen).total_seconds() // 60) if seen else None
        here = seen is not None and clock.machine_now() - seen <= HERE
        state = "正在登记" if id_ in writing else "在线" if here else f"{idle} 分钟没有动作" if idle is not None and idle < 240 else "未登录"
        rows.append({"id": id_, "name": name, "state": state, "here": here or id_ in writing, "today": done.get(id_, shift_lists.Today())})
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


urls = [path("shift/case/<int:case_id>/give", give, name="shift-give"), path("shift", desk, name="shift"), path("shift/draft/<int:owner>/<str:key>", hand, name="shift-hand")]
