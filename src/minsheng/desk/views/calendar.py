"""The working calendar for the system administrator: a year at a glance, a notice looked at before it is entered, what it recomputed."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.calendar import notices, queries
from minsheng.calendar.rules import DayKind
from minsheng.cases.actions import timers
from minsheng.kit import clock, read_times, read_values, toast
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import queries as ledger
from minsheng.ledger.rules import Kind

KINDS = (("holiday", "放假"), ("makeup", "调休上班（补班）"), ("work", "改回工作日"), ("rest", "改回休息日"))
FIRST, LAST = 2005, 2060


def _year(raw: str) -> int:
    try:
        return min(max(read_values.number(raw, 1, 9999), FIRST), LAST)
    except BadValue:
        return timezone.localtime(clock.now()).year


@never_cache
@needs(Role.SYSTEM_ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def holidays(request):
    """?year=. Posted `step`: look (counts, writes nothing), announce, look_year, announce_year."""
    year = _year(request.POST.get("year", "") or request.GET.get("year", ""))
    if request.method != "POST":
        return _page(request, year)
    doing = {"look": _look, "announce": _announce, "look_year": _look_year, "announce_year": _announce_year}
    try:
        return doing.get(request.POST.get("step", ""), _look)(request, year)
    except Invalid as wrong:
        return _page(request, year, 422, errors=wrong.errors)
    except Refused as refused:
        return _page(request, year, 409, reason=refused.verdict.reason)


def _page(request, year: int, status: int = 200, **more):
    cal = queries.current(settings.CALENDAR)
    typed = request.POST if request.method == "POST" else request.GET
    errors, specials = more.get("errors", {}), queries.specials(cal, year)
    shown = {
        "cal": cal, "year": year, "months": queries.months(cal, year), "specials": specials, "issued": year in cal.issued,
        "open": any(one.day.provisional for one in specials) or year not in cal.issued,
        "years": [y for y in (year - 1, year + 1) if FIRST <= y <= LAST], "announced": _announced(year), "waits": timers.recompute_waits(),
        "recomputed": ledger.page(ledger.Filters(kind=Kind.RECOMPUTED), size=5).rows, "fields": _fields(typed, errors), "typed": typed,
        "today": timezone.localtime(clock.now()).date(), "notice": typed.get("notice", ""),
    }
    return render(request, "desk/calendar/year.html", shown | more, status=status)


def _announced(year: int) -> list[dict]:
    """What was entered here for that year, the newest first; each with the way back."""
    rows = [row for row in queries.announced(settings.CALENDAR) if row.day.year == year]
    return [{"row": row, "kind": DayKind(row.kind), "back": "work" if row.day.weekday() < 5 else "rest"} for row in rows[:60]]


def _fields(typed, errors) -> list[dict]:
    rows = [("day", "日期", "date", "", True), ("until", "到（含当日）", "date", "只有一天请留空", False), ("kind", "这几天是", "choice", "", True),
            ("why", "原因和文号", "text", "写进每件受影响工单的记录，诉求人问起时照此解释", True), ("issued_on", "公布日期", "date", "留空为今天", False)]
    return [{"name": n, "label": label, "type": kind, "help": words, "required": must, "choices": KINDS if n == "kind" else [], "max": 120,
             "value": typed.get(n, ""), "error": errors.get(n, "")} for n, label, kind, words, must in rows]


def _day(post, name: str, must: bool = False) -> date | None:
    form = Fields(post)
    found = form.read(name, read_times.day, date(FIRST, 1, 1), date(LAST, 12, 31), label="日期", must=must)
    form.done()
    return found


def _given(post) -> dict:
    return {"day": _day(post, "day", must=True), "until": _day(post, "until"), "kind": post.get("kind", ""), "why": post.get("why", "").strip()}


def _look(request, year: int):
    given = _given(request.POST)
    _day(request.POST, "issued_on")
    ahead = timers.look_ahead(**given)
    return _page(request, given["day"].year, ahead=ahead, given=given)


def _announce(request, year: int):
    given = _given(request.POST)
    changed = timers.announce(**given, by=request.actor, issued_on=_day(request.POST, "issued_on"))
    said = f"{len(changed)} 天已登记，受影响的工单正在重算" if changed else "工作日历原来就是这样，没有改动"
    return toast.leave(redirect(f"{reverse('holidays')}?year={given['day'].year}"), said)


def _look_year(request, year: int):
    days = notices.read_year(request.POST.get("notice", ""), year)
    return _page(request, year, year_days=len(days), year_clocks=timers.running_after(date(year, 1, 1)))


def _announce_year(request, year: int):
    days = notices.read_year(request.POST.get("notice", ""), year)
    changed = timers.announce_year(year=year, days=days, by=request.actor)
    return toast.leave(redirect(f"{reverse('holidays')}?year={year}"), f"{year} 年放假安排已登记，{len(changed)} 天由暂定变为确定或有变化")


urls = [path("holidays", holidays, name="holidays")]
