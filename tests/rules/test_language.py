"""Personal data in free text is masked and nothing else; what is written is found again. Every name and number here is made up."""

from __future__ import annotations

import csv
import random
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from minsheng.language import rules

pytestmark = pytest.mark.uncounted

PHONES = ["13800138000", "138 0013 8000", "138-0013-8000", "138.0013.8000", "1３８００１３８０００", "+86 138 0013 8000", "8613800138000",
          "0086-13800138000", "013800138000", "一三八零零一三八零零零", "幺三八零零幺三八零零零", "༡༣༨༠༠༡༣༨༠༠༠", "1 3 8 0 0 1 3 8 0 0 0", "13800138000/13900139000",
          "1380013800013900139000", "138、0013、8000", "138　0013　8000"]
LANDLINES = ["0891-6375472", "0891 6375472", "（0891）6375472", "08916375472", "+86 891 6375472", "010-62345678", "0891-6375472转801"]
OTHERS = [  # text, what of it must not stay
    ("身份证号542101199003074512", "542101199003074512"), ("54210119900307451X", "54210119900307451"), ("身份证542101 19900307 4512", "19900307"),
    ("身份证：542101900307451", "542101900307451"), ("他是542101900307451", "542101900307451"), ("护照E12345678", "12345678"),
    ("银行卡6222021234567890128", "6222021234567890128"), ("卡号6222 0212 3456 7890 128", "3456"), ("工商银行卡号6212261234567890", "6212261234567890"),
    ("车牌藏A·D1234", "D1234"), ("藏A12345违停", "A12345"), ("那辆藏AD12345的车", "D12345"), ("邮箱 zhang.san@example.com", "zhang"),
    ("zhang_san @ example.com", "zhang_san"), ("微信wxid_abc123", "wxid"), ("微信号：abc_1234", "abc_1234"), ("加我vx: zhangsan88", "zhangsan88"),
    ("QQ 123456789", "123456789"), ("打6375472找我", "6375472"), ("座机6375472，请回电", "6375472"), ("6375472", "6375472"),
    ("电话0891-6375472、6375473", "6375473"), ("白天打637-5472", "5472"), ("ཁ་པར་ 6375472", "6375472"), ("联系.13800138000", "13800138000"),
]
NAMES = [
    ("我姓王", "王"), ("我姓王，住在城关区", "王"), ("免贵姓李", "李"), ("我姓欧阳", "欧阳"), ("我叫王小明", "小明"), ("我是王小明，", "小明"), ("本人张三", "张三"),
    ("本人叫李四", "李四"), ("我是次仁", "次仁"), ("我叫卓玛拉姆", "卓玛"), ("我叫 扎西顿珠", "扎西"), ("联系人：张伟", "张伟"), ("联系人张伟", "张伟"),
    ("联系人 李四 13800138000", "李四"), ("王女士反映", "王"), ("次仁先生", "次仁"), ("次仁德吉反映", "次仁"), ("投诉人王先生说", "王"), ("邻居王大爷", "王"),
    ("邻居于女士", "于女"), ("民警扎西态度好", "扎西"), ("我妻子王晓燕，", "晓燕"), ("Mr. Wang called", "Wang"), ("Mrs Tashi Lhamo", "Lhamo"),
    ("my name is Tashi Dorje", "Tashi"), ("མིང་ལ་བཀྲ་ཤིས་ཟེར།", "བཀྲ་ཤིས"),
]
HOMES = [("家住幸福路12号3栋2单元501室", "501"), ("住幸福路12号院3号楼402", "402"), ("我家在纳金路8号", "8号"), ("住在娘热路15-3号", "15-3"), ("5栋1单元302", "302")]
ORDINARY = """共12345678元
工程款6375472元
金额1234567元
拖欠工资13800000元，
合同价（4500000）万元
电表读数6375472
订单号：6375472，
水表号6375472，
2025-01-02 10:00
2025年1月2日
规划（2016—2030）
时间（13.00——14.00，22.40——7.00）
7.642048611111111
2.522048611111111
工单20250102000123
编号20250102000123的工单
〔2018〕0051号
用地2018-0051、2018-0052。
国办发〔2020〕53号
藏政办函〔2025〕11号
拨打12345投诉
110、119、120、12315、95598
1、3、5、7、9、11、13、15号楼
户籍人口1234567人
统一社会信用代码91540100MA6T1234XX
发票号码12345678
面积123.45平方米
5号楼没有电
幸福路12号井盖坏了
北京路与江苏路口
金珠西路、扎西路、德吉路停水
我是本小区业主
我是学生家长
我叫了三次
由于女士优先
高中老师太少
广场舞大妈扰民
几个收停车费的大姐
向投诉人解释，
投诉人和解
户主要求赔偿
马上解决，何时恢复
《劳动法》第50条
二〇二五年一月二日
8:30—17:30
Z21次列车、K9次
12.5万元、3-5天""".split("\n")


