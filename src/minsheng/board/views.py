"""The board: six figures and what stands behind each, what is late, what rises; unit people see their own unit's."""

from __future__ import annotations

from datetime import timedelta
from functools import wraps
from operator import attrgetter
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs, refused
from minsheng.accounts.rules import Actor
from minsheng.board import charts
from minsheng.cases.effects import clocks
from minsheng.cases.queries.case_page import band_of
from minsheng.kit.read_times import day as read_day
from minsheng.kit.read_values import Fields, record_id
from minsheng.kit.replicas import reads_replica
from minsheng.kit.tables import csv_lines
from minsheng.kit.templatetags.show import day
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import board as boards
from minsheng.measures import board_wrong, queries, rules, score_rules
from minsheng.measures import co_units as co
from minsheng.telephony.rules.readers import READS_ALL

READERS = tuple(sorted(rules.READ_ALL | rules.READ_OWN))


def page(view):
    """Every page here: only for readers of figures, read only, never kept; a refusal and a wrong address say why."""

    read = reads_replica(view)

    @never_cache
    @needs(*READERS)
    @require_safe
    @wraps(view)
    def door(request):
        try:
            return read(request)
        except Refused as no:
            return refused(request, no.verdict.reason)
        except Invalid as wrong:
            return render(request, "board/wrong.html", {"errors": wrong.errors}, status=400)

    return door


def overview(request) -> dict:
    """What the page and its live part show."""
    seen = boards.overview(queries.read_asked(request.GET), request.actor, request.GET.get("band", "on_time_completion"))
    period = {"from": seen.asked.since, "to": seen.asked.until, "policy": seen.asked.policy, **({"unit": seen.asked.unit} if seen.asked.unit else {}), **as_known(seen.asked)}
    list_url = reverse("board_list")
    group = f"{list_url}?{urlencode({**period, 'by': seen.asked.by})}&key="
    def door(measure: str, key: str, part: str) -> str:
        return f"{group}{key}&measure={measure}&part={part}"

    base = f"{since_until(seen.asked)}；{seen.band_by.label}的分母共 {seen.band_whole.denominator or 0} 件"
    return {
        "tabs": tabs("board", seen.asked), "chart": charts.forest(seen.lines, seen.band_whole, rules.BY[seen.asked.by], base, door),
        "csv": f"?{request.GET.urlencode()}&csv=", "list_url": list_url, "late_url": reverse("board_late"),
        "seen": seen, "asked": seen.asked, "group_door": group, "period": urlencode(period), "raw_period": urlencode({**period, "raw": 1}),
        "query": urlencode({**period, "by": seen.asked.by, "band": seen.band_by.code}),
        "groups": rules.BY.items(), "by_label": rules.BY[seen.asked.by], "columns": [rules.BY_CODE[c] for c in boards.COLUMNS],
        "volume_columns": [rules.BY_CODE[c] for c in boards.VOLUMES], "bandable": [rules.BY_CODE[c] for c in boards.COLUMNS if c != "composite"],
        "policies": rules.POLICIES.items(), "own": rules.own_unit_only(request.actor), "sees_schemes": request.actor.roles & score_rules.READERS,
        "published": boards.published(request.actor),
        "week": _week(seen, 0), "week_before": _week(seen, 7),
        "today": urlencode({**period, "from": queries.today(), "to": queries.today()}),
        "late_total": sum(line.total for line in seen.late), "ever": f"from={boards.ever(seen.asked.until)}&to={seen.asked.until}&leader_days=1",
    }


TABS = (("board", "总览"), ("board_flow", "办理"), ("board_spread", "分布"), ("board_trend", "走势"))


def tabs(here: str, asked) -> list[tuple[str, str, str, bool]]:
    """The pages of the board, the period kept."""
    kept = urlencode({"from": asked.since, "to": asked.until, **({"unit": asked.unit} if asked.unit else {}), **as_known(asked)})
    return [(name, words, f"{reverse(name)}?{kept}", name == here) for name, words in TABS]


def as_known(asked) -> dict[str, str]:
    """The cut-off that the reader gave, which every door keeps."""
    if asked.now or not asked.cutoff:
        return {}
    return {"cutoff": asked.cutoff.astimezone(clocks.city_calendar().zone).replace(tzinfo=None).isoformat()}


def since_until(asked) -> str:
    return f"{day(asked.since)} 至 {day(asked.until)}"


