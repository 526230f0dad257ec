"""What is followed beside the steps of cases: each kind of fact with the feed that says what moved, and what its rows say now.

A room above registers its own (`register`, when its app is ready); nothing here knows it. Part of `following` by kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from minsheng.kit.feed import Feed
from minsheng.measures.facts_of_case import Entry


@dataclass(frozen=True, slots=True)
class Source:
    """`place`: its row of `Following`, 1 is that of cases. An owner is what the lines of the book are kept by (their `case_id`).

    touched  rows of the feed (number, id, its columns…) -> the owners that they move
    entries  owners -> what the book is to say of each; what it says beyond that is taken back
    owners   of whom a fact may lie between two moments, for who recounts
    whole    `entries` tell all that was ever said, each with its time; else only what holds now, known since then
    """

    place: int
    fact: str
    label: str
    table: str
    feed: Feed
    touched: Callable[[list[tuple]], set[int]]
    entries: Callable[[set[int]], dict[int, list[Entry]]]
    owners: Callable[[datetime, datetime], set[int]]
    whole: bool = False


_SOURCES: dict[int, Source] = {}


def register(source: Source) -> None:
    _SOURCES[source.place] = source


def registered() -> tuple[Source, ...]:
    return tuple(_SOURCES[place] for place in sorted(_SOURCES))
