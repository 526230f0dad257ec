"""Numbers that an office gives its papers (文号): each is given once, whatever kind of paper bears it and however it is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from django.apps import apps
from django.db.models import Model

from minsheng.kit.in_turn import in_turn

_COLUMN = "doc_number"
_BRACKETS = str.maketrans("[]()【】{}〖〗", "〔〕" * 5)


def folded(number: str) -> str:
    """As it is compared: 〔2025〕 and [2025], wide and narrow figures, with a blank and without are one number on paper."""
    return "".join(unicodedata.normalize("NFKC", number).translate(_BRACKETS).split())


def taken(number: str, by: Model) -> bool:
    """Does another paper than `by` bear this number? Who asks comes one after the other until what they write is kept: of two who type the same at
    once the second is told. One statement for each kind of paper."""
    if not number:
        return False
    in_turn("doc_numbers")
    wanted, mine = folded(number), (type(by), by.pk)
    return any(folded(said) == wanted for kind, pk, said in _given() if (kind, pk) != mine)


def _given() -> Iterator[tuple[type[Model], int, str]]:
    for kind in apps.get_models():
        if any(field.name == _COLUMN for field in kind._meta.fields):
            for pk, said in kind._default_manager.exclude(**{_COLUMN: ""}).values_list("pk", _COLUMN):
                yield kind, pk, said
