"""Every frequent step through the API by 8 clients, beside making a case in the same run: rate, and CPU as a ratio to making one.

    python -m bench.steps [--rounds 4] [--cases 80] [--clients 8] [--to FILE]

In each round the clients make so many cases and then take them all the way, one step after the other, each step on all of them before the
next begins: what lies between is the same for all, and a machine that is slower, or busy, is so for both. Exit 1 when a step needs more than
1.5 times the CPU of making a case, a dispatch runs at less than three quarters of making's rate, a step was refused, or history does not verify.
"""

from __future__ import annotations

import json
import random
import socket
import statistics
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bench import intake, server
from minsheng.cli.parser import Parser

MORNING = datetime.fromisoformat("2025-01-02T09:40+08:00")  # a Thursday; people are rung back by day
MOST_CPU, LEAST_DISPATCH = 1.5, 0.75
MAKE = "make"
# (who, step, what is given) in the order of a case's way; LEAD is a unit, NOW a moment ago, CASE the case itself
WAY: tuple[tuple[str, str, dict], ...] = (
    ("dispatcher", "ask_more", {"reason": "请补充具体楼号"}),
    ("agent", "amend", {"narrative": "河畔街道12号院三号楼停水两天，楼里有病人等着用水，请尽快派人来修。", "place": "河畔街道12号院"}),
    ("agent", "submit", {}),
    ("agent", "phone_add", {"addition": "邻近两栋楼也停了"}),
    ("dispatcher", "revise", {"place": "河畔街道12号院三号楼"}),
    ("dispatcher", "dispatch", {"lead": "LEAD"}),
    ("supervisor", "remind", {"reason": "请抓紧办理，今日内联系诉求人"}),
    ("unit_liaison", "sign", {}),
    ("unit_handler", "contact", {"contact_at": "NOW", "contact_how": "phone", "contact_note": "已说明情况，约定下午上门"}),
    ("agent", "phone_urge", {}),
    ("unit_liaison", "ask_extension", {"reason": "配件需要外地调运，五日内到货", "interim": "正在采购配件，已送临时用水"}),
    ("supervisor", "grant_extension", {"ruling": "同意，确有需要"}),
    ("unit_handler", "field_record", {"visited_at": "NOW", "found": "主管阀门损坏", "done": "已更换阀门并试运行"}),
    ("unit_handler", "draft_reply", {"handling": "已派人抢修", "public_reply": "主管道已经抢修完毕，今日中午恢复供水。", "claimed_solved": True,
                                     "basis": "城市供水条例第三十一条"}),
    ("unit_approver", "reply", {}),
    ("checker", "accept_reply", {}),
    ("callback_clerk", "record_callback", {"party": "CASE", "outcome": "answered", "contacted": True, "solved": True, "satisfaction": "satisfied",
                                           "verbatim": "已经来水，谢谢"}),
    ("callback_clerk", "close", {}),
)


@dataclass
class Spent:
    """What one step took, over all rounds."""

    n: int = 0
    seconds: float = 0.0
    program: float = 0.0
    database: float = 0.0
    waited: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return (self.program + self.database) / max(1, self.n)

    @property
    def rate(self) -> float:
        return self.n / max(0.001, self.seconds)


