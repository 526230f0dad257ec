"""Harder days of a unit's phone: a photo as its camera takes it, a file that is too large, two hundred steps after a day without a network, two
phones of one person with the same order, a clock that is off by a day, a store that is denied, styles and scripts of the version before.

    python -m tests.journeys.offline_days --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.journeys.line import Line, State
from tests.journeys.offline import KEPT, history, kept, take_along
from tests.journeys.stage import PATIENCE, Stage, run
from tests.of_today import ALL

MANY = 200 if ALL else 45  # steps of a day
FIELDS = "async () => (await MsQueue.all()).map((item) => item.fields.map(([name, value]) => [name, value instanceof File ? [value.name, value.size, value.type] : value]))"
# A day of work: what was pressed once, noted again and again, each with its own key and words.
NOTED = """async ([cases, many]) => {
  const first = (await MsQueue.all())[0], begun = Date.now() - many * 5;
  await MsQueue.remove(first.n);
  for (let n = 0; n < many; n++) {
    const fields = first.fields.filter(([name]) => !["key", "found", "files"].includes(name));
    fields.push(["key", `day-${n}`.padEnd(24, "x")], ["found", `第${n}处`]);
    await MsQueue.add({ me: first.me, fields, seen: [["现场情况", `第${n}处`]], case: cases[n % cases.length], step: first.step, label: first.label,
                        title: first.title, atOnce: false, noted: begun + n * 5 });
  }
  return (await MsQueue.all()).length;
}"""
# A page that the server lets be kept for an hour, on a phone whose clock is ahead of the server's by so much: is it there, and for how long by the phone?
CLOCK = """async (ahead) => {
  const served = Date.now() - ahead, me = document.querySelector("meta[name=me]").content;
  const headers = { "X-Keep-Offline": `${me} ${served + 3600000}`, Date: new Date(served).toUTCString() };
  await MsPages.keep("/desk/unit/0", new Response("<body>", { headers }));
  const found = await MsPages.held("/desk/unit/0");
  return found ? Math.round((Number(found.headers.get("X-Kept-Until")) - Date.now()) / 60000) : 0;
}"""
OLD_SCRIPT = """async () => {
  await (await caches.open(MsPages.SHELL)).put("/static/minsheng/of-before.js", new Response("1", { headers: { "Content-Type": "text/javascript" } }));
  const known = await fetch("/static/minsheng/of-before.js"), never = await fetch("/static/minsheng/never.js");
  return [known.status, never.status];
}"""
DENIED = """const shut = () => { throw new DOMException('denied', 'SecurityError'); };
  IDBFactory.prototype.open = shut; CacheStorage.prototype.open = () => Promise.reject(new DOMException('denied', 'SecurityError'));
  CacheStorage.prototype.keys = CacheStorage.prototype.open;"""


@contextlib.contextmanager
def phone(s: Stage, line: Line, script: str = "") -> Iterator:
    """A phone of the handler: a context of its own, behind a line that can be cut."""
    base = f"http://127.0.0.1:{line.port}"
    context = s.browser.new_context(viewport={"width": 360, "height": 740}, locale="zh-CN", base_url=base)
    context.add_cookies([{"name": name, "value": value, "url": base} for name, value in s.session("water")])
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda wrong: s.errors.append(f"{page.url}: {wrong}"))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()


def until(page, what: str, seconds: int = 90) -> None:
    """Until it is true of what the phone has kept (`all`)."""
    for _ in range(seconds * 4):
        if page.evaluate(f"async () => {{ const all = await MsQueue.all(); return {what}; }}"):
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"never: {what}")


def camera(folder: str) -> Path:
    """48 million pixels and more than 20 MB, with its place in it, as a phone's camera writes it."""
    from PIL import Image

    grain = Image.frombytes("RGB", (2000, 1500), os.urandom(2000 * 1500 * 3)).resize((8000, 6000), Image.Resampling.BILINEAR)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Phone"  # turned to its right side
    photo = Path(folder) / "现场照片.jpg"
    grain.save(photo, "JPEG", quality=96, exif=exif)
    return photo


def photographed(s: Stage, page, case, folder: str, line: Line) -> dict:
    """Without a network: the camera's photo is small when it is noted; a plan of 21 MB is said at its field, and what was typed stays."""
    photo, plan = camera(folder), Path(folder) / "图纸.pdf"
    plan.write_bytes(b"%PDF-1.4\n" + b"0" * (21 * 1048576))
    page.goto(f"/desk/unit/{case.id}?step=field_record#step")
    line.become(State.CUT)
    for name, words in (("found", "阀门井渗水。"), ("done", "更换密封圈。"), ("left_open", "无。")):
        page.fill(f"[name={name}]", words)
    page.set_input_files("#f-files", [str(photo), str(plan)])
    page.wait_for_selector("[data-photo-said]:has-text('图纸.pdf')")
    said, typed = page.inner_text("[data-photo-said]"), page.input_value("[name=found]")
    s.look(page, "offline-too-large")
    page.click("#step button.btn-primary")
    kept(page)
    files = [value for fields in page.evaluate(FIELDS) for name, value in fields if name == "files"]
    return {"large": photo.stat().st_size, "said": said, "typed": typed, "files": files}


