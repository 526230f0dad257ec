"""The board and the wall in a real browser: what is drawn is drawn, at every width, without a complaint of the browser, and on paper.

    python -m tests.journeys.board --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import re

from tests.journeys.stage import Stage, run

MONTH = "?from=2025-01-01&to=2025-01-31"
PAGES = ("/board/", "/board/flow", "/board/spread", "/board/trend")
WIDTHS = (375, 1280)
WALLS = ((1920, 1080), (3840, 1080))
WATCH = """window.shut = [];
document.addEventListener('securitypolicyviolation', event => window.shut.push(event.violatedDirective + ' ' + event.blockedURI));"""
# Of each chart, over all its canvases: how many of its points are not empty, and how many colours they have.
POINTS = """() => [...document.querySelectorAll('[data-canvas]')].map(box => {
    const colours = new Set();
    let drawn = 0;
    for (const canvas of box.querySelectorAll('canvas')) {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        for (let at = 0; at < data.length; at += 4 * 7)
            if (data[at + 3] > 0) { drawn++; colours.add(data[at] >> 4 << 8 | data[at + 1] >> 4 << 4 | data[at + 2] >> 4); }
    }
    return [drawn, colours.size];
})"""
CLIPPED = """[...document.querySelectorAll('[data-wall] .ms-box')].filter(box => {
    const at = box.getBoundingClientRect();
    return at.bottom > innerHeight + 1 || box.scrollWidth > box.clientWidth + 1;
}).map(box => box.innerText.slice(0, 30))"""


def watched(s: Stage, page):
    """What the browser complains of is wrong."""
    page.add_init_script(WATCH)
    page.on("console", lambda said: s.errors.append(f"{page.url}: {said.text}") if said.type == "error" and "401" not in said.text else None)
    return page


def blank(s: Stage, page, name: str) -> int:
    """How many charts there are; a blank one is wrong."""
    points = page.evaluate(POINTS)
    s.found += [f"{name}: blank chart {n}" for n, (drawn, colours) in enumerate(points) if drawn < 200 or colours < 3]
    s.found += [f"{name}: {each}" for each in page.evaluate("window.shut")]
    return len(points)


def pages(s: Stage) -> dict:
    counts = {}
    with s.seat("supervisor") as page:
        watched(s, page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            for address in PAGES:
                page.goto(address + MONTH)
                page.wait_for_selector("figure[data-drawn]")
                name = f"board-{address.strip('/').replace('/', '-')}-{width}"
                s.look(page, name)
                counts[address] = blank(s, page, name)
        folded = page.locator("details.bd-table[open]").count()
        page.emulate_media(reduced_motion="reduce")
        page.set_viewport_size({"width": 1280, "height": 900})
        opened = door(page)
        paper = page.pdf(format="A4")
    return {"charts": counts, "folded": folded == 0, "door": opened, "paper": len(re.findall(rb"/Type\s*/Page[^s]", paper))}


def door(page) -> bool:
    """A chart's bar opens its list."""
    page.goto("/board/flow")
    page.wait_for_selector("figure[data-drawn]")
    box = page.locator("#chart-funnel-canvas").bounding_box()
    page.mouse.click(box["x"] + 90, box["y"] + 22)
    page.wait_for_url("**/board/cases?*")
    found = page.locator("tr[data-row]").count() > 0
    page.goto("/board/flow")
    page.wait_for_selector("figure[data-drawn]")
    return found


def bare(s: Stage) -> dict:
    """Without scripts the tables stand."""
    context = s.browser.new_context(viewport={"width": 375, "height": 800}, base_url=s.base, java_script_enabled=False)
    context.add_cookies([{"name": name, "value": value, "url": s.base} for name, value in s.session("supervisor")])
    page = context.new_page()
    page.goto("/board/flow")
    shown = page.locator("details.bd-table[open] table:visible").count(), page.locator("[data-canvas]:visible").count()
    context.close()
    return {"tables": shown[0], "canvases": shown[1]}


def address(s: Stage) -> str:
    """With a wall's key in it, as the supervisor is shown it once."""
    with s.seat("supervisor") as maker:
        maker.goto("/board/screens")
        maker.fill("[name=name]", "大厅东墙")
        maker.click("text=建立密钥")
        s.look(maker, "board-screens")
        return maker.locator(".bd-secret").first.inner_text()


def hung(s: Stage, page) -> None:
    """The wall's machine is given its key by that address."""
    page.goto(address(s))
    page.wait_for_selector("[data-kiosk] figure[data-drawn]")


def wall(s: Stage) -> dict:
    told = {}
    with s.seat() as page:
        watched(s, page)
        page.clock.install()
        hung(s, page)
        told["address"] = page.url.removeprefix(s.base)
        for width, height in WALLS:
            page.set_viewport_size({"width": width, "height": height})
            page.clock.run_for(1000)
            s.look(page, f"wall-{width}")
            told[str(width)] = blank(s, page, f"wall-{width}")
            s.found += [f"wall-{width}: cut off: {each}" for each in page.evaluate(CLIPPED)]
        told["fresh"] = page.is_hidden("[data-board-old]")
        page.route("**/board/screen/numbers", lambda route: route.abort())
        page.clock.run_for(150_000)
        page.wait_for_function("document.querySelector('[data-board-old]').textContent.includes('连不上服务器')")
        told["gone"] = page.inner_text("[data-board-old]")
        for width, height in WALLS:
            page.set_viewport_size({"width": width, "height": height})
            page.clock.run_for(1000)
            s.look(page, f"wall-gone-{width}")
            s.found += [f"wall-gone-{width}: cut off: {each}" for each in page.evaluate(CLIPPED)]
        page.unroute("**/board/screen/numbers")
        with page.expect_response("**/board/screen/numbers"):
            page.clock.run_for(40_000)
        page.wait_for_function("() => document.querySelector('[data-board-old]').hidden || !document.querySelector('[data-board-old]').textContent.includes('连不上')")
    s.errors = [said for said in s.errors if "ERR_FAILED" not in said]
    return told


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    for state in State:
        if state not in (State.START, State.DRAFT):
            s.cast.at_state(state)
    return {"pages": pages(s), "bare": bare(s), "wall": wall(s)}


if __name__ == "__main__":
    run(tell)
