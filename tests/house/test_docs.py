"""Pages that the code writes are fresh, and the glossary knows every word that the code uses."""

import re
from pathlib import Path

import pytest

from minsheng.cli import docs

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", docs.pages())
def test_a_generated_page_says_what_the_code_says(name):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == docs.pages()[name], "run: ./minsheng docs"


def rows() -> list[str]:
    return [line for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]


def codes(row: str) -> set[str]:
    return set(re.findall(r"`([a-z_0-9]+)`", row))


def test_the_glossary_knows_every_room_and_every_word_of_the_code():
    said = set().union(*map(codes, rows()))
    rooms = {p.parent.name for p in (ROOT / "src" / "minsheng").glob("*/__init__.py")} - {"cli"}
    assert rooms - said == set(), "its word is a row under 房间 in docs/glossary.md"
    assert {code for words in docs.code_words().values() for _, code in words} - said == set(), "run: ./minsheng docs"


def test_what_two_things_are_called_by_one_name_is_said_of_each():
    words = docs.code_words()["工单的步骤"]
    assert ("拆单", "split") in words and any("拆单" in row.split("|")[1] and codes(row) == {"split"} for row in rows())


def test_a_word_that_somebody_explains_is_not_said_a_second_time():
    alone, explained = docs._unexplained([]), docs._unexplained(["| 催一催 | the requester asks to hurry | `urge` |"])
    assert "| 催一催 | urge | `urge` |" in alone and "| 催一催 | urge" not in explained
    assert "| 催一催 | urge" in docs._unexplained(["| 催办 | urge | `urge` |"]), "the row explains another word"
