"""Periods beside a period: as many months or days before, the same a year before; cut into steps without gap or overlap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.measures import spans
from minsheng.measures.spans import Span

DAYS = st.dates(date(2001, 1, 1), date(2040, 12, 31))
SPANS = st.builds(lambda first, length: Span(first, first + timedelta(days=length)), DAYS, st.integers(0, 800))


def span(a: str, b: str) -> Span:
    return Span(date.fromisoformat(a), date.fromisoformat(b))


@pytest.mark.parametrize(("asked", "before", "year"), [
    (("2025-01-01", "2025-01-31"), ("2024-12-01", "2024-12-31"), ("2024-01-01", "2024-01-31")),
    (("2025-03-01", "2025-03-15"), ("2025-02-01", "2025-02-15"), ("2024-03-01", "2024-03-15")),
    (("2025-03-01", "2025-03-30"), ("2025-02-01", "2025-02-28"), ("2024-03-01", "2024-03-30")),
    (("2025-01-03", "2025-01-09"), ("2024-12-27", "2025-01-02"), ("2024-01-03", "2024-01-09")),
    (("2024-02-01", "2024-02-29"), ("2024-01-01", "2024-01-31"), ("2023-02-01", "2023-02-28")),
    (("2025-02-01", "2025-02-28"), ("2025-01-01", "2025-01-31"), ("2024-02-01", "2024-02-29")),
    (("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31"), ("2024-01-01", "2024-12-31")),
])
def test_the_period_before_and_a_year_before(asked, before, year):
    assert spans.before(span(*asked)) == span(*before) and spans.year_before(span(*asked)) == span(*year)


@given(SPANS)
def test_the_period_before_ends_before_this_one_begins(one):
    before = spans.before(one)
    assert before.since <= before.until < one.since and spans.year_before(one).since <= spans.year_before(one).until


@given(SPANS, st.sampled_from(list(spans.STEPS)))
def test_steps_hold_every_day_once_in_order(one, step):
    found = spans.steps(one, step)
    assert found[0].since == one.since and found[-1].until == one.until
    assert all(a.until + timedelta(days=1) == b.since for a, b in zip(found, found[1:], strict=False))


@given(SPANS)
def test_the_usual_step_makes_a_picture_that_can_be_read(one):
    assert len(spans.steps(one, spans.usual_step(one))) <= 62
