"""What is done in the field without a network arrives once, in order; what clashes stays, with both versions."""

KEPT = "已存在这部手机"


def test_work_without_a_network_arrives_once_and_nothing_is_lost(journey):
    told = journey("offline")
    assert "已存下 3 件" in told["taken"] and "没有网络" in told["banner"] and told["orders"] == 3
    assert [line.split(" · ")[0] for line in told["before"]] == ["签收", "签收", "已联系", "现场办理", "起草答复"]
    assert told["after_kill"] == told["before"], "a killed browser loses nothing"
    assert told["answers_lost"] >= 1 and told["still"] == 5, "sent, and the answer lost: it waits on"
    history = told["history"]
    assert history["order"][-5:] == ["dispatch", "sign", "contact", "field_record", "draft_reply"], "in order; what was sent twice is taken once"
    assert "sign" not in history["gone"]
    assert "正在取" in told["asked"] or "已取到" in told["asked"]
    assert told["position"] == ["unknown", "29.6500,91.1200,", 1], "taken with the photo where there is no network, sent with it later"
    assert "签收" in told["clash"] and "已撤诉" in told["clash"] and "您记下的" in told["clash"]
    assert "请不要离开这一页" in told["full"] and KEPT in told["logged_out"] and history["third"][-2:] == ["sign", "contact"]
    assert told["line"].startswith("待报送 1 项，其中 1 项") and told["logout"] == 0
