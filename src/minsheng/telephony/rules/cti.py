"""The three events that any exchange can send (newCall, answer, hangup) -> events of the house, and the other way round; and how a message is
signed. Pure.

With one message we learn that somebody rang, who answered, and when it ended; of queue, language and giving up in a queue only what it says.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from minsheng.kit.verdict import YES, Invalid, Verdict, no
from minsheng.telephony.rules import numbers
from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.ledger_lines import OURS, PARTIES, agent_of, language_of

EVENTS = ("newCall", "answer", "hangup")
FRESH = timedelta(minutes=5)  # an older message is somebody's recording of one
_CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:-]{0,79}", re.ASCII)
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", re.ASCII)


def events_of(given: Mapping[str, object], pbx: str, at: datetime) -> list[Event]:
    """Invalid with a sentence per field. The same message twice gives the same events."""
    name, call, queue = (_text(given, part) for part in ("event", "callId", "queue"))
    errors = {} if name in EVENTS else {"event": f"应为 {'、'.join(EVENTS)} 之一"}
    if not _CALL.fullmatch(call):
        errors["callId"] = "应为 1 至 80 个字母、数字或 . _ - : @"
    if queue and not _QUEUE.fullmatch(queue):
        errors["queue"] = "应为 1 至 60 个字母、数字或 _ -"
    direction = _text(given, "direction") or "in"
    if direction not in ("in", "out"):
        errors["direction"] = "应为 in 或 out"
    if errors:
        raise Invalid(errors)
    agent = agent_of(_text(given, "user") or _text(given, "answeringNumber"))
    other = numbers.caller(_text(given, "from" if direction == "in" else "to"))
    call = f"x-{call}"[:80] if call.startswith(OURS) else call  # a name of the calls that our own exchange makes proves what no other may say
    first = Event(Kind.ARRIVED, pbx, call, call, at, direction=direction, number=other)
    if name == "newCall":
        party = [Event(Kind.HANDED_OVER, pbx, call, call, at, target=PARTIES[0])] if direction == "in" and _text(given, "party") in PARTIES else []
        return [first, *party, *([Event(Kind.QUEUED, pbx, call, call, at, queue=queue or "cti", language=language_of(queue))] if direction == "in" else [])]
    if name == "answer":
        return [Event(Kind.CONNECTED, pbx, call, call, at, agent=agent, queue=queue or "cti")]
    return [Event(Kind.ENDED, pbx, call, call, at, agent=agent, target="linkedid")]


def _text(given: Mapping[str, object], name: str) -> str:
    """Numbers come as numbers from some, and whoever may be rung as a list of people."""
    value = given.get(name, "")
    if isinstance(value, list | tuple):
        value = next((one for one in value if one), "")
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over "stamp.body", hex."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def genuine(secret: str, stamp: str, signed: str, body: bytes, now: datetime) -> Verdict:
    """Is it signed with the secret, and of these minutes?"""
    if not re.fullmatch(r"\d{9,11}", stamp, re.ASCII):
        return no("signature", "请求头 X-Minsheng-Time 应为秒数（UTC）")
    if abs(now.timestamp() - int(stamp)) > FRESH.total_seconds():
        return no("stale", "时间相差超过 5 分钟：请对时；旧的请求不再接收")
    if not hmac.compare_digest(signature(secret, stamp, body).encode(), signed.strip().lower().encode()):
        return no("signature", "签名不对：HMAC-SHA256(密钥, 时间 + \".\" + 原文)，十六进制")
    return YES


# --- the other way: what another program is told of a call ------------------------------------------------------------------------------

NEW_CALL, ANSWER, HANGUP = 1, 2, 4  # of what was told already
_CAUSES = {"answered": "normalClearing", "abandoned": "cancel", "callback": "cancel", "greeting": "cancel", "voicemail": "normalClearing"}


@dataclass(frozen=True, slots=True)
class Told:
    """A call as far as it is known now. `line`: the hotline's own number."""

    call_id: str
    direction: str
    number: str
    line: str
    queue: str
    agent: int | None
    arrived_at: datetime
    connected_at: datetime | None
    ended_at: datetime | None
    result: str


def messages(call: Told, told: int) -> list[tuple[int, datetime, dict[str, object]]]:
    """(which, when it happened, what is said), in the order in which it has to be said; without what was told."""
    ours = call.direction == "out"
    head = {"callId": call.call_id, "direction": call.direction, "from": call.line if ours else call.number, "to": call.number if ours else call.line,
            **({"queue": call.queue} if call.queue else {}), **({"user": f"a{call.agent}"} if call.agent else {})}
    found: list[tuple[int, datetime, dict[str, object]]] = [(NEW_CALL, call.arrived_at, {"event": "newCall", **head})]
    if call.connected_at and call.agent:
        found.append((ANSWER, call.connected_at, {"event": "answer", **head}))
    if call.ended_at:
        found.append((HANGUP, call.ended_at, {"event": "hangup", **head, "cause": "normalClearing" if call.connected_at else _CAUSES.get(call.result, "noAnswer")}))
    return [one for one in found if not told & one[0]]
