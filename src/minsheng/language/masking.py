"""Pure: personal data inside free text, found and covered. Folded before it looks; linear in the length of the text, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from minsheng.language import known
from minsheng.language import patterns as p
from minsheng.language.folding import in_place

MARKS = {
    "phone": "［电话已遮盖］",
    "id": "［证件号已遮盖］",
    "bank": "［卡号已遮盖］",
    "plate": "［车牌已遮盖］",
    "mail": "［邮箱已遮盖］",
    "account": "［账号已遮盖］",
    "vehicle": "［车架号已遮盖］",
    "name": "［姓名已遮盖］",
    "room": "［门牌已遮盖］",
}
MARK = re.compile(r"［(?:电话|证件号|卡号|车牌|邮箱|账号|车架号|姓名|门牌)已遮盖］")
_LONGEST = max(map(len, MARKS.values()))
RULES = 12  # goes up with every change of what is found: texts that were masked by older rules are masked anew


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end] is personal data of `kind` (a key of MARKS)."""

    start: int
    end: int
    kind: str


def mask(text: str, names: Iterable[str] = (), numbers: Iterable[str] = ()) -> str:
    """The text with personal data replaced by a mark that says what stood there and gives none of it away.

    Masked once more it stays as it is: a mark may uncover its neighbour, so this looks again, a few times.

    names    fields for names of people known to be meant: masked wherever they stand; a word that is nobody's name ("市民") stays
    numbers  their telephone numbers, E.164
    """
    names, numbers = tuple(names), tuple(numbers)
    for _ in range(_ROUNDS):
        done = _cover(text, find_personal(text, names, numbers))
        if done == text:
            return done
        text = done
    return _cover(text, [Span(*place, "phone") for place in _runs_of_figures(text)])


def mask_people(text: str, names: Iterable[str] = (), numbers: Iterable[str] = ()) -> str:
    """The text with these people masked alone, all else as it is: for readers who may see everybody but them."""
    folded = in_place(text)
    spans = [Span(*folded.span(s.start, s.end), s.kind) for s in _known(folded.text, tuple(names), tuple(numbers), text)]
    return _cover(text, _together(_outside_marks(text, spans)))


_ROUNDS = 4  # ordinary texts come to rest in the second; what goes on is made to, and all its figures go


def _runs_of_figures(text: str) -> Iterator[tuple[int, int]]:
    folded = in_place(text)
    return (folded.span(*m.span()) for m in p.FIGURES.finditer(folded.text))


def _cover(text: str, spans: Iterable[Span]) -> str:
    out, at = [], 0
    for span in spans:
        out += [text[at : span.start], MARKS[span.kind]]
        at = span.end
    return "".join(out) + text[at:] if out else text


def cut(text: str, size: int) -> str:
    """At most `size` characters of a masked text; a mark that would be cut through goes whole."""
    if len(text) <= size:
        return text
    edge = next((m.start() for m in MARK.finditer(text, max(0, size - _LONGEST), size + _LONGEST) if m.start() < size < m.end()), size)
    return text[:edge]


_WIDE = frozenset("WF")
_ENDS, _BREAKS = "。！？!?；;", "，、,。： \u0f0b\u0f0d"


