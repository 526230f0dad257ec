"""Files as people make them: encodings, separators, spreadsheets with titles, dates and merged cells; and what a masked one gives away."""

import csv
import tracemalloc
from datetime import date, datetime

import pytest
from openpyxl import Workbook, load_workbook
from tests.cast import PHONE

from minsheng.accounts import queries as people
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.contacts import queries as contacts
from minsheng.exchange import actions, rules
from minsheng.kit.verdict import Invalid
from minsheng.ledger.models import Entry

pytestmark = pytest.mark.one_server

TEXT = "外部编号,受理时间,诉求内容,电话\nA1,2024-12-02 10:00:00,拉萨路水管漏水,138 1111 2222\nA2,2024年12月3日 08:30,路灯不亮,\n"


def bring(path, **more):
    return actions.import_file(path=path, by=people.actor_named("supervisor"), **more)


def take_out(path, full=True, by="supervisor", filters=None):
    more = {"full": True, "reason": "搬迁到新系统"} if full else {}
    actions.export_file(path=path, filters=filters or actions.Filters(), by=people.actor_named(by) if by else None, **more)
    return path


def table(path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


# --- text ------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "separator", "said"), [
    ("utf-8", ",", "UTF-8 编码，以逗号分隔"), ("utf-8-sig", ",", "UTF-8 编码，以逗号分隔"), ("gb18030", ",", "GB18030（GBK） 编码，以逗号分隔"),
    ("gb18030", "\t", "GB18030（GBK） 编码，以制表符分隔"), ("utf-16", "\t", "UTF-16 编码，以制表符分隔"), ("utf-8", ";", "UTF-8 编码，以分号分隔"),
])
def test_text_in_the_encodings_and_separators_that_people_have(cast, tmp_path, encoding, separator, said):
    file = tmp_path / "a.csv"
    file.write_bytes(TEXT.replace(",", separator).encode(encoding))
    done = bring(file)
    assert (done.made, done.bad, done.about) == (2, 0, said), done.reasons
    assert set(Case.objects.values_list("text__narrative", flat=True)) == {"拉萨路水管漏水", "路灯不亮"}


def test_gbk_far_down_in_a_file_that_begins_in_ascii_is_seen(cast, tmp_path):
    file = tmp_path / "a.csv"
    head = "external_no,received_at,narrative\n" + "".join(f"P{n},2024-12-02 10:00,{'water ' * 300}\n" for n in range(800))
    file.write_bytes(head.encode() + "Z,2024-12-02 10:00,路灯不亮\n".encode("gb18030"))
    assert file.stat().st_size > 1 << 20
    done = bring(file, dry_run=True)
    assert done.made == 801 and "GB18030" in done.about


def test_what_cannot_be_read_is_refused_with_what_to_do(cast, tmp_path):
    for name, content, word in (("a.xls", b"x", "另存为 .xlsx"), ("b.csv", b"", "是空的"), ("c.xlsx", b"no", "另存为 .xlsx"),
                                ("d.csv", "编号,内容\n1,x\n".encode(), "received_at")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid) as wrong:
            bring(tmp_path / name)
        assert word in str(wrong.value.errors)
    assert not Case.objects.exists()


