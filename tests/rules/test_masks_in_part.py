"""People who are known, by the half of their names: covered, in first letters, with tones, as one calls them, in another script. All made up."""

import pytest

from minsheng.language import rules

pytestmark = pytest.mark.uncounted

MEANT = [  # who stands in the field, how the text names them
    ("王小明", """王*明 王＊明 王** 王*  *小明 王某明 王小某 某小明 王x明 王×明 王X明 王□明 王○明 王_明 王❌明 王ⅹ明
        王...明 王。。明 王～明 王/明 王－明 王（某）明 王（略）明 王（*）明 王[]明 王口明 王〇〇 王口口 王.xm 王先森
        王xm 王XM 王X.M. 王小m w小明 wang2xiao3ming2 wáng·xiǎo·míng WANG-Xiao-Ming Xiǎomíng xiǎomíng
        小王 老王 王哥 王姐 王总 王工 王叔 王姨 王氏 王同学 王经理 王老汉 明哥 明先生 阿明 小明哥 小明先生 W先生 wang先生 Wang女士 姓王名小明 姓王，叫小明 王姓小明
        王<b>小</b>明 王<ruby>小<rt>xiao</rt></ruby>明 王（wáng）小（xiǎo）明 王(三横王)小(大小)明"""),
    ("李素锋", "锋先生 锋哥 锋姐 李大姐 小李 老李 阿锋 李某锋 李*锋 李素* **锋 李s锋 李素f 李S.F. 素锋姐 李素鋒 Sufeng·Li Li3Su4feng1"),
    ("欧阳娜娜", "欧阳*娜 欧**娜 欧某娜 欧阳** 欧阳姐 小欧阳 娜姐 ōuyáng-nànà"),
    ("李四", "李* *四 四哥 小李 Li4-Si4 lǐ-sì Li-Si"),
    ("陳國強", "陈*强 陈*強 陳某強 强哥 国强叔 阿强"),
    ("扎西次仁", "扎*次仁 扎西** 扎西某 བཀྲ་ཤིས་ཚེ་རིང ཚེ་རིང བཀྲ་ཤིས Tashi TSERING 扎西才仁 Zhaxi·Cering"), ("次仁卓玛", "Cering-Zhoima Tsering·Dolma 次**玛 སྒྲོལ་མའི"),
    ("བཀྲ་ཤིས་ཚེ་རིང", "扎西次仁 扎西 Tashi-Tsering བཀྲ་ཤིས"), ("Tashi Tsering", "扎西次仁 བཀྲ་ཤིས་ཚེ་རིང 次仁"),
]
CALLS = [(name, text, frame) for name, texts in MEANT for text in texts.split() for frame in ("昨天是{}家里停水", "找{}。", "{}：停水了")]
CALLS += [("王小明", text, "请{}核实") for text in ("WANG, Xiaoming", "wang xm", "W. Xiaoming", "X.M. Wang", "Wang X.M", "Wang2 Xiao3ming2", "Xiaoming")]
CALLS += [("王小明", text, frame) for text in ("WXM", "W.X.M.") for frame in ("我是{}，", "{}先生来过", "联系人：{}")]
CALLS += [("王小明", text, "{}") for text in ("素 小明说没水", "叫小明。", "Mr. Wang", "前去Mr Wang家")][1:]


@pytest.mark.parametrize(("name", "text", "frame"), CALLS)
def test_who_is_named_in_part_is_masked(name, text, frame):
    masked = rules.mask_people(frame.format(text), (name,)) if "Mr" not in text else rules.mask(frame.format(text), (name,))
    left = masked.replace("［姓名已遮盖］", "").replace("停水", "")
    assert "［姓名已遮盖］" in masked, masked
    assert not any(c in left for c in name + "Wwángxiǎomíngsfśǐ" if c.isalpha() and c in text and c not in "王<b>rubyt三横大小先生老姓名叫哥姐叔姨 Mr"), masked


