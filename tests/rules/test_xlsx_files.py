"""Spreadsheets as programs write them and as they break: the cells are read, or a sentence says what to do. No library is in between."""

import errno
import io
import tracemalloc
import zipfile
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from minsheng.kit import xlsx_files
from minsheng.kit.csv_files import BadTable
from minsheng.kit.sheet_values import Number, Unreadable

pytestmark = pytest.mark.uncounted

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def cell(place: str, value: object = None, kind: str = "", style: int = 0, formula: str | None = None) -> str:
    given_kind = f' t="{kind}"' if kind else ""
    inner = "" if formula is None else f"<f>{formula}</f>"
    inner += f"<is><t>{value}</t></is>" if kind == "inlineStr" else "" if value is None else f"<v>{value}</v>"
    return f'<c r="{place}" s="{style}"{given_kind}>{inner}</c>'


def words(place: str, text: str) -> str:
    return cell(place, text, "inlineStr")


HEAD = f'<row r="1">{words("A1", "external_no")}{words("B1", "received_at")}{words("C1", "narrative")}</row>'


def sheet(rows: str, after: str = "", space: str = MAIN) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}"><sheetData>{rows}</sheetData>{after}</worksheet>'


def styles(*codes: str) -> str:
    forms = "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(codes))
    used = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(codes)))
    return f'<styleSheet xmlns="{MAIN}"><numFmts>{forms}</numFmts><cellXfs><xf numFmtId="0"/>{used}<xf numFmtId="14"/></cellXfs></styleSheet>'


def parts(rows: str = "", after: str = "", style: str = "", strings: str = "", pr: str = "", space: str = MAIN, more: str = "") -> dict[str, str]:
    made = {
        "_rels/.rels": f'<Relationships><Relationship Id="r1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{LINKS}"><workbookPr {pr}/><sheets><sheet name="工单" sheetId="1" r:id="r1"/>{more}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="r1" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
                                      f'<Relationship Id="r2" Type="{LINKS}/styles" Target="/xl/styles.xml"/>'
                                      f'<Relationship Id="r3" Type="{LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet(HEAD + rows, after, space),
    }
    return made | ({"xl/styles.xml": style} if style else {}) | ({"xl/sharedStrings.xml": strings} if strings else {})


def pack(folder, made: dict, name: str = "a.xlsx"):
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in made.items():
            archive.writestr(part, content)
    return path


def read(path) -> list[list]:
    """The cells of the first sheet below its names."""
    with xlsx_files.opened(path) as book:
        seen = book.survey(book.sheets[0])
        return [cells for _, cells in book.rows(book.sheets[0], seen)][1:]


def refused(path) -> str:
    with pytest.raises(BadTable) as wrong:
        read(path)
    assert "请" in str(wrong.value) or "没有读入" in str(wrong.value)
    return str(wrong.value)


# --- cells ------------------------------------------------------------


@pytest.mark.parametrize(("made", "value"), [
    (cell("A2", "停水", "str"), "停水"), (cell("A2", "停水", "inlineStr"), "停水"), (cell("A2", 0, "s"), "路灯"), (cell("A2", 1, "b"), "TRUE"),
    (cell("A2", 0, "b"), "FALSE"),
    (cell("A2", 42), "42"), (cell("A2", "42.0"), "42"), (cell("A2", "0.30000000000000004"), "0.3"), (cell("A2", "1.3900000001E10"), "13900000001"),
    (cell("A2", "13900000001"), "13900000001"), (cell("A2", "-5"), "-5"),
    (cell("A2", "123456789012345"), "123456789012345"), (cell("A2", "2024-12-20T09:00:00", "d"), "2024-12-20T09:00:00"),
    (cell("A2", 891, style=1), "0000891"), (cell("A2", "停_x000D_水_x005F_x000D_", "str"), "停\r水_x000D_"),
    (cell("A2", 8915550001, style=2), "08915550001"),
    (cell("A2", "停水", "str", formula="CONCAT(B2)"), "停水"), (cell("A2", "", "str", formula="B2"), ""),
    ("<c><v>7</v></c>", "7"), (cell("a2", 7), "7"),
    ('<c r="A2" t="inlineStr"/>', ""), ('<c r="A2" t="s"/>', ""), ('<c r="A2" t="inlineStr"><is/></c>', ""),
    ('<c r="A2"><v></v></c>', ""), (cell("A2", " 7 "), "7"), (cell("A2", 2, "s"), "路灯"),
    ('<c r="A2" t="str"><v> 停水 </v></c>', " 停水 "),
])
def test_a_cell_is_what_it_holds(tmp_path, made, value):
    strings = f'<sst xmlns="{MAIN}"><si><r><t>路</t></r><r><t>灯</t></r><rPh sb="0" eb="1"><t>lu</t></rPh></si><si/><si><t>路灯</t><phoneticPr fontId="1"/></si></sst>'
    path = pack(tmp_path, parts(f'<row r="2">{made}{words("C2", "x")}</row>', style=styles("0000000", "00000000000"), strings=strings))
    assert (read(path)[0] + [""])[0] == value


