"""The gateway to Asterisk: a link to its manager interface for each thing that is asked, nothing kept between two.

A person's phone is a few lines below DATA/pbx/people, written when it is first asked for or becomes another kind of phone; its password is a
row in the exchange's own small database, drawn anew each time and written in no file. A desk's queue is a line there too.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Iterable

from minsheng.telephony import ami, gateway
from minsheng.telephony.ami import Ami
from minsheng.telephony.asterisk import layout
from minsheng.telephony.asterisk.link import Link, forgiving
from minsheng.telephony.gateway import AgentNow, DeadRing, Line, Refused, Snapshot, Unreachable, WaitingNow
from minsheng.telephony.rules import numbers

_PERSON = re.compile(r"a([0-9]{1,18})")
GONE = ("UNAVAILABLE", "INVALID", "UNKNOWN")
_CHANNEL = re.compile(r"PJSIP/a([0-9]{1,18})-[0-9a-f]+")
DEVICES = {"1": "idle", "2": "busy", "3": "busy", "4": "offline", "5": "offline", "6": "ringing", "7": "busy", "8": "busy"}  # of a queue's member
HOST = "minsheng.invalid"  # of a browser's phone, which has no host of its own
JOINS = 2  # seconds after an answer within which caller and person are put together
READS_S = 15.0  # for its files, on a busy machine
OUTBOUND_S = 30  # how long a phone of ours rings before the number outside is dialled

# What all phones of people have, then what a browser's has and what a phone's on the desk has.
ENDPOINT = {"context": "from-agent", "disallow": "all", "direct_media": "no", "rtp_timeout": "30", "rtp_timeout_hold": "300",
            "device_state_busy_at": "1", "language": "zh", "allow_subscribe": "no", "set_var": "TRANSFER_CONTEXT=from-agent"}
# A browser sends voice all the time, muted and on hold too: after these seconds without any it is dead, and its caller is taken care of.
BROWSER = {"webrtc": "yes", "allow": "alaw,ulaw", "rtp_timeout": "6", "rtp_timeout_hold": "20"}
ASKED_EVERY, ANSWERS_IN = "3", "2"  # seconds: a browser that fell silent (no power, no network) rings no more after both; forty cost half a hundredth of a core
DESK_PHONE = {"allow": "alaw,ulaw", "rtp_symmetric": "yes", "force_rport": "yes", "rewrite_contact": "yes", "dtmf_mode": "auto_info"}


class People(Link):
    """How the exchange stands, phones and presence."""

    def snapshot(self) -> Snapshot:
        async def asked(link: Ami) -> Snapshot:
            rows, status = await link.rows("QueueStatus"), await link.send("CoreStatus")
            return Snapshot(_agents(rows), _waiting(rows), int(status["CoreCurrentCalls"]))

        return self.ask(asked)

    def absent(self, people: frozenset[int]) -> frozenset[int]:
        async def asked(link: Ami) -> frozenset[int]:
            states = {row["Device"]: row["State"] for row in await link.rows("DeviceStateList") if "Device" in row}
            return frozenset(one for one in people if states.get(f"PJSIP/{gateway.phone_of(one)}", "UNAVAILABLE") in GONE)

        return self.ask(asked)

    def dead_rings(self) -> tuple[DeadRing, ...]:
        async def asked(link: Ami) -> tuple[DeadRing, ...]:
            rows = await link.rows("CoreShowChannels")
            rings = {row["Channel"]: int(fits[1]) for row in rows if row.get("ChannelStateDesc") == "Ringing" and (fits := _CHANNEL.fullmatch(row.get("Channel", "")))}
            there = _signed_on(await forgiving(link.rows("PJSIPShowContacts")) or []) if rings else {}
            found = []
            for channel, person in rings.items():
                at, rung = there.get(gateway.phone_of(person), set()), await _rings_at(link, channel)
                if rung and rung not in at:
                    found.append(DeadRing(channel, person, bool(at)))
            return tuple(found)

        return self.ask(asked)

    def end_ring(self, ring: DeadRing) -> None:
        """Out of the queues meanwhile, for the exchange puts away whoever did not answer. Who is away already is left as they are."""
        member = f"PJSIP/{gateway.phone_of(ring.person_id)}"

        async def end(link: Ami) -> None:
            rows = [row for row in await link.rows("QueueStatus")
                    if row.get("Event") == "QueueMember" and row.get("Name") == gateway.phone_of(ring.person_id) and row.get("Paused") != "1"]
            for row in rows:
                await link.send("QueueRemove", Queue=row["Queue"], Interface=member)
            await forgiving(link.send("Hangup", Channel=ring.channel, Cause="16"))
            for _ in range(20):
                if not any(row.get("Channel") == ring.channel for row in await link.rows("CoreShowChannels")):
                    break
                await asyncio.sleep(0.05)
            for row in rows if ring.anew else ():
                await link.send("QueueAdd", Queue=row["Queue"], Interface=member, MemberName=row["Name"], Paused="false")

        self.ask(end)

    def address(self) -> str:
        ports = layout.known_ports(self.places)
        return (layout.settings_of(self.places).phone_url or f"ws://127.0.0.1:{ports['web']}/ws") if ports else ""

    def line(self, person_id: int, *, desk_phone: bool = False) -> Line:
        settings, ports = layout.settings_of(self.places), layout.known_ports(self.places)
        if not ports:
            raise Unreachable("电话交换机还没有启动")
        user = gateway.phone_of(person_id)
        kind = {**DESK_PHONE, "media_address": settings.listen, "bind_rtp_to_media_address": "yes"} if desk_phone else BROWSER
        password = self._word(user, _phone(user, {**ENDPOINT, **kind}))
        host = f"{settings.listen}:{ports['sip']}"
        return Line(f"sip:{host}" if desk_phone else self.address(), f"sip:{user}@{host if desk_phone else HOST}", user, password)

    def _word(self, user: str, phone: str) -> str:
        """A new password of a phone, which the exchange reads first when it is new there."""
        password = secrets.token_urlsafe(18)
        row = json.dumps({"auth_type": "userpass", "username": user, "password": password}, separators=(",", ":"))

        async def put(link: Ami) -> None:
            await link.send("DBPut", Family="phones/auth", Key=user, Val=row)
            if fresh:
                await link.send("Reload", Module="res_pjsip.so", patience=READS_S)
                await _there(link, user)

        with self.telling(f"{user}.conf", phone) as fresh:
            self.ask(put)
        return password

    def visitor(self) -> Line:
        if not (address := self.address()):
            raise Unreachable("电话交换机还没有启动")
        phone = _phone("visitor", {**ENDPOINT, **BROWSER, "context": "from-visitor", "set_var": "TRANSFER_CONTEXT=none"})
        return Line(address, f"sip:visitor@{HOST}", "visitor", self._word("visitor", phone))

    def no_line(self, person_id: int) -> None:
        """A phone without a password signs on no more; what was signed on is put out."""
        user = gateway.phone_of(person_id)

        async def remove(link: Ami) -> None:
            await forgiving(link.send("DBDel", Family="phones/auth", Key=user))
            await forgiving(link.send("DBDelTree", Family="registrar/contact", Key=user))

        self.ask(remove)

    def agent_login(self, person_id: int, queues: tuple[str, ...]) -> None:
        user, wanted = gateway.phone_of(person_id), {gateway.queue_name(name) for name in queues}

        async def enter(link: Ami) -> None:
            now = {agent.person_id: agent for agent in _agents(await link.rows("QueueStatus"))}.get(person_id)
            has = set(now.queues) if now else set()
            for queue in sorted(wanted - has):
                await link.send("QueueAdd", Queue=queue, Interface=f"PJSIP/{user}", MemberName=user, Paused="false")
            for queue in sorted(has - wanted):
                await link.send("QueueRemove", Queue=queue, Interface=f"PJSIP/{user}")

        self.ask(enter)

    def agent_pause(self, person_id: int, reason: str) -> None:
        self._paused(person_id, "true", gateway.pause_reason(reason))

    def agent_unpause(self, person_id: int) -> None:
        self._paused(person_id, "false", "")

    def _paused(self, person_id: int, paused: str, reason: str) -> None:
        async def put(link: Ami) -> None:
            await link.send("QueuePause", Interface=f"PJSIP/{gateway.phone_of(person_id)}", Paused=paused, Reason=reason)

        self.ask(put)

    def agent_logout(self, person_id: int) -> None:
        self.agent_login(person_id, ())


class Asterisk(People):
    """And calls."""

    name = "asterisk"

    def dial(self, key: str, person_id: int, number: str) -> None:
        key, number = gateway.call_key(key), gateway.number_out(number)

        self._ring(key, f"PJSIP/{gateway.phone_of(person_id)}", number, number, f"PJSIP_HEADER(add,X-Hotline-Call)={key}", person_id)

    def relay(self, key: str, first: str, second: str) -> None:
        key, first, second = gateway.call_key(key), gateway.number_out(first), gateway.number_out(second)
        self._ring(key, f"PJSIP/{first}@trunk", second, layout.settings_of(self.places).number, "RELAYED=1")

    def _ring(self, key: str, channel: str, number: str, shown: str, variable: str, person_id: int = 0) -> None:
        async def ring(link: Ami) -> None:
            rows = await link.rows("CoreShowChannels")
            if any(row.get("Linkedid") == key or row.get("Uniqueid") == key for row in rows):
                return  # asked twice: it rings already
            if person_id:
                _not_ringing_us(rows, number)
                await _free(link, person_id)
            await link.send("Originate", Channel=channel, Context="callback", Exten=number, Priority="1", ChannelId=key, CallerID=f"<{shown}>",
                            Timeout=str(OUTBOUND_S * 1000), Async="true", Variable=variable)

        self.ask(ring)

    def transfer(self, person_id: int, target: str, kind: str = "blind") -> None:
        target = gateway.transfer_target(target)
        if kind != "blind":
            raise Refused("先咨询再转接请在话机上做：另拨对方，接通后再转")

        async def pass_on(link: Ami) -> None:
            await link.send("BlindTransfer", Channel=await _joined(link, person_id), Context="from-agent", Exten=target)

        self.ask(pass_on)

    def take_over(self, person_id: int, other_id: int) -> None:
        self.ask(lambda link: _free(link, person_id))  # a caller is sent to no telephone that cannot ring
        self.transfer(other_id, gateway.phone_of(person_id))

    def hangup(self, person_id: int) -> None:
        async def end(link: Ami) -> None:
            await link.send("Hangup", Channel=await _channel(link, person_id), Cause="16")

        self.ask(end)

    def listen(self, person_id: int, other_id: int, whisper: bool = False) -> None:
        key = f"spy-{person_id}-{secrets.randbelow(10**9)}"  # by the header the leader's telephone knows that no citizen rings, and answers

        async def put_in(link: Ami) -> None:
            channel = await _channel(link, other_id)
            await _free(link, person_id)
            await link.send("Originate", Channel=f"PJSIP/{gateway.phone_of(person_id)}", Application="ChanSpy", Data=f"{channel},q{'w' if whisper else ''}E",
                            ChannelId=key, Timeout=str(OUTBOUND_S * 1000), Async="true", Variable=f"PJSIP_HEADER(add,X-Hotline-Call)={key}")

        self.ask(put_in)

    def pause_recording(self, person_id: int, paused: bool) -> None:
        async def mute(link: Ami) -> None:
            await link.send("MixMonitorMute", Channel=await _channel(link, person_id), Direction="both", State="1" if paused else "0")

        self.ask(mute)

    def stop_recording(self, person_id: int) -> None:
        """For good: also with whom the call is passed on to."""

        async def end(link: Ami) -> None:
            channel = await _channel(link, person_id)
            rows = await link.rows("CoreShowChannels")
            call = next((row.get("Linkedid") for row in rows if row.get("Channel") == channel), None)
            for row in rows:
                if call and row.get("Linkedid") == call:
                    await forgiving(link.send("Setvar", Channel=row["Channel"], Variable="__NOREC", Value="1"))
            await link.send("StopMixMonitor", Channel=channel)

        self.ask(end)

    def flag(self, number: str, flagged: bool) -> None:
        number = gateway.caller_number(number)

        async def put(link: Ami) -> None:
            if flagged:
                await link.send("DBPut", Family="flagged", Key=number, Val="1")
            else:
                await forgiving(link.send("DBDel", Family="flagged", Key=number))

        self.ask(put)

    def desks(self, ids: tuple[int, ...]) -> None:
        """Their part of the queues' file holds names made of numbers alone; the exchange reads it when told."""

        kept = {f"q-desk-{one}" for one in ids}

        async def read_again(link: Ami) -> None:
            waits = [row for row in await link.rows("QueueStatus") if row.get("Event") == "QueueEntry" and row["Queue"].startswith("q-desk-")]
            await link.send("QueueReload", Members="no", Rules="no", Parameters="yes", patience=READS_S)
            for row in waits:
                if row["Queue"] not in kept:
                    await forgiving(link.send("Redirect", Channel=row["Channel"], Context="no-queue", Exten="s", Priority="1"))

        with self.telling("desks.queues", "".join(f"[q-desk-{int(one)}](desk)\n" for one in sorted(set(ids)))) as fresh:
            if fresh:
                self.ask(read_again)


