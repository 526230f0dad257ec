"""One request from the call to its closing, in a real browser against a real server; pictures of every desk on the way.

    python -m tests.journeys.call_to_closed --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object: what the pages said, and what axe found on them.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
from datetime import datetime
from pathlib import Path

from bench import server

from tests import ready_folders

MORNING = datetime.fromisoformat("2025-01-02T10:00+08:00")  # a Thursday, in office hours
PATIENCE = 60_000  # ms; what comes is not waited for longer, and a machine may be busy
PASSWORD = "Kx7-mountain-river"
ROLES = ("agent", "dispatcher", "unit_liaison", "unit_handler", "unit_approver", "checker", "callback_clerk", "supervisor")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]
WORDS = "河畔街道12号院门口的路灯坏了三天，晚上老人孩子出门很不安全，请尽快派人来修。"


def keep(png: bytes, file: Path) -> None:
    """Few colours are enough for a page; a manual's picture stays small."""
    from PIL import Image

    Image.open(io.BytesIO(png)).convert("RGB").quantize(64).save(file, optimize=True)


class Journey:
    def __init__(self, browser, port: int, shots: Path | None):
        self.browser, self.base, self.shots = browser, f"http://127.0.0.1:{port}", shots
        self.axe = (server.ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
        self.found: list[str] = []
        self.errors: list[str] = []

    @contextlib.contextmanager
    def seat(self, who: str = "", width: int = 1440, height: int = 900):
        """A browser of its own, logged in as that person; a stranger's without one."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        page = context.new_page()
        page.on("pageerror", lambda wrong: self.errors.append(str(wrong)))
        page.set_default_timeout(PATIENCE)
        if who:
            page.goto(f"{self.base}/login")
            page.fill("[name=username]", who)
            page.fill("[name=password]", PASSWORD)
            page.click("main button")
            page.wait_for_url(lambda url: "/login" not in url)
        yield page
        context.close()

    def look(self, page, name: str) -> None:
        """A picture, and axe's serious findings."""
        page.wait_for_timeout(400)
        if self.shots:
            keep(page.screenshot(), self.shots / f"{name}.png")
        page.evaluate(self.axe)
        wrong = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
                              ".filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes[0].html.slice(0, 120))")
        self.found += [f"{name}: {each}" for each in wrong]


def call(j: Journey) -> tuple[str, str]:
    """The agent takes the call; number and query code are read off the page."""
    with j.seat("agent") as page:
        page.goto(f"{j.base}/desk/intake")
        page.fill("#f-narrative", WORDS)
        page.fill("#f-phone", "13900001111")
        page.fill("#f-name", "王小明")
        page.select_option("#f-category", "light")
        page.wait_for_selector("[name='el-spot']")
        page.fill("[name='el-spot']", "12号院东门")
        page.fill("#f-place", "河畔街道12号院")
        page.select_option("#f-district", index=1)
        j.look(page, "intake")
        page.keyboard.press("Alt+4")
        page.wait_for_selector(".ms-made")
        j.look(page, "intake-done")
        number, code = page.locator(".ms-made dd").all_inner_texts()[:2]
        return number.strip(), code.strip()


def dispatch(j: Journey) -> None:
    with j.seat("dispatcher") as page:
        page.goto(f"{j.base}/desk/dispatch")
        page.fill("#f-other", "城市管理局")
        j.look(page, "dispatch")
        page.locator("#preview button[value=dispatch], #preview button:has-text('派单')").first.click()
        page.wait_for_selector("text=没有等待派单的工单")


def handle(j: Journey) -> None:
    """Three taps on a phone, each by the person whose tap it is; the head signs."""
    with j.seat("unit_liaison", 390, 800) as page:
        page.goto(f"{j.base}/desk/unit")
        j.look(page, "unit")
        page.click(".ms-work a.ms-row-link")
        page.click(".ms-three button:has-text('签收')")
        page.wait_for_selector("text=办理中")
    with j.seat("unit_handler", 390, 800) as page:
        page.goto(f"{j.base}/desk/unit?tab=doing")
        page.click(".ms-work a.ms-row-link")
        j.look(page, "unit-order")
        page.click(".ms-three button:has-text('已联系')")
        page.wait_for_selector("#toast:not([hidden])")
        page.click(".ms-three a:has-text('答复')")
        page.fill("[name=handling]", "更换灯泡和控制器，已试灯。")
        page.fill("[name=public_reply]", "路灯控制器损坏，已于今日更换，当晚恢复照明。")
        page.check("[name=claimed_solved][value=yes]")
        j.look(page, "unit-reply")
        page.click("#step button.btn-primary")
        page.wait_for_selector("text=已起草的答复")
    with j.seat("unit_approver", 390, 800) as page:
        page.goto(f"{j.base}/desk/unit?tab=approve")
        page.click(".ms-work a.ms-row-link")
        page.click("button[value=reply]")
        page.wait_for_url("**/desk/unit")


def judge(j: Journey) -> None:
    with j.seat("checker") as page:
        page.goto(f"{j.base}/desk/check")
        j.look(page, "check")
        page.click(".ms-judge-head a")
        j.look(page, "case")
        page.go_back()
        page.keyboard.type("aa")
        page.wait_for_selector("text=没有等待审核的答复")
    with j.seat("callback_clerk") as page:
        page.goto(f"{j.base}/desk/callback")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=先核对身份")
        j.look(page, "callback-who")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=承办单位是否与您联系过")
        for key in "136":
            page.keyboard.press(key)
        j.look(page, "callback")
        page.click("button[value=answered]")
        page.wait_for_selector("text=已办结")


def track(j: Journey, number: str, code: str) -> str:
    with j.seat("", 390, 800) as page:
        page.goto(f"{j.base}/")
        j.look(page, "portal")
        page.goto(f"{j.base}/track")
        page.fill("#f-number", number)
        page.fill("#f-code", code)
        page.click("main form button")
        page.wait_for_url(lambda url: url.split("?")[0].endswith("/case"))
        j.look(page, "portal-case")
        return page.inner_text("main")


def board(j: Journey) -> str:
    with j.seat("supervisor") as page:
        page.goto(f"{j.base}/board/")
        j.look(page, "board")
        return page.inner_text("main")


def arguments(**numbers: int) -> argparse.Namespace:
    """`browser`: its program; `shots`: the folder for pictures, made, or None; `numbers`: what else may be given, and what it is if not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--browser", required=True)
    parser.add_argument("--shots", type=Path)
    for name, usual in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    args = parser.parse_args()
    if args.shots:
        args.shots.mkdir(parents=True, exist_ok=True)
    return args


def main() -> None:
    args = arguments()
    from playwright.sync_api import sync_playwright

    with server.running(workers=1, at=MORNING, copy_of=ready_folders.empty()) as on:
        from bench import city

        city.build()
        set_passwords(ROLES)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=args.browser, args=FLAGS)
            j = Journey(browser, on.port, args.shots)
            number, code = call(j)
            dispatch(j)
            handle(j)
            judge(j)
            said, figures = track(j, number, code), board(j)
            browser.close()
    print(json.dumps({"number": number, "citizen": said, "board": figures, "axe": j.found, "errors": j.errors}, ensure_ascii=False))


def set_passwords(names: tuple[str, ...]) -> None:
    import os

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    from django.db import connections

    from minsheng.accounts import actions as accounts
    from minsheng.accounts.models import Person

    for role in names:
        accounts.set_password(person=Person.objects.get(username=role), password=PASSWORD, by=accounts.COMMAND_LINE, setup=True)
    connections.close_all()


if __name__ == "__main__":
    main()
