"""A unit's phone where there is no network: orders taken along, worked on, the browser killed, an answer lost; all arrives once, in order,
and what clashes is shown with both versions.

    python -m tests.journeys.offline --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from tests.journeys.call_to_closed import PATIENCE
from tests.journeys.desk import open_browser
from tests.journeys.line import Line, State
from tests.journeys.stage import Stage, run

KEPT = "已存在这部手机"
# The browser's own answer where the disk is full; a quota set over the browser's door is not held against a few hundred bytes.
FULL = """() => { window.keeps = IDBObjectStore.prototype.add;
  IDBObjectStore.prototype.add = () => { throw new DOMException('full', 'QuotaExceededError'); }; }"""


def phone(s: Stage, play, path: str, profile: str, line: Line):
    """The handler's phone: a browser of its own process with a profile that outlives it, logged in."""
    process, door = open_browser(path, profile)
    context = play.chromium.connect_over_cdp(door).contexts[0]
    base = f"http://127.0.0.1:{line.port}"
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in s.session("water")])
    page = context.new_page()
    page.set_viewport_size({"width": 360, "height": 740})
    page.set_default_timeout(PATIENCE)
    context.grant_permissions(["geolocation"], origin=base)
    context.set_geolocation({"latitude": 29.65, "longitude": 91.12, "accuracy": 12})
    page.on("pageerror", lambda wrong: s.errors.append(str(wrong)))
    page.on("dialog", lambda dialog: dialog.accept())
    return process, page, base


def take_along(s: Stage, page, base: str) -> str:
    page.goto(f"{base}/desk/unit")
    page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
    page.click("[data-take]")
    page.wait_for_selector("[data-take-said]:has-text('已存下')")
    s.look(page, "offline-taken")
    return page.inner_text("[data-take-said]")


def kept(page) -> str:
    page.wait_for_selector(f"[data-noted-said]:has-text('{KEPT}')")
    return page.inner_text("[data-noted-said]")


def sign(s: Stage, page, base: str, case) -> dict:
    page.goto(f"{base}/desk/unit/{case.id}")
    banner = page.inner_text("[data-kept-note]")
    page.click(".ms-three form button:has-text('签收')")
    said = kept(page)
    page.wait_for_selector("[data-after-sign] button:has-text('已联系')")
    s.look(page, "offline-signed")
    page.goto(f"{base}/desk/unit")  # the list itself is not on the phone: what the phone has is shown instead
    page.wait_for_selector("[data-orders] li")
    return {"banner": banner, "said": said, "orders": page.locator("[data-orders] li").count()}


def visit(s: Stage, page, base: str, case, folder: str, asked: bool = True) -> str:
    """What comes after the signature, though the centre knows nothing of it yet: contacted, visited with a photo, answered. `asked`: the
    matter asks for a position."""
    from tests.cast import PNG

    order = f"{base}/desk/unit/{case.id}"
    page.goto(order)
    page.click("[data-after-sign] button:has-text('已联系')")
    kept(page)
    page.goto(order)
    page.click(".ms-rest a:has-text('现场办理')")
    page.fill("[name=found]", "阀门井渗水，路面湿滑。")
    page.fill("[name=done]", "更换密封圈，设围挡。")
    page.fill("[name=left_open]", "路面明日修补。")
    photo = Path(folder) / "现场.png"
    photo.write_bytes(PNG)
    said = ""
    if asked:
        page.click("#step button.btn-primary")  # neither a position nor a reason: asked again, nothing noted
        said = page.inner_text("[data-position-said]")
    page.set_input_files("#f-files", str(photo))
    if asked:
        page.wait_for_selector("[data-position-said]:has-text('已取到位置')")
    page.click("#step button.btn-primary")
    kept(page)
    s.look(page, "offline-visit")
    page.goto(order)
    page.click("[data-after-sign] a:has-text('答复')")
    page.fill("[name=handling]", "已更换密封圈。")
    page.fill("[name=public_reply]", "渗水已经修好，路面明日修补，谢谢您的来电。")
    page.check("[name=claimed_solved][value=yes]")
    page.click("#step button.btn-primary")
    kept(page)
    return said


def waiting(page, base: str) -> list[str]:
    page.goto(f"{base}/desk/unit/kept")
    page.wait_for_selector("[data-queue] article")
    return page.locator("[data-queue] [data-what]").all_inner_texts()


def history(case) -> list[str]:
    from minsheng.cases.models import CaseStep

    return list(CaseStep.objects.filter(case_id=case.id).order_by("seq").values_list("step", flat=True))


