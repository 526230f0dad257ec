"""Where a person stands at the telephone: one open state each, whoever says it."""

import threading
import time

import pytest
from django.db import connection, transaction
from tests.cast import NOW, build, later

from minsheng.kit import clock
from minsheng.telephony.actions import presence
from minsheng.telephony.models import AgentState


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
