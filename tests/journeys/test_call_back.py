"""The main path of the call-back desk, and each requester's own, in a real browser."""

from tests.cast import PHONE


def test_a_requester_is_rung_by_the_number_shown_and_has_a_say_whatever_became_of_the_case(journey):
    told = journey("call_back")
    assert "王小明" in told["rings"]["asks_for"], "the clerk can say whom they ask for"
    assert told["rings"]["number"].replace(" ", "").endswith(PHONE[-4:]) and "*" not in told["rings"]["number"]
    assert told["rings"]["state"] == "closed"
    assert told["redo"] == {"state": "in_progress", "redos": 1}
    assert told["merge"] == {"merged": "merged", "undone": "pending_review"}
    assert "请您补充情况" in told["asked"]["told"] and "几号楼" in told["asked"]["told"] and told["asked"]["state"] == "pending_review"
    assert told["tabs"] == {"first": "withdrawn", "second": "pending_review", "said": True}
    assert told["page"]["state"] == "closed"
