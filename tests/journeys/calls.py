"""A real call: a citizen's SIP phone, a real Asterisk, the agent's telephone in a real browser, the case with the call in it.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.calls --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object of what the pages said and what the database holds afterwards.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time

from tests.journeys.call_to_closed import arguments
from tests.journeys.on_exchange import on_exchange, say
from tests.journeys.stage import Stage
from tests.telephony.phones import ANSWERS, BUSY, UNTIL_TOLD, WAIT_BYE, Exchange, Phone, agent_bye, bye, free_port, key, until, wait

CITIZEN = "13800000021"
WORDS = "幸福路三号楼从早上开始停水，家里有老人，请尽快恢复供水。"
NOW = "JSON.stringify(window.minshengPhone && window.minshengPhone.now())"  # before its scripts have run a page has none
REFUSED = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"


def stands(page) -> dict:
    """As the page's telephone says; nothing while the page is leaving for another."""
    from playwright.sync_api import Error

    try:
        return json.loads(page.evaluate(NOW) or "null") or {}
    except Error as gone:
        if "context was destroyed" not in str(gone):
            raise
        return {}


def comes(page, seen, seconds: float = 60) -> dict:
    """The first state of which it is so. The pages' policy lets nobody wait inside them."""
    for _ in range(int(seconds * 10)):
        if (now := stands(page)) and seen(now):
            return now
        page.wait_for_timeout(100)
    raise AssertionError(f"it never came: {stands(page)}")


def press_until(page, chord: str, shown: str) -> None:
    """A key pressed while the page is still coming is lost: whoever works there presses it again."""
    from playwright.sync_api import TimeoutError as NotYet

    for _ in range(30):
        if page.locator(shown).count():
            return
        page.keyboard.press(chord)
        with contextlib.suppress(NotYet):
            page.wait_for_selector(shown, timeout=2_000)
    raise AssertionError(f"{chord} shows no {shown}")


def keeps(page, words: str) -> None:
    """Typed into the form of a call, and safe with the server."""
    page.evaluate("document.querySelector('[data-draft-state]').textContent = ''")
    page.fill("#f-narrative", words)
    page.wait_for_selector("[data-draft-state]:has-text('已自动保存')")


def says(page) -> str:
    return page.inner_text("#phonebar")


def sign_in(page):
    """The window of the telephone, registered."""
    with page.expect_popup() as opened:
        page.click("#phonebar [data-do=open]")
    window = opened.value
    page.wait_for_selector("#phonebar [data-value=wrap_up]:visible")
    return window


def answered(stage: Stage, page, exchange: Exchange) -> dict:
    """It rings while a sentence is being typed; answered by one key from a page that is no page of intake."""
    page.goto("/desk/knowledge")
    page.focus("#search")
    citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number=CITIZEN)
    page.wait_for_selector("#phonebar [data-do=answer]:visible")
    page.wait_for_selector("#phonepop [data-call-intake]:visible")
    page.keyboard.type("停水=两天")
    typed, focus, state = page.input_value("#search"), page.evaluate("document.activeElement.id"), stands(page)["call"]["state"]
    stage.look(page, "phone-rings")
    pop = page.inner_text("#phonepop")
    page.fill("#search", "")
    page.keyboard.press("Escape")
    page.keyboard.press("=")
    page.wait_for_url("**/desk/intake?call=*")
    page.wait_for_selector("#phonebar [data-do=mute]:visible")
    return {"typed": typed, "focus": focus, "state": state, "pop": pop, "citizen": citizen}


def registered(stage: Stage, page) -> str:
    """The case of the call, while it goes on. Its number."""
    page.fill("#f-narrative", WORDS)
    page.wait_for_selector("#f-title")
    page.fill("#f-title", "幸福路停水")
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, 0)")
    stage.look(page, "phone-intake")
    press_until(page, "Alt+4", ".ms-made")
    return page.locator(".ms-made dd").first.get_attribute("aria-label")


def unrecorded(page) -> list[str]:
    """Paused, gone on, stopped: what the bar says."""
    found = []
    for deed in ("pause", "resume", "stop"):
        if deed != "resume":
            page.click("#phonebar summary:has-text('录音')")
        page.click(f"#phonebar [data-do=record][data-value={deed}]:visible")
        comes(page, lambda now, deed=deed: (now["call"].get("record") or "") == ("" if deed == "resume" else deed) and "录音" in now["said"])
        found.append(page.inner_text("#phonebar [data-phone=state]"))
    return found


