"""Coordination meetings (群众诉求办理协调会): the list, one meeting's page with agenda, minutes and rulings, and planning one."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.leader_days import show_subject, take_subject
from minsheng.kit import form_key, toast
from minsheng.kit.papers import making
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import meetings as read
from minsheng.leader_days.queries import minutes_paper, pages
from minsheng.leader_days.rules.meetings import MEETING

readers = needs(*sorted(read.READERS))
_OF_AGENDA = ("take_off_agenda", "rule_item")  # steps on a case that stands there


@never_cache
@readers
@require_safe
@on_its_page("desk/days/meetings.html")
def meetings(request):
    """All that the reader may see, the newest first."""
    page = read.listed(request.actor, request.GET.get("after", ""))
    return render(request, "desk/days/meetings.html", {"page": page, "rows": page.rows})


def _open(step: str):
    """The page, with the cases that the form of this step chooses from."""
    def opened(meeting_id: int, by) -> pages.SubjectPage:
        page = read.page(meeting_id, by)
        page.more["to_choose"] = [line.case for line in page.more["lines"] if line.case] if step in _OF_AGENDA else page.more["offered"]
        return page

    return opened


def _first(request):
    """A form begins with the case whose button was pressed, and with what was ruled on it so far."""
    def first(page: pages.SubjectPage, step) -> dict:
        if step is None or step.name == "write_minutes":
            return {name: getattr(page.subject, name) or "" for name in step.fields} if step else {}
        if step.name == "amend_meeting":
            return {"meets_on": page.subject.meets_on, "venue": page.subject.venue}
        number = request.GET.get("case", "")[:40]
        line = next((one for one in page.more["lines"] if one.case and one.case.number == number), None)
        if step.name != "rule_item" or line is None:
            return {"case": number}
        units = [str(unit) for unit in line.item.co_units]
        return {"case": number, "lead": line.item.lead_id or line.case.lead_id or "", "co_units": units, "owner": line.owner, "duty": line.duty,
                "due": line.item.due or ""}

    return first


@never_cache
@readers
@require_safe
def meeting(request, meeting_id: int):
    return show_subject(request, _open(request.GET.get("step", "")), MEETING, "meeting", "meeting", meeting_id, _first(request))


@never_cache
@readers
@require_POST
def take(request, meeting_id: int):
    return take_subject(request, _open(request.POST.get("step", "")), MEETING, "meeting", "meeting", meeting_id,
                        lambda **more: actions.take_meeting_step(meeting_id=meeting_id, **more))


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, period_id: int):
    """A meeting on the unsolved cases of the period."""
    try:
        page = pages.period(period_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step, errors, reason = MEETING["draft_meeting"], {}, ""
    if request.method == "POST":
        try:
            given = day_form.given(step, request.POST, request.actor, {"period": period_id})
            row = actions.draft_meeting(by=request.actor, given=given, key=form_key.of(request.POST))
            return toast.leave(redirect("meeting", row.subject_id), "已建立，接着从未解决的工单中选议题")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed = request.POST if request.method == "POST" else None
    seats = page.subject.seats
    fields = day_form.draw(step, request.actor, typed, errors, {"unit": seats[0].unit_id if len(seats) == 1 else ""}, seats, without=("period",))
    for field in fields:
        if field["name"] == "unit":
            field["label"], field["choices"] = "召集单位", list({desk.unit_id: (desk.unit_id, desk.unit.name) for desk in seats}.values())
    shown = {"title": f"{page.subject}：{step.label}", "step": step, "errors": errors, "reason": reason, "fields": fields}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


def _paper(meeting_id: int, form: str, by) -> tuple[str, bytes]:
    """The minutes on paper."""
    page = read.page(meeting_id, by)
    return minutes_paper.name(page), making.made(minutes_paper.paper(page), form)


urls = [
    *paper_answer.addresses("meetings/<int:meeting_id>", "meeting", readers, _paper),
    path("meetings", meetings, name="meetings"),
    path("meetings/<int:meeting_id>", meeting, name="meeting"),
    path("meetings/<int:meeting_id>/step", take, name="meeting-step"),
    path("periods/<int:period_id>/meeting", new, name="meeting-new"),
]