@pytest.mark.parametrize(("made", "word"), [
    (cell("A2", "#N/A", "e"), "错误值 #N/A"), (cell("A2", "#REF!", "e"), "错误值"),
    (cell("A2", formula="B2&amp;C2"), "没有算出的值"), ('<c r="A2"><f t="shared" si="0"/></c>', "没有算出的值"),
    (cell("A2", "20241220000000123"), "超过 15 位"), (cell("A2", "2.0241220000000012E+16"), "超过 15 位"),
    (cell("A2", "1E300"), "超过 15 位"), (cell("A2", 99, "s"), "缺失"),
    (cell("A2", "abc"), "不是有效的数字"), (cell("A2", "NaN"), "不是有效的数字"), (cell("A2", "INF"), "超过 15 位"),
    (cell("A2", 99999999, style=1), "不是有效的数字或日期"), (cell("A2", -1, style=1), "日期"), (cell("A2", "1914310000010100016"), "超过 15 位"),
])
def test_a_cell_that_nobody_can_read_says_why(tmp_path, made, word):
    path = pack(tmp_path, parts(f'<row r="2">{made}{words("C2", "x")}</row>', style=styles("yyyy-mm-dd")))
    found = read(path)[0][0]
    assert isinstance(found, Unreadable) and word in found.why


@pytest.mark.parametrize(("code", "is_date"), [
    ("yyyy-mm-dd", True), ("yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;", True), ("[$-804]yyyy-m-d h:mm", True),
    ("d-mmm-yy", True), ("[Red]0.00", False), ("0.00_);\\(0.00\\)", False),
    ("General", False), ("0&quot; days&quot;", False), ("[Yellow]#,##0", False), ("@", False), ("[h]:mm", False), ("\\d0", False),
])
def test_a_date_is_told_by_how_it_is_shown(tmp_path, code, is_date):
    path = pack(tmp_path, parts(f'<row r="2">{cell("A2", "45646.375", style=1)}</row>', style=styles(code)))
    assert (read(path)[0][0] == datetime(2024, 12, 20, 9)) == is_date


@pytest.mark.parametrize(("code", "shown"), [("h:mm", (True, "0.375")), ("[h]:mm:ss", (True, "0.375")), ("上午/下午h&quot;时&quot;", (True, "0.375")),
                                             ("0.0%", (False, "37.5%")), ("0.00", (False, "0.375")), ("General", (False, "0.375"))])
def test_an_hour_says_that_it_is_one_and_a_share_is_read_as_it_is_shown(tmp_path, code, shown):
    found = read(pack(tmp_path, parts(f'<row r="2">{cell("A2", "0.375", style=1)}</row>', style=styles(code))))[0][0]
    assert (getattr(found, "hours", False), str(found)) == shown


def test_the_calendar_of_1904_and_the_built_in_forms(tmp_path):
    rows = f'<row r="2">{cell("A2", "44184.375", style=1)}{cell("B2", "44184.375")}</row>'
    found = read(pack(tmp_path, parts(rows, style=styles(), pr='date1904="1"')))[0]
    assert found[0] == datetime(2024, 12, 20, 9) and isinstance(found[1], Number) and found[1].moment() == datetime(2024, 12, 20, 9)


def test_a_part_of_a_day_is_a_time_to_the_second(tmp_path):
    rows = f'<row r="2">{cell("A2", "44195.5152777778", style=1)}{cell("B2", "44765.00011574074", style=1)}{cell("C2", "45646.999999999996", style=1)}</row>'
    assert read(pack(tmp_path, parts(rows, style=styles("yyyy/m/d h:mm")))) == [
        [datetime(2020, 12, 30, 12, 22), datetime(2022, 7, 23, 0, 0, 10), datetime(2024, 12, 21)]]


def test_a_sheet_that_says_it_is_smaller_than_it_is_is_read_whole(tmp_path):
    made = parts(f'<row r="2">{words("A2", "停水")}{words("D2", "北街")}</row>')
    made["xl/worksheets/sheet1.xml"] = made["xl/worksheets/sheet1.xml"].replace("<sheetData>", '<dimension ref="A1"/><sheetData>')
    assert read(pack(tmp_path, made)) == [["停水", "", "", "北街"]]


