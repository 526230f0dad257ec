"""What the charts of time and place say: trend, hours of the week, days of the year, districts as squares. See charts.py."""

from __future__ import annotations

from datetime import date

from minsheng.board.charts import Cell, Chart, Door, count_cell, word_cell
from minsheng.kit.templatetags.show import day as day_words
from minsheng.measures import board_cases, spans
from minsheng.measures.rules import Row
from minsheng.measures.spans import Span
from minsheng.measures.trends import Point, Tile, Trend


def trend(found: Trend, base: str, door: Door) -> Chart:
    """Step beside step: the first of this period above the first of the one before and of the year before."""
    share, longest = found.measure.kind == "rate", max(len(points) for _, _, points in found.lines)
    columns = ["步" if found.step == "month" else "日期"]
    for words, _, _ in found.lines:
        columns += [words, "分子", "分母"] if share else [words]
    rows, shown = [], _padded(found, longest)
    for at in range(longest):
        row = [word_cell(_at(shown[0][at], found.step) or f"第 {at + 1} {spans.STEPS[found.step]}")]
        for points in shown:
            row += _cells(points[at], share, door)
        rows.append(row)
    series = [{"name": words, "days": [_at(point, found.step, whole=True) for point in points], "values": [_value(point, door) for point in points]}
              for (words, _, _), points in zip(found.lines, shown, strict=True)]
    beside = "；".join(f"{words} {_said(span)}{'' if any(p.row for p in points) else '（没有记录）'}" for words, span, points in found.lines)
    step = spans.STEPS[found.step]
    return Chart("trend", "trend", f"{found.measure.label}，按{step}", f"{beside}。三条线从各自的第一{step}对齐；没有数的地方断开，不连过去。", base,
                 tuple(columns), rows if _any(found) else [], {"at": [row[0].text for row in rows], "shares": share, "series": series})


def _any(found: Trend) -> bool:
    return any(point.row and (point.row.denominator or (point.row.denominator is None and point.row.value)) for _, _, points in found.lines for point in points)


def _padded(found: Trend, longest: int) -> list[list[Point | None]]:
    return [[*points, *[None] * (longest - len(points))] for _, _, points in found.lines]


def _said(span: Span) -> str:
    return f"{span.since.year}年{span.since.month}月{span.since.day}日至{span.until.year}年{span.until.month}月{span.until.day}日"


def _at(point: Point | None, step: str, whole: bool = False) -> str:
    if point is None:
        return ""
    first = point.span.since
    if step == "month":
        return f"{first.year}年{first.month}月"
    year = f"{first.year}年" if whole else ""
    return f"{year}{first.month}月{first.day}日" + ("起" if step == "week" else "")


def _doors(row: Row, span: Span, door: Door) -> dict[str, str]:
    asked = {"measure": row.measure, "from": span.since, "to": span.until}
    return {part: door(part=part, **asked) for part in ("numerator", "denominator")}


def _cells(point: Point | None, share: bool, door: Door) -> list[Cell]:
    if point is None or point.row is None:
        return [Cell("—")] * (3 if share else 1)
    row, to = point.row, _doors(point.row, point.span, door)
    if not share:
        return [count_cell(int(row.value or 0), to["numerator"])]
    value = "—" if row.value is None else row.shown
    return [Cell(value), count_cell(row.numerator or 0, to["numerator"]), count_cell(row.denominator or 0, to["denominator"])]


def _value(point: Point | None, door: Door) -> dict | None:
    if point is None or point.row is None or point.row.value is None:
        return None
    part = "numerator" if point.row.denominator is None else "denominator"
    return {"value": point.row.value, "shown": point.row.shown, "url": _doors(point.row, point.span, door)[part]}


