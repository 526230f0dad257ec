"""Calls through the exchange with the program beside it and without: CPU of both, calls at once, none failed, none unrecorded.

    python -m bench.calls [--calls 240] [--rate 6] [--hold 18] [--agents 130] [--to FILE]

One exchange, two rounds of the same load: first alone, then while the program reads its ledger, keeps the recordings and answers pages.
Citizens and people at the desk are SIPp on the same machine, not counted. Every call: greeting, key 1, queue, answer, two-way speech, recording.
Needs sipp and an Asterisk (`./minsheng pbx fetch`). Exit 1 when a gate is missed: a call failed or unrecorded, the program's own counts are not
SIPp's, fewer than 120 at once, or more than 15 % more CPU than the exchange takes, while the calls go on. Recordings are filed when it is
calmer (`telephony.rules.recordings.A_STORM`): what that takes is told apart.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from tests.telephony import phones

from bench import server
from minsheng.cli.parser import Parser
from minsheng.telephony.asterisk import layout, life
from minsheng.telephony.asterisk.gateway import Asterisk

GATE_AT_ONCE, GATE_CPU = 120, 1.15
PATIENCE = 180  # seconds until the last recording is kept


@dataclass
class Load:
    calls: int
    rate: int
    hold: int
    agents: int


class Crowd:
    """People at the desk who answer, citizens who ring."""

    def __init__(self, data: Path, places: layout.Places, load: Load):
        self.data, self.places, self.load = data, places, load
        self.sip = f"{phones.HOST}:{layout.known_ports(places)['sip']}"
        self.port = phones.free_port()
        (data / "speech.wav").write_bytes(phones.raw_alaw())

    def sign_on(self) -> None:
        gateway, rows = Asterisk(self.data), ["SEQUENTIAL"]
        for person in range(1, self.load.agents + 1):
            line = gateway.line(person, desk_phone=True)
            rows.append(f"{line.user};[authentication username={line.user} password={line.password}]")
        (self.data / "people.csv").write_text("\n".join(rows) + "\n")
        steps = phones.register("[field0]").replace("[service]", "[field0]").replace("[authentication]", "[field1]")
        done = self._sipp("register", [steps], "-inf", "people.csv", "-p", str(self.port), "-m", str(self.load.agents), "-r", "50").wait(120)
        if done:
            raise SystemExit("the phones could not sign on")
        for person in range(1, self.load.agents + 1):
            gateway.agent_login(person, ("q-zh",))

    def round(self, number: int) -> tuple[int, int, float]:
        """(exit code of the citizens' SIPp, most calls at once, seconds)."""
        desks = self._sipp("desks", [*phones.ANSWERS, phones.WAIT_BYE], "-p", str(self.port), "-mp", "31000")
        rows = ["SEQUENTIAL", *(f"138{number:02}{n:06}" for n in range(self.load.calls))]
        (self.data / "citizens.csv").write_text("\n".join(rows) + "\n")
        trunk = layout.drawn(self.places)["trunk"]
        steps = [phones.invite("12345", "[field0]", trunk), phones.wait(300), phones.key("1"), phones.wait(self.load.hold * 1000), phones.bye()]
        began, most = time.monotonic(), 0
        citizens = self._sipp("citizens", steps, "-inf", "citizens.csv", "-p", str(phones.free_port()), "-m", str(self.load.calls), "-r", str(self.load.rate),
                              "-l", "400", "-mp", "41000")
        gateway = Asterisk(self.data)
        while citizens.poll() is None:
            most = max(most, sum(agent.device == "busy" for agent in gateway.snapshot().agents))
            time.sleep(1)
        took = time.monotonic() - began
        desks.terminate()
        desks.wait(60)
        return citizens.returncode, most, took

    def _sipp(self, name: str, steps: list[str], *more: str) -> subprocess.Popen:
        (self.data / f"{name}.xml").write_text(phones.scenario(steps))
        command = ["sipp", self.sip, "-sf", f"{name}.xml", "-s", "12345", "-i", phones.HOST, "-mi", phones.HOST, "-nostdin", "-trace_err", "-error_file",
                   f"{name}.log", "-timeout", "300", *more]
        return subprocess.Popen(command, cwd=self.data, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def recorded(places: layout.Places) -> int:
    """Calls with a recording that was begun, by the exchange's own ledger."""
    with open(places.cel, encoding="utf-8", newline="") as file:
        return len({row[2] for row in csv.reader(file) if row[0] == "REC_START"})


def known() -> dict[str, int]:
    from minsheng.telephony.models import Call, Recording
    from minsheng.telephony.rules.words import RecordingState, Result

    calls = Call.objects.filter(direction="in")
    return {"calls": calls.count(), "answered": calls.filter(result=Result.ANSWERED.value).count(),
            "kept": Recording.objects.filter(state=RecordingState.KEPT.value, seconds__gt=5).count(),
            "open": Recording.objects.filter(state=RecordingState.OPEN.value).count()}


def settled(wanted: int) -> dict[str, int]:
    until = time.monotonic() + PATIENCE
    while (now := known())["calls"] < wanted or now["kept"] < wanted:
        if time.monotonic() > until:
            break
        time.sleep(1)
    return now


def cpu_of(*processes: psutil.Process) -> float:
    return sum(server.cpu_ms(one) for one in processes)


def measure(load: Load) -> dict:
    data = Path(tempfile.mkdtemp(prefix="minsheng-bench-"))
    places, found = layout.of(data), {"load_before": server.load(), "calls": load.calls, "rate": load.rate, "hold_s": load.hold}
    os.environ["MINSHENG_TELEPHONY"] = "asterisk"
    try:
        now = life.start(places, print)
        exchange = psutil.Process(now.pid)
        crowd = Crowd(data, places, load)
        crowd.sign_on()
        before = cpu_of(exchange)
        found["bare"] = dict(zip(("failed", "at_once", "seconds"), crowd.round(1), strict=True))
        found["bare"]["cpu_ms"] = cpu_of(exchange) - before
        found["bare"]["recorded"] = recorded(places)
        with server.running(workers=2, keep=data) as on:
            settled(load.calls)
            both = (exchange, on.serve) if _below(on.database, on.serve) else (exchange, on.serve, on.database)
            before, of_exchange = cpu_of(*both), cpu_of(exchange)
            found["with"] = dict(zip(("failed", "at_once", "seconds"), crowd.round(2), strict=True))
            found["with"] |= {"cpu_ms": cpu_of(*both) - before, "cpu_exchange_ms": cpu_of(exchange) - of_exchange, "recorded": recorded(places) - found["bare"]["recorded"]}
            before, waited = cpu_of(*both), time.monotonic()
            found["counts"] = settled(2 * load.calls)
            found["filing"] = {"cpu_ms": cpu_of(*both) - before, "seconds": time.monotonic() - waited}
        found["cpu_ratio"] = ratio(found)
        return found
    finally:
        life.stop(places)
        shutil.rmtree(data, ignore_errors=True)


def ratio(found: dict) -> float:
    """While the calls go on: what the program takes beside the exchange, of what the exchange takes for the same calls. Two rounds of one
    exchange differ by more than the program takes on a machine that others use, so the exchange's own is that of the same round."""
    own = found["with"]["cpu_exchange_ms"]
    return round(found["with"]["cpu_ms"] / own, 3)


def _below(process: psutil.Process, root: psutil.Process) -> bool:
    return root.pid in {parent.pid for parent in process.parents()}


def missed(found: dict, load: Load) -> list[str]:
    wrong = [f"{name}: SIPp says a call failed" for name in ("bare", "with") if found[name]["failed"]]
    wrong += [f"{name}: {found[name]['recorded']} of {load.calls} recorded" for name in ("bare", "with") if found[name]["recorded"] != load.calls]
    counts = found["counts"]
    if not counts["calls"] == counts["answered"] == counts["kept"] == 2 * load.calls:
        wrong.append(f"the program counts {counts}, SIPp {2 * load.calls}")
    if min(found[name]["at_once"] for name in ("bare", "with")) < GATE_AT_ONCE:
        wrong.append(f"fewer than {GATE_AT_ONCE} calls at once")
    return wrong + ([f"{found['cpu_ratio']} x the CPU of the exchange alone, gate {GATE_CPU}"] if found["cpu_ratio"] > GATE_CPU else [])


def main() -> int:
    parser = Parser(prog="bench.calls", description="打进一批电话，比较交换机单独运行和与本系统一起运行时的处理器用量。")
    for name, standard, said in (("calls", 300, "共打几个"), ("rate", 7, "每秒打进几个"), ("hold", 18, "每个讲几秒"), ("agents", 150, "几位话务员")):
        parser.add_argument(f"--{name}", type=int, default=standard, help=said)
    parser.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/calls.json）")
    given = vars(parser.parse_args())
    to, load = given.pop("to"), Load(**given)
    found = measure(load)
    for name in ("bare", "with"):
        one = found[name]
        print(f"{name:>5}: {load.calls} calls, {one['at_once']} at once, {one['seconds']:.0f} s, CPU {one['cpu_ms'] / load.calls:.0f} ms a call, {one['recorded']} recorded")
    print(f"with the program {found['cpu_ratio']} x the CPU of the exchange; the exchange's own {found['with']['cpu_exchange_ms'] / load.calls:.0f} ms a call; "
          f"afterwards {found['filing']['cpu_ms'] / load.calls:.0f} ms a call to file the recordings ({found['filing']['seconds']:.0f} s)")
    wrong = missed(found, load)
    print("\n".join(wrong) or "every gate is met")
    server.keep("calls", found, to)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