@pytest.mark.parametrize("written", PHONES + LANDLINES)
def test_a_telephone_number_is_masked_however_it_is_written(written):
    assert rules.mask(f"停水两天了，{written}，请尽快处理") == "停水两天了，" + "/".join(["［电话已遮盖］"] * (written.count("/") + 1)) + "，请尽快处理"
    for frame in ("{}", "我的电话{}", "联系我（{}）", "{}打不通", "电话:{}谢谢", "Call {} please", "我的号码是{}。"):
        left = rules.mask(frame.format(written))
        assert not re.search(r"\d{3}|[一二三四五六七八九零幺]{5}|[༠-༩]{3}", left.replace("转801", "")), left


@pytest.mark.parametrize(("text", "hidden"), OTHERS + NAMES + HOMES)
def test_personal_data_is_masked(text, hidden):
    for frame in ("{}", "您好，{}", "昨天起停水。{}"):
        assert hidden not in rules.mask(frame.format(text))


@pytest.mark.parametrize("text", ORDINARY)
def test_what_is_not_personal_stays(text):
    assert rules.mask(text) == text


def test_a_mark_says_what_stood_there_and_the_place_of_the_matter_stays():
    assert rules.mask("我叫王小明，住幸福路1号2栋301，电话13800138000，藏A12345乱停") == \
        "我叫［姓名已遮盖］，住幸福路1号［门牌已遮盖］，电话［电话已遮盖］，［车牌已遮盖］乱停"


# --- for every text ------------------------------------------------------------

PIECES = st.sampled_from(PHONES + LANDLINES + [text for text, _ in OTHERS + NAMES + HOMES] + ORDINARY + list("，。；： \n（）、.") + ["元", "号", "共", "电话", "我", "的"])
TEXTS = st.lists(PIECES, min_size=1, max_size=7).map("".join)
DIGITS = "0123456789０１２３４５６７８９༠༡༢༣༤༥༦༧༨༩零〇○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖①②③④⑤⑥⑦⑧⑨"


@settings(max_examples=200)
@given(TEXTS)
def test_masking_what_is_masked_changes_nothing(text):
    once = rules.mask(text)
    assert rules.mask(once) == once


def _around(text: str, at: int) -> str:
    return text[max(0, at - 3): at + 3]


@settings(max_examples=200)
@given(TEXTS, st.sampled_from(["13800138000", "138 0013 8000", "138-0013-8000", "+86 13800138000", "0891-6375472"]), st.data())
def test_a_number_put_anywhere_does_not_survive(text, phone, data):
    at = data.draw(st.integers(0, len(text)))
    assume(not any(c in DIGITS + "+-－—" or c.isascii() and c.isalnum() for c in _around(text, at)))  # beside digits nobody can tell where it begins
    digits, dense = re.sub(r"[^\d]", "", phone)[-7:], re.compile(r"[-\s]")
    assume(digits not in dense.sub("", text) and digits not in dense.sub("", rules.mask(text)))  # two pieces of the text made one long number, which is none of anybody
    assert digits not in dense.sub("", rules.mask(text[:at] + phone + text[at:]))


@settings(max_examples=100)
@given(st.integers(13000000000, 19999999999), st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), max_size=20))
def test_every_mobile_number_is_found_and_normalised(number, text):
    assume(not set(text[-3:]) & set(DIGITS))
    assert rules.phones(f"{text}，{number}") == [f"+86{number}"]


SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real messages are not on this machine")
def test_in_real_messages_no_mobile_number_survives_even_one_put_in():
    csv.field_size_limit(10**9)
    chance, seen = random.Random(12345), 0
    for name in ("messages-labelled", "messages-events", "messages-replies"):
        with open(SHARED / f"{name}.csv", encoding="utf-8") as file:
            for n, row in enumerate(csv.DictReader(file)):
                text = row.get("detail") or row.get("title") or ""
                if n % 8 and not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", text):
                    continue
                spots = [i for i in range(len(text) + 1) if not any(c in DIGITS + "+-－—." or c.isascii() and c.isalnum() for c in _around(text, i))]
                at = chance.choice(spots) if spots else None
                told = text if at is None else text[:at] + "13800138000" + text[at:]
                assert not re.search(r"(?<!\d)1[3-9]\d{9}(?!\d)", rules.mask(told)), f"{name} row {n}"
                seen += 1
    assert seen > 1000


# --- words for search ------------------------------------------------------------


def hits(document: str, question: str) -> bool:
    """As the database asks: every word of the question stands in the document, one ending in * begins a word there."""
    words = set(rules.tokens(document))
    return all(any(w.startswith(q[:-1]) for w in words) if q.endswith("*") else q in words for q in rules.query_tokens(question))


