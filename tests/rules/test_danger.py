"""Words of danger: what a caller in danger says is heard, what only sounds like it is not, however it is typed."""

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minsheng.cases.queries.dangers import FILE
from minsheng.cases.rules import Ground
from minsheng.cases.rules.danger import Reading, fold, phrase, read, words_of

WORDS = words_of(yaml.safe_load(FILE.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("text", "code", "number"), [
    ("楼道里闻到很浓的煤气味，有人头晕", "gas", "119"),
    ("厨房煤气灶一直在漏气，我妈头晕想吐", "gas", "119"),
    ("我不想活了", "selfharm", "12356"),
    ("活着没有意思，药都买好了", "selfharm", "12356"),
    ("三楼着火了，里面还有人", "fire", "119"),
    ("电梯困人，孩子在里面哭", "trapped", "119"),
    ("Fire! people are inside", "fire", "119"),
    ("煤氣洩漏，有人暈倒", "gas", "119"), ("我想自殺", "selfharm", "12356"), ("⻋库着⽕了", "fire", "119"), ("遗书都写好了", "selfharm", "12356"),
    ("我活着还有什么意思", "selfharm", "12356"), ("河水涨上来，我们困在屋顶", "trapped", "119"), ("液氯泄漏了，鼻子眼睛都睁不开", "chemical", "119"),
    ("爸爸天天用皮带抽我，我是小学生", "minor", "12355"), ("墙裂了大口子，楼要倒了", "collapse", "119"), ("刚才被雷劈了", "electric", "120"),
    ("我儿子被传销控制了，手机被没收", "knife", "110"), ("火灾", "likely", "119"), ("燃气灶打不着火但是屋里味道特别冲", "likely", "119"),
    ("ཁང་པར་མེ་ཤོར་སོང་།", "fire", "119"),
    ("家裡瓦斯外洩，味道很濃", "gas", "119"), ("小区煤气管道爆了，呼呼响", "gas", "119"), ("燃气管被铲车砸断了", "gas", "119"),
    ("There is a strong gas odor in my kitchen", "gas", "119"), ("我孩子今天在幼儿园被老师打了，脸上有手印", "minor", "12355"), ("班主任当着全班体罚学生", "minor", "12355"),
])
def test_a_caller_in_danger_is_heard(text, code, number):
    found = read(text, WORDS)
    assert code in found.codes and found.urgent and number in found.call


@pytest.mark.parametrize("text", [
    "煤气费太贵了，能不能查一下",
    "小区想通天然气，请问什么时候能开通",
    "物业说要换灭火器，一直没换",
    "楼下饭店油烟大，希望管一管",
    "商场搞跳楼价促销，价格有欺诈",
    "去年这里着过火，希望多检查",
    "消防通道被占，万一着火消防车进不来",
    "火车站广场的路灯不亮",
    "我想死心塌地干好这份工作", "触电影院的观影券退费", "要求公布雪崩预警电话", "担心这面墙要塌，请来看看", "楼盘要倒闭，定金不退", "火灾隐患没人管",
    "我是小学生家长，请打我电话", "孩子被老师打电话叫家长，问几点放学", "孩子的作业被老师打了低分，想问评分标准", "燃气管网改造工期断断续续，请公布时间", "老师打孩子电话不通",
    "希望冷库的氨气味道小一点",
    "",
])
def test_what_only_sounds_like_danger_is_not_urgent(text):
    assert not read(text, WORDS).urgent


@pytest.mark.parametrize(("text", "ground"), [
    ("我不想活了", Ground.SELFHARM), ("孩子在学校被高年级同学堵在厕所要钱", Ground.MINOR), ("丈夫又打我，说要打死我", Ground.LIFE),
    ("实名举报村支书收受好处费", Ground.WHISTLE), ("巷子里路灯坏了三天", ""),
])
def test_what_must_be_restricted_says_on_what_ground(text, ground):
    assert read(text, WORDS).restricted == ground


def test_every_ground_that_the_words_name_is_one_that_the_form_offers():
    assert {d.restricted for d in WORDS.dangers if d.restricted} <= {g.value for g in Ground}


UNSEEN = st.sampled_from(["\u200b", "\u2060", "\ufeff", "\u00ad", " ", "\u3000"])


@given(st.lists(UNSEEN, min_size=5, max_size=5))
def test_marks_that_nobody_sees_and_gaps_hide_no_danger(marks):
    typed = "".join(c + m for c, m in zip("我不想活了", marks, strict=True))
    assert read(typed, WORDS).codes == read("我不想活了", WORDS).codes


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    assert isinstance(read(text, WORDS), Reading) and fold(fold(text)) == fold(text)


def test_wide_letters_are_read_like_narrow_ones():
    assert read("ｓｕｉｃｉｄｅ", WORDS).restricted == Ground.SELFHARM


def test_a_long_letter_about_old_times_is_not_urgent_and_one_that_says_now_is():
    old = "我来反映多年前的拆迁补偿问题，" * 12
    assert not read(old + "当时院里着火，房子没了。" + old, WORDS).urgent
    assert read(old + "现在屋里着火了，快来人。", WORDS).urgent


def test_the_time_to_read_grows_with_the_length_and_no_faster():
    def spent(n: int) -> float:
        text = ("煤气" * 3 + "我在天然气公司门口排队，") * n
        start = time.process_time()
        for _ in range(3):
            read(text, WORDS)
        return time.process_time() - start

    spent(20)
    assert spent(400) < 40 * max(spent(100), 0.005), "four times the text: four times the time, not sixteen and more"


def test_a_phrase_is_read_in_order_in_any_order_and_anywhere():
    one, two, three = (words_of({"groups": [{"code": "x", "label": "x", "words": [line]}]}) for line in ("甲词~乙词", "甲词&乙词", "甲词+乙词"))
    assert read("甲词乙词", one).codes and not read("乙词甲词", one).codes and read("乙词甲词", two).codes
    far = "乙词" + "，好" * 20 + "甲词"
    assert not read(far, two).codes and read(far, three).codes and phrase("甲词+乙词").anywhere


def test_a_city_adds_words_to_a_danger_and_dangers_of_its_own():
    shipped = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    city = words_of(shipped, [{"code": "gas", "words": ["气站那边响"], "category": "gas.safe"},
                              {"code": "yak", "label": "牦牛伤人", "words": ["牦牛~顶人"], "call": ["120"]}])
    assert read("气站那边响得厉害", city).category == "gas.safe" and read("牦牛在街上顶人", city).call[0] == "120"
    assert not read("气站那边响得厉害", WORDS).codes


def test_what_short_texts_alone_say_is_not_heard_in_a_long_one():
    """Who is in danger does not write two pages."""
    assert "likely" in read("孩子没反应", WORDS).codes
    assert "likely" not in read("孩子没反应" + "，关于小区停车位的划线和收费，我想咨询一下标准" * 8, WORDS).codes


def test_a_word_said_a_thousand_times_over_is_looked_at_some_forty_times():
    began = time.process_time()
    assert read("假如着火了怎么办，" * 5000, WORDS).codes == ()
    assert time.process_time() - began < 5


def test_a_latin_word_inside_another_is_not_that_word():
    assert "fire" in read("Fire! people are inside", WORDS).codes and read("the fireplaces and campfires for tourists", WORDS).codes == ()
