"""What a chart says: its title, what it rests on, its table, and the numbers that the script draws. Pure: from rows that were read.

A chart without rows is empty and says so; its table stands without the script, and every number in it is a door to its list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minsheng.kit.percents import percent
from minsheng.measures import board_cases, rules
from minsheng.measures.board import Line
from minsheng.measures.board_cases import Flow, Stage
from minsheng.measures.rules import Row

PARETO = 20  # bars; the table has all
NODES = 12  # of a column of the flow; the table has all
Door = Callable[..., str]  # what is asked, as names -> the address of the list


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    url: str = ""
    number: bool = True


@dataclass(frozen=True, slots=True)
class Chart:
    """`kind`: which drawing of chart_kinds.js; `data`: what it draws; `says`: how it is read; `base`: what it rests on."""

    code: str
    kind: str
    title: str
    says: str
    base: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    data: dict[str, Any] = field(default_factory=dict)
    nothing: str = "所选时段没有可画的数"

    @property
    def id(self) -> str:
        return f"chart-{self.code}"

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """(words, is it a column of numbers)."""
        first = self.rows[0] if self.rows else [Cell("") for _ in self.columns]
        return [(words, cell.number) for words, cell in zip(self.columns, first, strict=True)]

    @property
    def drawn(self) -> dict[str, Any]:
        return {"kind": self.kind, "title": self.title, **self.data}

    def table(self) -> tuple[Sequence[str], Iterable[list[str]]]:
        """Header and rows for a file."""
        return self.columns, ([cell.text for cell in row] for row in self.rows)


def word_cell(text: str) -> Cell:
    return Cell(text, number=False)


def count_cell(n: int, url: str = "") -> Cell:
    return Cell(str(n), url if n else "")


def forest(lines: list[Line], whole: Row, by: str, base: str, door: Door) -> Chart:
    """Groups in their usual order, each with its interval, against the whole; too few are greyed and not compared."""
    measure = rules.BY_CODE[whole.measure]
    shown = [line for line in lines if line.by.value is not None]
    rows, drawn = [], []
    for line in shown:
        one, few = line.by, line.band == "few"
        urls = {part: door(measure=one.measure, key=one.key_text, part=part) for part in ("numerator", "denominator")}
        rows.append([word_cell(line.label), Cell(one.shown), count_cell(one.numerator or 0, urls["numerator"]),
                     count_cell(one.denominator or 0, urls["denominator"]), Cell(one.between), word_cell(rules.BANDS[line.band])])
        drawn.append({"name": line.label, "value": one.value, "low": one.low, "high": one.high, "shown": one.shown, "between": one.between, "n": one.denominator, "few": few,
                      "band": line.band, "url": urls["denominator"]})
    return Chart(
        "forest", "forest", f"{measure.label}，按{by}", f"点是{measure.label}，横线是 95% 区间，竖线是总体。区间不跨过竖线才是高于或低于总体；"
        f"不足 {rules.RANK_FROM} 件的画成灰色，不作比较。次序是机构或代码的次序，不排名。", base,
        (by, measure.label, "分子", "分母", "区间", "与总体"), rows, {"rows": drawn, "whole": whole.value, "whole_shown": whole.shown, "few": rules.BANDS["few"]})


def funnel(stages: list[Stage], base: str, door: Door) -> Chart:
    whole = stages[0].n
    rows, drawn, before = [], [], whole
    for stage in stages:
        url = door(stage=stage.code)
        rows.append([word_cell(stage.label), count_cell(stage.n, url), Cell(percent(stage.n, whole)), Cell(percent(stage.n, before))])
        drawn.append({"name": stage.label, "n": stage.n, "shown": percent(stage.n, whole), "url": url})
        before = stage.n
    return Chart("funnel", "funnel", "从受理到解决", "每一段都是上一段里的一部分，到统计截止走到哪里算哪里。当场答复的不派单，停在第一段；还在办的停在它走到的一段。",
                 base, ("走到", "件数", "占受理", "占上一段"), rows if whole else [], {"rows": drawn})


def flow(flows: list[Flow], base: str, door: Door) -> Chart:
    rows = [[word_cell(f.matter_name), word_cell(f.unit_name), word_cell(board_cases.OUTCOMES[f.outcome]),
             count_cell(f.n, door(matter=f.matter, lead=f.unit, outcome=f.outcome))] for f in flows]
    return Chart("flow", "flow", "分类 → 单位 → 结果", "带子的粗细是件数。左边是一级分类，中间是主办单位（归到市以下第一级），右边是到统计截止的结果。"
                 f"图上各列至多 {NODES} 项，件数少的并入“其他”；表里是全部。", base, ("分类", "主办单位", "结果", "件数"), rows, _bands(flows, door))


def _bands(flows: list[Flow], door: Door) -> dict[str, Any]:
    """Nodes and links of the drawing, the smaller ones folded."""
    matters, units = _largest((f.matter, f.n) for f in flows), _largest((f.unit, f.n) for f in flows)
    links: dict[tuple[str, str], list[Any]] = {}
    for f in flows:
        left = f"m:{f.matter}" if f.matter in matters else "m:"
        middle = f"u:{f.unit}" if f.unit in units else "u:"
        for pair, asked in (((left, middle), {"matter": f.matter, "lead": f.unit}), ((middle, f"o:{f.outcome}"), {"lead": f.unit, "outcome": f.outcome})):
            link = links.setdefault(pair, [0, door(**asked) if "m:" not in pair and "u:" not in pair else ""])
            link[0] += f.n
    names = {f"m:{f.matter}": f.matter_name for f in flows} | {f"u:{f.unit}": f.unit_name for f in flows}
    names |= {f"o:{code}": words for code, words in board_cases.OUTCOMES.items()} | {"m:": "其他分类", "u:": "其他单位"}
    used = dict.fromkeys(node for pair in links for node in pair)
    return {"nodes": [{"id": node, "name": names[node], "depth": "muo".index(node[0])} for node in used],
            "links": [{"source": a, "target": b, "value": n, "url": url} for (a, b), (n, url) in links.items()]}


def _largest(sizes: Iterable[tuple[Any, int]]) -> set[Any]:
    total: dict[Any, int] = {}
    for key, n in sizes:
        total[key] = total.get(key, 0) + n
    return set(sorted(total, key=lambda key: -total[key])[:NODES])


def ages(found: list, base: str, door: Door) -> Chart:
    rows = [[word_cell(state.label), *(count_cell(n, door(state=state.value, age=age)) for age, n in sizes.items()),
             count_cell(sum(sizes.values()), door(state=state.value))] for state, sizes in found]
    labels = {age: words for age, (words, _, _) in board_cases.AGES.items()}
    series = [{"name": words, "values": [{"value": sizes[age], "url": door(state=state.value, age=age)} for state, sizes in found]}
              for age, words in labels.items()]
    return Chart("ages", "ages", "在办的开了多久", "现在没有办结的工单，按停在哪一环节；颜色越深，从受理起的日子越久。", base,
                 ("停在", *labels.values(), "合计"), rows, {"names": [state.label for state, _ in found], "series": series}, nothing="现在没有在办的工单")


def pareto(found: list[Row], base: str, door: Door) -> Chart:
    """Matters by how much came, the largest first, and what share they make together."""
    ordered = sorted((row for row in found if row.value), key=lambda row: -(row.value or 0))
    whole, so_far, rows, drawn = sum(int(row.value or 0) for row in ordered), 0, [], []
    for row in ordered:
        n, url = int(row.value or 0), door(measure=row.measure, key=row.key_text, part="numerator")
        so_far += n
        share = rules.share(so_far, whole)[0]
        rows.append([word_cell(row.group), count_cell(n, url), Cell(percent(n, whole)), Cell(percent(so_far, whole))])
        drawn.append({"name": row.group, "n": n, "share": share, "shown": percent(so_far, whole), "url": url})
    return Chart("pareto", "pareto", "诉求集中在哪些分类", f"柱是受理件数占全部的比例，从多到少；线是到这一类为止的累计占比，同一把尺。图上前 {PARETO} 类，表里是全部。", base,
                 ("分类", "件数", "占比", "累计占比"), rows, {"rows": drawn[:PARETO], "whole": whole})
