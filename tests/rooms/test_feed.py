"""The feed of steps: whoever remembers the cursor misses none and gets none twice, whatever commits when, and after a restore."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import NOW, build

from minsheng.cases.models import CaseStep
from minsheng.cases.queries import feed as steps
from minsheng.cases.rules import State
from minsheng.kit import clock, database, feed
from minsheng.kit.partitions import make_months
from minsheng.kit.verdict import Invalid, Refused

THINGS = feed.Feed("things", "feed_things", ("id", "word"))


both = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def things(db):
    """Another subject: a table of its own, made by the owner."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE feed_things (id bigint PRIMARY KEY, word text)")
        cursor.execute("INSERT INTO feed_things VALUES (5, 'old')")
        cursor.execute(feed.numbered("feed_things"))
        cursor.execute("CREATE INDEX ON feed_things (written_in, id)")
    database.grant("minsheng_app")


def add(*ids: int) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO feed_things (id, word) VALUES (%s, 'w')", [(id_,) for id_ in ids])


def ids(page: feed.Page) -> list[int]:
    return [row[0] for row in page.rows]


def until_settled(number: int) -> None:
    """Other databases of this server have transactions, too: a feed waits for them."""
    end = time.monotonic() + 60
    while feed.settled() <= number and time.monotonic() < end:
        time.sleep(0.02)


def read_all(cursor: str = "", size: int = 1000) -> tuple[list[int], str]:
    """What is there once everything committed is settled."""
    with connection.cursor() as own:
        own.execute("SELECT coalesce(max(written_in), 0) FROM feed_things")
        until_settled(own.fetchone()[0])
    found, more = [], True
    while more:
        page = THINGS.since(cursor, size)
        assert len(page.rows) <= size
        found, cursor, more = found + ids(page), page.cursor, page.more
    return found, cursor


class Other(threading.Thread):
    """A transaction of another connection that is kept when it is told to."""

    def __init__(self, *ids_: int):
        super().__init__()
        self.ids, self.written, self.may_end = ids_, threading.Event(), threading.Event()
        self.start()
        assert self.written.wait(20)

    def run(self):
        with transaction.atomic():
            add(*self.ids)
            self.written.set()
            self.may_end.wait(60)
        connection.close()

    def keep(self) -> None:
        self.may_end.set()
        self.join(20)


@both
def test_a_row_written_first_and_kept_last_is_not_passed_over(things):
    first, cursor = read_all()
    slow = Other(10, 30)
    add(20)
    page = THINGS.since(cursor)
    assert first == [5] and page.rows == [] and page.cursor == cursor  # 20 waits for what began before it
    assert {row[0] for row in THINGS.written_since(feed.settled(), 10)} == {20}  # the bell does not wait
    slow.keep()
    found, cursor = read_all(cursor, size=2)  # a transaction is cut between two pages
    assert found == [10, 30, 20] and read_all(cursor)[0] == []
    add(7)  # older ids than what was read
    assert read_all(cursor)[0] == [7]


@given(cursor=st.one_of(st.text(max_size=80), st.from_regex(r"things-[0-9]{1,30}-[0-9]{1,30}", fullmatch=True)))
@pytest.mark.django_db
def test_what_is_no_cursor_is_refused_with_a_sentence(cursor):
    read = THINGS._read
    try:
        number, id_ = read(cursor)
    except Invalid as wrong:
        assert "next" in wrong.errors["since"]
    else:
        assert THINGS._cursor(number, id_).split("-")[0] == cursor.split("-")[0] and id_ < 2**63 and number < 10**18


@both
def test_a_cursor_of_another_database_and_of_a_lost_future_is_refused(things):
    add(40)
    _, cursor = read_all()
    name, number, id_ = cursor.split("-")
    assert ids(THINGS.since(cursor)) == [] and THINGS.since("now").cursor == cursor
    for lost in (f"{name}-{number}-41", f"{name}-{int(number) + 1}-{id_}", f"{name}-{10**17}-{2**63 - 1}"):
        with pytest.raises(Refused, match="从头读起"):
            THINGS.since(lost)
    for wrong in ("steps" + cursor[6:], cursor + "0" * 20, cursor.replace("-", "—"), cursor + "\n", "x" * 100):
        with pytest.raises(Invalid):
            THINGS.since(wrong)


@both
def test_a_new_server_counts_on_from_what_was_put_into_it(things):
    """pg_restore into a server whose transactions begin anew: old rows bear numbers that it has not reached yet."""
    _, before = read_all()
    with connections["owner"].cursor() as cursor:  # as COPY of a dump does: with the numbers of the other server
        cursor.execute("INSERT INTO feed_things (id, word, written_in) SELECT n, 'w', 900000000 + n FROM generate_series(50, 52) n")
    with pytest.raises(Refused, match="migrate"):  # never: new rows before old ones, passed over without a word
        THINGS.since(before)
    assert database.state() == "pending" and database.state("owner") == "pending"
    feed.go_on_counting()
    feed.go_on_counting()
    assert database.state() == "ok"
    found, cursor = read_all(before)
    add(53)
    more, _ = read_all(cursor)
    assert found == [50, 51, 52] and more == [53]
    assert read_all("things-900000051-51")[0] == [52, 53]  # what was remembered before the restore goes on