@pytest.mark.parametrize(("document", "question"), [
    ("3号楼停水A座", "停水"), ("12月25日停水", "停水"), ("A座电梯坏了", "电梯"), ("幸福路小区停水", "小区"), ("停水", "停"), ("停水", "水"), ("ＷＩＦＩ慢", "wifi"),
    ("བོད་ཡིག་ཆུ་མེད།", "ཆུ་མེད་"), ("བོད་ཡིག་ཆུ་མེད།", "ཡིག"), ("Water pipe burst", "water"), ("Water pipe burst", "burs"), ("订单20250102", "20250102"),
])
def test_a_word_is_found_whatever_stands_beside_it(document, question):
    assert hits(document, question)


@pytest.mark.parametrize(("document", "question"), [("停电", "停水"), ("水停了", "停水"), ("ཆུ་ཡོད།", "ཆུ་མེད"), ("幸福路", "路幸")])
def test_other_words_are_not_found(document, question):
    assert not hits(document, question)


ZH = st.text(st.sampled_from("停水电路灯不亮小区幸福三号楼请尽快处理"), min_size=1, max_size=12)
BO = st.lists(st.sampled_from("བོད ཡིག ཆུ མེད གློག ལམ".split()), min_size=1, max_size=5).map("་".join)
LATIN = st.text(st.sampled_from("abcxyz019"), min_size=1, max_size=6)


@settings(max_examples=200)
@given(st.lists(st.one_of(ZH, BO, LATIN), min_size=1, max_size=5), st.sampled_from([" ", "，", "1", "A", "།"]), st.data())
def test_every_part_of_a_document_finds_it(parts, between, data):
    document, part = between.join(parts), data.draw(st.sampled_from(parts))
    assume(between not in "1A" or not part.isascii())  # a Latin word joined to another is a word of its own
    if "\u4e00" <= part[0] <= "\u9fff":
        begin = data.draw(st.integers(0, len(part) - 1))
        part = part[begin: data.draw(st.integers(begin + 1, len(part)))]
    assert hits(document, part), (rules.tokens(document), rules.query_tokens(part))


def test_marks_are_no_words():
    assert rules.tokens("电话［电话已遮盖］") == ["电话", "话"]


@pytest.mark.parametrize(("raw", "e164"), [
    ("13800138000", "+8613800138000"), ("138 0013 8000", "+8613800138000"), ("+86-138-0013-8000", "+8613800138000"), ("0891-6375472", "+868916375472"),
    ("6375472", "+868916375472"), ("0891-6375472转801", "+868916375472"), ("+977 984-1234567", "+9779841234567"), ("", None), ("12345", None), ("无", None),
])
def test_numbers_are_kept_in_one_form(raw, e164):
    assert rules.normalise_phone(raw) == e164


def test_masked_forms_say_the_kind_and_nothing_by_which_to_find_it():
    assert rules.mask_phone("+8613800138000") == "138********" and rules.mask_phone("+868916375472") == "0891-*******"
    assert rules.mask_name("王小明") == "王**" and rules.mask_name("") == "" and rules.mask_phone("") == ""


def test_a_name_that_is_known_is_masked_wherever_it_stands_and_a_word_is_none():
    assert mask_of("昨天王小明反映停水，王小明家有老人", "王小明").count("［姓名已遮盖］") == 2
    assert mask_of("市民反映停水，居民意见很大", "市民") == mask_of("市民反映停水，居民意见很大", "居民") == "市民反映停水，居民意见很大"
    assert mask_of("占道的车牌看不清", "车牌") == "占道的车牌看不清", "a mark's own word would never come to rest"


def mask_of(text: str, name: str) -> str:
    return rules.mask(text, (name,))


@pytest.mark.parametrize(("text", "title"), [
    ("路灯坏了", "路灯坏了"),
    ("路灯坏了三天。晚上很黑，老人出门怕摔跤，请你们尽快派人来修，最好今天就来", "路灯坏了三天。"),
    ("家门口的路灯坏了整整三天，晚上老人孩子出门看不清楚容易摔跤，请尽快派人来修", "家门口的路灯坏了整整三天，晚上老人孩子出门看不清楚容易摔跤…"),
    ("家门口这一排路灯坏了整整三天三夜晚上老人孩子出门都看不清楚容易摔跤请尽快派人来修", "家门口这一排路灯坏了整整三天三夜晚上老人孩子出门都看不清楚…"),
    ("The street lamps along the lane behind our school have been broken since Monday and it is dark", "The street lamps along the lane behind our school have…"),
    ("\u200b 一行\n二行 ", "\u200b 一行 二行"), ("", ""),
])
def test_a_title_is_cut_between_words_and_says_that_it_goes_on(text, title):
    assert rules.shortened(text, 30) == title


@given(st.text(max_size=90), st.integers(12, 40))
def test_a_title_is_the_beginning_of_its_text_and_no_longer_than_asked(text, size):
    title = rules.shortened(text, size)
    assert len(title) <= 2 * size + 1 and " ".join(text.split()).startswith(title.removesuffix("…"))
