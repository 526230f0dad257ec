"""The one way to write a share of a hundred, its interval and a score."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from minsheng.kit import percents
from minsheng.kit.papers.cells import share, span
from minsheng.kit.templatetags.show import percent as on_a_page
from minsheng.measures import rules
from minsheng.measures.rules import BY_CODE
from minsheng.measures.score_rules import Part, Scheme

SOURCE = Path(percents.__file__).parents[1]
COUNTS = some.integers(1, 10**8).flatmap(lambda whole: some.tuples(some.integers(0, whole), some.just(whole)))


def figure(part: int, whole: int) -> rules.Row:
    return rules.row(BY_CODE["sign_on_time"], {"signed_in_time": part, "sign_due": whole}, cutoff="", day=date(2025, 1, 31))


@pytest.mark.parametrize(("part", "whole", "said"), [
    (2999, 3000, "99.9%"), (3000, 3000, "100.0%"), (1, 3000, "0.1%"), (0, 3000, "0.0%"), (0, 0, "暂无数据"), (304, 314, "96.8%"),
    (1969, 2000, "98.5%"), (1, 2000, "0.1%"), (9_999_999, 10_000_000, "99.9%"), (984_499_9, 10_000_000, "98.4%")])
def test_a_share_is_rounded_half_up_and_all_is_said_only_of_all(part, whole, said):
    assert {percents.percent(part, whole), figure(part, whole).shown, share(part, whole).shown} == {said}


@given(COUNTS)
def test_on_whatever_it_stands_a_figure_and_its_interval_are_written_alike(counts):
    part, whole = counts
    row = figure(part, whole)
    assert row.shown == percents.percent(part, whole) == share(part, whole).shown and row.between == span(part, whole).shown
    assert (row.shown == "100.0%") == (part == whole) == (row.value == 1) and (row.shown == "0.0%") == (part == 0) == (row.value == 0)
    assert abs(Fraction(row.shown.rstrip("%")) - Fraction(100 * part, whole)) <= Fraction(1, 10)
    assert on_a_page(part / whole) == row.shown or whole > 1000, "of a share that is no count the same rule"


@given(COUNTS)
def test_the_form_of_a_spreadsheet_shows_the_same(counts):
    part, whole = counts
    first, _, rest = percents.form(part, whole).partition(";")
    value = Fraction(part, whole)
    if first == '[>0]"0.1%"':
        shown = "0.1%" if value > 0 else "0.0%"
    elif value >= 1:
        shown = "100.0%"
    else:
        assert rest.startswith('[>=0.9995]"99.9%"')
        shown = "99.9%" if value >= Fraction(9995, 10000) else f"{int(value * 1000 + Fraction(1, 2)) / 10:.1f}%"
    assert shown == percents.percent(part, whole)


def test_a_score_is_points_of_a_hundred_and_a_hundred_only_where_nothing_is_lost():
    scheme = Scheme("x", "方案", date(2025, 1, 1), (Part("solve", 60), Part("satisfaction", 40)))

    def score(solved: int, satisfied: int, of: int = 100_000) -> rules.Row:
        counts = {"solved": solved, "answered_solved": of, "satisfied": satisfied, "answered_satisfaction": of}
        return rules.row(BY_CODE["composite"], counts, cutoff="", day=date(2025, 1, 31), scheme=scheme)

    assert [score(*each).shown for each in ((90_300, 90_300), (100_000, 100_000), (99_999, 100_000), (0, 0))] == ["90.30", "100.00", "99.99", "0.00"]
    assert score(99_999, 100_000).value < 1 and percents.points(None) == "暂无数据"
    assert score(9_999_999, 10_000_000, 10_000_000).value < 1


def test_nobody_else_writes_a_percentage():
    own = re.compile(r"\.[12]f\}\s*%|floatformat[^}]*\}\}\s*%|toFixed\(\d\) \+ .%|:\.[12]%\}")
    found = [f"{path.relative_to(SOURCE)}: {line.strip()}" for kind in ("py", "html", "js") for path in SOURCE.rglob(f"*.{kind}")
             if "vendor" not in path.parts and path.name != "percents.py" for line in path.read_text(encoding="utf-8").splitlines() if own.search(line)]
    assert found == []
