"""A citizen on a small phone, scripts off: sends, follows, adds by keyboard alone, rates; one page each in Tibetan and English.

    python -m tests.journeys.citizen --browser /usr/bin/chromium [--shots DIR]

What the offices do between is done by their actions, in this process, on the same database. Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from bench import server

from tests import ready_folders
from tests.journeys.call_to_closed import FLAGS, MORNING, PATIENCE, arguments, keep

WORDS = "楼下的水管爆了，水流到路上，老人出门很危险，请尽快派人来修。"
WIDTH = 360
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FINDINGS = """async tags => {
    const told = await axe.run(document, {runOnly: tags});
    const unread = told.passes.some(rule => rule.id === 'color-contrast') ? [] : ['no colour was looked at'];
    return told.violations.map(rule => rule.id + ': ' + rule.nodes[0].html.slice(0, 120)).concat(unread);
}"""


class Citizen:
    def __init__(self, browser, port: int, shots: Path | None):
        self.base, self.shots = f"http://127.0.0.1:{port}", shots
        context = browser.new_context(viewport={"width": WIDTH, "height": 740}, locale="zh-CN", java_script_enabled=False, device_scale_factor=1)
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        # axe needs timers, which a page without scripts has not: it reads a copy of the page in a window where scripts run
        self.judge = browser.new_context(viewport={"width": WIDTH, "height": 740}, locale="zh-CN").new_page()
        self.judge.set_default_timeout(PATIENCE)
        self.axe = (server.ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        self.found: list[str] = []

    def look(self, name: str) -> None:
        """A picture of the whole page; what axe says, and whether anything stands out to the right."""
        if self.shots:
            keep(self.page.screenshot(full_page=True), self.shots / f"citizen-{name}.png")
        self.judge.goto(f"{self.base}/robots.txt")
        self.judge.set_content(self.page.content(), wait_until="load")
        self.judge.evaluate(self.axe)
        wrong = self.judge.evaluate(FINDINGS, TAGS)
        if (wide := self.page.evaluate("document.documentElement.scrollWidth")) > WIDTH:
            wrong.append(f"{wide} px wide")
        self.found += [f"{name}: {each}" for each in wrong]

    def focused(self) -> str:
        """Where the focus stands once the page has given it to something."""
        for _ in range(50):
            if not self.page.evaluate("document.activeElement === document.body"):
                break
            self.page.wait_for_timeout(100)
        return self.page.evaluate("(e => e.id || e.className || e.tagName)(document.activeElement)")

    def tab_to(self, place: str) -> None:
        """By keyboard alone, at most sixty keys."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate("place => document.activeElement.matches(place)", place):
                return
        raise AssertionError(f"the keyboard does not reach {place}")


def at(path: str) -> re.Pattern:
    """The page, with the mark of what it is about or without."""
    return re.compile(re.escape(path) + r"(\?|$)")


def send(c: Citizen) -> tuple[str, str, str]:
    """Three pages; the first goes wrong once. Number, code, and where the focus stood after the error."""
    c.page.goto(c.base)
    c.look("start")
    c.page.click(".pt-main")
    c.page.click(".pt-go")
    focus = c.focused()
    c.look("send-errors")
    c.page.fill("#f-narrative", WORDS)
    c.page.check("[name=kind][value=help]")
    c.page.fill("#f-place", "幸福路1号")
    c.page.click("button[name=large]")  # in the middle of writing
    c.look("send-large")
    c.page.press("#f-place", "Enter")  # not one of the switches
    c.page.wait_for_url(at("/send/who"))
    c.page.click("button[name=large]")
    c.page.fill("#f-phone", "13900001111")
    c.page.fill("#f-name", "王小明")
    c.look("who")
    c.page.click(".pt-go")
    c.page.wait_for_url(at("/send/check"))
    c.page.set_input_files("#f-files", {"name": "水管.png", "mimeType": "image/png", "buffer": photo()})
    c.look("check")
    c.page.click(".pt-go")
    c.page.wait_for_url(at("/send/done"))
    c.look("done")
    number, code = c.page.locator(".pt-big dd").all_inner_texts()
    return number.strip(), code.strip(), focus


def photo() -> bytes:
    from tests.cast import PNG

    return PNG


