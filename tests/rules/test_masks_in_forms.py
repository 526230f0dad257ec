"""People and their numbers as forms, tables and sheets hold them, and numbers said as one number: covered. Headings and what an office reads by stay.
All made up."""

import pytest

from minsheng.language import rules

pytestmark = pytest.mark.uncounted

HEADED = [f"{heading}{between}方永平{after}" for heading, between, after in (
    ("姓名", "|", "|"), ("姓名", " | ", " | "), ("联系人", ",", ",男"), ("联系人", "\t", "\t"), ("姓　名", "：", ""), ("姓 名", "：", " 性别：男"), ("姓名", "（必填）：", ""),
    ("姓名", "【", "】"), ("姓名", "→", ""), ("姓名", "=", ";"), ('"姓名"', ': "', '"'), ('{"联系人"', ':"', '"}'), ("联系人1", "：", ""), ("联系人及电话", "：", " 13900000001"),
    ("联系人/电话", "：", "/13900000001"), ("姓名及联系电话", "：", "13900000001"), ("当事人一", "：", ""), ("甲方", "：", "，"), ("收款人", "：", ""), ("开户人", "：", ""),
    ("户名", "：", ""), ("法定代表人", "：", "（男）"), ("姓名", "\n", "\n"), ("申诉人：", "", "，女，1950年生"), ("一、", "", "，男，汉族"), ("家属（", "", "、女）"))]


@pytest.mark.parametrize("text", HEADED)
def test_a_name_beside_its_heading_or_before_its_sex_is_masked(text):
    for frame in ("{}", "情况如下\n{}"):
        assert "永平" not in rules.mask(frame.format(text)) and "［姓名已遮盖］" in rules.mask(frame.format(text))


@pytest.mark.parametrize("text", ["姓名|王建国|电话", "| 联系人 | 次仁 |", "姓名：欧阳建国；", "当事人：买买提·艾力，", "死者王某某", "死者王某在路边", "患者：李某某，男"])
def test_common_surnames_tibetan_names_and_a_family_name_alone_are_masked_too(text):
    masked = rules.mask(text)
    assert not any(name in masked for name in ("建国", "次仁", "艾力", "王某", "李某"))


@pytest.mark.parametrize("text", ["一百三十八零零一三八零零零", "一百三十八，零零一三，八零零零", "一百三十八零零一百三十八零零零",
                                  "一百三十零零一三八零零零", "壹百叁十八零零一三八零零零",
                                  "1百3十8零零13八000", "一百三十八 0013 8000"])
def test_a_number_said_as_one_number_is_masked(text):
    assert rules.mask(f"我的号码是{text}，谢谢") == "我的号码是［电话已遮盖］，谢谢"


@pytest.mark.parametrize(("text", "hidden"), [
    ("水表户号：0012345678", "2345678"), ("燃气户号是 8801234567", "123456"), ("用电户号 54012 34567 890", "34567"), ("用户编号1234567890", "456789"),
    ("车架号LSVAU2180N2183294", "2183294"), ("VIN：LSVAU2180N2183294", "2183294"), ("车辆识别代号 LSVAU2180N2183294", "2183294"), ("发动机号：1224500", "1224500"),
    ("被撞的是LSVAU2180N2183294这辆", "2183294"), ("社会保障号：A12345678", "345678"), ("医保号 12345678", "345678"), ("学号20231234", "231234"),
    ("出生证编号R540000123", "540000"), ("护照 E12345678", "345678"), ("社保卡号：Z12345678", "345678"), ("6222 0212 3456 7890 123", "3456"),
    ("卡号：6228 4804 0256 4890 018", "0256")])
def test_numbers_by_which_a_household_a_vehicle_or_a_person_is_found_are_masked(text, hidden):
    assert hidden not in rules.mask(text) and hidden not in rules.mask(f"昨天起停水，{text}，请处理")


@pytest.mark.parametrize("text", """
姓名	电话	住址
姓名,单位,房号
姓名|性别|年龄|联系方式
姓名、班级、电话
申请人，经乡镇街道评估
甲方：拉萨市住房和城乡建设局
刘书记、男同事
毛市长：您好
谭同学（女）
某小区停水，男女老少都等
户号召开会议
一百三十八户居民
一百三十八万元
共一百三十八、一百四十户
订单号0012345678
统一社会信用代码91540100MA6T1234X1
工号1023
""".strip().split("\n"))
def test_headings_counts_and_what_an_office_reads_by_stay(text):
    assert rules.mask(text) == text