def ask_for_positions(s: Stage) -> None:
    from minsheng.cases.actions import categories

    categories.change_matter(code="tap", by=s.cast.actors["system_admin"], evidence="position")


def until_asked(page, form: str) -> None:
    """The program keeps its matters for some seconds."""
    for _ in range(60):
        page.goto(form)
        if page.locator("[data-position]").count():
            return
        page.wait_for_timeout(500)
    raise AssertionError("the form never asks for a position")


def position_of(case) -> list:
    """What the centre has of the visit's position: how it fits, whether the words hold it."""
    from minsheng.cases.models import CaseStep

    row = CaseStep.objects.select_related("text").get(case_id=case.id, step="field_record")
    return [row.given.get("place"), row.text.words.get("position", "")[:16], len(row.given["files"])]


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State as At

    ask_for_positions(s)
    line = Line(int(s.base.rsplit(":", 1)[1]))
    order, gone = s.cast.at_state(At.PENDING_SIGN), s.cast.at_state(At.PENDING_SIGN)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, tempfile.TemporaryDirectory() as folder:
        process, page, base = phone(s, s.play, s.path, profile, line)
        third = s.cast.at_state(At.IN_PROGRESS)
        until_asked(page, f"{base}/desk/unit/{third.id}?step=field_record")
        told = {"taken": take_along(s, page, base)}
        line.become(State.CUT)
        told |= sign(s, page, base, order)
        sign(s, page, base, gone)
        told["asked"] = visit(s, page, base, order, folder)
        told["before"] = waiting(page, base)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
        s.cast.take(gone, "phone_withdraw", "agent", reason="已恢复供水")  # meanwhile, at the centre
        process, page, base = phone(s, s.play, s.path, profile, line)
        told["after_kill"] = waiting(page, base)
        s.look(page, "offline-waiting")
        line.become(State.LOSES_ANSWERS)
        page.click("[data-send-all]")
        page.wait_for_selector("[data-send-said]:has-text('还没有网络')")
        told["answers_lost"], told["still"] = line.posted, page.locator("[data-queue] article").count()
        line.become(State.UP)
        page.click("[data-send-all]")
        page.wait_for_function("document.querySelectorAll('[data-queue] article').length === 1")
        s.look(page, "offline-clash")
        told["clash"] = page.inner_text("[data-queue] article")
        page.context.set_offline(True)
        page.context.set_offline(False)
        page.wait_for_selector("[data-kept-note]:has-text('网络已恢复')")
        told["history"] = {"order": history(order), "gone": history(gone)}
        told["position"] = position_of(order)
        told["full"], told["logged_out"] = full_and_logged_out(s, page, base, third, line)
        told["history"]["third"] = history(third)
        page.goto(f"{base}/desk/unit")
        told["line"] = page.inner_text("[data-noted-count]")
        told["logout"] = log_out(page)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)
    return told


def full_and_logged_out(s: Stage, page, base: str, case, line: Line) -> tuple[str, str]:
    """A phone that can keep nothing more and has no network says so and keeps the page; a session that ended keeps what was pressed."""
    page.goto(f"{base}/desk/unit/{case.id}")
    line.become(State.CUT)
    page.evaluate(FULL)
    press = ".ms-three form button:has-text('已联系')"
    page.click(press)
    page.wait_for_selector("[data-noted-said]:has-text('存不下')")
    full = page.inner_text("[data-noted-said]")
    page.evaluate("() => { IDBObjectStore.prototype.add = window.keeps; }")
    line.become(State.UP)
    page.context.clear_cookies()
    page.click(press)
    page.wait_for_selector("[data-noted-said]:has-text('登录已过期')")
    out = page.inner_text("[data-noted-said]")
    page.context.add_cookies([{"name": name, "value": value, "url": base} for name, value in s.session("water")])
    page.goto(f"{base}/desk/unit/kept")
    page.wait_for_function("() => document.querySelectorAll('[data-queue] article').length === 1")
    return full, out


def log_out(page) -> int:
    """Orders that are on the phone after its person has logged out."""
    if page.locator("[data-menu]:not([open]) summary").count():
        page.click("[data-menu] summary")
    page.click("form[action='/logout'] button")
    page.wait_for_url("**/login**")
    return page.evaluate("caches.keys().then((names) => names.filter((name) => name.startsWith('unit-pages')).length)")


if __name__ == "__main__":
    run(tell)
