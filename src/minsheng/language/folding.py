"""Pure: a text as it is compared. Sheets, PDFs and phones write one character in many ways; people see the same.

`fold` is for the index and for questions; `in_place` is for looking into a text and pointing at what was found there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain

from minsheng.language.simplified import SIMPLE

# Forms of radicals that PDFs give in place of the characters (Unicode, Equivalent_Unified_Ideograph). NFKC knows the Kangxi block alone.
_RADICALS = dict(zip(
    "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿"
    "⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
    "厂乛乚乙亻冂几刀刂卜㔾小小兀尣尢尢巳幺彑彐忄心扌攵旡日月歺母民氵氺灬爫爫丬牛犭王疋目示礻竹糹纟罓罒㓁冗网羊羊羊耂肀聿肉臼艹艹"
    "艹虎衤覀西见角角讠贝足车辶辶辶邑钅長镸长门阜阝雨青韦页风飞食食飠饣首马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟", strict=True))
# Marks that sit on a character and say nothing in our languages; Tibetan vowel signs are not among them.
_ENCLOSING = "\u20dd-\u20e0\u20e2-\u20e4\u0488\u0489"
_ON_TOP = "\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f"
# What nobody sees: controls, zero-width and bidi marks, variation selectors, tags, fillers.
_UNSEEN = ("\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
           "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff")
_UNREAD = re.compile(f"[{_UNSEEN}{_ENCLOSING}]")
_DECOR = re.compile(f"[{_UNSEEN}{_ENCLOSING}{_ON_TOP}]")
_RADICAL = re.compile("[⺀-⻳]")
_FOREIGN_DIGIT = re.compile(r"[^\W0-9A-Za-z_\u3400-\u9fff](?<=\d)")


def fold(text: str) -> str:
    """The text as it is indexed and asked for: one form of each character, without what is not seen. `fold(fold(x)) == fold(x)`."""
    if text.isascii() and text.isprintable():
        return text
    text = _RADICAL.sub(lambda m: _RADICALS.get(m[0], m[0]), _UNREAD.sub("", text))
    text = unicodedata.normalize("NFKC", _DECOR.sub("", unicodedata.normalize("NFKD", text)))
    return _FOREIGN_DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)


def without_unseen(text: str) -> str:
    """The text without what nobody sees in it, every other character as it is."""
    return text if text.isascii() and text.isprintable() else _UNREAD.sub("", text)


@dataclass(frozen=True, slots=True)
class Folded:
    """`places[i]` is where text[i] stood in the original of `size` characters; None: where it stands now."""

    text: str
    size: int
    places: list[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the original, with the unseen characters that hang on its end."""
        if self.places is None:
            return start, end
        after = self.places[end] if end < len(self.places) else self.size
        return self.places[start], max(after, self.places[end - 1] + 1)


_DROPPED, _WIDER = "\x00", "\x01"
_DASHES = "—–‐‑‒―−－ー─﹣⁃"
_DOTS = "•・‧∙⋅･"
_RAISED, _COUNTS = "⠁⠃⠉⠙⠑⠋⠛⠓⠊⠚", "⠼"  # Braille: the figures, and the sign that makes letters figures
_WIDENED: dict[str, str] = {"🔟": "10"}


class _Plain(dict):
    """Code point -> how it is compared: one character, _DROPPED, or _WIDER for several (kept in _WIDENED). Filled as texts need it."""

    def __missing__(self, code: int) -> str:
        plain = _plain(chr(code))
        if len(plain) > 1:
            _WIDENED[chr(code)], plain = plain, _WIDER
        if len(self) < 20_000:  # all that a city writes; a text of every character there is does not stay in memory
            self[code] = plain
        return plain


_TABLE = _Plain({ord(c): c for c in "\t\n\r，。、；！？“”‘’《》【】…"} | {ord(c): "-" for c in _DASHES} | {ord(c): "·" for c in _DOTS}
                | {ord(c): c for c in map(chr, range(0x20, 0x7F))} | {ord("〇"): "〇", ord("\u0f0c"): "\u0f0b", ord("🔟"): _WIDER, ord("ⅹ"): "x", ord("Ⅹ"): "X"}
                | {ord(c): figure for c, figure in zip(_RAISED, "1234567890", strict=True)} | {ord(_COUNTS): _DROPPED})
_LINES = "\x0b\x0c\x85\u2028\u2029"


def _plain(c: str) -> str:
    if _DECOR.match(c):
        return _DROPPED
    if c in _LINES:
        return "\n"
    if (digits := _digits(c)) or c.isspace():
        return digits or " "
    c = _RADICALS.get(c, c)
    if c in SIMPLE:
        return SIMPLE[c]
    folded = unicodedata.normalize("NFKC", c)
    if len(folded) != 1:
        return c
    bare = unicodedata.normalize("NFD", folded)
    return bare[0] if len(bare) > 1 and all(_DECOR.match(m) for m in bare[1:]) else folded


def _digits(c: str) -> str:
    """The figures that a character stands for: of any script, circled, raised, mathematical. "" for one that is none."""
    kind = unicodedata.category(c)
    value = unicodedata.numeric(c, -1) if kind in {"Nd", "No", "Nl"} else -1
    return str(int(value)) if value >= 0 and value == int(value) and value < 100_000 else ""


_ODD = re.compile(rf"[^\t\n\r\x20-\x7e\u4e00-\u9fff，。、；！？“”‘’《》【】…]|[{''.join(SIMPLE)}]|\s{{3}}")
_SPACES = re.compile(r"\s{3,}")


def in_place(text: str) -> Folded:
    """The text with plain figures, letters, characters and signs, without what is not seen, spaces two at most; each character knows its place."""
    if not _ODD.search(text):
        return Folded(text, len(text))
    plain = text.translate(_TABLE)
    if _DROPPED not in plain and _WIDER not in plain and not _SPACES.search(plain):
        return Folded(plain, len(text))
    pairs = [(c, at) for at, one in enumerate(plain) for c in (_widened(text[at]) if one == _WIDER else one) if c != _DROPPED]
    pairs = list(chain.from_iterable(_tight(pairs)))
    return Folded("".join(c for c, _ in pairs), len(text), [at for _, at in pairs])


def _widened(c: str) -> str:
    return _WIDENED.get(c) or _plain(c)


def _tight(pairs: list[tuple[str, int]]):
    """Runs of spaces cut to two."""
    run = 0
    for pair in pairs:
        run = run + 1 if pair[0].isspace() else 0
        if run <= 2:
            yield (pair,)