@pytest.mark.parametrize(("name", "value"), [("王小明", "小明"), ("王小明", " 小明\n"), ("欧阳娜娜", "娜娜"), ("陳國強", "国强"), ("扎西次仁", "次仁")])
def test_a_field_that_holds_half_a_name_and_nothing_else_is_masked(name, value):
    assert rules.mask_people(value, (name,)).strip() == "［姓名已遮盖］"


@pytest.mark.parametrize(("name", "text"), [
    ("李四", "四"), ("高明", "高"), ("王小明", "小"), ("扎西次仁", "扎西德勒！"), ("བཀྲ་ཤིས་ཚེ་རིང", "བཀྲ་ཤིས་བདེ་ལེགས།"), ("扎西", "扎西德勒"), ("Tashi Tsering", "Tashi Road, 扎西路"),
    ("高大区", "小区的高层，大姐来了"), ("时光", "有时总是这样，小时工"), ("黄小康", "建设小康社会，小黄车"), ("车明", "小车说停就停"), ("林建设", "建设项目，小林镇"),
    ("李恩德", "LED灯不亮，LED说明书"), ("郭鹏生", "GPS定位"), ("马丽", "ma li 小马路、老马路，Ma Li Road"), ("李四", "小李庄停水"), ("花明", "小花的叶子"),
    ("施工安", "这让施工方怎么办"), ("张建设", "工程总投资"), ("高宽", "高*5"), ("王小明", "王，明天来；王。明日；王 明显"),
    ("江大海", "江边的大.海"), ("王老师", "向老师反映"), ("张说", "**说明**"), ("方明", "对方总说，地方工程"),
    ("王小明", "王主任、王局长答复"), ("王大路", "大路口，大哥"), ("孙子明", "小孙子上学"), ("安然", "安总机"), ("李安", "the lian street"), ("于海洋", "由于老师硬性要求"),
])
def test_a_word_that_only_begins_like_a_name_stays(name, text):
    assert rules.mask_people(text, (name,)) == text


NUMBERS = """
幺三八 零零幺三 八千
一三八双零一三八三个零
138两个零138三个零
138双零138仨零
壹佰叁拾捌零零壹叁捌零零零
138和0013和8000
138<br>0013<br/>8000
138&nbsp;0013&nbsp;8000
138&#32;0013&#32;8000
&#49;&#51;&#56;00138000
&#x31;&#x33;&#x38;00138000
138%200013%208000
<b>138</b><i>0013</i>8000
yao1 san1 ba1 ling2 ling2 yao1 san1 ba1 ling2 ling2 ling2
yao1san1ba1ling2ling2yao1san1ba1ling2ling2ling2
onethreeeightzerozeroonethreeeightzerozerozero
གཅིག་གསུམ་བརྒྱད་ཀླད་ཀླད་གཅིག་གསུམ་བརྒྱད་ཀླད་ཀླད་ཀླད
86-891-6375472
6375472转801
11010519900307851叉
11010519900307851艾克斯
11010519900307851Χ
11010519900307851ⅹ
11010519900307851❌
一一零一零五一九九零零三零七八五一叉
""".strip().split("\n")


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_that_is_said_together_or_copied_from_a_page_is_masked(text):
    masked = rules.mask(f"停水了{text}请处理")
    assert "已遮盖］" in masked and len(masked) < 24, masked


@pytest.mark.parametrize("text", ["三个零件，两个一元，双一流", "一千二百三十元", "涨了八千，又涨三个点", "100&amp;200<br>300", "<p>停水</p>", "增长20%20分钟", "6375472元",
                                  "四个一、三个二、两个三", "onetwothree", "one two three four", "第Ⅹ条，第ⅹ款", "他叉着腰，共1990030785米"])
def test_what_is_said_together_and_is_no_number_stays(text):
    assert rules.mask(text) == text
