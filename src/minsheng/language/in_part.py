"""Pure: where people who are known are named in part: covered (王*明, 王某明), by first letters (WXM, 王xm) or as one calls them (小王, 锋哥). On folded text.

Who is asked about is known; so a form is taken that would be nobody's name in any other text. What stands around it has to say that a person is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from minsheng.language import patterns as p
from minsheng.language.pinyin import initials, syllables

Place = tuple[int, int]

_HAN = p.HAN
_COVERS = re.compile(r"[*×xX✕❌●○◯〇□■?？_#…某口囗.~/|\-\\\[(【]|。。")
# The last three stand for a letter between two that are told: 王...明, 王~明, 王(略)明.
_COVER = re.compile(r"[*×xX✕❌●○◯〇□■?？_#…口囗]{1,6}|某{1,2}|[.~/|\-\\]{1,4}|。{2,4}|[\[(【]\s?[某略*×xX]?\s?[\])】]")
_PLAINLY = re.compile(r"[*●□■]+|[xX×〇○口囗]{2,}")  # covers, also at the end of a name or before it: 王*, **明
_SAYS = "说|来电|反映|表示|称|本人|家里|家(?![属庭长具用电乡园族])|的(?:电话|手机|号码|家|房|车|孩子)|他|她|电话|手机|打电话"
_TITLES = (rf"(?:{p.TITLE[3:-1]}|太太|夫人|同学|经理|老板|大嫂|大娘|大伯|老汉|老太|先森|哥|姐|叔|姨|嫂|婶|伯|氏|妈|爸"
           "|总(?![理计体共投经数量价额是会部队裁分局公工有要机])|工(?![作人地程业厂资钱商伤会期具时种事信方]))")
_TITLED, _SAID = re.compile(_TITLES), re.compile(_SAYS)
_ENDED = re.compile(rf"[^{_HAN}]|$|{_SAYS}|{_TITLES}")
_CLOSED = re.compile(rf"[^{_HAN}]|$")
_LEADS = frozenset("找是和给跟由向对叫问让请的与系到见为被去联")
_ASKED_FOR = ("叫", "我是", "找", "联系", "给")
_ONE = f"[{_HAN}]"
_IS_HAN, _LATIN, _TIBETAN, _COMPOUND = map(re.compile, (_ONE, "[A-Za-z]", p.TIBETAN_ZH, p.COMPOUND))
_BY_PARTS = re.compile(rf"姓氏?[\s:是为]{{0,2}}({_ONE}{{1,2}}?)[\s,，;；|/、。]{{0,3}}(?:名字?[是叫]?|叫|字)[\s:]{{0,2}}({_ONE}{{1,2}})")
_FAMILY_FIRST = re.compile(rf"({_ONE}{{1,2}}?)姓(?={_ONE})")
_FAMILY = re.compile(rf"姓({_ONE}{{1,2}}?)(?=的|[^{_HAN}]|$)")
_LETTERS = re.compile(r"(?<![A-Za-z0-9@/_-])[A-Za-z](?:[. ]{0,2}[A-Za-z]){0,3}\.?(?![A-Za-z0-9@_-])")
_LATIN_MR = re.compile(r"(?<![A-Za-z])([A-Za-z]{1,9})(?=\s?(?:先生|女士|小姐|某(?!种|个|些)))")
_TOLD = re.compile(rf"(?:我是|我叫|叫|{p.ASKED})[\s:是为]{{0,3}}$")
_MR = re.compile(rf"\s?(?:{_TITLES}|说(?!明)|反映|来电)")
# Words that end in a surname: 班主任老师 is nobody called 任.
ENDS_IN_FAMILY = frozenset("""
由于 关于 对于 属于 处于 位于 在于 鉴于 至于 终于 等于 便于 出于 基于 主任 责任 现任 对方 院方 双方 校方 警方 地方 保安 公安 治安 小时 当时 同时 及时 临时 高温 明白
""".split())
# Ordinary words that read like one who is called: 大姐, 小区, 老师.
_ORDINARY = frozenset("""
大姐 大哥 大叔 大伯 大妈 小姐 小哥 小妹 老师 老总 老板 老爸 老妈 老伯 老哥 表哥 表姐 帅哥 学姐 学长 阿姨 阿里 阿坝 阿妈 阿爸 阿婆 阿公 阿拉 阿佳 高工 小区
小时 小事 小学 小孩 小心 小儿 小家 小型 小车 小路
小店 小巷 小米 小包 小年 小康 小门 小水 老年 老人 老井 老路 老街 老家 老乡 老区 小石 小花 小鱼 小河 老百 老城 小于 老是 老会
""".split())


def in_part(text: str, names: Iterable[str]) -> Iterator[Place]:
    """names: whole Chinese names of two to six characters, no Tibetan ones among those that are called by their family."""
    latin = _LATIN.search(text) is not None
    for name in names:
        family = _family(name)
        if len(name) <= 4 and family and len(name) - len(family) > 1 and text.strip() == name[len(family):]:
            yield text.index(name[len(family):]), len(text.rstrip())  # all that stands in a field: 名 小明
        elif len(name) <= 4 and family:
            yield from _called(text, family, name[len(family):])
            if latin:
                yield from _by_letters(text, family, name)
        yield from _covered(text, name)


def _family(name: str) -> str:
    """The family's name; none where the name is Tibetan."""
    if _TIBETAN.fullmatch(name):
        return ""
    m = _COMPOUND.match(name)
    return m[0] if m and len(name) > 2 else name[0]


