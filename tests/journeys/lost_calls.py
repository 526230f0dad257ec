"""Who was lost: a browser that is killed, a caller who gave up and is rung back, one who is sent to another queue; the link under TLS, the wall without a server.

    MINSHENG_PBX_PROGRAMS=DIR python -m tests.journeys.lost_calls --browser /usr/bin/chromium [--shots DIR]

Prints one JSON object of what the pages said and what the exchange wrote.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import signal
import ssl
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.journeys.call_to_closed import FLAGS, arguments
from tests.journeys.calls import Proxy, comes, sign_in
from tests.journeys.on_exchange import HEARD, on_exchange, say
from tests.journeys.stage import Stage
from tests.of_today import of_today
from tests.telephony.phones import ANSWERS, UNTIL_TOLD, WAIT_BYE, Exchange, Phone, agent_bye, bye, free_port, key, until, wait

LOST, CITIZEN = "13800000031", "13800000032"
TODAY = of_today(("tls", "walls"), one_in=2)  # the rest of it goes every time
TIBETAN = 900  # a person with a telephone on the desk, in the Tibetan queue


class Papers:
    """Two certificates for this machine by an authority that only this run trusts: one is over, one holds."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._do("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=ca", "-keyout", "ca.key", "-out", "ca.pem")
        (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        (folder / "index").write_text("")
        (folder / "serial").write_text("01\n")
        (folder / "ca.cnf").write_text("[ca]\ndefault_ca=c\n[c]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n"
                                      "unique_subject=no\n[p]\ncommonName=supplied\n")
        for name, since, until_ in (("over", "20240101000000Z", "20240201000000Z"), ("holds", "20240101000000Z", "20400101000000Z")):
            self._do("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            self._do("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-in", f"{name}.csr", "-out", f"{name}.pem", "-extfile", "ext",
                     "-startdate", since, "-enddate", until_, "-notext")

    def _do(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def door(self, name: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return made

    def known(self) -> str:
        """The key that holds, as Chromium is told of it: it has no other way to an authority of one run."""
        public = subprocess.run(["openssl", "x509", "-in", "holds.pem", "-pubkey", "-noout"], cwd=self.folder, check=True, capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public, check=True, capture_output=True).stdout
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


class SafeProxy(Proxy):
    """What stands before the exchange in a city: TLS, with whichever certificate it has now."""

    def __init__(self, port: int, to: int, papers: Papers):
        self.papers, self.context = papers, papers.door("over")
        super().__init__(port, to)

    def become(self, name: str) -> None:
        self.context = self.papers.door(name)

    def taken(self, near):
        return self.context.wrap_socket(near, server_side=True)


def killed(play, browser: str, stage: Stage) -> None:
    """A browser of its own, signed in as ready, gone in an instant: it tells nobody."""
    other = play.chromium.launch(executable_path=browser, args=[*FLAGS, *HEARD])
    its = Stage(other, int(stage.base.rsplit(":", 1)[1]), stage.cast, None)
    with contextlib.suppress(Exception), its.seat("agent", width=1366, height=768) as page:
        page.goto("/desk/intake")
        sign_in(page)
        comes(page, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
        told = other.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        os.kill(next(one["id"] for one in told["processInfo"] if one["type"] == "browser"), signal.SIGKILL)
        page.wait_for_timeout(10_000)  # ends with the browser


def moved(stage: Stage, exchange: Exchange, page) -> dict:
    """The caller of a colleague goes into another queue by the shift leader's press, and is answered there."""
    with stage.seat("shift_leader", width=1366, height=768) as leader:
        leader.goto("/desk/shift")
        leader.wait_for_selector("#floor button[value=queue]", timeout=60_000)
        stage.look(leader, "phone-floor")
        leader.locator("#floor select").first.select_option("q-bo")
        leader.click("#floor button[value=queue]")
        leader.wait_for_selector("#floor [role=status], #floor [role=alert]")
        said = leader.inner_text("#floor")
    now = comes(page, lambda now: not now["call"] and "值班长" in now["said"])  # heard beside the end of the call, before it or after
    return {"leader": "转队列：已交给话务平台" in said, "agent": now["said"], "presence": comes(page, lambda now: now["presence"] == "wrap_up")["presence"]}


def answered(page) -> None:
    page.goto("/desk/knowledge")
    page.click("#phonebar [data-do=answer]:visible", timeout=60_000)
    page.wait_for_url("**/desk/intake?call=*")
    comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")


def in_the_queue(stage: Stage, exchange: Exchange) -> dict:
    """A second agent gets the caller at once though the first one's browser is dead; then the caller is moved."""
    who = stage.cast.another(_agent())
    with ThreadPoolExecutor(1) as beside:  # the browser's driver has a loop of its own here
        beside.submit(exchange.sits, TIBETAN, ("q-bo",), [*ANSWERS, wait(1500), agent_bye(), wait(100)]).result()
    with stage.seat(who, width=1366, height=768) as page:
        page.goto("/desk/intake")
        sign_in(page)
        comes(page, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
        citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number=CITIZEN)
        answered(page)
        (call,) = exchange.linkedids(CITIZEN)
        told = {"rung": [row[3] for row in exchange.of_queue("RINGNOANSWER", call)], "moved": moved(stage, exchange, page)}
        told |= {"there": [row[2] for row in until(lambda: exchange.of_queue("CONNECT", call)[1:])], "citizen": citizen.wait()}
        page.click("#phonebar [data-value=ready]:visible")
        return told | ({"tls": secure(page, exchange, stage)} if "tls" in TODAY else {})


def _agent():
    from minsheng.accounts.rules import Role

    return Role.AGENT


def secure(page, exchange: Exchange, stage: Stage) -> dict:
    """The page's link to the exchange under TLS: the certificate is over, is changed, the link is cut before a call and in one."""
    proxy, window = stage.proxy, next(one for one in page.context.pages if one.url.endswith("/desk/phone"))
    file = exchange.places / "pbx.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('phone_url = ""', f'phone_url = "wss://127.0.0.1:{proxy.port}/ws"'), encoding="utf-8")
    window.reload()
    told = {"over": comes(page, lambda now: now.get("line") == "lost" and "证书" in now["why"])["why"]}
    stage.look(page, "phone-certificate")
    proxy.become("holds")
    comes(page, lambda now: now.get("line") == "ready")
    proxy.cut()
    told["before"] = comes(page, lambda now: now.get("line") == "lost")["why"]
    proxy.open()
    comes(page, lambda now: now.get("line") == "ready" and now["presence"] == "ready")
    citizen = exchange.ring([wait(300), key("1"), WAIT_BYE], number="13800000033")
    answered(page)
    proxy.cut()
    told["in"] = comes(page, lambda now: now.get("line") == "lost" and now["call"])["why"]
    proxy.open()
    told["call"] = comes(page, lambda now: now.get("line") == "ready" and now["call"])["call"]["state"]
    page.click("#phonebar [data-do=hangup]:visible")
    return told | {"citizen": citizen.wait()}


def rung_back(stage: Stage, exchange: Exchange) -> dict:
    """The lost caller, dialled from the list: busy for the first clerk's word, then told by the exchange; gone from the list, rung once."""
    with stage.seat("callback_clerk", width=1366, height=768) as page:
        page.goto("/desk/ring-back")
        sign_in(page)
        comes(page, lambda now: now.get("line") == "ready")
        until(lambda: page.reload() and page.locator("button[data-key=x]:enabled").count(), 90, "it is not due")
        stage.look(page, "ring-back-list")
        page.keyboard.press("x")
        page.wait_for_selector("[data-expects]")
        key_ = page.get_attribute("[data-expects]", "data-expects")
        untried = _recorded(page, "reached")
        citizen = Phone(exchange, [*ANSWERS, UNTIL_TOLD, agent_bye(), wait(100)], "outside", port=exchange.outside)
        page.locator("main h1").click()  # out of the choice of results
        with page.expect_navigation():
            page.keyboard.press("d")
        comes(page, lambda now: now["call"] and now["call"]["state"] == "talking")
        stage.look(page, "ring-back-dialled")
        until(lambda: "\nACK sip:" in citizen.messages, what="the citizen has not answered")
        citizen.go_on()
        over = comes(page, lambda now: not now["call"])["said"]
        page.wait_for_selector("#told strong", timeout=60_000)
        told = {"key": key_[:3], "untried": untried, "over": over, "told": page.inner_text("#told")}
        stage.look(page, "ring-back-told")
        page.fill("#f-note", "已说明来意")  # a note alone: the exchange has told the result
        page.click(".ms-call-result button")
        page.wait_for_url("**/desk/ring-back")
        told["left"] = page.locator(".ms-line").count()
        page.goto("/desk/ring-back?state=done")
        return told | {"done": page.inner_text(".ms-line"), "dialled": len(exchange.said("CALLBACK_DIAL", key_))}


def _recorded(page, result: str) -> str:
    page.check(f"[name=result][value={result}]")
    page.click(".ms-call-result button")
    page.wait_for_selector("main [role=alert]")
    return page.inner_text("main [role=alert]")


def walls(stage: Stage, serve: psutil.Process) -> dict:
    """Two walls; the program that serves them is killed and comes back."""
    with stage.seat("supervisor", width=1920, height=1080) as one, stage.seat("shift_leader", width=1366, height=768) as two:
        both = (one, two)
        for wall in both:
            wall.goto("/desk/calls/wallboard")
        stage.look(one, "wallboard")
        agents = one.inner_text(".bd-wall-now")
        for wall in both:
            wall.evaluate("document.querySelector('[data-wallboard] header').dataset.before = '1'")
        for web in _webs(serve):
            web.kill()
        for wall in both:
            wall.wait_for_selector("[data-wallboard] header:not([data-before]) [data-wallboard-age]:not([data-stale])", timeout=60_000)
        one.context.set_offline(True)
        one.wait_for_selector("[data-wallboard-age][data-stale]", timeout=60_000)
        told = {"agents": agents, "cut": one.inner_text("[data-wallboard-age]"), "other": two.locator("[data-wallboard-age][data-stale]").count()}
        one.context.set_offline(False)
        one.wait_for_selector("[data-wallboard-age]:not([data-stale])", timeout=60_000)
        return told


def _webs(serve: psutil.Process) -> list[psutil.Process]:
    """The processes that answer pages, of the program that we started."""
    return [one for one in serve.children(recursive=True) if "web" in one.cmdline()]


def tell(stage: Stage, exchange: Exchange, play, browser: str, serve: psutil.Process) -> dict:
    began = time.monotonic()
    gives_up = exchange.ring([wait(300), key("1"), UNTIL_TOLD, bye()], number=LOST)
    exchange.call(LOST, "ENTERQUEUE")
    gives_up.go_on()
    told = {"gave_up": gives_up.wait()}  # before anybody is there
    killed(play, browser, stage)
    dead = time.monotonic()
    told |= in_the_queue(stage, exchange)
    if "walls" in TODAY:
        told["walls"] = walls(stage, serve)
    told["lost_after"] = _lost(stage, dead)
    told["back"] = rung_back(stage, exchange)
    return told | {"seconds": round(time.monotonic() - began, 1)}


def _lost(stage: Stage, since: float) -> dict:
    """How the person of the dead browser stands, and after how many seconds at most."""
    from minsheng.telephony.models import AgentState

    person = stage.cast.people["agent"].id
    until(lambda: AgentState.objects.filter(person_id=person, until=None, state="lost").exists(), what="still shown as ready")
    row = AgentState.objects.get(person_id=person, until=None)
    stood = AgentState.objects.filter(person_id=person, state="ready").latest("since")
    return {"state": row.get_state_display(), "s": round((row.since - stood.since).total_seconds())}


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="minsheng-tls-") as folder:
        papers = Papers(Path(folder))
        known = f"--ignore-certificate-errors-spki-list={papers.known()}"
        with on_exchange(args, known, SSL_CERT_FILE=f"{folder}/ca.pem") as scene:
            scene.stage.proxy = SafeProxy(free_port(), scene.exchange.now.ports["web"], papers)
            told = tell(scene.stage, scene.exchange, scene.play, args.browser, scene.served.serve)
    say(told, scene.stage)


if __name__ == "__main__":
    main()