def test_values_merged_downwards_mean_all_rows_and_hidden_rows_are_counted(tmp_path):
    rows = f'<row r="2">{words("A2", "甲")}{words("B2", "一")}</row><row r="3" hidden="1">{words("B3", "二")}</row><row r="5">{words("B5", "三")}</row><row r="6"><c r="A6"/></row>'
    path = pack(tmp_path, parts(rows, '<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B5:C5"/></mergeCells>'))
    assert read(path) == [["甲", "一"], ["甲", "二"], ["", "三"]]
    with xlsx_files.opened(path) as book:
        seen = book.survey(book.sheets[0])
    assert (seen.last, seen.filled, seen.hidden) == (6, 4, 1)


def test_the_strict_form_of_the_format_is_read(tmp_path):
    assert read(pack(tmp_path, parts(f'<row r="2">{words("A2", "停水")}</row>', space=STRICT))) == [["停水"]]


@pytest.mark.parametrize("style",
                         ["", "<styleSheet>", "<styleSheet><fills><fill/></fills></styleSheet>",
                          f'<styleSheet xmlns="{MAIN}"><fonts><font><color rgb="FFF"/></font></fonts>'
                                   '<cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>', "no xml",
                                   '<styleSheet><cellXfs><xf numFmtId="x"/></cellXfs></styleSheet>'])
def test_broken_styles_break_nothing(tmp_path, style):
    found = read(pack(tmp_path,
                      parts(f'<row r="2">{cell("A2", 45646)}{cell("B2", 1, style=77)}{cell("C2", 2).replace("s=", "s=x x=").replace("s=x x=", "s=")}</row>', style=style)))
    assert found[0][0] in ("45646", datetime(2024, 12, 20)) and found[0][1:] in (["1", "2"], ["1", datetime(1900, 1, 1)])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.lists(st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"],
                                                           exclude_characters="\ufffe\uffff_"), max_size=6)
                         | st.integers(-10**14,
                                       10**14) | st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0)),
                         min_size=3, max_size=3), max_size=5))
def test_what_the_usual_library_writes_is_read_as_it_was(tmp_path, rows):
    book = Workbook()
    for row in [["external_no", "received_at", "narrative"], *rows]:
        book.active.append([None if value == "" or (isinstance(value, str) and value.startswith("=")) else value for value in row])
    path = tmp_path / "b.xlsx"
    book.save(path)
    def plain(value) -> object:
        return value if isinstance(value, datetime) else "" if value is None or str(value).startswith("=") else str(value)

    kept = [[plain(value) for value in row] for row in rows]
    found = [row + [""] * (3 - len(row)) for row in read(path)]
    shown = [[cell.shown if isinstance(cell, Unreadable) else cell for cell in row] for row in found]
    assert shown == [row for row in kept if any(cell != "" for cell in row)]


# --- files that are none ------------------------------------------------------------


def encrypted(content: bytes) -> bytes:
    """The mark of a part that is locked, in both places where a zip keeps it."""
    content = bytearray(content)
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(magic)
        content[at + place] |= 1
    return bytes(content)


def strange_version(content: bytes) -> bytes:
    content = bytearray(content)
    at = content.find(b"PK\x01\x02")
    content[at + 6: at + 8] = b"\xff\x00"
    return bytes(content)


