"""Pure: where the names and numbers of known people stand in a text, however they are written there. Works on folded text (`folding.in_place`).

A name is found by its letters alone: what stands between them (spaces, dots, dashes, a line's end) does not count, nor do capitals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from minsheng.language import patterns as p
from minsheng.language.folding import in_place
from minsheng.language.in_part import ENDS_IN_FAMILY, in_part
from minsheng.language.pinyin import half_spelled, spelled, syllables, tibetan, with_initials

Place = tuple[int, int]

_BETWEEN = frozenset(" \t\r\n-_.·*~|/\\+=^'’‘ʼ`´་༌&()[]")  # what may stand between the letters of one name
_SEVERAL = re.compile(r"[,，、;；|&+\n]|(?<=\w)[/](?=\w)")
# Who belongs to the one who is named: 王小明爱人, 张伟夫妇, 张伟等3人.
_KIN = re.compile(r"(?<=[\u3400-\u9fff]{2})(?:之|的)?(?:夫妇|夫妻|一家|全家|家属|家人|亲属|本人|爱人|妻子|丈夫|老婆|老公|[妻夫子女父母](?<=之.)|儿子|女儿|父亲|母亲|父母|爸爸|妈妈|"
                  r"哥哥|弟弟|姐姐|妹妹|孙子|孙女|外孙|媳妇|儿媳|女婿|亲戚|朋友|邻居|同事|委托人|代理人|等(?:\d{1,4}|[一二三四五六七八九十几多]{1,3})?[人户名位]?)$")
_WITH = re.compile(r"(?<=[\u3400-\u9fff]{2})(?:代为|代|替|和|与|及|跟|同)(?=[\u3400-\u9fff]{2})")
_ALSO = re.compile(r"[(\[【](?:代|替|代为|帮|曾用名|原名|又名|别名|汉名|藏名|本名|实名|联系人|委托人|代诉人|受.{0,2}委托)\s?[:：是]?\s?([^()\[\]【】]{2,20})[)\]】]")
_ASIDE = re.compile(r"\([^()]{0,40}\)|\[[^\[\]]{0,40}\]|【[^【】]{0,40}】|(?<![A-Za-z\d])\+?\d[\d -]{5,}\d|(?<![*×])[*×]+$")
# What stands in a field for names and is nobody's name: 热心市民, 业主代表, 不详, anonymous.
_ROLES = """
市民 群众 居民 村民 农民 牧民 渔民 网民 公民 民众 老百姓 老乡 学生 司机 商户 业主 住户 租户 租客 房东 房客 乘客 游客 旅客 路人 行人 过路人 患者 病人
家长 家属 亲属 员工 职工 工人 农民工 务工人员 职员 教师 医生 护士 店主 店家 顾客 消费者 客户 用户 网友 出租车司机 货车司机 外卖员 快递员 骑手 保安 保洁
环卫工 养殖户 种植户 困难户 贫困户 低保户 个体户 残疾人 退休 老人 孕妇 邻居 同学 同事 朋友 外地人 本地人 负责人 法人 户主 群众代表 业主代表 居民代表 代表
匿名 匿名者 无名 无名氏 不详 未知 未留 未提供 不愿透露 不便透露 不愿提供 保密 本人 自己 个人 私人 某人 某某 当事人 诉求人 来电人 来电者 来信人 反映人
投诉人 举报人 求助人 申请人 联系人 受害人 知情人 物业 公司 企业 单位 商家 电话 手机 证件号 卡号 车牌 邮箱 账号 车架号 姓名 名字 门牌 已遮盖 遮盖
none null nil na anonymous anon unknown user test guest citizen resident customer tourist
""".split()
_SOME = "热心 广大 全体 部分 多名 多位 众多 一名 一位 一个 某 该 本 各位 普通 小区 本地 外地 当地 附近 周边 部门 年轻 女 男".split()
_NOBODY = re.compile(rf"(?:{'|'.join(_SOME)}){{0,4}}(?:{'|'.join(_ROLES)}|男|女|先生|女士|无)(?:代表|们|等|若干|多人){{0,3}}", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:{p.ASKED}|姓名|名字|{p.KNOWN}|业主|村民|居民|市民|租户|商户|学生|家长|游客|我是|我叫)(?:代表|负责人)?\s?[:\s]?\s?(?=\w{{2}})")
_TITLE = re.compile(f"{p.TITLE}|太太|夫人|大嫂|大娘|大伯|奶奶|爷爷|叔叔|伯伯|婶婶|某某|某|ལགས")
_TITLE_OF = re.compile(f"({p.TITLE}|太太|夫人|大嫂|大娘|大伯|某某|某|ལགས)$")
_HAN = re.compile(f"[{p.HAN}]+")
_COMPOUND = re.compile(p.COMPOUND)
_PARTS = re.compile(p.PARTS)
_CALLED_MR = re.compile(r"^(?:mr|mrs|ms|miss|dr)\.?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Form:
    """One way a person is written: letters alone, and what has to stand beside them to be the person."""

    letters: str
    titled: bool = False  # only before a title: "王" of 王小明 before 先生
    no_place: bool = False  # not where it names a road or a shop: "扎西" of 扎西顿珠
    capital: bool = False  # only where it begins with a capital: "Long" of Long Nguyen
    family: int = 0  # letters of the family's name, where the whole is so short that both have to begin with a capital or bear their tones: Li Si


def letters_of(text: str) -> str:
    return "".join(c for c in text.lower() if c not in _BETWEEN)


def is_name(word: str) -> bool:
    """May the word be what a person or a company is called? Fields for names also hold "市民", "业主", "无"."""
    return bool(_forms(word))


@lru_cache(maxsize=64)  # the words of one request are read with the same few names
def _forms(field: str) -> tuple[_Form, ...]:
    """Every way in which the people of a field for names may be written."""
    return tuple(_written(field))


def _written(field: str) -> Iterator[_Form]:
    plain = in_place(field[:200]).text
    for named in (*_ALSO.findall(plain), _ASIDE.sub(" ", plain)):
        told = _CALLED_MR.sub("", named.strip())
        several = _SEVERAL.split(told)
        for one in several if len(several) > 1 else [told]:
            for person in _people(one.strip()):
                yield from _of_person(person)


def _people(name: str) -> Iterator[str]:
    """As written, and each who is meant by 王小明爱人, 张伟和李娜, 李娜代张伟."""
    bare = _KIN.sub("", name)
    apart = [_KIN.sub("", one) for one in _WITH.split(bare)]
    if any(len(one) > 4 for one in apart):
        apart = []
    if not any(_NOBODY.fullmatch(one) for one in apart[1:]):  # 居民和物业 is nobody's name
        yield from dict.fromkeys((name, bare))
    yield from apart if len(apart) > 1 else ()


def _of_person(name: str) -> Iterator[_Form]:
    name = _BEFORE.sub("", name, count=1) if _BEFORE.match(name) else name
    letters = letters_of(name)
    if (title := _TITLE_OF.search(letters)) and title.start():
        letters, name = letters[: title.start()], _TITLE_OF.sub("", name)
    letters = "".join(c for c in letters if c.isalnum() or unicodedata.category(c)[0] == "M")
    if not letters or _NOBODY.fullmatch(letters) or len(letters) < 5 and letters.isdecimal():
        return
    if len(letters) == 1:
        yield from [_Form(letters, titled=True)] if _HAN.match(letters) else []
        return
    yield _Form(letters)
    yield from _han(letters) if _HAN.fullmatch(letters) else ()
    yield from _in_pairs(name)
    yield from _apart(name, letters)
    yield from _elsewhere(letters if _HAN.fullmatch(letters) else name)


def _han(letters: str) -> Iterator[_Form]:
    parts = _PARTS.findall(letters)
    if len("".join(parts)) == len(letters):
        yield from (_Form(part, no_place=True) for part in dict.fromkeys(parts) if len(parts) > 1)
        if len(parts) == 2:  # 次仁卓嘎 is called 次卓 and 次嘎
            yield from (_Form(letters[0] + last, titled=True) for last in parts[1])
    elif len(letters) <= 4:
        surname = m[0] if (m := _COMPOUND.match(letters)) and len(letters) > 2 else letters[0]
        yield _Form(surname, titled=True)
        if len(letters) - len(surname) > 1:
            yield _Form(letters[len(surname):], titled=True)


_SYLLABLES = re.compile("[\u0f40-\u0fbc]+")


def _in_pairs(name: str) -> Iterator[_Form]:
    """The halves of a name of four syllables in Tibetan script: རྡོ་རྗེ་ཚེ་རིང is called རྡོ་རྗེ and ཚེ་རིང."""
    syllables = _SYLLABLES.findall(name)
    if len(syllables) == 4:
        yield from (_Form("".join(syllables[n: n + 2])) for n in (0, 2))


def _apart(name: str, letters: str) -> Iterator[_Form]:
    """The parts of 买买提·艾力 and of Tashi Dorje, each as one is called."""
    parts = [w for w in re.split(r"[\s·.\-]+", name) if letters_of(w) != letters]
    for part in parts if len(parts) <= 6 else ():
        if _HAN.fullmatch(part) and len(part) > 1 and "·" in name:
            yield _Form(part, no_place=True)
        elif part[:1].isalpha() and part.lower() != part.upper() and len(part) > 2:
            yield _Form(letters_of(part), capital=True, no_place=True)  # O'Brien as well


def _elsewhere(name: str) -> Iterator[_Form]:
    """A Tibetan name in the other scripts, whole and by its halves: 扎西次仁 is བཀྲ་ཤིས་ཚེ་རིང and Tashi Tsering."""
    parts = tibetan(name)
    for script, ways in enumerate(zip(*parts, strict=True)):
        whole = ("".join(map(letters_of, each)) for each in islice(product(*ways), 32))
        yield from (_Form(letters, no_place=True, capital=script == 1 and len(parts) == 1) for letters in whole)
        if len(parts) > 1:
            yield from (_Form(letters_of(way), no_place=True, capital=script == 1) for part in ways for way in part)


_LATIN = re.compile("[A-Za-z]{2}")
TONED = re.compile("[\u0300\u0301\u0304\u030cāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]")
_TONE = re.compile(r"(?<=[A-Za-z])[1-5](?!\d)")  # Wang2 Xiao3ming2
_FEWEST = 5  # letters: "lian" is as often a word as it is 李安


@lru_cache(maxsize=64)
def _whole(field: str) -> tuple[str, ...]:
    """The Chinese names of a field."""
    return tuple(f.letters for f in _forms(field) if not f.titled and not f.no_place and _HAN.fullmatch(f.letters) and 2 <= len(f.letters) <= 6)


@lru_cache(maxsize=64)
def _in_latin(field: str) -> tuple[_Form, ...]:
    """A Chinese name as it is spelled in other languages: Wang Xiaoming, Xiaoming Wang."""
    found: list[_Form] = []
    for name in _whole(field):
        if len(name) <= 4:
            ways = [*spelled(name), *half_spelled(name), *(with_initials(name) if len(name) > 2 else ())]
            found += (_Form(way) for way in ways if len(way) >= _FEWEST)
            found += (_Form(way, no_place=True, family=_first(name, way)) for way in ways if 3 <= len(way) < _FEWEST and way.isascii())
            found += (_Form(way, capital=True, no_place=True) for way in spelled(name[-2:]) if len(name) == 3 and len(way) > _FEWEST)
    return tuple(dict.fromkeys(found))


def _first(name: str, way: str) -> int:
    """How long the first word of a name of two words is in Latin letters."""
    return next((n for n in range(1, len(way)) for one in name if way[:n] in syllables(one) and way[n:] in {w for o in name for w in syllables(o)}), 0)


# --- in a text ------------------------------------------------------------


def names_in(text: str, names: Iterable[str], *, toned: bool = False) -> list[Place]:
    """Where the people of the fields `names` stand.

    toned  does the text, before it was folded, bear the tones of words in Latin letters? (TONED)
    """
    names = tuple(names)
    every = {form for name in names for form in _forms(name)} if text else set()
    if not every:
        return []
    if _LATIN.search(text):
        every |= {form for name in names for form in _in_latin(name)}
    low, there = text.lower(), frozenset(text.lower())
    if len(low) != len(text):  # a letter whose small form is two
        low = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    found = list(in_part(text, dict.fromkeys(one for name in names for one in _whole(name))))
    forms = [f for f in every if there.issuperset(f.letters)]
    if not forms:
        return found
    for wanted, kept in _looks(forms, text, low):
        found += _set_close(wanted, text, low, kept, toned)
    return found


_TAG = re.compile(r"<r[tp]>[^<>]{0,20}</r[tp]>|<[^<>\n]{1,60}>|&[a-z]{2,5};|&#\w{2,5};")
_GLOSS = re.compile(r"\([^()\n]{1,8}\)|\ufffa[^\ufffb]{0,20}\ufffb")


def _looks(forms: list[_Form], text: str, low: str) -> Iterator[tuple[list[_Form], list[int]]]:
    """What is looked for, and the places of the characters that count: without what stands between, tones, tags, glosses."""
    yield forms, [i for i, c in enumerate(low) if c not in _BETWEEN]
    if tones := {m.start() for m in _TONE.finditer(text)}:
        yield [f for f in forms if f.letters.isascii()], [i for i, c in enumerate(low) if c not in _BETWEEN and i not in tones]
    if "<" in text or "&" in text:
        within = {i for m in _TAG.finditer(text) for i in range(*m.span())}
        yield forms, [i for i, c in enumerate(low) if c not in _BETWEEN and i not in within]
    three = [f for f in forms if len(f.letters) > 2 and _HAN.fullmatch(f.letters) or len(f.letters) > 7 and f.letters.isascii()]
    if three:  # of three, whatever is no letter: 张，三，丰 and 张…三丰; and 王(wáng)小(xiǎo)明
        yield three, [i for i, c in enumerate(low) if c.isalnum()]
        if "(" in text:
            within = {i for m in _GLOSS.finditer(text) for i in range(*m.span())}
            yield three, [i for i, c in enumerate(low) if c.isalnum() and i not in within]


def _set_close(forms: Iterable[_Form], text: str, low: str, kept: list[int], toned: bool) -> list[Place]:
    dense = "".join(low[i] for i in kept)
    return [place for form in forms for place in _places(form, text, dense, kept, toned)]


def _places(form: _Form, text: str, dense: str, kept: list[int], toned: bool) -> Iterator[Place]:
    size, at = len(form.letters), dense.find(form.letters)
    while at >= 0:
        start, end = kept[at], kept[at + size - 1] + 1
        if tone := _TONE.match(text, end):
            end = tone.end()
        short = form.family and not toned and end == kept[at + size - 1] + 1  # neither tones nor their figures
        if _stands_alone(text, start, end) and _as_said(form, text, dense, at + size, start, end, toned):
            if not short or text[start].isupper() and text[kept[at + form.family]].isupper() and kept[at + form.family] - kept[at + form.family - 1] > 1:
                yield start, end
        at = dense.find(form.letters, at + 1)


def _as_said(form: _Form, text: str, dense: str, after: int, start: int, end: int, toned: bool) -> bool:
    if form.titled:
        return _TITLE.match(dense, after) is not None and text[start - 1: start + 1] not in ENDS_IN_FAMILY
    if _GREETS.match(dense, after) or form.no_place and (after < len(dense) and dense[after] in p.PLACED or _ROAD.match(text, end)):
        return False
    return not form.capital or toned or text[start].isupper()


_GREETS = re.compile("(?<=扎西)德勒|(?<=བཀྲཤིས)བདེལེགས")  # 扎西德勒 greets whoever is called so, and everybody else
_ROAD = re.compile(r"[\s-]{0,2}(?:road|street|lu|jie|avenue|square|district|county|town|village|hotel|school|hospital|bridge|park|garden)\b", re.IGNORECASE)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Letters of scripts that write words apart are a name only as a word of their own; a Tibetan name may end in a particle."""
    before, first, last, after = text[start - 1: start], text[start], text[end - 1], text[end: end + 1]
    if "\u0f40" <= first <= "\u0fbc" and before and "\u0f40" <= before <= "\u0fbc":
        return False
    return not (_cased(first) and before and _cased(before) or _cased(last) and after and _cased(after))


