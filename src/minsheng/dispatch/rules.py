"""What a text is probably about, by the words of the catalogue, with the words that said so. Pure.

A first form that explains itself: it proposes, a person chooses. (A learned model will stand beside it.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules.danger import Reading as Danger
from minsheng.kit.verdict import YES, Verdict, no

# Cue words of the type of request; the first type with a hit wins, in this order (rulings, 44).
KIND_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("praise", ("表扬", "感谢", "点赞", "锦旗", "谢谢你们", "thank you", "ཐུགས་རྗེ་ཆེ")),
    ("report", ("举报", "偷排", "无证经营", "非法", "违规经营", "造假", "贪污", "行贿", "illegal", "bribe")),
    ("complaint", ("投诉", "不满", "扰民", "态度恶劣", "拒绝退款", "乱收费", "拖欠", "欠薪", "维权", "不给退", "complain", "refused", "overcharged",
                   "unpaid", "noise", "ཞུ་གཏུག")),
    ("suggest", ("建议", "希望能够", "提议", "能否增加", "能不能增设", "呼吁", "suggest", "བསམ་འཆར")),
    ("consult", ("咨询", "请问", "想了解", "怎么办理", "如何办理", "是否可以", "需要什么材料", "什么时候", "怎么申请", "在哪里", "how do i",
                 "how can i", "how to", "where can", "what documents", "opening hours", "བཀའ་འདྲི", "ག་ཚོད", "གང་འདྲ")),
    ("help", ("求助", "停水", "停电", "停气", "漏水", "坏了", "不亮", "堵塞", "走失", "受伤", "帮忙", "修", "help", "broken", "no water",
              "power cut", "no electricity", "leak", "lost", "ཆད་ནས", "ཆག", "རོགས་རམ")),
)
def says(text: str, word: str) -> bool:
    """Does the word stand in the text? `text` in small letters; a word in Latin letters must stand alone: "tap" is not in "tape"."""
    word = word.lower()
    return bool(re.search(rf"(?<![a-z]){re.escape(word)}(?![a-z])", text)) if word.isascii() and word.strip() else word in text


def may_change_catalogue(by: Actor, setup: bool = False) -> Verdict:
    """The catalogue follows duty findings, so who finds duties keeps it; `setup`: the command line that puts in a city's folder."""
    return YES if setup or Role.COORDINATOR in by.roles else no("role", "派单目录由协调员按职责认定维护")


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
    sure: bool = True  # rests on more than words that stand in any request; else it is shown, not chosen


@dataclass(frozen=True, slots=True)
class Reading:
    """`danger`: what the words say of danger; it beats every other proposal."""

    matters: tuple[Guess, ...]
    kind: str
    kind_because: str
    danger: Danger


NO_DANGER = Danger()


# Who, where and when: words of any request. One of them never decides what it is about.
COMMON = frozenset((
    "老人", "老年人", "孩子", "小孩", "儿童", "学生", "家长", "妇女", "残疾人", "居民", "业主", "住户", "邻居", "群众", "市民", "游客", "村民", "司机", "员工", "工人",
    "小区", "楼下", "楼上", "楼道", "门口", "家里", "院子", "路边", "路口", "附近", "对面", "村里", "学校", "医院", "市场", "商店", "公园", "广场", "街道", "社区",
    "晚上", "半夜", "夜里", "凌晨", "早上", "白天", "周末", "节假日", "今天", "昨天", "每天", "长期", "一直", "几天", "电话", "手机", "短信", "钱", "费用", "收费",
    "安全", "危险", "影响", "没人管", "不管", "服务", "态度", "问题", "情况", "单位", "部门", "公司", "政府", "车", "车辆", "水", "电", "气", "路", "人",
))


def matters_of(text: str, matters: Iterable[Matter], top: int = 5) -> tuple[Guess, ...]:
    """The matters whose keywords stand in the text. A longer word counts more, one that several matters share less, a common one least."""
    found, text, rows = [], text.lower(), list(matters)
    shared = Counter(word for matter in rows for word in set(matter.keywords))
    for matter in rows:
        hits = tuple(w for w in dict.fromkeys(matter.keywords) if w and says(text, w))
        if hits:
            score = sum((0.2 if w in COMMON else 1.0) * len(w) ** 1.5 / shared[w] for w in hits)
            found.append(Guess(matter.code, matter.name, round(score, 3), hits, any(w not in COMMON for w in hits)))
    return tuple(sorted(found, key=lambda g: (not g.sure, -g.score, g.code))[:top])


def read(text: str, matters: Iterable[Matter], danger: Danger = NO_DANGER) -> Reading:
    """All that the agent is shown while typing. Under a millisecond for a few hundred matters. The matter of a danger comes first."""
    text, matters = text.lower(), list(matters)
    kind, because = next(((k, w) for k, words in KIND_WORDS for w in words if says(text, w)), ("", ""))
    first = [Guess(m.code, m.name, 1000, tuple(f.word for f in danger.found if f.word)) for m in matters if m.code == danger.category]
    rest = tuple(g for g in matters_of(text, matters) if not first or g.code != danger.category)
    return Reading(matters=(*first, *rest)[:5], kind=kind, kind_because=because, danger=danger)
