"""Pure: words for search, personal data inside free text, telephone numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import phonenumbers

from minsheng.language import patterns as p

CITY_CODE = "0891"  # a local number without one is of this city

MARKS = {
    "phone": "［电话已遮盖］",
    "id": "［证件号已遮盖］",
    "bank": "［卡号已遮盖］",
    "plate": "［车牌已遮盖］",
    "mail": "［邮箱已遮盖］",
    "account": "［账号已遮盖］",
    "name": "［姓名已遮盖］",
    "room": "［门牌已遮盖］",
}
_MARK = re.compile(r"［(?:电话|证件号|卡号|车牌|邮箱|账号|姓名|门牌)已遮盖］")


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end] is personal data of `kind` (a key of MARKS)."""

    start: int
    end: int
    kind: str


def mask(text: str, names: Iterable[str] = ()) -> str:
    """The text with personal data replaced by a mark that says what stood there and gives none of it away.

    Masked once more it stays as it is: a mark may uncover its neighbour, so this goes on until nothing is found.

    names  of people known to be meant, masked wherever they stand; a word that is nobody's name ("市民") stays.
    """
    names = tuple(names)
    while (done := _mask_once(text, names)) != text:
        text = done
    return text


def _mask_once(text: str, names: tuple[str, ...]) -> str:
    out, at = [], 0
    for span in find_personal(text, names):
        out += [text[at : span.start], MARKS[span.kind]]
        at = span.end
    return "".join(out) + text[at:] if out else text


def fold(text: str) -> str:
    """The text with plain digits and signs, place for place."""
    for odd, plain in p.FOLDS:
        if odd in text:
            text = text.replace(odd, plain)
    return text


def find_personal(text: str, names: Iterable[str] = ()) -> list[Span]:
    """Where `text` holds personal data, in order, not overlapping; of two that overlap the earlier kind below wins."""
    folded = fold(text)
    found = [*_with_digits(folded), *_with_letters(folded), *_names(folded)]
    spoken = p.SPOKEN_RUN.search(folded)
    if spoken:
        found += _numbers(folded.translate(p.SPOKEN))
    found = [*_known(text, names, found), *found]
    taken: list[Span] = []
    for span in found:
        if all(span.end <= t.start or span.start >= t.end for t in taken):
            taken.append(span)
    return sorted(taken, key=lambda s: s.start)


def _all(pattern: re.Pattern, text: str, kind: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        group = match.lastindex or 0
        yield Span(match.start(group), match.end(group), kind)


def _numbers(text: str) -> list[Span]:
    found = [*_all(p.ID_CARD, text, "id"), *_all(p.OLD_ID, text, "id"), *_all(p.CARD, text, "bank")]
    found += [s for s in _all(p.BANK, text, "bank") if luhn(text[s.start : s.end])]
    for pattern in (p.MOBILE, p.MOBILES, p.LANDLINE, p.FOREIGN, p.LOCAL):
        found += _all(pattern, text, "phone")
    return found + [s for s in _all(p.STANDING, text, "phone") if not p.COUNTED.search(text[max(0, s.start - 12) : s.start])]


_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[A-Za-z@]")


def _with_digits(text: str) -> list[Span]:
    if not _DIGIT.search(text):
        return list(_all(p.ROOM, text, "room")) if "单元" in text or "栋" in text or "楼" in text else []
    found: list[Span] = []
    if p.FIVE_DIGITS.search(text):
        found = [*_numbers(text), *_all(p.PASSPORT, text, "id"), *_all(p.QQ, text, "account")]
    return found + list(_all(p.ROOM, text, "room")) + list(_all(p.HOME, text, "room"))


def _with_letters(text: str) -> list[Span]:
    if not _LETTER.search(text) and "微" not in text:
        return []
    found = [*_all(p.MAIL, text, "mail")] if "@" in text else []
    return [*found, *_all(p.WECHAT, text, "account"), *_all(p.PLATE, text, "plate"), *_all(p.NAME_EN, text, "name")]


def _names(text: str) -> list[Span]:
    found = list(_all(p.NAME, text, "name"))
    if p.TITLED.search(text):
        found += _all(p.NAME_TITLED, text, "name")
    if "མིང" in text:
        found += _all(p.NAME_BO, text, "name")
    return found


def _known(text: str, names: Iterable[str], found: list[Span]) -> list[Span]:
    """Where somebody known stands, if no wider find holds it already."""
    places = (m.span() for name in names if is_name(name) for m in re.finditer(re.escape(name.strip()), text))
    return [Span(start, end, "name") for start, end in places if not any(s.start <= start and end <= s.end for s in found)]


_NAME_ALONE = re.compile(rf"{p.SOME_NAME}|[A-Za-z][\w'-]+(?:\s+[A-Za-z][\w'-]+){{1,3}}|[\u0f00-\u0fff་]{{4,}}")
_NOBODY = frozenset({"居民", "农民", "学生", "司机", "商户"})


def is_name(word: str) -> bool:
    """May the word be what a person is called? Fields for names also hold "市民", "业主" and numbers of accounts."""
    word = word.strip()
    return word not in _NOBODY and word not in "".join(MARKS.values()) and _NAME_ALONE.fullmatch(word) is not None


def luhn(number: str) -> bool:
    """Does the card number's check digit fit? (ISO/IEC 7812)"""
    digits = [int(c) for c in number if c.isdigit()][::-1]
    total = sum(digits[0::2]) + sum(d * 2 - 9 if d > 4 else d * 2 for d in digits[1::2])
    return len(digits) >= 15 and total % 10 == 0


def id_card_valid(number: str) -> bool:
    """Does the check digit of an 18-digit identity number fit? (GB 11643)"""
    number = number.strip().upper()
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


# Words for search.

_RUNS = re.compile(
    r"(?P<zh>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+)"
    r"|(?P<bo>[\u0f00\u0f40-\u0f6c\u0f71-\u0f84\u0f86-\u0fbc\u0f20-\u0f33]+(?:[\u0f0b\u0f0c]+[\u0f40-\u0f6c\u0f71-\u0f84\u0f86-\u0fbc\u0f20-\u0f33]+)*)"
    r"|(?P<word>[^\W_\u0f00-\u0fff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+)"
)
_TSHEG = re.compile("[\u0f0b\u0f0c]+")


def _runs(text: str) -> Iterator[tuple[str, str]]:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _MARK.sub(" ", text))
    for match in _RUNS.finditer(text.lower()):
        yield match.lastgroup, match.group()


