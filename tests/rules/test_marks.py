"""The marks of a case: what the column holds is read, whatever it holds, and written back as it was where nothing changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.cases.rules import Ask, State, TaskState, decided
from minsheng.cases.rules.marks import LABELS, NAMES, Marks, damaged

IDS, ID = st.lists(st.integers(1, 9), min_size=1).map(tuple), st.integers(0, 9)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))
WORDS = st.lists(st.text(min_size=1), min_size=1).map(tuple)
KINDS = {  # by what a mark is declared to be: a new mark needs no line here
    bool: st.just(True), bool | None: st.booleans(), int: st.integers(1, 9), int | None: ID, str: st.text(min_size=1), datetime | None: TIMES,
    tuple[int, ...]: IDS, tuple[str, ...]: WORDS, State | None: st.sampled_from(State),
    Mapping[int, TaskState]: st.dictionaries(st.integers(1, 9), st.sampled_from(TaskState), min_size=1),
    Mapping[Ask, int]: st.dictionaries(st.sampled_from(Ask), ID, min_size=1), Mapping[str, tuple[int, ...]]: st.dictionaries(st.text(), IDS, min_size=1),
}
HINTS = get_type_hints(Marks)
MARKS = st.fixed_dictionaries({}, optional={name: KINDS[HINTS[name]] for name in sorted(NAMES)})
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6)
STRANGE = st.dictionaries(st.sampled_from(sorted(NAMES)) | st.text(max_size=8), JSON, max_size=5)


def through_json(marks: Marks) -> dict:
    return json.loads(json.dumps(marks.written()))


@given(MARKS)
def test_what_is_written_is_read_again_and_written_the_same(facts):
    marks = Marks(**facts)
    row = through_json(marks)
    assert Marks.read(row) == marks and through_json(Marks.read(row)) == row and row.keys() == facts.keys()


@given(STRANGE)
def test_whatever_lies_in_the_column_is_read_and_nothing_of_it_is_lost(row):
    marks = Marks.read(row)
    kept = through_json(marks)
    lost = {name: value for name, value in row.items() if name not in kept and name != "clerk"}
    assert all(value in (None, "", False, 0, [], {}) for value in lost.values()) and Marks.read(kept) == marks


@pytest.mark.parametrize("row", [None, [], "x", 5, True])
def test_a_column_that_holds_no_object_has_no_marks(row):
    assert Marks.read(row) == Marks()


def test_a_fact_of_another_version_and_a_damaged_one_stay_until_they_are_set():
    marks = Marks.read({"of_tomorrow": {"a": 1}, "alarm": "soon", "pending": {"unheard_of": 1}, "contact": True})
    assert marks.contact and marks.alarm is None and not marks.pending
    assert marks.but(alarm=None, photo=True).written() == {"of_tomorrow": {"a": 1}, "pending": {"unheard_of": 1}, "contact": True, "photo": True}


def test_whoever_was_handed_a_call_back_before_there_could_be_several_is_one_of_them():
    assert Marks.read({"clerk": 7}).clerks == (7,)
    assert Marks.read({"clerk": 7, "clerks": [8]}).clerks == (8,)


def test_a_fact_that_nobody_knows_is_refused():
    with pytest.raises(TypeError):
        Marks().but(contcat=True)


SEALED = {*decided.MARKS, *decided.LATER_MARKS}


@given(MARKS)
def test_the_history_seals_of_a_row_of_any_version_what_it_did_before(facts):
    """An older version wrote facts that nobody had set: empty lists, `false`, none. They were sealed as nothing, and are."""
    row = {"missing": [], "pending": {}, "merged": 0, "photo": False, "proposed": None, "bound": []} | through_json(Marks(**facts))
    case = SimpleNamespace(**dict.fromkeys([*decided.COLUMNS, *decided.LATER]), marks=Marks.read(row))
    nothing = (None, "", False, 0, [], {})
    assert decided.snapshot(case) == {f"marks.{name}": value for name, value in row.items() if name in SEALED and value not in nothing}


def test_every_mark_has_a_label_and_is_sealed_but_the_two_that_no_step_decides():
    """A new mark is sealed without a word elsewhere: one that nobody had listed could be changed by hand unseen."""
    assert NAMES - SEALED == {"did", "clerks"} == set(decided.UNCOUNTED)
    assert all(LABELS[name] for name in NAMES) and decided.label("marks.adopted") == "建议采纳"


def test_a_time_without_a_zone_is_no_time_of_ours():
    assert Marks.read({"alarm": "2025-01-02T10:00:00"}).alarm is None
    assert damaged({"alarm": "2025-01-02T10:00:00", "of another version": 1}) == [("alarm", "2025-01-02T10:00:00")]
    assert damaged(Marks(alarm=datetime(2025, 1, 2, 2, tzinfo=UTC)).written()) == []
