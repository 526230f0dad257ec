"""Files as they come from the world, through the whole import: every row is in as it says, or reported with its column; the trial says the same."""

import csv
import io
import struct
import zipfile
from datetime import datetime, time, timedelta

import pytest
from django.conf import settings
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as only
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image
from tests.cast import NOW, PNG
from tests.rules.test_xlsx_files import cell, pack, parts, styles, words

from minsheng.accounts import queries as people
from minsheng.cases.models import Case, CaseFile, CaseText
from minsheng.contacts.actions import read_for_duty
from minsheng.contacts.models import Contact
from minsheng.exchange import actions, mapping
from minsheng.exchange import queries as exported
from minsheng.exchange.mapping import read_map
from minsheng.exchange.rules import BY_CODE
from minsheng.files import actions as files
from minsheng.files import queries as kept
from minsheng.kit.verdict import Invalid

pytestmark = pytest.mark.one_server

HEAD = "external_no,received_at,narrative\n"


def bring(path, content=None, **more):
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return actions.import_file(path=path, by=people.actor_named("supervisor"), **more)


def both(path, content=None, **more):
    """The trial, then the run: they promise and do the same."""
    report = path.with_name("bad.csv")
    trial = bring(path, content, dry_run=True, bad=report, **more)
    told = rows_of(report)
    assert not Case.objects.exists()
    done = bring(path, content, bad=report, **more)
    assert (trial.read, trial.made, trial.known, trial.bad, trial.reasons) == (done.read, done.made, done.known, done.bad, done.reasons)
    assert told == rows_of(report) and done.read == done.made + done.known + done.bad
    return done, told


def rows_of(report) -> list[tuple[str, str, str]]:
    with open(report, encoding="utf-8-sig", newline="") as file:
        return [(row["行号"], row["列"], row["原因"]) for row in csv.DictReader(file)]


def refused(path, content) -> str:
    with pytest.raises(Invalid) as wrong:
        bring(path, content)
    assert not Case.objects.exists(), "nothing of a file that cannot be read is in"
    return str(wrong.value)


# --- text files ------------------------------------------------------------


@pytest.mark.parametrize(("content", "row"), [
    ((HEAD + 'Q1,2024-12-20 09:00,"小区停水两天\nQ2,2024-12-20 09:10,路灯不亮\nQ3,2024-12-20 09:20,井盖缺失\n').encode(), 2),
    ((HEAD + "U1,2024-12-20 09:00,停水\nU2,2024-12-20 09:05,路灯不亮").encode()[:-1], 3),
    ((HEAD + "M1,2024-12-20 09:00,停水\n").encode() + "M2,2024-12-20 09:05,路灯不亮\n".encode("gbk"), 3),
    (HEAD.encode() + b"B1,2024-12-20 09:00,\xe5\x81\x9c\xff\n" + "B2,2024-12-20 09:05,路灯\n".encode(), 2),
    ((HEAD + "x,2024-12-20 09:00,停水\n" * 1200).encode() + b'y,2024-12-20 09:00,"', 1202),
])
def test_a_text_that_cannot_be_read_whole_is_refused_with_the_row_and_nothing_is_in(cast, tmp_path, content, row):
    assert f"第 {row} 行" in refused(tmp_path / "a.csv", content)


