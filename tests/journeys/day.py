"""What a day brings beside the main line, in a real browser: a call-back rung by showing the number, danger on the telephone, the monthly
sheet of liaisons.

    python -m tests.journeys.day --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

from tests.journeys.ruling import look_at_every_size, toast
from tests.journeys.stage import Stage, run

PHONE = "13800000000"  # of the cast's requester
SHEET = "用户名,姓名,单位,电话,语言,角色,接替\nlobsang,洛桑次仁,市水务局,,,单位联络员、单位经办人,water\nbad,,没有这个局,,,单位联络员,\n"


def ring_by_number(s: Stage, cases: list) -> dict:
    """The main path of the main desk: the number first, then who is on the line, then three answers; the next call itself follows."""
    with s.seat("callback_clerk") as page:
        page.goto("/desk/callback")
        page.keyboard.press("Enter")
        page.wait_for_selector("#who")
        before = page.inner_text("main")
        look_at_every_size(s, page, "callback-who")
        page.keyboard.press("t")
        page.wait_for_selector("[data-ring]")
        number, asked = page.inner_text("[data-ring]"), page.inner_text("main")
        look_at_every_size(s, page, "callback-number")
        page.keyboard.press("Enter")
        page.wait_for_selector("[name=solved]")
        look_at_every_size(s, page, "callback-questions")
        for key in "135":
            page.keyboard.press(key)
        page.keyboard.press("Control+Enter")
        saved = toast(page)
        page.wait_for_selector("#who")
        return {"masked": number not in before, "number": number, "asked": asked, "saved": saved, "next": page.inner_text("main")}


def same_caller(s: Stage, case) -> dict:
    """Rings again about an open case, then tells of another matter: one key for the first, nothing typed twice for the second."""
    with s.seat("agent") as page:
        page.goto("/desk/intake?new=1")
        page.fill("#f-phone", PHONE)
        page.press("#f-phone", "Tab")
        page.wait_for_selector("#caller [data-key='Alt+c']")
        page.focus("#f-narrative")
        page.keyboard.type("还有一件事，路口的路灯不亮")
        page.wait_for_selector("[data-draft-state]:has-text('已自动保存')")
        s.look(page, "same-caller")
        page.keyboard.press("Alt+c")
        said = toast(page)
        page.wait_for_selector("#f-narrative")
        return {"said": said, "number": case.number, "phone": page.input_value("#f-phone"), "words": page.input_value("#f-narrative")}


def candidates(s: Stage, case) -> dict:
    """A word from the middle of a name finds every office that has it; a figure takes one, Enter sends."""
    with s.seat("dispatcher") as page:
        page.goto(f"/desk/dispatch?case={case.id}")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        keys = page.inner_text("dialog[open]")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
        page.wait_for_load_state("load")  # the list of candidates is a script's
        page.focus("#f-other")
        page.wait_for_function("document.activeElement.id === 'f-other'")
        page.keyboard.press("Control+a")
        page.keyboard.type("局")
        page.wait_for_selector("#candidates li")
        offered = page.locator("#candidates li").all_inner_texts()
        look_at_every_size(s, page, "candidates")
        page.keyboard.press("2")
        taken = page.input_value("#f-other")
        page.keyboard.press("Enter")
        return {"keys": keys, "offered": offered, "taken": taken, "sent": toast(page)}


def danger(s: Stage) -> dict:
    """The words beat all others: urgent by itself, what to say and whom to ring above the form; the transfer asks for its proof."""
    with s.seat("agent") as page:
        page.goto("/desk/intake?new=1")
        page.fill("#f-phone", "13900003333")
        page.focus("#f-narrative")
        page.keyboard.type("楼道里闻到很浓的煤气味，有人头晕")
        page.wait_for_selector("button[name=emergency]")
        page.wait_for_selector("#f-urgent:checked", state="attached")
        above = page.evaluate("document.querySelector('button[name=emergency]').getBoundingClientRect().top"
                              " < document.querySelector('#f-narrative').getBoundingClientRect().top")
        numbers = page.locator("button[name=emergency]").all_inner_texts()
        said = page.inner_text("[role=alert]:has(button[name=emergency])")
        look_at_every_size(s, page, "danger")
        words = page.input_value("#f-narrative")
        page.fill("#f-narrative", "小区路灯不亮")
        page.wait_for_selector("#f-urgent:not(:checked)", state="attached")
        page.wait_for_selector(".ms-danger", state="detached")
        page.fill("#f-narrative", words)
        page.wait_for_selector("#f-urgent:checked", state="attached")
        page.keyboard.press("Alt+4")  # one press: what is missing holds nothing up
        page.wait_for_selector("text=下一个来电")
        s.look(page, "danger-done")
        done = page.inner_text("main")
    with s.seat("shift_leader") as page:
        page.goto("/desk/shift")
        s.look(page, "danger-shift")
        return {"above": above, "numbers": numbers, "said": said, "done": done, "shift": page.inner_text("main")}


def monthly_sheet(s: Stage) -> dict:
    """Looked at row by row, made, allowed by another; until then the old liaison works, from then on the new one alone."""
    with s.seat("system_admin") as page, s.seat("water") as old:
        page.goto("/desk/people/sheet")
        page.fill("#f-text", SHEET)
        page.click("button[value=check]")
        report = page.inner_text("main")
        look_at_every_size(s, page, "sheet-report")
        page.fill("#f-why", "2025 年 1 月联络员名单")
        page.click("button[value=make]")
        password = page.inner_text("code")
        left = page.input_value("#f-text")
        look_at_every_size(s, page, "sheet-made")
        old.goto("/desk/unit")
        before = old.url
        with s.seat("security_admin") as second:
            second.goto("/desk/asked")
            look_at_every_size(s, second, "sheet-asked")
            said = []
            while second.locator("button[value=allow]").count():
                second.click("button[value=allow] >> nth=0")
                said.append(toast(second))
        old.goto("/desk/unit")
        after = old.url
    with s.seat() as page:
        page.goto("/login")
        page.fill("[name=username]", "lobsang")
        page.fill("[name=password]", password)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return {"report": report, "left": left, "before": before, "said": said, "after": after, "first": page.inner_text("main")}


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    cast = s.cast
    waiting = [cast.take(cast.at_state(State.PENDING_CHECK), "accept_reply", "checker") for _ in range(2)]
    open_one = cast.at_state(State.IN_PROGRESS)
    return {"ring": ring_by_number(s, waiting), "again": same_caller(s, open_one), "candidates": candidates(s, cast.create()), "danger": danger(s), "sheet": monthly_sheet(s)}


if __name__ == "__main__":
    run(tell)
