"""A day at one telephone by keys alone: call after call of SIPp, each ended in another way, and all figures at the end are SIPp's own.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.keyboard_day --browser /usr/bin/chromium [--shots DIR] [--calls 6]

Prints one JSON object: what SIPp counted, what the pages and the record say, what the tab weighed on the way.
"""

from __future__ import annotations

import time
from collections import Counter

from tests.journeys.call_to_closed import arguments
from tests.journeys.calls import comes, press_until, sign_in, stands
from tests.journeys.on_exchange import on_exchange, say
from tests.journeys.stage import Stage
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, WAIT_BYE, Exchange, Phone, agent_bye, bye, key, until, wait

WORDS = "幸福路三号楼路灯不亮，晚上看不清台阶，请派人检查。"
ENDS = ("case", "answer", "silent", "wrong", "transfer", "gave_up", "hung_up", "abuse")
LOOKS = (10, 40, 80)


class Day:
    def __init__(self, stage: Stage, exchange: Exchange, page, window):
        self.stage, self.exchange, self.page, self.window = stage, exchange, page, window
        self.rung: Counter[str] = Counter()
        self.codes: Counter[int] = Counter()
        self.weight: list[dict] = []
        self.odd: list[str] = []

    def call(self, n: int) -> None:
        end, number = ENDS[n % len(ENDS)], f"139{n:08}"
        after = (UNTIL_TOLD, bye()) if end == "hung_up" else (WAIT_BYE,)
        citizen = self.exchange.ring([wait(200), key("1"), *after], number=number)
        comes(self.page, lambda now: now["call"] and now["call"]["state"] == "ringing")
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("=")
        self.page.wait_for_url("**/desk/intake?call=*")
        comes(self.page, lambda now: now["call"] and now["call"]["state"] == "talking")
        if end == "gave_up":
            self._gives_up(f"137{n:08}")
        getattr(self, f"_{'silent' if end in ('wrong', 'abuse') else 'case' if end in ('gave_up', 'hung_up') else end}")(end)
        if end == "hung_up":
            citizen.go_on()
            comes(self.page, lambda now: not now["call"])
        self._over()
        self.codes[citizen.wait()] += 1
        self.rung["answered"] += 1

    def _gives_up(self, number: str) -> None:
        """While the one agent talks."""
        citizen = self.exchange.ring([wait(200), key("1"), UNTIL_TOLD, bye()], number=number)
        self.exchange.call(number, "ENTERQUEUE")
        citizen.go_on()
        self.codes[citizen.wait()] += 1
        self.rung["abandoned"] += 1

    def _write(self) -> None:
        self.page.wait_for_selector("#f-narrative:focus")  # where the page of a call begins
        self.page.keyboard.insert_text(WORDS)

    def _made(self, chord: str) -> None:
        press_until(self.page, chord, ".ms-made")

    def _case(self, end: str) -> None:
        self._write()
        self._made("Alt+4")
        self.rung["cases"] += 1

    def _answer(self, end: str) -> None:
        self._write()
        self.page.keyboard.press("Alt+1")
        self.page.wait_for_selector("#f-answer:focus")
        self.page.keyboard.insert_text("路灯由市政每周巡查，已为您登记，三日内修好。")
        self.page.keyboard.press("Tab")
        self.page.keyboard.insert_text("没有文章：按市政巡查安排答复")
        self._made("Alt+1")
        self.rung["cases"] += 1
        self.rung["answers"] += 1

    def _silent(self, end: str) -> None:
        here = self.page.url
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("Alt+5")
        self.page.wait_for_selector("[name=note_kind]:focus")
        for _ in range({"silent": 0, "wrong": 1, "abuse": 2}[end]):
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Space")
        self.page.keyboard.press("Alt+5")
        self.page.wait_for_url(lambda url: url != here)
        self.rung["notes"] += 1

    def _transfer(self, end: str) -> None:
        self._case(end)
        Phone(self.exchange, [*ANSWERS, wait(900), agent_bye(), wait(100)], "outside", port=self.exchange.outside)
        self._looks_and_shuts()
        self.page.keyboard.press("=")
        self.page.keyboard.press("1")
        comes(self.page, lambda now: not now["call"])
        self.rung["transferred"] += 1

    def _looks_and_shuts(self) -> None:
        """To whom a call may be passed on, looked at by keys: Escape shuts the list and leaves the focus where it was opened."""
        fold = self.page.locator("#phonebar summary", has_text="转接")
        fold.focus()
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#phonebar [data-value='119']:visible")
        self.page.keyboard.press("Tab")
        self.page.keyboard.press("Escape")
        if self.page.locator("#phonebar details[open]").count() or not fold.evaluate("node => node === document.activeElement"):
            self.stage.found.append("Escape does not shut the list of whom a call is passed on to")

    def _over(self) -> None:
        for _ in range(60):  # a key pressed while the next page is still coming is lost: whoever works there presses it again
            self.page.keyboard.press("Escape")
            if not stands(self.page)["call"]:
                break
            self.page.keyboard.press("Delete")
            self.page.wait_for_timeout(500)
        comes(self.page, lambda now: not now["call"] and now["presence"] == "wrap_up")
        self.page.keyboard.press("=")
        comes(self.page, lambda now: now["presence"] == "ready")

    def look(self, n: int) -> None:
        self.stage.look(self.page, f"day-after-{n}")
        self.page.wait_for_timeout(1000)
        row = {"after": n, "audio": self.window.locator("audio").count(), "bar": self.page.inner_text("[data-phone=state]"),
               "said": self.page.inner_text("#phonebar [data-phone=said]"), "form": self.page.locator("#f-narrative").count(),
               "focus": self.page.evaluate("document.activeElement.tagName")}
        for name, page in (("page", self.page), ("window", self.window)):
            link = page.context.new_cdp_session(page)
            link.send("HeapProfiler.collectGarbage")
            seen = {one["name"]: one["value"] for one in link.send("Performance.enable") or link.send("Performance.getMetrics")["metrics"]}
            row |= {f"{name}_mb": round(seen["JSHeapUsedSize"] / 1e6, 1), f"{name}_nodes": seen["Nodes"], f"{name}_listeners": seen["JSEventListeners"]}
            link.detach()
        self.weight.append(row)


