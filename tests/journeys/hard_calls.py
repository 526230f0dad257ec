"""Calls at one telephone that do not end as they should: the caller leaves two who talk; it rings over a list that is open, in each kind of field,
while a file is sent and while nothing is reached; the page is loaded anew in a talk.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.hard_calls --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object of what the pages said.
"""

from __future__ import annotations

from tests.journeys.call_to_closed import arguments
from tests.journeys.calls import comes, keeps, says, sign_in, stands
from tests.journeys.on_exchange import on_exchange, say
from tests.journeys.stage import Stage
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, WAIT_BYE, Exchange, Phone, agent_bye, bye, key, wait

FIELDS = """(kinds) => { const form = document.createElement("form"); form.id = "kinds"; kinds.forEach((kind) => {
    const one = document.createElement(/textarea|select|div/.test(kind) ? kind : "input"); one.id = "kind-" + kind;
    if (one.tagName === "INPUT") one.type = kind; if (kind === "div") { one.contentEditable = "true"; one.textContent = " "; }
    if (kind === "select") one.append(new Option("一", "1"), new Option("二", "2")); form.append(one); });
    document.querySelector("main").prepend(form); }"""
WRITTEN = ("text", "search", "tel", "number", "date", "textarea", "select", "div")  # "=" is theirs
PRESSED = ("checkbox", "radio")


def ready(page) -> None:
    page.click("#phonebar [data-value=ready]:visible")
    comes(page, lambda now: now["presence"] == "ready" and not now["call"])


def rings(page, exchange: Exchange, number: str, *then: str) -> Phone:
    citizen = exchange.ring([wait(300), key("1"), *(then or (WAIT_BYE,))], number=number)
    comes(page, lambda now: now["call"] and now["call"]["state"] == "ringing")
    page.wait_for_selector("#phonebar [data-do=answer]:visible")
    return citizen


def talks(page) -> None:
    comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")


def hangs_up(page, citizen: Phone) -> int:
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: not now["call"] and now["presence"] == "wrap_up")
    return citizen.wait()


def leaves_first(stage: Stage, page, exchange: Exchange) -> dict:
    """119 is on the line, all three speak, and the caller hangs up: 119 may still ask."""
    citizen = rings(page, exchange, "13800000061", UNTIL_TOLD, bye())
    page.keyboard.press("Escape")
    page.keyboard.press("=")
    page.wait_for_url("**/desk/intake?call=*")
    talks(page)
    brigade = Phone(exchange, [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)], "outside", port=exchange.outside)
    page.evaluate("window.minshengPhone.ask('consult', { value: '119', label: '119' })")
    comes(page, lambda now: now["other"] and now["other"]["state"] == "talking")
    page.click("#phonebar [data-do=three]")
    comes(page, lambda now: now["other"] and now["other"]["three"] and not now["call"]["held"])
    citizen.go_on()
    told = {"left": citizen.wait()}
    now = comes(page, lambda now: not now["other"] and "来电人已挂断" in now["said"])
    told |= {"said": now["said"], "state": (now["call"] or {}).get("state"), "still": brigade.process.poll() is None and "BYE sip:" not in brigade.messages}
    stage.look(page, "phone-caller-left")
    brigade.go_on()
    return told | {"brigade": brigade.wait(), "presence": comes(page, lambda now: not now["call"] and now["presence"] == "wrap_up")["presence"]}


SIZES = ((1280, 720), (1920, 1080), (640, 360))  # the last: 1280 by 720 at twice its size


def in_sight(page, what: str) -> bool:
    """Whether the button can be pressed where it stands."""
    return page.evaluate("""(what) => { const one = [...document.querySelectorAll(`#phonebar [data-do=${what}]`)].find((node) => node.getClientRects().length);
        const box = one.getBoundingClientRect(), top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        return !!top && one.contains(top); }""", what)


