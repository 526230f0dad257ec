"""The agent's telephone falls silent in the talk, in a real browser on a real exchange: no caller is left in silence, or sent to the survey."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.pbx, pytest.mark.alone]


def test_whose_telephone_fell_silent_is_picked_up_again_or_is_the_next_of_all(journey):
    told = journey("dead_phone")
    for way in ("anew", "cut"):
        if found := told.get(way):
            assert (found["lost"], found["queues"], found["citizen"], found["typed"]) == (1, 1, 0, True), "picked up by the same person, not by the queue"
            assert "自动接回" in found["said"] and found["after_s"] < 30
    if found := told.get("killed"):
        assert found["again_s"] < 20 and found["first"] and found["second"] and found["citizens"] == [0, 0]
        assert found["said"] and (found["result"], found["doubtful"]) == ("answered", "")
    if found := told.get("rang"):
        assert found["same"] and found["citizen"] == 0
        assert found["rang_s"] < 15 and found["after_s"] < 25, "of the 20 seconds of a ringing nobody waits for the rest"
    if found := told.get("pulled"):
        assert (found["live"], found["again"], found["call"], found["lost"], found["citizen"]) == (["livetrue"], ["livetrue"], "talking", 0, 0)
        assert "插好耳麦" in found["none"]
    assert told.get("held", {"call": "talking"})["call"] == "talking" and not told.get("held", {}).get("lost")
    assert {*told} & {"anew", "cut", "killed", "rang", "pulled"} and told["end"] == {"line": "ready", "call": None}
