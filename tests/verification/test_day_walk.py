"""A random walk over leader days, supervision, field work and topics, with what must hold looked at on the way.

    MINSHENG_WALK_STEPS=20000 MINSHENG_WALK_SEED=7 …  as many as you like
"""

import os

import pytest

from minsheng.kit import clock
from tests.cast import NOW, build
from tests.verification.day_walk import DayWalk

STEPS = int(os.environ.get("MINSHENG_WALK_STEPS") or 400)
# Of a chain from announcement to signature, of a slip, of a topic, of a sign-up.
ENDS = {"announce", "carry_out", "conclude_kept", "sign_public", "note_published", "sign_report", "accept_answer", "end_topic",
        "dial", "register_signup"}
SEED = int(os.environ.get("MINSHENG_WALK_SEED") or 20250103)


@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_on_what_is_promised_pressed_or_inspected_leads_where_nothing_may_be(capsys):
    with clock.fixed(NOW):
        walk = DayWalk(build(), SEED)
    walk.go(STEPS)
    with capsys.disabled():
        walk.tell()
    assert walk.wrong == []
    taken = {name.removeprefix("step ") for name, _ in walk.counts if name.startswith("step ")}
    assert len(taken) > (35 if STEPS < 1000 else 80), "the walk has seen most steps taken"
    if STEPS >= 3000:  # with fewer it depends on the seed
        assert ENDS <= taken, f"whole chains were not reached: {ENDS - taken}"