def held(page) -> list[bool]:
    """Whether the caller is on hold: after one press, after another."""
    found = []
    page.wait_for_selector("#phonebar [data-do=hold]:visible")  # before the page knows of the call its keys are those of nobody
    for wanted in (True, False):
        page.keyboard.press("-")
        found.append(comes(page, lambda now, wanted=wanted: now["call"]["held"] is wanted)["call"]["held"])
    return found


def listened(stage: Stage) -> dict:
    """A shift leader comes in on the call from the list of who talks: the leader's telephone answers by itself and says what it is."""
    with stage.seat("shift_leader", width=1366, height=768) as page:
        page.goto("/desk/shift")
        sign_in(page)
        page.click("#floor button[value=listen]", timeout=60_000)
        comes(page, lambda now: now["call"] and now["call"]["spy"] and now["call"]["state"] == "talking")
        page.wait_for_timeout(1100)
        stage.look(page, "phone-listens")
        told = {"bar": says(page).splitlines()[0], "answer": page.locator("#phonebar [data-do=transfer]:visible").count()}
        page.click("#phonebar [data-do=hangup]:visible")
        now = comes(page, lambda now: not now["call"])
        return told | {"said": now["said"], "presence": now["presence"]}


def colleague(stage: Stage, page, exchange: Exchange) -> dict:
    """A colleague in another browser is asked first and hangs up, is asked again, and gets the caller: named, and no citizen until then."""
    with stage.seat("shift_leader", width=1366, height=768) as other:
        other.goto("/desk/shift")
        refused = _pressed_without_telephone(other)
        sign_in(other)
        me = other.get_attribute("#phonebar", "data-me")
        page.evaluate(f"window.minshengPhone.ask('consult', {{ value: 'a{me}', label: '值班长' }})")
        other.wait_for_selector("#phonebar [data-do=answer]:visible")
        other.wait_for_selector("#phonepop strong")
        told = {"rung": other.inner_text("#phonepop"), "refused": refused}
        other.click("#phonebar [data-do=answer]:visible")
        comes(page, lambda now: now["other"] and now["other"]["state"] == "talking")
        told["stays"] = other.url.endswith("/desk/shift")
        page.click("#phonebar [data-do=join]")
        told["said"] = comes(page, lambda now: not now["call"])["said"]
        other.wait_for_url("**/desk/intake?call=*")
        told["pop"] = other.inner_text("main .ms-masked")
        told["floor"] = _floor(other)
        other.goto("/desk/ring-back")  # also here, where they dial from, the telephone is at hand
        other.click("#phonebar [data-do=hangup]:visible")
        comes(other, lambda now: not now["call"])
        return told


def _pressed_without_telephone(other) -> str:
    """Taken over by whom nothing rings at, the caller would be gone."""
    other.click("#floor button[value=take_over]", timeout=60_000)
    other.wait_for_selector("#floor [role=alert]")
    return other.inner_text("#floor [role=alert]")


def _floor(other) -> list[str]:
    other.goto("/desk/calls/wallboard")
    return [row for row in other.inner_text("main").splitlines() if row in ("通话中", "旁听", "就绪")][1:]


def cut_off(stage: Stage, exchange: Exchange, proxy: Proxy) -> dict:
    """The link of the browser to the exchange is gone in the middle of a call, and back: nothing is done here that the exchange does not hear of."""
    with stage.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        sign_in(page)
        comes(page, lambda now: now["line"] == "ready")
        citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number="13800000023")
        page.click("#phonebar [data-do=answer]:visible", timeout=60_000)
        page.wait_for_url("**/desk/intake?call=*")
        comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")
        proxy.cut()
        comes(page, lambda now: now["line"] == "lost")
        page.evaluate("['hold', 'hangup', 'retry'].forEach((what) => window.minshengPhone.ask(what))")
        page.wait_for_timeout(800)
        told = {"lost": (stands(page)["call"]["state"], stands(page)["call"]["held"]), "shown": page.locator("#phonebar [data-do=hangup]:visible").count(),
                "said": says(page)}
        proxy.open()
        comes(page, lambda now: now["line"] == "ready")
        page.goto("/desk/knowledge")  # where nothing is being typed
        told["held"] = held(page)
        page.click("#phonebar [data-do=hangup]:visible")
        told["ended"] = citizen.wait()
        page.click("#phonebar [data-value=ready]:visible")
        page.goto("/desk/knowledge")
        leaves = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number="13800000024")
        page.click("#phonebar [data-do=answer]:visible", timeout=60_000)
        page.wait_for_url("**/desk/intake?call=*")
        comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")
        proxy.cut()
        leaves.go_on()
        told["left"] = leaves.wait()
        proxy.open()
        told["over"] = comes(page, lambda now: not now["call"])["said"]
        return told


