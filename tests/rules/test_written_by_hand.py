"""Numbers, times and names as people, sheets and other towns' programs write them: read right, or refused. Everything here is made up."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from minsheng.cases.rules import masking
from minsheng.exchange import rules as exchange
from minsheng.kit.read_times import day, moment
from minsheng.kit.read_values import BadValue
from minsheng.language import rules
from minsheng.language.simplified import SIMPLE
from minsheng.language.telephones import HIDDEN, LENGTH, SEVERAL, WORDS, BadNumber, Telephone, read_phone

HERE = ZoneInfo("Asia/Shanghai")
MOBILE, LANDLINE, COMPANY = "+8613900000001", "+868915550001", "+864008123456"

# --- numbers of callers ------------------------------------------------------------


@pytest.mark.parametrize(("raw", "number", "extension"), [
    ("4008-123-456", COMPANY, ""), ("400-812-3456", COMPANY, ""), ("400 8123 456", COMPANY, ""), ("4008123456-2", COMPANY, "2"),
    ("0891-5550001轉801", LANDLINE, "801"), ("0891-5550001 內線801", LANDLINE, "801"), ("單位電話0891-5550001", LANDLINE, ""),
    ("[0891]5550001", LANDLINE, ""), ("【0891】555 0001", LANDLINE, ""), ("壹叁玖零零零零零零零壹", MOBILE, ""),
    ("13900000001;", MOBILE, ""), ("13900000001，", MOBILE, ""), ("电话：13900000001。", MOBILE, ""), ("13900000001 / ", MOBILE, ""),
    ("联系方式：13900000001", MOBILE, ""), ("联系方式13900000001", MOBILE, ""), ("本机13900000001", MOBILE, ""), ("M:13900000001", MOBILE, ""),
    ("T: 0891-5550001", LANDLINE, ""), ("☎0891-5550001", LANDLINE, ""), ("📱 13900000001", MOBILE, ""), ("手机/13900000001", MOBILE, ""),
    ("宅电 0891-5550001", LANDLINE, ""), ("00 86 139 0000 0001", MOBILE, ""), ("+86 (0891) 5550001", LANDLINE, ""),
    ("13900000001（微信同号）", MOBILE, ""), ("13900000001(本人)", MOBILE, ""), ("0891-5550001转801（座机）", LANDLINE, "801"), ("13900000001 微信同号", MOBILE, ""),
    ("13900000001/13900000001", MOBILE, ""), ("13900000001 139-0000-0001", MOBILE, ""), ("0891-5550001、5550001", LANDLINE, ""),
    ("+853 6612 3456", "+85366123456", ""), ("00852 2345 6789", "+85223456789", ""), ("0097714567890", "+97714567890", ""),
])
def test_a_number_written_by_hand_is_the_number(raw, number, extension):
    assert read_phone(raw) == Telephone(number, extension)


@pytest.mark.parametrize("raw", ["不方便留", "不方便提供电话", "？", "没有电话", "没有手机", "不知道", "拒绝提供", "不便提供", "不愿透露", "未留联系方式", "无联系电话", "不详。",
    "無"])
def test_who_says_that_there_is_no_number_has_given_none(raw):
    assert read_phone(raw) is None


@pytest.mark.parametrize(("raw", "why"), [
    ("13900000001/13900000002", SEVERAL), ("13900000001（微信）", WORDS), ("13900000001/无", WORDS),
    ("0891-5550001/2", WORDS), ("0891-5550001~3", WORDS), ("0891-5550001、5550002", SEVERAL), ("95598", LENGTH), ("1064899123456", LENGTH),
    ("852 23456789", LENGTH), ("977-9841234567", LENGTH), ("+86+13900000001", LENGTH), ("86 86 13900000001", LENGTH), ("139,0000,0001", WORDS),
    ("无13900000001", WORDS), ("转801 0891-5550001", WORDS), ("1.3900000001E+10.0", WORDS), ("同上", WORDS), ("0891-5550001*801", HIDDEN),
    ("12025550123", LENGTH), ("见附件", WORDS), ("13900000001#", WORDS), ("+0086 13900000001", LENGTH),
])
def test_what_may_be_two_things_is_refused(raw, why):
    with pytest.raises(BadNumber) as wrong:
        read_phone(raw)
    assert str(wrong.value) == why


# --- times ------------------------------------------------------------


@pytest.mark.parametrize(("raw", "read"), [
    ("2025年1月2号 9点", "02 09:00"), ("2025年1月2号", "02 00:00"), ("2025年1月2日 9点一刻", "02 09:15"), ("2025年1月2日下午三点三刻", "02 15:45"),
    ("2025年1月2日 9时整", "02 09:00"), ("2025年1月2日9点钟", "02 09:00"), ("2025年1月2日 中午12点", "02 12:00"), ("2025年1月2日中午1点", "02 13:00"),
    ("2025-01-02 9時5分", "02 09:05"), ("2025年1月2日9點半", "02 09:30"), ("2025年1月2日 清晨6点", "02 06:00"), ("2025年1月2日 午后3点", "02 15:00"),
    ("2025年1月2日 夜里11点", "02 23:00"), ("2025年1月2日 深夜10点半", "02 22:30"), ("2025-01-02T24:00:00", "03 00:00"),
    ("2025-01-02 09:00 +05:45", "02 11:15"), ("2025-01-02T09:00+0845", "02 08:15"), ("2025-01-02T09:00:00,5+0800", "02 09:00"),
    ("༢༠༢༥-༠༡-༠༢ ༠༩:༠༠", "02 09:00"), ("２０２５年１月２号　９点", "02 09:00"), ("2025-01-02T09:00−08:00", "03 01:00"), ("2025-01-02 09:00:00-05", "02 22:00"),
    ("20250102T0900-0500", "02 22:00"), ("2025年1月2日0点", "02 00:00"),
])
def test_a_time_as_it_is_said_is_taken(raw, read):
    assert f"{moment(raw, HERE).astimezone(HERE):%d %H:%M}" == read


@pytest.mark.parametrize("raw", [
    "2025年1月2日 晚上1点", "2025年1月2日 半夜1点", "2025年1月2日 夜里12点", "2025年1月2日 中午8点", "2025年1月2日 凌晨12点", "2025-W01-4", "2025W014", "2025-002", "25-01-02",
    "1/2/2025", "2024-12-31T23:59:60Z", "2016-12-31 23:59:60", "2025-01-02T24:00:01", "2199-12-31T24:00", "2025-01-02T09:00+14:30", "2025-01-02T09:00 CST",
    "2025-01-02T09:00+08:00:30", "令和7年1月2日", "民国114年1月2日", "甲辰年腊月初三", "2568-01-02", "1403-10-13", "/Date(1735783200000)/", "1735783200000",
    "2025-01-02 09:00-10:00", "2025年1月2日9:00-10:00", "2025-01-02 09-10", "20250102 0900-1000", "2025-01-02-03", "20250102-0304",
    "0000-00-00 00:00:00", "2025年1月2日9点五刻", "2025-01-02至2025-01-03", "+002025-01-02", "1900-02-29", "2100-02-29",
])
def test_a_time_that_may_be_two_or_is_none_is_refused(raw):
    with pytest.raises(BadValue):
        moment(raw, HERE)


def test_a_day_may_be_said_as_well():
    assert day("2025年1月2号") == day("二〇二五年一月二号") == day("2025-01-02")


def test_an_apostrophe_that_keeps_a_cell_from_becoming_a_number_is_no_part_of_it():
    assert exchange.read_time("received_at", "'2024-12-20 09:00", HERE) == datetime(2024, 12, 20, 9, tzinfo=HERE)
    assert exchange.read_key(exchange.BY_CODE["external_no"], "'00123") == "00123" and exchange.read_key(exchange.BY_CODE["external_no"], "'") == ""


@pytest.mark.parametrize(("kind", "word", "code"), [("type", "投訴", "complaint"), ("satisfaction", "滿意", "satisfied"), ("satisfaction", "不滿意", "unsatisfied")])
def test_words_of_a_vocabulary_are_known_in_traditional_characters(kind, word, code):
    column = next(c for c in exchange.COLUMNS if c.kind == kind)
    assert exchange.read_word(column, word) == code
    assert exchange.header_code("受理時間") == "received_at"
    assert all(rules.fold(w).lower().translate(exchange.TABLE) == w for words in exchange.VOCABULARY.values() for w in words), "a word of ours is found as it is"


# --- names and numbers in words ------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "hidden"), [
    ("རྡོ་རྗེ་ཚེ་རིང", "རྡོ་རྗེ་ལགས་ཀྱིས་ཞུས།", "རྡོ་རྗེ"), ("རྡོ་རྗེ་ཚེ་རིང", "ཚེ་རིང་གི་ཁང་པ།", "ཚེ་རིང"), ("O'Brien Mary", "O’Brien said so", "Brien"),
    ("次仁卓嘎", "次卓女士反映", "次卓"), ("次仁卓嘎", "找次嘎同志", "次嘎"), ("欧阳娜娜", "歐陽女士來電", "歐陽"), ("买买提·吐尔逊", "买买提ㆍ吐尔逊", "吐尔逊"),
    ("买买提·吐尔逊", "买买提‧吐尔逊", "买买提"), ("高兴", "高兴先生反映", "高兴"), ("王平", "王平路旁的王平家", "王平家"), ("老王", "隔壁老王家", "老王"),
    ("王小明", "Xiaoming WANG called", "Xiaoming"), ("Nguyễn Văn An", "Nguyen Van An said", "Nguyen"), ("Пётр Иванов", "сказал Иванов", "Иванов"),
])
def test_a_name_in_the_field_is_masked_as_people_write_it(name, text, hidden):
    masked = rules.mask(text, (name,))
    assert hidden not in masked and "［姓名已遮盖］" in masked, masked


@pytest.mark.parametrize(("name", "text"), [("次仁卓嘎", "次卓路停水"), ("རྡོ་རྗེ", "རྡོ་གྲོང་གི་ཆུ"), ("O'Brien Mary", "a brien")])
def test_what_only_resembles_it_stays(name, text):
    assert rules.mask(text, (name,)) == text


@pytest.mark.parametrize(("text", "hidden"), [
    ("加薇❤abc12345", "abc12345"), ("V：abc12345", "abc12345"), ("绿泡泡abc_123", "abc_123"), ("telegram: zhang_san1", "zhang"), ("电报@zhangsan", "zhangsan"),
    ("line id abc123", "abc123"), ("zhangsan艾特163点com", "zhangsan"), ("zhangsan[at]163[dot]com", "zhangsan"), ("邮箱zhangsan#163.com", "zhangsan"),
    ("住院号123456", "123456"), ("病历号 1234567", "1234567"), ("准考证号 54010120250001", "54010120"), ("诉求人是王五，", "王五"), ("我爸叫王建国，", "王建国"),
    ("我妈妈李桂芳", "李桂芳"), ("医生叫赵敏。", "赵敏"), ("此致 敬礼 王小红", "王小红"), ("敬礼！程茂伍2015年3月1日", "程茂伍"), ("my name's Tom", "Tom"), ("name: 王芳", "王芳"),
    ("མིང་ལ་སྒྲོལ་མ་ཟེར།", "སྒྲོལ"),
])
def test_personal_data_as_people_write_it_is_masked(text, hidden):
    for frame in ("{}", "昨天起停水。{}"):
        assert hidden not in rules.mask(frame.format(text))


@pytest.mark.parametrize("text", ["参加孩子王幼儿园", "敬礼！谢谢", "我妈妈很着急", "医生叫我等", "增加微生物检测", "卫星电视没有信号", "220V:50Hz", "爸爸妈妈都上班"])
def test_ordinary_words_stay(text):
    assert rules.mask(text) == text


def test_a_tibetan_particle_is_not_taken_for_the_name():
    assert rules.mask("མིང་ལ་སྒྲོལ་མ་ཟེར།") == "མིང་ལ་［姓名已遮盖］ཟེར།"


@pytest.mark.parametrize(("title", "words", "shown"), [
    ("老王家停水", "老王家停水", "［姓名已遮盖］家停水"), ("老王家", "老王家停水两天", "［姓名已遮盖］"), ("停水", "停水两天", "停水"), ("停水", "停水", "停水"),
])
def test_a_title_that_a_mark_is_longer_than_is_still_a_title(title, words, shown):
    people = masking.known([("老王", "")])
    assert masking.title(title, words, masking.cover(words, people), people) == shown


@pytest.mark.parametrize(("written", "asked"), [("麪館門口", "面馆门口"), ("彫像倒了", "雕像倒了"),
                                                ("⽔電査驗", "水电查验"), ("殻牌加油站", "壳牌加油站"), ("臺階壞了", "台阶坏了")])
def test_characters_of_other_hands_are_found_by_ordinary_ones(written, asked):
    assert set(rules.query_tokens(asked)) <= set(rules.tokens(written)) and set(rules.query_tokens(written)) <= set(rules.tokens(asked))


def test_the_table_of_characters_goes_to_its_end_in_one_step_and_leaves_figures_of_banks_alone():
    assert len(SIMPLE) > 3000 and not set(SIMPLE.values()) & set(SIMPLE) and "參" not in SIMPLE
    assert all(len(written) == len(plain) == 1 for written, plain in SIMPLE.items())
