"""The sheet as a paper: the whole in figures, the units in grades and classes (rulings, 78). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from minsheng.kit import written_times
from minsheng.kit.papers import Block, Heading, Paper, Para, Table
from minsheng.kit.percents import NO_DATA
from minsheng.measures.rules import BY_CODE, RANK_FROM
from minsheng.month_end.rules.sheet import GRADED, OF_WHOLE, WHOLE, Figure, band

_GRADES = {"above": "高于", "level": "相当", "below": "低于", "few": "—"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a paper is made from: `groups` are classes with their units, (id, name); `noted` what the review corrected, beside which figure."""

    title: str
    since: date
    until: date
    version: int
    cutoff: str
    figures: Mapping[tuple[int, str], Figure]
    groups: Sequence[tuple[str, Sequence[tuple[int, str]]]]
    noted: Sequence[tuple[str, str, str]] = ()


def said(figure: Figure | None) -> str:
    """The figure in words: a count, or a share with what was divided by what."""
    return NO_DATA if figure is None else figure.row().shown


def base(figure: Figure | None) -> str:
    return "" if figure is None or figure.denominator is None else f"{figure.numerator or 0:,} / {figure.denominator:,}"


def between(figure: Figure | None) -> str:
    return "" if figure is None else figure.row().between


def paper(sheet: Sheet, *, issuer: str, day: date | None, number: str = "", signed_by: str = "", mark: str = "") -> Paper:
    blocks: list[Block] = [
        Para(f"考核期{written_times.day(sheet.since)}至{written_times.day(sheet.until)}，含起止两日；第{sheet.version}版，统计截止{sheet.cutoff}。"),
        Heading("总体"), _whole(sheet), Heading("各单位分档"),
        Para(f"各单位按区间与总体相比，分为高于、相当、低于三档；“—”为不足{RANK_FROM}件，不作比较。不排名。"),
    ]
    for label, units in sheet.groups:
        blocks += [Heading(label, 2), _units(sheet, units)]
    if sheet.noted:
        blocks += [Heading("评审更正"), Table(("单位", "指标", "说明"), tuple(sheet.noted))]
    return Paper(f"{sheet.title}考核表", tuple(blocks), issuer, day, number, signed_by, mark)


def _whole(sheet: Sheet) -> Table:
    found = [(label, sheet.figures.get((WHOLE, code))) for code, label in OF_WHOLE]
    return Table(("指标", "数字", "分子 / 分母", "95% 区间"), tuple((label, said(one), base(one), between(one)) for label, one in found))


def _units(sheet: Sheet, units: Sequence[tuple[int, str]]) -> Table:
    rows = []
    for unit, name in units:
        grades = [_grade(sheet.figures.get((unit, code)), sheet.figures.get((WHOLE, code))) for code in GRADED]
        rows.append((name, said(sheet.figures.get((unit, "received"))), *grades))
    return Table(("单位", "受理", *(BY_CODE[code].label.removesuffix("（回访）") for code in GRADED)), tuple(rows))


def _grade(one: Figure | None, whole: Figure | None) -> str:
    return "—" if one is None else _GRADES[band(one, whole)]
