"""The same questions on a Spark cluster: a process of its own speaks to it (`spark_child.py`), and ends with a sentence when the cluster does."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from minsheng.archive import spark_packages
from minsheng.archive.places import Archive
from minsheng.archive.question import TABLE
from minsheng.kit.host import Problem
from minsheng.kit.processes import die_with

START_S, LONGEST_S = 120, 3600
MEMORY = "1g"  # of each executor


class Spark:
    def __init__(self, child: subprocess.Popen):
        self.child, self.rest = child, b""

    def rows(self, sql: str) -> list[tuple]:
        told = self.say({"sql": sql}, LONGEST_S)
        return [tuple(row) for row in told["rows"]]

    def say(self, what: dict, seconds: float) -> dict:
        """The child's answer; Problem when it gives none."""
        assert self.child.stdin is not None
        try:
            self.child.stdin.write(json.dumps(what).encode() + b"\n")
            self.child.stdin.flush()
        except BrokenPipeError:
            pass  # what it had to say before it went is still to be read
        told = json.loads(self._line(seconds) or b"{}")
        if "wrong" in told or not told:
            raise Problem(told.get("wrong") or f"Spark 没有算完就断了：{_last_words(self.child)}。没有给出任何数")
        return told

    def _line(self, seconds: float) -> bytes:
        assert self.child.stdout is not None
        until = time.monotonic() + seconds
        while b"\n" not in self.rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.child.stdout], [], [], left)[0]:
                self.child.kill()
                raise Problem(f"Spark 超过 {seconds:.0f} 秒没有回答，已停止。没有给出任何数")
            if not (some := os.read(self.child.stdout.fileno(), 1 << 20)):
                return b""
            self.rest += some
        line, _, self.rest = self.rest.partition(b"\n")
        return line


@contextmanager
def cluster(master: str, archive: Archive) -> Iterator[Spark]:
    """A session on the cluster with the archive's files as one table, which the cluster has read as their manifests say."""
    home = spark_packages.ready(spark_packages.folder(settings.DATA))
    given = {"packages": str(home), "master": master, "paths": archive.paths, "table": TABLE, "me": _reached_from(master),
             "memory": os.environ.get("MINSHENG_SPARK_MEMORY") or MEMORY}
    child = subprocess.Popen([sys.executable, "-I", str(Path(__file__).with_name("spark_child.py"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, preexec_fn=die_with(os.getpid()), env={**os.environ, "SPARK_HOME": f"{home}/pyspark"})
    try:
        found = Spark(child)
        found.say(given, START_S)
        _as_written(found, archive)
        yield found
    finally:
        child.kill()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                _closed(pipe)
        child.wait()


def _as_written(engine: Spark, archive: Archive) -> None:
    """Each machine of the cluster reads the files by itself: what they read is held against what was written."""
    read = {fact: (int(lines), int(total)) for fact, lines, total in engine.rows(f"SELECT fact, count(*), sum(sign) FROM {TABLE} GROUP BY fact")}
    sums: dict[str, int] = {}
    for file in archive.files:
        for fact, total in file.sums.items():
            sums[fact] = sums.get(fact, 0) + total
    if {fact: total for fact, (_, total) in read.items()} != sums or sum(lines for lines, _ in read.values()) != sum(f.rows for f in archive.files):
        raise Problem(f"集群读到的归档与清单不符：每台计算节点的 {archive.folder} 要是同一份文件。没有给出任何数")


def _reached_from(master: str) -> str:
    """This machine's address as the cluster sees it; Problem when nobody listens there."""
    to = urlsplit(master)
    try:
        with socket.create_connection((to.hostname, to.port), 10) as link:
            return link.getsockname()[0]
    except (OSError, ValueError) as wrong:
        raise Problem(f"连不上 Spark 主节点 {master}：{getattr(wrong, 'strerror', None) or wrong}。请检查地址，或用 --engine duckdb 在本机算") from wrong


def _last_words(child: subprocess.Popen) -> str:
    child.kill()
    said = child.stderr.read().decode(errors="replace").strip().splitlines() if child.stderr else []
    return said[-1][:200] if said else "没有说明"


def _closed(pipe) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        pass
