"""The papers of a bulletin: PDF and DOCX in GB/T 9704 layout, XLSX with numbers and formulas."""

from __future__ import annotations

from datetime import date

from minsheng.bulletins.models import Bulletin
from minsheng.bulletins.queries import bulletins as read
from minsheng.bulletins.queries import templates
from minsheng.bulletins.rules import figures, tables
from minsheng.bulletins.rules import paper as papers
from minsheng.bulletins.rules.spans import Span
from minsheng.kit import written_times
from minsheng.kit.papers import DRAFT, making, sheets


def made(one: Bulletin, form: str, *, day: date | None = None, number: str = "", signed_by: str = "") -> bytes:
    """As it stands; without a signature with the mark of a draft. Refused with a sentence: it could not be made."""
    if form == "xlsx":
        return workbook(one, day=day, number=number, signed_by=signed_by)
    paper = read.paper(one, day=day, number=number, signed_by=signed_by)
    return making.pdf(paper) if form == "pdf" else making.docx(paper, templates.in_force(one.kind))


def workbook(one: Bulletin, *, day: date | None = None, number: str = "", signed_by: str = "") -> bytes:
    found = figures.read(one.figures)
    cover = [("标题", one.title), ("种类", one.get_kind_display()), ("统计期", f"{Span(one.since, one.until).words}（含起止两日）"), ("统计截止", found.cutoff),
             ("版次", f"第{one.version}版"), ("状态", "已签发" if signed_by else f"{DRAFT}，没有签发"), ("文号", number), ("签发人", signed_by),
             ("签发日期", written_times.day(day) if day and signed_by else ""), ("发文单位", one.issuer)]
    corrected = [papers.changed(diff, found) for diff in read.words(one).differences]
    cover += [("更正", one.correction)] if one.correction else []
    cover += [("更正的数", said) for said in corrected]
    return sheets.workbook(one.title, [*cover, ("说明", papers.basis(found))], list(tables.every(found)), mark="" if signed_by else DRAFT)