@both
def test_a_number_given_in_this_very_transaction_is_no_other_servers(things):
    with transaction.atomic():
        add(60)
        assert feed.counts_on() and ids(THINGS.since()) in ([], [5])


@pytest.mark.django_db
def test_steps_are_read_by_their_index_in_every_month():
    """However many steps there are: of each month's index what the page needs, put together, never sorted, never all read."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        for text, values in ((steps.STEPS._since + "200", (1, 1)), (steps.STEPS._last, ()), (steps.STEPS._known, (1, 1))):
            cursor.execute(f"EXPLAIN {text}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Sort" not in plan.replace("Sort Key", "") and "Seq Scan" not in plan and "Index" in plan, plan
        cursor.execute("SELECT count(*) FROM pg_index WHERE indexrelid = 'step_written'::regclass AND indisvalid")
        assert cursor.fetchone() == (1,)


@both
def test_a_table_with_rows_is_numbered_and_indexed_while_others_write_and_a_broken_off_turn_is_made_again():
    """Nothing is rewritten; each part's index is built by itself; half an index that a kill left behind is built anew."""
    parts = [f"feed_parts_{n}" for n in (0, 1)]
    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE feed_parts (id bigint PRIMARY KEY, word text) PARTITION BY RANGE (id)")
        for n, part in enumerate(parts):
            cursor.execute(f"CREATE TABLE {part} PARTITION OF feed_parts FOR VALUES FROM ({n * 10}) TO ({n * 10 + 10})")
        cursor.execute("INSERT INTO feed_parts SELECT n, 'w' FROM generate_series(0, 19) n")
        places = "SELECT array_agg(relfilenode ORDER BY relname) FROM pg_class WHERE relname = ANY(%s)"
        cursor.execute(places, [parts])
        before = cursor.fetchone()
        cursor.execute(feed.numbered("feed_parts"))
        cursor.execute(feed.numbered("feed_parts"))
        cursor.execute(places, [parts])
        assert cursor.fetchone() == before, "no row was written again"
        cursor.execute("CREATE INDEX feed_parts_0_written_in ON feed_parts_0 (id)")  # what a kill leaves: that name, not that index
    for _ in range(2):
        with connections["owner"].schema_editor(atomic=False) as editor:
            feed.index_each_part("feed_parts", "feed_parts_written", editor)
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'feed_parts_written'::regclass")
            valid = cursor.fetchone()
            cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'feed_parts_written'::regclass")
            assert (valid, cursor.fetchone()) == ((True,), (2,))
            cursor.execute("SELECT count(DISTINCT written_in) FROM feed_parts")
            assert cursor.fetchone() == (1,)


@both
def test_who_waits_to_migrate_does_not_stand_in_the_way_of_an_index_built_beside_them():
    """Two at once take turns; the second holds no view of the rows meanwhile, for which the first's index would wait."""
    waits = threading.Event()

    def second():
        waits.set()
        database.migrate()
        connections.close_all()

    with connections["owner"].cursor() as cursor:
        cursor.execute("CREATE TABLE feed_waits (id bigint)")
        cursor.execute("SELECT pg_advisory_lock(%s)", [database._ONE_AT_A_TIME])
        other = threading.Thread(target=second)
        other.start()
        waits.wait(10)
        time.sleep(0.5)
        cursor.execute("SET lock_timeout = '20s'")
        cursor.execute("CREATE INDEX CONCURRENTLY ON feed_waits (id)")
        assert other.is_alive(), "it has its turn when we are done"
        cursor.execute("SELECT pg_advisory_unlock(%s)", [database._ONE_AT_A_TIME])
        other.join(60)
        assert not other.is_alive()


@pytest.mark.django_db
def test_a_month_made_later_has_the_index_and_the_number():
    at = NOW.replace(year=2031)
    make_months(at, at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index x JOIN pg_inherits i ON i.inhrelid = x.indexrelid"
                       " WHERE i.inhparent = 'step_written'::regclass AND x.indrelid = to_regclass('cases_casestep_203101')")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_every_step_of_every_case_is_given_once():
    with clock.fixed(NOW):
        first = build().at_state(State.IN_PROGRESS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(written_in) FROM cases_casestep")
        until_settled(cursor.fetchone()[0])
    found, cursor, more = [], "", True
    while more:
        page = steps.steps_since(cursor, 1)
        found, cursor, more = found + page.rows, page.cursor, page.more
    assert sorted(row.id for row in found) == sorted(CaseStep.objects.values_list("id", flat=True))
    said = {row.seq: row.step for row in found if row.case_id == first.id}
    assert said == dict(first.steps.values_list("seq", "step"))
