"""Is it more, is it less? Only when the interval says so; small numbers are shown and not judged (rulings, 46 and 81). Pure."""

from __future__ import annotations

from minsheng.bulletins.rules.figures import Scope
from minsheng.kit.intervals import wilson
from minsheng.kit.percents import NO_DATA, more
from minsheng.measures.rules import RANK_FROM
from minsheng.topics.rules.counting import ratio

FEW = "数量小，不作比较"
UNKNOWN = {"part": "记录不全，不作比较", "none": NO_DATA}


def count(now: int, base: int) -> str:
    """Two counts of spans of one kind: 增加12.2%, 减少3.0%, 基本持平; of a small base no percentage."""
    if now + base < RANK_FROM:
        return FEW
    found = ratio(now, base, 1)
    if found is None or not (found.rises or found.falls):
        return "基本持平"
    if base < RANK_FROM:
        return f"{'增加' if found.rises else '减少'}（{'基数小' if base else '以前没有'}）"
    return f"{'增加' if found.rises else '减少'}{more(abs(now - base), base)}"


def share(now: tuple[int, int], base: tuple[int, int]) -> str:
    """Two shares: 上升1.2个百分点, 下降0.5个百分点, 基本持平."""
    if not now[1] or not base[1]:
        return NO_DATA
    if min(now[1], base[1]) < RANK_FROM:
        return FEW
    (low, high), (low_before, high_before) = wilson(*now) or (0, 0), wilson(*base) or (0, 0)
    if low <= high_before and low_before <= high:
        return "基本持平"
    points = now[0] / now[1] * 100 - base[0] / base[1] * 100
    return f"{'上升' if points > 0 else '下降'}{abs(points):.1f}个百分点"


def counts(now: Scope, base: Scope, code: str, ended: bool) -> str:
    """The same of a volume in two scopes, as far as both are known."""
    return _known(base, ended) or count(now.n(code) or 0, base.n(code) or 0)


def shares(now: Scope, base: Scope, code: str, ended: bool) -> str:
    return _known(base, ended) or share(now.pair(code), base.pair(code))


def _known(base: Scope, ended: bool) -> str:
    return UNKNOWN.get(base.known, "") or ("" if ended else "统计期未完，不作比较")
