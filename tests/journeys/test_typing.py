"""A session that ends while somebody types costs no word; nor does a second tab."""


def test_nothing_typed_is_lost_with_the_session_or_in_a_second_tab(journey):
    told = journey("typing")
    unit = told["unit"]
    assert "没有提交" in unit["told"] and "都在这台电脑上" in unit["told"] and "都在这台电脑上" in unit["again"]
    assert unit["back"]["url"].endswith("?step=draft_reply"), "back at the form, not at the beginning"
    assert unit["back"]["handling"].startswith("阀门已更换") and unit["back"]["public"].endswith("谢谢您的来电。")
    assert unit["after"] == "", "what was taken is not offered again"
    assert told["agent"]["words"] == "河畔街道12号院停水两天，家里有老人" and "/desk/intake?draft=" in told["agent"]["url"]
    editor = told["editor"]
    assert "都在这台电脑上" in editor["told"] and editor["back"]["url"].endswith("/desk/knowledge/new")
    assert (editor["back"]["title"], editor["back"]["body"]) == ("停水通知怎么查", "阀门已更换，今日中午恢复供水，已当面告知。")
    assert editor["after"] == "", "what was taken is not offered again"
    assert "等待裁定" in told["tabs"]["said"] and told["tabs"]["words"] == "第二页写的另一个理由"