def follow(c: Citizen, number: str, code: str) -> str:
    """Opens it with one tap, adds by keyboard alone; what the page says."""
    c.page.click("main .btn-primary")
    c.page.wait_for_url(at("/case"))
    c.tab_to("a[href^='/case/add_facts']")
    c.page.keyboard.press("Enter")
    c.page.wait_for_url(at("/case/add_facts"))
    c.tab_to("#f-addition")
    c.page.keyboard.type("水越来越大")
    c.tab_to(".pt-go")
    c.page.keyboard.press("Enter")
    c.page.wait_for_url(at("/case"))
    assert "ms-note" in c.focused(), "what was done has the focus"
    c.page.click("form[action^='/case/close'] button")
    c.page.fill("#f-number", number)
    c.page.fill("#f-code", "000000" if code != "000000" else "000001")
    c.page.click(".pt-go")
    c.look("wrong-code")
    opened(c, number, code)
    c.look("case")
    return c.page.inner_text("main")


def opened(c: Citizen, number: str, code: str) -> None:
    c.page.goto(f"{c.base}/track")
    c.page.fill("#f-number", f"{number[:8]} {number[8:]}")
    c.page.fill("#f-code", code)
    c.page.click(".pt-go")
    c.page.wait_for_url(at("/case"))


def rate(c: Citizen) -> str:
    c.page.goto(f"{c.base}/case")
    c.look("case-closed")
    c.page.click("a[href^='/case/rate']")
    c.page.check("[name=satisfaction][value=very]")
    c.page.fill("#f-verbatim", "修得很快")
    c.look("rate")
    c.page.click(".pt-go")
    c.page.wait_for_url(at("/case"))
    if c.shots:
        c.page.emulate_media(media="print")
        c.look("print")
        c.page.emulate_media(media="screen")
    return c.page.inner_text("main")


def in_other_languages(c: Citizen) -> dict[str, str]:
    said = {}
    for language in ("bo", "en"):
        c.page.goto(f"{c.base}/case")
        c.page.click(f"button[name=language][value={language}]")
        c.look(f"case-{language}")
        said[language] = c.page.inner_text("main")
        said[f"{language}-face"] = c.page.evaluate("getComputedStyle(document.body).fontFamily + ' ' + getComputedStyle(document.body).lineHeight")
        c.page.goto(f"{c.base}/send")
        c.look(f"send-{language}")
    return said


def too_large(c: Citizen, file: Path) -> str:
    """Where scripts run, a file of 21 MB is named before it is sent; what the page says, still on the same page."""
    page = c.judge
    page.goto(f"{c.base}/send")
    page.fill("#f-narrative", WORDS)
    page.check("[name=kind][value=help]")
    page.click(".pt-go")
    page.click("main .pt-go")
    page.wait_for_url(at("/send/check"))
    file.write_bytes(bytes(21 * 1024 * 1024))
    page.set_input_files("#f-files", str(file))
    page.click(".pt-go")
    assert page.evaluate("document.activeElement.id") == "f-files"
    return page.inner_text("#f-files-large")


def main() -> None:
    args = arguments()
    from playwright.sync_api import sync_playwright

    with server.running(workers=1, at=MORNING, copy_of=ready_folders.with_cast()) as on:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        from minsheng.cases.models import Case
        from minsheng.cases.rules import State
        from tests import cast

        city = cast.build()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=args.browser, args=FLAGS)
            c = Citizen(browser, on.port, args.shots)
            number, code, focus = send(c)
            case = Case.objects.get(number=number)
            city.take(case, "revise", "dispatcher", category="tap")
            city.take(case, "dispatch", "dispatcher", lead=city.units["water"].id)
            city.take(case, "sign", "water")
            told = {"handled": follow(c, number, code)}
            city.reply(case, "water")
            city._after(case, State.CLOSED)
            told["closed"] = rate(c)
            told |= in_other_languages(c)
            told["large"] = too_large(c, on.data / "large.jpg")
            browser.close()
        from django.db import connections

        connections.close_all()
    print(json.dumps({"number": number, "focus": focus, "axe": c.found, **told}, ensure_ascii=False))


if __name__ == "__main__":
    main()
