"""Text of an exchange's ledger -> events: `queue_log` and the CEL file, a line at a time. Pure.

A line is read, or it is of no interest (None), or it cannot be read: `Unread` says why, and whoever reads the file keeps the line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from minsheng.telephony.rules import numbers
from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.words import PauseReason, Presence

QUEUE_LOG, CEL = "queue_log", "cel"
FILES = {"var/log/asterisk/queue_log": QUEUE_LOG, "var/log/asterisk/cel-custom/calls.csv": CEL}  # below the exchange's folder
EARLIEST, LATEST = 946684800, 4102444800  # 2000 to 2100: outside, a clock was never set
LONGEST = 4000  # characters of a line
_TIME = re.compile(r"(\d{9,11})(?:\.(\d{1,6}))?", re.ASCII)
_AGENT = re.compile(r"(?:PJSIP/|SIP/|Local/)?a(\d{1,18})(?:-[0-9a-f]+|@.*)?", re.I | re.ASCII)
_CALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_QUEUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", re.ASCII)
_SENT_TO = re.compile(r'"extension"\s*:\s*"(110|119|120|122|12315|a\d{1,18}|q-[a-z0-9-]{1,38})"', re.ASCII)
OURS = ("cb-", "hf-", "rl-")  # of calls that we make: a call-back, one to a requester, one between a unit and a requester
LINES = ("110", "119", "120", "122", "12315")  # outside the house, that a call may be passed on to: no citizen's number
PARTIES = ("110",)  # who may ring us on a number of their own
LANGUAGES = {"q-zh": "zh", "q-bo": "bo", "q-en": "en"}


class Unread(Exception):
    """The line says nothing that can be trusted; the message says why."""


def moment(raw: str) -> tuple[datetime, bool]:
    """(instant, has it fractions of a second)."""
    found = _TIME.fullmatch(raw.strip())
    if found is None:
        raise Unread("时间不是数字")
    seconds = int(found[1])
    if not EARLIEST <= seconds < LATEST:
        raise Unread("时间不在 2000 至 2100 年，请核对话务平台的时钟")
    micro = int((found[2] or "").ljust(6, "0"))
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=micro), found[2] is not None


def agent_of(raw: str) -> int:
    """The person's id in PJSIP/a17, a17, PJSIP/a17-0000002a; 0: nobody of ours."""
    found = _AGENT.fullmatch(raw.strip())
    return int(found[1]) if found and int(found[1]) < 2**63 else 0


def language_of(queue: str) -> str:
    return LANGUAGES.get(queue, "")


def _name(raw: str, pattern: re.Pattern[str], what: str) -> str:
    if not pattern.fullmatch(raw):
        raise Unread(f"{what}里有不认识的字符")
    return raw


def _count(raw: str, what: str) -> int:
    """Below zero where the exchange's clock was set back meanwhile: nobody waited or talked so long, but it happened."""
    if not re.fullmatch(r"-?\d{1,9}", raw, re.ASCII):
        raise Unread(f"{what}不是数字")
    return max(0, int(raw))


# --- queue_log: epoch|callid|queue|agent|EVENT|data1|data2|… ------------------------------------------------------------

_Parts = tuple[str, ...]


def _at(parts: _Parts, place: int) -> str:
    return parts[place] if len(parts) > place else ""


def _connected(parts: _Parts) -> dict[str, object]:
    return {"kind": Kind.CONNECTED, "value": _count(_at(parts, 0), "等待秒数")}


def _ended(who: str) -> Callable[[_Parts], dict[str, object]]:
    return lambda parts: {"kind": Kind.ENDED, "target": who, "value": _count(_at(parts, 1), "通话秒数")}


def _left(how: str) -> Callable[[_Parts], dict[str, object]]:
    return lambda parts: {"kind": Kind.LEFT_QUEUE, "target": how}


def _transferred(parts: _Parts) -> dict[str, object]:
    to = _at(parts, 0)[:40]
    return {"kind": Kind.TRANSFERRED, "target": "" if to in ("BRIDGE", "APP", "LINK", "THREEWAY") else to}


def _queued(parts: _Parts) -> dict[str, object]:
    return {"kind": Kind.QUEUED, "number": _at(parts, 1)}


