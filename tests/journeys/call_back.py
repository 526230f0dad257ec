"""Ringing back and what requesters do meanwhile: the number shown, a redo, an undone merge, more asked and sent, two tabs, no number.

    python -m tests.journeys.call_back --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journeys.stage import Stage, run

if TYPE_CHECKING:
    from minsheng.cases.models import Case  # loads the settings, which `run` brings up


def state(case: Case) -> str:
    case.refresh_from_db()
    return case.state


def replied(s: Stage, **more) -> Case:
    """A case whose reply was accepted: it waits to be called back, in nobody's hand."""
    from minsheng.cases.rules import State

    return s.cast.take(s.cast.at_state(State.PENDING_CHECK, **more), "accept_reply", "checker")


def requester(name: str, phone: str):
    from minsheng.cases import actions

    return actions.Requester(name, phone)


def rings_by_the_number(s: Stage) -> dict:
    """The main path of the main desk: take the next, show the number, ring, who is it, three answers."""
    case = replied(s)
    with s.seat("callback_clerk") as page:
        page.goto("/desk/callback")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=先核对身份")
        asks_for = page.inner_text(".ms-say >> nth=0")
        page.keyboard.press("t")
        page.wait_for_selector("a[data-ring]")
        number = page.inner_text("a[data-ring]")
        s.look(page, "call-back-number")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=承办单位是否与您联系过")
        for key in "136":
            page.keyboard.press(key)
        page.click("button[value=answered]")
        page.wait_for_selector("text=已办结")
    return {"asks_for": asks_for, "number": number, "state": state(case)}


def redo(s: Stage) -> dict:
    """Not solved: the clerk's record goes to a person, who has it done again."""
    case = replied(s)
    with s.seat("callback_clerk", 1920, 1000) as page:
        page.goto("/desk/callback")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=先核对身份")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=承办单位是否与您联系过")
        page.check("[name=contacted][value=yes]", force=True)
        page.check("[name=solved][value=no]", force=True)
        page.check("[name=satisfaction][value=unsatisfied]", force=True)
        page.check("[name=dissatisfaction][value=result]", force=True)
        page.fill("[name=verbatim]", "水还是断断续续")
        s.look(page, "call-back-unsolved")
        page.click("button[value=answered]")
        page.wait_for_selector("text=已提请重办审核")
    with s.seat("checker") as page:
        page.goto("/desk/check")
        page.wait_for_selector("text=水还是断断续续")
        s.look(page, "redo-review")
        page.fill("[name=ruling]", "请到场核实后重新办理")
        page.click("button[value=order_redo]")
        page.wait_for_selector("#toast:not([hidden])")
    return {"state": state(case), "redos": case.redos}


def merge_and_undo(s: Stage) -> dict:
    """Merged on the case page and taken back by the line at the foot."""
    master = s.cast.take(s.cast.create(), "dispatch", "dispatcher", lead=s.cast.units["water"].id)
    case = s.cast.create(requester=requester("李小红", "13900000002"))
    with s.seat("dispatcher") as page:
        page.goto(f"/desk/case/{case.id}?step=merge")
        page.fill("#step [name=master]", master.number)
        page.fill("#step [name=reason]", "同一处停水")
        s.look(page, "merge")
        page.click("#step button.btn-primary")
        page.wait_for_selector("#toast button")
        merged = state(case)
        page.click("#toast button")
        page.wait_for_selector("#toast[hidden]", state="attached")  # the page again, as it was before
    return {"merged": merged, "undone": state(case)}


def open_case(page, case: Case, code: str) -> None:
    page.goto("/track")
    page.fill("#f-number", case.number)
    page.fill("#f-code", code)
    page.click("#pt-form button")
    page.wait_for_url("**/case")


def asked_for_more(s: Stage) -> dict:
    """Sent back for more: the citizen reads what is asked, and answers without a call."""
    case = s.cast.create()
    s.cast.take(case, "ask_more", "dispatcher", reason="请写明是几号楼、几层停水")
    with s.seat("", 360, 740) as page:
        open_case(page, case, s.cast.codes[case.id])
        told = page.inner_text("main")
        s.look(page, "portal-asked-more")
        page.click("a.btn-primary:has-text('补充')")
        page.fill("[name=addition]", "三号楼五层")
        s.look(page, "portal-answers")
        page.click("#pt-form button.btn-primary")
        page.wait_for_selector("text=您的补充已经送到热线")
    return {"told": told, "state": state(case)}


def two_tabs(s: Stage) -> dict:
    """Two cases in two tabs of one browser: what is pressed in the first is done to the first."""
    first, second = s.cast.create(), s.cast.create(narrative="我家门口的路灯也不亮。", title="路灯不亮")
    with s.seat("", 360, 740) as page:
        open_case(page, first, s.cast.codes[first.id])
        other = page.context.new_page()
        open_case(other, second, s.cast.codes[second.id])
        page.click("a.btn:has-text('撤诉')")
        page.wait_for_selector(f"text={first.number}")
        s.look(page, "portal-withdraw")
        page.click("#pt-form button.btn-primary")
        page.wait_for_selector("text=您的诉求已撤回")
        said = page.inner_text("main")
    return {"first": state(first), "second": state(second), "said": first.number in said}


def no_number(s: Stage) -> dict:
    """Who left no number answers the three questions on the page; the case closes without a call."""
    case = replied(s, requester=requester("王小明", ""))
    with s.seat("", 360, 740) as page:
        open_case(page, case, s.cast.codes[case.id])
        page.click("a.btn-primary:has-text('回答回访')")
        page.check("[name=contacted][value=yes]")
        page.check("[name=solved][value=yes]")
        page.check("[name=satisfaction][value=satisfied]")
        s.look(page, "portal-call-back")
        page.click("#pt-form button.btn-primary")
        page.wait_for_selector("text=您的回答已经记下")
    with s.seat("callback_clerk") as page:
        page.goto("/desk/callback")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    return {"state": state(case)}


def tell(s: Stage) -> dict:
    return {"rings": rings_by_the_number(s), "redo": redo(s), "merge": merge_and_undo(s), "asked": asked_for_more(s),
            "tabs": two_tabs(s), "page": no_number(s)}


if __name__ == "__main__":
    run(tell)
