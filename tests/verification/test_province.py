"""Several cities on one PostgreSQL: what one has, the other cannot reach; asked of a real server, by the commands of an operator."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from minsheng.kit import confine
from tests.province import Province

OTHER = {"lasa": "rikaze", "rikaze": "lasa"}


@pytest.fixture(scope="module")
def province():
    """Two cities; nothing is migrated."""
    with tempfile.TemporaryDirectory(prefix="minsheng-p-", ignore_cleanup_errors=True) as place:
        made = Province(Path(place))
        try:
            made.begin()
            for name in OTHER:
                done = made.add(name)
                assert done.returncode == 0, done.stderr
            yield made
        finally:
            made.end()


def give(paths: list[Path], user: int) -> None:
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, user, user)


def refused(conninfo: str) -> str:
    with pytest.raises(psycopg.OperationalError) as wrong:
        psycopg.connect(conninfo, connect_timeout=5).close()
    return str(wrong.value)


@pytest.mark.parametrize("city", OTHER)
def test_no_login_of_a_city_comes_into_the_database_of_another(province, city):
    own, theirs = province.settings(city), province.settings(OTHER[city])
    for key in ("DATABASE_URL", "MINSHENG_OWNER_URL"):
        psycopg.connect(own[key]).close()
        assert "permission denied for database" in refused(make_conninfo(own[key], dbname=f"minsheng_{OTHER[city]}"))
        for role in ("app", "owner"):  # with the own password, and with none
            name = f"minsheng_{OTHER[city]}_{role}"
            assert "password authentication failed" in refused(make_conninfo(own[key], dbname=f"minsheng_{OTHER[city]}", user=name))
            assert "no password supplied" in refused(make_conninfo(theirs[key], user=name, password="", passfile="/nowhere"))


@pytest.mark.parametrize("statement", ["SET ROLE minsheng_rikaze_owner", "GRANT minsheng_rikaze_app TO minsheng_lasa_owner", "CREATE ROLE x", "CREATE DATABASE x",
                                       "ALTER ROLE minsheng_rikaze_app PASSWORD 'x'", "ALTER DATABASE minsheng_rikaze CONNECTION LIMIT 0",
                                       "GRANT CONNECT ON DATABASE minsheng_lasa TO minsheng_rikaze_app; SET ROLE minsheng_rikaze_app", "COPY (SELECT 1) TO PROGRAM 'true'",
                                       "SELECT pg_read_file('/etc/hostname')", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'minsheng_rikaze_app'"])
def test_not_even_the_owner_of_a_city_gets_anything_of_another(province, statement):
    theirs = psycopg.connect(province.settings("rikaze")["DATABASE_URL"], autocommit=True)
    with theirs, psycopg.connect(province.settings("lasa")["MINSHENG_OWNER_URL"], autocommit=True) as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
        link.execute(statement)
    with psycopg.connect(province.settings("lasa")["MINSHENG_OWNER_URL"], autocommit=True) as link:
        link.execute("REVOKE CONNECT ON DATABASE minsheng_lasa FROM minsheng_rikaze_app")


def test_a_notice_and_a_lock_of_one_city_are_not_those_of_the_other(province):
    with psycopg.connect(province.settings("lasa")["DATABASE_URL"], autocommit=True) as one, psycopg.connect(province.settings("rikaze")["DATABASE_URL"], autocommit=True) as two:
        one.execute("LISTEN minsheng")
        two.execute("SELECT pg_notify('minsheng', 'theirs')")
        assert list(one.notifies(timeout=0.5)) == []
        two.execute("SELECT pg_advisory_lock(1234502)")
        assert one.execute("SELECT pg_try_advisory_lock(1234502)").fetchone() == (True,)


def test_the_list_tries_every_pair_and_says_what_is_open(province):
    done = province.cli("province", "list")
    assert done.returncode == 0 and "2 座城市互相进不去" in done.stdout and "没在服务" in done.stdout, done.stdout + done.stderr
    province.sql("GRANT CONNECT ON DATABASE minsheng_rikaze TO PUBLIC")
    done = province.cli("province", "list")
    assert done.returncode == 1 and "lasa 的程序进得了 rikaze 的数据库" in done.stdout and "rikaze 的程序进得了" not in done.stdout
    province.sql("REVOKE ALL ON DATABASE minsheng_rikaze FROM PUBLIC")
    province.asks("trust")
    try:
        done = province.cli("province", "list")
    finally:
        province.asks("scram-sha-256")
    assert done.returncode == 1 and done.stdout.count("pg_hba.conf") == 4, "each of both, as either role"


def test_no_secret_key_port_or_folder_is_that_of_another(province):
    one, two = province.settings("lasa"), province.settings("rikaze")
    assert {key for key in one if one[key] == two[key]} == {"MINSHENG_HTTPS"}
    assert all(len(one[key]) >= 32 for key in ("MINSHENG_SECRET", "MINSHENG_SEAL_KEY", "MINSHENG_HASH_KEY", "MINSHENG_PROXY_KEY"))
    for name in OTHER:
        assert (province.cities / f"{name}.env").stat().st_mode & 0o777 == (province.folder / name / "data" / "owner.pass").stat().st_mode & 0o777 == 0o600
    before = {name: (province.cities / f"{name}.env").read_text() for name in OTHER}
    for name, text in before.items():  # added by hand, and the same line to both
        (province.cities / f"{name}.env").write_text(text + "MINSHENG_ANCHORS_FOLDER=/mnt/anchors\n")
    done = province.cli("province", "list")
    for name, text in before.items():
        (province.cities / f"{name}.env").write_text(text)
    assert done.returncode == 1 and "lasa、rikaze 的 MINSHENG_ANCHORS_FOLDER 相同" in done.stdout and "MINSHENG_ARCHIVE" not in done.stdout
    copied = province.cities / "copied.env"
    copied.write_text((province.cities / "lasa.env").read_text())
    copied.chmod(0o600)
    try:
        done = province.cli("--city", "copied", "migrate", "--check")
        assert done.returncode == 1 and "一座城市不能有两个名字" in done.stderr
        assert "一座城市不能有两个名字" in province.cli("province", "list").stderr
    finally:
        copied.unlink()


_SHOWN = """
import os
from minsheng.cli import cities
cities.enter("rikaze")
print(sorted(f"{key}={value}" for key, value in os.environ.items() if key.startswith(("MINSHENG_", "DATABASE_", "PG"))))
"""


def test_nothing_that_the_shell_had_set_for_one_city_reaches_another(province):
    env = province.env | province.settings("lasa") | {"DATABASE_READ_URL": "postgresql://lasa", "PGPASSWORD": "lasa", "MINSHENG_SMS_KEY": "lasa"}
    done = subprocess.run([sys.executable, "-c", _SHOWN], env=env, capture_output=True, text=True, check=True)
    assert "lasa" not in done.stdout.replace(str(province.folder), "") and "minsheng_rikaze_app" in done.stdout


@pytest.mark.skipif(not confine.version(), reason="NOT RUN HERE: the kernel has no Landlock")
def test_web_and_worker_of_a_city_cannot_read_what_lies_on_the_disk_of_another_even_as_the_same_user(province):
    province.folder.chmod(0o711)
    script = """