_EVENTS: dict[str, Callable[[_Parts], dict[str, object]]] = {
    "ENTERQUEUE": _queued,
    "CONNECT": _connected,
    "ABANDON": lambda parts: {"kind": Kind.ABANDONED, "value": _count(_at(parts, 2), "等待秒数")},
    "COMPLETEAGENT": _ended("agent"),
    "COMPLETECALLER": _ended("caller"),
    "EXITWITHKEY": _left("key"),
    "EXITWITHTIMEOUT": _left("timeout"),
    "EXITEMPTY": _left("empty"),
    "RINGNOANSWER": lambda parts: {"kind": Kind.NOT_ANSWERED},
    "RINGCANCELED": lambda parts: {"kind": Kind.OFFERED, "target": "canceled"},
    "BLINDTRANSFER": _transferred,
    "ATTENDEDTRANSFER": _transferred,
    "CALLBACKREQ": lambda parts: {"kind": Kind.CALLBACK_REQUESTED, "number": _at(parts, 0)},
    "VOICEMAIL": lambda parts: {"kind": Kind.VOICEMAIL, "number": _at(parts, 0)},
}
WRAP_UP = "wrap_up"  # the reason of a pause that is none
_REASONS = {one.value: f"paused:{one.value}" for one in PauseReason} | {"Auto-Pause": f"paused:{PauseReason.UNANSWERED.value}", WRAP_UP: WRAP_UP, "lost": Presence.LOST.value}
_OF_AGENTS = {"ADDMEMBER": "ready", "REMOVEMEMBER": "out", "PAUSE": "paused", "PAUSEALL": "paused", "UNPAUSE": "ready", "UNPAUSEALL": "ready"}


def read_queue_log(line: str, pbx: str) -> Event | None:
    """One line without its end."""
    parts = _checked(line).split("|")
    if len(parts) < 5:
        raise Unread("字段不足 5 个")
    at, exact = moment(parts[0])
    call, queue, agent, name, rest = parts[1], parts[2], parts[3], parts[4], tuple(parts[5:])
    if name == "QUEUESTART":
        return Event(Kind.PBX_RESTARTED, pbx, "", "", at, exact=exact)
    if name in _OF_AGENTS:
        state = _OF_AGENTS[name] if _OF_AGENTS[name] != "paused" else _REASONS.get(_at(rest, 0), "paused")
        return Event(Kind.AGENT_CHANGED, pbx, "", "", at, agent=agent_of(agent), target=state, exact=exact)
    if name not in _EVENTS:
        return None
    call = _name(call, _CALL, "通话编号")
    queue = "" if queue == "NONE" else _name(queue, _QUEUE, "队列名")
    said = _EVENTS[name](rest)
    return _event(said, pbx=pbx, linkedid=call, uniqueid=call, at=at, agent=agent_of(agent), queue=queue, language=language_of(queue), exact=exact)


def _event(said: dict[str, object], **more: object) -> Event:
    """An event whose number is tidied."""
    parts = more | said
    parts["number"] = numbers.caller(str(parts.get("number", "")))
    return Event(**parts)  # type: ignore[arg-type]


def _checked(line: str) -> str:
    if len(line) > LONGEST:
        raise Unread("一行过长")
    if "\x00" in line or "\ufffd" in line:
        raise Unread("有损坏的字符")
    return line


# --- CEL: eventtype,eventtime,linkedid,uniqueid,callerid,exten,context,channame,appname,eventextra ----------------------------

_TAGS = {
    "IVR_LANG": (Kind.LANGUAGE_CHOSEN, "language"), "SURVEY": (Kind.SURVEY_ANSWERED, "value"), "REC_START": (Kind.RECORDED, "target"),
    "TRANSFER_OUT": (Kind.TRANSFERRED, "target"), "TRANSFER_RESULT": (Kind.DIALLED, "target"), "CALLBACK_RESULT": (Kind.DIALLED, "target"),
    "VOICEMAIL": (Kind.VOICEMAIL, "target"), "VOICEMAIL_NOTHING": (Kind.RECORDED, "target"),
    "AGENT_LOST": (Kind.DROPPED, "agent"),
    "FROM_PARTY": (Kind.HANDED_OVER, "party"),
    "WITHHELD": (Kind.WITHHELD, ""),
    "PASSED_BACK": (Kind.QUEUED, "passed_back"),  # nobody answered where the call was passed on to
    "OVERLOAD": (Kind.QUEUED, "target"),  # asked for a person and was turned away
}