def _covered(text: str, name: str) -> Iterator[Place]:
    if not _COVERS.search(text) or not any(c in text for c in name):
        return
    for cover in _COVER.finditer(text):
        start, end = cover.span()
        start -= len(text[max(0, start - 2): start]) - len(text[max(0, start - 2): start].rstrip(" \t"))
        end += len(text[end: end + 2]) - len(text[end: end + 2].lstrip(" \t"))
        head = next((n for n in range(len(name) - 1, 0, -1) if text.endswith(name[:n], 0, start)), 0)
        tail = next((n for n in range(len(name) - head - 1, 0, -1) if text.startswith(name[-n:], end)), 0)
        if _tells(head, tail, cover[0], text[end + tail: end + tail + 3]):
            yield start - head if head else cover.start(), end + tail if tail else cover.end()


def _tells(head: int, tail: int, cover: str, after: str) -> bool:
    """Do the characters that are left say who is meant?"""
    if head and tail:
        return True
    if not head and not tail or cover[0] == "某" and max(head, tail) < 2:
        return False
    plainly = cover[0] == "某" or _PLAINLY.fullmatch(cover) is not None
    return plainly and (not after[:1].isascii() or not after[:1].isalnum() if head else _ENDED.match(after) is not None)


def _called(text: str, family: str, given: str) -> Iterator[Place]:
    for word in dict.fromkeys((family, given, given[-1])):
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            if _begins(text, at) and (_TITLED.match(text, end) and text[at: end + 1] not in _ORDINARY or word == given and len(given) > 1 and _is_told(text, at, end)):
                yield at, end
            elif at and text[at - 1] in "小老阿" and _begins(text, at - 1) and _by_age(text, at, end, word == family):
                yield at - 1, end
            at = text.find(word, end)
    if "姓" in text:
        yield from _apart(text, family, given)


def _begins(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] in _LEADS and text[at - 1: at + 1] not in ENDS_IN_FAMILY or not _IS_HAN.match(text, at - 1)


def _is_told(text: str, at: int, end: int) -> bool:
    """素锋说, 叫素锋。"""
    return _SAID.match(text, end) is not None or text.endswith(_ASKED_FOR, 0, at) and _CLOSED.match(text, end) is not None


def _by_age(text: str, at: int, end: int, family: bool) -> bool:
    """小王, 老王, 阿明, 小明: before what a person does, or an end."""
    return text[at - 1] != ("阿" if family else "老") and text[at - 1: end] not in _ORDINARY and _ENDED.match(text, end) is not None


def _apart(text: str, family: str, given: str) -> Iterator[Place]:
    """The family and what one is called, each named: 姓王名小明."""
    for m in _BY_PARTS.finditer(text):
        if m[1] == family and text.startswith(given, m.start(2)):
            yield m.start(1), m.start(2) + len(given)
    for m in _FAMILY_FIRST.finditer(text):
        if m[1].endswith(family) and text.startswith(given, m.end()):
            yield m.end(1) - len(family), m.end() + len(given)
    yield from (m.span(1) for m in _FAMILY.finditer(text) if m[1] == family)


def _by_letters(text: str, family: str, name: str) -> Iterator[Place]:
    heads = initials(name)
    for m in _LETTERS.finditer(text):
        letters = [c.lower() for c in m[0] if c.isalpha()]
        if len(letters) == len(name) and _match(letters, heads) and _meant(text, m, len(name)):
            yield m.span()
        elif len(letters) < len(name) > 2:
            yield from _half(text, m.span(), letters, name, heads)
    for m in _LATIN_MR.finditer(text):
        if m[1].lower() in syllables(family) or m[1] in heads[0].upper() and len(m[1]) == 1:
            yield m.span(1)


def _half(text: str, place: Place, letters: list[str], name: str, heads: tuple[str, ...]) -> Iterator[Place]:
    """First letters beside characters: 王xm, 王x明, 王小m."""
    start, end = place[0] - (place[0] > 0 and text[place[0] - 1] in " .·"), place[1]
    for at in range(len(name) - len(letters) + 1):
        rest = name[at + len(letters):]
        if text.endswith(name[:at], 0, start) and _match(letters, heads[at:]) and text.startswith(rest, end):
            yield start - at, end + len(rest)


def _match(letters: list[str], heads: tuple[str, ...]) -> bool:
    return all(c in ways for c, ways in zip(letters, heads, strict=False))


def _meant(text: str, m: re.Match, size: int) -> bool:
    """Three letters may be anything (GPS); that a person is called by them is said before or after, or by their points."""
    if size > 2 and m[0].count(".") >= size - 1 and m[0].isupper():
        return True
    return _TOLD.search(text, max(0, m.start() - 8), m.start()) is not None or m[0].isupper() and _MR.match(text, m.end()) is not None