def photo_of(case) -> list:
    """As the centre has it: kind and size in pixels."""
    from PIL import Image

    from minsheng.cases.models import CaseFile
    from minsheng.files import queries as files

    one = CaseFile.objects.select_related("file").filter(case_id=case.id).latest("id")
    image = Image.open(io.BytesIO(files.open_bytes(one.file)))
    return [image.format, image.size, len(image.getexif())]


def a_day(s: Stage, page, cases: list, line: Line) -> dict:
    """Two hundred steps on three orders: all arrive, each order's in the order they were noted."""
    page.goto(f"/desk/unit/{cases[0].id}?step=field_record#step")
    line.become(State.CUT)
    for name, words in (("found", "头一处"), ("done", "已查看"), ("left_open", "无")):
        page.fill(f"[name={name}]", words)
    page.click("#step button.btn-primary")
    kept(page)
    waits = page.evaluate(NOTED, [[str(case.id) for case in cases], MANY])
    line.become(State.UP)
    begun = time.monotonic()
    page.goto("/desk/unit/kept")
    until(page, "!all.length", 240)
    took = time.monotonic() - begun
    return {"many": MANY, "waits": waits, "left": len(page.evaluate(FIELDS)), "took": round(took), "found": [found_on(case) for case in cases]}


def found_on(case) -> list[str]:
    from minsheng.cases.models import CaseStep

    rows = CaseStep.objects.select_related("text").filter(case_id=case.id, step="field_record").order_by("seq")
    return [row.text.words["found"] for row in rows]


def two_phones(s: Stage, case, line: Line) -> dict:
    """Both sign and contact while there is no network; whose signature comes second clashes, and is shown with what stands there."""
    with phone(s, line) as one, phone(s, line) as other:
        for page in (one, other):
            take_along(s, page, "")
        line.become(State.CUT)
        for page in (one, other):
            page.goto(f"/desk/unit/{case.id}")
            page.click(".ms-three form button:has-text('签收')")
            kept(page)
            page.click("[data-after-sign] button:has-text('已联系')")
            until(page, "all.length === 2")
        line.become(State.UP)
        for page in (one, other):
            page.goto("/desk/unit/kept")
            until(page, "all.every((item) => item.clash || item.step === 'contact')")
        second = one if one.evaluate("async () => (await MsQueue.all()).some((item) => item.clash)") else other  # each sends by itself, too
        until(other if second is one else one, "!all.length")
        second.wait_for_selector("[data-queue] article [data-again]")
        s.look(second, "offline-second-phone")
        clash = second.locator("[data-queue] article").first.inner_text()
        waits = second.locator("[data-queue] article").count()
        second.locator("[data-queue] article [data-drop]").first.click()
        until(second, "all.length === 1")
        second.click("[data-send-all]")
        until(second, "!all.length")
    return {"clash": clash, "waits": waits, "history": history(case)}


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State as At

    line = Line(int(s.base.rsplit(":", 1)[1]))
    photographs, both, shut = (s.cast.at_state(At.IN_PROGRESS), s.cast.at_state(At.PENDING_SIGN), s.cast.at_state(At.IN_PROGRESS))
    many = [s.cast.at_state(At.IN_PROGRESS) for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder, phone(s, line) as page:
        page.goto("/desk/unit")
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        page.reload()
        told = {"clock": [page.evaluate(CLOCK, ahead) for ahead in (0, 86_400_000, -86_400_000)], "old": page.evaluate(OLD_SCRIPT)}
        told["photo"] = photographed(s, page, photographs, folder, line)
        line.become(State.UP)
        page.goto("/desk/unit/kept")
        until(page, "!all.length")
        told["kept_photo"] = photo_of(photographs)
        told["day"] = a_day(s, page, many, line)
    told["two"] = two_phones(s, both, line)
    with phone(s, line, DENIED) as page:
        page.goto(f"/desk/unit/{shut.id}")
        page.click(".ms-three form button:has-text('已联系')")
        page.wait_for_load_state("networkidle")
        told["denied"] = history(shut)[-1]
    return told | {"said": KEPT}


if __name__ == "__main__":
    run(tell)
