"""A program of its own: one question about the archive comes in as JSON, its answer goes out. Run by `asking`.

It sets its own limits before it reads a byte: what wants more memory or time than a question may ends this process and no other. It knows nothing
of the project: Python starts it alone (`python -I asker.py`). It writes no file and opens none but the archive's; the question names
only the tables that were made for its asker, so that nobody reads past what they may count (rulings, 91).
"""

import json
import os
import re
import resource
import sys
import threading

ADDRESSES = 8 << 30
CELL, ANSWER = 1000, 4 << 20  # characters of a cell, of an answer
FUNCTIONS = frozenset({"range", "generate_series", "unnest"})  # that may stand in a FROM
NEVER = frozenset({"current_setting", "getenv", "write_log", "getvariable", "nextval", "currval", "sleep_ms"})
REFERENCES = frozenset({"SHOW_REF", "COLUMN_DATA", "DELIM_GET", "BOUND_TABLE_REF", "INVALID"})
_NAME = re.compile(r"\w{1,60}")


class Wrong(Exception):
    """Why there is no answer, as a sentence for whoever asked."""


def limit(seconds):
    for what, most in ((resource.RLIMIT_AS, ADDRESSES), (resource.RLIMIT_CPU, seconds * 4), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        hard = resource.getrlimit(what)[1]
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard),) * 2)


def checked(link, sql, tables):
    """The text of the one SELECT that was asked; Wrong says what else it is, or what it may not name."""
    found = link.extract_statements(sql)
    if not found:
        raise Wrong("请写一个 SELECT")
    if len(found) > 1:
        raise Wrong(f"一次只提一个问题，这里有 {len(found)} 个语句；请去掉多余的分号和后面的内容")
    kind = found[0].type.name
    if kind != "SELECT":
        raise Wrong(f"只能用 SELECT 提问，这里是 {kind}；归档只读，什么也改不了")
    text = found[0].query
    told = json.loads(link.execute("SELECT json_serialize_sql(?)", [text]).fetchone()[0])
    if told.get("error") or len(told.get("statements", ())) != 1:
        raise Wrong("只能用 SELECT 提问；SHOW、DESCRIBE、SUMMARIZE 也不行，表和列写在页面上")
    if why := objection(told["statements"][0], tables, catalog(link, tables)):
        raise Wrong(why)
    return text


def catalog(link, tables):
    """Names of what the database tells of itself, in small letters: views and tables, and functions that are written with them. The text of the
    asker's tables stands there, and in it what is hidden from them."""
    known = link.execute("""SELECT lower(view_name) FROM duckdb_views() UNION SELECT lower(table_name) FROM duckdb_tables() UNION
        SELECT lower(function_name) FROM duckdb_functions() WHERE regexp_matches(macro_definition, 'duckdb_|pg_|information_schema|current_setting', 'i')""").fetchall()
    return {name for (name,) in known} - {name.lower() for name in tables}


def objection(tree, tables, own=frozenset()):
    """What a parsed question names that it may not; "" for nothing. `own`: names that mean something where no WITH of the question reaches."""
    nodes = list(_nodes(tree))
    named = {entry["key"] for node in nodes for entry in (node.get("cte_map") or {}).get("map", ())}
    if odd := [name for name in named if not _NAME.fullmatch(name)]:
        return f"WITH 后面的名字只能是字母、数字和下划线：“{odd[0][:40]}”"
    if reserved := [name for name in named if name.lower() in own]:
        return f"WITH 后面的名字不能是“{reserved[0]}”，那是数据库自己的表；请另起一个"
    return next(filter(None, (_of_node(node, named | set(tables), tables, NEVER | own) for node in nodes)), "")


def _nodes(tree):
    """Every part of it; without recursion, for somebody may nest it deep."""
    left = [tree]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)


def _of_node(node, known, tables, never):
    kind, path = str(node.get("type")), (node.get("qualified_name") or {}).get("path", ())
    if kind == "BASE_TABLE":
        name = node.get("table_name", "")
        if node.get("catalog_name") or node.get("schema_name") or len(path) > 1 or name.lower() not in {one.lower() for one in known}:
            return f"没有“{'.'.join(path or [name])[:60]}”这张表，可用：{'、'.join(tables)}"
    elif kind == "TABLE_FUNCTION":
        name = (node.get("function") or {}).get("function_name", "")
        if name not in FUNCTIONS:
            return f"FROM 里不能用 {name[:40]}()，只能用 {'、'.join(tables)} 这几张表"
    elif kind in REFERENCES:
        return "只能用 SELECT 提问；SHOW、DESCRIBE、SUMMARIZE 也不行，表和列写在页面上"
    elif node.get("class") == "FUNCTION" and (len(path) > 1 or str(node.get("function_name")).lower() in never):
        return f"不能用 {'.'.join(path or [str(node.get('function_name'))])[:40]}()"
    return ""


