"""A bulletin as a paper: sentences and tables from its figures, the office's own words between them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from minsheng.bulletins.rules import prose, tables
from minsheng.bulletins.rules.figures import Difference, Frozen
from minsheng.bulletins.rules.spans import Span
from minsheng.bulletins.rules.tables import FEW
from minsheng.kit.papers import Block, Heading, Paper, Para, paragraphs
from minsheng.kit.papers.cells import FigureTable
from minsheng.kit.papers.sentences import Sentence, text
from minsheng.measures.rules import BY_CODE


@dataclass(frozen=True)
class Words:
    """What people write around the figures. correction: what this version changes; `differences`: the figures that it gives differently."""

    title: str
    issuer: str
    overview: str = ""
    problems: str = ""
    advice: str = ""
    correction: str = ""
    differences: Sequence[Difference] = ()


@dataclass(frozen=True)
class Section:
    """What stands under one heading, for page and paper alike."""

    title: str
    said: Sequence[Sentence] = ()
    tables: Sequence[FigureTable] = ()
    written: str = ""


def sections(found: Frozen, words: Words) -> list[Section]:
    """In their order; those with nothing in them left out."""
    corrected = [*filter(None, [words.correction]), *(changed(one, found) for one in words.differences)]
    all_ = (
        Section("更正说明", written="\n".join(corrected) if words.correction else ""),
        Section("总体情况", _said(found, prose.GENERAL), [tables.volumes(found)], words.overview),
        Section("办理质效", _said(found, prose.DONE), [tables.rates(found), tables.units(found)]),
        Section("诉求来源和事项", _said(found, prose.CAME), [tables.channels(found), tables.matters(found), tables.rising(found)]),
        Section("超期未办结", _said(found, (prose.late,)), [tables.late(found)]),
        Section("存在的问题", written=words.problems), Section("下一步建议", written=words.advice),
    )
    return [one for one in all_ if one.said or any(table.rows for table in one.tables) or one.written]


def _said(found: Frozen, ways: Iterable[prose.Said]) -> list[Sentence]:
    return [said for way in ways if (said := way(found))]


def changed(one: Difference, found: Frozen) -> str:
    """受理量（本月）由100更正为101."""
    place = found.scopes[one.scope].label
    return f"{BY_CODE[one.measure].label}（{place}）由{pair(*one.before)}更正为{pair(*one.after)}"


def pair(n: int, d: int | None) -> str:
    return f"{n:,}" if d is None else f"{n:,}/{d:,}"


def basis(found: Frozen) -> str:
    """What the figures rest on, in one paragraph."""
    now = found.now
    span = Span(date.fromisoformat(now.since), date.fromisoformat(now.until)) if now.since and now.until else None
    unfinished = "统计期尚未结束。" if not found.ended else ""
    return (f"统计期{span.words if span else ''}（含起止两日），统计截止{found.cutoff}。{unfinished}各项比率均列分子、分母和95%区间，分母为零的为“暂无数据”；"
            f"受理、在线办结、转办、办结是四项不同的数。指标定义和版本见“指标”，本报告所用：" + "，".join(_versions(found)) + "。")


def _versions(found: Frozen) -> list[str]:
    """Formulas by their version, each version once."""
    by_stamp: dict[str, list[str]] = {}
    for code, stamp in found.versions.items():
        by_stamp.setdefault(stamp, []).append(BY_CODE[code].label if code in BY_CODE else code)
    return [f"全部指标第{stamp.partition('@')[0]}版（{stamp.partition('@')[2]}起）" if len(by_stamp) == 1 else f"{'、'.join(labels)}第{stamp.partition('@')[0]}版"
            for stamp, labels in by_stamp.items()]


def paper(found: Frozen, words: Words, *, day: date | None, number: str = "", signed_by: str = "", mark: str = "") -> Paper:
    blocks: list[Block] = []
    for one in sections(found, words):
        blocks.append(Heading(one.title))
        blocks += [*(Para(text(said)) for said in one.said), *(block for table in one.tables for block in _table(table)), *paragraphs(one.written)]
    blocks += [Heading("说明"), Para(basis(found))]
    return Paper(words.title, tuple(blocks), words.issuer, day, number, signed_by, mark)


def _table(table: FigureTable) -> list[Block]:
    """With its name above. Units of which there are too few are named together: nothing of theirs is compared."""
    if not table.rows:
        return []
    shown, few = table, []
    if table.name == "units":
        few = [row[1].text for row in table.rows if row[0].text == FEW]
        shown = FigureTable(table.name, table.title, table.columns, [row for row in table.rows if row[0].text != FEW])
    found: list[Block] = [Heading(table.title, 2), shown.on_paper()] if shown.rows else []
    return [*found, *([Para(table.note)] if table.note and shown.rows else []), *([Para(f"{FEW}的单位：{'、'.join(few)}。")] if few else [])]
