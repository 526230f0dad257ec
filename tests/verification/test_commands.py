"""Every command as people call it: 0 done, 1 refused or wrong input, 2 called wrongly; what went wrong says what to do."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from minsheng.cli.__main__ import commands, main
from minsheng.kit.embedded_postgres import Embedded

ROOT = Path(__file__).parents[2]
ENV = {k: v for k, v in os.environ.items() if not k.startswith("MINSHENG_") and k != "DATABASE_URL"} | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1"}


def cli(*given: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "minsheng.cli", *given], cwd=ROOT, env=ENV | env, input=stdin, capture_output=True, text=True,
                          timeout=120, check=False)


# --- without a database ------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_explains_itself_in_chinese(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--help"])
    said = capsys.readouterr().out
    assert end.value.code == 0 and said.startswith(f"用法：./minsheng {name}") and "显示本说明" in said
    for line in said.splitlines():  # every option has words of its own, none is argparse's
        assert not re.search(r"show this help|options:|positional", line)
    assert re.search("[\u4e00-\u9fff]{4}", commands()[name][1]), "the list of commands says what it does"


@pytest.mark.parametrize("name", sorted(set(commands()) - {"test"}))
def test_an_unknown_option_is_usage_and_says_which(name, capsys):
    with pytest.raises(SystemExit) as end:
        main([name, "--nonsense"])
    said = capsys.readouterr().err
    assert end.value.code == 2 and f"./minsheng {name}" in said and said.startswith("minsheng: ") and re.match("minsheng: [\u4e00-\u9fff]", said), said


@pytest.mark.parametrize(("given", "code", "says"), [
    ([], 2, "用法"), (["--help"], 0, "explain-deadline"), (["nonsense"], 2, "没有“nonsense”这个命令"), (["user"], 2, "还要写"),
    (["user", "add", "a"], 2, "--name"), (["token", "create", "a", "--name", "x"], 2, "--scope"), (["token", "revoke", "x"], 2, "应为编号"),
    (["measures", "--by", "colour"], 2, "unit"), (["demo", "--port", "x"], 2, "65535 的整数"), (["export"], 2, "--out"), (["import"], 2, "FILE"),
    (["archive", "make", "--month", "2025-13"], 2, "应如 2025-01"), (["archive", "measures"], 2, "--from"), (["archive"], 2, "还要写"),
])
def test_called_wrongly_is_2_and_says_what_is_missing(given, code, says, capsys):
    try:
        ended = main(given)
    except SystemExit as end:
        ended = end.code
    said = capsys.readouterr()
    assert ended == code and says in said.out + said.err, said


def test_a_port_that_is_taken_or_none_and_a_folder_that_cannot_be_used_are_refused_in_words(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for given, code, says in ((("--port", str(taken.getsockname()[1])), 1, "--port"), (("--port", "99999"), 2, "65535"),
                                  (("--now", "gestern"), 1, "2025-01-02T"), (("--now", "2025-01-02T10:00"), 1, "时区")):
            done = cli("demo", "--data", str(tmp_path / "demo"), *given)
            assert done.returncode == code and says in done.stderr and "Traceback" not in done.stderr, done.stderr
    (tmp_path / "file").touch()
    done = cli("doctor", "--data", str(tmp_path / "file" / "inside"))
    assert done.returncode == 1 and "--data" in done.stderr and "Traceback" not in done.stderr


def test_a_database_that_is_not_there_is_said_with_what_to_check(tmp_path):
    lines = [([command], "") for command in ("measures", "migrate", "doctor", "reseal")] + [(["user", "list"], ""), (["token", "list"], "")]
    for code, out, err in cli_many(lines, DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", MINSHENG_DATA=str(tmp_path)):
        assert code == 1 and "数据库" in out + err, (out, err)


# --- with one ------------------------------------------------------------

FIRST = "Hotline-2025-first\n"
DRIVER = """
import contextlib, io, json, sys
from minsheng.cli.__main__ import main
told = []
for given, stdin in json.load(sys.stdin):
    out, err, sys.stdin = io.StringIO(), io.StringIO(), io.StringIO(stdin)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(given)
        except SystemExit as end:
            code = end.code
    told.append((code, out.getvalue(), err.getvalue()))
print(json.dumps(told))
"""


def cli_many(lines: list[tuple[list[str], str]], **env: str) -> list[tuple[int, str, str]]:
    """Many commands in one process, which spares their start; each as `main` gets it."""
    done = subprocess.run([sys.executable, "-c", DRIVER], cwd=ROOT, env=ENV | env, input=json.dumps(lines), capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An empty data folder whose server runs."""
    yield from running(tmp_path_factory.mktemp("commands") / "data")


@pytest.fixture
def sealed(tmp_path_factory):
    """Another: whoever sets a secret later cannot open what was sealed before, and is told so."""
    yield from running(tmp_path_factory.mktemp("sealed") / "data")


def running(data: Path) -> Iterator[Path]:
    Embedded(data, fast=True).start()
    yield data
    Embedded(data, fast=True).stop()


@pytest.fixture(scope="module")
def requests(folder) -> Path:
    file = folder.parent / "requests.csv"
    file.write_text("external_no,received_at,title,narrative,phone,requester\nX-1,2024-12-30 10:00,停水,幸福路停水两天,13800138000,王小明\n"
                    "X-2,2024-12-31 10:00,路灯,路灯不亮,,\n", encoding="utf-8")
    return file


