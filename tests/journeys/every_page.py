"""Every page that a person gets to by its menu and headings, at the width of a phone and of a desk: nothing stands out to the right, axe is
silent, what has the focus is seen, nothing fails. And what a citizen prints.

    python -m tests.journeys.every_page --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import re

from tests.journeys.stage import Stage, run
from tests.of_today import of_today

EVERYBODY = ("agent", "shift_leader", "dispatcher", "return_reviewer", "coordinator", "checker", "callback_clerk", "supervisor", "quality",
       "knowledge_editor", "analyst", "system_admin", "security_admin", "audit_admin", "water", "water_head", "county", "leader", "inspector", "media", "outside_group")
WHO = of_today(EVERYBODY, one_in=2)
LINKS = "nodes => nodes.map(node => node.getAttribute('href')).filter(Boolean)"
SIZES = of_today(((360, 740), (1280, 800)), one_in=2)

# Of everything that can have the focus in `main`: what lies wholly under something else once it has it (WCAG 2.4.11).
COVERED = """() => {
    document.documentElement.style.scrollBehavior = 'auto';
    const bare = (node) => getComputedStyle(node).opacity === '0' && node.closest('label') || node;
    return [...document.querySelectorAll('main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)')].filter((node) => {
        if (node.closest('.visually-hidden, .ms-type > select') || !node.checkVisibility()) return false;
        node.focus();
        const seen = bare(node), box = seen.getClientRects()[0];
        if (document.activeElement !== node || !box || box.width < 3 || box.height < 3) return false;
        return [.1, .5, .9].every((part) => {
            const at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height * part);
            return !at || !(seen.contains(at) || at.contains(seen) || node.closest('label')?.contains(at));
        });
    }).map((node) => 'under another: ' + node.outerHTML.slice(0, 120));
}"""


def shape(address: str) -> str:
    """Two cases are one page."""
    return re.sub(r"\d+", "#", address.split("?")[0].split("#")[0])


def looked_at(s: Stage, who: str, seen: set[str]) -> list[str]:
    """What is wrong on the pages that nobody before has seen, two steps from the first one."""
    wrong = []
    with s.seat(who) as page:
        page.on("response", lambda answer: wrong.append(f"{who}: {answer.status} {answer.url}") if answer.status >= 400 else None)
        waiting = [("/desk/", 0), ("/me", 1)]
        while waiting:
            address, far = waiting.pop(0)
            if far and shape(address) in seen:
                continue
            page.goto(address)  # the first leads everybody to a day of their own
            here = shape(page.url.removeprefix(s.base))
            known = here in seen
            seen |= {here, shape(address)}
            if far < 2:
                links = page.eval_on_selector_all("header nav a, main nav a, main .ms-title a, main table a", LINKS)
                waiting += [(link, far + 1) for link in links if re.match(r"/(desk|board|me)\b", link) and not re.search(r"\.csv|export|table", link)]
            for width, height in () if known else SIZES:
                page.set_viewport_size({"width": width, "height": height})
                page.wait_for_timeout(100)
                wrong += [f"{who} {address} {width}: {each}" for each in s.wrong(page) + page.evaluate(COVERED)]
    return wrong


def printed(s: Stage, case) -> dict:
    """The citizen's page on paper: whose hotline it is, and what was folded."""
    with s.seat() as page:
        page.goto("/track")
        page.fill("#f-number", case.number)
        page.fill("#f-code", s.cast.codes[case.id])
        page.click(".pt-go")
        page.wait_for_selector(".pt-now")
        page.set_viewport_size({"width": 800, "height": 1100})
        page.emulate_media(media="print")
        s.look(page, "citizen-print")
        return {"letter": page.inner_text(".ms-letter"), "shown": page.is_visible(".ms-letter"),
                "words": page.locator("details .ms-pre").first.bounding_box()["height"] > 10}


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    cases = [s.cast.at_state(state) for state in State if state not in (State.START, State.DRAFT)]
    seen: set[str] = set()
    wrong = [each for who in WHO for each in looked_at(s, who, seen)]
    s.found += wrong
    return {"pages": sorted(seen), "printed": printed(s, next(case for case in cases if case.state == State.CLOSED))}


if __name__ == "__main__":
    run(tell)
