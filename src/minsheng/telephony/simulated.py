"""What an exchange is asked to do, done by the simulator: it signs on, pauses and dials on paper; no telephone rings.

Orders lie in a file that the worker's thread (`follow`) plays; signing on and off is written as an exchange writes it.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from minsheng.kit import clock
from minsheng.telephony import gateway, simulator
from minsheng.telephony.gateway import AgentNow, DeadRing, Line, Refused, Snapshot, WaitingNow

_NO_CALL = "模拟话务里您没有正在进行的通话"


class Simulated:
    name = "simulator"

    def __init__(self, data: Path):
        self.place = data / "pbx"

    def _log(self, *lines: str) -> None:
        now = int(clock.machine_now().timestamp())
        simulator.write(self.place, [simulator.Line(now, n, simulator.QUEUE_LOG, f"{now}|MANAGER|{line}") for n, line in enumerate(lines)])

    def snapshot(self) -> Snapshot:
        from minsheng.telephony.queries import live

        now = live.now()
        agents = tuple(AgentNow(a.person_id, (), a.state == "paused", a.reason, _DEVICE.get(a.state, "idle"), int(a.state == "talking")) for a in now.agents)
        waiting = tuple(WaitingNow(c.linkedid, c.queue, place, c.waits_s) for place, c in enumerate(now.waiting, 1))
        return Snapshot(agents, waiting, now.talking)

    def absent(self, people: frozenset[int]) -> frozenset[int]:
        return frozenset()  # its people are always there

    def dead_rings(self) -> tuple[DeadRing, ...]:
        return ()

    def end_ring(self, ring: DeadRing) -> None:
        return None

    def address(self) -> str:
        return ""

    def line(self, person_id: int, *, desk_phone: bool = False) -> Line:
        user = gateway.phone_of(person_id)
        return Line("", f"sip:{user}@simulator", user, secrets.token_urlsafe(12))

    def visitor(self) -> Line:
        raise Refused("这里的话务是模拟的，打不进真的电话")

    def no_line(self, person_id: int) -> None:
        return None

    def agent_login(self, person_id: int, queues: tuple[str, ...]) -> None:
        self._log(*(f"{gateway.queue_name(queue)}|a{person_id}|ADDMEMBER|" for queue in queues))

    def agent_pause(self, person_id: int, reason: str) -> None:
        self._log(f"NONE|a{person_id}|PAUSEALL|{gateway.pause_reason(reason)}")

    def agent_unpause(self, person_id: int) -> None:
        self._log(f"NONE|a{person_id}|UNPAUSEALL|")

    def agent_logout(self, person_id: int) -> None:
        self._log(f"NONE|a{person_id}|REMOVEMEMBER|")

    def dial(self, key: str, person_id: int, number: str) -> None:
        self._order(what="dial", key=gateway.call_key(key), person=person_id, number=gateway.number_out(number))

    def relay(self, key: str, first: str, second: str) -> None:
        gateway.call_key(key), gateway.number_out(first), gateway.number_out(second)
        raise Refused("模拟话务里拨不出真的电话")

    def transfer(self, person_id: int, target: str, kind: str = "blind") -> None:
        gateway.transfer_target(target)
        raise Refused(_NO_CALL)

    def hangup(self, person_id: int) -> None:
        raise Refused(_NO_CALL)

    def listen(self, person_id: int, other_id: int, whisper: bool = False) -> None:
        raise Refused("模拟话务里没有声音可听")

    def take_over(self, person_id: int, other_id: int) -> None:
        raise Refused(_NO_CALL)

    def pause_recording(self, person_id: int, paused: bool) -> None:
        raise Refused(_NO_CALL)

    def stop_recording(self, person_id: int) -> None:
        raise Refused(_NO_CALL)

    def flag(self, number: str, flagged: bool) -> None:
        gateway.caller_number(number)

    def desks(self, ids: tuple[int, ...]) -> None:
        return None

    def _order(self, **order: Any) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        with open(self.place / simulator.ORDERS, "a", encoding="utf-8") as out:
            out.write(json.dumps(order) + "\n")


_DEVICE = {"talking": "busy", "ringing": "ringing", "out": "offline"}
