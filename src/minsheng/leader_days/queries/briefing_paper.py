"""The sheet of a leader as a paper: the same words and figures as its page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from minsheng.cases.effects import clocks
from minsheng.kit import written_times
from minsheng.kit.papers import Block, Heading, Paper, Para, Table
from minsheng.leader_days.queries.briefing import CaseLine, Figure, Matter, Sheet


def paper(sheet: Sheet) -> Paper:
    who = f"{sheet.leader}{'（副职）' if sheet.deputy else ''}"
    desk = f"{sheet.period}　{sheet.theme}　{sheet.unit}{sheet.seat}　{_moment(sheet.starts)}至{_hour(sheet.ends)}。"
    blocks: list[Block] = [Para(desk), Para(f"{_moment(sheet.made_at)}数出，供接听领导、联络员和协调员内部使用。"),
                           Heading("手上的工单"), Para(_figures(sheet.standing, "件"))]
    for title, rows in (("超时最久的", sheet.late), ("疑难和挂账的", sheet.hard)):
        blocks += [Heading(title, 2), _cases(rows)] if rows else []
    blocks.append(Heading("群众常问的和可能要问的"))
    for matter in sheet.matters:
        blocks += _matter(matter)
    if not sheet.matters:
        blocks.append(Para(f"{written_times.day(sheet.since)}以来没有派给本单位的工单。"))
    blocks += [Heading("以前的承诺"), Para(_figures(sheet.kept, "项"))]
    if sheet.promises:
        lines = tuple((one.what, one.owner, one.period, written_times.day(one.due) if one.due else "", one.state + ("，已过期" if one.overdue else ""))
                     for one in sheet.promises)
        blocks.append(Table(("承诺事项", "责任人", "期", "兑现日期", "结果"), lines))
    return Paper(f"接听前情况单　{who}", tuple(blocks))


def _moment(at: datetime) -> str:
    return f"{written_times.day(clocks.local_day(at))}{_hour(at)}"


def _hour(at: datetime) -> str:
    return f"{at.astimezone(clocks.city_calendar().zone):%H:%M}"


def _figures(found: Iterable[Figure], unit: str) -> str:
    return "，".join(f"{one.label}{one.n}{unit}" for one in found) + "。"


def _cases(rows: Iterable[CaseLine]) -> Table:
    return Table(("编号", "标题", "状态", "受理", "时限"), tuple(
        (one.number, one.title, one.state, written_times.day(clocks.local_day(one.received_at)), _moment(one.due_at) if one.due_at else "") for one in rows))


def _matter(matter: Matter) -> list[Block]:
    told = [Para(f"《{one.title}》{f'（{one.mark}）' if one.mark else ''}：{one.excerpt}") for one in matter.articles]
    return [Heading(f"{matter.name}：来件{matter.received.n}件，未办结{matter.open.n}件", 2), *told]
