"""A citizen's call from the SIP phone through a real Asterisk to the agent's telephone in a real browser, and into the record."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.pbx


def test_a_call_is_answered_by_one_key_becomes_a_case_and_goes_on_to_110_when_110_has_answered(journey):
    told = journey("calls")
    assert (told["typed"], told["focus"], told["state"]) == ("停水=两天", "search", "ringing"), "a sentence being typed is neither left nor cut"
    assert "138********" in told["pop"] and "13800000021" not in told["pop"] and "汉语" in told["pop"]
    assert told["form"] == 0, "the number is the exchange's: there is no field for it"
    assert told["held"] == [True, False]
    assert "119 占线。来电人还在线上" in told["asked"]["busy"] and told["failed"] == ["119"], "who was rung and did not answer stands on the case"
    assert (told["asked"]["alone"], told["asked"]["three"], told["asked"]["back"]) == (True, "120", ["talking", False])
    assert ["录音暂停" in told["unrecorded"][0], "录音" in told["unrecorded"][1], "不再录音" in told["unrecorded"][2]] == [True, False, True]
    mix = told["asked"]["mix"]
    assert mix["muted"] == ["livefalse", ["livetrue"], ["livetrue"]], "the agent alone is muted, and to both"
    assert mix["pulled"][0] == ["livefalse"] * len(mix["pulled"][0]) and mix["pulled"][1] == [["livetrue"], ["livetrue"]]
    assert mix["spoken"] == ["livetrue"] * len(mix["spoken"]) and told["asked"]["after"] == ["livetrue"]
    assert "已转给 110，对方已接听" in told["passed"] and told["presence"] == "wrap_up" and told["citizen"] == 0
    assert told["kept"] == {"language": "zh", "agent": True, "number": True, "case": told["number"], "linked": 1,
                            "presence": ["ready", "talking", "wrap_up"]}
    assert told["listened"] == {"bar": "旁听同事的通话", "answer": 0, "said": "旁听已结束", "presence": "ready"}
    assert told["window"] == {"refused": "您没有接，来电转给其他人", "stays": True, "talks": "talking", "not_pulled_back": True, "hung_up": 0}
    assert "另一个窗口打开" in told["same_browser"] and "另一台电脑上签入" in told["elsewhere"] and "允许“麦克风”" in told["microphone"]
    colleague, cut = told["colleague"], told["cut"]
    assert "话机没有签入" in colleague["refused"] and colleague["rung"].startswith("同事 ") and "没有显示号码" not in colleague["rung"] and colleague["stays"]
    assert colleague["said"] == "已转给 值班长，对方已接听" and "138********" in colleague["pop"] and colleague["citizen"] == 0
    assert "通话中" in colleague["floor"], "who has got the caller talks, whoever the queue gave the caller to"
    assert (cut["lost"], cut["shown"], cut["held"], cut["ended"]) == (["talking", False], 0, [True, False], 0) and "正在重连" in cut["said"]
    assert cut["left"] == 0 and cut["over"] == "通话在断线时已经结束。已填的内容都在"