FOLDS = """() => [...document.querySelectorAll('#phonebar details')].filter((one) => one.getClientRects().length).flatMap((fold, n, all) => {
    all.forEach((one) => { one.open = one === fold; });
    return [...fold.querySelectorAll('button')].filter((one) => one.getClientRects().length).map((one) => {
        one.scrollIntoView({ block: 'nearest' });
        const box = one.getBoundingClientRect(), top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
        const well = top && one.contains(top) && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;
        return well ? "" : `${innerWidth}: ${fold.querySelector('summary').textContent} ${one.textContent}`; }); })"""
SHUT = "() => document.querySelectorAll('#phonebar details').forEach((one) => { one.open = false; })"


def folds(page) -> list[str]:
    """Of all that stands in the bar's lists, at the head of a page and at its foot: "" what can be pressed there; else its name, over the edge or under
    something."""
    found = []
    for place in ("0", "document.documentElement.scrollHeight"):
        page.evaluate(f"scrollTo(0, {place})")
        found += page.evaluate(FOLDS)
        page.evaluate(SHUT)
    return found


def at_sizes(stage: Stage, page, exchange: Exchange) -> dict:
    """It rings on screens of each size: what is pressed is in sight, nothing runs over the edge, all has a name."""
    page.goto("/desk/knowledge")
    ready(page)
    told = {"folds": []}
    for width, height in (*SIZES, (360, 640)):
        page.set_viewport_size({"width": width, "height": height})
        told["folds"] += folds(page)
    citizen = rings(page, exchange, "13800000066")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        stage.look(page, f"phone-rings-{width}")
        told[str(width)] = in_sight(page, "answer") and in_sight(page, "hangup")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.locator("main h1").first.click()
    page.keyboard.press("=")
    talks(page)
    page.wait_for_url("**/desk/intake?call=*")
    talks(page)
    told["talks"] = [talks_at(stage, page, *size) for size in (*SIZES, (360, 640))]
    for width, height in (*SIZES, (360, 640)):
        page.set_viewport_size({"width": width, "height": height})
        told["folds"] += folds(page)
    page.set_viewport_size({"width": 1366, "height": 768})
    told["open"] = pressed_beside(page)
    return told | {"hung_up": hangs_up(page, citizen)}


def pressed_beside(page) -> list[int]:
    """How many lists are open: after one was opened on a small screen, which it may fill, and after a press beside it. No touch screen has Escape."""
    page.set_viewport_size({"width": 640, "height": 360})
    page.locator("#phonebar summary", has_text="转接").click()
    found = [page.locator("#phonebar details[open]").count()]
    page.mouse.click(4, 4)
    found.append(page.locator("#phonebar details[open]").count())
    page.set_viewport_size({"width": 1366, "height": 768})
    return found