def shortened(text: str, size: int) -> str:
    """The beginning of a text, for a title: a whole sentence, else cut between words, with "…" for what is left out.

    `size` counts Chinese characters; a Latin or Tibetan letter is half of one.
    """
    text = " ".join(text.split())
    room, edge = 2 * size, 0
    while edge < len(text) and (room := room - (2 if east_asian_width(text[edge]) in _WIDE else 1)) >= 0:
        edge += 1
    if edge == len(text):
        return text
    if whole := next((n for n in range(edge, 5, -1) if text[n - 1] in _ENDS), 0):
        return cut(text, whole)
    between = next((n for n in range(edge - 1, edge // 2, -1) if text[n - 1] in _BREAKS), edge - 1)
    return cut(text, between).rstrip(_BREAKS) + "…"


def find_personal(text: str, names: Iterable[str] = (), numbers: Iterable[str] = ()) -> list[Span]:
    """Where `text` holds personal data, in order; finds that overlap are one, of the kind that comes first in `_looks`."""
    folded = in_place(text)
    found = [*_known(folded.text, names, numbers, text), *_looks(folded.text)]
    spans = [Span(*folded.span(s.start, s.end), s.kind) for s in found]
    if names and "已遮盖］" in text:
        spans = _outside_marks(text, spans)
    return _together([*spans, *_read_otherwise(text)])


def _outside_marks(text: str, spans: list[Span]) -> list[Span]:
    """A mark's own words are nobody's name."""
    marked = bytearray(len(text))
    for mark in MARK.finditer(text):
        marked[mark.start() : mark.end()] = b"\x01" * (mark.end() - mark.start())
    return [s for s in spans if marked.find(1, s.start, s.end) < 0]


def _together(spans: list[Span]) -> list[Span]:
    """Overlapping finds as one."""
    if len(spans) < 2:
        return spans
    order = {id(span): n for n, span in enumerate(spans)}
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            first = last if order[id(last)] <= order[id(span)] else span
            made = Span(last.start, max(last.end, span.end), first.kind)
            order[id(made)] = min(order[id(last)], order[id(span)])
            merged[-1] = made
        else:
            merged.append(span)
    return merged


def _known(text: str, names: Iterable[str], numbers: Iterable[str], raw: str) -> Iterator[Span]:
    yield from (Span(*place, "phone") for place in known.numbers_in(text.translate(p.SPOKEN), numbers)) if numbers else ()
    yield from (Span(*place, "name") for place in known.names_in(text, names, toned=known.TONED.search(raw) is not None)) if names else ()


def _looks(text: str) -> list[Span]:
    found = list(_in_pieces(text.translate(p.SPOKEN))) if p.PIECED.search(text) else []
    found += [*_with_digits(text), *_with_letters(text), *_names(text)]
    if "\u0f0b" in text:
        found += [*_all(p.SPELLED_BO, text, "phone"), *_all(p.PERSON_BO, text, "name")]
    if any(p.IS_SPOKEN.search(m[0]) for m in p.SPOKEN_RUN.finditer(text)):
        found += _numbers(text.translate(p.SPOKEN))
    if ("百" in text or "佰" in text) and p.HUNDRED.search(text):
        found += _said_by_hundreds(text)
    if p.TOGETHER.search(text):
        found += _said_together(text)
    if p.BACKWARDS.search(text):
        found += _backwards(text.translate(p.SPOKEN))
    return found


def _in_pieces(text: str) -> Iterator[Span]:
    """Pieces that are eleven figures together, one of them the head of a mobile number, and what one of them is said: 后四位."""
    for run in p.IN_PIECES.finditer(text):
        pieces = [m[0] for m in _PIECES.finditer(run[0])]
        if sum(map(len, pieces)) == 11 and any(_HEAD.match(piece) for piece in pieces) and p.PIECED.search(run[0]):
            yield Span(*run.span(), "phone")


def _backwards(text: str) -> Iterator[Span]:
    """Figures from the last to the first, where it is said that they are."""
    for run in p.ELEVEN.finditer(text):
        if p.BACKWARDS.search(text, max(0, run.start() - _BESIDE), run.end() + _BESIDE):
            if p.PLAIN_MOBILE.fullmatch("".join(filter(str.isdecimal, run[0]))[::-1].lstrip("0")):
                yield Span(*run.span(), "phone")


_PIECES = re.compile(r"\d+(?![位段\d])")
_HEAD = re.compile("1[3-9]")


def _said_together(text: str) -> Iterator[Span]:
    """双零 is 00, 三个零 is 000, and 八千 at the end 8000."""
    for run in p.TOGETHER_RUN.finditer(text):
        said = [(_TIMES.get((times or "")[:1], 1), figure.translate(p.SPOKEN), thousand) for times, figure, thousand in p.ONE_TOGETHER.findall(run[0])]
        if p.PLAIN_MOBILE.fullmatch("".join(figure * times + "000" * len(thousand) for times, figure, thousand in said)):
            yield Span(*run.span(), "phone")


_TIMES = {"双": 2, "俩": 2, "两": 2, "二": 2, "2": 2, "仨": 3, "三": 3, "3": 3, "四": 4, "4": 4}


def _said_by_hundreds(text: str) -> Iterator[Span]:
    """一百三十八 is 138, and 一百三十零 130: read with the 十 as nothing, and as a nought."""
    apart = p.HUNDRED.sub(lambda m: "-" if m[0] in "百佰" else "十", text).translate(p.SPOKEN)
    for ten in "-0":
        yield from _all(p.MOBILE, apart.replace("十", ten).replace("拾", ten), "phone")


def _read_otherwise(text: str) -> list[Span]:
    """Numbers beside figures that only count (①138…), and such as are written backwards to be shown forwards."""
    found: list[Span] = []
    if p.ENUMERATED.search(text):
        apart = in_place(p.ENUMERATED.sub(" ", text))
        found += [Span(*apart.span(s.start, s.end), s.kind) for s in _numbers(apart.text)]
    if "&" in text or "<" in text or "%" in text:
        plain = p.CODED.sub(_decoded, p.MARKUP.sub(lambda m: " " * len(m[0]), text))
        if plain != text:
            apart = in_place(plain)
            found += [Span(*apart.span(s.start, s.end), s.kind) for s in _numbers(apart.text)]
    for turned in p.TURNED.finditer(text):
        if _numbers(in_place(turned[1][::-1]).text):
            found.append(Span(*turned.span(1), "phone"))
    return found


def _decoded(code: re.Match) -> str:
    """The character that a page writes as &#49;, as long as it was."""
    number = int(code[1] or code[2], 16 if code[2] else 10)
    return (chr(number) if number > 31 and not 0xD7FF < number < 0xE000 else " ").ljust(len(code[0]))


def _all(pattern: re.Pattern, text: str, kind: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
    for match in pattern.finditer(text, start, len(text) if end is None else end):
        group = match.lastindex or 0
        yield Span(match.start(group), match.end(group), kind)


_BESIDE = 40  # how far from its figures a number is told by the words beside it (卡号, 电话, 元)


def _numbers(text: str) -> list[Span]:
    """Looked for where five figures stand near each other, and in no other place."""
    found: list[Span] = []
    start, end = 0, -1
    for run in p.FIGURES.finditer(text):
        if run.start() - _BESIDE > end >= 0:
            found += _numbers_within(text, start, end)
            end = -1
        start = max(0, run.start() - _BESIDE) if end < 0 else start
        end = min(len(text), run.end() + _BESIDE)
    return found + _numbers_within(text, start, end) if end >= 0 else found


def _numbers_within(text: str, start: int, end: int) -> list[Span]:
    found = [span for kind, pattern in _KINDS for span in _all(pattern, text, kind, start, end)]
    found += [s for s in _all(p.BANK, text, "bank", start, end) if luhn(text[s.start : s.end])]
    found += [s for s in _all(p.STARRED, text, "phone", start, end) if _shows(text[s.start : s.end], 8)]
    found += [s for s in _all(p.STARRED_ID, text, "id", start, end) if _shows(text[s.start : s.end], 12)]
    lines = [s for pattern in (p.LANDLINE, p.LOCAL, p.MISTYPED) for s in _all(pattern, text, "phone", start, end)]
    standing = [s for s in _all(p.STANDING, text, "phone", start, end) if not p.COUNTED.search(text[max(0, s.start - 12) : s.start])]
    found += [s for s in (*lines, *standing) if not p.OFFICE.search(text[max(0, s.start - _BESIDE) : s.start])]
    books = [m.span(1) for m in p.BOOK.finditer(text, start, end) if _is_book(m[1])]
    return [s for s in found if not any(a <= s.start and s.end <= b for a, b in books)] if books else found


def _is_book(number: str) -> bool:
    """Does the check digit of an ISBN of ten or thirteen fit? (ISO 2108)"""
    figures = [10 if c in "Xx" else int(c) for c in number if c.isalnum()]
    if len(figures) == 13:
        return 10 not in figures and sum(n * (3 if place % 2 else 1) for place, n in enumerate(figures)) % 10 == 0
    return len(figures) == 10 and sum(n * (10 - place) for place, n in enumerate(figures)) % 11 == 0


def _shows(number: str, most: int) -> bool:
    """Does a number whose figures are covered in part still show `most` of them? One star between two figures is a sign (15*20)."""
    covered = [m[0] for m in _STARS.finditer(number)]
    whole = len(covered) == 1 and (len(covered[0]) > 1 or number.endswith(covered[0]))
    return whole and sum(c.isdecimal() for c in number) >= most


_STARS = re.compile(f"[{p.STAR}]+")
_KINDS = (("id", p.ID_CARD), ("id", p.OLD_ID), ("bank", p.CARD), ("bank", p.UNION), ("phone", p.MOBILE), ("phone", p.MOBILES), ("phone", p.SCATTERED),
          ("phone", p.FOREIGN), ("phone", p.STARRED_LINE), ("id", p.PASSPORT), ("account", p.QQ))
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[A-Za-z@]")
_NAMED = re.compile("微|抖音|快手|支付宝|钉钉|小红书")
_MAILED = re.compile("[Aa][Tt]|艾特|邮|[Mm][Aa][Ii][Ll]|#[a-z]")
# A cheap look that spares most texts a dear one.
_ELEVEN = re.compile(r"(?:[0-9OoОоQDlI|][-. ]?){11}")
_RARE = ((re.compile("[MmDdNnIi][RrSsIiAa ]"), p.NAME_EN, "name"), (re.compile("[A-Z][a-z]"), p.NAME_LATIN, "name"),
         (re.compile(r"[A-Za-z]{2}[1-5]?[\s,.-]{1,3}[A-Za-z]{2}|[A-Za-z]{2}[1-5][A-Za-z]{2}[1-5]|[A-Za-z]{18}"), p.SPELLED, "phone"))
_SUPPLIED = re.compile("[户表卡费号金账存]编?号")
_VEHICLE = re.compile("架[号编]|识别|发动机|[Vv][Ii][Nn]|L[A-HJ-NPR-Z0-9]{12}")
_BUILT = re.compile(r"[栋幢座楼室#]|单元|房间|\d-\d")


def _with_digits(text: str) -> list[Span]:
    found = list(_all(p.ROOM, text, "room")) if _BUILT.search(text) else []
    found += _all(p.HOME, text, "room") if "号" in text else ()
    found += _all(p.ACCOUNT, text, "account") if _SUPPLIED.search(text) else ()
    if not _DIGIT.search(text):
        return found
    if p.HIDDEN.search(text):
        found += [s for kind, half in (("id", p.HALF_ID), ("bank", p.HALF_CARD)) for s in _all(half, text, kind) if _tells(text[s.start : s.end])]
    return [*_numbers(text), *_all(p.WORDED, text, "phone"), *_all(p.TAIL, text, "account"), *found]


def _tells(number: str) -> bool:
    """Two signs and more that cover, and four figures and more that do not."""
    return len(p.HIDDEN.findall(number)) > 1 and sum(c.isdecimal() for c in number) >= 4


def _with_letters(text: str) -> list[Span]:
    found = [*_all(p.MAIL, text, "mail")] if "@" in text or _MAILED.search(text) else []
    if _ELEVEN.search(text):
        found += _all(p.LETTERED, text, "phone")
    if _VEHICLE.search(text):
        found += _all(p.VEHICLE, text, "vehicle")
    if not _LETTER.search(text) and not _NAMED.search(text):
        return found
    found += [*_all(p.WECHAT, text, "account"), *_all(p.PLATE, text, "plate"), *_half_spelled(text)]
    for gate, pattern, kind in _RARE:
        if gate.search(text):
            found += _all(pattern, text, kind)
    return found


def _half_spelled(text: str) -> Iterator[Span]:
    for run in p.HALF_SPELLED.finditer(text):
        figures, times = "", 1
        for word in _WORDS.findall(run[0].lower()):
            if word in ("double", "triple"):
                times = 2 if word == "double" else 3
            else:
                figures, times = figures + p.EN_FIGURES.get(word, word) * times, 1
        if not run[0].isdecimal() and p.PLAIN_MOBILE.fullmatch(figures):
            yield Span(*run.span(), "phone")


_WORDS = re.compile(r"[a-z]+|\d+")


def _names(text: str) -> list[Span]:
    """Also where a blank stands between the characters of a name: what is found without it has to reach over it."""
    found = _names_as_set(text)
    if gaps := [m.span() for m in p.BLANKED.finditer(text)] if " " in text or "\t" in text else []:
        within = {i for a, b in gaps for i in range(a, b)}
        places = [i for i in range(len(text)) if i not in within]
        close = [Span(places[s.start], places[s.end - 1] + 1, s.kind) for s in _names_as_set("".join(text[i] for i in places))]
        found += [s for s in close if any(s.start < a <= s.end for a, _ in gaps)]
    return found


def _names_as_set(text: str) -> list[Span]:
    found = [*_all(p.NAME, text, "name"), *_all(p.NAME_OF, text, "name"), *_all(p.NAME_IN_CELL, text, "name")]
    found += _all(p.NAME_PARTLY, text, "name") if "某" in text else ()
    # A name stands right before its title, its number or its sex: only there is looked.
    for after, before, near in ((p.TITLED, p.NAME_TITLED, 9), (p.NUMBERED, p.NAME_BY_NUMBER, 20), (p.SEXED, p.NAME_BY_SEX, 12)):  # 9: three parts of a Tibetan name
        last = 0
        for sign in after.finditer(text):
            for span in _all(before, text, "name", max(last, sign.start() - near), sign.end()):
                last = span.end
                if before is not p.NAME_TITLED or not _of_a_shop(text, span):
                    found.append(span)
    found += _all(p.NAME_BEHIND, text, "name") if "电话已遮盖]" in text else ()
    found += _all(p.NAME_BO, text, "name") if "\u0f0b" in text else ()
    return found


def _of_a_shop(text: str, name: Span) -> bool:
    """A family's name alone, in the name of a shop."""
    return (name.end - name.start == 1 or text[name.start : name.end] in p.COMPOUND.split("|")) and p.SHOP.match(text, name.end) is not None


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
