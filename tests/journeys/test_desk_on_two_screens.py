"""A leader and an assistant on two screens at one call."""

from tests.journeys.leader_desk import AGAIN, ORDER, SAID


def test_two_screens_of_one_call_lose_no_word_and_the_leader_never_scrolls(journey):
    told = journey("leader_desk")
    assert told["leader"] == SAID and told["agent"] == ORDER and told["reloaded"] == SAID + ORDER
    assert not told["number"], "masked as the leader's rights say"
    assert "请打这个电话联系" in told["clash"]["told"] and AGAIN in told["clash"]["other"] and "领导甲" in told["clash"]["other"]
    assert AGAIN in told["clash"]["both"] and "请打这个电话联系" in told["clash"]["both"]
    assert told["killed"] == "幸福路1号" and "热线会回访" in told["toast"]
    assert all(page <= window for page, window in told["heights"]), told["heights"]
