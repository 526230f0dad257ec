"""The first letters of Chinese words, for fields that are found by them: 路灯 by "ld". A character of several readings has them all."""

from __future__ import annotations

import os
from functools import lru_cache


@lru_cache(maxsize=8192)
def initials(text: str) -> tuple[str, ...]:
    """One entry a character (or run of other letters), each with the letters it may begin with: ("l", "d"), 行 ("xh",)."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # characters are enough here; the table of phrases is large
    import pypinyin

    found = pypinyin.pinyin(text, style=pypinyin.Style.FIRST_LETTER, heteronym=True)
    return tuple("".join(dict.fromkeys("".join(letters).lower())) for letters in found)