import os, sys
from minsheng.cli import cities, confined
from minsheng.kit import confine, embedded_access
cities.enter("lasa")
confined.enter()
for path in sys.argv[1:]:
    try:
        open(path).close() if not os.path.isdir(path) else os.listdir(path)
        print("open", path)
    except OSError:
        print("shut", path)
"""
    theirs = province.folder / "rikaze" / "data"
    (theirs / "files").mkdir(exist_ok=True)
    (theirs / "files" / "kept").write_text("theirs")
    owned = [province.cities, *province.cities.iterdir(), *(file for city in OTHER for file in (province.folder / city).rglob("*"))]
    user = 65534 if os.geteuid() == 0 else os.geteuid()  # root may read what any process was started with; no program is served as root
    give(owned, user)
    other = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, env=province.settings("rikaze"), user=user, cwd="/")
    try:
        paths = [theirs, theirs / "owner.pass", theirs / "files" / "kept", province.cities / "rikaze.env", province.cities / "lasa.env", f"/proc/{other.pid}/environ"]
        done = subprocess.run([sys.executable, "-c", script, *map(str, paths)], env=province.env, capture_output=True, text=True, check=True)
    finally:
        other.communicate(b"")
        give(owned, os.geteuid())
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["shut"] * len(paths), done.stdout


WRONG = [(("Lasa",), "不能作名字"), (("all",), "不能作名字"), (("pg_x",), "不能作名字"), (("a" * 21,), "不能作名字"), (("lasa",), "已经有了"),
         (("changdu", "--host", "lasa.example.org"), "是 lasa 的"), (("changdu", "--host", "https://x"), "不是域名"), (("changdu", "--port", "8001"), "是 lasa 的"),
         (("changdu", "--place", "{folder}/lasa/data/changdu"), "重叠"), (("changdu", "--place", "{folder}"), "重叠"), (("changdu", "--place", "/etc"), "里已有东西"),
         (("changdu", "--user", "nobody-of-this-name"), "没有用户"), (("changdu", "--server", "postgresql://postgres@127.0.0.1:1/postgres"), "连不上 --server"),
         (("changdu", "--at", "127.0.0.1:1"), "登录不了")]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_cannot_be_is_refused_with_a_sentence_and_leaves_no_city(province, words, said):
    before = sorted(province.cities.iterdir())
    done = province.add(words[0], *(word.format(folder=province.folder) for word in words[1:]))
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert sorted(province.cities.iterdir()) == before


def test_one_that_was_begun_and_not_finished_is_gone_on_with_and_one_with_data_is_never_touched(province):
    assert province.add("naqu", "--at", "127.0.0.1:1").returncode == 1  # the roles and the database are there
    assert province.add("naqu").returncode == 0
    psycopg.connect(province.settings("naqu")["DATABASE_URL"]).close()
    with psycopg.connect(province.settings("naqu")["MINSHENG_OWNER_URL"]) as link:
        link.execute("CREATE TABLE cases_case (id int)")
    before = province.settings("naqu")
    (province.cities / "naqu.env").rename(province.folder / "naqu.env")
    done = province.add("naqu")
    assert done.returncode == 1 and "里面有数据，没有动它" in done.stderr
    psycopg.connect(before["DATABASE_URL"]).close()  # its password is what it was
    (province.folder / "naqu.env").rename(province.cities / "naqu.env")

    busy = psycopg.connect(before["DATABASE_URL"])
    done = province.cli("province", "remove", "naqu", "--server", province.superuser)
    assert done.returncode == 1 and "1 个连接" in done.stderr
    busy.close()
    done = province.cli("province", "remove", "naqu", "--server", province.superuser)
    assert done.returncode == 0 and "数据一件没动" in done.stdout, done.stderr
    assert "not permitted to log in" in refused(before["DATABASE_URL"]) and not (province.cities / "naqu.env").exists()
    assert province.sql("SELECT count(*) FROM pg_database WHERE datname = 'minsheng_naqu'") == [(1,)]
    assert (province.folder / "naqu" / "data" / "owner.pass").exists()
    for role in ("owner", "app"):  # as it says
        province.sql(f"ALTER ROLE minsheng_naqu_{role} LOGIN")
    psycopg.connect(before["DATABASE_URL"]).close()


def test_what_fails_for_one_city_is_done_for_the_others_and_said(province):
    (province.folder / "lasa" / "data").chmod(0o700)
    (province.folder / "lasa" / "data" / "restoring").write_text('{"of": "x", "backup": "/b", "stage": "restore"}')
    try:
        done = province.cli("--city", "all", "migrate", "--check")
    finally:
        (province.folder / "lasa" / "data" / "restoring").unlink()
    assert done.returncode == 1 and done.stdout.index("== lasa") < done.stdout.index("== rikaze") and "2 座没有做成：lasa、rikaze" in done.stdout
    assert "恢复没有做完" in done.stderr and "请先运行：./minsheng migrate" in done.stderr
    for words, said in ((("--city",), "后面要写城市的名字"), (("--city", "all", "serve"), "一座一座来"), (("--city", "nobody", "doctor"), "没有“nobody”这座城市"),
                        (("--city", "../lasa", "doctor"), "没有“../lasa”这座城市")):
        done = province.cli(*words)
        assert done.returncode == 1 and said in done.stderr


def test_settings_that_others_can_read_or_that_cannot_be_read_are_not_used(province):
    file = province.cities / "lasa.env"
    before = file.read_text()
    file.chmod(0o644)
    assert "别人读得到" in province.cli("--city", "lasa", "doctor").stderr
    file.chmod(0o600)
    file.write_text(before + "rubbish\n")
    assert "不是“名称=值”" in province.cli("--city", "lasa", "doctor").stderr
    file.write_text("# ours\n\n" + before.replace("MINSHENG_SECRET=", 'MINSHENG_SECRET="', 1).replace("\nMINSHENG_SEAL_KEY", '"\nMINSHENG_SEAL_KEY', 1))
    script = "import os\nfrom minsheng.cli import cities\ncities.enter('lasa')\nprint(os.environ['MINSHENG_SECRET'])"
    done = subprocess.run([sys.executable, "-c", script], env=province.env, capture_output=True, text=True, check=True)
    file.write_text(before)
    assert done.stdout.strip() == province.settings("lasa")["MINSHENG_SECRET"]


def test_the_gateway_has_a_site_for_each_city_with_a_certificate_and_a_shut_door_for_strangers(province):
    etc, certificates = province.folder / "nginx", province.folder / "certificates"
    for folder in (etc, certificates):
        folder.mkdir()
    for kind in ("crt", "key"):
        (certificates / f"lasa.{kind}").touch()
    words = ("province", "gateway", str(etc), "--certificates", str(certificates))
    done = province.cli(*words)
    assert done.returncode == 1 and "rikaze 没有放进去：缺" in done.stdout, "without it nginx would start for none"
    assert {file.name for file in etc.iterdir()} == {"lasa.nodes", "minsheng-lasa.conf", "minsheng-strangers.conf"}
    for kind in ("crt", "key"):
        (certificates / f"rikaze.{kind}").touch()
    (etc / "lasa.nodes").write_text("server 10.0.0.1:8001 down;\n")  # as deploy/rolling left it
    assert province.cli(*words).returncode == 0 and (etc / "lasa.nodes").read_text() == "server 10.0.0.1:8001 down;\n"
    one, two = ((etc / f"minsheng-{city}.conf").read_text() for city in OTHER)
    own = ("zone=", "zone minsheng", "upstream minsheng", "proxy_pass", "server_name", "ssl_certificate", "X-Minsheng-Proxy \"", "include", "shared:", "limit_conn minsheng")
    found = [line for line in one.splitlines() if any(word in line for word in own) and not line.lstrip().startswith("#")]
    assert len(found) > 12 and [line for line in found if line in two.splitlines()] == []
    assert "ssl_reject_handshake on" in (etc / "minsheng-strangers.conf").read_text()
    assert (etc / "minsheng-lasa.conf").stat().st_mode & 0o777 == 0o600, "the proxy's password is in it"
    (certificates / "rikaze.key").unlink()
    province.cli(*words)
    assert not (etc / "minsheng-rikaze.conf").exists()


def test_root_becomes_the_user_whose_the_data_are(province):
    if os.geteuid() != 0:
        pytest.skip("NOT RUN HERE: only root becomes another")
    data = province.folder / "lasa" / "data"
    province.folder.chmod(0o711)
    script = "import os\nfrom minsheng.cli import cities\ncities.enter('lasa')\nprint(os.getuid(), os.geteuid(), os.getgid(), os.getgroups())"
    os.chown(data, 65534, 65534)
    try:
        done = subprocess.run([sys.executable, "-c", script], env=province.env, capture_output=True, text=True, check=True)
    finally:
        os.chown(data, 0, 0)
    assert done.stdout.split()[:3] == ["65534"] * 3 and "0" not in done.stdout.split()[3:]