def read_cel(line: str, pbx: str) -> Event | None:
    """One line without its end. The name of an event of our own stands as its type or, by some exchanges, in an eleventh field."""
    try:
        fields = next(csv.reader([_checked(line)], strict=True), [])
    except csv.Error:
        raise Unread("引号不成对") from None
    if len(fields) < 10:
        raise Unread("字段不足 10 个")
    name, when, linked, unique, number, _exten, context, channel, app, extra = fields[:10]
    if linked.startswith("spy-"):
        return _listens(name, pbx, when, channel)
    name = fields[10] if name == "USER_DEFINED" and len(fields) > 10 else name
    at, exact = moment(when)
    place: dict[str, object] = {"pbx": pbx, "linkedid": linked, "uniqueid": unique, "at": at, "exact": exact, "agent": agent_of(channel.rpartition("-")[0])}
    said = _of_tag(name, _said(extra)) if name in _TAGS else _of_channel(name, app, linked == unique, place["agent"], number, extra)
    if said is None:
        return None
    _name(linked, _CALL, "通话编号")
    _name(unique, _CALL, "通话编号")
    if said["kind"] == Kind.ARRIVED:
        said = said | {"number": number, "direction": "out" if linked.startswith(OURS) or context in ("from-agent", "callback") else "in"}
    return _event(said, **place)


_LISTENS = {"ANSWER": "listening", "CHAN_END": "listened"}


def _listens(name: str, pbx: str, when: str, channel: str) -> Event | None:
    """A shift leader's ear in a colleague's call: no call of a citizen, but where the leader stands meanwhile."""
    if name not in _LISTENS or not (agent := agent_of(channel)):
        return None
    at, exact = moment(when)
    return Event(Kind.AGENT_CHANGED, pbx, "", "", at, agent=agent, target=_LISTENS[name], exact=exact)


def _of_channel(name: str, app: str, first: bool, agent: object, number: str, extra: str) -> dict[str, object] | None:
    """What happened to a leg; the caller's own is the first. Of `number` no more is said than that it is a line of the list."""
    if name == "LINKEDID_END":
        return {"kind": Kind.ENDED, "target": "linkedid"}
    if name == "BLINDTRANSFER" and agent:
        found = _SENT_TO.search(extra)  # queue_log tells it of who answered for a queue, and of nobody else
        return {"kind": Kind.TRANSFERRED, "target": found[1] if found else ""}
    if name in ("HOLD", "UNHOLD"):
        return {"kind": Kind.HELD, "target": name.lower()}
    if name == "APP_START" and app.lower() != "queue":
        return None
    if agent and not first and name in _OF_COLLEAGUE and app.lower() not in _OF_QUEUE.get(name, ()):
        return {"kind": _OF_COLLEAGUE[name]}
    if not first and name == "BRIDGE_ENTER" and number in LINES:
        return {"kind": Kind.JOINED, "target": number}
    return {"kind": _OF_FIRST[name]} if first and name in _OF_FIRST else None


_OF_COLLEAGUE = {"CHAN_START": Kind.OFFERED, "BRIDGE_ENTER": Kind.JOINED}
_OF_QUEUE = {"BRIDGE_ENTER": ("appqueue",)}  # whom the queue connected is told by queue_log
_OF_FIRST = {"CHAN_START": Kind.ARRIVED, "APP_START": Kind.QUEUED, "BRIDGE_ENTER": Kind.CONNECTED}


def _of_tag(tag: str, text: str) -> dict[str, object] | None:
    """Our own tags (CELGenUserEvent)."""
    kind, field = _TAGS[tag]
    if field in ("", "passed_back"):
        return {"kind": kind, "target": field}
    if field == "language":
        return {"kind": kind, "language": text} if text in ("zh", "bo", "en") else None
    if field == "agent":
        return {"kind": kind, "agent": agent_of(text)}
    if field == "party":
        return {"kind": kind, "target": text} if text in PARTIES else None
    if field == "value":
        return {"kind": kind, "value": int(text)} if text in ("1", "2", "3") else None
    return {"kind": kind, "target": text.rpartition("var/spool/monitor/")[2][:300]}


def _said(extra: str) -> str:
    """The word in {"extra":"zh"} or the word itself."""
    found = re.search(r'"extra"\s*:\s*"((?:[^"\\]|\\.)*)"', extra)
    return (found[1].replace("\\/", "/").replace('\\"', '"') if found else extra).strip()


def when(reader: str, line: str) -> datetime | None:
    """When a line was written by the exchange's clock, of interest or not; None where it does not say."""
    try:
        return moment(line.partition("|")[0] if reader == QUEUE_LOG else line.split(",", 2)[1].strip('"'))[0]
    except (Unread, IndexError):
        return None


READERS: dict[str, Callable[[str, str], Event | None]] = {QUEUE_LOG: read_queue_log, CEL: read_cel}


def whole_lines(piece: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """([(where it begins, line)], how many bytes are whole lines). What stands after the last line end waits."""
    end = piece.rfind(b"\n") + 1
    found, at = [], 0
    for line in piece[:end].split(b"\n")[:-1]:
        found.append((at, line.rstrip(b"\r")))
        at += len(line) + 1
    return found, end
