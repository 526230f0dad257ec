"""Health changes when something breaks; ids are ordered by time and never twice; a missing month is named."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.cast import NOW, build

from minsheng.kit import checks, clock, health, ids, partitions


def run(statement: str, *given) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else []


def job(name: str, status: str, began_s: int = 0, due_s: int | None = None) -> int:
    """A row of a job in that state since so many seconds; with `due_s` the one that was deferred last."""
    [(number,)] = run("INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('default', %s, 'todo') RETURNING id", name)
    run("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s AND %s <> 'todo'", number, status)
    run("UPDATE procrastinate_jobs SET status = %s::procrastinate_job_status WHERE id = %s AND status::text <> %s", status, number, status)
    run("UPDATE procrastinate_events SET at = now() - %s * interval '1 second' WHERE job_id = %s", began_s, number)
    if due_s is not None:
        run("INSERT INTO procrastinate_periodic_defers (task_name, defer_timestamp, job_id) VALUES (%s, extract(epoch FROM now())::bigint - %s, %s)", name, due_s, number)
    return number


@pytest.mark.django_db(transaction=True)
def test_a_job_that_hangs_one_that_nobody_takes_up_and_one_that_fails_are_told():
    assert [well for well, _ in checks.jobs()] == [True]
    job("room.jobs.slow", "doing", 601)
    job("room.jobs.brisk", "doing", 30)
    assert [(well, text.split()[1]) for well, text in checks.jobs()] == [(None, "room.jobs.slow")]
    job("room.jobs.waits", "todo", due_s=400)
    for seconds in (7200, 3600):
        job("room.jobs.better", "failed", seconds)
    job("room.jobs.better", "todo", due_s=20)
    job("room.jobs.broken", "failed", 60, due_s=60)
    job("room.jobs.broken", "failed", 2 * 86400)
    told = {text.split()[1].removesuffix("到点"): (well, text) for well, text in checks.jobs()}
    assert told["room.jobs.waits"][0] is False and "6 分钟没有人做" in told["room.jobs.waits"][1]
    assert told["room.jobs.better"][0] is None and "2 次没做成，最近一次做成了" in told["room.jobs.better"][1]
    assert told["room.jobs.broken"][0] is False and "1 次没做成，最近一次也没有：./minsheng why --job broken" in told["room.jobs.broken"][1]
    assert set(told) == {"room.jobs.slow", "room.jobs.waits", "room.jobs.better", "room.jobs.broken"}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_takes_up_nothing_and_one_that_died_in_the_future_are_no_signs_of_life(client):
    run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    late = job("room.jobs.waits", "todo", due_s=90)
    assert client.get("/healthz").json()["status"] == "degraded" and 89 < client.get("/healthz").json()["worker_age_s"] < 110
    run("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = %s", late)
    assert client.get("/healthz").json()["status"] == "ok", "it is to be tried again later"
    run("UPDATE procrastinate_workers SET last_heartbeat = now() + interval '1 hour'")
    assert client.get("/healthz").json() | {"disk_free_gb": 0} == {"status": "degraded", "database": "ok", "migrations": "ok", "worker_age_s": None, "disk_free_gb": 0}


@pytest.mark.django_db(transaction=True)
def test_health_is_ok_degraded_or_down_as_worker_disk_and_database_are(client, monkeypatch):
    def told() -> tuple[int, str, str]:
        answer = client.get("/healthz")
        assert list(answer.json()) == ["status", "database", "migrations", "worker_age_s", "disk_free_gb"]
        return answer.status_code, answer.json()["status"], answer.json()["database"]

    assert told() == (200, "degraded", "ok")  # no worker yet
    run("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
    assert told() == (200, "ok", "ok")
    run("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '61 seconds'")
    assert told() == (200, "degraded", "ok")
    run("UPDATE procrastinate_workers SET last_heartbeat = now()")
    monkeypatch.setattr(health, "free_gb", lambda folder: 0.4)
    assert told() == (200, "degraded", "ok")
    monkeypatch.undo()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    monkeypatch.setitem(connection.settings_dict, "NAME", "gone")
    connection.close()
    assert told() == (503, "down", "down")
    monkeypatch.undo()
    assert told() == (200, "ok", "ok")


def test_who_has_just_begun_or_had_an_answer_is_slow_before_it_is_down(db, monkeypatch):
    held = threading.Event()
    health._asker.submit(held.wait)
    try:
        monkeypatch.setattr(health, "_last", time.monotonic())
        assert [(told["status"], told["database"]) for told in (health.report(), health._silent())] == [("degraded", "slow")] * 2
        monkeypatch.setattr(health, "_last", time.monotonic() - health.SLOW)
        assert [(told["status"], told["database"]) for told in (health.report(), health._silent())] == [("down", "down")] * 2
    finally:
        held.set()


def test_ids_follow_time_even_when_time_stands_or_goes_back(db):
    times = [NOW + timedelta(milliseconds=n) for n in (0, 1, 2, 1000, 86_400_000)]
    made = [ids.new_id(at) for at in times]
    assert made == sorted(made) and [ids.time_of(i) for i in made] == [at.astimezone(UTC) for at in times]
    first = ids.new_id(NOW)
    assert ids.new_id(NOW, after=first) > first and ids.new_id(NOW - timedelta(days=9), after=first) > first
    assert 0 < ids.new_id(datetime(2000, 1, 2, tzinfo=UTC)) and ids.new_id(datetime(2069, 1, 1, tzinfo=UTC)) < 2**63


@pytest.mark.django_db(transaction=True)
def test_no_id_is_made_twice_by_threads_of_one_instant():
    made: list[int] = []

    def work() -> None:
        made.extend([ids.new_id(NOW) for _ in range(1500)])
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 9000


def test_a_month_holds_exactly_the_ids_of_its_instants(db):
    partitions.make_months(datetime(2031, 12, 5, tzinfo=UTC), datetime(2032, 1, 5, tzinfo=UTC))
    [(bounds,)] = run("SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'cases_casestep_203112'")
    first, last = ids.floor_id(datetime(2031, 12, 1, tzinfo=UTC)), ids.floor_id(datetime(2032, 1, 1, tzinfo=UTC))
    assert bounds.replace("'", "") == f"FOR VALUES FROM ({first}) TO ({last})" and run("SELECT to_regclass('cases_case_203201')")[0][0]
    assert partitions.make_months(datetime(2031, 12, 5, tzinfo=UTC), datetime(2032, 1, 5, tzinfo=UTC)) == 0


def test_doctor_names_the_table_whose_month_is_missing_and_is_silent_when_months_were_made_ahead(db):
    with clock.fixed(NOW):
        partitions.make_months(clock.now(), clock.now())
        cast = build()
        cast.create()
        assert all(well for well, text in checks.schema() if "月份分区" in text)
        with clock.fixed(datetime(2025, 6, 2, 10, tzinfo=UTC)):
            cast.create()
    told = [text for well, text in checks.schema() if not well and "月份分区" in text]
    assert len(told) == 1 and "cases_case、cases_casestep、cases_casetext" in told[0] and "migrate" in told[0]
