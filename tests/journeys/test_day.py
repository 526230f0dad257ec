"""The call-back by its number, danger on the telephone, the monthly sheet: from the first key to what is true afterwards."""

from tests.cast import PHONE


def test_a_number_is_rung_danger_is_seen_and_a_liaison_is_replaced(journey):
    told = journey("day")
    ring = told["ring"]
    assert ring["masked"] and ring["number"].replace(" ", "").endswith(PHONE[-4:]) and "确认是本人之前" in ring["asked"]
    assert "已办结" in ring["saved"] and "先核对身份" in ring["next"], "the next call itself, not a page that offers it"
    again = told["again"]
    assert again["number"] in again["said"] and "来电人还在本页" in again["said"]
    assert again["phone"] == PHONE and "路灯不亮" in again["words"], "what was written of the other matter stays with its caller"
    offered = told["candidates"]
    assert "其他单位" in offered["keys"] and "输入名称" not in offered["keys"], "fields by their names, not by what may be typed into them"
    assert [one.split()[-1] for one in offered["offered"]][:2] == ["市水务局", "市城管局"] and offered["taken"] == "市城管局" and "已派给市城管局" in offered["sent"]
    danger = told["danger"]
    assert danger["above"] and any("119" in one for one in danger["numbers"]) and any("120" in one for one in danger["numbers"])
    assert "紧急" in danger["done"] and "值班长" in danger["done"] and "煤气" in danger["shift"]
    sheet = told["sheet"]
    assert "1 行可以开立" in sheet["report"] and "1 行有问题" in sheet["report"] and "没有这个局" in sheet["left"]
    assert sheet["before"].endswith("/desk/unit") and "/login" in sheet["after"] and "接替" in sheet["said"][-1]
    assert "密码" in sheet["first"], "a first password is changed at once"