@pytest.mark.parametrize(("line", "column", "word"), [
    ("A2,2024-12-20 09:00,停水,多了一列\n", "", "4 列"), ("A2,2024-12-20 09:00", "", "断了"),
    ('A2,2024-12-20 09:00,"停水\nA3,2024-12-20 09:10,路灯"\n', "诉求内容", "夹着别的行"),
    ("A2,2024-12-20 09:00,停\x00水\n", "诉求内容", "空字符"), ("\x00" * 60 + "\n", "外部编号", "空字符"),
    ("#N/A,2024-12-20 09:00,停水\n", "外部编号", "错误值"), ("A2,#VALUE!,停水\n", "受理时间", "错误值"),
    ("A2,########,停水\n", "受理时间", "错误值"), ("A2,2024-12-20 09:00,#REF!\n", "诉求内容", "错误值"),
    ("2.02412E+17,2024-12-20 09:00,停水\n", "外部编号", "科学计数"),
    ("20241220000000100,2024-12-20 09:00,停水\n", "外部编号", "末尾全是 0"),
    ("A2,0001-01-01,停水\n", "受理时间", "1900"), ("A2,9999-12-31T23:59:59Z,停水\n", "受理时间", "2199"),
    ("A2,2024-02-30,停水\n", "受理时间", "不存在"), ("A2,2024-12-20T09:00+23:59,停水\n", "受理时间", "时区"),
    ("A2,1999-12-31,停水\n", "受理时间", "2000"), ("A2,,停水\n", "受理时间", "没有"),
    ("A2,2024-12-20 09:00,\u200b\n", "诉求内容", "没有"),
    ("A2,2024-12-20 09:00," + "水" * 20001 + "\n", "诉求内容", "20000"), ("A" * 121 + ",2024-12-20 09:00,停水\n", "外部编号", "120"),
])
def test_a_row_that_cannot_be_read_is_named_with_its_column_and_the_others_are_in(cast, tmp_path, line, column, word):
    done, told = both(tmp_path / "a.csv", HEAD + "A1,2024-12-19 09:00,井盖缺失\n" + line)
    assert (done.made, done.bad) == (1, 1) and told[0][0] == "3" and told[0][1] == column and word in told[0][2], told


ANSWERS = "external_no,received_at,narrative,closed_at,reached,solved,satisfaction\n"


@pytest.mark.parametrize(("answers", "bad"), [
    ("否,是,", True), ("否,否,", True), ("未接通,,满意", True), ("0,1,5", True), ("否,,", False), ("是,否,不满意", False), (",是,", False),
])
def test_who_was_not_reached_has_answered_nothing(cast, tmp_path, answers, bad):
    """Otherwise such a row counts among those who were content, in a rate whose base are those who answered."""
    text = ANSWERS + f"A1,2024-12-19 09:00,井盖缺失,2024-12-20 09:00,,,\nA2,2024-12-19 09:00,停水,2024-12-20 09:00,{answers}\n"
    done, told = both(tmp_path / "a.csv", text)
    assert (done.made, done.bad) == (2 - bad, int(bad))
    assert not bad or (told[0][:2] == ("3", "回访接通") and "没有接通" in told[0][2]) or answers.endswith("5"), told


@pytest.mark.parametrize(("written", "read"), [
    ("2024-12-20 9:00", "09:00"), ("2024年12月20日9时5分", "09:05"), ("2024.12.20 09:00", "09:00"),
    ("2024/12/20 09:00:00", "09:00"), ("20241220 0900", "09:00"), ("2024-12-20T09:00:00+08:00", "09:00"),
    ("2024-12-20T01:00Z", "09:00"), ("２０２４－１２－２０　０９：００", "09:00"), ("2024年12月20日 上午9点", "09:00"),
    ("45646.375", "09:00"), ("2024-12-20", "00:00"),
])
def test_a_time_in_its_common_shapes_is_taken(cast, tmp_path, written, read):
    assert bring(tmp_path / "a.csv", HEAD + f"A1,{written},停水\n").reasons == {}
    assert f"{Case.objects.get().received_at.astimezone(NOW.tzinfo):%Y-%m-%d %H:%M}" == f"2024-12-20 {read}"


def test_a_limit_that_lies_centuries_ahead_is_a_slip_of_the_pen(cast, tmp_path):
    rows = "".join(f"G{n},2024-12-20 09:00,停水,water,{due}\n" for n,
                   due in enumerate(["2024-12-30 18:00", "2099-12-31 00:00", "9999-12-31", "2024-12-30 18:00"]))
    done, told = both(tmp_path / "a.csv", "external_no,received_at,narrative,unit,due_at\n" + rows)
    assert (done.made, done.bad) == (2, 2) and [line[1] for line in told] == ["办理时限", "办理时限"]


def test_long_numbers_of_which_some_are_whole_are_all_whole(cast, tmp_path):
    rows = "".join(f"2024122000000{n:04},2024-12-20 09:00,停水 {n}\n" for n in (100, 200, 201))
    assert bring(tmp_path / "a.csv", HEAD + rows).made == 3


