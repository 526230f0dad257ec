"""What has two sides, in a real browser: a return and its ruling, an extension, a redo, a merge and its undo, a dispatch taken back,
asked for more and sent again.

    python -m tests.journeys.ruling --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

from tests.journeys.stage import Stage, run

SIZES = ((360, 740), (1280, 800), (1920, 1000))


def toast(page) -> str:
    page.wait_for_selector("#toast:not([hidden])")
    return page.inner_text("#toast [data-text]")


def look_at_every_size(s: Stage, page, name: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        s.look(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1280, "height": 800})


def whole(page, selector: str) -> bool:
    """Nothing of it lies outside the window or under something else: its four corners and its middle are its own."""
    return page.evaluate("""selector => {
        const node = document.querySelector(selector), at = node.getBoundingClientRect();
        const spots = [[.5, .5], [.02, .02], [.98, .02], [.02, .98], [.98, .98]].map(([x, y]) => [at.left + at.width * x, at.top + at.height * y]);
        return spots.every(([x, y]) => x >= 0 && y >= 0 && x < innerWidth && y < innerHeight && node.contains(document.elementFromPoint(x, y)));
    }""", selector)


def return_and_ruling(s: Stage, case) -> dict:
    """The unit asks on its phone; the reviewer reads case and ruling beside each other and rejects by key; the unit may not ask again."""
    with s.seat("water", 360, 740) as page:
        page.goto(f"/desk/unit/{case.id}")
        page.click("text=申请退单")
        page.check("[name=legal_ground][value=duty]")
        page.fill("[name=reason]", "该处管网未移交，属城管局职责")
        s.look(page, "return-asked")
        page.click("#step button.btn-primary")
        asked = toast(page)
    with s.seat("return_reviewer") as page:
        page.goto("/desk/returns")
        beside = {}
        for width, height in SIZES[1:]:
            page.set_viewport_size({"width": width, "height": height})
            beside[width] = whole(page, ".ms-verdict") and whole(page, ".ms-ask")
            s.look(page, f"return-ruling-{width}")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.keyboard.press("Escape")
        page.keyboard.type("rr")
        page.wait_for_selector("[name=ruling][aria-invalid=true]")
        lacking = page.eval_on_selector("[name=ruling]", "node => document.getElementById(node.getAttribute('aria-describedby')).textContent")
        s.look(page, "return-ruling-lacking")
        page.fill("[name=ruling]", "管网已移交，由水务局办理")
        page.keyboard.press("Escape")
        page.keyboard.type("rr")
        ruled = toast(page)
    with s.seat("water", 360, 740) as page:
        page.goto(f"/desk/unit/{case.id}")
        shut = page.locator(".ms-shut:has-text('申请退单') .ms-why").text_content()
    return {"asked": asked, "lacking": lacking, "beside": beside, "ruled": ruled, "shut": shut}


def extension(s: Stage, case) -> dict:
    with s.seat("water", 360, 740) as page:
        page.goto(f"/desk/unit/{case.id}?step=ask_extension")
        page.fill("[name=reason]", "管材后天到货")
        page.fill("[name=interim]", "已关阀，临时供水")
        page.click("#step button.btn-primary")
        asked = toast(page)
    with s.seat("supervisor") as page:
        page.goto("/desk/rulings")
        promised = page.locator(".ms-outcomes li").first.inner_text()
        look_at_every_size(s, page, "extension")
        page.keyboard.press("a")
        once = page.evaluate("document.activeElement.value")  # a slip of the finger rules on nothing
        page.keyboard.press("a")
        ruled = toast(page)
    return {"once": once, "asked": asked, "promised": promised, "ruled": ruled}


def redo(s: Stage, case) -> dict:
    """The clerk asks for it, the checker rules with the call beside the reply; the unit reads why, and its old words are not offered as new."""
    s.cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False,
                satisfaction="unsatisfied", dissatisfaction="result", verbatim="还是没有水")
    s.cast.take(case, "ask_redo", "callback_clerk", reason="诉求人说还是没有水")
    with s.seat("checker") as page:
        page.goto(f"/desk/check?case={case.id}")
        look_at_every_size(s, page, "redo-ruling")
        page.fill("[name=ruling]", "情况属实，请重新办理")
        page.keyboard.press("Escape")
        page.keyboard.type("aa")
        ruled = toast(page)
    with s.seat("water", 360, 740) as page:
        page.goto(f"/desk/unit/{case.id}")
        s.look(page, "redo-unit")
        told = page.inner_text(".ms-ask")
        page.goto(f"/desk/unit/{case.id}?step=draft_reply")
        return {"ruled": ruled, "told": told, "empty": page.input_value("[name=public_reply]")}


def merge_and_undo(s: Stage, into, case) -> dict:
    """On the page of the case, by a candidate's key; undone by the line that said so."""
    with s.seat("dispatcher") as page:
        page.goto(f"/desk/case/{case.id}?step=merge")
        page.wait_for_selector("[name=candidate]")
        look_at_every_size(s, page, "merge")
        key = page.locator(f"[name=candidate][value='{into.number}']").get_attribute("data-key")
        page.keyboard.press(key)
        page.fill("[name=reason]", "同一处停水")
        page.click("#step button.btn-primary")
        merged = toast(page)
        state = page.inner_text("header .ms-state")
        page.keyboard.press("z")
        page.wait_for_selector("header .ms-state:has-text('待审核派单')")
        return {"merged": merged, "state": state, "undone": page.inner_text("header .ms-state"), "said": toast(page)}