TAKEN = """() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.taken = [];
    navigator.mediaDevices.getUserMedia = async (what) => { const got = await ask(what); window.taken.push(...got.getAudioTracks()); return got; };
}"""
PULLED = "() => window.taken.splice(0).forEach((track) => { track.stop(); track.dispatchEvent(new Event('ended')); })"
SPOKEN = "() => [window.taken.map((track) => track.readyState + track.enabled), [minshengLine.session, minshengLine.second()].map((one) => one && " \
    "one.connection.getSenders().filter((from) => from.track).map((from) => from.track.readyState + from.track.enabled))]"


def of_three(page, window) -> dict:
    """Muted, both others still hear each other; the headset is pulled out and another is there, muted as the first; then two are left."""
    page.click("#phonebar [data-do=mute]:visible")
    comes(page, lambda now: now["call"]["muted"])
    told = {"muted": window.evaluate(SPOKEN)[0][-1:] + window.evaluate(SPOKEN)[1]}
    window.evaluate(PULLED)
    comes(page, lambda now: "换用" in now["said"])
    told["pulled"] = [window.evaluate(SPOKEN)[0], window.evaluate(SPOKEN)[1]]
    page.click("#phonebar [data-do=mute]:visible")
    comes(page, lambda now: not now["call"]["muted"])
    return told | {"spoken": window.evaluate(SPOKEN)[0]}


def asked_first(stage: Stage, page, window, exchange: Exchange) -> dict:
    """Others are rung first, the caller on hold: 119 is busy, and the caller is back by itself; 120 answers, then all three speak, then two."""
    Phone(exchange, [BUSY], "outside", port=exchange.outside)
    page.evaluate("window.minshengPhone.ask('consult', { value: '119' })")  # busy at once: nobody looks often enough to see it being rung
    told = {"busy": comes(page, lambda now: not now["other"] and "占线" in now["said"])["said"]}
    comes(page, lambda now: now["call"]["state"] == "talking" and not now["call"]["held"])
    third = Phone(exchange, [*ANSWERS, WAIT_BYE], "outside", port=exchange.outside)
    page.evaluate("window.minshengPhone.ask('consult', { value: '120' })")
    told["alone"] = comes(page, lambda now: now["other"] and now["other"]["state"] == "talking")["call"]["held"]
    page.click("#phonebar [data-do=three]")
    told["three"] = comes(page, lambda now: now["other"] and now["other"]["three"] and not now["call"]["held"])["other"]["target"]
    stage.look(page, "phone-three")
    told["mix"] = of_three(page, window)
    page.click("#phonebar [data-do=back]")
    now = comes(page, lambda now: not now["other"])
    told["after"] = until(lambda: (found := window.evaluate(SPOKEN)[1][0]) == ["livetrue"] and found, what="the caller hears nothing")
    third.wait()  # one that was killed would leave its BYE to who listens there next
    return told | {"back": (now["call"]["state"], now["call"]["held"])}


def passed_on(page, exchange: Exchange) -> str:
    """To 110 by one key: the agent's leg ends when the other side has answered."""
    Phone(exchange, [*ANSWERS, wait(1500), agent_bye(), wait(100)], "outside", port=exchange.outside)
    page.keyboard.press("=")
    page.keyboard.press("1")
    comes(page, lambda now: not now["call"] and now.get("passed") and now["presence"] == "wrap_up")
    return says(page)


def in_its_window(page, window, exchange: Exchange) -> dict:
    """Refused first, and it rings again; answered in the telephone's own window: that one keeps the call, the page that is in sight goes to the intake."""
    page.goto("/desk/knowledge")
    page.click("#phonebar [data-value=ready]:visible")
    comes(page, lambda now: now["presence"] == "ready")
    citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number="13800000022")
    window.click("[data-do=hangup]:visible", timeout=60_000)
    told = {"refused": comes(page, lambda now: not now["call"])["said"]}
    window.click("[data-do=answer]:visible", timeout=60_000)
    page.wait_for_url("**/desk/intake?call=*")
    told |= {"stays": window.url.endswith("/desk/phone"), "talks": stands(page)["call"]["state"]}
    page.goto("/desk/knowledge")
    page.wait_for_selector("#phonepop [data-call-intake]:visible")
    told["not_pulled_back"] = page.url.endswith("/desk/knowledge")
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: now["presence"] == "wrap_up")
    return told | {"hung_up": citizen.wait()}