@pytest.mark.parametrize("null", ["NULL", "null", "(null)", "\\N", "None", "NaN"])
def test_what_programs_write_for_an_empty_cell_is_an_empty_cell(cast, tmp_path, null):
    head = "external_no,received_at,narrative,requester,phone,place,title\n"
    done, told = both(tmp_path / "n.csv", f"{head}A1,2024-12-20 09:00,停水,{null},{null},{null},{null}\nA2,2024-12-20 09:00,{null},王小明,,,\n")
    assert (done.made, done.bad) == (1, 1) and told == [("3", "诉求内容", "没有诉求内容")], told
    case = Case.objects.get()
    assert not {"requester", "phone", "place"} & set(exported.kept([case.id])[case.id]) and case.title == "停水"


def test_two_columns_of_one_name_that_say_different_things_are_told(cast, tmp_path):
    done, told = both(tmp_path / "a.csv",
                      "external_no,received_at,narrative,电话,电话\nA1,2024-12-20,停水,13900000001,\nA2,2024-12-20,停电,13900000001,13900000002\n"
                                          "A3,2024-12-20,路灯,13900000003,13900000003\n")
    assert (done.made, done.bad) == (2, 1) and told[0][:2] == ("3", "电话")


def test_the_names_of_a_template_with_its_marks_are_names(cast, tmp_path):
    text = '*外部编号,受理时间（必填）,"诉求\n内容 ＊",\u00a0电话：\nA1,2024-12-20,停水,13900000001\n'
    done = bring(tmp_path / "a.csv", text)
    assert (done.made, done.unused) == (1, ()) and Contact.objects.exclude(phone_hash=None).count() == 1


def test_a_short_row_is_a_row_whose_last_cells_are_empty(cast, tmp_path):
    """Spreadsheets leave out separators behind the last cell of a row that is filled."""
    assert bring(tmp_path / "a.csv", "external_no,received_at,narrative,place\nA1,2024-12-20,停水\nA2,2024-12-20,停电,北街\n").made == 2


def test_cells_that_are_kept_from_becoming_numbers_are_their_words(cast, tmp_path):
    """="0891…" and a tab behind the figures: programs write them so that no spreadsheet takes a text for a number."""
    done, told = both(tmp_path / "a.csv", CALLERS + '="E1",="2024-12-20 09:00",="停水",,="13900000001"\n"=""E2""","2024-12-20 09:00\t",停电,,"=""13900000001"""\n')
    assert (done.made, told) == (2, []) and {n.case.title for n in CaseText.objects.select_related("case")} == {"停水", "停电"}
    assert read_for_duty(contact=Contact.objects.get()).phone == "+8613900000001"


def test_what_nobody_sees_makes_no_other_key_unit_or_word(cast, tmp_path):
    text = "external_no,received_at,narrative,unit,solved\nA1,2024-12-20 09:00,停水,市水务局\u200b,Ｙ\nA\u200b1,2024-12-20 09:00,停水,市水务局,是\n"
    done, told = both(tmp_path / "a.csv", text)
    assert (done.made, done.known, told) == (1, 1, [])


def test_a_half_of_a_day_that_does_not_fit_its_hour_is_no_time(cast, tmp_path):
    rows = "".join(f"H{n},2024-12-20 {at},停水\n" for n, at in enumerate(["上午12:00", "上午 12:30", "上午15点", "下午12:30", "上午0:30", "下午3点"]))
    done, told = both(tmp_path / "a.csv", HEAD + rows)
    assert done.made == 3 and [line[0] for line in told] == ["2", "3", "4"] and "24 小时" in told[0][2]


@pytest.mark.parametrize(("start", "word"), [(b"PK\3\4" + bytes(60), ".xlsx"), (b"\x1f\x8b\x08" + bytes(60), "压缩包"), (b"\xd0\xcf\x11\xe0" + bytes(60), ".xls")])
def test_another_kind_of_file_under_the_name_of_a_text_is_called_what_it_is(cast, tmp_path, start, word):
    assert word in refused(tmp_path / "a.csv", start)


# --- spreadsheets ------------------------------------------------------------


def table(*rows: str, style: str = "", after: str = "") -> dict:
    return parts("".join(f'<row r="{n}">{row}</row>' for n, row in enumerate(rows, 2)), after, style)


