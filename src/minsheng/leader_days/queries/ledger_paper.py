"""The ledger of commitments as a paper: what stands in the list that its reader chose, counted and row by row, no person named."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.accounts.rules import Actor
from minsheng.cases.queries import hung_words
from minsheng.kit.papers import Block, Heading, Paper, Para, Table, in_words
from minsheng.kit.percents import percent
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days.models import Commitment
from minsheng.leader_days.queries import ledger
from minsheng.leader_days.queries.ledger import Filters
from minsheng.leader_days.rules.states import Cause, CommitmentState
from minsheng.org import queries as org

TITLE, LONGEST = "承诺事项台账", 500
GONE = "已依法删除"
_HEADS = ("期", "承诺事项", "责任单位、责任人", "兑现日期", "结果", "核验结论")


def paper(by: Actor, filters: Filters) -> Paper:
    """For use in the house: nobody signs it. Refused: nothing is in the list, or more than a paper holds. Two statements."""
    rows = list(ledger.rows(by, filters).order_by("id")[:LONGEST + 1])
    if not rows:
        raise Refused(no("empty", "没有符合条件的承诺，没有台账可印"))
    if len(rows) > LONGEST:
        raise Refused(no("long", f"超过 {LONGEST} 项，请先按单位、结果或期筛选，或者导出 CSV"))
    hung_words.covered([ledger.dated(one) for one in rows], *ledger.SAID, officials=ledger.OFFICIALS)
    return Paper(TITLE, tuple(_blocks(rows, filters)), org.issuer(), ledger.today())


def _blocks(rows: list[Commitment], filters: Filters) -> Iterator[Block]:
    if chosen := _chosen(filters, rows):
        yield Para(f"范围：{chosen}。")
    yield Para(_counted(rows))
    yield Heading("逐项情况")
    yield Table(_HEADS, tuple(map(_row, rows)))


def _chosen(filters: Filters, rows: list[Commitment]) -> str:
    """What the list was narrowed to, as its reader chose it."""
    periods = dict.fromkeys(_period(one) for one in rows) if filters.periods else ()
    return "，".join(filter(None, (
        "、".join(periods), f"{org.tree().name(filters.unit)}负责的" if filters.unit else "", dict(ledger.STATES).get(filters.state, ""),
        "未了结的" if filters.unended else "", "已过期未了结的" if filters.overdue else "", "应兑现的" if filters.owed else "")))


def _counted(rows: list[Commitment]) -> str:
    ends = {state: sum(one.state == state for one in rows) for state in CommitmentState}
    kept, late, gone = ends[CommitmentState.KEPT], ends[CommitmentState.LATE], ends[CommitmentState.WITHDRAWN]
    past = sum(one.overdue for one in rows)
    owed = kept + late + past
    share = f"应兑现{owed}项，兑现率{percent(kept, owed)}。" if owed else ""
    return (f"截至{in_words(ledger.today())}共{len(rows)}项：已兑现{kept}项，未按期兑现{late}项，已撤回{gone}项，未了结{len(rows) - kept - late - gone}项，"
            f"其中已过兑现日期{past}项。{share}")


def _period(one: Commitment) -> str:
    return f"{one.period.scheme.year}年{one.period}"


def _row(one: Commitment) -> tuple[str, ...]:
    moved = f"（原定{in_words(one.first_due)}）" if one.first_due and one.due != one.first_due else ""
    said = "；".join(filter(None, (f"{in_words(one.done_on)}完成" if one.done_on else "", f"原因：{Cause(one.cause).label}" if one.cause else "", one.finding)))
    return (_period(one), one.what or GONE, "　".join(filter(None, (one.owner_unit.name if one.owner_unit else "", one.owner))),
            (in_words(one.due) if one.due else "") + moved, one.get_state_display() + ("（已过期）" if one.overdue else ""), said)
