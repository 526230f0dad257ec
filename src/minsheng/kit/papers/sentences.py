"""Sentences made from figures: pieces of which each number knows the list that it opens. Pure."""

from __future__ import annotations

from dataclasses import dataclass

NO_DATA = "暂无数据"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. `key`: the figure that it shows; `of`: of which scope, where a report has several."""

    text: str
    key: str = ""
    of: int = 0


Sentence = list[Part]


def text(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


def percent(part: int, whole: int) -> str:
    """One decimal. All is 100.0% and nothing 0.0%, and only these: 2,999 of 3,000 are 99.9%."""
    if not whole:
        return NO_DATA
    tenths = round(part * 1000 / whole)
    tenths = min(tenths, 999) if part < whole else tenths
    tenths = max(tenths, 1) if part > 0 else tenths
    return f"{tenths / 10:.1f}%"