def _cased(c: str) -> bool:
    return c.lower() != c.upper()


_FIGURE = re.compile(r"\d")
_NEAR = 3  # characters that may stand between two figures of a known number


def numbers_in(text: str, numbers: Iterable[str]) -> list[Place]:
    """Where known telephone numbers stand: their figures in a row, whatever stands between two of them.

    text  with spoken figures written as figures (patterns.SPOKEN)
    """
    kept = [m.start() for m in _FIGURE.finditer(text)]
    if len(kept) < 5:  # fewer are no number, nor the beginning of one
        return []
    wanted = {each for number in numbers for each in _dialled(number)}
    figures = "".join(text[i] for i in kept)
    found = [place for number in wanted for place in (*_dense(number, figures, kept, text), *_begun(number, figures, kept, text))]
    return found + [place for number in wanted if len(number) > 8 for place in (*_dense(number[::-1], figures, kept, text), *_covered(number, text))]


def _dialled(number: str) -> Iterator[str]:
    """The figures by which one number is dialled: at home without its country, in town without its area."""
    figures = "".join(c for c in number.partition("转")[0] if c.isdecimal())
    if number.startswith("+86"):
        figures = figures[2:]
        if p.PLAIN_MOBILE.fullmatch(figures):
            yield figures[3:]  # what follows 尾号
        else:
            yield from [local] if len(local := figures[2 if figures[:1] in "12" else 3:]) >= 7 else []
    if len(figures) >= 7:
        yield figures


