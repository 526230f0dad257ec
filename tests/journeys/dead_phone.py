"""The agent's telephone falls silent in a call: its window is loaded anew, its network is gone for some seconds, its browser is killed in the
talk and while it rings.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.dead_phone --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object of what the pages said, what the exchange wrote and what is on record.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

import psutil

from tests.journeys.call_to_closed import FLAGS, arguments
from tests.journeys.calls import comes, keeps, sign_in, stands
from tests.journeys.on_exchange import HEARD, on_exchange, say
from tests.journeys.stage import Stage
from tests.of_today import ALL, of_today
from tests.telephony.phones import WAIT_BYE, Exchange, key, until, wait

KILLED, WAITS, RANG = "13800000043", "13800000045", "13800000044"
TODAY = of_today(("anew", "cut", "pulled", "killed", "rang"), one_in=2)
if ALL:
    TODAY.insert(0, "held")
WORDS = "幸福路三号楼电梯停运两天，八楼有坐轮椅的老人。"


def process(browser, kind: str) -> int:
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return next(one["id"] for one in told["processInfo"] if one["type"] == kind)


def held(exchange: Exchange, page) -> dict:
    """A caller on hold is no silence: a browser sends voice then, too."""
    citizen = talks(exchange, page, "13800000046")
    page.click("#phonebar [data-do=hold]:visible")
    comes(page, lambda now: now["call"]["held"])
    page.wait_for_timeout(24_000)
    page.click("#phonebar [data-do=hold]:visible")
    comes(page, lambda now: not now["call"]["held"])
    page.click("#phonebar [data-do=mute]:visible")
    page.wait_for_timeout(8_000)
    told = {"call": stands(page)["call"]["state"]}
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: not now["call"])
    page.click("#phonebar [data-value=ready]:visible")
    return told | {"lost": len(exchange.said("AGENT_LOST")), "citizen": citizen.wait()}


def network(browser) -> int:
    """The process through which everything of this browser goes out, voice too."""
    for one in psutil.Process(process(browser, "browser")).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("network.mojom.NetworkService" in word for word in one.cmdline()):
                return one.pid
    raise AssertionError("no network process")


def talks(exchange: Exchange, page, number: str, *after: str):
    """A citizen rings and is answered; the page of intake has the sentence."""
    citizen = exchange.ring([wait(300), key("1"), *(after or (WAIT_BYE,))], number=number)
    page.goto("/desk/knowledge")
    page.click("#phonebar [data-do=answer]:visible")
    page.wait_for_url("**/desk/intake?call=*")
    comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")
    keeps(page, WORDS)
    return citizen


def back(page, exchange: Exchange, number: str, began: float) -> dict:
    """The same talk goes on, by itself; hung up by the agent, the caller is asked how it was."""
    now = comes(page, lambda now: now.get("call") and now["call"]["state"] == "talking" and "自动接回" in now["said"])
    told = {"said": now["said"], "after_s": round(time.monotonic() - began), "typed": page.input_value("#f-narrative") == WORDS}
    (call,) = exchange.linkedids(number)
    until(lambda: len(of_call(exchange, "BRIDGE_ENTER", call)) >= 4, what="the exchange has not put the two together again")
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: not now["call"])
    until(lambda: of_call(exchange, "SURVEY_ASK", call), what="not asked")
    page.click("#phonebar [data-value=ready]:visible")
    comes(page, lambda now: now["presence"] == "ready")
    return told | {"lost": len(exchange.said("AGENT_LOST", call)), "queues": len(exchange.of_queue("ENTERQUEUE", call))}


def of_call(exchange: Exchange, kind: str, call: str) -> list[list[str]]:
    return [row for row in exchange.events() if row[0] == kind and row[2] == call]


def loaded_anew(exchange: Exchange, page, window) -> dict:
    citizen = talks(exchange, page, "13800000041")
    window.on("dialog", lambda asked: asked.accept())
    began = time.monotonic()
    window.reload()
    found = back(page, exchange, "13800000041", began)
    return found | {"citizen": citizen.wait()}


def cut_off(exchange: Exchange, page, browser) -> dict:
    citizen, net = talks(exchange, page, "13800000042"), network(browser)
    began = time.monotonic()
    os.kill(net, signal.SIGSTOP)
    try:
        time.sleep(8)  # so long the cable is out
    finally:
        os.kill(net, signal.SIGCONT)
    found = back(page, exchange, "13800000042", began)
    return found | {"citizen": citizen.wait()}


PULLED = """taken => {
    const track = minshengLine.session.connection.getSenders().find(one => one.track && one.track.kind === "audio").track;
    if (taken) { window.others = navigator.mediaDevices.getUserMedia; navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError")); }
    track.stop();
    track.dispatchEvent(new Event("ended"));
}"""
BACK = "() => { navigator.mediaDevices.getUserMedia = window.others; navigator.mediaDevices.dispatchEvent(new Event('devicechange')); }"
LIVE = "() => minshengLine.session.connection.getSenders().map(one => one.track.readyState + one.track.enabled)"


def pulled(exchange: Exchange, page, window) -> dict:
    """The headset is pulled out in the talk: with another microphone there it goes on, without one it is said until there is one again."""
    citizen, told = talks(exchange, page, "13800000047"), {}
    window.evaluate(PULLED, False)
    told["other"] = comes(page, lambda now: "换用" in now["said"])["said"]
    told["live"] = window.evaluate(LIVE)
    window.evaluate(PULLED, True)
    told["none"] = comes(page, lambda now: "听不到" in now["said"])["said"]
    page.wait_for_timeout(7_500)  # longer than the exchange waits for a voice
    told["call"] = stands(page)["call"]["state"]
    window.evaluate(BACK)
    comes(page, lambda now: "换用" in now["said"])
    told["again"] = window.evaluate(LIVE)
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: not now["call"])
    page.click("#phonebar [data-value=ready]:visible")
    comes(page, lambda now: now["presence"] == "ready")
    return told | {"lost": len(exchange.said("AGENT_LOST", exchange.linkedids("13800000047")[0])), "citizen": citizen.wait()}


def dying(stage: Stage, exchange: Exchange, play, path: str, number: str, talking: bool):
    """A browser of its own that dies, in the talk or while it rings. Its caller, and another who waits meanwhile."""
    other = play.chromium.launch(executable_path=path, args=[*FLAGS, *HEARD])
    its, found = Stage(other, int(stage.base.rsplit(":", 1)[1]), stage.cast, None), []
    with contextlib.suppress(Exception), its.seat("agent", width=1366, height=768) as dies:
        dies.goto("/desk/intake")
        sign_in(dies)
        comes(dies, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
        if talking:
            found.append(talks(exchange, dies, number))
            found.append(exchange.ring([wait(300), key("1"), WAIT_BYE], number=WAITS))
            until(lambda: exchange.linkedids(WAITS) and exchange.of_queue("ENTERQUEUE", exchange.linkedids(WAITS)[0]))
        else:
            found.append(exchange.ring([wait(300), key("1"), WAIT_BYE], number=number))
            comes(dies, lambda now: now["call"] and now["call"]["state"] == "ringing")
        os.kill(process(other, "browser"), signal.SIGKILL)
        dies.wait_for_timeout(5_000)  # ends with the browser
    return found


def taken(exchange: Exchange, page) -> str:
    """The next caller who rings here is answered, and hung up on. Whose call it was."""
    page.click("#phonebar [data-value=ready]:visible")
    page.click("#phonebar [data-do=answer]:visible", timeout=60_000)
    key_ = comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")["call"]["key"]
    me = page.get_attribute("#phonebar", "data-me")
    until(lambda: [row for row in exchange.of_queue("CONNECT", key_) if row[3] == f"a{me}"])
    page.click("#phonebar [data-do=hangup]:visible")
    comes(page, lambda now: not now["call"])
    return key_


def away(page) -> None:
    page.evaluate("window.minshengPhone.ask('presence', {value: 'paused', reason: 'break'})")
    comes(page, lambda now: now["presence"] == "paused")


def killed(stage: Stage, exchange: Exchange, play, path: str, page) -> dict:
    """In the talk: its caller is the next to be answered, before one who waited meanwhile, and the record says what happened."""
    away(page)
    citizen, waits = dying(stage, exchange, play, path, KILLED, True)
    began = time.monotonic()
    (call,) = exchange.linkedids(KILLED)
    until(lambda: len(exchange.of_queue("ENTERQUEUE", call)) == 2, what="not in the queue again")
    told = {"again_s": round(time.monotonic() - began), "first": taken(exchange, page) == call}
    told |= {"second": taken(exchange, page) == exchange.linkedids(WAITS)[0], "citizens": [citizen.wait(), waits.wait()]}
    return told | on_record(stage, call)


def rang(stage: Stage, exchange: Exchange, play, path: str, page) -> dict:
    """While it rings: the caller is a colleague's at the latest when the ringing is over."""
    away(page)
    (citizen,) = dying(stage, exchange, play, path, RANG, False)
    began = time.monotonic()
    key_ = taken(exchange, page)
    (call,) = exchange.linkedids(RANG)
    rang_s = max(int(row[5]) for row in exchange.of_queue("RINGNOANSWER", call)) / 1000
    return {"same": key_ == call, "citizen": citizen.wait(), "after_s": round(time.monotonic() - began), "rang_s": rang_s}


def on_record(stage: Stage, key_: str) -> dict:
    """What the page of the call says, and how the person of the dead browser stands."""
    from minsheng.telephony.models import AgentState, Call

    person = stage.cast.people["agent"].id
    until(lambda: AgentState.objects.filter(person_id=person, until=None, state="lost").exists(), what="still shown as there")
    row = until(lambda: Call.objects.filter(linkedid=key_, ended_at__isnull=False).first(), what="it is not over")
    with stage.seat("shift_leader", width=1366, height=768) as leader:
        leader.goto(f"/desk/calls/{row.id}")
        stage.look(leader, "phone-dropped")
        text = leader.inner_text("main")
    return {"result": row.result, "said": "话机断线" in text, "doubtful": row.doubtful}


def tell(stage: Stage, exchange: Exchange, play, browser, path: str) -> dict:
    began, told = time.monotonic(), {}
    with stage.seat(stage.cast.another(_agent()), width=1366, height=768) as page:
        page.goto("/desk/intake")
        window = sign_in(page)
        comes(page, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
        ways = {"held": lambda: held(exchange, page), "anew": lambda: loaded_anew(exchange, page, window), "cut": lambda: cut_off(exchange, page, browser),
                "pulled": lambda: pulled(exchange, page, window),
                "killed": lambda: killed(stage, exchange, play, path, page), "rang": lambda: rang(stage, exchange, play, path, page)}
        for name in TODAY:
            told[name] = ways[name]()
        told["end"] = {name: stands(page)[name] for name in ("line", "call")}
    return told | {"seconds": round(time.monotonic() - began, 1)}


def _agent():
    from minsheng.accounts.rules import Role

    return Role.AGENT


def main() -> None:
    args = arguments()
    with on_exchange(args) as scene:
        told = tell(scene.stage, scene.exchange, scene.play, scene.browser, args.browser)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
