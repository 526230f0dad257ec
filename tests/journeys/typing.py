"""Words in the middle of being typed: the session ends, the token runs out, the page answers no; two tabs. Nothing typed is lost.

    python -m tests.journeys.typing --browser /usr/bin/chromium [--shots DIR]
"""

from __future__ import annotations

from tests.journeys.stage import Stage, run

REPLY = "阀门已更换，今日中午恢复供水，已当面告知。"
PASSWORD = "Kx7-mountain-river"


def end_sessions(s: Stage, who: str) -> None:
    from minsheng.accounts import login

    login.end_sessions(by=s.cast.actors[who], keep="")


def give_password(s: Stage, who: str) -> None:
    from minsheng.accounts import actions

    actions.set_password(person=s.cast.people[who], password=PASSWORD, by=actions.COMMAND_LINE, setup=True)


def log_in(page, who: str) -> None:
    page.fill("[name=username]", who)
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def unit_loses_session(s: Stage, case) -> dict:
    """The reply of a unit's handler on a phone: pressed after the session had ended, once from the form and once from its error page."""
    with s.seat("water", 360, 740) as page:
        page.goto(f"/desk/unit/{case.id}?step=draft_reply")
        page.fill("[name=handling]", REPLY)
        page.evaluate("document.querySelector('#step form').noValidate = true")
        page.click("#step button.btn-primary")  # the public words are missing: the same page again, with its errors
        page.wait_for_selector("[role=alert]")
        page.fill("[name=public_reply]", REPLY + "谢谢您的来电。")
        end_sessions(s, "water")
        page.click("#step button.btn-primary")
        page.wait_for_url("**/login?**")
        told = page.inner_text("main")
        s.look(page, "typing-login")
        page.fill("[name=username]", "water")
        page.fill("[name=password]", "wrong-once")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        again = page.inner_text("main")
        log_in(page, "water")
        page.wait_for_selector("[name=public_reply]")
        s.look(page, "typing-back")
        back = {"url": page.url, "handling": page.input_value("[name=handling]"), "public": page.input_value("[name=public_reply]")}
        page.check("[name=claimed_solved][value=yes]")
        page.click("#step button.btn-primary")
        page.wait_for_selector("text=已起草的答复")
        page.goto(f"/desk/unit/{case.id}?step=draft_reply")
        return {"told": told, "again": again, "back": back, "after": page.inner_text("[data-draft-state]")}


def agent_loses_session(s: Stage) -> dict:
    """The agent's words lie on the server; what came after the session's end comes from this machine."""
    with s.seat("agent") as page:
        page.goto("/desk/intake?new=1")
        page.keyboard.type("河畔街道12号院")
        page.wait_for_selector("[data-draft-state]:has-text('已自动保存')")
        end_sessions(s, "agent")
        page.keyboard.type("停水两天，家里有老人")
        page.wait_for_selector("[data-draft-state]:has-text('登录已过期')")
        page.keyboard.press("Alt+4")
        page.keyboard.press("Alt+4")
        page.wait_for_url("**/login?**")
        told = page.inner_text("main")
        log_in(page, "agent")
        page.wait_for_selector("#f-narrative")
        return {"told": told, "words": page.input_value("#f-narrative"), "url": page.url}


def editor_loses_session(s: Stage) -> dict:
    """A form that says nothing of drafts: its words are kept all the same, and are gone once they were taken."""
    with s.seat("knowledge_editor") as page:
        page.goto("/desk/knowledge/new")
        page.evaluate("document.querySelector('main form[method=post]').noValidate = true")
        page.fill("[name=title]", "停水通知怎么查")
        page.fill("[name=body]", REPLY)
        end_sessions(s, "knowledge_editor")
        page.click("main form[method=post] button.btn-primary")
        page.wait_for_url("**/login?**")
        told = page.inner_text("main")
        log_in(page, "knowledge_editor")
        page.wait_for_selector("[name=body]")
        back = {"url": page.url, "title": page.input_value("[name=title]"), "body": page.input_value("[name=body]")}
        page.select_option("[name=category]", index=1)
        page.select_option("[name=owner]", index=1)
        page.click("main form[method=post] button.btn-primary")
        page.wait_for_url(lambda url: "/new" not in url)
        page.goto("/desk/knowledge/new")
        return {"told": told, "back": back, "after": page.input_value("[name=body]")}


def two_tabs(s: Stage, case) -> dict:
    """The same order in two tabs: taken in the first, refused in the second with the reason, its words still there."""
    with s.seat("water") as first:
        first.goto(f"/desk/unit/{case.id}?step=ask_extension")
        second = first.context.new_page()
        second.goto(f"/desk/unit/{case.id}?step=ask_extension")
        for page, why in ((first, "管材后天到货"), (second, "第二页写的另一个理由")):
            page.fill("[name=reason]", why)
            page.fill("[name=interim]", "已关阀，临时供水")
        first.click("#step button.btn-primary")
        first.wait_for_url(lambda url: "step=" not in url)
        second.click("#step button.btn-primary")
        second.wait_for_selector("[role=alert]")
        return {"said": second.inner_text("[role=alert]"), "words": second.input_value("[name=reason]")}


def tell(s: Stage) -> dict:
    from minsheng.cases.rules import State

    for who in ("water", "agent", "knowledge_editor"):
        give_password(s, who)
    case, other = s.cast.at_state(State.IN_PROGRESS), s.cast.at_state(State.IN_PROGRESS)
    return {"unit": unit_loses_session(s, case), "agent": agent_loses_session(s), "editor": editor_loses_session(s), "tabs": two_tabs(s, other)}


if __name__ == "__main__":
    run(tell)