def _phone(user: str, endpoint: dict[str, str]) -> str:
    asked = {"qualify_frequency": ASKED_EVERY, "qualify_timeout": ANSWERS_IN} if "webrtc" in endpoint else {"qualify_frequency": "0"}
    aor = {"max_contacts": "1", "remove_existing": "yes", "maximum_expiration": "600", **asked}
    whole = {**endpoint, "auth": user, "aors": user, "callerid": f"{user} <{user}>"}
    return "".join(f"[{user}]\ntype = {kind}\n" + "".join(f"{name} = {value}\n" for name, value in rows.items())
                   for kind, rows in (("endpoint", whole), ("aor", aor)))


async def _there(link: Ami, user: str) -> None:
    """Until the exchange has read the new phone: it reads in its own time."""
    for _ in range(50):
        if await forgiving(link.rows("PJSIPShowEndpoint", Endpoint=user)):
            return
        await asyncio.sleep(0.05)
    raise ami.AmiError("新话机还没有生效，请再试一次")


def _not_ringing_us(rows: Iterable[ami.Message], number: str) -> None:
    """Who rings us this very second is in no ledger yet, and would be busy."""
    asked = numbers.caller(number)
    if any(row.get("Channel", "").startswith("PJSIP/trunk-") and asked and numbers.caller(row.get("CallerIDNum", "")) == asked for row in rows):
        raise Refused("这个号码正在打进来：由接听的同事办，先不要拨")


