"""A reader's own question about the archive: one SELECT, over what they may count, within limits, in the ledger."""

from datetime import date, timedelta

import pytest
from tests import orders
from tests.orders import Order, local
from tests.rooms.test_facts import ALL

from minsheng.accounts.rules import Role
from minsheng.archive import actions, asking
from minsheng.kit import clock
from minsheng.kit.host import Problem
from minsheng.kit.verdict import Refused
from minsheng.ledger.models import Entry
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked

pytestmark = [pytest.mark.django_db, pytest.mark.one_server]


@pytest.fixture
def city(tmp_path, settings):
    settings.ARCHIVE = str(tmp_path / "archive")
    with clock.fixed(local(3, 9, month=2)):
        city = orders.build()
        for day, unit in ((5, "water"), (6, "water"), (7, "roads"), (8, "town")):
            Order(city, local(day), phone="13800000001").dispatch(unit).sign().contact()
        actions.make(by=ALL)
        yield city


def ask(sql, by=ALL, **more):
    return actions.ask(by=by, sql=sql, **more)


def why(sql, by=ALL):
    with pytest.raises(Refused) as refused:
        ask(sql, by)
    return refused.value.verdict.reason


def test_a_question_is_answered_with_names_and_local_times(city):
    found = ask("SELECT u.name, count(*) AS n, min(f.happened_at) AS first FROM facts f JOIN units u ON u.id = f.lead_id"
                " WHERE f.fact = 'received' GROUP BY 1 ORDER BY n DESC, 1")
    assert found.columns == ["name", "n", "first"] and found.rows[0] == ["水务局", 2, "2025-01-05 10:00:00"] and not found.more
    asked = Asked(date(2025, 1, 1), date(2025, 1, 31), by="unit")
    expected = {row.group: row.value for row in measures.rows(asked, ALL, ["received"])}
    assert {name: n for name, n, _ in found.rows} == expected and len(expected) == 3
    assert ask("SELECT sum(sign) FROM book WHERE fact = 'received'").rows == [[4]]
    for table, columns in asking.columns().items():
        assert set(ask(f"SELECT * FROM {table} LIMIT 0").columns) == set(columns)


def test_what_is_no_question_changes_nothing_and_the_next_one_is_answered(city):
    for sql, said in (("DROP TABLE facts", "只能用 SELECT 提问，这里是 DROP"), ("", "请写一个 SELECT"), ("SELECT * FROM read_csv('/etc/passwd')", "不能用 read_csv()"),
                      ("SELECT 1" + " " * 10000 + "x", "问题太长"), ("SELECT \x00", "语句"), ("SELECT '\ud800'", "无法识别的字符"),
                      ("SELECT " + "(" * 4000 + "1" + ")" * 4000, "嵌套太深"), ("SELECT nothing FROM facts", "没有“nothing”这一列")):
        assert said in why(sql), sql[:50]
    assert ask("SELECT count(*) FROM units").rows == [[6]]


def test_a_question_that_reads_without_end_is_ended(city, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 1)
    for sql in ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r", "SELECT count(*) FROM "
                + ", ".join(f"book {c}" for c in "abcdefghij") + " WHERE a.sign + b.sign + c.sign > j.sign + h.n"):
        assert "超过 1 秒没有算完，已停止" in why(sql)


def test_a_question_that_wants_all_memory_is_ended(city, monkeypatch):
    monkeypatch.setattr(asking, "MOST_MB", 256)
    assert "内存超过 256 MB" in why("SELECT list(range) FROM range(100000000)")
    found = ask("SELECT repeat('x', 100000) FROM range(100)")
    assert len(found.rows[0][0]) == 1001


def test_rows_are_left_off_and_said_to_be(city):
    found = ask("SELECT * FROM range(120)")
    assert len(found.rows) == 50 and found.more and found.rows[0] == [0]
    found = ask("SELECT * FROM range(120)", skip=100)
    assert [row[0] for row in found.rows] == [*range(100, 120)] and not found.more
    assert ask("SELECT * FROM range(120)", skip=500).rows == [] and ask("SELECT * FROM range(50)").more is False


def test_a_unit_counts_its_own_subtree_and_nothing_that_complains_of_it(city):
    sizes = "SELECT count(*) FROM facts WHERE fact = 'received'"
    county = city.of("county", Role.LEADER)
    assert ask(sizes, county).rows == [[1]], "of its township"
    assert ask(sizes, city.of("water", Role.LEADER)).rows == [[2]]
    assert ask("SELECT DISTINCT lead_id FROM book", county).rows == [[city.units["town"].id]]
    lines = ask("SELECT count(*) FROM book", county).rows
    order = Order(city, local(9)).dispatch("county")
    order.centre("undispatch", Role.DISPATCHER, order.at + timedelta(seconds=30)).centre("name_complained", Role.DISPATCHER, complained_unit=city.units["county"].id)
    order.dispatch("water")
    with clock.fixed(local(2, month=3)):
        actions.make(by=ALL)
        assert ask("SELECT count(*) FROM book", county).rows == lines and ask(sizes).rows == [[5]]
        assert ask(f"SELECT count(*) > 0 FROM book WHERE lead_id = {city.units['county'].id}").rows == [[True]]
    for nobody in (city.centre(Role.AGENT), city.of("water", Role.UNIT_HANDLER)):
        assert "统计数字由" in why(sizes, nobody)


def test_a_restricted_case_is_in_no_line_of_who_does_not_see_it(city):
    sizes, analyst = "SELECT count(*), count(DISTINCT case_key) FROM facts WHERE fact = 'received'", city.centre(Role.ANALYST)
    assert ask(sizes, analyst).rows == [[4, 4]] and ask(sizes, analyst).hidden == 0
    order = Order(city, local(9)).dispatch("water")
    order.centre("restrict", Role.SHIFT_LEADER, readers=[city.reader], reason="涉及未成年人", until="2025-06-01T00:00+08:00")
    with clock.fixed(local(2, month=3)):
        actions.make(by=ALL)
        found = ask(sizes, analyst)
        assert found.rows == [[4, 4]] and found.hidden == 1 and ask(sizes).rows == [[5, 5]]


def test_each_question_is_in_the_ledger_also_one_that_was_refused(city):
    ask("SELECT count(*) FROM facts WHERE channel = '13812345678'", city.centre(Role.ANALYST))
    why("DROP TABLE facts", city.centre(Role.ANALYST))
    said = list(Entry.objects.filter(kind="archive_asked").order_by("id"))
    assert [one.by_name for one in said] == [Role.ANALYST.label] * 2 and said[1].reason == "DROP TABLE facts"
    assert said[0].reason.startswith("SELECT count(*) FROM facts") and "13812345678" not in said[0].reason


def test_a_changed_file_gives_no_answer(city, tmp_path):
    path = tmp_path / "archive" / "2025-01.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(Problem, match="内容与清单不符"):
        ask("SELECT 1")