def test_error_cells_formulas_and_rounded_numbers_are_rows_of_the_report(cast, tmp_path):
    day = cell("B2", "45646.375", style=1)
    rows = [words("A2", "E1") + day + words("C2", "停水一天"), cell("A3", "#N/A", "e") + day.replace("B2", "B3") + words("C3", "停水"),
            words("A4", "E3") + day.replace("B2", "B4") + cell("C4", "#NAME?", "e"),
            words("A5", "E4") + cell("B5", "#REF!", "e") + words("C5", "停水"),
            cell("A6", "20241220000000123") + day.replace("B2", "B6") + words("C6", "停水"),
            words("A7", "E6") + day.replace("B2", "B7") + cell("C7", formula="A7&amp;B7"),
            words("A8", "#N/A") + day.replace("B2", "B8") + words("C8", "停水"),
            words("A9", "E8") + cell("B9", 99999999, style=1) + words("C9", "停水")]
    done, told = both(pack(tmp_path, table(*rows, style=styles("yyyy-mm-dd hh:mm"))))
    assert done.made == 1 and [line[:2] for line in told] == [
        ("3", "外部编号"), ("4", "诉求内容"), ("5", "受理时间"), ("6", "外部编号"), ("7", "诉求内容"), ("8", "外部编号"), ("9", "受理时间")], told


@pytest.mark.parametrize("column", ["external_no", "narrative", "title", "place", "requester", "phone", "reply", "source", "unit", "satisfaction"])
def test_a_word_that_the_sheet_has_made_a_day_or_an_hour_of_is_reported_and_not_taken_for_words(cast, tmp_path, column):
    names = ["external_no", "received_at", "narrative", "title", "place", "requester", "phone", "reply", "source", "unit", "satisfaction"]
    book = Workbook()
    book.active.append(names)
    for key, value in (("K1", datetime(2024, 3, 5)), ("K2", time(9, 30)), ("K3", timedelta(days=40, hours=3)), ("K4", timedelta(days=-1)), ("K5", None)):
        book.active.append([value if name == column and value else {"external_no": key, "received_at": datetime(2024, 12, 20, 9), "narrative": "停水"}.get(name)
                            for name in names])
    book.save(tmp_path / "a.xlsx")
    done, told = both(tmp_path / "a.xlsx")
    assert (done.made, done.bad) == (1, 4)
    assert all("设为文本" in why and name == BY_CODE[column].name for _, name, why in told), told


def test_an_error_in_a_column_that_is_not_used_harms_nobody(cast, tmp_path):
    made = parts(f'<row r="2">{words("A2", "E1")}{words("B2", "2024-12-20")}{words("C2", "停水")}{cell("D2", "#DIV/0!", "e")}</row>')
    made["xl/worksheets/sheet1.xml"] = made["xl/worksheets/sheet1.xml"].replace("</row>", words("D1", "平均") + "</row>", 1)
    assert bring(pack(tmp_path, made)).made == 1


def test_names_of_columns_in_two_rows_are_read(cast, tmp_path):
    for merged in (True, False):
        book = Workbook()
        for row in (["示例市工单明细"], ["外部编号", "诉求内容", "时间", None], [None, None, "受理时间", "办结时间"],
                    [f"H{merged}", "停水", "2024-12-20 09:00", "2024-12-21 09:00"]):
            book.active.append(row)
        if merged:
            for area in ("A1:D1", "A2:A3", "B2:B3", "C2:D2"):
                book.active.merge_cells(area)
        book.save(tmp_path / "two.xlsx")
        assert bring(tmp_path / "two.xlsx").made == 1
    assert Case.objects.filter(closed_at=None).count() == 0
    text = "外部编号,诉求内容,时间,\n,,受理时间,办结时间\nC1,停电,2024-12-20 09:00,\n"
    assert bring(tmp_path / "two.csv", text).made == 1


def test_a_book_with_styles_that_its_maker_broke_is_read(cast, tmp_path):
    broken = styles("yyyy-mm-dd").replace("<numFmts>", '<fills><fill/></fills><fonts><font><color rgb="FFF"/></font></fonts><numFmts>')
    assert bring(pack(tmp_path, table(words("A2", "W1") + cell("B2", "45646.375", style=1) + words("C2", "停水"), style=broken))).made == 1
    assert Case.objects.get().received_at.astimezone(NOW.tzinfo).isoformat() == "2024-12-20T09:00:00+08:00"


