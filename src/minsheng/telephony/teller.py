"""Another program of the city is told of calls: newCall, answer, hangup, as common telephone systems send them, signed. Off unless configured.

Beside the usual files: the edge to other parties is neither a rule nor an action.

MINSHENG_CTI_URL         where they are posted to; it gets the callers' numbers, so it is https, or on this machine
MINSHENG_CTI_OUT_SECRET  at least 32 characters: each message bears X-Minsheng-Time and X-Minsheng-Signature, made as `rules.cti.signature` says.
                         Whoever reads them refuses what is older than five minutes, and takes the same event of the same call once.
"""

from __future__ import annotations

import http.client
import json
import logging
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections

from minsheng.kit import clock, outward
from minsheng.telephony.actions.told import tell_some
from minsheng.telephony.rules import cti

TIMEOUT_S, EVERY, LATER, SHORTEST, LONGEST = 5, 1.0, 15.0, 32, 2000
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """`status` 0: there was none, and `why` is what broke; else `why` is what the other side wrote."""

    status: int
    why: str = ""

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """For good: the same again would be refused again."""
        return 400 <= self.status < 500 and self.status not in (401, 403, 404, 408, 425, 429)


@dataclass(frozen=True)
class Teller:
    url: str
    secret: str

    def send(self, said: Mapping[str, object]) -> bool:
        """Whether it was taken. What is refused for good (4xx) is not said again."""
        answer = self.post(said)
        if not answer.taken:
            log.warning("calls are told: answered %s", answer.status or answer.why)
        return answer.taken or answer.refused

    def post(self, said: Mapping[str, object]) -> Answer:
        """Once; what the other side said to it."""
        body, stamp = json.dumps(said, ensure_ascii=False).encode(), str(int(clock.machine_now().timestamp()))
        head = {"Content-Type": "application/json", "X-Minsheng-Time": stamp, "X-Minsheng-Signature": cti.signature(self.secret, stamp, body)}
        try:
            with outward.opened(urllib.request.Request(self.url, body, head), TIMEOUT_S) as answer:
                return Answer(answer.status)
        except urllib.error.HTTPError as wrong:
            with wrong:
                return Answer(wrong.code, _read(wrong))
        except (http.client.HTTPException, OSError) as wrong:
            return Answer(0, type(wrong).__name__)


def _read(answer: urllib.error.HTTPError) -> str:
    """The first of what a refusal says; a line that breaks off says nothing."""
    try:
        return answer.read(LONGEST).decode("utf-8", "replace")
    except (http.client.HTTPException, OSError):
        return ""


def wrong(url: str, secret: str, url_name: str = "MINSHENG_CTI_URL", secret_name: str = "MINSHENG_CTI_OUT_SECRET") -> str:
    """Why nobody is told anything; "" when all is well."""
    found = outward.fits(url)
    if found == "no address":
        return f"{url_name} 不是网址，请写成 https://…"
    if found:
        return f"{url_name} 不是 https：号码会明文经过网络，所以没有发"
    return "" if len(secret) >= SHORTEST else f"{secret_name} 至少 {SHORTEST} 个字符：没有签名的消息谁都能伪造，所以没有发"


def of_environment() -> Teller | None:
    """As the environment says now; None: it is off, or cannot be."""
    url, secret = os.environ.get("MINSHENG_CTI_URL", ""), os.environ.get("MINSHENG_CTI_OUT_SECRET", "")
    return Teller(url, secret) if url and not wrong(url, secret) else None


def told() -> list[tuple[bool, str]]:
    """For doctor: why nothing is said although it was wanted."""
    url = os.environ.get("MINSHENG_CTI_URL", "")
    said = wrong(url, os.environ.get("MINSHENG_CTI_OUT_SECRET", "")) if url else ""
    return [(False, said)] if said else []


def tell(ending: threading.Event) -> None:
    """Until `ending`, beside the thread that follows the exchange: whoever does not answer holds up nothing else."""
    by = of_environment()
    if by is None or settings.TELEPHONY == "simulator":  # nobody takes a simulated call for a real one
        return
    while not ending.is_set():
        well = True
        try:
            close_old_connections()
            well = tell_some(by.send)
        except DatabaseError as gone:
            log.warning("calls are told: %s", type(gone).__name__)
        ending.wait(EVERY if well else LATER)
    connections.close_all()
