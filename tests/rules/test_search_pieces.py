"""Where a word that was asked for stands in a text: cut, never changed."""

from hypothesis import given
from hypothesis import strategies as st

from minsheng.kit.search import excerpt, pieces


def test_the_words_asked_for_stand_apart():
    assert pieces("幸福路路灯不亮", ["路灯"]) == [("幸福路", False), ("路灯", True), ("不亮", False)]
    assert pieces("Gas leak", ["gas*"]) == [("Gas", True), (" leak", False)]
    assert pieces("路灯", []) == [("路灯", False)] and pieces("", ["路"]) == []


def test_an_excerpt_begins_near_the_first_hit_and_is_empty_without_one():
    long = "前" * 100 + "路灯" + "后" * 200
    said = "".join(piece for piece, _ in excerpt(long, ["路灯"]))
    assert said.startswith("…前") and "路灯" in said and said.endswith("…") and len(said) < 120
    assert excerpt("没有这个词", ["路灯"]) == []


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=4), max_size=5))
def test_cutting_loses_and_adds_nothing(text, words):
    found = pieces(text, words)
    assert "".join(piece for piece, _ in found) == text
    asked = {w.removesuffix("*").lower() for w in words}
    assert all(piece.lower() in asked or piece.casefold() in {a.casefold() for a in asked} or piece.upper() in {a.upper() for a in asked}
               for piece, hit in found if hit)
