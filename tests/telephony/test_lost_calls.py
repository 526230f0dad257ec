"""Who was lost, in a real browser on a real exchange: an agent's dead browser, a caller who gave up, one who is sent to another queue."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.pbx


def test_a_dead_browser_leaves_the_queue_and_a_lost_caller_is_rung_back_from_the_list_once(journey):
    told = journey("lost_calls")
    assert (told["gave_up"], told["rung"]) == (0, []), "the caller went straight to who was there"
    assert told["moved"] == {"leader": True, "agent": "值班长把来电转到了别的队列", "presence": "wrap_up"}
    assert (told["there"], told["citizen"]) == (["q-bo"], 0)
    assert told["lost_after"]["state"] == "失联" and told["lost_after"]["s"] < 90
    back = told["back"]
    assert "还没有拨过" in back["untried"] and back["key"] == "cb-" and "话务平台已记下：接通" in back["told"]
    assert (back["left"], back["dialled"]) == (0, 1) and "接通（已说明来意）" in back["done"], "gone from the list, rung once, with the clerk's words"
    if tls := told.get("tls"):
        assert "证书过期" in tls["over"] and "技术员" in tls["over"] and "重连" in tls["before"]
        assert "不要关这个窗口" in tls["in"] and (tls["call"], tls["citizen"]) == ("talking", 0)
    if walls := told.get("walls"):
        assert "话务员甲" in walls["agents"]
        assert "连不上服务器，正在重连" in walls["cut"] and walls["other"] == 0
    assert tls or walls
