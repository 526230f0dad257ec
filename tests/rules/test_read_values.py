"""One reader for each kind of value: what it takes, what it refuses with which sentence, and that nothing else comes out of it."""

import math
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.kit import read_times, read_values, step_fields
from minsheng.kit.read_times import FIRST_DAY, LAST_DAY, day, moment
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.verdict import Invalid

ZONE = ZoneInfo("Asia/Shanghai")
ODD = [None, True, False, 0, -1, 1.5, math.nan, math.inf, 10**40, b"x", [], ["x"], {}, {"a": {"b": 1}}, object(), "", "   ", "\u200b",
       "\x00", "\ud800", "NaN", "1e999", "-0", "²", "①", "九", "x" * 200_000, "9" * 5000, "0001-01-01", "9999-12-31T23:59:59Z"]
values = st.one_of(st.sampled_from(ODD), st.integers(), st.floats(), st.text(st.characters()), st.binary(),
                   st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
READERS = [read_values.text, read_values.line, read_values.number, read_values.record_id, read_values.record_ids, read_values.flag,
           read_values.finite, lambda raw: read_values.choice(raw, [("a", "甲")]), day, moment, lambda raw: moment(raw, ZONE)]


@given(values)
def test_a_reader_returns_a_value_or_says_a_sentence_and_nothing_else_comes_out_of_it(raw):
    for reader in READERS:
        try:
            reader(raw)
        except BadValue as wrong:
            assert str(wrong) and "\ud800" not in str(wrong) and len(str(wrong)) < 200


@given(st.text(st.characters()))
def test_what_is_kept_can_be_encoded_shown_and_read_again_unchanged(raw):
    try:
        kept = read_values.text(raw)
    except BadValue:
        return
    assert kept.encode() and "\x00" not in kept and "\r" not in kept if kept else True
    assert read_values.text(kept) == kept
    if len(kept) <= 200:
        assert read_values.line(kept) == read_values.line(read_values.line(kept))
    assert kept == "" or not read_values.is_blank(kept)


@pytest.mark.parametrize("raw", [1, 1.0, True, None, {"a": 1}, ["a"], b"a"])
def test_words_are_words_and_never_the_name_of_an_object(raw):
    with pytest.raises(BadValue, match="应为文字"):
        read_values.text(raw)


def test_half_a_character_is_refused_and_what_nobody_sees_is_dropped():
    with pytest.raises(BadValue, match="无法识别"):
        read_values.text("停水\ud83d了")
    assert read_values.text("停\x00水\x1b[31m\u202e两\ufeff天") == "停水[31m两天"
    assert read_values.text("一\r\n二\x0b三\u2028四") == "一\n二\n三\n四"
    assert read_values.text("全家👨\u200d👩\u200d👧都停水") == "全家👨\u200d👩\u200d👧都停水"  # a family is one character of several
    assert read_values.line("王\n小\t明") == "王 小 明"
    assert read_values.text("བཀྲ་ཤིས།") == "བཀྲ་ཤིས།"


@pytest.mark.parametrize("raw", [" ", "\u3000\u00a0", "\u200b\u200d", "\ufeff", "\u2800", "\u3164", "\t\n", "\u00ad\u2060"])
def test_what_shows_nothing_counts_as_not_given(raw):
    assert read_values.text(raw) == "" and read_values.is_nothing(raw)


@pytest.mark.parametrize(("raw", "read"), [("12", 12), (" １２ ", 12), ("٣", 3), ("༢༠", 20), ("+7", 7), ("\u00a07\u3000", 7), (7, 7), ("007", 7)])
def test_digits_of_every_script_are_digits(raw, read):
    assert read_values.number(raw, 0, 99) == read


@pytest.mark.parametrize("raw", ["²", "①", "½", "1_0", "1e3", "1.0", 1.0, "0x10", "NaN", math.nan, math.inf, True, "", "一", "--1", "1 2",
                                 "-1", 100, 2**63, 10**40, "9" * 5000, [1], {"a": 1}, None])
def test_what_is_no_whole_number_within_its_bounds_is_refused(raw):
    with pytest.raises(BadValue, match="应为 0 至 99 的整数"):
        read_values.number(raw, 0, 99)


def test_every_decimal_digit_there_is_folds_to_the_plain_one():
    import unicodedata

    digits = [c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Nd"]
    assert len(digits) > 500
    assert all(read_values.number(c) == unicodedata.decimal(c) for c in digits)
    signs = [c for c in map(chr, range(sys.maxunicode + 1)) if c.isdigit() and unicodedata.category(c) != "Nd"]
    for c in signs:
        with pytest.raises(BadValue):
            read_values.number(c)


def test_ids_come_one_by_one_or_in_a_list_each_once():
    assert read_values.record_ids("3，１、3") == [3, 1] and read_values.record_ids([5, "6"]) == [5, 6] and read_values.record_ids(7) == [7]
    for wrong in ("0", "-1", "2.5", "a", 2**63, [{"id": 1}], [None], [True], list(range(1, 60)), "1," * 900):
        with pytest.raises(BadValue):
            read_values.record_ids(wrong)


def test_yes_and_no():
    assert [read_values.flag(v) for v in (True, "on", "是", 1, " YES ")] == [True] * 5
    assert [read_values.flag(v) for v in (False, "off", "否", 0, "No")] == [False] * 5
    for wrong in ("", "maybe", 2, 1.0, [], {}, None):
        with pytest.raises(BadValue):
            read_values.flag(wrong)


def test_a_choice_names_what_there_is_to_choose():
    assert read_values.choice("phone", [("phone", "电话"), ("other", "其他")]) == "phone"
    for wrong in ("fax", ["phone"], {"phone": 1}, None, True):
        with pytest.raises(BadValue, match="phone（电话）、other（其他）"):
            read_values.choice(wrong, [("phone", "电话"), ("other", "其他")])


@pytest.mark.parametrize("raw", ["2024-12-20 9:00", "2024年12月20日9时0分", "2024.12.20 09:00", "2024/12/20 9:00:00", "２０２４－１２－２０　０９：００",
                                 "2024-12-20T09:00:00.000000", "2024-12-20T01:00Z", "20241220T090000", "202412200900", "2024年12月20日 上午9时",
                                 "2024-12-20T09:00+08:00", "2024-12-20 09:00 +0800", "2024-12-19T20:00-05"])
def test_common_shapes_of_a_time_are_taken(raw):
    assert moment(raw, ZONE) == datetime(2024, 12, 20, 9, tzinfo=ZONE)


def test_midnight_has_two_names_and_a_date_alone_is_its_first():
    assert moment("2024-12-20", ZONE) == moment("2024-12-19 24:00", ZONE) == datetime(2024, 12, 20, tzinfo=ZONE)
    assert moment("2024-12-20 下午3:05", ZONE) == datetime(2024, 12, 20, 15, 5, tzinfo=ZONE)
    assert moment("2024-12-20T09:00:00.123456789Z") == datetime(2024, 12, 20, 9, 0, 0, 123456, UTC)


@pytest.mark.parametrize(("written", "read"), [
    ("2024-12-20 周五 09:00", "09:00"), ("2024-12-20（星期五）09:00", "09:00"), ("2024/12/20 09:00:00 礼拜五", "09:00"), ("2024年12月20日星期五 9点半", "09:30"),
    ("二〇二四年十二月二十日九时五分", "09:05"), ("二零二四年十二月二十日 上午十点", "10:00"), ("2024年十二月20日 晚上8点", "20:00"),
    ("2024-12-20 9:05 PM", "21:05"), ("2024-12-20 12:30 am", "00:30"), ("2024-12-20 12:30 PM", "12:30"),
    ("2024-12-20 凌晨1:00", "01:00"), ("2024-12-20 傍晚 6:30", "18:30"),
])
def test_a_time_with_its_weekday_its_half_or_in_words_is_a_time(written, read):
    assert moment(written, ZONE).astimezone(ZONE).strftime("%Y-%m-%d %H:%M") == f"2024-12-20 {read}"


@pytest.mark.parametrize("written", [
    "2024-12-20 周四 09:00", "2024-12-20 星期天", "2024-12-20 晚上12点", "2024-12-20 13:00 PM", "2024-12-20 0:30 AM", "二十十年一月一日", "二〇二四年十三月一日", "十月十日",
    "民国113年12月20日",
    "2024-12-20 周五 周五 09:00",
])
def test_a_weekday_that_contradicts_its_date_and_what_could_be_two_times_are_not_read(written):
    with pytest.raises(BadValue):
        moment(written, ZONE)


@pytest.mark.parametrize("raw", [
    "0001-01-01T00:00:00+00:00", "0025-01-02T10:00+08:00", "9999-12-31T23:59:59Z", "9999-12-31", "10000-01-01", "1899-12-31T23:59Z", "2200-01-01",
    "2025-01-02T10:00+23:59", "2025-01-02T10:00-23:59", "2025-01-02T10:00+99:00", "2025-02-30", "2024-12-31T23:59:60Z", "2025-01-02T24:01", "2025-13-01",
    "2025-W01-1", "now", "", "1735783200", 1735783200, 1735783200.0, True, None, ["2025-01-02"], {"at": 1}, "2025-01-02T10:00\x00", "２５-01-02",
    datetime.min, datetime.max, datetime.min.replace(tzinfo=timezone(timedelta(hours=23, minutes=59))), "²025-01-02", "2025-01/02"])
def test_times_that_do_not_exist_or_that_a_page_could_not_show_are_refused(raw):
    with pytest.raises(BadValue):
        moment(raw, ZONE)


@given(st.datetimes() | st.datetimes(timezones=st.sampled_from([timezone(timedelta(minutes=m)) for m in (-1439, -720, 0, 480, 840, 1439)])))
def test_a_time_that_was_taken_can_be_shown_in_every_zone_and_counted_on_from(raw):
    try:
        at = moment(raw, ZONE)
    except BadValue:
        return
    for hours in range(-23, 24):
        shown = at.astimezone(timezone(timedelta(hours=hours, minutes=59 if hours > 0 else 0)))
        assert FIRST_DAY - timedelta(days=2) <= shown.date() <= LAST_DAY + timedelta(days=2)
    assert moment(at.isoformat()) == at and at + timedelta(days=36_500) > at


def test_a_time_without_a_zone_is_of_the_city_where_there_is_one():
    with pytest.raises(BadValue, match="缺少时区"):
        moment("2025-01-02T10:00")


@pytest.mark.parametrize("raw", ["2025-01-02", "2025/1/2", "2025.1.2", "2025年1月2日", "20250102", " ２０２５-01-02 ", date(2025, 1, 2)])
def test_a_day_in_its_common_shapes(raw):
    assert day(raw) == date(2025, 1, 2)


@pytest.mark.parametrize("raw", ["2025-01-02T10:00", "2025-1", "02/01/2025", "0000-01-01", "0025-01-01", "2025-02-29", 20250102, None, True, datetime(2025, 1, 2)])
def test_what_is_no_day_is_refused(raw):
    with pytest.raises(BadValue):
        day(raw)


def test_a_span_of_days_runs_forward_and_is_not_endless():
    assert read_times.span_error(date(2025, 1, 2), date(2025, 1, 2), timedelta(days=365)) == ""
    assert read_times.span_error(date(2025, 1, 2), date(2025, 1, 1)) and read_times.span_error(None, None) == ""
    assert "20 年" in read_times.span_error(FIRST_DAY, LAST_DAY, timedelta(days=366 * 20))


def test_json_is_clean_at_any_depth_and_says_where_it_is_not():
    assert read_values.nested({"a\x00": [{"b": "x\x00y"}, 1, True, None]}) == {"a": [{"b": "xy"}, 1, True, None]}
    assert read_values.from_json(b'{"a": [1.5, "x"]}') == {"a": [1.5, "x"]}
    for content, place in ((b'{"elements": {"time": "\\ud800"}}', "elements.time"), (b'{"n": NaN}', "n"), (b'{"n": 1e999}', "n"),
                           (b'{"a": [1, -Infinity]}', "a.1"), (b'{"a": 1%s}' % (b"0" * 40), "a")):
        with pytest.raises(Invalid) as wrong:
            read_values.from_json(content)
        assert list(wrong.value.errors) == [place]
    for broken in (b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 50_000 + b"1" + b"}" * 50_000):
        with pytest.raises((BadValue, Invalid)):
            read_values.from_json(broken)
    with pytest.raises(Invalid):
        read_values.from_json(b"[" * 30 + b"]" * 30)


def test_a_form_is_read_whole_and_says_all_that_is_wrong_at_once():
    form = Fields({"n": "x", "on": "2025-02-30", "name": " 王 ", "empty": "\u200b"})
    assert (form.read("n", read_values.number, 1, 9, label="次序", default=1), form.read("on", day, label="日期")) == (1, None)
    assert form.read("name", read_values.line) == "王" and form.read("empty", read_values.line, default="") == ""
    form.read("why", read_values.text, must=True, label="理由")
    with pytest.raises(Invalid) as wrong:
        form.done()
    assert wrong.value.errors == {"n": "次序应为 1 至 9 的整数", "on": "日期中的日期不存在", "why": "请填写理由"}


def test_what_is_chosen_from_a_list_is_asked_for_as_a_choice():
    fields = step_fields.table(step_fields.Field("why", "理由", "text"), step_fields.Field("way", "去向", "choice", (("110", "公安"),)),
                               step_fields.Field("done", "是否已解决", "bool"))
    assert step_fields.read(fields, step_fields.READERS, ("why", "way", "done"), {})[1] == {"why": "请填写理由", "way": "请选择去向", "done": "请选择是否已解决"}


@pytest.mark.parametrize("nobody", [",,,", "、", " , ", [], "", ["\u3000\u00a0\u2003"], ["", " "], ["\u200b"]])
def test_a_list_that_names_nobody_is_not_given(nobody):
    one = step_fields.Field("units", "参加单位", "ids")
    values, errors = step_fields.read(step_fields.table(one), step_fields.READERS, ("units",), {"units": nobody})
    assert (values, errors) == ({}, {"units": "请填写参加单位"})
    assert step_fields.read(step_fields.table(one), step_fields.READERS, ("units?",), {"units": nobody}) == ({}, {})


@pytest.mark.parametrize("written", ["12\u200b", "\u200e12", "1\u20602", "\ufeff12", "１\u200d２"])
def test_a_mark_that_nobody_sees_makes_no_number_and_no_time_another(written):
    assert read_values.number(written) == 12
    assert moment(f"2024-12-20 {written}:30\u200b", ZoneInfo("Asia/Shanghai")).hour == 12
    assert day(f"2024—{written}—20") == date(2024, 12, 20)


OFFICIAL = step_fields.table(step_fields.Field("basis", "依据", "long", official=True), step_fields.Field("said", "反映", "long"))


@pytest.mark.parametrize("number", ["13900000001", "139 0000 0001", "139-0000-0001", "１３９００００００01", "电话:13900000001。", "540102199003071234", "54010219900307123X"])
def test_words_that_stay_for_good_take_no_number_of_a_person(number):
    words = f"按王某（{number}）反映的办理"
    values, errors = step_fields.read(OFFICIAL, step_fields.READERS, ("basis", "said"), {"basis": words, "said": words})
    assert list(errors) == ["basis"] and "手机号或证件号" in errors["basis"] and list(values) == ["said"], "what can be erased is kept as it was said"


@pytest.mark.parametrize("words", ["民督〔2025〕3号", "2025-01-03 至 2025-01-10，共 1390 件", "https://example.org/a/13900000001.html", "12345、0891-6332211", "投资 139000 万元"])
def test_other_figures_stand_in_words_that_stay_for_good(words):
    assert step_fields.read(OFFICIAL, step_fields.READERS, ("basis",), {"basis": words}) == ({"basis": words}, {})


@pytest.mark.parametrize("written", ["2023-02-30", "2025-01-03 周一"])
def test_what_is_wrong_with_a_date_is_a_whole_sentence_where_the_field_has_no_name(written):
    """An address of a board said “中的日期不存在”."""
    form = Fields({"from": written, "due": written})
    form.read("from", day)
    form.read("due", day, label="兑现日期")
    assert form.errors["due"] == f"兑现日期中的{form.errors['from']}" and not form.errors["from"].startswith("中")