def connected(given):
    """DuckDB in memory with the asker's tables and nothing else within reach; its settings are locked."""
    import duckdb

    link = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "temp_directory": ""})
    link.execute(f"SET memory_limit='{given['memory_mb']}MB'; SET threads={given['threads']}; SET TimeZone='UTC'; SET enable_progress_bar=false")
    link.execute("SET python_enable_replacements=false; SET preserve_insertion_order=true; SET max_expression_depth=250")
    for name, columns, rows in given["named"]:
        link.execute(f"CREATE TABLE {name} ({columns})")
        if rows:
            link.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    for statement in given["views"]:
        link.execute(statement)
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in given["paths"])
    link.execute(f"SET allowed_paths=[{paths}]; SET enable_external_access=false; SET lock_configuration=true")
    return link


def answer(given):
    import duckdb

    limit(given["seconds"])
    link = connected(given)
    late = threading.Event()

    def stop():
        late.set()
        link.interrupt()

    timer = threading.Timer(given["seconds"], stop)
    timer.daemon = True
    timer.start()
    try:
        text = checked(link, given["sql"], given["tables"])
        found = link.execute(text)
        columns = [one[0] for one in found.description]
        return {"columns": columns, **taken(found, given["skip"], given["rows"])}
    except duckdb.Error as wrong:
        raise Wrong(in_words(wrong, late.is_set(), given)) from None
    except (MemoryError, RecursionError):
        raise Wrong("问题太大或嵌套太深，没有算；请分成几个小的问") from None
    finally:
        timer.cancel()


def taken(found, skip, most):
    """So many rows after those that are skipped, and whether there are more."""
    while skip > 0:
        gone = found.fetchmany(min(skip, 1000))
        if not gone:
            break
        skip -= len(gone)
    rows, size = [], 0
    while len(rows) <= most and size <= ANSWER:
        some = found.fetchmany(100)
        if not some:
            return {"rows": rows[:most], "more": len(rows) > most}
        rows += [[cell(value) for value in row] for row in some]
        size += sum(len(str(value)) for row in rows[-len(some):] for value in row)
    return {"rows": rows[:most], "more": True}


def cell(value):
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    text = str(value)
    return text if len(text) <= CELL else text[:CELL] + "…"


_SAID = (
    (r'syntax error at or near "(.+?)"', "语句写错了，在“{0}”附近"), (r"syntax error at end of input|without selection list", "语句没有写完"),
    (r'Referenced column "(.+?)" not found', "没有“{0}”这一列"), (r'Referenced table "(.+?)" not found', "没有“{0}”这张表"),
    (r'must appear in the GROUP BY clause', "SELECT 里不是合计的列，都要写进 GROUP BY"),
    (r"(?:Scalar Function|Aggregate Function|Function) with name (\S+) does not exist", "没有 {0} 这个函数"),
    (r"No function matches the given name and argument types '(.+?)'", "{0}：参数的类型不对"), (r"Could not convert|Conversion Error", "有的值换算不成要的类型"),
    (r"disabled by configuration|Permission Error|locked", "不能读归档以外的任何东西"), (r"Max expression depth|too deep", "嵌套太深，请拆成几个小的问"),
)


def in_words(wrong, late, given):
    said = str(wrong)
    if late or type(wrong).__name__ == "InterruptException":
        return f"超过 {given['seconds']} 秒没有算完，已停止；请缩小范围（例如只看一个月），或检查几张表是怎样连接的"
    if type(wrong).__name__ == "OutOfMemoryException":
        return f"要用的内存超过 {given['memory_mb']} MB，已停止；请缩小范围，或先合计再连接"
    for pattern, words in _SAID:
        if found := re.search(pattern, said):
            return words.format(*(part[:60] for part in found.groups()))
    return "没有算成：" + said.strip().partition("\n")[0][:200]


def main():
    given = json.load(sys.stdin)
    try:
        told = answer(given)
    except Wrong as wrong:
        told = {"wrong": str(wrong)}
    json.dump(told, sys.stdout, ensure_ascii=True)
    sys.stdout.flush()
    os._exit(0)  # DuckDB's threads need not be taken leave of


if __name__ == "__main__":
    main()
