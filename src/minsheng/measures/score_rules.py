"""Schemes of the composite: points of each measure, in proportion or by a curve, from a day on; and who sets a centre's own (rulings, 72). Pure.

A scheme of a centre is a subject: an analyst proposes it, a supervisor who did not propose it confirms it. It is never changed; the next
one takes its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no

# Measures that may be scored, rates of which more is better, as `measures.rules` calls them.
SCORED = {"response_confirmed": "响应率", "response_claimed": "响应率（单位自报）", "solve": "解决率", "satisfaction": "满意率（回访）",
          "on_time_completion": "按时办结率", "sign_on_time": "签收及时率", "completion": "办结率", "reach": "回访接通率", "direct_answer": "在线办结率",
          "dispatch_accuracy": "派单准确率"}
OWN, UPPER = "own", "upper"
SLOTS = ((OWN, "本市的综合得分"), (UPPER, "上级的口径，并列显示"))
READERS = frozenset({R.ANALYST, R.SUPERVISOR, R.INSPECTOR})
_LINE = re.compile(r"([a-z_0-9]{1,40})\s+(\S{1,12})((?:\s+[a-z]{1,8}=\S{1,12})*)", re.ASCII)
# As `in_words` writes a part, and as it is typed.
_POINTS = re.compile(r"([^\d.+-]{1,20})([\d.+-][\d.e+-]{0,11})分?(?:[,;、](.{0,60}))?", re.ASCII)
_FALLS = re.compile(r"每低于?([\d.e+-]{1,12})%一个百分点扣([\d.e+-]{1,12})分[,;、]最低([\d.e+-]{1,12})分", re.ASCII)
_BLANKS = re.compile(r"\s+")
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Curve:
    """max(floor, points − slope × (full − rate %)), at most the points."""

    full: Decimal
    slope: Decimal
    floor: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    measure: str
    points: Decimal
    curve: Curve | None = None

    def score(self, rate: float) -> float:
        """Points of a rate in 0..1."""
        if self.curve is None:
            return float(self.points) * rate
        lost = float(self.curve.slope) * (float(self.curve.full) - rate * 100)
        return min(float(self.points), max(float(self.curve.floor), float(self.points) - lost))


@dataclass(frozen=True, slots=True)
class Scheme:
    code: str
    name: str
    since: date
    parts: tuple[Part, ...]
    basis: str = ""


class ScoringState(Labelled):
    NEW = "new", "新建"
    PROPOSED = "proposed", "待确认"
    CONFIRMED = "confirmed", "已确认"
    DROPPED = "dropped", "不用"


FIELDS = table(
    Field("name", "方案名称", "text", longest=60, official=True),
    Field("slot", "用在哪里", "choice", choices=SLOTS),
    Field("since", "自哪天起", "day", help="今天或以后；按统计期的最后一天取方案"),
    Field("parts", "各项分值", "long", longest=2000, official=True,
          help="一行一项，合计 100 分。随率增减的写“解决率 35 分，按比例”；有满分线的写“满意率 25 分，每低于 95% 一个百分点扣 0.5 分，最低 12.5 分”。"
               "可计分的：" + "、".join(SCORED.values())),
    Field("basis", "依据", "long", longest=600, official=True, help="哪个文件、哪一条"),
    Field("reason", "理由", "long", longest=600, official=True),
)


@dataclass(frozen=True, slots=True)
class ScoringFacts:
    id: int
    state: ScoringState
    proposers: tuple[int, ...] = ()


@asks("不是提出的人")
def not_proposed_by_me(facts: ScoringFacts, by: Actor) -> Verdict:
    return no("own", "您提出了这个方案，须由另一人确认") if by.id in facts.proposers else YES


_PROPOSED = frozenset({ScoringState.PROPOSED})
SCORING = Procedure([
    Step("propose_scoring", "提出计分方案", frozenset({ScoringState.NEW}), ScoringState.PROPOSED, R.ANALYST, (), ("name", "slot", "since", "parts", "basis")),
    Step("confirm_scoring", "确认计分方案", _PROPOSED, ScoringState.CONFIRMED, R.SUPERVISOR, (not_proposed_by_me,)),
    Step("drop_scoring", "不用", _PROPOSED, ScoringState.DROPPED, R.SUPERVISOR, (), ("reason",)),
])


class Wrong(ValueError):
    """What is wrong with the parts of a scheme, in a sentence."""


def _number(text: str, what: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        raise Wrong(f"{what}“{text[:12]}”不是数") from None
    if not found.is_finite() or abs(found) > 1000 or -found.as_tuple().exponent > 4:  # type: ignore[operator]
        raise Wrong(f"{what}“{text[:12]}”太大，或小数太长")
    return found


def read_parts(text: str) -> tuple[Part, ...]:
    """The parts as they are written, a line each. Wrong says what does not make sense."""
    parts = tuple(_part(line.strip()) for line in text.splitlines() if line.strip())
    if len({part.measure for part in parts}) != len(parts):
        raise Wrong("同一个指标写了两次")
    total = sum((part.points for part in parts), Decimal(0))
    if total != _WHOLE:
        raise Wrong(f"各项分值合计应为 100，现在是 {total.normalize():f}")
    return parts


def _part(line: str) -> Part:
    code, points_said, curve_said = _split(line)
    points = _number(points_said, "分值")
    if not 0 < points <= _WHOLE:
        raise Wrong(f"{SCORED[code]}的分值应大于 0、不超过 100")
    return Part(code, points, _curve(SCORED[code], points, *curve_said) if curve_said else None)


def _split(line: str) -> tuple[str, str, tuple[str, ...]]:
    """(code, points, (full, slope, floor) or nothing): in words, or as they are kept."""
    if kept := _LINE.fullmatch(line):
        if kept[1] not in SCORED:
            raise Wrong(_no_measure(kept[1]))
        return kept[1], kept[2], _kept_curve(SCORED[kept[1]], kept[3].split())
    said = _POINTS.fullmatch(_BLANKS.sub("", unicodedata.normalize("NFKC", line)).rstrip(".。"))
    if said is None:
        raise Wrong(f"“{line[:30]}”应写成：指标 分值 分，如 解决率 35 分，按比例")
    code, how = _code(said[1]), said[3] or "按比例"
    falls = _FALLS.fullmatch(how)
    if falls is None and how != "按比例":
        raise Wrong(f"“{line[:30]}”的后半应写成：按比例，或：每低于 95% 一个百分点扣 0.5 分，最低 12.5 分")
    return code, said[2], falls.groups() if falls else ()


def _no_measure(name: str) -> str:
    return f"没有可计分的指标“{name}”，可用：" + "、".join(SCORED.values())


def _code(name: str) -> str:
    """The measure of that name, whole or without what stands in brackets behind it."""
    folded = {unicodedata.normalize("NFKC", label): code for code, label in SCORED.items()}
    short = [code for label, code in folded.items() if label.partition("(")[0] == name]
    found = folded.get(name) or (short[0] if len(short) == 1 else "")
    if not found:
        raise Wrong(_no_measure(name))
    return found


def _kept_curve(label: str, words: list[str]) -> tuple[str, ...]:
    given = dict(word.split("=", 1) for word in words)
    if words and (set(given) != {"full", "slope", "floor"} or len(words) != 3):
        raise Wrong(f"{label}的曲线要写 full、slope、floor 三项")
    return (given["full"], given["slope"], given["floor"]) if words else ()


def _curve(label: str, points: Decimal, full_said: str, slope_said: str, floor_said: str) -> Curve:
    full, slope, floor = _number(full_said, f"{label}的满分线"), _number(slope_said, f"{label}每个百分点扣的分"), _number(floor_said, f"{label}的最低分")
    if not 0 < full <= _WHOLE:
        raise Wrong(f"{label}的满分线应大于 0、不超过 100")
    if slope <= 0:
        raise Wrong(f"{label}每个百分点扣的分应大于 0：率越低扣得越多")
    if not 0 <= floor < points:
        raise Wrong(f"{label}的最低分应不低于 0、低于分值")
    return Curve(full, slope, floor)


def as_text(parts: Iterable[Part]) -> str:
    return "\n".join(_written(part) for part in parts)


def _written(part: Part) -> str:
    curve = part.curve
    more = f" full={curve.full:f} slope={curve.slope:f} floor={curve.floor:f}" if curve else ""
    return f"{part.measure} {part.points:f}{more}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def in_words(part: Part) -> str:
    """As pages say it; read again by `read_parts`."""
    said = f"{SCORED[part.measure]} {_plain(part.points)} 分"
    if part.curve is None:
        return f"{said}，按比例"
    return f"{said}，每低于 {_plain(part.curve.full)}% 一个百分点扣 {_plain(part.curve.slope)} 分，最低 {_plain(part.curve.floor)} 分"


def wrong(values: Mapping[str, Any], today: date, taken: Iterable[date]) -> dict[str, str]:
    """`taken`: the days from which other schemes of the same place hold, or wait to."""
    found: dict[str, str] = {}
    if "parts" in values:
        try:
            read_parts(values["parts"])
        except Wrong as bad:
            found["parts"] = str(bad)
    if "since" in values:
        since = date.fromisoformat(values["since"])
        if since < today:
            found["since"] = f"{since} 已过，请写今天或以后：已经公布的得分不重算"
        elif since in set(taken):
            found["since"] = f"自 {since} 起已有一个方案（或待确认），请改一天"
    return found


def in_force(schemes: Iterable[Scheme], on: date) -> Scheme | None:
    """Of one place: the one that began last."""
    begun = [one for one in schemes if one.since <= on]
    return max(begun, key=lambda one: one.since) if begun else None
