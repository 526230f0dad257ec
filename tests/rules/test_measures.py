"""Measures without a database: the worked examples, parts that add up, declarations that are whole."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.measures import rules, set_sql, sets
from minsheng.measures.program_schemes import samples
from minsheng.measures.rules import BY_CODE, MEASURES
from minsheng.measures.sets import BITS, FACTS, SETS

pytestmark = pytest.mark.uncounted

START = datetime(2025, 1, 1, tzinfo=UTC)
EXAMPLE_A = {"contact_confirmed": 96, "contact_due": 98, "attempted": 98, "reached": 92, "answered_solved": 90, "solved": 81,
             "answered_satisfaction": 92, "satisfied": 84}


def figure(code, counts, policy="excluded"):
    return rules.row(BY_CODE[code], counts, policy=policy, cutoff=START.isoformat(), day=date(2025, 1, 31))


# --- worked examples (rulings, 18 and 46) ------------------------------------------------------------


def test_example_a_by_the_two_policies_of_the_unreached():
    assert figure("response_confirmed", EXAMPLE_A).value == pytest.approx(0.9796, abs=5e-5)
    assert figure("solve", EXAMPLE_A).value == pytest.approx(0.90)
    assert figure("satisfaction", EXAMPLE_A).value == pytest.approx(0.9130, abs=5e-5)
    assert round(figure("composite", EXAMPLE_A).value * 100, 2) == 92.84
    assert round(figure("solve", EXAMPLE_A, "no").value * 100, 2) == 82.65
    assert round(figure("satisfaction", EXAMPLE_A, "no").value * 100, 2) == 85.71
    assert round(figure("composite", EXAMPLE_A, "no").value * 100, 2) == 88.32


def test_example_c_one_of_two_says_almost_nothing():
    row = figure("satisfaction", {"satisfied": 1, "answered_satisfaction": 2})
    assert (row.value, round(row.low, 3), round(row.high, 3)) == (0.5, 0.095, 0.905)
    assert rules.band(row, figure("satisfaction", EXAMPLE_A)) == "few"


def test_example_d_of_the_published_leader_days():
    row = figure("completion", {"completed": 304, "to_complete": 314})
    assert (round(row.value, 3), round(row.low, 3), round(row.high, 3)) == (0.968, 0.942, 0.983)


def test_nothing_to_divide_by_is_no_data_and_never_a_hundred_percent():
    for measure in MEASURES:
        row = figure(measure.code, {})
        if measure.kind != "volume":
            assert (row.value, row.low, row.high) == (None, None, None), measure.code
    assert figure("connect", EXAMPLE_A).value is None
    assert figure("composite", {**EXAMPLE_A, "answered_solved": 0}).value is None


def test_a_unit_is_compared_by_its_interval_and_only_from_thirty_cases():
    whole = figure("on_time_completion", {"handled_in_time": 900, "handle_due": 1000})

    def stands(done, due):
        return rules.band(figure("on_time_completion", {"handled_in_time": done, "handle_due": due}), whole)

    assert [stands(29, 29), stands(28, 30), stands(100, 100), stands(60, 100)] == ["few", "level", "above", "below"]
    more_returns = figure("return", {"return_asked": 40, "sent": 100})
    assert rules.band(more_returns, figure("return", {"return_asked": 10, "sent": 100})) == "below"


# --- declarations ------------------------------------------------------------


def test_every_measure_names_known_sets_of_one_source_and_says_what_it_is():
    for m in MEASURES:
        assert m.definition and m.moment and m.label, m.code
        if m.kind == "calls":
            assert {m.numerator, m.denominator} <= set(rules.CALL_SETS), m.code
            continue
        used = [SETS[c] for policy in rules.POLICIES for c in m.parts(policy) if c]
        assert len({s.fact for s in used}) <= 1, m.code
        assert bool(used) == (m.kind in {"rate", "volume"}), m.code
    assert len(BY_CODE) == len(MEASURES) == len({m.label for m in MEASURES})


def test_the_figures_that_are_easily_mixed_up_never_share_a_name():
    labels = {m.label for m in MEASURES}
    assert {"受理量", "在线办结量", "转办量", "办结量", "办结率", "按时办结率", "接通率", "15秒接通率"} <= labels


def test_groups_of_the_declarations_are_columns_of_the_facts_and_of_the_cube():
    assert set(rules.BY) == set(rules.NONE_OF) <= set(set_sql.COLUMNS)


def test_every_set_has_a_bit_of_its_own_among_those_of_its_kind_of_fact():
    assert {s.fact for s in SETS.values()} == set(FACTS)
    for fact in FACTS:
        mine = [BITS[code] for code, s in SETS.items() if s.fact == fact]
        assert len(set(mine)) == len(mine) and sum(mine) < 2**31


def test_a_set_takes_nothing_but_the_cut_off():
    assert {word for s in SETS.values() for word in re.findall(r"%\(?\w*\)?s?", s.sql)} == {"%(cutoff)s"}


def test_the_cube_is_made_anew_for_other_declarations_and_another_zone():
    assert sets.declared("Asia/Shanghai") != sets.declared("Asia/Urumqi")


def test_the_page_of_measures_is_generated_from_the_declarations():
    page = Path(__file__).parents[2] / "docs" / "measures.md"
    assert page.read_text(encoding="utf-8") == rules.as_markdown(), "请重新生成 docs/measures.md（measures.rules.as_markdown）"


def test_weights_come_from_the_table_of_their_day_and_make_a_hundred():
    for scheme in (*rules.SCHEMES, *samples()):
        assert sum(part.points for part in scheme.parts) == 100
    assert rules.scheme_on(date(2025, 1, 31)) is rules.SCHEMES[0]


# --- who reads ------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
def test_unit_people_read_their_own_unit_and_others_only_by_their_post(role):
    by = Actor(1, "甲", frozenset({role}), 5, (1, 5))
    may = role in rules.READ_ALL | rules.READ_OWN | {Role.CLOCK}
    assert bool(rules.may_read(by)) == may
    assert rules.own_unit_only(by) == (role not in rules.READ_ALL | {Role.CLOCK})
    if role in rules.READ_OWN:
        assert not rules.may_read(Actor(1, "甲", frozenset({role})))