@pytest.mark.parametrize(("name", "harm", "word"), [
    ("nothing", lambda c: b"", "不是 .xlsx"), ("words", lambda c: b"external_no,narrative\n", "内容是文字"),
    ("a page", lambda c: b"\n<html><table><tr><td>", "内容是网页"),
    ("an old one, renamed", lambda c: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版 .xls"),
    ("one with a password", lambda c: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) +
     "EncryptedPackage".encode("utf-16-le"), "密码"), ("locked parts", encrypted, "密码"),
     ("a strange version", strange_version, "损坏"), ("cut in the middle", lambda c: c[: len(c) // 2], "损坏"),
    ("cut at the end", lambda c: c[:-30], "损坏"),
    ("a byte turned", lambda c: c.replace(c[120:124], bytes(b ^ 0xFF for b in c[120:124]), 1), "损坏"),
    ("an archive of nothing", lambda c: b"PK\5\6" + bytes(18), "缺少"),
])
def test_a_file_that_is_no_spreadsheet_is_called_what_it_is(tmp_path, name, harm, word):
    path = pack(tmp_path, parts(f'<row r="2">{words("A2", "x" * 300)}</row>'))
    path.write_bytes(harm(path.read_bytes()))
    assert word in refused(path)


@pytest.mark.parametrize(("name", "change", "word"), [
    ("no sheet", {"xl/worksheets/sheet1.xml": None}, "缺少"), ("no book", {"xl/workbook.xml": None}, "缺少"),
    ("half a sheet", {"xl/worksheets/sheet1.xml": sheet(HEAD)[:-30]}, "已损坏"),
    ("another language", {"xl/worksheets/sheet1.xml": "{}"}, "已损坏"),
    ("an entity", {"xl/worksheets/sheet1.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'}, "声明"),
    ("an entity in the texts", {"xl/sharedStrings.xml": '<!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'}, "声明"),
    ("rows backwards", {"xl/worksheets/sheet1.xml": sheet('<row r="9"/><row r="2"/>')}, "行号"),
    ("a row beyond all", {"xl/worksheets/sheet1.xml": sheet('<row r="99999999"/>')}, "行号"),
    ("columns beyond all", {"xl/worksheets/sheet1.xml": sheet('<row r="1"><c r="ZZZ1"><v>1</v></c></row>')}, "列数"),
    ("a cell without end", {"xl/worksheets/sheet1.xml": sheet(HEAD + f'<row r="2">{words("A2", "水" * 1_100_000)}</row>')}, "一百万字"),
    ("texts without end", {"xl/sharedStrings.xml": f"<sst><si><t>{'x' * 1_100_000}</t></si></sst>"}, "一百万字"),
])
def test_a_part_that_is_broken_is_a_sentence(tmp_path, name, change, word):
    made = {part: content for part, content in (parts() | change).items() if content is not None}
    assert word in refused(pack(tmp_path, made))


def test_a_sheet_that_unfolds_to_gigabytes_is_refused_before_it_is_unfolded(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in parts().items():
            if not part.endswith("sheet1.xml"):
                archive.writestr(part, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as out:
            for _ in range(100):
                out.write(b" " * (1 << 20))
    assert path.stat().st_size < 300_000 and "展开后过大" in refused(path)


def test_texts_that_cells_share_lie_on_the_disk_and_not_in_memory(tmp_path):
    """A file of a few megabytes unfolded to fifty times as much in memory."""
    strings = "<sst>" + "".join(f"<si><t>停水{n}号</t></si>" for n in range(300_000)) + "</sst>"
    path = pack(tmp_path, parts(f'<row r="2">{cell("A2", 299_999, "s")}{cell("B2", 0, "s")}</row>', strings=strings))
    del strings
    tracemalloc.start()
    found = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found == [["停水299999号", "停水0号"]] and peak < 12 << 20


def test_a_full_disk_is_not_said_of_the_file(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(xlsx_files.tempfile, "SpooledTemporaryFile", lambda size: Full())
    strings = '<si><t>水压低</t></si>'
    path = pack(tmp_path, parts('<row r="1"><c r="A1" t="s"><v>0</v></c></row>', strings=strings))
    assert refused(path) == "a.xlsx 没有读完：本机磁盘已满，请找管理员"


def test_a_row_of_cells_that_are_long_together_is_refused(tmp_path):
    shared = f"<sst><si><t>{'水' * 900_000}</t></si></sst>"
    row = "".join(cell(f"{letter}2", 0, "s") for letter in "ABCDEFGHIJKLMNOPQRST")
    assert "过长" in refused(pack(tmp_path, parts(f'<row r="2">{row}</row>', strings=shared)))


@given(st.binary(max_size=200), st.integers(0, 3000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_a_file_harmed_anywhere_is_rows_or_a_sentence(tmp_path, bytes_, at):
    path = pack(tmp_path, parts(f'<row r="2">{words("A2", "停水")}</row>', style=styles("yyyy")))
    whole = path.read_bytes()
    at %= len(whole)
    path.write_bytes(whole[:at] + bytes_ + whole[at + len(bytes_):])
    try:
        read(path)
    except BadTable as wrong:
        assert "请" in str(wrong) or "没有读入" in str(wrong)


def test_lists_of_parts_are_found_by_their_names_however_they_are_written(tmp_path):
    made = {name.replace("xl/worksheets/", "xl\\Worksheets\\"): content for name, content in parts(f'<row r="2">{words("A2", "停水")}</row>').items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in made.items():
            archive.writestr(name, content)
    (tmp_path / "a.xlsx").write_bytes(out.getvalue())
    assert read(tmp_path / "a.xlsx") == [["停水"]]
