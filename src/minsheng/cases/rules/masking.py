"""What of a case's words stands for those who may not see personal data. Pure. Kept beside the words, so that no page masks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from minsheng.language import rules as language

RULES = language.RULES


@dataclass(frozen=True, slots=True)
class Known:
    """How people are called and reached: what stands in the fields for name and number. What is found of them in a text is masked."""

    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.names or self.numbers)

    def without(self, other: Known) -> Known:
        return Known(tuple(n for n in self.names if n not in other.names), tuple(n for n in self.numbers if n not in other.numbers))


NOBODY = Known()


def known(people: Iterable[tuple[str, str]]) -> Known:
    """People as (name, number), each once."""
    people = list(people)
    return Known(tuple(dict.fromkeys(n for n, _ in people if n)), tuple(dict.fromkeys(p for _, p in people if p)))


def all_of(several: Iterable[Known]) -> Known:
    several = list(several)
    return Known(tuple(dict.fromkeys(n for k in several for n in k.names)), tuple(dict.fromkeys(n for k in several for n in k.numbers)))


def cover(value: Any, people: Known) -> Any:
    """A text, or what is nested in JSON, with everybody's personal data masked, and these people wherever they stand."""
    return _each(value, lambda text: language.mask(text, people.names, people.numbers))


def cover_people(value: Any, people: Known) -> Any:
    """The same with these people masked alone; all else is left as it is."""
    return _each(value, lambda text: language.mask_people(text, people.names, people.numbers)) if people else value


def _each(value: Any, masked: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return masked(value) if value else value
    if isinstance(value, dict):
        return {masked(k) if isinstance(k, str) else k: _each(v, masked) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_each(v, masked) for v in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and (said := masked(str(value))) != str(value):
        return said  # a number given as a number
    return value


def cover_words(words: dict[str, Any], people: Known) -> dict[str, Any]:
    """What was given with a step, by the names of its fields."""
    return {name: cover(value, people) for name, value in words.items()}


def title(title: str, narrative: str, masked: str, people: Known) -> str:
    """The masked title. One that is the beginning of the words is cut from the masked words: half a number is still a number."""
    flat, own, whole = " ".join(masked.split()), " ".join(title.removesuffix("…").split()), " ".join(narrative.split())
    if own and own == whole:
        return language.cut(flat, 200)
    if own and whole.startswith(own):
        kept = language.cut(flat, len(own)).strip() or next(iter(language.MARK.findall(flat)), "")  # a mark is longer than most names
        return kept + "…" if title.endswith("…") and kept != flat else kept
    return language.cut(cover(title, people), 200)


def place(place: str, people: Known) -> str:
    return language.cut(cover(place, people), 200)


def note(text: str, people: Known, longest: int = 300) -> str:
    """A short note that is kept masked, for everybody."""
    return language.cut(cover(text, people), longest)


def file_name(name: str, people: Known) -> str:
    """The words of a name, not its ending."""
    stem, dot, ending = name.rpartition(".")
    return str(cover(stem, people)) + dot + ending if stem and len(ending) <= 5 else str(cover(name, people))