async def _free(link: Ami, person_id: int) -> None:
    """Their telephone is there and can ring now; what is asked of it otherwise would be told as done, and nothing would ring."""
    state = (await link.send("Getvar", Variable=f"DEVICE_STATE(PJSIP/{gateway.phone_of(person_id)})")).get("Value", "")
    if state in (*GONE, ""):
        raise Refused("您的话机没有签入：请先在话机栏按“签入”")
    if state != "NOT_INUSE":
        raise Refused("您的话机正在通话或振铃：请先结束")


def _signed_on(rows: Iterable[ami.Message]) -> dict[str, set[str]]:
    """Phone -> where it can be reached now."""
    found: dict[str, set[str]] = {}
    for row in rows:
        if row.get("Status") not in ("Unreachable", "Removed"):
            found.setdefault(row.get("Aor", row.get("Endpoint", "")), set()).add(_place(row.get("Uri", "")))
    return found


async def _rings_at(link: Ami, channel: str) -> str:
    """"" when it rings no more, or does not know yet where."""
    told = await forgiving(link.send("Getvar", Channel=channel, Variable="CHANNEL(pjsip,target_uri)"))
    return _place(told.get("Value", "")) if told else ""


def _place(uri: str) -> str:
    """Which connection it is: what stands behind differs by who wrote it."""
    return uri.strip("<>").partition(";")[0]


