"""The tables of a bulletin: cells that know what they count, so that page, paper and workbook are drawn from one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.bulletins.rules import compare
from minsheng.bulletins.rules.figures import (
    CALLS,
    OF_CHANNELS,
    OF_MATTERS,
    OF_UNITS,
    RATES,
    TOP,
    UNITS,
    VOLUMES,
    Frozen,
    Group,
    group_door,
    kept_door,
    late_door,
)
from minsheng.kit.papers.cells import Cell, FigureTable, blank, count, share, span, words
from minsheng.measures.rules import BANDS, BY_CODE, RANK_FROM

FEW = f"不足{RANK_FROM}件，不作比较"
_RATES = (*RATES, *CALLS)


def _label(code: str) -> str:
    return BY_CODE[code].label


def volumes(found: Frozen) -> FigureTable:
    columns = (("项目", "text"), *((one.label, "count") for one in found.scopes), (f"与{found.scopes[1].label}相比", "text"), (f"与{found.scopes[2].label}相比", "text"))
    rows = tuple((words(f"{_label(code)}（{UNITS[code]}）"), *(count(one.n(code), kept_door(place, code)) for place, one in enumerate(found.scopes)),
                  *(words(compare.counts(found.now, one, code, found.ended)) for one in found.scopes[1:])) for code in VOLUMES)
    return FigureTable("volumes", "各项数量", columns, rows)


def rates(found: Frozen) -> FigureTable:
    columns = (("指标", "text"), (found.now.label, "share"), ("95%区间", "span"), *((one.label, "share") for one in found.scopes[1:]),
               (f"与{found.scopes[1].label}相比", "text"))
    rows = []
    for code in _RATES:
        own = found.now.pair(code)
        rows.append((words(_label(code)), share(*own, kept_door(0, code), kept_door(0, code, "denominator")), span(*own),
                     *(share(*one.pair(code), kept_door(place, code), kept_door(place, code, "denominator")) if one.known == "whole" else blank()
                       for place, one in enumerate(found.scopes[1:], 1)), words(compare.shares(found.now, found.scopes[1], code, found.ended))))
    return FigureTable("rates", "各项比率", columns, tuple(rows), "解决率、满意率与回访接通率一并看；响应率以诉求人回访时的说法为准，旁边是单位自报。")


def _of_group(one: Group, by: str, code: str) -> Cell:
    if code in VOLUMES:
        return count(one.n(code), group_door(by, one.key, code))
    return share(*one.pair(code), group_door(by, one.key, code), group_door(by, one.key, code, "denominator"), least=RANK_FROM)


def channels(found: Frozen) -> FigureTable:
    columns = (("渠道", "text"), *((_label(code), "count") for code in OF_CHANNELS))
    rows = tuple((words(one.label), *(_of_group(one, "channel", code) for code in OF_CHANNELS)) for one in found.channels)
    return FigureTable("channels", "按渠道", columns, rows)


def matters(found: Frozen) -> FigureTable:
    base = found.scopes[1]
    columns = (("诉求分类", "text"), ("受理量", "count"), (f"{base.label}受理量", "count"), *((_label(code), "share") for code in OF_MATTERS[1:]))
    rows = tuple((words(one.label), _of_group(one, "category", "received"), count(one.before, group_door("category", one.key, "received", scope=1)),
                  *(_of_group(one, "category", code) for code in OF_MATTERS[1:])) for one in found.matters)
    return FigureTable("matters", f"受理最多的{len(rows)}个分类" if len(rows) == TOP else "受理较多的分类", columns, rows)


def units(found: Frozen) -> FigureTable:
    """In bands by the interval, inside a band in the order of the tree: no ranking. Those below the least number stand last."""
    columns = (("与总体相比", "text"), ("单位", "text"), ("转办量", "count"), *((_label(code), "share") for code in OF_UNITS[1:]))
    rows = tuple((words(FEW if band == "few" else BANDS[band]), words(one.label), *(_of_group(one, "unit", code) for code in OF_UNITS))
                 for band in BANDS for one in found.units if one.band == band)
    return FigureTable("units", "各单位（按按时办结率分档，档内不分先后）", columns, rows, f"按95%区间与总体比较分档，不排名；不足{RANK_FROM}件的不作比较，只列件数，不算比率。")


def late(found: Frozen) -> FigureTable:
    rows = tuple((words(one.name), *(count(getattr(one, column), late_door(one.unit, column)) for column in ("to_sign", "to_handle", "at_centre")))
                 for one in found.late or ())
    return FigureTable("late", "取数时超期未办结", (("单位", "text"), ("待签收", "count"), ("办理中", "count"), ("在热线中心", "count")), rows)


def rising(found: Frozen) -> FigureTable:
    columns = (("诉求分类", "text"), ("受理量", "count"), (f"{found.scopes[1].label}受理量", "count"))
    rows = tuple((words(one.label), count(one.n("received"), group_door("category", one.key, "received")),
                  count(one.before, group_door("category", one.key, "received", scope=1))) for one in found.rising)
    return FigureTable("rising", "明显上升的事项", columns, rows)


def every(found: Frozen) -> Iterator[FigureTable]:
    """All that have rows, in their order."""
    yield from (one for one in (make(found) for make in (volumes, rates, channels, matters, rising, units, late)) if one.rows)
