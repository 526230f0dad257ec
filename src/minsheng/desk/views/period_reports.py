"""Report on a period, a year or all leader days: the figures beside earlier ones, in a table and in prose, every number with its list."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import report_lines
from minsheng.desk.views.case import hidden
from minsheng.kit.percents import percent
from minsheng.kit.read_values import Fields, number, record_id
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.queries import report, reports
from minsheng.leader_days.rules import report_prose
from minsheng.leader_days.rules.states import SEES_ALL

readers = needs(*sorted(SEES_ALL))


def _asked(request) -> tuple[int, int]:
    """(period, year); Invalid with a sentence per field."""
    form = Fields(request.GET)
    found = form.read("period", record_id, label="期", default=0), form.read("year", number, 2000, 2199, label="年度", default=0)
    form.done()
    return found


def _columns(about: report.About, by) -> tuple[list[report.Report], list[str]]:
    """This and the earlier ones, counted together."""
    labels = [about.label, *(label for label, _ in about.before)]
    return report.of_each([about.periods, *(periods for _, periods in about.before)], by), labels


@never_cache
@readers
@require_safe
@on_its_page("desk/days/report.html")
def live(request):
    """?period=ID, ?year=2024, or all: as the figures stand now."""
    period, year = _asked(request)
    known = report.held(request.actor)
    about = report.about(known, period, year)
    years = sorted({one.scheme.year for one in known}, reverse=True)
    if about is None:
        if period or year:
            return hidden(request, Refused(no("hidden", "没有这一期或这一年的接听日，或您无权查看")))
        return render(request, "desk/days/report.html", {"years": years})
    return render(request, "desk/days/report.html", {"years": years, **_shown(request, about)})


def _shown(request, about: report.About) -> dict:
    counted, labels = _columns(about, request.actor)
    now, every = counted[0], not (about.period or about.year)
    scopes = [one.scope(label) for one, label in zip(counted, labels, strict=True)]
    doors = [report_lines.doors(one, request.actor, every and not n, _listed(about, n)) for n, one in enumerate(counted)]
    beside = report.hotline(now.asked, request.actor)
    said = report_prose.sentences(scopes[0], scopes[1:], beside)
    hotline = report_lines.hotline_door(now.asked)
    versions = reports.listed(request.actor, about.period, about.year)
    drafts = report_lines.new_address(about) if Role.COORDINATOR in request.actor.roles else ""
    return {"about": about, "versions": versions, "drafts": drafts, "labels": labels, "lines": report_lines.table(list(zip(scopes, doors, strict=True))), "periods": about.periods,
            "prose": report_lines.prose(said, doors, hotline), "beside": beside, "beside_url": hotline("done"), "beside_of": hotline("to_complete"),
            "beside_share": percent(beside.done, beside.to_complete), "cutoff": now.asked.window.cutoff}


def _listed(about: report.About, n: int) -> str:
    """Where the periods of the n-th column are listed with their units and views."""
    if not n:
        return "#periods"
    periods = about.before[n - 1][1]
    return report_lines.address(report.About("", periods, period=periods[0].id if about.period else 0, year=about.year and about.year - 1)) + "#periods"


urls = [path("periods/report", live, name="period-report")]
