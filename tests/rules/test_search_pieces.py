"""Where a word that was asked for stands in a text: cut, never changed."""

import re

from hypothesis import given
from hypothesis import strategies as st

from minsheng.kit.search import between_words, excerpt, pieces


def test_the_words_asked_for_stand_apart():
    assert pieces("幸福路路灯不亮", ["路灯"]) == [("幸福路", False), ("路灯", True), ("不亮", False)]
    assert pieces("Gas leak", ["gas*"]) == [("Gas", True), (" leak", False)]
    assert pieces("路灯", []) == [("路灯", False)] and pieces("", ["路"]) == []


def test_an_excerpt_begins_near_the_first_hit_and_is_empty_without_one():
    long = "前" * 100 + "路灯" + "后" * 200
    said = "".join(piece for piece, _ in excerpt(long, ["路灯"]))
    assert said.startswith("…前") and "路灯" in said and said.endswith("…") and len(said) < 120
    assert excerpt("没有这个词", ["路灯"]) == []


def test_no_excerpt_begins_or_ends_inside_a_number_or_a_word_of_letters():
    for n in range(1, 60):
        long = "在" * 20 + "139****0001" + "前" * n + "路灯" + "后" * n + "2024-12-30" + "在" * 99
        said = "".join(piece for piece, _ in excerpt(long, ["路灯"])).strip("…")
        assert set(re.findall(r"[0-9*-]+", said)) <= {"139****0001", "2024-12-30"}, (n, said)
    assert between_words("x" * 500, 300) == 300, "what is no word is cut"


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=4), max_size=5))
def test_cutting_loses_and_adds_nothing(text, words):
    found = pieces(text, words)
    assert "".join(piece for piece, _ in found) == text
    asked = {w.removesuffix("*").lower() for w in words}
    assert all(piece.lower() in asked or piece.casefold() in {a.casefold() for a in asked} or piece.upper() in {a.upper() for a in asked}
               for piece, hit in found if hit)