class Crowd:
    """The clients: what is to be asked is shared out among them."""

    def __init__(self, on: server.Stage, tokens: dict[str, str], clients: int):
        self.on, self.tokens, self.clients = on, tokens, clients
        self.spent: dict[str, Spent] = {}
        self.wrong: list[str] = []

    def ask(self, name: str, wanted: list[tuple[str, str, bytes]]) -> list[dict]:
        """All of (role, path, body) under one heading; the answers."""
        spent, answers = self.spent.setdefault(name, Spent()), []
        waiting = iter(wanted)
        program, database, start = server.cpu_ms(self.on.serve, self.on.database), server.cpu_ms(self.on.database), time.perf_counter()
        threads = [threading.Thread(target=self._client, args=(name, waiting, spent, answers)) for _ in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        spent.seconds += time.perf_counter() - start
        spent.program += server.cpu_ms(self.on.serve, self.on.database) - program
        spent.database += server.cpu_ms(self.on.database) - database
        spent.n += len(answers)
        return answers

    def _client(self, name: str, waiting, spent: Spent, answers: list[dict]) -> None:
        with socket.create_connection(("127.0.0.1", self.on.port), timeout=60) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for role, path, body in waiting:
                head = (f"POST /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1:{self.on.port}\r\nAuthorization: Bearer {self.tokens[role]}\r\n"
                        f"Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n").encode()
                start = time.perf_counter()
                link.sendall(head + body)
                status, text = intake.answer(link)
                spent.waited.append((time.perf_counter() - start) * 1000)
                if status == 201:
                    answers.append(json.loads(text))
                else:
                    self.wrong.append(f"{name}: {status} {text[:300].decode(errors='replace')}")


def a_round(crowd: Crowd, cases: int, first: int, lead: int, request: Callable[[int, random.Random], bytes] = intake.request,
            clerk: str = "callback_clerk") -> list[str]:
    """Make cases, then take them the whole way. `clerk`: who rings back, by the name to log in with."""
    from minsheng.kit import clock

    chance = random.Random(first)
    made = crowd.ask(MAKE, [("agent", "/cases", request(first + n, chance)) for n in range(cases)])
    ids = [one["id"] for one in made]
    for role, step, given in WAY:
        if step == "record_callback":
            hand_over(ids, clerk)
        known = {"LEAD": lead, "NOW": clock.now().isoformat()}
        crowd.ask(step, [(role, f"/cases/{id_}/steps", json.dumps({"step": step, "given": _filled(given, known | {"CASE": int(id_)})}).encode())
                         for id_ in ids])
    return ids


def _filled(given: dict, known: dict) -> dict:
    return {name: known.get(value, value) if isinstance(value, str) else value for name, value in given.items()}


def hand_over(ids: list[str], username: str) -> None:
    """The call-backs are the clerk's, as when they were taken from the list."""
    from minsheng.accounts import queries as people
    from minsheng.cases import actions

    clerk = people.actor_named(username)
    for id_ in ids:
        actions.hand_to_clerk(case_id=int(id_), clerk=clerk)


def row(name: str, spent: Spent, make: Spent) -> dict:
    return {"step": name, "n": spent.n, "x_cpu": round(spent.cpu / make.cpu, 2), "x_rate": round(spent.rate / make.rate, 2),
            "cpu_ms": round(spent.cpu, 1), "cpu_program_ms": round(spent.program / max(1, spent.n), 1),
            "cpu_database_ms": round(spent.database / max(1, spent.n), 1), "per_second": round(spent.rate, 1),
            "p50_ms": round(server.percentile(spent.waited, 0.5), 1), "p95_ms": round(server.percentile(spent.waited, 0.95), 1)}


def missed(rows: list[dict]) -> list[str]:
    """What the gate says, in words."""
    over = [f"{one['step']}: {one['x_cpu']} times the CPU of making a case, gate {MOST_CPU}" for one in rows if one["x_cpu"] > MOST_CPU]
    slow = [f"dispatch: {one['x_rate']} of making's rate, gate {LEAST_DISPATCH}" for one in rows
            if one["step"] == "dispatch" and one["x_rate"] < LEAST_DISPATCH]
    return over + slow


def table(rows: list[dict]) -> str:
    head = f"{'':18}{'n':>6}{'x CPU':>8}{'x rate':>8}{'CPU ms':>8}{'program':>9}{'database':>10}{'per s':>8}{'p50 ms':>8}{'p95 ms':>8}"
    return "\n".join([head, *(f"{one['step']:18}{one['n']:>6}{one['x_cpu']:>8}{one['x_rate']:>8}{one['cpu_ms']:>8}{one['cpu_program_ms']:>9}"
                              f"{one['cpu_database_ms']:>10}{one['per_second']:>8}{one['p50_ms']:>8}{one['p95_ms']:>8}" for one in rows)])


def verify(ids: list[str]) -> list[str]:
    from minsheng.cases.models import Case
    from minsheng.cases.queries import soundness, verify_chain

    closed = Case.objects.filter(id__in=ids, state="closed").count()
    return ([] if closed == len(ids) else [f"{len(ids)} cases made, {closed} closed"]) + [
        f"history: {each}" for each in (*verify_chain.broken_rows(), *soundness.unsound())]


def main() -> int:
    asked = Parser(prog="bench.steps", description="经接口办各个常用步骤，每秒多少次，各是登记的几倍。")
    asked.add_argument("--rounds", type=int, default=4, help="几轮")
    asked.add_argument("--cases", type=int, default=80, help="每轮多少件")
    asked.add_argument("--clients", type=int, default=8, help="几个同时办")
    asked.add_argument("--workers", type=int, default=2, help="几个网页进程，同 serve")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/steps.json）")
    args = asked.parse_args()
    machine = server.machine()
    with server.running(args.workers, at=MORNING) as on:
        from bench import city
        from minsheng.org.queries import tree

        tokens, lead = city.build(), tree().by_code["b.city"].id
        a_round(Crowd(on, tokens, args.clients), 2 * args.clients, 9_000_000, lead)  # warm-up: processes read what they keep
        crowd, ids = Crowd(on, tokens, args.clients), []
        for n in range(args.rounds):
            ids += a_round(crowd, args.cases, (n + 1) * 1_000_000, lead)
        wrong = sorted(set(crowd.wrong))[:8] + verify(ids)
        machine["load_after"] = server.load()
    rows = [row(name, spent, crowd.spent[MAKE]) for name, spent in crowd.spent.items()]
    middle = round(statistics.median(one["x_cpu"] for one in rows[1:]), 2)
    print(table(rows), f"\nmedian of the steps: {middle} times the CPU of making a case")
    wrong += missed(rows)
    file = server.keep("steps", {"machine": machine, "clients": args.clients, "workers": args.workers, "rounds": args.rounds, "cases": args.cases,
                                 "median_x_cpu": middle, "steps": rows, "wrong": wrong}, args.to)
    print("\n".join(wrong) or "every step was taken, every case is closed, the history verifies", f"\nkept in {file}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
