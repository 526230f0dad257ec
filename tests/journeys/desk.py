"""The desks in a real browser, by keyboard alone: a call registered, a browser killed in the middle of one, three orders sent.

    python -m tests.journeys.desk --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object: what the pages said, how long the agent took, and what axe found.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench import server

from tests import ready_folders
from tests.journeys.call_to_closed import FLAGS, MORNING, PASSWORD, Journey, arguments, set_passwords

LAMP = "东区河畔街道12号院门口的路灯坏了三天，晚上老人孩子出门很不安全。"
CUT_OFF = "东区河畔街道5号院停水两天，家里有卧床的老人"
WHO = ("agent", "dispatcher", "shift_leader")


def focus(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.name || document.activeElement.tagName")


def call_by_keyboard(j: Journey, page, said: str, spot: str) -> dict:
    """From a blank form to number and code; nothing but keys. The clock runs from the end of the talk: the words are written already."""
    keys = page.keyboard
    page.goto(f"{j.base}/desk/intake?new=1")
    keys.press("Escape")
    keys.press("t")
    keys.type("13900001111")
    keys.press("Enter")
    page.wait_for_selector("#caller p")
    page.focus("#f-narrative")
    keys.type(said)
    page.wait_for_selector(".ms-chip[data-value=light][aria-pressed=true]")
    page.wait_for_selector("[name='el-spot']")
    began = time.monotonic()
    keys.press("Alt+4")
    lack, at = page.inner_text("[data-lack]"), focus(page)
    keys.type(spot)
    keys.press("Enter")
    keys.type("河畔街道12号院")
    j.look(page, "intake-keyboard")
    keys.press("Alt+4")
    page.wait_for_selector(".ms-made")
    took = time.monotonic() - began
    return {"lack": lack, "focus": at, "after_call_s": round(took, 1), "number": page.locator(".ms-made dd").first.get_attribute("aria-label")}


def open_browser(path: str, profile: str) -> tuple[subprocess.Popen, str]:
    """A Chromium of its own process, so that it can be killed; the address of its door."""
    door = Path(profile) / "DevToolsActivePort"
    door.unlink(missing_ok=True)
    words = [path, *FLAGS, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
    started = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    for _ in range(300):
        if door.exists() and door.read_text().strip():
            return started, f"http://127.0.0.1:{door.read_text().split()[0]}"
        time.sleep(0.1)
    os.killpg(started.pid, signal.SIGKILL)
    raise RuntimeError("Chromium did not open its door")


def enter(j: Journey, page, who: str) -> None:
    page.goto(f"{j.base}/login")
    page.fill("[name=username]", who)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def crash(j: Journey, play, path: str) -> dict:
    """The browser is killed while the caller speaks; another one has all that was said."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process, door = open_browser(path, profile)
        page = play.chromium.connect_over_cdp(door).contexts[0].new_page()
        enter(j, page, "agent")
        page.goto(f"{j.base}/desk/intake?new=1")
        page.keyboard.type(CUT_OFF)
        page.wait_for_selector("[data-draft-state]:has-text('已自动保存')")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    with j.seat("agent") as page:
        page.goto(f"{j.base}/desk/intake")
        j.look(page, "intake-restored")
        asked: list[str] = []
        page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        found = {"words": page.input_value("#f-narrative"), "told": page.inner_text("[data-draft-state]"), "killed": process.returncode}
        page.goto(f"{j.base}/desk/intake?new=1")
        page.get_by_role("button", name="删除").first.click()
        return found | {"asked": asked, "still": page.get_by_role("button", name="删除").count()}


def wrong_submit(j: Journey, page) -> str:
    """The agent saw the mistake on the page of the number: one key takes the order back, to the page it was written on."""
    page.keyboard.press("z")
    page.wait_for_url("**/desk/intake/case/**")
    page.wait_for_selector("#f-narrative:focus")
    at = focus(page)
    page.goto(f"{j.base}/desk/intake?draft=other1")
    return at + "：" + page.inner_text("[aria-label='退回补充'] h2")


def dispatch_three(j: Journey) -> dict:
    said = []
    with j.seat("dispatcher") as page:
        keys = page.keyboard
        page.goto(f"{j.base}/desk/dispatch")
        waiting = page.locator(".ms-picks [data-row]").count()
        for n in range(3):
            page.wait_for_selector("#preview #send")
            case = page.get_attribute("#preview article", "data-case")
            if focus(page) == "f-other":  # nothing proposed yet: the field has the focus; afterwards what was done lately is proposed, and chosen
                keys.type("城市管理局")
            else:
                keys.press("1")
            if n == 0:
                j.look(page, "dispatch-keyboard")
            with page.expect_navigation():
                keys.press("Enter")
            said.append(page.inner_text("#toast [data-text]"))
            assert page.locator(f".ms-picks [data-case='{case}']").count() == 0, page.inner_text("#preview")
        return {"waiting": waiting, "said": said, "left": page.locator(".ms-picks [data-row]").count()}


def two_on_one(j: Journey) -> str:
    """The second one to open a case is told of the first."""
    with j.seat("dispatcher") as first, j.seat("shift_leader") as second:
        first.goto(f"{j.base}/desk/dispatch")
        first.wait_for_timeout(600)
        second.goto(first.url)
        second.wait_for_selector("[data-here]:not(:empty)")
        return second.inner_text("[data-here]")


def leader(j: Journey) -> str:
    with j.seat("shift_leader") as page:
        page.goto(f"{j.base}/desk/shift")
        j.look(page, "shift")
        return page.inner_text("main")


def case_page(j: Journey) -> dict:
    with j.seat("dispatcher") as page:
        page.goto(f"{j.base}/desk/cases?state=open&order=due")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        ticked = page.inner_text("[data-bulk-count]")
        j.look(page, "cases")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/case/**")
        page.keyboard.press("?")
        page.wait_for_selector("dialog.ms-keys")
        keys = page.inner_text("dialog.ms-keys")
        page.keyboard.press("Escape")
        j.look(page, "case-page")
        return {"ticked": ticked, "keys": keys, "page": page.inner_text("main")}


def main() -> None:
    args = arguments()
    from playwright.sync_api import sync_playwright

    with server.running(workers=1, at=MORNING, copy_of=ready_folders.empty()) as on:
        from bench import city

        city.build()
        set_passwords(WHO)
        _keywords()
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=args.browser, args=FLAGS)
            j = Journey(browser, on.port, args.shots)
            told: dict = {}
            with j.seat("agent") as page:
                told["calls"] = [call_by_keyboard(j, page, LAMP, f"{n}号灯杆") for n in range(5)]
                told["wrong"] = wrong_submit(j, page)
            told |= {"crash": crash(j, play, args.browser), "two": two_on_one(j), "sent": dispatch_three(j), "leader": leader(j), "case": case_page(j)}
            browser.close()
    print(json.dumps(told | {"axe": j.found, "errors": j.errors}, ensure_ascii=False))


def _keywords() -> None:
    """The bench city's matters have no words to be known by; the desk proposes by them."""
    from django.db import connections

    from minsheng.cases.models import Category

    Category.objects.filter(code="light").update(keywords=["路灯", "灯杆"])
    connections.close_all()


if __name__ == "__main__":
    main()