def load(found: dict[tuple[int, int], int], base: str, door: Door) -> Chart:
    cells = [{"value": [hour, day - 1, found.get((day, hour), 0)], "url": door(weekday=day, hour=hour) if (day, hour) in found else ""}
             for day in board_cases.WEEKDAYS for hour in board_cases.HOURS]
    rows = [[word_cell(f"{hour}–{hour + 1} 时"), *(count_cell(found.get((day, hour), 0), door(weekday=day, hour=hour)) for day in board_cases.WEEKDAYS),
             count_cell(sum(n for (_, at), n in found.items() if at == hour), door(hour=hour))] for hour in board_cases.HOURS]
    return Chart("load", "load", "一周里什么时候来", "每格是那一小时受理的件数，颜色越深越多；排班看这里。", base,
                 ("钟点", *board_cases.WEEKDAYS.values(), "合计"), rows if found else [],
                 {"hours": [str(hour) for hour in board_cases.HOURS], "days": list(board_cases.WEEKDAYS.values()), "cells": cells, "most": max(found.values(), default=0)})


def days(found: dict[date, int], door: Door) -> Chart:
    whole, first, last = sum(found.values()), min(found), max(found)

    def to(day: date) -> str:
        return door(**{"from": day, "to": day})

    rows = [[word_cell(day_words(day)), count_cell(n, to(day))] for day, n in found.items() if n]
    return Chart("days", "days", "近一年每天来多少", "每格一天，颜色越深受理越多；周末、节假日看得出来。", f"{_said(Span(first, last))}受理的 {whole} 件", ("日期", "受理"), rows,
                 {"range": [first.isoformat(), last.isoformat()], "most": max(found.values()),
                  "cells": [{"value": [day.isoformat(), n], "url": to(day) if n else ""} for day, n in found.items()]}, nothing="这一年没有受理的诉求")


def coming_and_going(found: dict[date, dict[str, int]]) -> Chart:
    """For the wall: how many came and how many were closed, day by day."""
    at = [f"{day.month}月{day.day}日" for day in found]
    names = {"received": "受理", "closed": "办结"}
    series = [{"name": words, "days": at, "values": [{"value": sizes[code], "url": ""} for sizes in found.values()]} for code, words in names.items()]
    rows = [[word_cell(words), *(Cell(str(sizes[code])) for code in names)] for words, sizes in zip(at, found.values(), strict=True)]
    return Chart("coming", "trend", "每天受理与办结", "", "", ("日期", *names.values()), rows, {"at": at, "shares": False, "series": series})


def tiles(found: list[Tile], elsewhere: int, said: bool, base: str, door: Door) -> Chart:
    """Shaded by how many of ten thousand residents; by the number where residents are not known. What has no square stands in the table."""
    squares, beside = [t for t in found if t.row is not None], sum(t.n for t in found if t.row is None)
    per = bool(squares) and all(tile.per is not None for tile in squares)
    rows = [[word_cell(tile.name), count_cell(tile.n, door(place=tile.key)), Cell("—" if tile.per is None else f"{tile.per:.1f}")] for tile in found]
    if elsewhere:
        rows.append([word_cell(board_cases.NO_PLACE), count_cell(elsewhere, door(place=0)), Cell("—")])
    shades = [round(t.per or 0, 1) if per else t.n for t in squares]
    cells = [{"name": t.name, "row": t.row, "column": t.column, "n": t.n, "per": t.per, "shade": shades[at],
              "url": door(place=t.key) if t.n else ""} for at, t in enumerate(squares)]
    where = "位置按本市数据里写的行列，只表示大致方位" if said else "本市没有写各区县的位置，按机构的次序排"
    shade = "颜色按每万名常住人口的件数" if per else "颜色按件数"
    others = [f"{n} 件{said_of}" for n, said_of in ((beside, "在功能区"), (elsewhere, "没有区县")) if n]
    missing = f"；另有 {'、'.join(others)}，在表里" if others else ""
    return Chart("tiles", "tiles", "各区县受理多少", f"一格一个区县，一样大，不是地图，没有界线；{where}。{shade}{missing}。", base, ("区县", "件数", "每万人"),
                 rows if any(tile.n for tile in found) or elsewhere else [],
                 {"cells": cells, "columns": 1 + max((t.column or 0 for t in squares), default=0), "rows": 1 + max((t.row or 0 for t in squares), default=0),
                  "most": max(shades, default=0)})
