"""Files that come twice, under other names or in other hands; and words that were spoilt before the file was written."""

import csv
import threading
import time
from datetime import datetime

import pytest
from django.db import connection, connections, transaction
from openpyxl import Workbook
from tests.cast import NOW, build
from tests.rooms.test_import_odd_files import HEAD, both, bring, rows_of

from minsheng.cases.models import Case, CaseText
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid

pytestmark = pytest.mark.one_server

AT = "2024-12-20 09:00"
ROWS = [f"A-{n},{AT},第{n}天还没有来水\n" for n in range(4)]


@pytest.fixture
def first(cast, tmp_path):
    """A file that is in: four orders."""
    assert bring(tmp_path / "一月.csv", HEAD + "".join(ROWS)).made == 4
    return tmp_path


def told(summary) -> tuple[int, int, int]:
    return summary.made, summary.known, summary.bad


@pytest.mark.parametrize("lines", [ROWS, ROWS[::-1], ROWS[2:] + ROWS[:2]])
def test_a_file_that_was_given_another_name_or_sorted_makes_no_order_twice(first, lines):
    for trial in (True, False):
        assert told(bring(first / "一月（新）.csv", HEAD + "".join(lines), dry_run=trial)) == (0, 4, 0)
    assert Case.objects.count() == 4


def test_in_a_file_of_another_name_what_is_new_comes_in_and_what_was_changed_is_told(first):
    content = HEAD + "".join(ROWS).replace("第2天", "第二天") + f"A-9,{AT},路灯不亮\n"
    for trial in (True, False):
        report = first / "bad.csv"
        assert told(bring(first / "二月.csv", content, dry_run=trial, bad=report)) == (1, 3, 1)
        [(number, column, why)] = rows_of(report)
        assert (number, column) == ("4", "外部编号") and "诉求内容" in why and "来源“一月”" in why and "--source" in why
    assert Case.objects.count() == 5


def test_the_same_numbers_of_another_system_that_is_named_come_in_unless_they_say_the_very_same(first):
    assert told(bring(first / "区里.csv", HEAD + f"A-1,{AT},井盖坏了\n" + ROWS[2], source="区热线")) == (1, 1, 0)
    assert Case.objects.count() == 5


def test_a_report_that_was_corrected_belongs_to_the_file_that_it_is_about(cast, tmp_path):
    report = tmp_path / "三月.bad.csv"
    assert told(bring(tmp_path / "三月.csv", HEAD + ROWS[0] + "A-1,不是时间,没有来水\n", bad=report)) == (1, 0, 1)
    with open(report, encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    at = lines[0].index("received_at")
    report.write_text("\n".join(",".join([*row[:at], AT, *row[at + 1:]] if n else row) for n, row in enumerate(lines)) + "\n")
    assert told(bring(report)) == (1, 0, 0)
    assert told(bring(tmp_path / "三月.csv", HEAD + ROWS[0] + f"A-1,{AT},没有来水\n")) == (0, 2, 0)


def test_a_row_without_a_number_is_the_same_row_in_the_report_of_its_file(cast, tmp_path):
    head, report = "received_at,narrative\n", tmp_path / "四月.bad.csv"
    assert told(bring(tmp_path / "四月.csv", head + f"{AT},停水\n不是时间,停电\n", bad=report)) == (1, 0, 1)
    report.write_text(report.read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("2,不是时间", "2,").replace(",不是时间,停电", f",{AT},停电"))
    assert told(bring(report)) == (1, 0, 0)
    assert told(bring(tmp_path / "四月.csv", head + f"{AT},停水\n{AT},停电\n")) == (0, 2, 0)


@pytest.mark.django_db(transaction=True)
def test_two_who_bring_in_one_file_under_two_names_at_once_double_nothing(tmp_path):
    summaries = []

    def other() -> None:
        try:
            with clock.fixed(NOW):
                summaries.append(bring(tmp_path / "乙.csv", HEAD + "".join(ROWS)))
        finally:
            connections.close_all()

    with clock.fixed(NOW):
        build()
        thread = threading.Thread(target=other)
        with transaction.atomic():
            assert bring(tmp_path / "甲.csv", HEAD + "".join(ROWS)).made == 4
            thread.start()
            wait_until_somebody_waits()
        thread.join()
    assert [told(one) for one in summaries] == [(0, 4, 0)] and Case.objects.count() == 4


def wait_until_somebody_waits() -> None:
    end = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
                           "WHERE l.locktype = 'advisory' AND NOT l.granted AND d.datname = current_database()")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")


