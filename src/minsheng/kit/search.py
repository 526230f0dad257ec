"""Full-text search over words that we cut ourselves: the vector and the question as ORM expressions.

PostgreSQL's parsers know neither Chinese nor Tibetan, so none is asked: `array_to_tsvector` takes the words as they are, and
the question is written as quoted lexemes. A column: `django.contrib.postgres.search.SearchVectorField`, indexed with GIN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import F, FloatField, Func, Value

PREFIX = "*"  # a question's word that ends in this matches every word that begins with the rest


def _clean(words: Iterable[str]) -> list[str]:
    words = list(dict.fromkeys(words))
    if "\x00" in "".join(words) or any(len(w) > 200 or not w for w in words):
        words = list(dict.fromkeys(w.replace("\x00", "")[:200] for w in words if w.strip("\x00")))
    return words


_VECTOR: SearchVectorField = SearchVectorField()


class Vector(Func):
    """The tsvector of words; `literal` is the same as PostgreSQL reads it from text."""

    template = "array_to_tsvector(%(expressions)s::text[])"

    def __init__(self, words: list[str]):
        super().__init__(Value(words), output_field=_VECTOR)
        self.words = words

    @property
    def literal(self) -> str:
        return " ".join(map(_quoted, self.words))


def to_vector(words: Iterable[str]) -> Vector:
    """The tsvector of `words`; usable in create(), update(), bulk_create() and insert_together()."""
    return Vector(_clean(words))


def to_query(words: Iterable[str], any_of: bool = False) -> Question | None:
    """The tsquery that asks for all of `words` (or any of them); None when there is nothing to ask for.

    Use: `query.filter(tsv=to_query(words))` on a SearchVectorField, or `.filter(tsv__matches=…)` nowhere else.
    """
    asked = [_lexeme(w) for w in _clean(words) if w != PREFIX]
    if not asked:
        return None
    text = (" | " if any_of else " & ").join(asked)
    return Question(text)


def rank(column: str, question: Func) -> Func:
    """How well a row answers the question: its share of the words asked for."""
    return Func(F(column), question, function="ts_rank", output_field=FloatField())


def _lexeme(word: str) -> str:
    return _quoted(word.removesuffix(PREFIX)) + (":*" if word.endswith(PREFIX) else "")


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


class Question(SearchQuery):
    """A tsquery written by us, cast and not parsed; a SearchQuery, because a SearchVectorField asks for one."""

    def __init__(self, text: str):
        super().__init__(Value(text), search_type="raw")
        self.text = text

    def as_sql(self, compiler, connection, function=None, template=None):
        return "%s::tsquery", [self.text]


def pieces(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """The text cut where a word that was asked for stands: (piece, is one). The longest word wins; letters of any size are the same."""
    asked = sorted({w.removesuffix(PREFIX) for w in words} - {""}, key=lambda w: (-len(w), w))
    if not asked or not text:
        return [(text, False)] if text else []
    cut = re.split(f"({'|'.join(map(re.escape, asked))})", text, flags=re.IGNORECASE)
    return [(piece, n % 2 == 1) for n, piece in enumerate(cut) if piece]


_RUN, _LONGEST_RUN = re.compile(r"[0-9A-Za-z*.,:/%-]"), 24


def between_words(text: str, at: int) -> int:
    """`at`, moved back to where no number and no word of letters is cut: half a number is another number. What is longer than any is cut."""
    back = at
    while 0 < back < len(text) and _RUN.match(text[back - 1]) and _RUN.match(text[back]):
        back -= 1
    return back if at - back <= _LONGEST_RUN else at


def excerpt(text: str, words: Iterable[str], span: int = 36) -> list[tuple[str, bool]]:
    """`pieces` of the part around the first hit, `span` characters to each side; nothing when no word stands there as it was asked."""
    found = pieces(" ".join(text.split()), words)
    first = next((n for n, (_, hit) in enumerate(found) if hit), None)
    if first is None:
        return []
    before = "".join(piece for piece, _ in found[:first])
    made, left = [(("…" if (start := between_words(before, max(0, len(before) - span))) else "") + before[start:], False)] if before else [], 2 * span
    for piece, hit in found[first:]:
        made.append((piece[: between_words(piece, left) or left], hit))
        left -= len(piece)
        if left <= 0:
            break
    return [*made, ("…", False)] if left <= 0 else made
