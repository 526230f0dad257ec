"""What a question about the archive may be: one SELECT that names the tables of its asker, whatever it is dressed in."""

import duckdb
import pytest

from minsheng.archive import asker

TABLES = ("facts", "units")


@pytest.fixture(scope="module")
def link():
    with duckdb.connect() as made:
        made.execute("CREATE TABLE facts AS SELECT 1 AS lead_id; CREATE TABLE units AS SELECT 1 AS id; SET max_expression_depth=250")
        yield made


@pytest.mark.parametrize(("sql", "said"), [
    ("DROP TABLE facts", "只能用 SELECT 提问，这里是 DROP"), ("SELECT 1; DROP VIEW facts", "一次只提一个问题"), ("DELETE FROM book", "这里是 DELETE"),
    ("UPDATE units SET name = 'x'", "这里是 UPDATE"), ("CREATE TABLE x AS SELECT 1", "这里是 CREATE"), ("ATTACH 'x.db'", "这里是 ATTACH"),
    ("COPY facts TO '/tmp/x'", "这里是 COPY"), ("INSTALL httpfs", "只能用 SELECT"), ("LOAD json", "只能用 SELECT"), ("SET threads = 9", "这里是 SET"),
   
    ("PRAGMA database_list", "只能用 SELECT"), ("EXPORT DATABASE 'x'", "只能用 SELECT"), ("CALL pragma_version()", "只能用 SELECT"), ("", "请写一个 SELECT"),
    (" ; ", "请写一个 SELECT"), ("-- 没有", "请写一个 SELECT"), ("EXPLAIN ANALYZE SELECT 1", "只能用 SELECT"), ("SHOW TABLES", "只能用 SELECT"),
    ("DESCRIBE facts", "只能用 SELECT"),
    ("SUMMARIZE facts", "只能用 SELECT"), ("SELECT * FROM read_csv('/etc/passwd')", "FROM 里不能用 read_csv()"), ("SELECT * FROM read_text('/etc/passwd')", "不能用 read_text()"),
    ("SELECT * FROM '/etc/passwd'", "没有“/etc/passwd”这张表"), ("SELECT * FROM glob('/*')", "不能用 glob()"), ("SELECT * FROM duckdb_settings()", "不能用 duckdb_settings()"),
    ("SELECT * FROM information_schema.tables", "没有“information_schema.tables”这张表"), ("SELECT * FROM pg_catalog.pg_class", "这张表"),
   
    ("SELECT * FROM query('SELECT 1')", "不能用 query()"), ("SELECT * FROM query_table('facts')", "不能用 query_table()"), ("SELECT * FROM sqlite_master", "没有“sqlite_master”"),
    ("SELECT * FROM (WITH \"/etc/passwd\" AS (SELECT 1) SELECT 1), \"/etc/passwd\"", "WITH 后面的名字"), ("SELECT current_setting('allowed_paths')", "不能用 current_setting()"),
    # A name that WITH gives somewhere, read where that WITH does not reach: the database's own table of views says what is hidden from the asker.
    ("SELECT v.sql FROM (WITH duckdb_views AS (SELECT 1) SELECT * FROM duckdb_views) a, duckdb_views v", "不能是“duckdb_views”"),
    ("SELECT (WITH Sqlite_Master AS (SELECT 1) SELECT 1), m.sql FROM sqlite_master m", "不能是“Sqlite_Master”"),
    ("WITH a AS (WITH pg_views AS (SELECT 1) SELECT * FROM pg_views), b AS (SELECT * FROM pg_views) SELECT * FROM b", "不能是“pg_views”"),
    ("SELECT pg_get_viewdef(i) FROM range(40000) t(i)", "不能用 pg_get_viewdef()"), ("SELECT list_transform([1], lambda i: PG_Get_ViewDef(i))", "不能用 pg_get_viewdef()"),
    ("SELECT getenv('HOME')", "不能用 getenv()"), ("SELECT nothing FROM facts", "没有“nothing”这一列"), ("SELEC 1", "语句写错了，在“SELEC”附近"), ("SELECT (1", "语句"),
    ("SELECT lead_id, count(*) FROM facts", "GROUP BY"), ("SELECT nosuch(1)", "没有 nosuch 这个函数"), ("SELECT 'x'::INT", "换算不成"),
    ("SELECT " + "(" * 4000 + "1" + ")" * 4000, ""), ("SELECT " + "-" * 301 + "1" * 3, ""),
])
def test_whatever_is_no_question_gets_a_sentence(link, sql, said):
    with pytest.raises((asker.Wrong, duckdb.Error)) as wrong:
        link.execute(asker.checked(link, sql, TABLES))
    found = str(wrong.value) if wrong.type is asker.Wrong else asker.in_words(wrong.value, False, {"seconds": 1, "memory_mb": 1})
    assert said in found and any("\u4e00" <= c <= "\u9fff" for c in found)


@pytest.mark.parametrize("sql", ["SELECT count(*) FROM facts", "WITH a AS (SELECT * FROM units) SELECT count(*) FROM a", "FROM facts SELECT count(*)", "SELECT * FROM range(3)",
                                 "VALUES (1)", "SELECT count(*) FROM facts WHERE lead_id IN (SELECT id FROM units)", "SELECT 1;", "SELECT 1 -- 数", "select * from FACTS limit 1",
                                 "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r", "SELECT 'DROP TABLE facts; --'",
                                 "SELECT lead_id, rank() OVER (ORDER BY lead_id) FROM facts", "SELECT * FROM facts f JOIN units u ON u.id = f.lead_id",
                                 "SELECT list_transform([1, 2], lambda x: x + 1)", "SELECT * FROM facts USING SAMPLE 1", "WITH facts AS (SELECT 1 AS x) SELECT * FROM facts",
                                 "SELECT median(lead_id), list_sum([1]), split_part('a b', ' ', 1), date_add(DATE '2025-01-01', INTERVAL 1 DAY) FROM facts"])
def test_a_question_is_let_through_as_it_is(link, sql):
    assert link.execute(asker.checked(link, sql, TABLES)).fetchall()


def test_cells_are_what_json_holds_and_never_endless():
    assert [asker.cell(v) for v in (None, True, 7, 1.5, float("nan"), float("inf"))] == [None, True, 7, 1.5, "nan", "inf"]
    assert len(asker.cell("x" * 5000)) == asker.CELL + 1
