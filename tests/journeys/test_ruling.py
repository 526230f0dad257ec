"""Rulings, merges and what is taken back, by the people whose deeds they are."""


def test_what_is_asked_is_ruled_and_what_was_wrong_is_undone(journey):
    told = journey("ruling")
    back = told["return"]
    assert "等退单审核员裁定" in back["asked"] and back["beside"] == {"1280": True, "1920": True}
    assert back["lacking"] == "请填写裁定意见", "the field says what is wrong with it"
    assert "驳回退单" in back["ruled"] and "退单" in back["shut"]
    assert "裁定前一切照旧" in told["extension"]["asked"] and "同意延期" in told["extension"]["ruled"]
    assert told["extension"]["once"] == "grant_extension", "one press puts the focus on it and no more"
    assert told["extension"]["promised"].startswith("办理期限由")
    assert "同意重办" in told["redo"]["ruled"] and "回访后重办" in told["redo"]["told"] and told["redo"]["empty"] == ""
    merge = told["merge"]
    assert "并单" in merge["merged"] and merge["state"] == "已并单" and merge["undone"] == "待审核派单" and "撤销并单" in merge["said"]
    gone = told["taken_back"]
    assert gone["back"] == "没有这样的单位", "what was typed before the error is there when the person goes back"
    assert "已派给市水务局" in gone["sent"] and "已撤回派单" in gone["said"] and "还没有通知任何人" in gone["said"] and gone["opened"]
    assert "没能撤销" in gone["late"]
    more = told["more"]
    assert "请问清是几号楼" in more["asked"] and "等派单员审核派单" in more["sent"] and more["left"] == 0
    assert more["state"] == "pending_review" and "3号楼" in more["words"]
