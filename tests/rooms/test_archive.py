"""The archive: the same figures as PostgreSQL's, twice the same bytes, nothing half done, a changed byte named."""

import hmac
import json
import os
import random
import subprocess
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest
from tests import orders
from tests.orders import Order, local
from tests.rooms.test_facts import ALL, anything, live
from tests.verification.test_surroundings import disk, mounts

from minsheng.archive import actions, engines, places, queries, rules, verifying
from minsheng.archive.places import Archive
from minsheng.cases.models import Case
from minsheng.cli import archive as command
from minsheng.cli.parser import Parser
from minsheng.kit import clock
from minsheng.kit.host import Problem
from minsheng.kit.verdict import Invalid
from minsheng.ledger.models import Entry
from minsheng.measures import following, set_sql
from minsheng.measures import queries as measures
from minsheng.measures.models import Fact
from minsheng.measures.queries import Asked
from minsheng.measures.sets import SETS

pytestmark = pytest.mark.django_db
MARCH = local(3, 9, month=3)
YEAR = Asked(date(2024, 12, 1), date(2025, 12, 31))


@pytest.fixture
def folder(tmp_path, settings):
    settings.ARCHIVE = str(tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def city(folder):
    with clock.fixed(MARCH):
        yield orders.build()


def made(**given):
    return actions.make(by=ALL, **given)


def in_postgres(asked):
    place = measures.where(asked, ALL)
    return {g: n for g, n in set_sql.count(replace(asked.window, known=False), list(SETS), place).items() if any(n.values())}


def in_files(asked):
    place = measures.where(asked, ALL)
    with engines.on(places.ready()) as found:
        return {g: n for g, n in queries.counted(asked.window, list(SETS), place, found).items() if any(n.values())}


def questions(moments):
    for cutoff in moments:
        for raw in (False, True):
            for by in ("", "unit", "category", "channel", "district"):
                yield replace(YEAR, by=by, raw=raw, cutoff=cutoff)


# --- the same figures ------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3] if os.environ.get("MINSHENG_HEAVY") else [1])
def test_every_set_of_a_random_city_is_what_postgres_says_also_as_known_before(city, seed):
    live(city, random.Random(seed), 44)
    first = made()
    assert [m.files[0].month for m in first] == ["2025-01", "2025-02"]
    until = places.opened().until
    asked = [*questions([until, local(14, 18), local(31, 0), local(9, 7, month=2)])]
    with engines.on(places.ready()) as engine:
        for one in asked:
            place = measures.where(one, ALL)
            found = {g: n for g, n in queries.counted(one.window, list(SETS), place, engine).items() if any(n.values())}
            assert found == in_postgres(one), one
    assert any(found.values())
    narrow = replace(YEAR, unit=city.units["county"].id, category="tap", channel="phone", cutoff=until)
    assert in_files(narrow) == in_postgres(narrow)
    assert list(verifying.differences()) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_every_set_of_facts_that_no_history_made_is_what_postgres_says(city, seed):
    Fact.objects.bulk_create(anything(random.Random(seed), 600))
    made()
    for one in questions([places.opened().until]):
        assert in_files(one) == in_postgres(one), one


def test_rows_of_figures_are_those_of_the_measures(city):
    live(city, random.Random(3), 8)
    Fact.objects.bulk_create(anything(random.Random(4), 200))
    made()
    for by in ("unit", ""):
        archive, asked, rows = queries.rows(replace(YEAR, by=by), ALL)
        expected = [row for row in measures.rows(asked, ALL)]
        assert [row.as_dict() for row in rows] == [row.as_dict() for row in expected] and len(rows) > 20
    with pytest.raises(Invalid):
        queries.rows(replace(asked, cutoff=archive.until + timedelta(microseconds=1)), ALL)


def two_months(city):
    for at in (local(5), local(5, month=2)):
        Order(city, at, phone="13800000001").dispatch("water").sign().contact()
    made()


@pytest.fixture
def archived(city, folder):
    two_months(city)
    return folder


# --- whole or not there ------------------------------------------------------------


def tree(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.name != ".lock"}


@pytest.mark.one_server
def test_twice_the_same_gives_the_same_bytes_and_nothing_new(city, folder, settings):
    two_months(city)
    before = tree(folder)
    assert made() == [] and tree(folder) == before
    settings.ARCHIVE = str(folder.parent / "again")
    made(upto="2025-01")
    assert len(tree(folder.parent / "again")) == 2
    made()
    assert tree(folder.parent / "again") == before


def test_a_month_that_is_not_over_and_an_empty_city_make_nothing(city, folder):
    assert made() == [] and tree(folder) == {}
    with pytest.raises(Problem, match="还没有归档"):
        queries.rows(YEAR, ALL)
    with pytest.raises(Problem, match="还没有过完"):
        made(upto="2025-03")
    Order(city, local(2, month=3)).dispatch("water")
    assert made() == []


def test_what_came_late_goes_into_a_file_of_its_own_and_the_figures_are_right_again(city, folder):
    order = Order(city, local(5)).dispatch("water")
    Order(city, local(5, month=2)).dispatch("roads")
    made()
    following.bring_up_to_date()
    line = Fact.objects.filter(case_id=order.id, fact="received").first()
    for sign, known, channel in ((-1, local(30), line.channel), (1, local(30), "web"), (1, local(1, 9, month=3), "web")):
        line.pk, line.sign, line.known_at, line.channel = None, sign, known, channel
        line.save(force_insert=True)
    until = places.opened().until
    assert queries.unarchived(places.opened()) == 2 and in_files(replace(YEAR, by="channel", cutoff=until)) != in_postgres(replace(YEAR, by="channel", cutoff=until))
    assert [line for line in verifying.differences()] == ["归档的月份里有 2 行是后来写入的，还不在文件里；请运行 ./minsheng archive make"]
    late, = made()
    assert [file.name for file in late.files] == ["2025-01-late-000003.parquet"] and late.files[0].rows == 2
    assert in_files(replace(YEAR, by="channel", cutoff=until)) == in_postgres(replace(YEAR, by="channel", cutoff=until))
    assert list(verifying.differences()) == []
    with clock.fixed(local(2, month=4)):
        march, = made()
        assert [(file.name, file.rows) for file in march.files] == [("2025-03.parquet", 1)], "what was known in March, written before the addition"
        assert list(verifying.differences()) == [] and Fact.objects.count() == sum(f.rows for f in places.opened().files)


@pytest.mark.one_server
def test_dead_in_the_middle_leaves_whole_months_and_goes_on(city, folder, monkeypatch):
    two_months(city)
    whole = tree(folder)
    for path in folder.glob("*"):
        path.unlink()
    killed = subprocess.CalledProcessError(9, "make")
    real = os.replace

    def dies(old, new):
        if str(new).endswith("000002.json"):
            raise killed
        return real(old, new)

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(subprocess.CalledProcessError):
        made()
    assert sorted(tree(folder)) == ["000001.json", "2025-01.parquet", "2025-02.parquet"]
    assert places.opened().months == ["2025-01"], "what no manifest names is not there"
    assert [line for line in verifying.differences()] == ["归档文件夹里多出 2025-02.parquet，不在任何清单里"]
    monkeypatch.undo()
    made()
    assert tree(folder) == whole
    assert list(verifying.differences()) == []


@mounts
@pytest.mark.one_server
def test_a_disk_that_is_full_is_said_and_leaves_whole_months(city, settings, tmp_path):
    two_months(city)
    whole = tree(places.folder())
    with disk("64k") as place:
        settings.ARCHIVE = str(place)
        filler, full = place / "filler", 0
        for room in range(0, 65536, 4096):  # for nothing, for the lines, for a file, for a month…
            filler.write_bytes(bytes(65536 - 4096 - room))
            try:
                made()
                break
            except Problem as wrong:
                assert "归档没有做完：磁盘已满" in str(wrong)
                full += 1
            finally:
                assert not [n for n in tree(place) if n.startswith(".new")] and places.opened()
        filler.unlink()
        assert full >= 3 and made() == [] and tree(place) == whole and list(verifying.differences()) == []


@pytest.mark.one_server
def test_two_at_once_one_is_told_to_wait(city, folder):
    with actions._alone(), pytest.raises(Problem, match="正在归档"):
        made()


# --- what was changed is named and never counted ------------------------------------------------------------


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


@pytest.mark.one_server
def test_a_file_changed_by_a_bit_is_named_and_gives_no_figure(archived):
    for where in (0, 5, 300, -9, -1):
        flip(archived / "2025-01.parquet", where)
        for ask in (lambda: queries.rows(YEAR, ALL), made):
            with pytest.raises(Problem, match=r"2025-01\.parquet（2025-01）的内容与清单不符"):
                ask()
        assert [line for line in verifying.differences() if "2025-01.parquet（2025-01）的内容与清单不符" in line]
        flip(archived / "2025-01.parquet", where)
    assert queries.rows(YEAR, ALL)


@pytest.mark.one_server
def test_a_missing_and_a_shortened_file_are_named(archived):
    os.truncate(archived / "2025-02.parquet", 100)
    with pytest.raises(Problem, match=r"2025-02\.parquet（2025-02）的长短与清单不符"):
        queries.rows(YEAR, ALL)
    (archived / "2025-02.parquet").unlink()
    with pytest.raises(Problem, match=r"2025-02\.parquet（2025-02）缺失"):
        queries.rows(YEAR, ALL)


@pytest.mark.one_server
def test_a_manifest_that_was_changed_or_taken_away_is_named(archived):
    first = archived / "000001.json"
    kept = first.read_bytes()
    first.write_bytes(kept.replace(b'"bytes": ', b'"bytes": 1'))
    with pytest.raises(Problem, match=r"000002\.json 接不上"):
        queries.rows(YEAR, ALL)
    for broken in (b"", b"{}", b"[1]", b"\xff", b"[" * 100000, kept.replace(b"2025-01.parquet", b"../../x.parquet")):
        first.write_bytes(broken)
        with pytest.raises(Problem, match=r"000001\.json 读不出来"):
            queries.rows(YEAR, ALL)
    first.unlink()
    with pytest.raises(Problem, match="缺第 1 份"):
        queries.rows(YEAR, ALL)


def test_whoever_writes_files_and_manifests_anew_is_found_by_ledger_and_book(archived):
    """All hashes fit; the ledger knows another manifest, and the book other lines."""
    archive = places.opened()
    last = archive.last
    path = archived / last.files[0].name
    link = duckdb.connect()
    link.execute(f"CREATE TABLE t AS SELECT * FROM '{path}'")
    link.execute("UPDATE t SET met_at = met_at - INTERVAL 3 DAY WHERE id = (SELECT min(id) FROM t WHERE met_at IS NOT NULL)")
    link.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    told = replace(last.files[0], sha256=places.digest_of(path), bytes=path.stat().st_size)
    (archived / last.name).write_bytes(replace(last, files=(told,)).as_bytes())
    found = list(verifying.differences())
    assert len(found) == 2 and "000002.json 与操作台账里记的不符" in found[0] and "文件与台账不同" in found[1]


# --- nobody is in it ------------------------------------------------------------


@pytest.mark.one_server
def test_no_case_can_be_told_from_the_files(archived):
    ids = set(Case.objects.values_list("id", flat=True))
    archive = places.opened()
    with engines.linked() as link:
        names = [row[0] for row in link.execute(f"DESCRIBE SELECT * FROM {engines.parquet(archive.paths)}").fetchall()]
        keys = {row[0] for row in link.execute(f"SELECT case_key FROM {engines.parquet(archive.paths)}").fetchall()}
    assert tuple(names) == rules.COLUMNS and "case_id" not in names and "part" not in names
    assert keys <= {hmac.digest(queries.key(), str(id_).encode(), "sha256").hex()[:24] for id_ in ids} and keys
    held = b"".join(path.read_bytes() for path in archived.glob("*"))
    assert not [id_ for id_ in ids if str(id_).encode() in held or id_.to_bytes(8, "little") in held]
    assert all(path.stat().st_mode & 0o077 == 0 for path in archived.glob("[0-9]*"))


def test_the_ledger_says_what_was_archived(archived):
    said = [entry.detail for entry in Entry.objects.filter(kind="archive").order_by("id")]
    assert [one["months"] for one in said] == [["2025-01"], ["2025-02"]]
    assert [one["manifest"] for one in said] == [rules.digest((archived / f"00000{n}.json").read_bytes()) for n in (1, 2)]
    assert json.loads((archived / "000002.json").read_text())["prev"] == said[0]["manifest"]
    assert isinstance(places.opened(), Archive)


@pytest.mark.one_server
def test_the_command_makes_counts_and_verifies(city, folder, capsys):
    def run(*given):
        parser = Parser(prog="archive")
        command.add(parser)
        args = parser.parse_args(given)
        return command.DEEDS[args.deed](args), capsys.readouterr()

    order = Order(city, local(5)).dispatch("water")
    assert run("make")[1].out.splitlines()[-1].startswith("已归档到 2025-01，共 1 个文件、")
    assert run("make")[1].out.startswith("没有要补的，已归档到 2025-01")
    code, said = run("measures", "--from", "2025-01-01", "--to", "2025-01-31", "--by", "unit", "--measure", "received", "--format", "json")
    assert code == 0 and [(row["group"], row["value"]) for row in json.loads(said.out)] == [("水务局", 1)] and not said.err
    assert run("verify") == (0, ("归档的文件、清单与台账一致\n", ""))
    line = Fact.objects.filter(case_id=order.id).first()
    line.pk, line.sign = None, -1
    line.save(force_insert=True)
    assert "有 1 行是后来写入的" in run("measures", "--from", "2025-01-01", "--to", "2025-01-31")[1].err
    assert run("verify")[0] == 1
