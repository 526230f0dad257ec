"""What a text is probably about, by the words of the catalogue, with the words that said so. Pure.

A first form that explains itself: it proposes, a person chooses. (A learned model will stand beside it.)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# Cue words of the type of request; the first type with a hit wins, in this order (domain, section 2.2).
KIND_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("praise", ("表扬", "感谢", "点赞", "锦旗", "谢谢你们")),
    ("report", ("举报", "偷排", "无证经营", "非法", "违规经营", "造假", "贪污", "行贿")),
    ("complaint", ("投诉", "不满", "扰民", "态度恶劣", "拒绝退款", "乱收费", "拖欠", "欠薪", "维权", "不给退")),
    ("suggest", ("建议", "希望能够", "提议", "能否增加", "能不能增设", "呼吁")),
    ("consult", ("咨询", "请问", "想了解", "怎么办理", "如何办理", "是否可以", "需要什么材料", "什么时候", "怎么申请", "在哪里")),
    ("help", ("求助", "停水", "停电", "停气", "漏水", "坏了", "不亮", "堵塞", "走失", "受伤", "帮忙", "修")),
)
# Danger to life and limb, and outages: shown to the agent at once, always for a person to confirm.
URGENT_WORDS = ("起火", "着火", "煤气", "燃气泄漏", "漏气", "爆炸", "触电", "坠落", "塌陷", "倒塌", "溺水", "被困", "自杀", "轻生", "昏迷",
                "中毒", "大面积停电", "全小区停水", "抢救", "砍人", "打人", "井盖", "高压线")
EMERGENCY = {"110": ("砍人", "打人", "抢劫", "持刀", "绑架", "家暴"), "119": ("起火", "着火", "爆炸", "被困", "火灾"),
             "120": ("昏迷", "抢救", "中毒", "大出血", "心脏病发")}
RESTRICTED_WORDS = ("自杀", "轻生", "不想活", "未成年", "性侵", "举报人", "实名举报", "家暴")


@dataclass(frozen=True, slots=True)
class Matter:
    code: str
    name: str
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guess:
    """`because`: the words of the text that the guess rests on."""

    code: str
    name: str
    score: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    matters: tuple[Guess, ...]
    kind: str
    kind_because: str
    urgent: tuple[str, ...]
    emergency: tuple[str, ...]
    restricted: tuple[str, ...]


def matters_of(text: str, matters: Iterable[Matter], top: int = 5) -> tuple[Guess, ...]:
    """The matters whose keywords stand in the text: longer words count more."""
    found = []
    for matter in matters:
        hits = tuple(w for w in matter.keywords if w and w in text)
        if hits:
            found.append(Guess(matter.code, matter.name, sum(len(w) for w in hits), hits))
    return tuple(sorted(found, key=lambda g: (-g.score, g.code))[:top])


def read(text: str, matters: Iterable[Matter]) -> Reading:
    """All that the agent is shown while typing. Under a millisecond for a few hundred matters."""
    kind, because = next(((k, w) for k, words in KIND_WORDS for w in words if w in text), ("", ""))
    return Reading(
        matters=matters_of(text, matters), kind=kind, kind_because=because, urgent=tuple(w for w in URGENT_WORDS if w in text),
        emergency=tuple(n for n, words in EMERGENCY.items() if any(w in text for w in words)),
        restricted=tuple(w for w in RESTRICTED_WORDS if w in text),
    )
