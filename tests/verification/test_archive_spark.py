"""The same figures on a Spark cluster: a master and two workers on this machine, started here and killed half way.

Without Spark's packages or Java: a failure where MINSHENG_SPARK=1 (`.ci/run`), else said loudly.
"""

from __future__ import annotations

import os
import random
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bench.spark_cluster import Cluster

from minsheng.archive import engines, places, queries, spark_packages
from minsheng.kit import clock
from minsheng.kit.host import Problem
from minsheng.measures import queries as measures
from minsheng.measures.models import Fact
from minsheng.measures.sets import SETS
from tests import orders
from tests.orders import local
from tests.rooms.test_archive import MARCH, YEAR, in_postgres, made
from tests.rooms.test_facts import ALL, anything, live

pytestmark = [pytest.mark.django_db, pytest.mark.one_server]
ENDLESS = "SELECT count(*) FROM range(100000000000) a WHERE hash(a.id) % 1000003 = 7 AND sha2(string(a.id), 256) < 'f'"


@pytest.fixture(scope="module")
def home():
    where = Path(os.environ.get("MINSHENG_SPARK_PROGRAMS") or Path(tempfile.gettempdir()) / f"minsheng-spark-{os.geteuid()}")
    must = os.environ.get("MINSHENG_SPARK") == "1"
    if must:
        spark_packages.fetch(where, print)
    lacks = "" if spark_packages.found(where) else "Spark's packages: ./minsheng archive fetch-spark"
    if lacks := lacks or ("" if spark_packages.java() else "Java: apt-get install default-jre-headless"):
        (pytest.fail if must else pytest.skip)(f"NOT RUN HERE: the archive on Spark needs {lacks}")
    given = {"MINSHENG_SPARK_PROGRAMS": str(where), "MINSHENG_SPARK_MEMORY": "512m",
             "JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}  # of all of them: short lives
    before = {name: os.environ.get(name) for name in given}
    os.environ |= given
    yield spark_packages.ready(where)
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture
def cluster(home, tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    found = Cluster(home, folder)
    yield found
    found.stop()


@pytest.fixture
def city(tmp_path, settings):
    settings.ARCHIVE = str(tmp_path / "archive")
    with clock.fixed(MARCH):
        yield orders.build()


def test_two_workers_count_every_set_as_postgres_does_and_a_dead_cluster_gives_no_figure(city, cluster):
    live(city, random.Random(8), 40)
    Fact.objects.bulk_create(anything(random.Random(9), 400))
    made()
    archive = places.ready()
    narrow = replace(YEAR, unit=city.units["county"].id, category="tap", channel="phone", raw=True, cutoff=archive.until)
    asked = [*(replace(YEAR, by=by, cutoff=archive.until) for by in ("", "unit", "category", "district")), narrow, replace(YEAR, by="unit", cutoff=local(14, 18))]
    with engines.on(archive, cluster.address) as engine:
        for one in asked:
            found = queries.counted(one.window, list(SETS), measures.where(one, ALL), engine)
            assert {g: n for g, n in found.items() if any(n.values())} == in_postgres(one), one
        assert len(list(cluster.folder.glob("work*/app-*/*/stderr"))) == 2, "both workers computed"
        with ThreadPoolExecutor(1) as other:
            endless = other.submit(engine.rows, ENDLESS)
            unanswered(endless, 3)
            cluster.kill(1)
            unanswered(endless, 3)  # the other one goes on
            cluster.kill(2)
            no_figure(endless)
        with pytest.raises(Problem, match="没有给出任何数"):
            engine.rows("SELECT 1")
    a_master_that_dies(cluster)


def a_master_that_dies(cluster):
    """Half way, and before it is asked. The same cluster, with a new worker."""
    cluster.workers(3)
    _, _, rows = queries.rows(replace(YEAR, by="unit"), ALL, ["received"], cluster.address)
    assert [(r.group, r.value) for r in rows] == [(r.group, r.value) for r in queries.rows(replace(YEAR, by="unit"), ALL, ["received"])[2]] and rows
    with engines.on(places.ready(), cluster.address) as engine, ThreadPoolExecutor(1) as other:
        endless = other.submit(engine.rows, ENDLESS)
        unanswered(endless, 2)
        cluster.kill(0)
        no_figure(endless)
    with pytest.raises(Problem, match="连不上 Spark 主节点"):
        queries.rows(YEAR, ALL, [], cluster.address)


def unanswered(asked, seconds):
    with pytest.raises(TimeoutError):
        asked.result(seconds)


def no_figure(asked):
    with pytest.raises(Problem, match="没有给出任何数"):
        asked.result(90)
