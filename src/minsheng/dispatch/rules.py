"""What a text is probably about, by the words of the catalogue, with the words that said so. Pure.

A first form that explains itself: it proposes, a person chooses. (A learned model will stand beside it.)
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules.danger import Reading as Danger
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.language.folding import fold
from minsheng.language.simplified import TABLE

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

# A question: it asks how a thing is done, or whether it may be. "怎么回事", "怎么还没" and "能不能派人来" ask for something else.
_ASKS = re.compile(r"怎么(?!回事|还|没|不|这|那|会|就|老|总|又|都|才|要|打)|怎样|如何(?!是好|这么|才)|哪里|哪儿|哪个(?:部门|窗口|单位)|到哪|在哪|去哪(?!了|儿了)"
                   r"|多少(?:钱|天|岁|年)|多久|需要(?:什么|哪些)|(?:有|要)(?:什么|哪些|没有).{0,8}(?:条件|手续|材料|规定|政策|要求|补贴|标准|流程)"
                   r"|(?:能否|可否|是否|能不能|可不可以|是不是|需不需要|要不要)(?!.{0,6}(?:派|帮|给|尽快|处理|解决|安排|整治|清理|提高|[加增修开建设改]))"
                   r"|(?:可以|能够?|需要|要|算|符合|属于|有资格).{0,24}吗")
# Words of a trouble: who has one asks for help, or complains, in whatever form.
_TROUBLE = re.compile(r"没人|无人|不管|至今|一直|还没|还不|迟迟|多次|反复|严重|影响|[臭脏吵噪漏裂塌坏堵骗欠拖]|违规|违建|违法|违章|违背|涉嫌|垄断|传销|占用|占道|破损|积水"
                      r"|不?公平|不?合理|凭什么|为什么|为何|难道|[不没](?:退|给|发|让|来|理|接)|强[制行拆]|解决|治理|[何什]么?时候?才|尽快|请求|要求|希望|不满|危险|受伤"
                      r"|停[水电气]|走失|不亮|求助|帮忙")
# Thanks at the end of a letter are manners; a letter of thanks begins with them, or asks for nothing.
_THANKS = ("感谢", "谢谢你们")
_MANNERS = re.compile(r"感谢.{0,8}百忙")


def question_in(text: str) -> str:
    """The word with which the text asks how, where or whether, when it tells of no trouble; else ""."""
    found = _ASKS.search(text)
    return found.group()[:8] if found and not _TROUBLE.search(text) else ""


def _mannerly(text: str) -> frozenset[str]:
    """The words of thanks that are manners alone: of who asks for something, and far from the beginning or at the very end."""
    if not (question_in(text) or _TROUBLE.search(text)):
        return frozenset()
    letter = _MANNERS.sub("", text)
    return frozenset(w for w in _THANKS if not 0 <= letter.find(w) < min(24, len(letter) - len(w) - 4))


def _kind_of(text: str) -> tuple[str, str]:
    """The type and the word that says so. A question without a trouble is one before a single word makes it a call for help: 怎么修改户口信息."""
    manners = _mannerly(text)
    kind, because = next(((k, w) for k, words in KIND_WORDS for w in words if says(text, w) and w not in manners), ("", ""))
    if kind in ("", "help") and (asked := question_in(text)):
        return "consult", asked
    return kind, because


def plain(text: str) -> str:
    """Small letters, one form of each character (⻋库, 車庫 → 车库), nothing unseen."""
    return fold(text).lower().translate(TABLE)


plain_word = lru_cache(maxsize=8192)(plain)  # the keywords of a city's matters


def says(text: str, word: str) -> bool:
    """Does the word stand in the text? `text` as `plain` makes it; a word in Latin letters must stand alone: "tap" is not in "tape"."""
    word = plain_word(word)
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
    found, text, rows = [], plain(text), list(matters)
    shared = Counter(word for matter in rows for word in set(matter.keywords))
    for matter in rows:
        hits = tuple(w for w in dict.fromkeys(matter.keywords) if w and says(text, w))
        if hits:
            score = sum((0.2 if w in COMMON else 1.0) * len(w) ** 1.5 / shared[w] for w in hits)
            found.append(Guess(matter.code, matter.name, round(score, 3), hits, any(w not in COMMON for w in hits)))
    return tuple(sorted(found, key=lambda g: (not g.sure, -g.score, g.code))[:top])


def read(text: str, matters: Iterable[Matter], danger: Danger = NO_DANGER) -> Reading:
    """All that the agent is shown while typing. Under a millisecond for a few hundred matters. The matter of a danger comes first."""
    text, matters = plain(text), list(matters)
    kind, because = _kind_of(text)
    first = [Guess(m.code, m.name, 1000, tuple(f.word for f in danger.found if f.word)) for m in matters if m.code == danger.category]
    rest = tuple(g for g in matters_of(text, matters) if not first or g.code != danger.category)
    return Reading(matters=(*first, *rest)[:5], kind=kind, kind_because=because, danger=danger)