async def _channel(link: Ami, person_id: int) -> str:
    """The channel on which this person talks; of two, the one that is in a bridge."""
    return _talking(await link.rows("CoreShowChannels"), person_id)["Channel"]


async def _joined(link: Ami, person_id: int) -> str:
    """The same, once somebody is on the other side: a call just answered is up for a moment before the two are put together,
    and the exchange passes nobody on meanwhile. After JOINS seconds as it is: the exchange says what is wrong with it."""
    for _ in range(int(JOINS / 0.05)):
        rows = await link.rows("CoreShowChannels")
        mine = _talking(rows, person_id)
        if mine.get("BridgeId") and any(row.get("BridgeId") == mine["BridgeId"] and row["Channel"] != mine["Channel"] for row in rows):
            break
        await asyncio.sleep(0.05)
    return mine["Channel"]


def _talking(rows: Iterable[ami.Message], person_id: int) -> ami.Message:
    found = [row for row in rows
             if (fits := _CHANNEL.fullmatch(row.get("Channel", ""))) and int(fits.group(1)) == person_id and row.get("ChannelStateDesc") == "Up"]
    if not found:
        raise Refused("这个人现在没有通话")
    return min(found, key=lambda row: (not row.get("BridgeId"), row.get("Duration", "")))


def _agents(rows: Iterable[ami.Message]) -> tuple[AgentNow, ...]:
    found: dict[int, list[ami.Message]] = {}
    for row in rows:
        if row.get("Event") == "QueueMember" and (fits := _PERSON.fullmatch(row.get("Name", ""))):
            found.setdefault(int(fits.group(1)), []).append(row)
    return tuple(AgentNow(person, tuple(sorted(row["Queue"] for row in of)), of[0].get("Paused") == "1", of[0].get("PausedReason", ""),
                          DEVICES.get(of[0].get("Status", ""), "offline"), max(int(row.get("InCall", "0")) for row in of))
                 for person, of in sorted(found.items()))


def _waiting(rows: Iterable[ami.Message]) -> tuple[WaitingNow, ...]:
    return tuple(WaitingNow(row["Uniqueid"], row["Queue"], int(row["Position"]), int(row["Wait"])) for row in rows if row.get("Event") == "QueueEntry")
