"""A procedure of any subject: its rows by name, what a row says of itself, what a step left different."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from minsheng.kit import hash_chain
from minsheng.kit.changes import delta
from minsheng.kit.steps import Procedure, Step

AT = datetime(2025, 1, 6, 10, tzinfo=UTC)
SIGNED = ("step", "seq", "at")


def row(name: str, **more) -> Step:
    return Step(name, name, frozenset(), None, "porter", (), ("key", "reason?"), **more)


def test_two_rows_of_one_name_are_no_procedure():
    with pytest.raises(ValueError, match="share a name"):
        Procedure([row("lend"), row("give_back"), row("lend")])


def test_a_row_is_found_by_its_name_and_says_what_it_needs():
    rows = Procedure([row("lend"), row("give_back")])
    assert [step.name for step in rows.by_role("porter")] == ["lend", "give_back"] and rows.by_role("guest") == ()
    assert rows.get("lose") is None and rows["lend"].required == ("key",) and rows["lend"].fields == ("key", "reason") and rows["lend"].public == ""


@pytest.mark.parametrize(("before", "after", "said"), [
    ({}, {}, {}), ({"a": 1}, {"a": 1}, {}), ({"a": 1}, {"a": 2}, {"a": 2}), ({"a": 1}, {}, {"a": None}), ({}, {"a": 0}, {"a": 0}), ({"a": None}, {}, {}),
])
def test_what_a_step_left_different(before, after, said):
    assert delta(before, after) == said


def history(count: int) -> tuple[SimpleNamespace, list[SimpleNamespace]]:
    subject, rows = SimpleNamespace(seq=0, head=None), [SimpleNamespace(id=100 + n, step=f"s{n}", at=AT, to=f"state{n}") for n in range(1, count + 1)]
    for each in rows:
        hash_chain.append(subject, each, SIGNED)
    return subject, rows


def found(subject, rows, state: str) -> list[tuple[int, str]]:
    return [(id_, why) for id_, why in hash_chain.broken(rows, seq=subject.seq, head=subject.head, state=state, signed=SIGNED)]


def test_a_history_as_it_was_written_is_sound_also_one_without_a_step():
    subject, rows = history(3)
    assert found(subject, rows, "state3") == [] == found(SimpleNamespace(seq=0, head=None), [], "any")
    assert hash_chain.link(hash_chain.GENESIS, rows[0], SIGNED) == rows[0].hash and hash_chain.link(memoryview(rows[0].hash), rows[1], SIGNED) == rows[1].hash


def test_a_row_changed_gone_cut_off_or_a_state_set_beside_the_history_is_named():
    subject, rows = history(3)
    rows[1].step = "another"
    assert [id_ for id_, _ in found(subject, rows, "state3")] == [102]
    subject, rows = history(3)
    assert [(id_, why[:5]) for id_, why in found(subject, [rows[0], rows[2]], "state3")] == [(103, "第 2 步"), (103, "第 3 步")]
    assert [id_ for id_, _ in found(subject, rows[:2], "state2")] == [0] and "末端" in found(subject, rows[:2], "state2")[0][1]
    assert found(subject, rows, "closed") == [(0, "状态“closed”与历史末步的“state3”不符")]
    assert "末端" in found(SimpleNamespace(seq=3, head=rows[1].hash), rows, "state3")[0][1]


def test_words_are_signed_salted_and_a_time_in_any_zone_alike():
    assert hash_chain.digest(b"salt", "水") == hash_chain.digest(memoryview(b"salt"), "水") != hash_chain.digest(b"pepper", "水")
    assert hash_chain.as_text("水") == "水" and hash_chain.as_text({"b": 1, "a": "水"}) == '{"a": "水", "b": 1}'
    one, other = (SimpleNamespace(step="s", seq=1, at=when) for when in (AT, datetime.fromisoformat("2025-01-06T18:00+08:00")))
    assert hash_chain.canonical(one, SIGNED) == hash_chain.canonical(other, SIGNED)
