"""Figures as a report keeps them, and the report as a paper. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from minsheng.kit.papers import Block, Heading, Paper, Para, Table, paragraphs
from minsheng.kit.papers.sentences import text
from minsheng.kit.percents import percent
from minsheng.leader_days.rules.report_figures import BY_KEY as FIGURE
from minsheng.leader_days.rules.report_figures import Hotline, Scope, counted
from minsheng.leader_days.rules.report_prose import sentences


@dataclass(frozen=True)
class Frozen:
    """`scopes`: what the report is about, then the earlier ones beside it. since, until: the days of the hotline's own base."""

    scopes: Sequence[Scope]
    hotline: Hotline
    cutoff: str

    def written(self) -> dict[str, Any]:
        beside = {name: getattr(self.hotline, name) for name in ("since", "until", "done", "to_complete")}
        return {"scopes": [{"label": one.label, "numbers": dict(one.numbers)} for one in self.scopes], "hotline": beside, "cutoff": self.cutoff}


def read(figures: Mapping[str, Any]) -> Frozen:
    """What `written` wrote; of damaged figures as much as there is."""
    scopes = [Scope(str(one.get("label", "")), one.get("numbers", {})) for one in figures.get("scopes", []) if isinstance(one, dict)]
    beside = figures.get("hotline", {})
    hotline = Hotline(str(beside.get("since", "")), str(beside.get("until", "")), beside.get("done", 0), beside.get("to_complete", 0))
    return Frozen(scopes or [Scope("")], hotline, str(figures.get("cutoff", "")))


def key(scope: int, figure: str) -> str:
    """Under which a report keeps the list behind a figure."""
    return f"{scope}:{figure}"


def digest(lists: Mapping[str, Sequence[int]]) -> str:
    return hashlib.sha256(json.dumps(dict(lists), sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def paper(frozen: Frozen, *, title: str, issuer: str, remarks: str, day: date | None, number: str = "", signed_by: str = "", mark: str = "") -> Paper:
    now, *before = frozen.scopes
    blocks: list[Block] = [Heading("综述"), *(Para(text(one)) for one in sentences(now, before, frozen.hotline)), Heading("数字"), _table(frozen)]
    if frozen.hotline.to_complete:
        beside = frozen.hotline
        blocks.append(Para(f"{beside.days}，全热线办结{beside.done:,} / {beside.to_complete:,}件，{percent(beside.done, beside.to_complete)}。"
                           "与上表的办结率基数不同，只并列，不作比较。"))
    if remarks.strip():
        blocks += [Heading("说明"), *paragraphs(remarks)]
    blocks.append(Para(f"以上数字统计截止{frozen.cutoff}。"))
    return Paper(title, tuple(blocks), issuer, day, number, signed_by, mark)


def _table(frozen: Frozen) -> Table:
    rows = tuple((line.label, *(_cell(one, line.key, line.of) for one in frozen.scopes)) for line in counted(frozen.scopes))
    return Table(("项目", *(one.label for one in frozen.scopes)), rows)


def _cell(scope: Scope, figure: str, of: str) -> str:
    unit = FIGURE[figure].unit
    if not of:
        return f"{scope[figure]:,}{unit}"
    return f"{scope[figure]:,} / {scope[of]:,}{unit}" + (f"，{percent(scope[figure], scope[of])}" if scope[of] else "")