def test_a_number_in_a_column_of_times_is_a_day_of_the_books_own_calendar(cast, tmp_path):
    made = table(words("A2", "W1") + cell("B2", "44184.375") + words("C2", "停水"))
    made["xl/workbook.xml"] = made["xl/workbook.xml"].replace("<workbookPr ", '<workbookPr date1904="1" ')
    assert bring(pack(tmp_path, made)).made == 1
    assert f"{Case.objects.get().received_at.astimezone(NOW.tzinfo):%Y-%m-%d %H:%M}" == "2024-12-20 09:00"


def test_hidden_rows_come_in_and_are_spoken_of(cast, tmp_path):
    made = parts(f'<row r="2" hidden="1">{words("A2", "E1")}{words("B2", "2024-12-20")}{words("C2", "停水")}</row>')
    done = bring(pack(tmp_path, made))
    assert done.made == 1 and "隐藏着的 1 行也读" in done.about


@pytest.mark.parametrize(("name", "content", "word"),
                         [("a.csv", PNG, ""), ("a.xlsx", b"external_no\n", "文字"), ("a.xlsx", b"<html>", "网页"),
                          ("a.xls", b"\xd0\xcf\x11\xe0", ".xlsx"), ("a.ods", b"PK", ".xlsx")])
def test_a_file_of_another_kind_is_a_sentence(cast, tmp_path, name, content, word):
    assert word in refused(tmp_path / name, content)


# --- numbers of callers ------------------------------------------------------------

CALLERS = "external_no,received_at,narrative,requester,phone\n"


def test_the_same_caller_with_and_without_an_extension_is_one(cast, tmp_path):
    written = ["0891-5550001", "0891-5550001-801", "0891-5550001分机801", "0891-5550001转801", "(0891) 5550001", "+86 891 5550001 ext 801"]
    done = bring(tmp_path / "a.csv", CALLERS + "".join(f"X{n},2024-12-20 09:0{n},停水 {n},钱一,{one}\n" for n, one in enumerate(written)))
    assert done.made == 6
    assert read_for_duty(contact=Contact.objects.get()).phone == "+868915550001转801"


@pytest.mark.parametrize(("written", "word"), [
    ("1.39E+10", "科学计数"), ("13900000001/0891-5550001", "只填一个"), ("13900000001、13900000002", "只填一个"),
    ("13900000001 转 13900000002", "只填一个"), ("13900000001（儿子13900000002）", "只填一个"),
    ("1390000000113900000002", "只填一个"), ("139****0001", "遮盖"), ("139000000", "位数"), ("1390000000", "位数"),
    ("139000000011", "位数"), ("8915550001", "位数"), ("张三", "别的字"),
])
def test_a_number_that_cannot_be_read_is_reported_and_never_stored(cast, tmp_path, written, word):
    done, told = both(tmp_path / "a.csv", CALLERS + f"T1,2024-12-20 09:00,停水,赵一,{written}\nT2,2024-12-20 09:00,停电,赵一,无\n")
    assert (done.made, done.bad) == (1, 1) and told[0][:2] == ("2", "电话") and word in told[0][2]
    assert not Contact.objects.exclude(phone_hash=None).exists()


def test_numbers_that_a_sheet_holds_as_numbers_are_read_when_they_are_whole(cast, tmp_path):
    made = table(words("A2", "S1") + words("B2", "2024-12-20") + words("C2", "停水") + cell("D2", "13900000001"),
                 words("A3", "S2") + words("B3", "2024-12-20") + words("C3", "停水") + cell("D3", "1.3900000001E10"),
                 words("A4",
                       "S3") + words("B4", "2024-12-20") + words("C4", "停水") + cell("D4", "8915550001", style=1),
                       words("A5", "S4") + words("B5", "2024-12-20") + words("C5", "停水") + cell("D5", "8915550001"),
                 style=styles("00000000000"))
    made["xl/worksheets/sheet1.xml"] = made["xl/worksheets/sheet1.xml"].replace("</row>", words("D1", "phone") + "</row>", 1)
    done, told = both(pack(tmp_path, made))
    assert done.made == 3 and told[0][:2] == ("5", "电话"), "a nought that is lost is not guessed"
    assert {read_for_duty(contact=c).phone for c in Contact.objects.all()} == {"+8613900000001", "+868915550001"}


