"""People and numbers that are set apart, said in pieces, turned round or covered in part; and what is called after somebody or only numbered like one. All made up."""

import pytest

from minsheng.language import rules

pytestmark = pytest.mark.uncounted

HIDDEN = [  # text, what must not stay
    ("我叫张 三 丰，", "张 三"), ("我叫张 三丰，", "三丰"), ("我是张 三，住城关区", "张"),
    ("联系人：张 三 丰 13800138000", "三 丰"), ("姓名 张 三", "张 三"), ("姓 名：张　三　丰", "三　丰"),
    ("联系人：欧 阳 娜 娜", "娜"), ("我叫次仁 卓 玛", "卓 玛"), ("王 女士反映", "王"),
    ("身份证5401****1234", "1234"), ("身份证号：5401**********123X", "123X"), ("证件号5401XXXX1234", "5401"), ("身份证 5401……1234", "1234"), ("护照E123****8", "E123"),
    ("银行卡6222****1234", "1234"), ("卡号6222 **** **** 1234", "1234"), ("身份证号码是540102****0101****", "0101"),
    ("电话倒着念：00083100831", "00831"), ("号码反过来是000-8310-0831", "8310"), ("00083100831（从后往前读）", "00831"), ("零零零八三一零零八三一，反着念", "八三一"),
    ("138，中间是0013，后面8000", "0013"), ("前三位138，中间四位0013，最后四位8000", "0013"), ("前三位幺三八，中间四位零零幺三，后四位八零零零", "零零幺"),
    ("号码前七位1380013，后四位8000", "8000"), ("138开头，8000结尾，中间0013", "0013"), ("138打头 0013 尾巴8000", "0013"), ("手机前五位13800后六位138000", "13800"),
    ("号码前半段13800，后半段138000", "13800"), ("电话138（换行）00138000", "00138"), ("138 0013\n然后 8000", "8000"), ("一三八 中间 零零一三 最后 八零零零", "零零一"),
    ("138 double zero 13 8 triple zero", "138"), ("one three eight 00 one three 8000", "8000"), ("138-00l3-8OOO", "00l3"),
    ("打0891～6375472", "6375472"), ("138~0013~8000", "0013"), ("住 纳金乡 3 组 15 号", "15"), ("请发 test@example . com", "test"), ("138 OO13 8OOO", "8OOO"),
]
STAYS = """
高先生餐厅的油烟
在王大爷烧烤店门口
李师傅牛肉面馆扰民
欧阳女士服装店
马大姐食品过期
陈老师补习班退费
ISBN 978 7 1000 4412 1
ISBN：978-7-111-21382-6
书号7-302-02368-9
共138元，再2024年，后1000元
气温10~25度，0~6岁
住了3个月 15号搬走
第138号前，2013年后，8000元
前三位是代表，后四位是家属
订单倒序排列20240101000
请看第 1 页 后 3 页 再看第 20 页
东 西 南 北四个门
我是 女 ，
一 楼 二 楼都没水
卡号已经补办****
身份证**已经交了
1380元，然后00元
138 two 13
""".strip().split("\n")


@pytest.mark.parametrize(("text", "hidden"), HIDDEN)
def test_what_is_set_apart_or_turned_round_is_masked(text, hidden):
    for frame in ("{}", "停水三天了。{}", "{} 请尽快处理"):
        assert hidden not in rules.mask(frame.format(text)), rules.mask(frame.format(text))


@pytest.mark.parametrize("text", STAYS)
def test_what_is_only_called_or_numbered_like_somebody_stays(text):
    assert rules.mask(text) == text


@pytest.mark.parametrize("text", ["王先生在餐厅门口", "高先生说餐厅", "王建国先生餐厅", "高女士的服装店", "高女士家烧烤", "李大姐来火锅店",
                                  "ISBN 13800138000", "书号 138 0013 8000"])
def test_whoever_is_at_a_shop_and_a_number_that_is_no_book_are_masked(text):
    assert "已遮盖］" in rules.mask(text)


@pytest.mark.parametrize("text", ["139****5678", "1391234…5678", "139xxxx5678", "电话139--------5678", "87654321931", "876-5432-1931", "八七六五四三二一九三一"])
def test_a_known_number_is_masked_covered_in_part_or_turned_round(text):
    assert rules.mask(f"我是{text}机主", (), ("+8613912345678",)) == f"我是{'电话' if text.startswith('电话') else ''}［电话已遮盖］机主"


@pytest.mark.parametrize(("name", "text"), [("张三丰", "张，三，丰"), ("张三丰", "张、三丰"), ("张三丰", "张。三。丰"), ("张 三 丰", "张三丰"), ("张三丰", "张　三　丰"),
                                             ("张三丰", "张🙂三🙂丰"), ("张三丰", "张…三丰"), ("张三丰", "张《三丰》"), ("王小明", "王xiaoming"),
                                             ("王小明", "Wang小明"), ("王小明", "王小ming"),
                                             ("扎西次仁", "Tashi Tsering"), ("次仁卓玛", "TSERING  DOLMA"), ("索朗多吉", "Sonam-Dorjee")])
def test_a_known_name_is_masked_whatever_stands_between_its_characters(name, text):
    assert rules.mask(f"请找{text}核实", (name,)).replace("》", "") == "请找［姓名已遮盖］核实"


@pytest.mark.parametrize(("name", "text"), [("高小明", "高先生餐厅"), ("张三", "张，三楼漏水"), ("高一", "高、一楼"),
                                             ("次仁", "Tsering road"), ("王小明", "王 xiao店"), ("张三", "张san楼")])
def test_the_requester_s_own_family_is_masked_in_a_shop_s_name_and_two_words_are_no_name(name, text):
    assert ("已遮盖］" in rules.mask(text, (name,))) == (name == "高小明")
