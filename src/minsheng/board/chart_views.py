"""The pages of charts: how far the period's cases got, where they come from; and the lists behind their numbers."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import reverse

from minsheng.board import charts, time_charts
from minsheng.board.charts import Chart
from minsheng.board.views import as_csv, as_known, page, presets, rest, rows_of, since_until, tabs
from minsheng.cases.queries import lists
from minsheng.cases.rules import SUBMITTED
from minsheng.kit import read_values
from minsheng.kit.read_values import Fields
from minsheng.kit.templatetags.show import moment
from minsheng.measures import board_cases, queries, rules, spans, trends
from minsheng.measures.queries import Asked


def _asked(request) -> Asked:
    """With its cutoff, so that all charts of a page are of one moment."""
    return queries.brought_up(replace(queries.read_asked(request.GET), by=""))


def _page(request, here: str, title: str, asked: Asked, shown: list[Chart], **more):
    """The page, or one of its tables as a file (`?csv=`)."""
    wanted = request.GET.get("csv", "")
    for chart in shown:
        if chart.code == wanted:
            return as_csv(chart, asked)
    kept = request.GET.copy()
    kept.pop("csv", None)
    return render(request, "board/charts.html", {
        "title": title, "asked": asked, "cutoff": asked.cutoff, "charts": shown, "tabs": tabs(here, asked), "presets": presets(asked),
        "csv": f"?{kept.urlencode()}&csv=", "own": rules.own_unit_only(request.actor), **more})


def _period(asked: Asked) -> dict:
    return {"from": asked.since, "to": asked.until, **({"unit": asked.unit} if asked.unit else {}), **as_known(asked)}


def _to(name: str, **fixed):
    """A door to that list with what is fixed and what a number adds."""

    def door(**more) -> str:
        return f"{reverse(name)}?{urlencode({**fixed, **more})}"

    return door


@page
def flow(request):
    asked, by = _asked(request), request.actor
    period = _period(asked)
    stages, unread = board_cases.funnel(asked, by)
    base = f"{since_until(asked)}受理的 {stages[0].n} 件" + (f"；另有 {unread} 件的经过还在补记，补完就计入" if unread else "")
    ages = board_cases.ages(by, asked.unit)
    open_now = sum(sum(sizes.values()) for _, sizes in ages)
    shown = [charts.funnel(stages, base, _to("board_cases", **period)),
             charts.flow(board_cases.flow(asked, by), base, _to("board_cases", **period)),
             charts.ages(ages, f"现在在办、您可以查看的 {open_now} 件，不限受理时间、不随统计截止变", _to("board_open", **({"unit": asked.unit} if asked.unit else {})))]
    return _page(request, "board_flow", "看板 · 办理", asked, shown)


@page
def spread(request):
    asked, by = _asked(request), request.actor
    matters = queries.rows(replace(asked, by="category"), by, ["received"])
    whole = sum(int(row.value or 0) for row in matters)
    base = f"{since_until(asked)}受理的 {whole} 件"
    shown = [charts.pareto(matters, base, _to("board_list", **_period(asked), by="category")),
             time_charts.tiles(*trends.tiles(asked, by), base, _to("board_cases", **_period(asked)))]
    return _page(request, "board_spread", "看板 · 分布", asked, shown)


@page
def trend(request):
    asked, by = _asked(request), request.actor
    form = Fields(request.GET)
    step = form.read("step", read_values.choice, spans.STEPS, default="")
    code = form.read("measure", read_values.choice, trends.DRAWN, default="received")
    form.done()
    found = trends.trend(asked, by, code, step)
    unit = {"unit": asked.unit} if asked.unit else {}
    whole = found.lines[0][2]
    known = sum(int((point.row.denominator if point.row.denominator is not None else point.row.value) or 0) for point in whole if point.row)
    load = board_cases.load(asked, by)
    shown = [time_charts.trend(found, f"{since_until(asked)}；本期{'分母' if found.measure.kind == 'rate' else ''}共 {known} 件", _to("board_list", **unit)),
             time_charts.load(load, f"{since_until(asked)}受理的 {sum(load.values())} 件", _to("board_cases", **_period(asked))),
             time_charts.days(trends.days(asked, by), _to("board_list", measure="received", part="numerator", **unit))]
    return _page(request, "board_trend", "看板 · 走势", asked, shown, steps=spans.STEPS.items(), step=found.step, drawn=trends.DRAWN.items(), code=code)


@page
def cases(request):
    """The cases behind a number of funnel, flow or hours."""
    asked, part = _asked(request), board_cases.read_part(request.GET)
    size, found = board_cases.behind(asked, request.actor, part, request.GET.get("after", ""))
    known = f"，按 {moment(asked.cutoff)} 所知" if asked.cutoff else ""
    return render(request, "board/list.html", {"late": f"{since_until(asked)}受理{known}：{part.said()}，{size} 件", "page": found, "rows": rows_of(found.rows),
                                               "query": rest(request), "short": found.lacks(size, request.GET.get("after", "")), "asked": asked})


@page
def open_cases(request):
    """The open cases of one state and age."""
    form = Fields(request.GET)
    states = {s.value: s.label for s in SUBMITTED}
    ages = {code: words for code, (words, _, _) in board_cases.AGES.items()}
    state, age = form.read("state", read_values.choice, states, default=""), form.read("age", read_values.choice, ages, default="")
    unit = form.read("unit", lists.unit_id, default=0)
    form.done()
    found = board_cases.aged(request.actor, state, age, unit, request.GET.get("after", ""))
    words = "，".join(word for word in ("在办", states.get(state, ""), ages.get(age, "")) if word)
    return render(request, "board/list.html", {"late": words, "page": found, "rows": rows_of(found.rows), "query": rest(request)})
