"""What a text is about, in three languages, by words that stand in it."""

import pytest

from minsheng.cases.rules.danger import Danger, Found, Reading
from minsheng.dispatch.rules import Matter, read, says

MATTERS = [
    Matter("lamp", "路灯照明", ("路灯", "street light", "ལམ་སྒྲོན")), Matter("water", "停水与水质", ("停水", "no water", "ཆུ་ཆད")),
    Matter("tv", "电视", ("KTV",)),
]


@pytest.mark.parametrize(("text", "code", "kind"), [
    ("巷子里路灯坏了三天", "lamp", "help"),
    ("The Street Light on our lane is broken", "lamp", "help"),
    ("How do I report it? There is no water since Monday", "water", "consult"),
    ("ང་ཚོའི་ཁང་པར་ཆུ་ཆད་ནས་ཉིན་གཉིས་སོང་།", "water", "help"),
    ("楼下ktv太吵，投诉", "tv", "complaint"),
])
def test_the_matter_and_the_type_are_proposed_in_the_caller_s_language(text, code, kind):
    found = read(text, MATTERS)
    assert found.matters[0].code == code and found.kind == kind


def test_a_latin_word_must_stand_alone():
    assert says("my tape is lost", "tape") and not says("my tape is lost", "tap")


def test_the_matter_of_a_danger_comes_before_all_others():
    gas = Danger("gas", "燃气泄漏", ("119",), "", (), category="water")
    found = read("巷子里路灯坏了，闻到煤气", MATTERS, Reading((Found(gas, "闻到煤气"),)))
    assert [g.code for g in found.matters] == ["water", "lamp"] and found.matters[0].because == ("闻到煤气",)