def on_record(stage: Stage, rung: Counter) -> dict:
    """What the database, the shift leader's table and the figures say."""
    from minsheng.cases.models import CallNote, Case
    from minsheng.telephony.models import Call, CallCase, Recording

    want = rung["answered"] + rung["abandoned"]
    until(lambda: Call.objects.filter(direction="in", ended_at__isnull=False).count() >= want, what="not all calls are over")
    until(lambda: Recording.objects.exclude(path="").count() >= rung["answered"], 120, "not all are kept")
    results = Counter(Call.objects.filter(direction="in").values_list("result", flat=True))
    with stage.seat("shift_leader", width=1366, height=768) as leader:
        leader.goto("/desk/shift")
        row = leader.locator("#agents ~ * tr", has_text="话务员甲").inner_text().split()
        leader.goto("/desk/calls/figures")
        text = leader.inner_text("main")
    return {"answered": results["answered"], "abandoned": results["abandoned"], "other": sum(results.values()) - results["answered"] - results["abandoned"],
            "cases": Case.objects.count(), "notes": CallNote.objects.count(), "with_call": CallCase.objects.count(),
            "transferred": Call.objects.filter(direction="in", transferred_to="110").count(), "doubtful": Call.objects.exclude(doubtful="").count(), "row": row, "figures": text}


def tell(stage: Stage, exchange: Exchange, calls: int) -> dict:
    began = time.monotonic()
    with stage.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        window = sign_in(page)
        comes(page, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
        day = Day(stage, exchange, page, window)
        for n in range(calls):
            day.call(n)
            if n + 1 in LOOKS or n + 1 == calls:
                day.look(n + 1)
        told = {"rung": day.rung, "codes": dict(day.codes), "weight": day.weight}
    return told | {"record": on_record(stage, day.rung), "seconds": round(time.monotonic() - began, 1)}


def main() -> None:
    args = arguments(calls=6)
    with on_exchange(args) as scene:
        told = tell(scene.stage, scene.exchange, args.calls)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
