"""A day at one telephone by keys alone, in a real browser on a real exchange: what SIPp counted is what every page and the record say."""

from __future__ import annotations

import pytest

from tests.of_today import ALL

CALLS = 80 if ALL else 3
pytestmark = pytest.mark.pbx


def test_calls_taken_by_keys_alone_are_counted_alike_by_sipp_the_pages_and_the_record(journey):
    told = journey("keyboard_day", "--calls", str(CALLS))
    rung, record = told["rung"], told["record"]
    assert set(told["codes"]) == {"0"}, "every citizen's phone went as its steps say"
    for name in ("answered", "abandoned", "cases", "notes", "transferred"):
        assert record[name] == rung.get(name, 0), name
    assert record["other"] == record["doubtful"] == 0 and record["with_call"] >= record["cases"]
    first, last = told["weight"][0], told["weight"][-1]
    assert last["audio"] == 0 and "就绪" in last["bar"], "nothing of a call is left when it is over"
    assert last["window_mb"] < first["window_mb"] + 15 and last["window_nodes"] < first["window_nodes"] + 2000
    assert all(("已填的内容" in one["said"]) <= bool(one["form"]) for one in told["weight"]) and "通话已结束" in last["said"], "of a form that is there"
