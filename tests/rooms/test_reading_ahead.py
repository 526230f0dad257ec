"""A long file is read in a process beside the one that writes: nothing that comes of it differs, and neither outlives the other."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from django.db import transaction
from tests.cast import NOW, build
from tests.rooms.test_import import HEAD, bring, line, table

from minsheng.cases import queries as matters
from minsheng.cases.models import Case, CaseStep, CaseText
from minsheng.exchange import actions, reading_ahead
from minsheng.exchange.mapping import read_map
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.org import queries as units

COMMITTED = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
ROOT = Path(__file__).parents[2]


@pytest.fixture
def long(transactional_db, monkeypatch):
    """Every file is long, every batch is short."""
    monkeypatch.setattr(actions, "BATCH", 4)
    monkeypatch.setattr(reading_ahead, "LONG", 1)
    monkeypatch.setattr(reading_ahead.os, "cpu_count", lambda: 2)
    with clock.fixed(NOW):
        yield build()


def rows() -> str:
    """Good ones, one that is bad, one twice, and a unit and a matter that nobody knows, first in the middle and then again."""
    new = {"category": "灯", "unit": "灯管所", "dispatched_at": "2024-12-30 10:00"}
    given = [line(n, narrative=f"我是王小明，电话1390000{n:04}，第{n}盏路灯不亮", **(new if n % 5 == 2 else {})) for n in range(19)]
    return HEAD + "".join([*given[:6], line(90, received_at="不明"), *given[6:], line(3, narrative="我是王小明，电话13900000003，第3盏路灯不亮")])


def kept() -> list[tuple]:
    cases = Case.objects.select_related("category", "lead").order_by("received_at", "number")
    texts = {t.case_id: (t.narrative, t.masked, t.words) for t in CaseText.objects.all()}
    steps = {c.id: [s.step for s in CaseStep.objects.filter(case_id=c.id).order_by("seq")] for c in cases}
    return sorted((texts[c.id], c.title, c.state, c.category.name, c.lead and c.lead.name, steps[c.id]) for c in cases)


def told(summary) -> tuple:
    return summary.read, summary.made, summary.known, summary.bad, dict(summary.reasons), summary.units, summary.categories


def in_a_transaction(path, **more):
    """As a short file is read: by the process that writes."""
    class Undone(Exception):
        pass

    try:
        with transaction.atomic():
            said = told(bring(path, **more)), kept()
            raise Undone
    except Undone:
        matters.forget()
        units.forget()
        return said


@COMMITTED
def test_what_is_read_beside_is_what_would_have_been_read_here(long, tmp_path):
    path, names = tmp_path / "lamps.csv", read_map({"create_units": True, "create_categories": True})
    path.write_text(rows(), encoding="utf-8")
    here = in_a_transaction(path, map=names, bad=tmp_path / "here.csv")
    trial = told(bring(path, map=names, dry_run=True))
    said = told(bring(path, map=names, bad=tmp_path / "beside.csv"))
    assert said == here[0] == trial and said[1:4] == (19, 1, 1) and said[5:] == (["灯管所"], ["灯"]), said
    assert kept() == here[1] and "1390000" not in str([words[1] for words, *_ in kept()])
    assert table(tmp_path / "beside.csv") == table(tmp_path / "here.csv")


@COMMITTED
def test_when_the_process_that_reads_is_killed_what_is_in_is_in_and_the_next_run_goes_on(long, tmp_path, monkeypatch):
    path, ends = tmp_path / "lamps.csv", []

    def strike(*_):
        if not ends:
            ends.append([child.pid for child in psutil.Process().children(recursive=True)])
            for child in psutil.Process().children():
                if "python" in child.name():
                    os.kill(child.pid, signal.SIGKILL)

    monkeypatch.setattr(actions, "_SHOW_EVERY_S", 0)
    path.write_text(HEAD + "".join(line(n) for n in range(60)), encoding="utf-8")
    with pytest.raises(Invalid, match="再运行一次同样的命令"):
        bring(path, progress=strike)
    before = Case.objects.count()
    assert 4 <= before < 60
    again = bring(path)
    assert again.resumed and Case.objects.count() == 60 and again.known == 0


_WAITING = """
import os, sys, time
from minsheng.kit import forks
def work(item):
    return os.getpid()
if __name__ == "__main__":
    import django
    from django.conf import settings
    settings.configure(DATABASES={}); django.setup()
    with forks.ahead(work, iter(range(9)), 1) as made:
        print(next(made)[1], flush=True)
        time.sleep(60)
"""


def test_a_process_that_works_ahead_ends_with_the_one_that_forked_it(tmp_path):
    script = tmp_path / "waiting.py"
    script.write_text(_WAITING, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}) as running:
        child = int(running.stdout.readline())
        assert psutil.pid_exists(child)
        running.kill()
        running.wait()
        until = time.monotonic() + 20
        while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE and time.monotonic() < until:
            time.sleep(0.05)
        assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