def test_a_title_above_the_names_of_the_columns_and_a_separator_line_are_passed_over(cast, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("sep=;\n2024年12月工单;;;\n\n" + TEXT.replace(",", ";"), encoding="utf-8")
    assert bring(file).made == 2


def test_a_big_file_is_read_in_little_memory(cast, tmp_path):
    file = tmp_path / "big.csv"
    with open(file, "w", encoding="utf-8") as out:
        out.write("external_no,received_at,narrative\n")
        for n in range(3000):
            out.write(f"N{n},2024-12-02 10:00,{'水管漏水' * 250}\n")
    size = file.stat().st_size
    bring(file, dry_run=True, source="warm")
    tracemalloc.start()
    try:
        assert bring(file, dry_run=True).made == 3000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 8_000_000 and peak < size / 2, f"{peak:,} of {size:,}"


# --- spreadsheets ------------------------------------------------------------


def test_a_spreadsheet_as_an_office_makes_it(cast, tmp_path):
    """A title, merged units, empty rows, real dates, numbers as numbers, several sheets of which the first shown is read."""
    book = Workbook()
    hidden = book.active
    hidden.title, hidden.sheet_state = "参数", "hidden"
    hidden.append(["x"])
    sheet = book.create_sheet("十二月")
    book.create_sheet("说明").append(["填表说明"])
    sheet.append(["2024年12月工单明细"])
    sheet.merge_cells("A1:F1")
    sheet.append(["外部编号", "受理时间", "诉求内容", "电话", "承办单位", "是否解决"])
    sheet.append([20241201001, datetime(2024, 12, 1, 10, 30), "水管漏水", 13811112222, "市水务局", True])
    sheet.append([20241201002, date(2024, 12, 2), "水压低", 13811112223.0, None, None])
    sheet.append([None] * 6)
    sheet.append([20241201003, 45630.4375, "路灯不亮", "0890-5550101", "市城管局", "否"])
    sheet.merge_cells("E3:E4")
    book.save(tmp_path / "a.xlsx")
    done = bring(tmp_path / "a.xlsx")
    assert (done.made, done.bad) == (3, 0), done.reasons
    assert done.about.startswith("工作表“十二月”") and "说明" in done.about and "--sheet" in done.about
    rows = {r["外部编号"]: r for r in table(take_out(tmp_path / "out.csv"))}
    assert [rows[f"2024120100{n}"]["电话"] for n in (1, 2)] == ["'+8613811112222", "'+8613811112223"]
    assert [rows[f"2024120100{n}"]["承办单位"] for n in (1, 2, 3)] == ["water", "water", "roads"]
    assert [rows[f"2024120100{n}"]["受理时间"] for n in (1, 2, 3)] == ["2024-12-01T10:30:00+08:00", "2024-12-02T00:00:00+08:00", "2024-12-04T10:30:00+08:00"]
    assert rows["20241201001"]["是否解决"] == "是"
    with pytest.raises(Invalid):
        bring(tmp_path / "a.xlsx", sheet="没有")
    with pytest.raises(Invalid) as wrong:
        bring(tmp_path / "a.xlsx", sheet="说明")
    assert "received_at" in wrong.value.errors


def test_out_as_a_spreadsheet_and_in_again_is_the_same(cast, tmp_path):
    cast.at_state(State.CLOSED)
    cast.at_state(State.IN_PROGRESS)
    out = take_out(tmp_path / "out.xlsx")
    sheet = load_workbook(out, read_only=True).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == tuple(c.name for c in rules.EXPORTED) and len(rows) == 3
    assert all(isinstance(cell, str) or cell is None for row in rows for cell in row), "nothing that a program could run or round"
    again = bring(out)
    assert (again.made, again.known, again.bad) == (0, 2, 0), again.reasons


# --- out and in ------------------------------------------------------------

HARD = {
    "title": "=HYPERLINK(\"http://x\",\"点我\")",
    "narrative": "+第一行，含“引号”和\"双引号\"\n@第二行；分号, 逗号\t制表\n\n'=撇号开头\nཆུ་མེད། བཀྲ་ཤིས་བདེ་ལེགས།",
    "place": "-3 栋", "requester": "བཀྲ་ཤིས་", "phone": "+977 1 4412345", "reply": "'@已答复\n第二行",
    "received_at": "2024-12-02T10:00:00.123456+05:45", "replied_at": "2024-12-03T10:00:00.000001+08:00", "closed_at": "2024-12-04 10:00:00.5",
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_hard_text_and_microseconds_come_back_as_they_went(cast, tmp_path, kind):
    first = tmp_path / "hard.csv"
    with open(first, "w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["external_no", *HARD, "satisfaction"])
        out.writerow(["'=1+1", *HARD.values(), "非常满意"])
    assert bring(first, source="old").made == 1
    case = Case.objects.select_related("text").get()
    assert case.received_at == datetime.fromisoformat(HARD["received_at"]) and case.closed_at.microsecond == 500_000
    assert (case.text.title, case.text.narrative, case.text.place) == (HARD["title"], HARD["narrative"], HARD["place"])
    once = take_out(tmp_path / f"once.{kind}")
    assert (again := bring(once)).known == 1, again.reasons
    cells = table(once)[0] if kind == "csv" else {}
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells.values()), cells
    moved = move(once, tmp_path / f"moved.{kind}")
    assert bring(moved).made == 1
    twins = [{**row, "来源": ""} for row in table(take_out(tmp_path / "twice.csv"))]
    assert twins[0] == twins[1]


def move(once, moved):
    """The same rows as another city gets them: under another source."""
    if once.suffix == ".csv":
        moved.write_text(once.read_text(encoding="utf-8-sig").replace(",old,", ",new,"), encoding="utf-8")
        return moved
    book = load_workbook(once)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            cell.value = "new" if cell.value == "old" else cell.value
    book.save(moved)
    return moved


# --- what a masked file gives away ------------------------------------------------------------


def test_a_masked_file_holds_no_name_number_key_or_restricted_case_of_anybody(cast, tmp_path):
    told = f"我是王小明的邻居。王小明家停水两天，请打{PHONE}找王小明，住3栋2单元501室，身份证540102199001011234。"
    cast.create(narrative=told, title="王小明家停水", place="幸福路3栋2单元501室", key=("api:1", "secret-key-of-a-program"))
    answered = cast.at_state(State.CLOSED)
    cast.take(cast.create(narrative="有人身安全危险，地址不便公开", title="限制知悉的一件"), "restrict", "shift_leader", reason="涉及人身安全",
              readers=[cast.people["supervisor"].id], until="2025-02-01T00:00+08:00")
    sealed = cast.create(narrative="反映水务局工作人员态度恶劣", title="保密的一件", secrecy=True)
    assert answered.id != sealed.id
    for by in (None, "supervisor", "agent"):
        text = take_out(tmp_path / "masked.csv", full=False, by=by).read_text(encoding="utf-8-sig")
        for hidden in ("王小明", PHONE, "540102199001011234", "501室", "secret-key-of-a-program"):
            assert hidden not in text, (by, hidden)
        assert ("限制知悉的一件" in text) == (by == "supervisor") and "停水" in text
        digits = {contacts.canonical(PHONE)[-8:], PHONE[-8:]}
        assert not any(d in text for d in digits)


def test_a_unit_takes_away_its_own_cases_only(cast, tmp_path):
    mine, other = cast.at_state(State.IN_PROGRESS), cast.at_state(State.IN_PROGRESS, lead="roads")
    rows = table(take_out(tmp_path / "unit.csv", full=False, by="water"))
    assert [r["外部编号"] for r in rows] == [mine.number] and other.number not in str(rows)


def test_every_file_that_leaves_is_in_the_ledger_with_its_reason(cast, tmp_path):
    cast.at_state(State.CLOSED)
    take_out(tmp_path / "m.csv", full=False, by=None)
    take_out(tmp_path / "f.csv")
    masked, full = Entry.objects.filter(kind="export").order_by("id")
    assert (masked.detail["full"], full.detail["full"], full.reason, full.detail["rows"]) == (False, True, "搬迁到新系统", 1)
    assert full.by_id == cast.people["supervisor"].id