TABLE = [
    (("measures",), 1, "./minsheng migrate"), (("migrate", "--check"), 1, "./minsheng migrate"), (("migrate",), 0, "已是本版本"),
    (("user", "add", "root1", "--name", "系统管理员", "--unit", "city", "--city", "示例市", "--role", "system_admin", "--password-stdin"), 0, "已新增 root1"),
    (("migrate", "--check"), 0, "已是本版本"), (("migrate",), 0, "已是本版本"), (("user", "list"), 0, "root1"), (("user", "list", "谁也不是"), 0, ""),
    (("user", "add", "a", "--name", "甲", "--unit", "nowhere", "--password-stdin"), 1, "city"),
    (("user", "add", "a", "--name", "甲", "--unit", "city"), 1, "--password-stdin"),
    (("user", "add", "a", "--name", "甲", "--unit", "city", "--role", "boss", "--password-stdin"), 1, "agent（"),
    (("user", "grant", "nobody", "agent"), 1, "user list"), (("user", "password", "nobody", "--password-stdin"), 1, "user list"),
    (("user", "leave", "nobody", "--reason", "调离"), 1, "user list"),
    (("token", "list"), 0, "还没有令牌"), (("token", "create", "nobody", "--name", "x", "--scope", "cases.read"), 1, "user list"),
    (("token", "create", "root1", "--name", "x", "--scope", "everything"), 1, "cases"), (("token", "revoke", "99"), 1, "token list"),
    (("measures", "--from", "2025-13-01"), 2, "日期不存在"), (("measures", "--from", "2025-01-02", "--to", "2025-01-01"), 2, "截止日不能早于起始日"),
    (("measures", "--from", "2025-01-01", "--to", "2025-01-31", "--format", "json"), 0, '"denominator"'),
    (("measures", "--from", "2025-01-01", "--to", "2025-01-31", "--format", "csv", "--by", "unit"), 0, "measure,label,group,numerator"),
    (("import", "missing.csv"), 2, "missing.csv"), (("import", "{here}/README.md"), 2, ".xlsx"), (("import", "{requests}", "--map", "missing.yaml"), 1, "missing.yaml"),
    (("import", "{requests}", "--by", "nobody"), 1, "nobody"), (("import", "{requests}", "--dry-run"), 0, "可导入 2"),
    (("import", "{requests}"), 0, "导入 2"), (("import", "{requests}"), 0, "已有 2"),
    (("export", "--out", "{out}/all.csv"), 0, "已导出 2"), (("export", "--out", "{out}/all.txt"), 2, ".csv"),
    (("export", "--out", "/nowhere/at/all.csv"), 2, "/nowhere"), (("export", "--out", "{out}/full.csv", "--full"), 1, "--by"),
    (("export", "--out", "{out}/x.csv", "--by", "nobody"), 1, "user list"), (("export", "--out", "{out}/x.csv", "--from", "昨天"), 2, "2025-01-02"),
    (("reseal",), 0, "诉求人"), (("doctor", "--verify-history"), 1, "MINSHENG_SECRET"), (("city", "/nowhere"), 1, "/nowhere"),
    (("backup", "/proc/nowhere"), 1, ""), (("restore", "/nowhere"), 1, ""),
]


def test_every_command_is_done_or_refused_with_a_sentence(folder, requests, tmp_path):
    """In this order: later rows look at what earlier ones wrote."""
    lines = [([part.format(requests=requests, out=tmp_path, here=ROOT) for part in given], FIRST) for given, _, _ in TABLE]
    told = cli_many(lines, MINSHENG_DATA=str(folder))
    wrong = [(given, code, out, err) for (given, expected, says), (code, out, err) in zip(TABLE, told, strict=True)
             if code != expected or says not in out + err]
    assert not wrong, "\n".join(map(str, wrong))
    for (given, _, _), (code, out, err) in zip(TABLE, told, strict=True):
        assert code == 0 or re.search("[\u4e00-\u9fff]{3}", out + err), (given, out, err)
    rows = list(csv.DictReader((tmp_path / "all.csv").read_text("utf-8-sig").splitlines()))
    assert len(rows) == 2 and "13800138000" not in str(rows) and "王小明" not in str(rows)


def test_doctor_finds_what_the_owner_of_the_database_changed_and_names_the_row(sealed, requests):
    env, verify = {"MINSHENG_DATA": str(sealed), "MINSHENG_SECRET": "s" * 40}, (["doctor", "--verify-history"], "")
    *_, whole = cli_many([(["migrate"], ""), (["import", str(requests)], ""), verify], **env)
    assert whole[0] == 0 and "历史与锚定完整" in whole[1] and "用程序密钥（MINSHENG_SECRET）密封" in whole[1], whole
    with psycopg.connect(Embedded(sealed).url("minsheng_owner"), autocommit=True) as link:
        [(step,)] = link.execute("SELECT id FROM cases_casestep ORDER BY id LIMIT 1").fetchall()
        month = link.execute("SELECT tableoid::regclass::text FROM cases_casestep WHERE id = %s", [step]).fetchone()[0]
        link.execute(f"ALTER TABLE {month} DISABLE TRIGGER USER")
        link.execute(f"UPDATE {month} SET by_name = '别人' WHERE id = {step}")
        link.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        link.execute("UPDATE ledger_entry SET by_name = '别人' WHERE id = 1")
    found, quiet = cli_many([verify, (["doctor"], "")], **env)
    assert found[0] == 1 and f"步骤行 {step}" in found[1] and "台账第 1 条" in found[1]
    assert quiet[0] == 0  # without being asked it reads no history
