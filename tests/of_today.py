"""A part of what could be tried, another one each day: for walks over everything that would take longer than a run may.

    of_today(pages, one_in=3)      a third of them; all of them with MINSHENG_HEAVY=1 and no MINSHENG_PART
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from datetime import date

SEED = int(os.environ.setdefault("MINSHENG_TODAY", str(date.today().toordinal())))  # one day for all processes of a run
ALL = os.environ.get("MINSHENG_HEAVY") == "1" and "MINSHENG_PART" not in os.environ


def of_today(things: Iterable, one_in: int) -> list:
    """At least one of them, in their order."""
    things = list(things)
    if ALL or len(things) < 2:
        return things
    chosen = set(random.Random(SEED).sample(range(len(things)), max(1, len(things) // one_in)))
    return [thing for n, thing in enumerate(things) if n in chosen]
