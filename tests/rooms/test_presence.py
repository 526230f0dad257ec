"""Where a person stands at the telephone: one open state each, whoever says it."""

import threading
import time

import pytest
from django.db import connection, transaction
from tests.cast import NOW, build, later

from minsheng.kit import clock
from minsheng.telephony.actions import ledger, presence
from minsheng.telephony.models import AgentState
from minsheng.telephony.queries import figures, live
from minsheng.telephony.rules.ledger_lines import read_queue_log


@pytest.mark.django_db(transaction=True)
def test_a_press_in_the_window_and_the_exchanges_ledger_at_the_same_moment_are_two_states_and_no_error():
    with clock.fixed(NOW):
        person = build().people["agent"].id
        presence.change(person_id=person, state="ready")
    wrong: list[Exception] = []

    def pressed() -> None:
        try:
            presence.change(person_id=person, state="wrap_up", at=later(minutes=2))
        except Exception as error:
            wrong.append(error)
        connection.close()

    window = threading.Thread(target=pressed)
    with transaction.atomic():
        presence.change(person_id=person, state="talking", at=later(minutes=1))
        window.start()
        waits_for_us(window)
    window.join()
    assert wrong == []
    assert list(AgentState.objects.order_by("since").values_list("state", flat=True)) == ["ready", "talking", "wrap_up"]
    assert AgentState.objects.get(until=None).state == "wrap_up"


def waits_for_us(window: threading.Thread) -> None:
    """Until the other connection stands before a lock of ours."""
    end = time.monotonic() + 20
    while window.is_alive() and time.monotonic() < end:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone()[0]:
                return


def read(*said: str, seconds: int = 0) -> None:
    """What the exchange has written of the person's telephone."""
    at = int(NOW.timestamp()) + seconds
    ledger.keep("pbx1", [read_queue_log(f"{at}|{line}", "pbx1") for line in said])


def stands(person: int) -> tuple[str, str]:
    return AgentState.objects.values_list("state", "reason").get(person_id=person, until=None)


def test_who_lets_it_ring_out_is_away_and_says_when_they_are_back(cast):
    person = cast.people["agent"].id
    with clock.fixed(NOW):
        read(f"MANAGER|q-zh|a{person}|ADDMEMBER")
    with clock.fixed(later(seconds=30)):
        read(f"NONE|NONE|a{person}|PAUSEALL|Auto-Pause", seconds=30)
        assert stands(person) == ("paused", "unanswered")
        presence.change(person_id=person, state="paused", reason="meal")
        read(f"MANAGER|NONE|a{person}|PAUSEALL|meal", seconds=31)
        assert stands(person) == ("paused", "meal"), "why they are away is not forgotten when the exchange says the same"


def test_whom_we_lost_stays_lost_until_their_window_is_back(cast):
    person = cast.people["agent"].id
    with clock.fixed(later(minutes=10)):
        presence.change(person_id=person, state="ready", at=NOW)
        presence.change(person_id=person, state="lost", at=later(minutes=5))
        read(f"MANAGER|q-zh|a{person}|REMOVEMEMBER", seconds=301)
        assert stands(person) == ("lost", ""), "put out of the queue because we lost them, they have not signed out"
        assert [(one.person_id, one.label) for one in live.now().agents] == [(person, "失联")]
        assert figures.work(NOW, later(minutes=10)).signed_in == 300, "who is lost works no hours"
        presence.change(person_id=person, state="ready", at=later(minutes=6))
        assert stands(person) == ("ready", "")