def as_csv(chart: charts.Chart, asked) -> HttpResponse:
    answer = HttpResponse("".join(csv_lines(*chart.table())), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{chart.code}-{asked.since}-{asked.until}.csv"'
    return answer


def _week(seen, ago: int) -> str:
    """Seven days, the last one `ago` days before that of the board, as known then."""
    last = seen.seen_on - timedelta(days=ago)
    return urlencode({"from": last - timedelta(days=6), "to": last, **as_known(seen.asked)})


def presets(asked) -> list[tuple[str, str, bool]]:
    """(words, query, is it the one that is shown) of the periods that people ask for most."""
    today = queries.today()
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    spans = (("今天", today, today), ("本月", month, today), ("上月", before.replace(day=1), before), ("今年", today.replace(month=1, day=1), today))
    shown = next((words for words, first, last in spans if (first, last) == (asked.since, asked.until)), "")
    return [(words, urlencode({"from": first, "to": last}), words == shown) for words, first, last in spans]


@page
def board(request):
    asked_more = bool(set(request.GET) & {"band", "policy"})
    shown = overview(request)
    if request.GET.get("csv") == shown["chart"].code:
        return as_csv(shown["chart"], shown["asked"])
    return render(request, "board/board.html", {
        **shown, "presets": presets(shown["asked"]), "asked_more": asked_more, "makes_walls": request.actor.roles & boards.MAKES_WALLS})


@page
def numbers(request):
    """The live part alone: fetched again when something changed, at the latest every minute."""
    return render(request, "board/numbers.html", overview(request))


def _door(one, by: Actor) -> str:
    """Where what went wrong is listed; "" for calls to who may not open the list of all of them."""
    measure = rules.BY_CODE.get(one.asked.get("measure", ""))
    if measure is not None and measure.kind == "calls" and not by.roles & READS_ALL:
        return ""
    doors = {"late": reverse("board_late"), "figure": reverse("board_list")}
    return f"{doors[one.kind]}?{urlencode(one.asked)}"


@page
def wrong(request):
    """What went wrong since yesterday, as the first part of the board or by itself."""
    found = board_wrong.since_yesterday(request.actor)
    rows = [{"one": one, "url": _door(one, request.actor)} for one in found.wrong]
    shown = {"found": found, "rows": rows}
    return render(request, "board/wrong_part.html" if request.headers.get("HX-Request") else "board/wrong_page.html", shown)


def rows_of(found) -> list[dict]:
    shown = []
    for case in found:
        band, left, due = band_of(case)
        shown.append({"case": case, "band": band, "left": left, "due": due})
    return shown


def rest(request) -> str:
    kept = QueryDict(request.GET.urlencode(), mutable=True)
    kept.pop("after", None)
    return kept.urlencode()


def _call_set(measure, part: str) -> str:
    return (measure.denominator if part == "denominator" else measure.numerator).removeprefix("calls.")


@page
def cases(request):
    """The cases behind one figure, as many as the reader may see."""
    asked = queries.read_asked(request.GET)
    code, part = request.GET.get("measure", ""), request.GET.get("part", "numerator")
    measure = rules.BY_CODE.get(code)
    if measure is not None and measure.kind == "calls":
        return redirect(f"{reverse('calls')}?{urlencode({'from': asked.since, 'to': asked.until, 'set': _call_set(measure, part)})}")
    held = queries.set_label(code, part, asked.policy)
    found = queries.cases_of(code, part, asked, request.actor, request.GET.get("after", ""))
    row = queries.rows(asked, request.actor, [code])
    size = getattr(row[0], part, None) if row else 0  # what the figure itself says; None: a part that the figure does not name
    size = queries.size_of(code, part, asked, request.actor) if size is None else size
    shown = {"measure": rules.BY_CODE[code], "held": held, "row": row[0] if row else None, "size": size, "asked": asked, "page": found,
             "rows": rows_of(found.rows), "query": rest(request), "hidden": found.lacks(size, request.GET.get("after", ""))}
    return render(request, "board/list.html", shown)


@page
def late(request):
    """What is late now, of one unit and desk or of all."""
    form = Fields(request.GET)
    unit = form.read("unit", record_id, label="单位", default=0)
    since = form.read("since", read_day, default=None)
    form.done()
    found = boards.late_cases(request.actor, unit, request.GET.get("where", ""), request.GET.get("after", ""), since=since)
    words = (f"{day(since)} 以来到期的：" if since else "") + boards.LATE.get(request.GET.get("where", ""), "已超期")
    shown = {"late": words, "page": found, "rows": rows_of(found.rows), "query": rest(request)}
    return render(request, "board/list.html", shown)


@page
def co_units(request):
    """Co-units in a table of their own; ?of=UNIT (none: all) &part= opens the cases behind one figure."""
    asked, form = queries.read_asked(request.GET), Fields(request.GET)
    unit = form.read("of", record_id, label="单位", default=0)
    form.done()
    asked, lines = co.lines(asked, request.actor)
    period = urlencode({"from": asked.since, "to": asked.until, **({"unit": asked.unit} if asked.unit else {}), **as_known(asked)})
    if part := request.GET.get("part", ""):
        found = co.behind(asked, request.actor, unit, part, request.GET.get("after", ""))
        line = next((line for line in lines if line.unit == unit), None)
        size = getattr(line, part) if line else 0
        return render(request, "board/list.html", {"late": f"{line.name if line else ''}协办：{rules.OF_CO_UNITS[part][0]} {size} 件", "page": found,
                                                   "rows": rows_of(found.rows), "query": rest(request), "short": found.lacks(size, request.GET.get("after", "")),
                                                   "asked": asked})
    shown = {"lines": lines, "asked": asked, "period": period, "presets": presets(asked), "parts": rules.OF_CO_UNITS}
    return render(request, "board/co_units.html", shown)


@page
def table(request):
    """All measures by group as CSV that opens in WPS and Excel."""
    asked = queries.read_asked({"by": "unit", **request.GET.dict()})
    columns = rules.Row.columns()
    lines = csv_lines(columns, map(attrgetter(*columns), queries.rows(asked, request.actor)))
    answer = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="measures-{asked.since}-{asked.until}-{asked.by}.csv"'
    return answer
