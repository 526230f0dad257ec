"""Random walks over all steps by all roles through every way in, with what must hold looked at after each.

    MINSHENG_HEAVY=1 …                                  10,000 steps instead of 400
    MINSHENG_WALK_STEPS=1000000 MINSHENG_WALK_SEED=7 …  as many as you like
"""

import os

import pytest

from minsheng.kit import clock
from tests.cast import NOW, build
from tests.verification.random_walk import Walk

STEPS = int(os.environ.get("MINSHENG_WALK_STEPS") or (10_000 if os.environ.get("MINSHENG_HEAVY") else 400))
SEED = int(os.environ.get("MINSHENG_WALK_SEED") or 20250102)


@pytest.mark.django_db(transaction=True)
def test_no_order_of_steps_by_anybody_leads_where_nothing_may_be(tmp_path, capsys):
    with clock.fixed(NOW):
        walk = Walk(build(), SEED, tmp_path)
        walk.go(STEPS)
    with capsys.disabled():
        walk.tell()
    assert walk.wrong == []
    taken = {name for name, _ in walk.counts if name.startswith("step ")}
    assert len(taken) > (25 if STEPS < 2000 else 50), "the walk has seen most steps taken"
