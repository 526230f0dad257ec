"""The page of intake while a call of the exchange is on it: the number is the exchange's, no field of the form."""

from __future__ import annotations

from zlib import crc32

from minsheng.accounts.rules import Actor
from minsheng.cases.actions import drafts
from minsheng.inter_agency.actions import incoming
from minsheng.inter_agency.rules import read_reference
from minsheng.kit.read_values import id_or_none
from minsheng.telephony.actions import links
from minsheng.telephony.queries import ringing
from minsheng.telephony.queries.ringing import Caller

NOT_YOURS = "这个来电不是接到您这里的，没有打开。要登记别的来电，请按“新的来电”"


def draft_key(call: Caller) -> str:
    """One page, one case: the same call sent twice makes no second."""
    return f"call{call.id}"


def of(by: Actor, values: dict, key: str = "") -> Caller | None:
    """The call that the form names, if it is this person's, or was that of whoever began the draft `key` that is theirs now: it was handed over, or
    lay for days. None without one, at most three statements."""
    call_id = id_or_none(values.get("call", "")) or 0
    return (ringing.caller(by, call_id) or _of_draft(by, key, call_id)) if call_id else None


def _of_draft(by: Actor, key: str, call_id: int) -> Caller | None:
    """A draft bears a call only if it was its writer's (`without_number`)."""
    kept = drafts.load(by, key) if key else None
    return ringing.known(call_id) if kept is not None and kept.one("call") == str(call_id) else None


def with_number(values: dict, call: Caller | None) -> dict:
    """The form as it is read: the number of the record over whatever was typed; a call that is another's is no part of it."""
    if call is None:
        return {name: value for name, value in values.items() if name != "call"}
    return values | ({"phone": call.number} if call.number else {})


def without_number(by: Actor, values: dict, key: str) -> dict:
    """The form as it is kept: the number stays with the call. Typed for a call that shows none, it is what the caller said."""
    call = of(by, values, key)
    left = {"call"} if call is None else {"phone"} if call.number else set()
    return {name: value for name, value in values.items() if name not in left}


def from_police(values: dict, call: Caller | None) -> incoming.Spoken | None:
    """What 110 said of a matter that it hands over; None: it is none of theirs."""
    if not (values.get("police") or (call is not None and call.party)):
        return None
    return incoming.Spoken(read_reference(values.get("police_ref", "")[:80]), " ".join(values.get("police_officer", "").split())[:40],
                           bool(values.get("police_on_line")), call.id if call else None)


def content(by: Actor, key: str, call: Caller | None) -> dict:
    """What of `create_case` the call decides: the case bears its id, and the call's first page is known by it whoever sends it."""
    if call is None:
        return {"key": ("desk", f"{by.id}:{key}")}
    first = key == draft_key(call)
    return {"key": ("call", call.key) if first else ("desk", f"{by.id}:{key}"), "call_id": call.id}


def named(content: dict) -> Caller | None:
    """The call that `content` bears, whose it is having been asked before."""
    return ringing.known(content["call_id"]) if content.get("call_id") else None


def step_key(call: Caller | None, step: str, words: str) -> str:
    """Of a step that the caller came back for: pressed twice it is one; said something more, it is another."""
    return f"call:{call.key}:{step}:{crc32(words.encode()):08x}" if call else ""


def about(call: Caller | None, case_id: int, by: Actor) -> None:
    if call is not None:
        links.link(call_id=call.id, case_id=case_id, by=by)
