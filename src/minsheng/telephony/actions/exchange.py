"""What a person's telephone asks of the exchange (telephony.gateway). What it does not do is Refused, with its own sentence."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from socket import create_connection
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings

from minsheng.kit.verdict import Refused, no
from minsheng.telephony import gateway
from minsheng.telephony.gateway import Gateway
from minsheng.telephony.rules.words import Presence

T = TypeVar("T")
SIMULATED, NONE = "simulator", "none"
LOOKS = 3.0  # seconds for a look at the exchange's door


def ask(deed: Callable[[Gateway], T]) -> T:
    there = gateway.now()
    if there is None:
        raise Refused(no("exchange", "还没有接电话：启动时没有选话务平台"))
    try:
        return deed(there)
    except gateway.Refused as refused:
        raise Refused(no("exchange", str(refused))) from refused


def stands(person_id: int, state: Presence, reason: str, queues: tuple[str, ...]) -> None:
    """The exchange rings whom it has as ready, in exactly these queues."""
    if settings.TELEPHONY == SIMULATED:
        return  # its people are always there

    def deed(there: Gateway) -> None:
        if state is Presence.OUT:
            there.agent_logout(person_id)
            there.no_line(person_id)
            return
        there.agent_login(person_id, queues)
        if queues and state is Presence.READY:
            there.agent_unpause(person_id)
        elif queues:
            there.agent_pause(person_id, reason or state.value)

    try:
        ask(deed)
    except Refused:
        if state is not Presence.OUT:  # who leaves has left, whether the exchange hears of it or not
            raise


def line(person_id: int) -> dict[str, Any]:
    """What the window of the telephone registers with: a word made for it alone."""
    if settings.TELEPHONY == SIMULATED:
        return {"simulated": True}
    made = ask(lambda there: there.line(person_id))
    return {"url": made.url, "uri": made.uri, "user": made.user, "password": made.password}


def address() -> str:
    """Where a browser finds the exchange, as scheme://host:port; "" where there is none."""
    there = gateway.now()
    found = urlsplit(there.address() if there is not None else "")
    return f"{found.scheme}://{found.netloc}" if found.netloc else ""


def trouble(url: str) -> str:
    """Why a browser cannot reach the exchange there, as far as this program can see; "" when it sees nothing wrong."""
    found = urlsplit(url)
    if not found.hostname:
        return ""
    port = found.port or (443 if found.scheme == "wss" else 80)
    try:
        with create_connection((found.hostname, port), LOOKS) as link:
            if found.scheme == "wss":
                ssl.create_default_context().wrap_socket(link, server_hostname=found.hostname).close()
    except ssl.SSLCertVerificationError as wrong:
        if wrong.verify_code == 10:  # X509_V_ERR_CERT_HAS_EXPIRED
            return "话务平台的证书过期了，浏览器不肯连接：请告诉技术员换证书，换好后按“重试”"
        return f"浏览器不信任话务平台的证书：请告诉技术员（{wrong.verify_message}）"
    except OSError:
        return "话务平台没有开，或这里到不了它：请告诉值班长。连上之前不会有来电"
    return ""
