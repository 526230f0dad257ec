"""The words of danger: those that come with the program and what the city adds, kept five seconds per process."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml

from minsheng.cases.models import DangerWords
from minsheng.cases.rules import danger
from minsheng.cases.rules.danger import Reading, Words
from minsheng.cases.rules.fields import element_words
from minsheng.kit.kept import Kept

FILE = Path(__file__).resolve().parents[1] / "danger.yaml"


@functools.cache
def shipped() -> Mapping:
    return yaml.load(FILE.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


_kept: Kept[Words] = Kept(lambda rows: danger.words_of(shipped(), [row.content for row in rows]), DangerWords)


def words() -> Words:
    return _kept.get()


def read(*texts: str) -> Reading:
    """What all that somebody said speaks of."""
    return danger.read("\n".join(t for t in texts if t), words())


def read_case(*, title: str, narrative: str, place: str = "", original: str = "", elements: Mapping | None = None) -> Reading:
    return read(title, narrative, place, original, *(element_words(v) for v in (elements or {}).values()))


def of_codes(codes: Iterable[str]) -> Reading:
    """What was found in a case before, from the codes that it carries."""
    known = {d.code: d for d in words().dangers}
    return Reading(tuple(danger.Found(known[c], "") for c in codes if c in known))


def forget() -> None:
    _kept.forget()