def second_windows(stage: Stage, page) -> dict:
    """The same person once more: in this browser, and at another machine."""
    second = page.context.new_page()
    second.goto("/desk/phone")
    second.wait_for_selector("#phone-second:not([hidden])")
    told = second.inner_text("#phone-second")
    second.close()
    with stage.seat("agent") as other:
        other.goto("/desk/intake")
        sign_in(other)
        comes(page, lambda now: now.get("line") == "elsewhere")
        return {"same_browser": told, "elsewhere": says(page)}


def without_microphone(stage: Stage) -> str:
    with stage.seat("shift_leader", width=360, height=740) as page:
        page.context.add_init_script(REFUSED)
        page.goto("/desk/shift")
        page.click("#phonebar [data-do=open]")
        page.wait_for_selector("#phonebar.ms-wrong")
        stage.look(page, "phone-no-microphone")
        return says(page)


def kept(call: str) -> dict:
    """What the database holds of the call when its ledger has been read."""
    from minsheng.accounts.models import Person
    from minsheng.cases.models import Case
    from minsheng.telephony.models import AgentState, Call, CallCase

    row = until(lambda: Call.objects.filter(linkedid=call, ended_at__isnull=False).first(), what="the ledger was not read")
    case = Case.objects.get(call_id=row.id)
    agent = Person.objects.get(username="agent")
    return {"language": row.language, "agent": row.agent_id == agent.id, "number": bytes(case.contact.phone_hash) == bytes(row.number_hash), "case": case.number,
            "linked": CallCase.objects.filter(call=row, case_id=case.id).count(),
            "presence": sorted(set(AgentState.objects.filter(person_id=agent.id).values_list("state", flat=True)))}


def failed(number: str) -> list[str]:
    """Whom the case says was rung and did not answer."""
    from minsheng.cases.models import CaseStep

    rows = CaseStep.objects.filter(case__number=number, step="transfer_failed")
    return [row.given["target"] for row in until(lambda: list(rows.all()), what="the busy 119 is not on the case")]


def tell(stage: Stage, exchange: Exchange) -> dict:
    began = time.monotonic()
    with stage.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        window = sign_in(page)
        window.evaluate(TAKEN)
        told = answered(stage, page, exchange)
        told["form"] = page.locator("#f-phone").count()
        told["key"] = stands(page)["call"]["key"]
        told["number"] = registered(stage, page)
        told["held"] = held(page)
        told["listened"] = listened(stage)
        told["unrecorded"] = unrecorded(page)
        told["asked"] = asked_first(stage, page, window, exchange)
        told["passed"] = passed_on(page, exchange)
        told["presence"] = stands(page)["presence"]
        told["citizen"] = told["citizen"].wait()
        told["kept"] = kept(told["key"])
        told["window"] = in_its_window(page, window, exchange)
        told |= second_windows(stage, page)
    told |= between(stage, exchange)
    told["microphone"] = without_microphone(stage)
    told["failed"] = failed(told["number"])
    return told | {"seconds": round(time.monotonic() - began, 1)}


class Proxy:
    """Between the browser and the exchange: cut and opened again at one port."""

    def __init__(self, port: int, to: int):
        self.port, self.to, self.door = port, to, None
        self.open()

    def open(self) -> None:
        self.ends: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", self.port), reuse_port=False)
        threading.Thread(target=self._serve, args=(self.door,), daemon=True).start()

    def cut(self) -> None:
        for one in (self.door, *self.ends):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def taken(self, near: socket.socket) -> socket.socket:
        return near

    def _serve(self, door: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = door.accept()
                with contextlib.suppress(OSError):  # who does not trust us goes
                    near = self.taken(near)
                far = socket.create_connection(("127.0.0.1", self.to))
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(65536):
                other.sendall(piece)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def behind_a_proxy(exchange: Exchange) -> Proxy:
    """Browsers that sign in from now on reach the exchange through it."""
    proxy = Proxy(free_port(), exchange.now.ports["web"])
    file = exchange.places / "pbx.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('phone_url = ""', f'phone_url = "ws://127.0.0.1:{proxy.port}/ws"'), encoding="utf-8")
    return proxy


def between(stage: Stage, exchange: Exchange) -> dict:
    """A caller from agent to colleague; then the link that is cut."""
    with stage.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        sign_in(page)
        comes(page, lambda now: now["line"] == "ready")
        citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number="13800000025")
        page.click("#phonebar [data-do=answer]:visible", timeout=60_000)
        page.wait_for_url("**/desk/intake?call=*")
        comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")
        told = colleague(stage, page, exchange) | {"citizen": citizen.wait()}
    return {"colleague": told, "cut": cut_off(stage, exchange, behind_a_proxy(exchange))}


def main() -> None:
    with on_exchange(arguments()) as scene:
        told = tell(scene.stage, scene.exchange)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