def _dense(number: str, figures: str, kept: list[int], text: str) -> Iterator[Place]:
    at, size = figures.find(number), len(number)
    while at >= 0:
        places = kept[at: at + size]
        near = all(b - a <= _NEAR + 1 for a, b in zip(places, places[1:], strict=False))
        longer = text[places[0] - 1: places[0]].isdecimal() or text[places[-1] + 1: places[-1] + 2].isdecimal()
        if near and (size > 8 or not longer):  # a local number within a longer one is none
            yield places[0], places[-1] + 1
        at = figures.find(number, at + 1)


_STARRED = re.compile(rf"(?<!\d)(\d{{2,7}})[{p.STAR}….-]{{2,9}}(\d{{2,7}})(?!\d)")


def _covered(number: str, text: str) -> Iterator[Place]:
    """Its head and its end, with the middle covered: it tells who is meant to whoever looks for them."""
    for m in _STARRED.finditer(text):
        if number.startswith(m[1]) and number.endswith(m[2]) and 5 <= len(m[1]) + len(m[2]) < len(number):
            yield m.span()


def _begun(number: str, figures: str, kept: list[int], text: str) -> Iterator[Place]:
    """A number that was cut off where the text was: five figures of it and more."""
    if not kept or len(text) - kept[-1] > 2:
        return
    for size in range(min(len(number) - 1, len(figures)), 4, -1):
        if figures.endswith(number[:size]) and kept[-1] - kept[-size] < size * 2:
            yield kept[-size], kept[-1] + 1
            return
