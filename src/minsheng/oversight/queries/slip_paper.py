"""A slip (督办单, 通报, 约谈) as a paper of the office: who gets it, its ground, what is asked and until when, who sends it and the date."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.kit import written_times
from minsheng.kit.papers import DRAFT, Block, Paper, Para, Table, paragraphs
from minsheng.org import queries as org
from minsheng.oversight.queries.slips import SlipPage
from minsheng.oversight.rules.ladder import Measure
from minsheng.oversight.rules.states import SlipState

_DEED = {Measure.ORDER: "督办", Measure.CIRCULAR: "通报", Measure.SUMMONS: "约谈"}


def name(page: SlipPage) -> str:
    """Of the file."""
    slip = page.subject
    return f"{slip.get_kind_display()} {slip.doc_number or slip.unit.name}" + ("" if SlipState(slip.state).is_out else "（草稿）")


def paper(page: SlipPage) -> Paper:
    slip = page.subject
    out = SlipState(slip.state).is_out
    title = f"{org.tree().city}12345热线{slip.get_kind_display()}"
    return Paper(title, tuple(_blocks(page)), org.issuer(), clocks.local_day(slip.issued_at) if slip.issued_at else None, slip.doc_number, slip.signed_by,
                 "" if out else DRAFT)


def _blocks(page: SlipPage) -> Iterator[Block]:
    slip, rung = page.subject, page.rung
    yield Para(f"{slip.unit.name}：", flush=True)
    if rung:
        yield Para(f"依据督办阶梯“{rung.name}”一档（{rung.condition}；{rung.basis}，自{written_times.day(rung.since)}起施行），现就下列事项予以{_DEED[Measure(slip.kind)]}。")
    else:
        yield Para(f"现就下列事项予以{_DEED[Measure(slip.kind)]}。")
    if page.grounds:
        yield Table(("工单编号", "受理日期", "办理时限", "重办", "退单"), tuple(_line(case) for case in page.grounds))
    if page.unseen:
        yield Para(f"另有{page.unseen}件不在列出的范围。")
    if page.slips:
        yield Table(("文号", "种类", "送达日期"), tuple((one.doc_number, one.get_kind_display(), written_times.day(clocks.local_day(one.issued_at)) if one.issued_at else "")
                                               for one in page.slips))
    yield from paragraphs(slip.demand)
    if slip.answer_due:
        yield Para(f"请于{written_times.day(slip.answer_due)}前书面回复办理情况。")


def _line(case: Case) -> tuple[str, ...]:
    due = case.handle_due_at
    until = f"{written_times.day(clocks.local_day(due))}{due.astimezone(clocks.city_calendar().zone):%H:%M}" if due else ""
    return (case.number, written_times.day(clocks.local_day(case.received_at)), until, f"{case.redos}次", f"{case.returns}次")
