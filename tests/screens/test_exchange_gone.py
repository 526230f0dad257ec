"""While the exchange is gone, stands still, or nobody reads what it writes, no page says that all is well."""

import json
import os
from dataclasses import asdict

import pytest
from tests.cast import NOW, build

from minsheng import asgi  # noqa: F401  (the door, which gathers what the rooms have to say)
from minsheng.kit import clock, metrics
from minsheng.telephony.actions import presence
from minsheng.telephony.asterisk import layout, life
from minsheng.telephony.queries import link

OF_NOW = ("/desk/calls/wallboard", "/desk/calls/wallboard/numbers", "/desk/phone/floor", "/desk/shift")


@pytest.fixture
def cast(db, settings, tmp_path):
    settings.TELEPHONY, settings.DATA = "asterisk", tmp_path
    with clock.fixed(NOW):
        yield build()


@pytest.fixture
def exchange(cast, tmp_path):
    """One that runs, as far as its files say: this very process."""
    places = layout.of(tmp_path)
    places.home.mkdir()
    (places / "ports.json").write_text(json.dumps({"sip": 5060, "web": 8088, "ami": 1}))
    made = life.Running(os.getpid(), life._born(os.getpid()), "22.10.1", {"sip": 5060, "web": 8088, "ami": 1})
    (places / "running.json").write_text(json.dumps(asdict(made)))
    for file in (link.sign(), link.answered()):
        file.touch()
    presence.change(person_id=cast.people["agent"].id, state="ready")
    return places


def old(file, seconds: float) -> None:
    then = clock.machine_now().timestamp() - seconds
    os.utime(file, (then, then))


def said(cast) -> list[bool]:
    pages = [cast.client("shift_leader").get(page).content.decode() for page in OF_NOW]
    return ["话务平台停了" in page or "没有应答" in page or "没有读到" in page for page in pages]


def well() -> bool:
    return [well for well, _ in link.told()] == [True]


def test_one_that_runs_and_answers_is_not_doubted(cast, exchange):
    assert said(cast) == [False] * 4 and well()


def test_one_that_is_gone_is_said_on_every_page_that_speaks_of_now(cast, exchange):
    (exchange / "running.json").unlink()
    assert said(cast) == [True] * 4 and not well()
    assert "打不进来" in cast.client("shift_leader").get("/desk/calls").content.decode()


def test_one_that_stands_still_writes_nothing_and_is_said_all_the_same(cast, exchange):
    """Its files are read each second, and say as little as in a quiet night."""
    old(link.answered(), 40)
    assert said(cast) == [True] * 4 and not well()
    assert "40 秒没有应答" in cast.client("shift_leader").get("/desk/calls").content.decode()
    link.answered().touch()
    assert said(cast) == [False] * 4 and well()


def test_one_that_has_never_answered_since_it_was_started_is_said(cast, exchange):
    link.answered().unlink()
    assert said(cast) == [False] * 4, "it has just been started"
    old(exchange / "running.json", 40)
    assert said(cast) == [True] * 4


def test_what_nobody_reads_is_said(cast, exchange):
    old(link.sign(), 45)
    assert said(cast) == [True] * 4 and not well()


def figures() -> dict[str, float]:
    """As Prometheus reads them, the database unasked."""
    text = metrics.exposed({"database": "down", "migrations": "unknown", "worker_age_s": None, "disk_free_gb": 1}).decode()
    return {name: float(value) for name, value in (line.split() for line in text.splitlines() if line.startswith("minsheng_exchange_"))}


def test_whoever_watches_the_machine_reads_whether_it_answers_who_waits_and_when_it_last_wrote(cast, exchange):
    link.heard(3)
    log = exchange / "var/log/asterisk/queue_log"
    log.parent.mkdir(parents=True)
    log.touch()
    old(log, 40)
    found = figures()
    assert (found["minsheng_exchange_up"], found["minsheng_exchange_waiting"], 39 < found["minsheng_exchange_event_age_seconds"] < 60) == (1, 3, True)
    old(link.answered(), 60)
    found = figures()
    assert found["minsheng_exchange_up"] == 0 and "minsheng_exchange_waiting" not in found, "how many waited a minute ago is nobody's figure of now"
    (exchange / "running.json").unlink()
    assert figures()["minsheng_exchange_up"] == 0


def test_where_there_is_no_telephone_there_is_no_figure_of_one(cast, settings):
    settings.TELEPHONY = "none"
    assert not figures()
