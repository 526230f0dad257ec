"""Words that say that somebody is in danger, found in what a caller or a letter says. Pure; the words are data (`cases/danger.yaml`).

Recall comes before precision: a false alarm costs a minute, a missed one a life. What keeps the alarms few are the words that
take a hit back: "煤气费" is no gas, "如果着火" no fire, and a long letter tells of old matters unless the sentence says now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from minsheng.language import folding
from minsheng.language.simplified import TABLE

GAP = 12  # characters that may stand between two parts of a phrase
MOST = 40  # places of one word that are looked at: a text of one word a thousand times over costs no more
LONGEST = 20_000  # characters read
_ENDS = frozenset("。！？；!?;\n")
_CLAUSE = re.compile(r"[，,。！？；!?;\n、：:]")
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACED = re.compile(r"(?<=[\u3400-\u9fff])[\s·.\-_*]+(?=[\u3400-\u9fff])")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of the first part, and within a few characters of each the next. `keys`: how their words begin.

    either: in any order; anywhere: in any order, however far apart
    """

    parts: tuple[tuple[str, ...], ...]
    either: bool = False
    anywhere: bool = False
    keys: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unless:
    """Words that take a hit back: anywhere before it in its clause, directly before it, directly after it, anywhere in the text."""

    clause: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()  # an empty tuple takes nothing back
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Danger:
    """One kind of danger. `category`: the city's matter for it; `restricted`: the ground on which such a case is restricted at intake.

    short: only texts of so many characters speak of it, 0: all do
    """

    code: str
    label: str
    call: tuple[str, ...]
    say: str
    phrases: tuple[Phrase, ...]
    never: tuple[str, ...] = ()
    unless: tuple[Unless, ...] = ()
    restricted: str = ""
    urgent: bool = True
    always: bool = False
    category: str = ""
    short: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """All dangers in their order; `long` and `now`: see `danger.yaml`."""

    dangers: tuple[Danger, ...] = ()
    long: int = 180
    now: tuple[str, ...] = ()
    begins: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)  # how a word begins -> which danger, which phrase


@dataclass(frozen=True, slots=True)
class Found:
    danger: Danger
    word: str  # as it stands in the folded text


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says of danger. `call`: every number to be offered, the first group's first."""

    found: tuple[Found, ...] = field(default=())

    @property
    def urgent(self) -> bool:
        return any(f.danger.urgent for f in self.found)

    @property
    def restricted(self) -> str:
        """The ground to restrict on, "" when there is none."""
        return next((f.danger.restricted for f in self.found if f.danger.restricted), "")

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(f.danger.code for f in self.found)

    @property
    def call(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(number for f in self.found for number in f.danger.call))

    @property
    def category(self) -> str:
        return next((f.danger.category for f in self.found if f.danger.category), "")


def fold(text: str) -> str:
    """Small letters, plain widths, nothing unseen, no gaps between Chinese characters: what is read, never what is kept."""
    text = folding.fold(folding.fold(_UNSEEN.sub("", text[:LONGEST])).lower()).translate(TABLE)
    return _SPACED.sub("", text)


def read(text: str, words: Words) -> Reading:
    """Every danger that the text speaks of, in the order of the words."""
    text = fold(text)
    keys = {*text, *map("".join, zip(text, text[1:], strict=False))}
    near: dict[int, list[Phrase]] = {}
    for n, k in sorted({each for key in keys & words.begins.keys() for each in words.begins[key]}):
        phrase = words.dangers[n].phrases[k]
        if not any(part.isdisjoint(keys) for part in phrase.keys):
            near.setdefault(n, []).append(phrase)
    found = ((words.dangers[n], phrases) for n, phrases in near.items())
    return Reading(tuple(Found(danger, hit) for danger, phrases in found if (hit := _hit(text, phrases, danger, words))))


def _hit(text: str, near: Iterable[Phrase], danger: Danger, words: Words) -> str:
    """The first phrase that counts."""
    if danger.short and len(text) > danger.short:
        return ""
    for word in danger.never:
        text = text.replace(word, "\uffff" * len(word))
    for phrase in near:
        for start, end in _places(text, phrase):
            if _counts(text, start, end, danger, words):
                return text[start:end]
    return ""


def _places(text: str, phrase: Phrase) -> Iterable[tuple[int, int]]:
    if phrase.anywhere and not all(any(word in text for word in part) for part in phrase.parts[1:]):
        return
    if phrase.anywhere:
        yield from _all(text, phrase.parts[0])
        return
    orders = (phrase.parts, phrase.parts[::-1]) if phrase.either else (phrase.parts,)
    for parts in orders:
        for start, end in _all(text, parts[0]):
            for part in parts[1:]:
                end = _next(text, part, end)
                if end < 0:
                    break
            else:
                yield start, end


