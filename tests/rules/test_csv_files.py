"""Text tables as people and programs make them: read right, or refused with the row. Nothing is guessed."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minsheng.kit import csv_files
from minsheng.kit.csv_files import BadTable

pytestmark = pytest.mark.uncounted

NAMES = {"external_no", "received_at", "narrative", "requester", "外部编号", "受理时间", "诉求内容"}
HEAD = "external_no,received_at,narrative\n"
TEXT = HEAD + "A1,2024-12-20 09:00,停水两天\nA2,2024-12-20 09:05,路灯不亮\n"


def is_header(cells) -> bool:
    return len({cell.strip().lstrip("\ufeff") for cell in cells} & NAMES) >= 2


def read(content: bytes | str) -> tuple[csv_files.Table, list[list[str]]]:
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    table = csv_files.survey(file, is_header)
    return table, [cells for _, cells in csv_files.records(file, table)]


def refused(content: bytes | str) -> str:
    with pytest.raises(BadTable) as wrong:
        read(content)
    return str(wrong.value)


# --- encodings ------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
def test_one_encoding_from_beginning_to_end_is_read(encoding):
    table, rows = read(TEXT.encode(encoding))
    assert [row[2] for row in rows[1:]] == ["停水两天", "路灯不亮"] and table.rows == 3 and table.ends


def test_utf_16_of_the_other_order_is_read_too():
    assert read(b"\xfe\xff" + TEXT.encode("utf-16-be"))[1][1][2] == "停水两天"


@pytest.mark.parametrize("text",
                         ["王㛃家停水两天请尽快处理", "𠅤小明家停水两天请尽快处理", "张喆、李堃、朱镕三户停水",
                          "ཆུ་མེད་པ་ཉིན་གཉིས་སོང་།", "停水…—“两天”（约3㎡）", "联通", "①②③④⑤"])
def test_gb18030_with_rare_names_tibetan_and_signs_is_read_as_it_was_written(text):
    assert read((HEAD + f"A1,2024-12-20,{text}\n").encode("gb18030"))[1][1][2] == text


@pytest.mark.parametrize("text", ["Café, 25°", "naïve — façade", "Straße 3 × 4", "停水é", "Öl", "Привет", "3·15", "שלום"])
def test_latin_letters_with_marks_are_utf_8(text):
    assert read(HEAD + f'A1,2024-12-20,"{text}"\n')[1][1][2] == text


@pytest.mark.parametrize(("name", "content", "row"), [
    ("cut inside a character", TEXT.encode()[:-2], 3), ("cut after one byte", TEXT.encode()[:-3], 3),
    ("cut, with a mark", b"\xef\xbb\xbf" + TEXT.encode()[:-2], 3),
    ("cut in gbk", TEXT.encode("gbk")[:-2], 3), ("gbk below utf-8", (HEAD + "A1,2024,停水\n").encode() + "A2,2024,路灯\n".encode("gbk"), 3),
    ("utf-8 below gbk", HEAD.encode() + "A1,2024,停水两天\n".encode("gbk") + "A2,2024,路灯不亮\n".encode(), 2),
    ("gbk below a mark of utf-8", b"\xef\xbb\xbf" + TEXT.encode("gbk"), 2), ("one bad byte", TEXT.encode().replace("停".encode(), b"\xff"), 2),
    ("one bad byte far down", (HEAD + "x,2024,停水\n" * 900).encode() + b"A,2024,\x80\n", 902),
    ("bad byte below quoted lines", (HEAD + 'A,1,"一\n二\n三"\nB,2,四').encode() + b"\xfe\n", 3),
    ("half a pair of utf-16", (HEAD + "A,1,𠅤").encode("utf-16")[:-2], 2), ("an odd byte at the end", TEXT.encode("utf-16")[:-1], 3),
    ("western", (HEAD + "A,1,Cafés près d'ici\n").encode("latin-1"), 2), ("taiwan", (HEAD + "A,1,停電兩天沒有人處理\n").encode("big5"), 2),
    ("japan", (HEAD + "A,1,水道が止まっている\n").encode("shift_jis"), 2),
    ("half a character kept as a whole", HEAD.encode() + b"A,1,\xed\xa0\x80\n", 2),
    ("which of the two nobody knows", (HEAD + "A,1,停\n").encode("gbk"), 2),
])
def test_what_is_not_of_one_encoding_is_refused_with_the_row(name, content, row):
    said = refused(content)
    assert f"第 {row} 行" in said and ("请" in said), said


def test_wide_letters_without_a_mark_are_told_as_such():
    for encoding in ("utf-16-le", "utf-16-be"):
        assert "UTF-16" in refused(TEXT.encode(encoding))
    assert "UTF-32" in refused(TEXT.encode("utf-32"))


def test_a_mark_alone_and_nothing_at_all_are_empty():
    assert read(b"")[0].rows == 0 and read(b"\xef\xbb\xbf")[0].rows == 0 and read(b"\xff\xfe")[0].rows == 0


# Without 路: its two bytes in GBK are the point (·) of UTF-8, and a line that holds nothing else is both.
WORDS = st.text(st.sampled_from("停水两天街灯不亮井盖丢失请尽快处理ab1, \""), min_size=1, max_size=12)


@given(st.lists(st.tuples(WORDS, st.sampled_from(["utf-8", "gb18030"])), min_size=1, max_size=8))
@example([("停", "gb18030"), ("水", "utf-8")])
@example([("不", "gb18030"), ("请丢", "utf-8")])
def test_lines_of_two_encodings_are_never_read_as_one(lines):
    """Whatever is read says what was written, in every line; else the file is refused."""
    content = b"".join('"{}",x\n'.format(text.replace('"', '""')).encode(encoding) for text, encoding in lines)
    try:
        _, rows = read(content)
    except BadTable:
        return
    for (text, _), row in zip(lines, rows, strict=True):
        assert row[0] == text


@given(st.lists(st.lists(st.text(st.characters(codec="gb18030", exclude_characters="\0\r"), max_size=8), min_size=3,
                         max_size=3), min_size=1, max_size=6), st.data())
def test_a_file_cut_anywhere_gives_whole_rows_a_short_last_one_or_a_refusal(rows, data):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["external_no", "received_at", "narrative"], *rows])
    whole = out.getvalue().encode()
    part = whole[: data.draw(st.integers(len(HEAD), len(whole)))]
    try:
        table, read_rows = read(part)
    except BadTable:
        return
    for n, (row, before) in enumerate(zip(read_rows[1:], rows, strict=False), 2):
        assert row == before or (n == table.rows and not table.ends), (row, before)


def test_utf8_of_strange_letters_cut_within_a_character_is_not_taken_for_gbk():
    """All of it is GBK as well, of everyday characters: only the end says that something is missing."""
    whole = "external_no,received_at,narrative\n,\x80\u00a1,\u00a1\u00e1\n,,\u2020".encode()
    with pytest.raises(BadTable, match="分不清是 UTF-8 还是 GBK"):
        read(whole[:-1])
    assert read("external_no,received_at,narrative\n,,王小明家停水".encode("gbk"))[1][1] == ["", "", "王小明家停水"]


# --- quotation marks ------------------------------------------------------------


@pytest.mark.parametrize(("name", "text", "row"), [
    ("never closed", HEAD + 'A,1,"停水\nB,2,路灯\nC,3,井盖\n', 2),
    ("closed by the next one", HEAD + 'A,1,"停水\nB,2,路灯\nC,3,"井盖"\n', 2), ("words behind", HEAD + 'A,1,x\nB,2,"停"水\n', 3),
    ("with a backslash", HEAD + 'A,1,"说\\"停水\\"了"\n', 2), ("in the last row", HEAD + 'A,1,x\nB,2,"', 3),
    ("a blank behind", HEAD + 'A,1,"x" ,y\n', 2),
    ("in the names", 'external_no,"received_at,narrative\nA,1,x\n', 1), ("a cell without end", HEAD + 'A,1,"' + "x\n" * (9 << 20), 2),
])
def test_a_quotation_mark_without_its_other_is_refused_with_the_row_where_it_opens(name, text, row):
    assert f"第 {row} 行" in refused(text) and "引号" in refused(text)


@pytest.mark.parametrize(("cell", "value"),
                         [('"停水\n两天"', "停水\n两天"), ('"说""停水""了"', '说"停水"了'), ('5" 水管', '5" 水管'),
                          ('""', ""), ('"a,b"', "a,b"), ('"\r\n"', "\r\n"), ("'x'", "'x'")])
def test_quotation_marks_that_fit_are_read(cell, value):
    assert read(HEAD + f"A,1,{cell}\n")[1][1][2] == value


def test_a_line_without_end_is_no_table():
    assert "MB" in refused(HEAD + "x" * (17 << 20))


# --- separators and rows ------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", "\t", ";", "；", "|"])
@pytest.mark.parametrize("above", ["", "2024年12月工单，共2件；示例市\n", "\n\n", "说明：a,b,c\t|\n\n"])
def test_the_separator_is_the_one_that_makes_names_of_columns(separator, above):
    table, rows = read(above + TEXT.replace(",", separator))
    assert table.separator == separator and ["A1", "2024-12-20 09:00", "停水两天"] in rows


def test_a_line_that_tells_the_separator_is_believed_and_counted():
    table, rows = read("sep=;\n" + TEXT.replace(",", ";"))
    assert table.separator == ";" and rows[0][0] == "external_no" and table.rows == 4


def test_rows_are_counted_as_a_spreadsheet_counts_them():
    text = HEAD + '\nA,1,"一\n二"\n\r\nB,2,x\n'
    file = io.BytesIO(text.encode())
    numbers = {cells[0]: number for number, cells in csv_files.records(file, csv_files.survey(file, is_header)) if cells}
    assert numbers == {"external_no": 1, "A": 3, "B": 5}


def test_a_mark_that_stands_twice_or_before_a_quoted_name_is_no_part_of_it():
    for text in ('\ufeff"external_no",received_at\nA,1\n', "\ufeff\ufeffexternal_no,received_at\nA,1\n"):
        table, rows = read(text)
        assert rows[0][0].strip("\ufeff") == "external_no" and rows[1] == ["A", "1"]


def test_lines_ends_at_the_border_of_a_block_are_one_end():
    text = HEAD.replace("\n", "\r\n") + "".join(f"A{n},2024-12-20,{'x' * (n % 97)}\r\n" for n in range(40_000))
    assert read(text)[0].rows == 40_001


def test_only_the_names_of_the_columns_are_chinese():
    assert read("外部编号,受理时间,诉求内容\nA1,2024-12-20,x\n".encode("gbk"))[1][0][2] == "诉求内容"


def test_lines_that_end_as_of_old_are_lines():
    assert len(read(TEXT.replace("\n", "\r"))[1]) == len(read(TEXT.replace("\n", "\r\n"))[1]) == 3


def test_a_file_that_stops_without_a_lines_end_says_so():
    assert not read(TEXT[:-1])[0].ends and read(TEXT)[0].ends and not read(TEXT[:-1].encode("utf-16"))[0].ends and read(TEXT.encode("utf-16"))[0].ends


@given(st.binary(max_size=300))
@example(b'"\xff')
@example(b"sep=")
@example(b"sep=\xe5\x81\n")
def test_any_bytes_are_rows_or_a_sentence(content):
    try:
        read(content)
    except BadTable as wrong:
        assert "请" in str(wrong)


@pytest.mark.parametrize("name", ["𠅤小㛃", "王㛃", "བསོད་ནམས", "李\u200b明\u202e", "=1\u202e"])
def test_rare_names_and_unseen_marks_alone_do_not_make_a_file_of_gb18030_a_broken_one(name):
    content = f"external_no,received_at,narrative\nA1,2024-12-20 09:00,{name}\n".encode("gb18030")
    assert csv_files.encoding_of(io.BytesIO(content)) == "gb18030"


def test_a_row_whose_cells_go_on_over_lines_without_end_is_refused_before_memory_is_full():
    cell = '"' + "水\n" * 1_000_000 + '",'
    with pytest.raises(BadTable, match="第 2 行共超过"):
        read(HEAD + cell * 40 + "1\n")
