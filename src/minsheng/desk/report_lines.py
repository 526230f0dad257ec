"""The figures of a report as its pages show them: each number with the address of exactly the list that it counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from django.urls import reverse

from minsheng.accounts.rules import Actor
from minsheng.kit.papers.sentences import Sentence
from minsheng.kit.percents import percent
from minsheng.leader_days.queries import sight
from minsheng.leader_days.queries.report import About, Report
from minsheng.leader_days.rules.report_figures import BY_KEY, Scope, counted
from minsheng.leader_days.rules.report_prose import HOTLINE
from minsheng.leader_days.rules.states import SEES_ALL, SEES_OWN_UNIT
from minsheng.measures.queries import Asked

Doors = Callable[[str], str]  # the key of a figure -> the address of its list, "": this reader opens none


def cases_door(asked: Asked, measure: str, part: str, every: bool = False) -> str:
    """The list behind a figure of `measures`. `every`: of all leader days, instead of naming their periods."""
    of = {"leader_days": "1"} if every else {"period": ",".join(map(str, asked.periods))} if asked.periods else {}
    cutoff = {"cutoff": asked.cutoff.isoformat()} if asked.cutoff else {}
    return f"{reverse('board_list')}?{urlencode({'measure': measure, 'part': part, 'from': asked.since, 'to': asked.until, **of, **cutoff})}"


def doors(report: Report, by: Actor, every: bool = False, beside: Mapping[str, str] | str = "#periods") -> Doors:
    """`beside`: where its periods, units and views are listed; of each, or of all."""
    opens_ledger = bool(by.roles & (sight.SEES_LEDGER | SEES_OWN_UNIT))

    def door(key: str) -> str:
        one = BY_KEY[key]
        if one.measure:
            return cases_door(report.asked, one.measure, one.part, every)
        if one.deed:
            return f"{reverse('in-person', args=[key])}?{urlencode({'period': ','.join(map(str, report.asked.periods))})}"
        if one.ledger is None:
            return beside if isinstance(beside, str) else beside.get(key, "")
        of = [] if every else [urlencode({"period": ",".join(map(str, report.asked.periods))})]
        return f"{reverse('commitments')}?{'&'.join([*of, *([one.ledger] if one.ledger else [])])}" if opens_ledger else ""

    return door


def hotline_door(asked: Asked) -> Doors:
    return lambda key: cases_door(replace(asked, periods=()), BY_KEY[key].measure, BY_KEY[key].part)


def table(columns: list[tuple[Scope, Doors]]) -> list[dict]:
    """Lines for desk/days/figures_table.html, a cell a scope."""
    return [{"label": line.label, "cells": [_cell(line.key, line.of, scope, door) for scope, door in columns]}
            for line in counted(scope for scope, _ in columns)]


def of_period(report: Report, by: Actor) -> dict:
    """What the page of one period shows of its figures."""
    beside = {"units": "#desks-title", "views": "#notices-title"}
    lines = table([(report.scope(""), doors(report, by, beside=beside))])
    url = address(About("", [], period=report.periods[0].id)) if by.roles & SEES_ALL else ""
    return {"lines": [line for line in lines if line["cells"][0]["url"] or line["label"] != "期数"], "report_url": url}


def _cell(key: str, of: str, scope: Scope, door: Doors) -> dict:
    cell = {"n": f"{scope[key]:,}", "url": door(key), "unit": BY_KEY[key].unit, "of": None, "of_url": "", "share": ""}
    if of:
        cell |= {"of": f"{scope[of]:,}", "of_url": door(of), "share": percent(scope[key], scope[of])}
    return cell


def prose(said: Iterable[Sentence], here: list[Doors], hotline: Doors) -> list[list[dict]]:
    """Sentences with the address of each number."""
    return [[{"text": part.text, "url": (hotline if part.of == HOTLINE else here[part.of])(part.key) if part.key else ""} for part in one]
            for one in said]


def address(about: About, name: str = "period-report") -> str:
    """Of the live report on the same."""
    of = {"period": about.period} if about.period else {"year": about.year} if about.year else {}
    return reverse(name) + (f"?{urlencode(of)}" if of else "")


def new_address(about: About) -> str:
    """Where a report on it is drafted."""
    return address(about, "day-report-new")
