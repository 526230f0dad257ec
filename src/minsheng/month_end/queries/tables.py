"""The lists of month-end as tables: the rows that the reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.effects.clocks import local_minute
from minsheng.cases.models import Case
from minsheng.cases.queries import hung_words
from minsheng.kit.paging import every
from minsheng.measures.rules import BANDS, BY_CODE
from minsheng.month_end.models import Assessment
from minsheng.month_end.queries import pages, sheets, sight
from minsheng.month_end.rules import sheet
from minsheng.month_end.rules.sheet import GRADED, WHOLE
from minsheng.org import queries as org

SHEET = ("单位", "指标", "分子", "分母", "数值", "区间下限", "区间上限", "分档", "公式版本", "版次", "统计截止", "签发人", "状态")
CORRECTIONS = ("序号", "发现时间", "单位", "指标", "原分子", "原分母", "原数值", "更正后分子", "更正后分母", "更正后数值", "增加的工单", "减少的工单", "另有无权查看的件数")
OBJECTIONS = ("考核期", "单位", "指标", "工单编号", "要求", "状态", "理由", "提出人", "提出时间", "裁定理由", "更正说明", "裁定人", "裁定时间")


def of_sheet(one: Assessment, by: Actor) -> Iterator[list[Any]]:
    """Every figure of the units that the reader sees; of the whole for who sees all."""
    mine = sight.units(by)
    found = sheets.figures_of(one, None if mine is None else [*mine, WHOLE])
    name = sheets.names(one)
    order = {id_: n for n, id_ in enumerate(org.tree().by_id, start=1)}
    codes = [code for code, _ in sheet.OF_WHOLE]
    for unit, code in sorted(found, key=lambda place: (order.get(place[0], 0), codes.index(place[1]) if place[1] in codes else len(codes))):
        if unit == WHOLE and mine is not None:
            continue
        row = found[unit, code]
        grade = BANDS[sheet.band(row, found.get((WHOLE, code)))] if unit != WHOLE and code in GRADED else ""
        yield [name(unit) if unit != WHOLE else "总体", BY_CODE[code].label if code in BY_CODE else code, *map(_cell, row.said), _cell(row.low),
               _cell(row.high), grade, row.stamp, one.version, local_minute(one.cutoff), one.signed_by, one.get_state_display()]


def _cell(value: Any) -> Any:
    return "" if value is None else value


def of_corrections(one: Assessment, by: Actor) -> Iterator[list[Any]]:
    name = sheets.names(one)
    for rows in every(pages.own_corrections(one, by)):
        for shown in pages.with_cases(rows, by, name):
            row = shown.row
            yield [row.number, local_minute(row.known_at), shown.name, row.measure_label,
                   *map(_cell, (row.was_numerator, row.was_denominator, row.was_value, row.numerator, row.denominator, row.value)),
                   "、".join(number for _, number in shown.added), "、".join(number for _, number in shown.gone), shown.unseen]


def of_objections(by: Actor, assessment: int) -> Iterator[list[Any]]:
    """Of one period, or of all (0)."""
    for rows in every(pages.objections_in(by, assessment)):
        numbers = dict(Case.objects.filter(id__in=[one.case_id for one in rows]).values_list("id", "number"))
        for one in hung_words.covered(rows, *pages.OBJECTION_SAID):
            yield [one.assessment.title, org.tree().name(one.unit_id), one.measure_label, numbers.get(one.case_id, ""), one.get_want_display(),
                   one.get_state_display(), one.reason, one.asked_name, local_minute(one.raised_at),
                   one.ruling, one.correction, one.ruled_by, local_minute(one.ruled_at)]
