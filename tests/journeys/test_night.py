"""Danger by web at night: seen at once, sent by the shift leader, reviewed afterwards."""


def test_danger_by_web_at_night_is_sent_by_the_shift_leader(journey):
    told = journey("night")
    assert "119" in told["web"]["warned"] or "120" in told["web"]["warned"]
    assert told["state"] == "pending_sign" and "市水务局" in told["shift"]["said"]
    assert told["web"]["number"] in told["shift"]["seen"]
    assert told["web"]["number"] in told["review"]["pile"] and "补审" in told["review"]["pile"]
