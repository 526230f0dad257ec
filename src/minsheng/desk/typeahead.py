"""What a field with many choices is found by: the first letters of each name, and the other words that people say for it."""

from __future__ import annotations

from minsheng.cases import queries as cases
from minsheng.language.pinyin import initials


def letters(name: str) -> str:
    """First letters as the page's script reads them, one group a character: "l d zm"."""
    return " ".join(initials(name))


def matters() -> dict[str, dict[str, str]]:
    """Code -> what the matter is found by. No statement beyond the kept tree."""
    return {m.code: {"py": letters(m.name), "words": " ".join(m.keywords)} for m in cases.categories().values()}
