"""What every journey of the desks stands on: a real server whose clock runs from a morning in January, the cast of the tests, and seats.

A seat is a browser of its own, logged in as one of the cast. `look` takes a picture and asks axe and the page's width.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from bench import server

from tests import ready_folders
from tests.journeys.call_to_closed import FLAGS, MORNING, PATIENCE, arguments, keep

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FINDINGS = """async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations
    .map(rule => rule.id + ': ' + rule.nodes[0].html.slice(0, 160))"""

UNSTUCK = """document.querySelectorAll('main *').forEach(node => {
    if (getComputedStyle(node).position === 'sticky') { node.dataset.unstuck = '1'; node.style.position = 'static'; }
})"""


class Stage:
    def __init__(self, browser, port: int, cast, shots: Path | None):
        self.browser, self.base, self.cast, self.shots = browser, f"http://127.0.0.1:{port}", cast, shots
        self.axe = (server.ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        self.found: list[str] = []
        self.errors: list[str] = []

    @contextlib.contextmanager
    def seat(self, who: str = "", width: int = 1280, height: int = 800) -> Iterator:
        """A browser of its own; "" is a stranger's."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", base_url=self.base)
        if who:
            context.add_cookies([{"name": name, "value": value, "url": self.base} for name, value in self.session(who)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda wrong: self.errors.append(f"{page.url}: {wrong}"))
        try:
            yield page
        except Exception:
            print(f"{who} at {page.url} saw:\n{page.inner_text('body')[:1500]}", file=sys.stderr)
            raise
        context.close()

    def session(self, who: str) -> list[tuple[str, str]]:
        return [(name, morsel.value) for name, morsel in self.cast.client(who).cookies.items()]

    def look(self, page, name: str) -> None:
        """A picture, what axe says, and whether anything stands out to the right."""
        page.wait_for_timeout(300)
        if self.shots:
            keep(page.screenshot(), self.shots / f"{name}.png")
        self.found += [f"{name}: {each}" for each in self.wrong(page)]

    def wrong(self, page) -> list[str]:
        """What stays at the foot of the window lies over another field at every height: axe looks at the page without that."""
        page.evaluate(self.axe)
        page.evaluate(UNSTUCK)
        found = page.evaluate(FINDINGS, TAGS)
        page.evaluate("document.querySelectorAll('[data-unstuck]').forEach(node => { node.style.position = ''; delete node.dataset.unstuck; })")
        wide, window = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        return found + ([f"{wide} px wide in a window of {window}"] if wide > window else [])


def run(tell: Callable[[Stage], dict], at: datetime = MORNING) -> None:
    """The whole of a journey's command line: serve, cast, browser, one JSON object of what was seen."""
    args = arguments()
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from playwright.sync_api import sync_playwright

    with server.running(workers=1, at=at, copy_of=ready_folders.with_cast()) as on, sync_playwright() as play:
        from tests.cast import build

        browser = play.chromium.launch(executable_path=args.browser, args=FLAGS)
        stage = Stage(browser, on.port, build(), args.shots)
        stage.play, stage.path = play, args.browser  # for a browser of its own process
        told = tell(stage)
        browser.close()
    print(json.dumps(told | {"wrong": stage.found, "errors": stage.errors}, ensure_ascii=False))
