"""What a text is about, in three languages, by words that stand in it."""

import pytest

from minsheng.cases.rules.danger import Danger, Found, Reading
from minsheng.dispatch.rules import Matter, read, says

MATTERS = [
    Matter("lamp", "路灯照明", ("路灯", "street light", "ལམ་སྒྲོན")), Matter("water", "停水与水质", ("停水", "no water", "ཆུ་ཆད")),
    Matter("tv", "电视", ("KTV",)), Matter("garage", "地下车库", ("车库",)),
]


@pytest.mark.parametrize(("text", "code", "kind"), [
    ("巷子里路灯坏了三天", "lamp", "help"),
    ("The Street Light on our lane is broken", "lamp", "help"),
    ("How do I report it? There is no water since Monday", "water", "consult"),
    ("ང་ཚོའི་ཁང་པར་ཆུ་ཆད་ནས་ཉིན་གཉིས་སོང་།", "water", "help"),
    ("楼下ktv太吵，投诉", "tv", "complaint"), ("街邊的路燈壞了", "lamp", "help"), ("路​灯不亮了", "lamp", "help"), ("地下⻋库的⻔坏了", "garage", "help"),
    ("地下車庫的門壞了", "garage", "help"), ("小區停水两天", "water", "help"), ("楼下ＫＴＶ太吵，投訴", "tv", "complaint"),
])
def test_the_matter_and_the_type_are_proposed_in_the_caller_s_language(text, code, kind):
    found = read(text, MATTERS)
    assert found.matters[0].code == code and found.kind == kind


@pytest.mark.parametrize("text", [
    "怎么备案？", "网签备案怎么办", "如何修改户口本上的姓名", "老人办证能否由子女代办", "外地户籍是否可以在这里参加医保", "申请公租房要什么材料", "导游证到哪报名",
    "公租房可以转让吗",
    "异地就医备案需要哪些手续，谢谢", "开放时间是怎样的",
])
def test_a_question_without_a_trouble_is_a_consultation(text):
    assert read(text, MATTERS).kind == "consult"


@pytest.mark.parametrize("text", [
    "小区垃圾没人清，怎么办", "水管漏水了怎么办", "井盖破损严重，能否尽快处理", "怎么还没有人来修", "这是怎么回事", "物业电话怎么打不通", "为什么一直不退押金", "能不能派人来看看",
    "违建是否有人管，请求尽快拆除", "工资拖了三个月，是否合理",
])
def test_a_question_that_tells_of_a_trouble_is_none(text):
    assert read(text, MATTERS).kind != "consult"


@pytest.mark.parametrize(("text", "kind"), [
    ("感谢水务局的师傅，半夜来修好了水管", "praise"), ("表扬3路公交司机", "praise"), ("楼下的路灯坏了三天，晚上看不清，请尽快派人来修。非常感谢！", "help"),
    ("尊敬的领导：感谢您在百忙之中看信。我们小区停水两天了", "help"), ("我们想给孩子办学籍转移，如何办理？感谢！", "consult"),
])
def test_thanks_at_the_end_of_a_letter_are_manners(text, kind):
    assert read(text, MATTERS).kind == kind


def test_a_latin_word_must_stand_alone():
    assert says("my tape is lost", "tape") and not says("my tape is lost", "tap")


def test_the_matter_of_a_danger_comes_before_all_others():
    gas = Danger("gas", "燃气泄漏", ("119",), "", (), category="water")
    found = read("巷子里路灯坏了，闻到煤气", MATTERS, Reading((Found(gas, "闻到煤气"),)))
    assert [g.code for g in found.matters] == ["water", "lamp"] and found.matters[0].because == ("闻到煤气",)
