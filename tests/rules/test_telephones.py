"""A number is read in the one way it can be read, or refused with the reason: never rounded, glued or completed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minsheng.language import telephones
from minsheng.language.rules import mask_phone, normalise_phone, phones
from minsheng.language.telephones import BadNumber, Telephone, read_phone

MOBILE, LANDLINE = "+8613900000001", "+868915550001"


@pytest.mark.parametrize("raw", [
    "13900000001", "139 0000 0001", "139-0000-0001", "139.0000.0001", "139 00000001", "(139)00000001",
    "１３９０００００００１", "1390000\u200b0001", "\ufeff13900000001",
    "1\ufe0f\u20e33\ufe0f\u20e39\ufe0f\u20e300000001", "𝟏𝟑𝟗00000001", "༡༣༩༠༠༠༠༠༠༠༡", "١٣٩٠٠٠٠٠٠٠١",
    "①③⑨00000001", "幺三九零零零零零零零幺", "+8613900000001", "+86 139 0000 0001", "+86-13900000001",
    "(+86)13900000001", "008613900000001", "0086 139 0000 0001", "8613900000001", "86-13900000001",
    "013900000001", "＋８６１３９０００００００１", "手机：13900000001",
    "电话13900000001", "联系电话: 13900000001", "Tel.13900000001", "13900000001.0", "13900000001.00",
    "1.3900000001E10", "1.3900000001E+10", "1.3900000001e10",
    "'13900000001", " 13900000001\t", "13900000001\n", "139–0000—0001", "1 3 9 0 0 0 0 0 0 0 1",
])
def test_one_mobile_number_in_all_its_shapes(raw):
    assert read_phone(raw) == Telephone(MOBILE)


@pytest.mark.parametrize("raw", [
    "0891-5550001", "08915550001", "(0891)5550001", "（０８９１）５５５０００１", "0891 5550001",
    "0891 555 0001", "0891-555-0001", "+86 891 5550001", "+86-0891-5550001", "0086-891-5550001",
    "86-891-5550001", "5550001", "555-0001", "+86 (0) 891 5550001", "座机：0891-5550001", "0891－5550001",
    "0891—5550001", "０８９１５５５０００１",
])
def test_one_landline_in_all_its_shapes(raw):
    assert read_phone(raw) == Telephone(LANDLINE)


@pytest.mark.parametrize("raw", [
    "0891-5550001-801", "0891-5550001转801", "0891-5550001分机801", "0891-5550001 转 801",
    "0891-5550001转分机801", "0891-5550001分机号801", "0891-5550001，转801", "0891-5550001(转801)",
    "0891-5550001（分机801）", "0891-5550001ext801", "0891-5550001 ext. 801", "0891-5550001 Ext:801",
    "0891-5550001x801", "tel:+86-891-5550001;ext=801", "0891-5550001#801", "5550001-801", "5550001转801", "0891 5550001-801",
    "+868915550001转801", "０８９１－５５５０００１转８０１", "08915550001-801", "0891-5550001 内线801",
])
def test_an_extension_is_read_and_the_caller_stays_the_same(raw):
    assert read_phone(raw) == Telephone(LANDLINE, "801")


@pytest.mark.parametrize(("raw", "number", "extension"), [
    ("0571-88888888", "+8657188888888", ""), ("057188888888", "+8657188888888", ""), ("0571-8888-8888",
    "+8657188888888", ""), ("010-62345678", "+861062345678", ""),
    ("010-6234-5678", "+861062345678", ""), ("021 62345678", "+862162345678", ""), ("62345678",
    "+8689162345678", ""), ("0891-5550001-8", LANDLINE, "8"), ("010-62345678-1", "+861062345678", "1"),
    ("13900000001-801", MOBILE, "801"), ("13900000001转1234", MOBILE, "1234"), ("400-123-4567",
    "+864001234567", ""), ("4001234567-2", "+864001234567", "2"), ("800 810 8888", "+868008108888", ""),
    ("+977 984-1234567", "+9779841234567", ""), ("00977 9841234567", "+9779841234567", ""),
    ("+1 (617) 555-1234", "+16175551234", ""), ("+852 2345 6789", "+85223456789", ""), ("+49 30 1234-567",
    "+49301234567", ""),
])
def test_other_numbers_that_can_be_rung(raw, number, extension):
    assert read_phone(raw) == Telephone(number, extension)


@pytest.mark.parametrize(("raw", "why"), [
    ("139****0001", telephones.HIDDEN), ("139xxxx0001", telephones.HIDDEN),
    ("139＊＊＊＊0001", telephones.HIDDEN), ("139••••0001", telephones.HIDDEN),
    ("139####0001", telephones.HIDDEN), ("139…0001", telephones.HIDDEN), ("139某某某某0001", telephones.HIDDEN), ("139...0001", telephones.HIDDEN),
    ("+13900000001", telephones.LENGTH), ("00139 0000 0001", telephones.LENGTH),
    ("138********", telephones.HIDDEN),
    ("0891-*******", telephones.HIDDEN), ("139____0001", telephones.HIDDEN), ("1390000????", telephones.HIDDEN),
    ("1.39E+10", telephones.ROUNDED), ("1.39E10", telephones.ROUNDED), ("1.390000001E10", telephones.ROUNDED),
    ("1E10", telephones.ROUNDED), ("１．３９Ｅ＋１０", telephones.ROUNDED),
    ("8.61390E+12", telephones.ROUNDED),
    ("13900000001/0891-5550001", telephones.SEVERAL), ("13900000001、13900000002", telephones.SEVERAL),
    ("13900000001 转 13900000002", telephones.SEVERAL),
    ("13900000001（儿子13900000002）", telephones.SEVERAL), ("13900000001 13900000002", telephones.SEVERAL),
    ("1390000000113900000002", telephones.SEVERAL),
    ("13900000001,13900000002", telephones.SEVERAL), ("13900000001或13900000002", telephones.SEVERAL),
    ("0891-5550001;5550002", telephones.SEVERAL), ("13900000001\n13900000002", telephones.SEVERAL),
    ("13900000001张三", telephones.WORDS), ("张三13900000001", telephones.WORDS),
    ("13900000001（儿子）", telephones.WORDS), ("微信同号13900000001", telephones.WORDS),
    ("call me", telephones.WORDS),
    ("139000000O1", telephones.WORDS), ("l3900000001", telephones.WORDS),
    ("0891-5550001转", telephones.WORDS), ("0891-5550001转1234567", telephones.WORDS),
    ("139000000", telephones.LENGTH), ("1390000000", telephones.LENGTH), ("139000000011", telephones.LENGTH),
    ("12900000001", telephones.LENGTH), ("8915550001", telephones.LENGTH),
    ("12345", telephones.LENGTH), ("110", telephones.LENGTH), ("0", telephones.LENGTH),
    ("00000000000", telephones.LENGTH), ("11111111111", telephones.LENGTH),
    ("+861390000000", telephones.LENGTH),
    ("+8613900000001234", telephones.LENGTH), ("0891-555000", telephones.LENGTH),
    ("0891-1550001", telephones.LENGTH), ("0091-5550001", telephones.LENGTH),
    ("021-6234567", telephones.LENGTH),
    ("0891 5550001 8", telephones.LENGTH), ("+999123456789", telephones.LENGTH),
    ("852-23456789", telephones.LENGTH), ("13900000001.5", telephones.LENGTH), ("9" * 22, telephones.LENGTH),
    ("+", telephones.LENGTH), ("13900000001 801", telephones.LENGTH), ("-13900000001", telephones.LENGTH),
])
def test_what_cannot_be_read_in_one_way_is_refused_with_the_reason(raw, why):
    with pytest.raises(BadNumber) as wrong:
        read_phone(raw)
    assert str(wrong.value) == why
    assert normalise_phone(raw) is None


@pytest.mark.parametrize("raw", ["", " ", "\u200b", "无", "不详", "匿名", "-", "——", "/", "N/A", "null", "没有"])
def test_none_given_is_none(raw):
    assert read_phone(raw) is None


@given(st.text(st.sampled_from("0123456789+-() 转x./eE*张１༡\u200b"), max_size=30) | st.text(max_size=20))
@example("0891-5550001-8")
@example("--13900000001")
def test_whatever_is_written_one_number_or_a_sentence_and_never_other_digits(text):
    try:
        found = read_phone(text)
    except BadNumber as wrong:
        assert "号码" in str(wrong)
        return
    if found is None:
        return
    assert read_phone(str(found)) == found, "what is kept reads back as it was"
    digits = [str(d) for d in (telephones.unicodedata.digit(c, None) for c in telephones.unicodedata.normalize("NFKC", text)) if d is not None]
    national = found.number.removeprefix("+86").removeprefix(telephones.CITY_CODE[1:]) if found.number.startswith("+86") else found.number[1:]
    assert (national + found.extension) in "".join(digits) or not text.isascii(), "no digit comes from nowhere"


def test_the_masked_form_gives_neither_number_nor_extension_away():
    assert mask_phone(str(Telephone(LANDLINE, "801"))) == mask_phone(LANDLINE) == "0891-*******"
    assert phones("请打0891-5550001转801找我") == [LANDLINE]


@pytest.mark.parametrize(("written", "read"), [('"13900001234"', "+8613900001234"), ("“139 0000 1234”", "+8613900001234"), ("0891/6375472", "+868916375472"),
                                               ("0891、6375472", "+868916375472")])
def test_quotation_marks_and_an_area_set_apart_are_no_part_of_a_number(written, read):
    assert str(read_phone(written)) == read
