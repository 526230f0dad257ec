"""The figures of several processes are one sum that never goes back, whatever a process leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from minsheng.kit import metrics


class Process:
    """Counts for itself, like a process of ours, and keeps its figures under a number."""

    def __init__(self, folder, pid: int):
        registry = self.registry = CollectorRegistry()
        self.requests = Counter("minsheng_requests", "n", ["page"], registry=registry)
        self.seconds = Histogram("minsheng_request_seconds", "n", ["page"], buckets=(0.1, 1.0, 10.0), registry=registry)
        self.last = Gauge("minsheng_job_success_timestamp_seconds", "n", ["job"], registry=registry)
        self.shelf = metrics.Shelf(folder, pid)

    def keep(self) -> None:
        self.shelf.keep(lambda: metrics.figures(self.registry))


def total(shelf: metrics.Shelf) -> dict[tuple, float]:
    registry = CollectorRegistry()
    registry.register(metrics._Sum(shelf.all()))
    text = metrics.generate_latest(registry).decode()
    return {(s.name, *sorted(s.labels.items())): s.value for family in text_string_to_metric_families(text) for s in family.samples}


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


PAGE = ("minsheng_requests_total", ("page", "/case"))


def test_counters_of_two_processes_add_up_and_the_latest_time_counts(tmp_path):
    one, two = Process(tmp_path, os.getpid()), Process(tmp_path, os.getppid())
    one.requests.labels("/case").inc(3)
    two.requests.labels("/case").inc(4)
    one.seconds.labels("/case").observe(0.5)
    two.seconds.labels("/case").observe(5)
    one.last.labels("j").set(100)
    two.last.labels("j").set(90)
    one.keep()
    two.keep()
    for asked in (one, two):
        found = total(asked.shelf)
        assert found[PAGE] == 7 and found["minsheng_job_success_timestamp_seconds", ("job", "j")] == 100
        assert [found["minsheng_request_seconds_bucket", ("le", le), ("page", "/case")] for le in ("0.1", "1.0", "10.0", "+Inf")] == [0, 1, 2, 2]


def test_a_process_that_is_gone_still_counts_and_leaves_no_file(tmp_path, gone):
    here = Process(tmp_path, os.getpid())
    for n in range(1, 6):
        left = Process(tmp_path, gone)
        left.requests.labels("/case").inc(10)
        left.keep()
        assert total(here.shelf)[PAGE] == 10 * n and len(list(tmp_path.glob("*-*.json"))) == 0
    assert total(here.shelf)[PAGE] == 50


def test_what_was_killed_while_it_put_the_past_together_is_not_added_twice(tmp_path, gone):
    here, left = Process(tmp_path, os.getpid()), Process(tmp_path, gone)
    left.requests.labels("/case").inc(10)
    left.keep()
    kept = left.shelf.file.read_bytes()
    assert total(here.shelf)[PAGE] == 10
    left.shelf.file.write_bytes(kept)  # as if it had ended between writing the past and taking the file away
    assert total(here.shelf)[PAGE] == 10 and not left.shelf.file.exists()


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 64, b"[]", b"null", b"\xff\xfe", json.dumps({"past": 1}).encode()])
def test_a_file_that_is_none_stands_in_nobodys_way(tmp_path, gone, content):
    here = Process(tmp_path, os.getpid())
    here.requests.labels("/case").inc()
    here.keep()
    for name in (f"{gone}-0123abcd.json", "past.json", f"{os.getppid()}-0123abcd.json", "x-y.json"):
        (tmp_path / name).write_bytes(content)
        assert total(here.shelf)[PAGE] == 1, name


def test_where_nothing_can_be_written_figures_stand_still_and_never_go_back(tmp_path):
    one, two = Process(tmp_path, os.getpid()), Process(tmp_path, os.getppid())
    one.requests.labels("/case").inc()
    one.keep()
    one.requests.labels("/case").inc()
    one.shelf.file.with_suffix(".half").mkdir()  # what it writes first cannot be written
    one.keep()
    assert total(one.shelf)[PAGE] == total(two.shelf)[PAGE] == 1
    one.shelf.file.with_suffix(".half").rmdir()
    one.keep()
    assert total(two.shelf)[PAGE] == 2
    assert total(metrics.Shelf(tmp_path / "nowhere")) == {}


def test_what_one_thread_counted_before_never_lies_over_what_another_counted_after(tmp_path):
    one, late = Process(tmp_path, os.getpid()), threading.Event()
    one.requests.labels("/case").inc()

    def slowly() -> dict:
        found = metrics.figures(one.registry)
        late.wait(0.5)
        return found

    behind = threading.Thread(target=one.shelf.keep, args=(slowly,))
    behind.start()
    time.sleep(0.1)  # it has counted and not yet written
    one.requests.labels("/case").inc()
    one.keep()
    behind.join()
    assert total(one.shelf)[PAGE] == 2
