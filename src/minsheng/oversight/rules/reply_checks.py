"""What in a reply does not fit the record: each a finding with its evidence, for a person to judge. Pure; linear in the length of the reply.

A finding says what stands against what, never whose fault it is, and changes no figure.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minsheng.kit import written_times
from minsheng.kit.labelled_enum import Labelled


class Check(Labelled):
    NUMBER = "number", "次数与记录不符"
    BOILERPLATE = "boilerplate", "套话"
    COPY = "copy", "与另一件答复雷同"
    NO_DATE = "no_date", "没有日期"
    BEFORE_VISIT = "before_visit", "到场之前就答复"
    WAIVED = "waived", "有电话却免联系"
    TYPED_LATE = "typed_late", "联系记录补录"
    CALLS = "calls", "自报电话与中心通话不符"


@dataclass(frozen=True, slots=True)
class ReplySeen:
    """One signed reply and the record of its round.

    visits     when people were there, as they say
    due        of contact; typed_at: when the contact was typed
    """

    text: str  # the public reply
    handling: str
    replied_at: datetime
    contacts: int = 0
    visits: tuple[datetime, ...] = ()
    waived: bool = False
    has_number: bool = False
    contact_due: datetime | None = None
    contacted_at: datetime | None = None
    typed_at: datetime | None = None
    marked_late: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    check: Check
    evidence: str
    other: int = 0  # the case whose reply is alike


LONGEST = 4000  # characters that are looked at
_FIGURES = {"一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_TIMES = r"[^。；;，,\n]{0,10}?([0-9]{1,2}|[一两二三四五六七八九十]) ?(?:次|趟|回)"
_CALLED = re.compile(r"(?:联系|致电|拨打|通话|回访)" + _TIMES)
_VISITED = re.compile(r"(?:到场|上门|到现场|现场|走访|踏勘|实地)" + _TIMES)
_WAS_THERE = re.compile(r"(?:已|经|于|派|赴|到|前往)[^。；;\n]{0,12}?(?:现场|上门|实地|到场|走访|踏勘)")
_DATE = re.compile(r"[0-9]{1,4} ?[年月][^。]{0,6}?[0-9]{1,2} ?[月日号]|[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[今昨前明后]日|[今昨前明后]天|本[周月]|下[周月]|上[周月]"
                   r"|(?<![0-9一二两三四五六七八九十])[0-9一二两三四五六七八九十]+ ?(?:个)?(?:工作日|日内|天内|小时内|月底|月初|月中|日前)|当[日天]|[0-9]{1,2} ?月")
_AHEAD = re.compile("将|拟|计划|准备|后续|近期|尽快|争取|下一步|陆续|待[^。；，]{1,12}后")  # something is still to come
_NOISE = re.compile(r"[\W_]+")
LEAST_SAID = 12  # characters that are not stock
SHINGLE, SKETCH = 5, 24
ALIKE = 0.6


def of(one: ReplySeen, stock: re.Pattern[str]) -> list[Found]:
    """Everything that can be seen of one reply alone. `stock`: finds the phrases that say nothing (`rules.stock_phrases`)."""
    said = (one.text[:LONGEST] + "\n" + one.handling[:LONGEST])
    found = [*_counted(said, _CALLED, one.contacts, "联系"), *_counted(said, _VISITED, len(one.visits), "到场")]
    if not one.text.strip() or _is_stock(one.text[:LONGEST], stock):
        found.append(Found(Check.BOILERPLATE, f"去掉常用语后只剩 {len(_own_words(one.text[:LONGEST], stock))} 字"))
    if (ahead := _AHEAD.search(said)) and not _DATE.search(said):
        found.append(Found(Check.NO_DATE, f"答复说到还要办的（“{said[max(0, ahead.start() - 6):ahead.end() + 12].strip()}”），没有日期"))
    return [*found, *_visits(one, said), *_contacts(one)]


def _counted(said: str, pattern: re.Pattern[str], recorded: int, what: str) -> list[Found]:
    """The highest count that is claimed against what the record holds; a claim below it is no finding."""
    claimed = max((_FIGURES.get(hit[1]) or int(hit[1]) for hit in pattern.finditer(said)), default=0)
    return [Found(Check.NUMBER, f"答复称{what} {claimed} 次，记录为 {recorded} 次")] if claimed > recorded else []


def _own_words(text: str, stock: re.Pattern[str]) -> str:
    return _NOISE.sub("", stock.sub("", text))


def _is_stock(text: str, stock: re.Pattern[str]) -> bool:
    """A short plain answer is none: something has to have been stock."""
    return len(_own_words(text, stock)) < LEAST_SAID and stock.search(text) is not None


def _visits(one: ReplySeen, said: str) -> list[Found]:
    after = [at for at in one.visits if at > one.replied_at]
    if after:
        return [Found(Check.BEFORE_VISIT, f"{written_times.moment(one.replied_at)} 签发答复，记录的到场时间是 {written_times.moment(min(after))}")]
    if not one.visits and (claim := _WAS_THERE.search(said)):
        return [Found(Check.BEFORE_VISIT, f"答复称“{claim[0][:30]}”，签发前没有现场记录")]
    return []


def _contacts(one: ReplySeen) -> list[Found]:
    found = []
    if one.waived and one.has_number:
        found.append(Found(Check.WAIVED, "记为无需或无法联系，工单上留有电话"))
    late = one.contact_due is not None and one.typed_at is not None and one.typed_at > one.contact_due
    if one.contacted_at is not None and one.typed_at is not None and (late or one.marked_late):
        found.append(Found(Check.TYPED_LATE, f"称 {written_times.moment(one.contacted_at)} 联系，{written_times.moment(one.typed_at)} 才录入"
                           + (f"，联系时限 {written_times.moment(one.contact_due)}" if one.contact_due and late else "")))
    return found


# --- near copies --------------------------------------------------------------------------------


def shingles(text: str, stock: re.Pattern[str]) -> frozenset[int]:
    """Hashes of every few characters in a row, stock, figures and punctuation left out; few for short texts."""
    plain = re.sub(r"\d+", "", _own_words(text[:LONGEST], stock))
    return frozenset(zlib.crc32(plain[n:n + SHINGLE].encode()) for n in range(len(plain) - SHINGLE + 1))


def sketch(found: Iterable[int]) -> list[int]:
    """The smallest of them: two texts that are alike share most, and a table finds them by one index however many replies there are."""
    return sorted(found)[:SKETCH]


def alike(mine: frozenset[int], other: frozenset[int]) -> float:
    """What share of both they have in common (Jaccard)."""
    return len(mine & other) / len(mine | other) if mine and other else 0.0
