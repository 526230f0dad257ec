"""Ten past eleven at night: danger by web, the shift leader's desk, the unit's duty officer, the review in the morning.

    python -m tests.journeys.night --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

from datetime import datetime

from tests.journeys.citizen import at
from tests.journeys.ruling import look_at_every_size, toast
from tests.journeys.stage import Stage, run

NIGHT = datetime.fromisoformat("2025-01-02T23:10+08:00")


def sent_by_web(s: Stage) -> dict:
    with s.seat("", 360, 740) as page:
        page.goto("/send")
        page.fill("#f-narrative", "二单元楼道里煤气味很浓，有人头晕")
        page.check("[name=kind][value=help]")
        page.fill("#f-place", "幸福路1号")
        page.click(".pt-go")
        page.wait_for_url(at("/send/who"))
        s.look(page, "night-who")
        warned = page.inner_text("main")
        page.fill("#f-phone", "13900001111")
        page.click(".pt-go")
        page.wait_for_url(at("/send/check"))
        page.click(".pt-go")
        page.wait_for_url(at("/send/done"))
        s.look(page, "night-done")
        return {"warned": warned, "number": page.locator(".pt-big dd").first.inner_text().strip()}


def at_the_shift_desk(s: Stage, number: str) -> dict:
    """Seen at once, what it is about and whom it goes to in one form."""
    with s.seat("shift_leader") as page:
        page.goto("/desk/shift")
        look_at_every_size(s, page, "night-shift")
        row = page.locator(f"#burning li[data-case]:has-text('{number}')")
        seen = row.inner_text()
        row.locator("[name=category]").select_option("tap")
        row.locator("[name=lead]").fill("市水务局")
        row.locator("button:has-text('直派')").first.click()
        said = toast(page)
        s.look(page, "night-sent")
        return {"seen": seen, "said": said, "shift": page.inner_text("main")}


def reviewed(s: Stage) -> dict:
    with s.seat("dispatcher") as page:
        page.goto("/desk/dispatch?pile=night")
        look_at_every_size(s, page, "night-review")
        return {"pile": page.inner_text("main")}


def tell(s: Stage) -> dict:
    from minsheng.cases.models import Case

    web = sent_by_web(s)
    told = {"web": web, "shift": at_the_shift_desk(s, web["number"]), "review": reviewed(s)}
    return told | {"state": Case.objects.get(number=web["number"]).state}


if __name__ == "__main__":
    run(tell, at=NIGHT)
