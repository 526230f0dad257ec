"""Chinese words in Latin letters: names as they are spelled abroad, and first letters for fields: 路灯 by "ld". A character of several readings has them all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product


def spelled(name: str) -> Iterator[str]:
    """A person's name in Latin letters, without tones and gaps: the family name in front, and behind. Of many readings the first few."""
    found = [_ways(ways, 2 if n else 3) for n, ways in enumerate(_readings(name))]  # 单 is read Dan and Shan
    for syllables in islice(product(*found), 8):
        for split in (1, 2)[: len(syllables) - 1]:
            yield "".join(syllables)
            yield "".join((*syllables[split:], *syllables[:split]))


def _ways(readings: list[str], most: int) -> list[str]:
    """吕 (lv) is written Lü, Lv and Lyu; marks on letters are folded away before anybody compares."""
    return [way for one in readings[:most] for way in ([one.replace("v", u) for u in ("u", "v", "yu")] if "v" in one else [one])]


def _readings(name: str) -> list[list[str]]:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    import pypinyin

    return pypinyin.pinyin(name, style=pypinyin.Style.NORMAL, heteronym=True)


@lru_cache(maxsize=8192)
def initials(text: str) -> tuple[str, ...]:
    """One entry a character (or run of other letters), each with the letters it may begin with: ("l", "d"), 行 ("xh",)."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # characters are enough here; the table of phrases is large
    import pypinyin

    found = pypinyin.pinyin(text, style=pypinyin.Style.FIRST_LETTER, heteronym=True)
    return tuple("".join(dict.fromkeys("".join(letters).lower())) for letters in found)
