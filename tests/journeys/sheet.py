"""A month-end in a real browser: drawn, two objections with proof from a telephone, one exclusion granted and one refused, frozen, signed by
a third, and a late call-back that becomes a correction.

    python -m tests.journeys.sheet --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

from tests.journeys.period import step
from tests.journeys.stage import MORNING, Stage, run

DRAWN = MORNING + timedelta(days=2)  # the first day after the period
NUMBER = "民声考〔2025〕1号"
LABELS = {"received": "受理量", "solve": "解决率", "response_confirmed": "响应率"}


def cases_of(s: Stage) -> list:
    """What happened in the period: two closed with a call-back, one that waits for it."""
    from minsheng.cases.rules import State
    from minsheng.kit import clock

    with clock.fixed(MORNING):
        return [s.cast.at_state(State.CLOSED), s.cast.at_state(State.CLOSED), s.cast.at_state(State.PENDING_CALLBACK)]


def drawn(s: Stage) -> str:
    """Planned, drawn and given out; the address of the period."""
    with s.seat("analyst") as page:
        page.goto("/desk/month-end/new")
        for name, value in (("title", "2025年1月考核期"), ("since", "2025-01-01"), ("until", "2025-01-03")):
            page.fill(f"[name={name}]", value)
        page.click("main button.btn-primary")
        page.wait_for_url(re.compile(r"/desk/month-end/\d+$"))
        here = urlsplit(page.url).path
        step(page, "draft_figures")
        page.goto(here)
        step(page, "open_checking", check_until="2025-01-08")
        page.goto(here)
        s.look(page, "period-checking")
    return here


def figures(page, address: str) -> dict[str, str]:
    """What stands on the sheet, by the words of the measures: "3", "2 / 2"."""
    page.goto(address)
    found = {}
    for code, label in LABELS.items():
        said = page.locator(f"tr:has(th:text-is('{label}')) td").first.inner_text().split("\n")
        found[code] = said[1] if len(said) > 1 else said[0]
    return found


def objected(s: Stage, here: str, cases: list) -> dict:
    """The liaison, on a telephone: the number, its list, the case, the form with its proof."""
    from tests.cast import PNG

    said, proof = [], {"name": "证据.png", "mimeType": "image/png", "buffer": PNG}
    with s.seat("water", 360, 740) as page:
        before = figures(page, f"{here}/unit")
        s.look(page, "own-sheet")
        for case, words in ((cases[0], "诉求人来电重复登记"), (cases[1], "现场早已恢复")):
            page.goto(f"{here}/unit")
            page.locator("tr:has(th:text-is('解决率')) td a").last.click()
            page.wait_for_selector("text=清单共 2 件")
            page.locator(f"li:has-text('{case.number}') >> text=提异议").click()
            page.select_option("[name=want]", "exclude")
            page.fill("[name=reason]", words)
            page.set_input_files("[name=files]", proof)
            s.look(page, "objection-form")
            page.click("main button.btn-primary")
            page.wait_for_url("**/desk/objections/*")
            said.append(page.inner_text("main"))
    with s.seat("water_head", 360, 740) as page:
        page.goto(here)
        step(page, "confirm_sheet")
        page.wait_for_selector("#toast")
    return {"before": before, "objections": said}


def ruled(s: Stage, here: str) -> dict:
    """At the review, by keys, one after the other; then the freeze, which who froze does not sign."""
    with s.seat("supervisor") as page:
        page.goto(here)
        step(page, "begin_review")
        page.wait_for_selector("text=逐条评审")
        page.keyboard.press("v")
        page.wait_for_url("**/desk/objections/*")
        first = page.url
        s.look(page, "review")
        page.keyboard.press("1")
        page.fill("#step [name=ruling]", "核对通话记录，确属重复")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda url: "/desk/objections/" in url and "step=" not in url and url != first)
        other = page.url
        page.click("a[href*='step=refuse_objection']")
        page.fill("#step [name=ruling]", "证据看不出日期")
        page.click("#step button.btn-primary")
        page.wait_for_url(f"**{here}")
        step(page, "freeze_figures")
        page.wait_for_selector("text=已冻结")
        shut = page.locator(".ms-steps-bar").text_content()
        page.goto(other)
        refused = page.inner_text("main")
    return {"shut": shut, "refused": refused}


def signed(s: Stage, here: str) -> dict:
    from tests.month_end import second

    with s.seat(second(s.cast)) as page:
        page.goto(here)
        step(page, "sign_sheet", doc_number=NUMBER)
        page.goto(here)
        step(page, "publish_sheet")
        page.wait_for_selector("text=已公布")
        page.goto(f"{here}/sheet")
        s.look(page, "sheet")
        pdf = page.request.get(f"{here}/paper.pdf").body()
    return {"pdf": pdf[:5].decode()}


def came_late(s: Stage, here: str, case) -> dict:
    """The citizen is reached after the freeze, and nobody from the unit had called: the job finds what differs."""
    from minsheng.kit import clock
    from minsheng.month_end.actions import assessments

    late = DRAWN + timedelta(days=10)
    with clock.fixed(late):
        s.cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=False, solved=True, satisfaction="satisfied")
    added = [assessments.note_corrections(at=late + timedelta(hours=n)) for n in (1, 2)]
    with s.seat("analyst") as page:
        page.goto(f"{here}/corrections")
        rows = [row.inner_text().split("\t") for row in page.locator("tbody tr").all()]
        s.look(page, "corrections")
    with s.seat("water", 360, 740) as page:
        after = figures(page, f"{here}/unit")
        head = page.inner_text("main")
        s.look(page, "own-sheet-published")
    return {"added": added, "rows": rows, "after": after, "head": head, "number": case.number}


def tell(s: Stage) -> dict:
    cases = cases_of(s)
    here = drawn(s)
    return objected(s, here, cases) | ruled(s, here) | signed(s, here) | {"late": came_late(s, here, cases[2])}


if __name__ == "__main__":
    run(tell, DRAWN)
