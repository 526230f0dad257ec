"""Sentences made from figures: pieces of which each number knows the list that it opens. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence. `key`: the figure that it shows; `of`: of which scope, where a report has several."""

    text: str
    key: str = ""
    of: int = 0


Sentence = list[Part]


def text(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)