def _all(text: str, part: tuple[str, ...]) -> Iterable[tuple[int, int]]:
    for word in part:
        at, n = text.find(word), 0
        while at >= 0 and n < MOST:
            if _alone(text, at, word):
                yield at, at + len(word)
            at, n = text.find(word, at + 1), n + 1


def _next(text: str, part: tuple[str, ...], start: int) -> int:
    """Where the nearest word of `part` ends that begins within the gap and the sentence; -1: there is none."""
    window = text[start : start + GAP]
    stop = next((n for n, c in enumerate(window) if c in _ENDS), len(window))
    ends = []
    for word in part:
        at = text.find(word, start, start + stop + len(word))
        if at >= 0 and _alone(text, at, word):
            ends.append(at + len(word))
    return min(ends, default=-1)


def _alone(text: str, at: int, word: str) -> bool:
    """A word in Latin letters stands alone: "fire" is not in "campfires"."""
    if not word.isascii():
        return True
    before, after = text[at - 1 : at], text[at + len(word) : at + len(word) + 1]
    return not ("a" <= before <= "z" or "a" <= after <= "z")


def _counts(text: str, start: int, end: int, danger: Danger, words: Words) -> bool:
    before, after = text[max(0, start - 16) : start], text[end : end + 8]
    before = _CLAUSE.split(before)[-1]
    said = before + text[start:end]
    for unless in danger.unless:
        if any(w in said for w in unless.clause) or before.endswith(unless.before) or after.startswith(unless.after):
            return False
        if any(w in text for w in unless.text):
            return False
    return danger.always or len(text) <= words.long or any(w in _sentence(text, start, end) for w in words.now)


def _sentence(text: str, start: int, end: int) -> str:
    """What stands around a hit: its sentence, the one before and the one after, at most eighty characters to each side."""
    left, right = text[max(0, start - 80) : start], text[end : end + 80]
    cuts = [n for n, c in enumerate(left) if c in _ENDS]
    left = left[cuts[-2] + 1 :] if len(cuts) > 1 else left
    cuts = [n for n, c in enumerate(right) if c in _ENDS]
    return left + "\uffff" + (right[: cuts[1]] if len(cuts) > 1 else right)


# --- the words as data -----------------------------------------------------------


def phrase(line: str) -> Phrase:
    """One line of the file: "a/b~c/d" in this order, "a/b&c/d" in any, "a/b+c/d" wherever they stand."""
    sign = next((s for s in "&+" if s in line), "~")
    parts = tuple(tuple(fold(w.strip()) for w in part.split("/") if w.strip()) for part in line.split(sign))
    return Phrase(parts, sign == "&", sign == "+", tuple(frozenset(word[:2] for word in part) for part in parts))


def words_of(data: Mapping[str, Any], more: Iterable[Mapping[str, Any]] = ()) -> Words:
    """The file as it is read, with what a city adds: words, never and category of a code that is there, or a danger of its own."""
    unless = {name: Unless(*(tuple(each.get(k, ())) for k in ("clause", "before", "after", "text"))) for name, each in data.get("unless", {}).items()}
    groups = {g["code"]: dict(g) for g in data.get("groups", ())}
    for each in more:
        known = groups.setdefault(each["code"], {"code": each["code"], "label": each.get("label", each["code"]), "words": []})
        for name, value in each.items():
            known[name] = [*known.get(name, ()), *value] if name in {"words", "never"} else value
    dangers = tuple(_danger(g, unless) for g in groups.values())
    return Words(dangers, data.get("long", 180), tuple(data.get("now", ())), _begins(dangers))


def _begins(dangers: Iterable[Danger]) -> dict[str, tuple[tuple[int, int], ...]]:
    """Where each phrase is looked for: how the words begin of its part that has fewest. Almost every text is done with after one look."""
    found: dict[str, list[tuple[int, int]]] = {}
    for n, danger in enumerate(dangers):
        for k, each in enumerate(danger.phrases):
            for key in min(each.keys, key=len):
                found.setdefault(key, []).append((n, k))
    return {key: tuple(each) for key, each in found.items()}


def _danger(g: Mapping[str, Any], unless: Mapping[str, Unless]) -> Danger:
    never = sorted((fold(w) for w in g.get("never") or ()), key=len, reverse=True)
    return Danger(
        code=g["code"], label=g["label"], call=tuple(str(n) for n in g.get("call", ())), say=g.get("say", ""),
        phrases=tuple(phrase(line) for line in g["words"]), never=tuple(never), unless=tuple(unless[n] for n in g.get("unless", ())),
        restricted=g.get("restricted") or "", urgent=bool(g.get("urgent", True)), always=bool(g.get("always")), category=g.get("category") or "", short=int(g.get("short", 0)))