def test_a_number_that_a_program_took_for_a_measure_is_the_number(cast, tmp_path):
    assert bring(tmp_path / "a.csv", HEAD + f"1001,{AT},停电\n").made == 1
    assert told(bring(tmp_path / "a.csv", HEAD + f"1001.0,{AT},停电\n1001.00,{AT},停电\n")) == (0, 2, 0)
    book = Workbook()
    for row in (HEAD.strip().split(","), [1001, datetime(2024, 12, 20, 9), "停电"]):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    assert told(bring(tmp_path / "b.xlsx")) == (0, 1, 0)


@pytest.mark.parametrize("mark", ["-", "——", "无", "/", "N/A", "暂无", "0", "待补"])
def test_a_mark_for_no_number_is_no_number_that_all_share(cast, tmp_path, mark):
    for _ in (1, 2):
        done = bring(tmp_path / "a.csv", HEAD + f"{mark},{AT},停水\n{mark},{AT},停电\n")
        assert done.bad == 0 and Case.objects.count() == 2


def test_words_under_no_name_of_a_sheet_are_told_without_the_marks_of_a_text(cast, tmp_path):
    book = Workbook()
    for row in ([*HEAD.strip().split(","), None], ["A-1", AT, "停水", "备注"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    _, bad = both(tmp_path / "a.xlsx")
    assert "补上列名" in bad[0][2] and "引号" not in bad[0][2]


SPOILT = ["停水了三天没人管".encode().decode("latin-1"), "停水了三天没人管".encode().decode("cp1252", "ignore"), "停水了三天没人管".encode().decode("gbk", "ignore"),
          "停\ufffd\ufffd三天", "锟斤拷锟斤拷停水", "?????", "？？？？", "烫烫烫烫烫"]


@pytest.mark.parametrize("words", SPOILT)
def test_words_that_were_spoilt_before_are_reported_and_their_row_stays_out(cast, tmp_path, words):
    done, bad = both(tmp_path / "a.csv", HEAD + f"A-1,{AT},{words}\n" + ROWS[2])
    assert told(done) == (1, 0, 1) and bad[0][:2] == ("2", "诉求内容") and "重新导出" in bad[0][2]


@pytest.mark.parametrize("words", ["José Müller来电", "停水了??真的吗???", "联通营业厅乱收费", "བོད་ཡིག་ཐོག་ནས་ཞུ།",
                                   "Ünlü Çağrı — “naïve” café £5", "一处字\ufffd丢了" + "其余都在" * 20])
def test_words_of_other_letters_are_words(cast, tmp_path, words):
    done, _ = both(tmp_path / "a.csv", HEAD + f"A-1,{AT},{words}\n")
    assert told(done) == (1, 0, 0) and CaseText.objects.get().narrative == words


def test_a_mark_of_a_texts_end_and_rows_of_blanks_are_no_rows(cast, tmp_path):
    assert told(bring(tmp_path / "a.csv", HEAD + ROWS[0] + " ,\u3000,\t\n\x1a")) == (1, 0, 0)
    book = Workbook()
    for row in (HEAD.strip().split(","), ["B-1", AT, "停水"], [" ", "\u3000", None]):
        book.active.append(row)
    book.active["A1048576"] = " "
    book.save(tmp_path / "b.xlsx")
    assert told(bring(tmp_path / "b.xlsx")) == (1, 0, 0)


def test_of_several_sheets_the_one_with_the_columns_is_read_and_the_others_are_named(cast, tmp_path):
    book = Workbook()
    book.active.append(["本表由各区填报，填好后发回"])
    table = book.create_sheet("数据")
    for row in (["2024年12月诉求明细"], HEAD.strip().split(","), ["A-1", AT, "停水"]):
        table.append(row)
    book.save(tmp_path / "a.xlsx")
    done = bring(tmp_path / "a.xlsx")
    assert told(done) == (1, 0, 0) and "“数据”" in done.about and "Sheet 没有读" in done.about


@pytest.mark.parametrize(("written", "why"), [("2024-02-30", "受理时间“2024-02-30”中的日期不存在"), ("2024-01-02 25:00", "受理时间“2024-01-02 25:00”中的时刻不存在"),
                                              ("昨天", "受理时间“昨天”不是时间，应如")])
def test_what_is_wrong_with_a_time_is_one_sentence(cast, tmp_path, written, why):
    _, bad = both(tmp_path / "a.csv", HEAD + f"A-1,{written},停水\n")
    assert bad[0][2].startswith(why)


def test_a_book_without_the_columns_is_refused_as_before(cast, tmp_path):
    book = Workbook()
    book.active.append(["没有表"])
    book.create_sheet("也没有").append(["没有"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(Invalid):
        bring(tmp_path / "a.xlsx")
