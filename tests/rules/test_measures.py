"""Measures without a database: the worked examples, parts that add up, declarations that are whole."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import Satisfaction, State
from minsheng.measures import rules, set_predicates
from minsheng.measures.rules import BY_CODE, MEASURES
from minsheng.measures.set_predicates import FACTS, GROUPS, SETS, Answer, Dispatch, Order, Repeat, Round, Window

pytestmark = pytest.mark.uncounted

START = datetime(2025, 1, 1, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=31), START + timedelta(days=40))
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
        assert len({s.source for s in used}) <= 1, m.code
        assert bool(used) == (m.kind in {"rate", "volume"}), m.code
    assert len(BY_CODE) == len(MEASURES) == len({m.label for m in MEASURES})


def test_the_figures_that_are_easily_mixed_up_never_share_a_name():
    labels = {m.label for m in MEASURES}
    assert {"受理量", "在线办结量", "转办量", "办结量", "办结率", "按时办结率", "接通率", "15秒接通率"} <= labels


def test_groups_of_the_declarations_are_those_of_the_facts():
    assert set(rules.BY) == set(GROUPS) == set(rules.NONE_OF)
    for source in FACTS.values():
        assert set(GROUPS.values()) <= set(source.__dataclass_fields__)


def test_the_page_of_measures_is_generated_from_the_declarations():
    page = Path(__file__).parents[2] / "docs" / "measures.md"
    assert page.read_text(encoding="utf-8") == rules.as_markdown(), "请重新生成 docs/measures.md（measures.rules.as_markdown）"


def test_weights_come_from_the_table_of_their_day_and_make_a_hundred():
    for scheme in rules.SCHEMES:
        assert sum(w for _, w in scheme.weights) == 100
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


# --- counting, as a property ------------------------------------------------------------

moments = st.none() | st.integers(-100, 1100).map(lambda h: START + timedelta(hours=h))
base = {"lead": st.sampled_from([None, 1, 2, 3]), "category": st.sampled_from([None, 1, 2]), "channel": st.sampled_from(["phone", "web"]),
        "district": st.sampled_from([None, 1, 2])}
flag = st.booleans()
orders = st.builds(Order, state=st.sampled_from(list(State)), excluded=flag, stands_since=moments, received_at=moments, sign_due_at=moments,
                   signed_at=moments, closed_at=moments, **base)
rounds = st.builds(Round, state=st.sampled_from(list(State)), excluded=flag, stands_since=moments, contacted=st.none() | flag,
                   contact_due_at=moments, contacted_at=moments, contact_typed_at=moments, contact_waived_at=moments, handle_due_at=moments,
                   replied_at=moments, closed_at=moments, **base)
dispatches = st.builds(Dispatch, at=moments.filter(bool), excluded=flag, return_asked=flag, return_upheld=flag, redone=flag, extended=flag,
                       **base)
answers = st.builds(Answer, excluded=flag, reached=flag, solved=st.none() | flag,
                    satisfaction=st.sampled_from(["", *(s.value for s in Satisfaction)]), **base)
repeats = st.builds(Repeat, received_at=moments.filter(bool), before=moments, **base)
cities = st.fixed_dictionaries({name: st.lists(rows, max_size=12) for name, rows in
                                {"order": orders, "round": rounds, "dispatch": dispatches, "answer": answers, "repeat": repeats}.items()})


@given(cities, st.sampled_from(list(GROUPS)), flag)
def test_the_whole_is_the_sum_of_its_parts(facts, by, raw):
    window = Window(WINDOW.start, WINDOW.end, WINDOW.cutoff, raw)
    whole = set_predicates.count(facts, window, SETS).get(None, {})
    parts = set_predicates.count(facts, window, SETS, by)
    assert {c: sum(p.get(c, 0) for p in parts.values()) for c in SETS if whole.get(c)} == {c: n for c, n in whole.items() if n}


@given(cities, flag)
def test_a_numerator_lies_in_its_denominator_and_a_share_in_its_interval(facts, raw):
    window = Window(WINDOW.start, WINDOW.end, WINDOW.cutoff, raw)
    counts = set_predicates.count(facts, window, SETS).get(None, {})
    for m in MEASURES:
        for policy in rules.POLICIES:
            row = figure(m.code, counts, policy)
            if m.kind == "rate" and row.value is not None:
                assert row.numerator <= row.denominator
                assert 0 <= row.low <= row.value <= row.high <= 1, m.code


@given(cities, st.integers(1, 30))
def test_two_periods_side_by_side_count_what_one_over_both_counts(facts, day):
    """Half-open inside: nothing falls between two periods or into both. Answers belong to the period that asks."""
    middle = WINDOW.start + timedelta(days=day)
    halves = Window(WINDOW.start, middle, WINDOW.cutoff), Window(middle, WINDOW.end, WINDOW.cutoff)
    codes = [c for c, s in SETS.items() if s.source != "answer"]
    left, right, both = (set_predicates.count(facts, w, codes).get(None, {}) for w in (*halves, WINDOW))
    assert both == {c: left[c] + right[c] for c in both}


@given(cities, flag)
def test_denial_and_what_was_typed_late_are_the_gap_between_claimed_and_confirmed(facts, raw):
    counts = set_predicates.count(facts, WINDOW, SETS).get(None, {})
    assert counts.get("contact_denied", 0) == (
        counts.get("contact_claimed", 0) - counts.get("contact_confirmed", 0) - counts.get("contact_typed_late", 0))


def test_a_paused_clock_is_not_late_and_a_withdrawn_case_asks_nothing_of_a_unit():
    due = {"lead": 1, "handle_due_at": START + timedelta(days=2)}

    def sizes(one):
        return set_predicates.count({"round": [one]}, WINDOW, ["handle_due", "handled_in_time"])[None]

    assert sizes(Round(State.IN_PROGRESS, **due)) == {"handle_due": 1, "handled_in_time": 0}
    assert sizes(Round(State.PARKED, stands_since=START, **due)) == {"handle_due": 0, "handled_in_time": 0}
    assert sizes(Round(State.PARKED, stands_since=START + timedelta(days=3), **due)) == {"handle_due": 1, "handled_in_time": 0}, "late before it stood"
    assert sizes(Round(State.WITHDRAWN, closed_at=START, **due)) == {"handle_due": 0, "handled_in_time": 0}
    assert sizes(Round(State.WITHDRAWN, closed_at=START + timedelta(days=3), **due)) == {"handle_due": 1, "handled_in_time": 0}, "late before it ended"
    assert sizes(Round(State.PENDING_CHECK, replied_at=START, **due)) == {"handle_due": 1, "handled_in_time": 1}
