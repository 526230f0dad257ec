"""A wall's days in minutes: it takes its numbers anew hundreds of times, or thousands, and the browser's heap does not grow.

    python -m tests.journeys.wall_soak --browser /usr/bin/chromium

MINSHENG_SOAK_REFRESHES=6000 is two days at half a minute each. With MINSHENG_SOAK_HOURS=2 at its own pace, half a minute, for so many hours, while
requests come in; a line of measures each ten minutes. `slope`: bytes a refresh, by the straight line nearest to the later half of the readings.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import cycle

from tests.journeys.bare_browser import Bare, bare
from tests.journeys.board import address
from tests.journeys.stage import Stage, run

HOURS = float(os.environ.get("MINSHENG_SOAK_HOURS", "0"))
SAMPLE_S = 600
FRESH = int(os.environ.get("MINSHENG_SOAK_REFRESHES", "480"))
READINGS = 12
# Numbers are taken as soon as the last ones are there.
HURRY = """new MutationObserver((_, watch) => {
    const place = document.querySelector('[data-board]');
    if (place) { place.dataset.pace = '20'; watch.disconnect(); }
}).observe(document, {childList: true, subtree: true});
"""
COUNTED = """window.taken = 0;
const ask = window.fetch;
window.fetch = (...given) => ask(...given).then(answer => { if (answer.ok) window.taken += 1; return answer; });"""


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    states = [state for state in State if state not in (State.START, State.DRAFT)]
    for state in states:
        s.cast.at_state(state)
    with bare(s.path) as wall:
        wall.open(address(s), COUNTED if HOURS else COUNTED + HURRY, 1920, 1080)
        seen = []
        for one in hours(s, wall, states) if HOURS else hundreds(wall):
            print(json.dumps(one), file=sys.stderr, flush=True)
            seen.append(one)
    return {"seen": seen, "slope": round(slope([(one["taken"], one["bytes"]) for one in seen[len(seen) // 2 :]]))}


def sample(wall: Bare) -> dict:
    return {"taken": wall.said("window.taken"), **wall.memory(), "canvases": wall.said("document.querySelectorAll('canvas').length")}


def hundreds(wall: Bare) -> Iterator[dict]:
    for n in range(1, READINGS + 1):
        until = time.monotonic() + 900
        while (wall.said("window.taken") or 0) < FRESH * n // READINGS:
            assert time.monotonic() < until, "no fresh numbers"
            time.sleep(0.5)
        yield sample(wall)


def hours(s: Stage, wall: Bare, states: list) -> Iterator[dict]:
    """A request each minute, so that the numbers change."""
    began, told, coming = time.monotonic(), 0, cycle(states)
    while (passed := time.monotonic() - began) < HOURS * 3600:
        if passed >= SAMPLE_S * told:
            told += 1
            yield {"minute": round(passed / 60), **sample(wall)}
        s.cast.at_state(next(coming))
        time.sleep(60)
    yield {"minute": round((time.monotonic() - began) / 60), **sample(wall)}


def slope(readings: list[tuple[int, int]]) -> float:
    """Of the straight line nearest to these points."""
    at, high = (sum(axis) / len(readings) for axis in zip(*readings, strict=True))
    return sum((x - at) * (y - high) for x, y in readings) / (sum((x - at) ** 2 for x, _ in readings) or 1)


if __name__ == "__main__":
    run(tell)
