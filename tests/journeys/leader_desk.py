"""Two screens at a leader's desk, as the journey of a period uses them: each sees the other's words as they are typed, nothing is lost."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.journeys.stage import Stage

SAID, AGAIN, ORDER = "家里停水两天了，老人住三楼。", "楼下水泵房也没有电。", "今天下午五点前恢复供水。"
LONG_MENU = """() => { const menu = document.querySelector('.ms-nav'), told = document.createElement('aside');
  for (let n = 0; n < 6; n++) menu.append(menu.lastElementChild.cloneNode(true));
  told.className = 'ms-demo'; told.textContent = '演示'; document.body.prepend(told); }"""  # of a head with several roles, in the demo city
HEIGHT = "[document.documentElement.scrollHeight, window.innerHeight]"


def shows(page, name: str, words: str) -> str:
    """Waits until the field holds the words, typed on the other screen."""
    page.wait_for_function("([name, words]) => document.querySelector(`[name=${name}]`)?.value.includes(words)", arg=[name, words])
    return page.input_value(f"[name={name}]")


def write(page, name: str, words: str) -> None:
    """Until it has gone up."""
    page.evaluate("document.querySelector('[data-saved]').textContent = ''")
    page.fill(f"[name={name}]", words)
    page.wait_for_function("() => document.querySelector('[data-saved]').textContent.includes('已保存')")


def typed_on_both(s: Stage, leader, agent, url: str) -> dict:
    agent.click("text=接一个电话")
    agent.wait_for_selector("[name=narrative]")
    leader.wait_for_selector("[name=narrative]")  # by the bell: nobody pressed anything here
    agent.fill("[name=phone]", "13800000001")
    agent.locator("[name=narrative]").press_sequentially(SAID)
    seen = {"leader": shows(leader, "narrative", SAID)}
    leader.locator("[name=words]").press_sequentially(ORDER)
    seen["agent"] = shows(agent, "words", ORDER)
    s.look(leader, "leader-desk-call")
    seen["heights"] = [leader.evaluate(HEIGHT)]
    seen["number"] = "13800000001" in leader.content()
    seen["refused"] = refused(leader)
    leader.evaluate(LONG_MENU)
    seen["heights"].append(leader.evaluate(HEIGHT))
    leader.reload()
    seen["reloaded"] = leader.input_value("[name=narrative]") + leader.input_value("[name=words]")
    return seen


def refused(leader) -> list[int]:
    """A promise with two faults: by how much the page and the call are longer than the screen, whole and within a browser."""
    leader.click("text=承诺Alt+2")
    leader.wait_for_selector(".ms-seat-promise")
    leader.evaluate("""() => { const of = (name) => document.querySelector(`.ms-seat-promise [name=${name}]`);
      of('owner').removeAttribute('maxlength'); of('owner').value = '张'.repeat(99); of('due').value = '2000-01-01'; }""")
    leader.click("text=记入承诺并交办")
    leader.wait_for_function("() => document.querySelectorAll('.ms-seat-promise .ms-error').length > 1")
    found = []
    for high in (768, 625):
        leader.set_viewport_size({"width": 1366, "height": high})
        found += leader.evaluate("""() => { const call = document.querySelector('.ms-seat-call');
          return [document.documentElement.scrollHeight - window.innerHeight, call.scrollHeight - call.clientHeight]; }""")
    leader.set_viewport_size({"width": 1366, "height": 768})
    leader.click(".ms-seat-ends >> text=返回")
    return found


def clashed(leader, agent) -> dict:
    """The leader's line is cut while the agent goes on; what both typed into one field stands on both screens."""
    leader.context.set_offline(True)
    leader.fill("[name=narrative]", SAID + AGAIN)
    write(agent, "narrative", SAID + "请打这个电话联系。")
    leader.context.set_offline(False)
    leader.wait_for_selector("[data-beside] .ms-seat-beside")
    told = leader.inner_text("[data-word=narrative] [data-beside]")
    agent.wait_for_selector("[data-beside] .ms-seat-beside")
    other = agent.inner_text("[data-word=narrative] [data-beside]")
    leader.click("[data-word=narrative] [data-take=both]")
    both = shows(agent, "narrative", AGAIN)
    agent.wait_for_selector("[data-beside] .ms-seat-beside", state="detached")
    return {"told": told, "other": other, "both": both}


def goes_in_peace(agent, end) -> str:
    """Who follows a link while the call ends on another screen arrives there, and is not pulled back to the desk."""
    held = []
    agent.route("**/desk/case/*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks what it is given
    with agent.expect_request("**/desk/case/*"):
        agent.locator(".ms-seat-rows a").first.click(no_wait_after=True)
    end()
    with agent.expect_event("requestfinished", lambda request: request.url.endswith("/state")):
        pass  # it knows that the call has ended
    held[0].continue_()
    agent.wait_for_url("**/desk/case/*")
    agent.unroute("**/desk/case/*")
    return urlsplit(agent.url).path
