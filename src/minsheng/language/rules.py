"""Pure: words for search, telephone numbers. Personal data inside free text: `masking`, whose names are here too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from minsheng.language import patterns as p
from minsheng.language.folding import fold
from minsheng.language.known import is_name
from minsheng.language.masking import MARK, MARKS, RULES, Span, cut, find_personal, id_card_valid, luhn, mask, mask_people, shortened
from minsheng.language.simplified import TABLE
from minsheng.language.telephones import EXTENDED, BadNumber, read_phone

__all__ = ["MARK", "MARKS", "RULES", "Span", "cut", "find_personal", "fold", "id_card_valid", "is_name", "luhn", "mask", "mask_name", "mask_people", "mask_phone", "shortened",
           "normalise_phone", "phones", "query_tokens", "script_of", "tokens"]

# Words for search.

_RUNS = re.compile(
    r"(?P<zh>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+)"
    r"|(?P<bo>[\u0f00\u0f40-\u0f6c\u0f71-\u0f84\u0f86-\u0fbc\u0f20-\u0f33]+(?:[\u0f0b\u0f0c]+[\u0f40-\u0f6c\u0f71-\u0f84\u0f86-\u0fbc\u0f20-\u0f33]+)*)"
    r"|(?P<word>[^\W_\u0f00-\u0fff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+)"
)
_TSHEG = re.compile("[\u0f0b\u0f0c]+")
_MARK = re.compile("|".join(re.escape(fold(mark)) for mark in MARKS.values()))


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for match in _RUNS.finditer(_MARK.sub(" ", fold(text)).lower().translate(TABLE)):
        yield match.lastgroup or "", match.group()


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
    found = (normalise_phone(text[s.start : s.end].translate(p.SPOKEN)) for s in find_personal(text) if s.kind == "phone")
    return list(dict.fromkeys(f for f in found if f))


def normalise_phone(raw: str) -> str | None:
    """E.164 ("+8613800000000") without an extension; None when `raw` is no telephone number. Why it is none says `read_phone`."""
    try:
        found = read_phone(raw)
    except BadNumber:
        return None
    return found.number if found else None


def mask_phone(number: str) -> str:
    """"138********", "0891-*******", "+977 *******": the kind of number and nothing by which to find it."""
    number = number.partition(EXTENDED)[0]
    if not number:
        return ""
    if number.startswith("+86"):
        national = number[3:]
        if p.PLAIN_MOBILE.fullmatch(national):
            return national[:3] + "*" * 8
        code = national[:2] if national[0] in "12" else national[:3]
        return f"0{code}-" + "*" * (len(national) - len(code))
    return number[:3] + "*" * max(len(number) - 3, 4) if number.startswith("+") else "*" * max(len(number), 4)


def mask_name(name: str) -> str:
    """"王**", "次**": the first character alone."""
    return name[0] + "**" if name else ""
