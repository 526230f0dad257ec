"""A wall's days in minutes: it takes its numbers anew hundreds of times, or thousands, and the browser's heap does not grow.

    python -m tests.journeys.wall_soak --browser /usr/bin/chromium [--shots DIR]

With MINSHENG_SOAK_HOURS=2 at its own pace, half a minute, for so many hours, while requests come in; a line of measures each ten minutes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import cycle

from tests.journeys.board import hung
from tests.journeys.stage import Stage, run

HOURS = float(os.environ.get("MINSHENG_SOAK_HOURS", "0"))
SAMPLE_S = 600
FRESH = int(os.environ.get("MINSHENG_SOAK_REFRESHES", "600"))  # 6000 are two days at half a minute each
# Numbers are taken as soon as the last ones are there.
HURRY = """new MutationObserver((_, watch) => {
    const place = document.querySelector('[data-board]');
    if (place) { place.dataset.pace = '20'; watch.disconnect(); }
}).observe(document, {childList: true, subtree: true});
"""
COUNTED = """window.taken = 0;
const ask = window.fetch;
window.fetch = (...given) => ask(...given).then(answer => { if (answer.ok) window.taken += 1; return answer; });"""


def heap(devtools) -> dict:
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("HeapProfiler.collectGarbage")
    counts = {one["name"]: one["value"] for one in devtools.send("Performance.getMetrics")["metrics"]}
    return {"mb": round(counts["JSHeapUsedSize"] / 1e6, 2), "nodes": int(counts["Nodes"]), "listeners": int(counts["JSEventListeners"])}


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    states = [state for state in State if state not in (State.START, State.DRAFT)]
    for state in states:
        s.cast.at_state(state)
    with s.seat(width=1920, height=1080) as page:
        page.add_init_script(COUNTED if HOURS else COUNTED + HURRY)
        hung(s, page)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        seen = hours(s, page, devtools, states) if HOURS else hundreds(page, devtools)
        s.look(page, "wall-after-days")
    return {"seen": seen}


def sample(page, devtools) -> dict:
    return {"taken": page.evaluate("window.taken"), **heap(devtools), "canvases": page.locator("canvas").count()}


def hundreds(page, devtools) -> list[dict]:
    seen, first = [], FRESH // 10  # what a browser keeps of the first rounds is no growth
    for upto in (first, FRESH // 2, FRESH):
        page.wait_for_function("many => window.taken >= many", arg=upto, timeout=900_000)
        seen.append(sample(page, devtools))
    return seen


def hours(s: Stage, page, devtools, states: list) -> list[dict]:
    """A request each minute, so that the numbers change."""
    seen, began, coming = [], time.monotonic(), cycle(states)
    while (passed := time.monotonic() - began) < HOURS * 3600:
        if passed >= SAMPLE_S * len(seen):
            seen.append({"minute": round(passed / 60), **sample(page, devtools)})
            print(json.dumps(seen[-1]), file=sys.stderr, flush=True)
        s.cast.at_state(next(coming))
        page.wait_for_timeout(60_000)
    return [*seen, {"minute": round((time.monotonic() - began) / 60), **sample(page, devtools)}]


if __name__ == "__main__":
    run(tell)