@pytest.mark.parametrize("written", ["13900000000", "1.39E10", "1.39E+10", "13901000000"])
def test_a_rounded_number_that_a_sheet_has_made_a_number_of_again_is_reported(cast, tmp_path, written):
    made = table(words("A2", "S1") + words("B2", "2024-12-20") + words("C2", "停水") + cell("D2", written),
                 words("A3", "S2") + words("B3", "2024-12-20") + words("C3", "停水") + words("D3", "13900000000"))
    made["xl/worksheets/sheet1.xml"] = made["xl/worksheets/sheet1.xml"].replace("</row>", words("D1", "phone") + "</row>", 1)
    done, told = both(pack(tmp_path, made))
    assert done.made == 1 and told[0][:2] == ("2", "电话") and "科学计数" in told[0][2]


# --- attachments ------------------------------------------------------------


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (9, 9, 9)).save(out, "JPEG")
    return out.getvalue()


def odd_exif() -> bytes:
    block = b"Exif\0\0II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x011A, 10, 1, 26) + b"\0" * 4 + b"\xff" * 8
    return photo()[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + photo()[2:]


@pytest.fixture
def papers(tmp_path):
    settings_before, settings.DATA = settings.DATA, tmp_path / "data"
    for name, content in {"好.jpg": photo(), "怪.jpg": odd_exif(), "断.jpg": photo()[:200], "空.txt": b"",
                          "说明.txt": "停水".encode("utf-16"), "程序.jpg": b"MZ\x90\0\3", "film.m4a": b"\0\0\0\x20ftypmp42",
                          "sub/内.txt": "停水".encode(), "大.pdf": b"%PDF-" + bytes(20 << 20)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    yield tmp_path
    settings.DATA = settings_before


FILES = "external_no,received_at,narrative,files\n"


def test_an_attachment_that_is_not_taken_is_its_rows_matter_alone(cast, papers):
    names = ["好.jpg", "怪.jpg", "说明.txt", "sub\\内.txt", "断.jpg", "空.txt", "程序.jpg", "film.m4a", "没有.jpg",
             "大.pdf", "../outside.txt", "好.jpg;没有.jpg", "x" * 300, "好.jpg/x", "."]
    done, told = both(papers / "a.csv", FILES + "".join(f"AT{n},2024-12-20 09:00,停水,{name}\n" for n, name in enumerate(names)))
    assert done.made == 4 and [int(line[0]) for line in told] == list(range(6, 17)) and {line[1] for line in told} == {"附件"}
    assert CaseFile.objects.count() == 4 and {f.file.mime for f in CaseFile.objects.select_related("file")} == {"image/jpeg", "text/plain"}
    assert all(kept.open_bytes(f.file) for f in CaseFile.objects.select_related("file"))


def test_a_paper_is_found_whatever_wrote_the_marks_on_its_letters(cast, papers):
    import unicodedata

    (papers / unicodedata.normalize("NFD", "é.txt")).write_bytes("停水".encode())
    assert bring(papers / "a.csv", FILES + f"AT1,2024-12-20 09:00,停水,{unicodedata.normalize('NFC', 'é.txt')}\n").made == 1


def test_a_row_that_is_in_already_is_not_asked_for_its_papers_again(cast, papers):
    text = FILES + "AT1,2024-12-20 09:00,停水,好.jpg\n"
    assert bring(papers / "a.csv", text).made == 1
    (papers / "好.jpg").unlink()
    again = bring(papers / "a.csv", text)
    assert (again.known, again.bad, CaseFile.objects.count()) == (1, 0, 1)


def test_bytes_of_a_batch_that_failed_do_not_stay(cast, papers, monkeypatch):
    monkeypatch.setattr(actions.import_runs, "mark", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bring(papers / "a.csv", FILES + "AT1,2024-12-20 09:00,停水,说明.txt\n")
    assert not [p for p in (papers / "data" / "files").rglob("*") if p.is_file()]


def test_a_batch_holds_no_bytes_in_memory_while_it_waits(cast, papers):
    prepared = files.prepare(content=b"%PDF-1", name="a.pdf")
    laid = files.lay_down(prepared=prepared)
    assert laid.content == b"" and kept.open_bytes(files.keep(prepared=laid, by=cast.actors["agent"])) == b"%PDF-1"


# --- the trial promises what the run does ------------------------------------------------------------

GOOD = {"external_no": st.sampled_from(["A1", "A2", "A3", "20241220000000123", ""]),
        "received_at": st.sampled_from(["2024-12-20 09:00", "2024年12月20日", "45646.375"]),
        "narrative": st.sampled_from(["停水", "路灯\n不亮", "=1+1"]),
        "phone": st.sampled_from(["13900000001", "0891-5550001转801", ""]), "unit": st.sampled_from(["water", "市城管局", ""]),
        "files": st.sampled_from(["", "好.jpg"]), "solved": st.sampled_from(["是", "否", ""]), "due_at": st.sampled_from(["2024-12-30", ""])}
FAULTS = st.sampled_from(["#N/A", "1.39E+10", "9999-12-31T23:59:59Z", "0001-01-01", "断.jpg", "没有.jpg", "无此局",
                          "\x00", "NaN", "139****0001", "水" * 20001, "\u202e", "'=1", "１", "x" * 200, "a\nb,c"])


@st.composite
def some_rows(draw):
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        row = {name: draw(good) for name, good in GOOD.items()}
        if draw(st.booleans()):
            row[draw(st.sampled_from(sorted(GOOD)))] = draw(FAULTS)
        rows.append(list(row.values()) + (["zu viel"] if draw(st.integers(0, 9)) == 0 else []))
    return rows


def _could_be_either(content: bytes, encoding: str) -> bool:
    try:
        return encoding == "gb18030" and not content.isascii() and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


@only(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_rows(), st.sampled_from(["utf-8", "gb18030", "utf-16"]), st.integers(1, 3))
def test_the_trial_promises_exactly_what_the_run_does(cast, papers, rows, encoding, batch):
    from django.db import transaction

    out = io.StringIO()
    csv.writer(out).writerows([list(GOOD), *rows])
    content = out.getvalue().encode(encoding)
    assume(not _could_be_either(content, encoding))  # 停水 alone: such a file is refused, as another test says
    before, actions.BATCH = actions.BATCH, batch
    try:
        with transaction.atomic():
            done, told = both(papers / "p.csv", content)
            assert done.read == len(rows) and len(told) == done.bad
            transaction.set_rollback(True)
    finally:
        actions.BATCH = before


def test_the_report_stands_in_the_order_of_the_rows_whatever_is_found_first(cast, papers, monkeypatch):
    """Row 6 differs from row 5 beside it, row 7 from one of a batch before; row 8 has a column too many."""
    monkeypatch.setattr(actions, "BATCH", 3)
    row = "{},2024-12-20 09:00,停水,{}\n"
    rows = [("B", "是"), ("C1", "是"), ("C2", "是"), ("A", "是"), ("A", "否"), ("B", "否"), ("D", "是,x")]
    _, told = both(papers / "order.csv", "external_no,received_at,narrative,solved\n" + "".join(row.format(*each) for each in rows))
    assert [line for line, _, _ in told] == ["6", "7", "8"]


# --- options ------------------------------------------------------------


@pytest.mark.parametrize("raw", [
    [], "x", 5, {"columns": []}, {"columns": {"a": "nothing"}}, {"columns": {"a": [["phone"]]}},
    {"columns": {None: {"x": 1}}}, {"values": {"unit": ["x"]}}, {"values": {"unit": 5}}, {"values": {"solved": {"x": "nein"}}},
    {"values": {"solved": {"x": [1]}}}, {"formats": {"a": 1}}, {"formats": [["%Y"]]}, {"ignore": {"a": 1}},
    {"compose": {"narrative": [1]}}, {"compose": {"nothing": "x"}}, {"defaults": {"place": {}}}, {"zone": 5},
    {"zone": "Nowhere"}, {"zone": ["x"]}, {"zone": "../../etc/passwd"}, {"source": ["x"]}, {"source": {"x": 1}},
    {"create_units": "perhaps"}, {"create_units": [1]}, {"create_categories": 7}, {5: 6}, {None: None},
    {("a", "b"): 1}, {"source": "\ud800"}, {"columns": {"a": None}}, {"columns": {"a": True}},
])
def test_a_map_that_does_not_fit_is_a_sentence_for_each_place(raw):
    with pytest.raises(Invalid) as wrong:
        read_map(raw)
    assert all(said and len(said) < 700 for said in wrong.value.errors.values())


def test_a_word_of_yaml_is_a_word_whatever_yaml_takes_it_for(cast, tmp_path):
    from datetime import date

    raw = {"columns": {1: "external_no", "when": "received_at", "what": "narrative"},
           "values": {"solved": {"x": True, "y": "no"}}, "defaults": {"place": None, "received_at": date(2024, 12, 1)},
           "create_units": "no", "formats": "%d/%m/%Y", "ignore": "note"}
    read = read_map(raw)
    assert not read.create_units and read.formats == ("%d/%m/%Y",) and read.ignore == {"note"} and "place" not in read.defaults
    assert bring(tmp_path / "a.csv", "1,when,what,note\nA1,20/12/2024,停水,x\n", map=read).made == 1


def test_the_report_never_takes_the_place_of_the_file_itself(cast, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(HEAD + "A1,x,停水\n", encoding="utf-8")
    for bad in (file, tmp_path / "." / "a.csv"):
        with pytest.raises(Invalid):
            bring(file, bad=bad)
    assert file.read_text(encoding="utf-8").startswith(HEAD)


@pytest.mark.parametrize("name", ["", "x\x00.csv", "y" * 400 + ".csv"])
def test_a_path_that_no_disk_knows_is_a_sentence(cast, tmp_path, name):
    with pytest.raises(Invalid):
        bring(tmp_path / name if name else tmp_path)


def test_a_zip_of_a_spreadsheet_within_limits_is_not_taken_for_a_bomb(cast, tmp_path):
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in table(*(f'{words(f"A{n}", f"N{n}")}{words(f"B{n}", "2024-12-20")}{words(f"C{n}", "停水" * 50)}' for n in range(2, 3000))).items():
            archive.writestr(part, content)
    assert bring(path, dry_run=True).made == 2998


def test_what_the_sheets_of_others_call_a_column_is_known_and_our_own_name_comes_first(cast, tmp_path):
    done, _ = both(tmp_path / "a.csv", "工单编号,受理日期,反映内容,来电人,联系电话\n1,2024-12-20 09:00,停水三天,王小明,13900000001\n")
    assert done.made == 1 and done.unused == () and Contact.objects.get().phone_hash
    done = bring(tmp_path / "b.csv", "外部编号,流水号,受理时间,诉求内容,手机号码,联系方式\n2,7,2024-12-20 09:00,停水四天,13900000002,微信\n")
    assert done.made == 1 and done.bad == 0 and done.unused == ("流水号", "联系方式")


def test_a_formula_that_was_never_computed_is_reported_and_its_row_not_taken_without_it(cast, tmp_path):
    book = Workbook()
    book.active.append(["external_no", "received_at", "narrative"])
    book.active.append(["=1+1", "2024-12-20 09:00", "停水三天"])
    book.active.append(["3", "2024-12-20 09:00", "停水四天"])
    book.save(tmp_path / "a.xlsx")
    done, told = both(tmp_path / "a.xlsx")
    assert done.made == 1 and [(row, column) for row, column, _ in told] == [("2", "外部编号")] and "公式" in told[0][2]


def test_where_the_row_of_names_is_missing_nobody_s_name_and_number_are_printed_and_of_many_columns_the_first_few(cast, tmp_path):
    """The first row of people stood on the screen, and in the log of whoever ran it by night."""
    path = tmp_path / "a.csv"
    path.write_text("A1,2024-12-20 09:00,我叫王小明，电话13800138000\n" * 3, encoding="utf-8")
    with pytest.raises(Invalid) as wrong:
        actions.import_file(path=path, by=people.actor_named("supervisor"), map=read_map({"columns": {"编号": "external_no"}}))
    said = "".join(wrong.value.errors.values())
    assert "小明" not in said and "0013" not in said and "编号" in said
    assert mapping.listed([f"列{n}" for n in range(16_000)]).endswith("…等 16000 列") and len(mapping.listed(["水" * 500, "", "水" * 500])) == 30