def dispatch_taken_back(s: Stage, case) -> dict:
    with s.seat("dispatcher") as page:
        page.goto(f"/desk/dispatch?case={case.id}")
        page.fill("#f-other", "没有这样的单位")
        page.keyboard.press("Enter")
        page.wait_for_selector("main .ms-error")
        page.go_back()
        page.wait_for_selector("#f-other")
        back = page.input_value("#f-other")
        page.fill("#f-other", "市水务局")
        page.keyboard.press("Enter")
        sent = toast(page)
        page.keyboard.press("z")
        page.wait_for_selector("#toast [data-text]:has-text('撤回')")
        said = toast(page)
        opened = page.get_attribute("#preview article", "data-case")
        page.fill("#f-other", "市水务局")
        page.keyboard.press("Enter")
        toast(page)
        s.cast.take(case, "sign", "water")
        page.keyboard.press("z")
        page.wait_for_selector("#toast [data-text]:has-text('没能撤销')")
        return {"back": back, "sent": sent, "said": said, "opened": opened == str(case.id), "late": toast(page)}


def asked_for_more(s: Stage, case) -> dict:
    """The agent reads the question on the page where the call was written down; one key sends it again."""
    with s.seat("dispatcher") as page:
        page.goto(f"/desk/dispatch?case={case.id}")
        page.keyboard.press("Escape")
        page.keyboard.press("b")
        page.wait_for_selector("[name=reason]")
        page.fill("[name=reason]", "请问清是几号楼")
        page.keyboard.press("Control+Enter")
        toast(page)
    with s.seat("agent") as page:
        page.goto("/desk/intake?new=1")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        page.wait_for_url("**/desk/intake/case/**")
        asked = page.inner_text("main .ms-note")
        look_at_every_size(s, page, "sent-back")
        page.fill("#f-narrative", "幸福路小区3号楼停水两天")
        page.keyboard.press("Alt+4")
        page.wait_for_timeout(300)
        if "/intake/case/" in page.url:
            page.keyboard.press("Alt+4")
        page.wait_for_url("**/desk/intake?**")
        return {"asked": asked, "sent": toast(page), "left": page.locator("[aria-label='退回补充']").count()}


def tell(s: Stage) -> dict:
    from minsheng.cases.models import Case
    from minsheng.cases.rules import State

    cast = s.cast
    told = {
        "return": return_and_ruling(s, cast.at_state(State.PENDING_SIGN)), "extension": extension(s, cast.at_state(State.IN_PROGRESS)),
        "redo": redo(s, cast.at_state(State.PENDING_CALLBACK)),
    }
    into, case = cast.at_state(State.IN_PROGRESS, lead="roads"), cast.create()
    told["merge"] = merge_and_undo(s, into, case)
    told["taken_back"] = dispatch_taken_back(s, case)
    more = cast.create()
    told["more"] = asked_for_more(s, more) | {"words": Case.objects.get(id=more.id).text.narrative, "state": Case.objects.get(id=more.id).state}
    return told


if __name__ == "__main__":
    run(tell)