def talks_at(stage: Stage, page, width: int, height: int) -> bool:
    """At the foot of a long page the talk can still be ended, and so can the form."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    stage.look(page, f"phone-talks-{width}")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    return in_sight(page, "hangup")


def not_held(page, window, exchange: Exchange) -> dict:
    """The exchange refuses to put the caller on hold: both go on to speak, the page says so, and the next press does it."""
    page.goto("/desk/knowledge")
    ready(page)
    citizen = rings(page, exchange, "13800000067")
    page.locator("main h1").first.click()
    page.keyboard.press("=")
    talks(page)
    page.wait_for_url("**/desk/intake?call=*")
    talks(page)
    window.evaluate("() => { window.minshengLine.session._sendReinvite = (how) => how.eventHandlers.failed(); }")
    page.click("#phonebar [data-do=hold]:visible")
    now = comes(page, lambda now: "没有保持住" in now["said"])
    told = {"held": [now["call"]["held"]], "state": now["call"]["state"]}
    window.evaluate("() => delete window.minshengLine.session._sendReinvite")
    for wanted in (True, False):
        page.click("#phonebar [data-do=hold]:visible")
        told["held"].append(comes(page, lambda now, wanted=wanted: now["call"] and now["call"]["held"] is wanted)["call"]["held"])
    return told | {"hung_up": hangs_up(page, citizen)}


def over_a_list(page, exchange: Exchange) -> dict:
    page.goto("/desk/knowledge")
    ready(page)
    page.locator("main h1").first.click()
    page.keyboard.press("?")
    page.wait_for_selector("dialog.ms-keys[open]")
    citizen = rings(page, exchange, "13800000062")
    page.keyboard.press("=")
    talks(page)
    page.wait_for_url("**/desk/intake?call=*")
    return {"list": page.locator("dialog[open]").count(), "hung_up": hangs_up(page, citizen)}


def in_fields(page, exchange: Exchange) -> dict:
    """In what is written into nothing answers; on a box to tick the key does."""
    page.goto("/desk/knowledge")
    ready(page)
    page.evaluate(FIELDS, [*WRITTEN, *PRESSED])
    citizen = rings(page, exchange, "13800000063")
    kept = []
    for kind in WRITTEN:
        page.focus(f"#kind-{kind}")
        page.keyboard.press("=")
        if stands(page)["call"]["state"] == "ringing" and page.evaluate("document.activeElement.id") == f"kind-{kind}":
            kept.append(kind)
    page.evaluate("document.querySelectorAll('#kinds input, #kinds textarea, #kinds select').forEach((one) => { if (!/checkbox|radio/.test(one.type)) one.value = ''; })")
    page.focus("#kind-checkbox")
    page.keyboard.press("=")
    talks(page)
    page.wait_for_url("**/desk/intake?call=*")
    return {"kept": kept, "hung_up": hangs_up(page, citizen)}


def loaded_anew(page, exchange: Exchange) -> dict:
    """The page of the call loaded anew, left and come back to: the talk goes on, and what was typed is there."""
    page.goto("/desk/knowledge")
    ready(page)
    citizen = rings(page, exchange, "13800000064")
    page.keyboard.press("=")
    page.wait_for_url("**/desk/intake?call=*")
    talks(page)
    page.wait_for_selector("#f-narrative")
    keeps(page, "楼下化粪池满了，味道很大。")
    at = page.url
    page.reload()
    talks(page)
    told = {"typed": page.input_value("#f-narrative"), "same": page.url == at}
    page.go_back()
    talks(page)
    page.go_forward()
    talks(page)
    told["after"] = page.input_value("#f-narrative")
    return told | {"bar": "通话中" in says(page), "hung_up": hangs_up(page, citizen)}


def while_sent(page, exchange: Exchange) -> dict:
    """A form is on its way when the call is answered: the page waits for its answer, and the caller's is one press away."""
    page.goto("/desk/knowledge")
    ready(page)
    citizen = rings(page, exchange, "13800000068")
    page.evaluate("""() => { const form = document.createElement("form"), frame = document.createElement("iframe"); form.method = "post"; frame.name = form.target = "sent";
        document.querySelector("main").append(frame, form); form.requestSubmit(); }""")  # into a frame: this page is still there to be looked at
    page.keyboard.press("=")
    talks(page)
    page.wait_for_selector("[data-kept-here]:visible")
    told = {"stays": page.url.endswith("/desk/knowledge"), "link": page.locator("[data-call-intake]:visible").count()}
    return told | {"hung_up": hangs_up(page, citizen)}


def unreached(page, exchange: Exchange) -> dict:
    """The page reaches nothing while it rings; the telephone's window has its own line."""
    page.goto("/desk/knowledge")
    ready(page)
    citizen = rings(page, exchange, "13800000065")
    page.route("**/desk/phone/pop*", lambda route: route.abort())
    page.keyboard.press("=")
    talks(page)
    page.unroute("**/desk/phone/pop*")
    return {"bar": "通话中" in says(page), "hung_up": hangs_up(page, citizen)}


def tell(stage: Stage, exchange: Exchange) -> dict:
    with stage.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        window = sign_in(page)
        comes(page, lambda now: now["line"] == "ready" and now["presence"] == "ready")
        told = {"leaves_first": leaves_first(stage, page, exchange), "list": over_a_list(page, exchange), "fields": in_fields(page, exchange)}
        return told | {"anew": loaded_anew(page, exchange), "sizes": at_sizes(stage, page, exchange), "not_held": not_held(page, window, exchange),
                       "sent": while_sent(page, exchange), "unreached": unreached(page, exchange)}


def main() -> None:
    with on_exchange(arguments()) as scene:
        told = tell(scene.stage, scene.exchange)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
