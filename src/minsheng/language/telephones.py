"""Pure: a telephone number as people, sheets and programs write it. The one reader of numbers, for every way in.

What can be read in one way only is read; everything else is refused with a sentence that says why. A number is never rounded, glued
together from two or completed by a guess.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers

from minsheng.kit.read_values import BadValue
from minsheng.kit.tables import whole
from minsheng.kit.translatable import mark
from minsheng.language.folding import fold
from minsheng.language.patterns import SPOKEN
from minsheng.language.simplified import TABLE

CITY_CODE = "0891"  # a local number without one is of this city
EXTENDED = "转"  # between number and extension, where both are kept as one text


@dataclass(frozen=True, slots=True)
class Telephone:
    """`number` is E.164; `extension` its digits, "" for none. The same number with and without one is the same caller."""

    number: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.number}{EXTENDED}{self.extension}" if self.extension else self.number


class BadNumber(BadValue):
    """What was written is no telephone number that could be rung; the sentence says why and what to write."""


HIDDEN = mark("号码被遮盖了，请填完整的号码")
ROUNDED = mark("号码被表格软件改成了科学计数，后几位已经丢失，请按原来的号码重填")
SEVERAL = mark("这里只填一个号码，其余的请写在内容里")
WORDS = mark("号码里有别的字，请只填号码；有分机的写成“转801”")
LENGTH = mark("号码位数不对。手机号 11 位；座机写区号加 7 或 8 位，本市座机可以不写区号；国外号码以 + 开头")

_NOTHING = frozenset({"", "无", "没有", "不详", "未知", "未留", "未提供", "未填", "匿名", "保密", "空", "暂无", "无电话", "-", "--", "—", "——", "/", "\\", "?",
                      "n/a", "na", "none", "null", "nil"})
# Said in more words: 没有电话, 不便提供, 拒绝透露.
_UNTOLD = re.compile("(?:没有?|无|未|不方?便?|拒绝?|不愿意?|不肯|不想|不能)再?(?:提供|留下?|填写?|透露|知道?|告知|清楚|方便)?"
                     "(?:任何|联系|手机|固定)?(?:电话|手机|座机|号码|方式)?(?:号码?)?")
_LABEL = re.compile(r"(?:[☎☏📞📱]|(?:联系|固定|移动|手机|办公|家庭|单位|住宅)?(?:电话|手机|座机|固话|号码|宅电|本机|联系方式)(?:号码?)?"
                    r"|(?:tel(?:ephone)?|phone|mobile|cell|mob|[mt](?=:)))\s*[:./]{0,2}\s*", re.I)
_FLOAT = re.compile(r"(\d{5,})\.0+")
_EXTENSION = re.compile(r"\s*[,;、(]?\s*(?:转分机|转接|转|分机号码|分机号|分机|内线|extension|extn|ext|x|#)\s*[.:=]?\s*(\d+)\s*\)?", re.I)
_NOTE = re.compile(r"\s*(?:\(\s*(?:微信同号|同微信号?|v同号|本人|机主|手机|座机)\s*\)|微信同号)$", re.I)  # beside a number, and no part of it
_PLAIN = re.compile(r"[+(\d][\d\s().+-]*")
_BREAKS = re.compile(r"[/、,;|\n]|或|和|及|与|转|[()]")

_AREA_APART = re.compile(r"^(0(?:10|2\d|[3-9]\d\d))\s*[/、,]\s*([2-9]\d{6,7})$")  # 0891/6375472: an area alone is no number
_MOBILE = re.compile(r"0?(1[3-9]\d{9})")
_AREA = r"0(?:(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7})"
_LANDLINE = re.compile(_AREA)
_LOCAL = re.compile(r"[2-8]\d{6,7}")
_BRACKETS = str.maketrans("[]【】〔〕{}", "()()()()")
_ENDS = " ,;、/。."
_SERVICE = re.compile(r"[48]00\d{7}")  # numbers of companies that are rung without an area code


def read_phone(raw: str, city_code: str = CITY_CODE) -> Telephone | None:
    """The number; None when none is given ("", "无"). BadNumber says why it cannot be read. Reads its own str() back as it was."""
    text = _folded(raw)
    if text.lower() in _NOTHING or _UNTOLD.fullmatch(text):
        return None
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    if any(c in "*×✕•●■□░?" for c in text) or re.search(r"[xX_#]{2,}|\d\s?(?:…|\.{2,}|某{2,})", text):
        raise BadNumber(HIDDEN)
    text = _from_a_sheet(_NOTE.sub("", text))
    found = _one(text, city_code) or _twice(text, city_code)
    if found is None:
        raise BadNumber(_why(text, city_code))
    return found


def _folded(raw: str) -> str:
    """Digits of every script as 0-9, every dash and blank as one; without what is not seen."""
    text = fold(raw[:200]).translate(TABLE).translate(_BRACKETS)
    if not text.isascii():
        kept = []
        for character in text:
            kind = unicodedata.category(character)
            kept.append("-" if kind == "Pd" or character == "−" else " " if kind == "Zs" else character)
        text = "".join(kept)
    text = text.strip().strip("'\"“”‘’").strip()
    text = _AREA_APART.sub(r"\1-\2", text)
    text = text.rstrip(_ENDS) or text
    if not any(c.isdigit() for c in text):
        spoken = text.translate(SPOKEN)
        text = spoken if len(re.findall(r"\d", spoken)) >= 7 else text
    return text


def _from_a_sheet(text: str) -> str:
    """1.3900000001E10 holds all its digits; 1.39E+10 has lost some. 13900000001.0 is a number that a program took for one to count with."""
    digits = whole(text)
    if digits is None:
        raise BadNumber(ROUNDED)
    found = _FLOAT.fullmatch(digits)
    return found[1] if found else digits


def _one(text: str, city_code: str) -> Telephone | None:
    """The text as one number with or without an extension; None when it is not."""
    if found := _EXTENSION.search(text):
        if found.end() != len(text) or len(found[1]) > 6:
            return None
        number = _number(text[: found.start()], city_code)
        return Telephone(number, found[1]) if number else None
    if not _PLAIN.fullmatch(text):
        return None
    return _with_dash(text, city_code) or ((number := _number(text, city_code)) and Telephone(number)) or None


def _twice(text: str, city_code: str) -> Telephone | None:
    """The same number written twice and more is that number."""
    several = [part.strip() for part in (_BREAKS.split(text) if _BREAKS.search(text) else text.split()) if part.strip()]
    found = {_one(part, city_code) for part in several}
    return found.pop() if len(several) > 1 and len(found) == 1 else None


def _with_dash(text: str, city_code: str) -> Telephone | None:
    """0891-5550001-801: what follows the last dash is an extension when a whole number stands before it. Abroad dashes mean nothing."""
    before, dash, last = text.rpartition("-")
    if _SERVICE.fullmatch(re.sub(r"\D", "", text)):  # 4008-123-456 is one number, not a local one with an extension
        return None
    if dash and re.fullmatch(r"\s*\d{1,6}\s*", last) and (number := _number(before, city_code) or "").startswith("+86"):
        return Telephone(number, last.strip())
    return None


def _number(text: str, city_code: str) -> str | None:
    """E.164 of a text of digits and the signs between them."""
    if not _PLAIN.fullmatch(text.strip()):
        return None
    digits = re.sub(r"[^\d+]", "", text)
    if "+" in digits[1:] or (" " in text.strip() and _whole_before_a_blank(text, city_code)):
        return None
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("+86") or (digits.startswith("86") and len(digits) in (12, 13, 14)):
        return _chinese(digits.removeprefix("+")[2:], "", abroad=True)
    return _foreign(digits) if digits.startswith("+") else _chinese(digits, city_code)


def _whole_before_a_blank(text: str, city_code: str) -> bool:
    """0891 5550001 8: two things, of which the first is a whole number already. Nobody knows whether the rest belongs to it."""
    before, _, last = text.strip().rpartition(" ")
    return bool(before) and len(re.sub(r"\D", "", last)) < 7 and bool(_LANDLINE.fullmatch(re.sub(r"\D", "", before)))


def _chinese(digits: str, city_code: str, abroad: bool = False) -> str | None:
    if found := _MOBILE.fullmatch(digits):
        return "+86" + found[1]
    if _SERVICE.fullmatch(digits):
        return "+86" + digits
    if abroad and not digits.startswith("0"):
        digits = "0" + digits
    if _LOCAL.fullmatch(digits) and city_code:
        digits = city_code + digits
    return "+86" + digits[1:] if _LANDLINE.fullmatch(digits) else None


def _foreign(digits: str) -> str | None:
    if _MOBILE.fullmatch(digits[1:]) and not phonenumbers.is_valid_number(phonenumbers.parse(digits, None)):
        return None  # +139…: a mobile number of here with a sign too many, or one of America that there is not
    try:
        number = phonenumbers.parse(digits, None)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _why(text: str, city_code: str) -> str:
    """The sentence for a text that is not one number."""
    parts = [part for part in _BREAKS.split(text) if part.strip()]
    whole = [part for part in parts if _number(re.sub(r"[^\d\s().+-]", "", part), city_code)]
    run = re.sub(r"\D", "", text)
    pair = len(run) in (22, 33) and all(_MOBILE.fullmatch(run[n: n + 11]) for n in range(0, len(run), 11))
    if len(whole) > 1 or pair or len([p for p in text.split() if _number(p, city_code)]) > 1:
        return SEVERAL
    return LENGTH if re.fullmatch(r"[\d\s().+-]+", text) else WORDS
