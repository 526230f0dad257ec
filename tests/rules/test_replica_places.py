"""Where a database has got to, and addresses of several servers."""

from __future__ import annotations

import time

import pytest

from minsheng.kit.replica_watch import OTHER, PROMOTED, Watch, whole_lsn
from minsheng.settings import database


@pytest.mark.parametrize(("url", "host", "port"), [
    ("postgresql://a:p%40@h1:5432,h2:5433/db?target_session_attrs=read-write", "h1,h2", "5432,5433"),
    ("postgresql://a@/db?host=/run/pg&port=5", "/run/pg", "5"),
    ("postgresql:///db", "", ""),
    ("postgresql://a@[::1]:77/db", "::1", "77"),
    ("postgresql://a@h1,h2:2/db", "h1,h2", ",2"),
])
def test_an_address_names_one_server_or_several(url, host, port):
    found = database(url, "a")
    assert (found["HOST"], found["PORT"], found["NAME"]) == (host, port, "db")
    assert found["OPTIONS"].get("target_session_attrs") == ("read-write" if "read-write" in url else None)


def test_the_head_of_a_page_holds_nothing_that_a_copy_could_have():
    assert [whole_lsn(place) for place in (8192 + 24, 8192 + 40, 8192 + 25, 8192, 24)] == [8192, 8192, 8217, 8192, 0]


def at(watch: Watch, *places: tuple[float, int]) -> None:
    now = time.monotonic()
    watch.line, watch.system = 1, 7
    watch.written.extend((now - ago, place) for ago, place in places)


def test_a_copy_is_as_of_the_last_moment_at_which_the_primary_had_no_more():
    watch = Watch([database("postgresql:///x")], {}, most=10)
    [one] = watch.replicas
    assert watch.lag(one) is None, "nothing is known yet"
    at(watch, (20, 100), (9, 200), (4, 300), (1, 300))
    for reached, seconds in ((99, None), (100, 20), (299, 9), (300, 1), (10**9, 1)):
        one.hears((True, reached, 1, 7, None), 7)
        lag = watch.lag(one)
        assert lag is None if seconds is None else lag is not None and abs(lag - seconds) < 0.5, reached
    assert watch.choose(after=10**9)[0] is one and watch.choose(after=10**9 + 1) == (None, 0.0)
    one.hears((True, 150, 1, 7, None), 7)
    assert watch.choose(after=0) == (None, 0.0), "too late"


@pytest.mark.parametrize(("row", "why"), [((False, 300, 1, 7, None), PROMOTED), ((True, 300, 1, 8, None), OTHER)])
def test_what_is_no_copy_of_this_database_is_not_asked(row, why):
    watch = Watch([database("postgresql:///x")], {}, most=10)
    at(watch, (1, 300))
    watch.replicas[0].hears(row, 7)
    assert watch.choose(0) == (None, 0.0) and watch.told() == [(1, None, why)]


def test_one_that_follows_a_dead_primary_counts_again_when_it_is_on_the_new_ones_line():
    watch = Watch([database("postgresql:///x")], {}, most=10)
    at(watch, (1, 300))
    watch.line = 2
    watch.replicas[0].hears((True, 400, 1, 7, None), 7)
    assert watch.choose(0) == (None, 0.0) and "历史" in watch.told()[0][2]
    watch.replicas[0].hears((True, 400, 2, 7, None), 7)
    assert watch.choose(0)[0] is watch.replicas[0]