def tokens(text: str) -> list[str]:
    """Words to index `text` under: pairs of Chinese characters, Tibetan syllables and pairs of them, Latin words and numbers.

    The last character of each Chinese run stands alone as well, so that every character begins some word and a question of one
    character finds it by prefix. Marks of masked data are no words.
    """
    found: list[str] = []
    for kind, run in _runs(text):
        if kind == "zh":
            found += [run[i : i + 2] for i in range(len(run))]
        elif kind == "bo":
            syllables = _TSHEG.split(run)
            found += syllables
            found += [f"{a}\u0f0b{b}" for a, b in zip(syllables, syllables[1:], strict=False)]
        else:
            found.append(run[:100])
    return list(dict.fromkeys(found))


def query_tokens(question: str) -> list[str]:
    """Words to ask for: as `tokens`, without what the pairs say already; one ending in "*" asks by prefix.

    A single Chinese character, a Tibetan syllable's start and a Latin word or number of three letters or more are asked by prefix.
    """
    asked: list[str] = []
    for kind, run in _runs(question):
        if kind == "zh":
            asked += [run[i : i + 2] for i in range(len(run) - 1)] or [run + "*"]
        elif kind == "bo":
            syllables = _TSHEG.split(run)
            asked += [f"{a}\u0f0b{b}" for a, b in zip(syllables, syllables[1:], strict=False)] or syllables
        else:
            asked.append(run[:100] + "*" if len(run) >= 3 else run)
    return list(dict.fromkeys(asked))


_BO, _ZH, _EN = re.compile("[\u0f00-\u0fff]"), re.compile("[\u3400-\u9fff]"), re.compile("[A-Za-z]")


def script_of(text: str) -> str:
    """"zh", "bo" or "en": the script that most of the text is in; zh when there is none."""
    bo, zh, en = len(_BO.findall(text)) / 3, len(_ZH.findall(text)), len(_EN.findall(text)) / 4
    if bo > max(zh, en):
        return "bo"
    return "en" if en > zh else "zh"


# Telephone numbers.


def phones(text: str) -> list[str]:
    """Telephone numbers in free text as E.164, in order, each once."""
    folded = fold(text)
    folded = folded.translate(p.SPOKEN) if p.SPOKEN_RUN.search(folded) else folded
    spans = [s for s in find_personal(folded) if s.kind == "phone"]
    found = (normalise_phone(folded[s.start : s.end]) for s in spans)
    return list(dict.fromkeys(f for f in found if f))


_PLAIN_MOBILE = re.compile(r"1[3-9]\d{9}")
_NOISE = re.compile(r"[^\d+]")


def normalise_phone(raw: str, region: str = "CN") -> str | None:
    """E.164 ("+8613800000000") or None when `raw` is no telephone number. A local number gets the city's code."""
    text = _NOISE.sub("", re.split(r"转|ext|#", raw.translate(p.FOLD).lower())[0])
    if _PLAIN_MOBILE.fullmatch(text):
        return "+86" + text
    if region == "CN" and re.fullmatch(r"[2-8]\d{6,7}", text):
        text = CITY_CODE + text
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or len(text.lstrip("+")) < 7:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(number: str) -> str:
    """"138********", "0891-*******", "+977 *******": the kind of number and nothing by which to find it."""
    if not number:
        return ""
    if number.startswith("+86"):
        national = number[3:]
        if _PLAIN_MOBILE.fullmatch(national):
            return national[:3] + "*" * 8
        code = national[:2] if national[0] in "12" else national[:3]
        return f"0{code}-" + "*" * (len(national) - len(code))
    return number[:3] + "*" * max(len(number) - 3, 4) if number.startswith("+") else "*" * max(len(number), 4)


def mask_name(name: str) -> str:
    """"王**", "次**": the first character alone."""
    return name[0] + "**" if name else ""
