"""kill -9 of web, worker and database at random moments under load; then: is anything acknowledged lost, doubled or broken?

    python -m tests.verification.storm [--seconds 35] [--clients 4] [--seed N]

Bounded: a few clients on 127.0.0.1, processes started here and found by descent. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import random
import threading
import time
import uuid

import psutil
from bench import server

STEPS = (("dispatch", "dispatcher"), ("sign", "unit_liaison"))


class Client(threading.Thread):
    """Creates cases and takes two steps on each. What gets no answer is asked again with the same key until it is answered."""

    def __init__(self, number: int, port: int, tokens: dict[str, str], lead: int, stop: threading.Event):
        super().__init__(daemon=True)
        self.number, self.port, self.tokens, self.lead, self.stop = number, port, tokens, lead, stop
        self.cases: dict[str, str] = {}  # key -> id acknowledged
        self.steps: list[tuple[str, str]] = []  # (case id, step) acknowledged
        self.again = 0
        self.wrong: list[str] = []

    def ask(self, path: str, role: str, body: dict, key: str = "") -> tuple[int, dict]:
        """Until there is an answer that is no breakdown: at most two minutes."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                head = {"Authorization": f"Bearer {self.tokens[role]}", "Content-Type": "application/json"}
                link.request("POST", path, json.dumps(body), head | ({"Idempotency-Key": key} if key else {}))
                answer = link.getresponse()
                text = answer.read()
                link.close()
                if answer.status < 500:
                    return answer.status, json.loads(text)
            self.again += 1
            time.sleep(0.2)
        return 0, {}

    def run(self) -> None:
        n = 0
        while not self.stop.is_set():
            n += 1
            key = str(uuid.uuid4())
            body = {"kind": "help", "category": "water", "narrative": f"第 {self.number}-{n} 号院停水，请尽快恢复。", "district": "d.east"}
            status, made = self.ask("/api/v1/cases", "agent", body, key)
            if status not in (200, 201):
                self.wrong.append(f"create: {status} {made}")
                return
            self.cases[key] = str(made["id"])
            for step, role in STEPS:
                given = {"lead": self.lead} if step == "dispatch" else {}
                status, said = self.ask(f"/api/v1/cases/{made['id']}/steps", role, {"step": step, "given": given})
                if status == 201 or (status == 409 and said["error"]["code"] == "state"):  # taken before, the answer was lost
                    self.steps.append((str(made["id"]), step))
                else:
                    self.wrong.append(f"{step}: {status} {said}")
                    return


def victims(on: server.Stage) -> dict[str, list[int]]:
    """Process ids by kind: children of the server that we started, and its database."""
    found: dict[str, list[int]] = {"web": [], "worker": [], "database": []}
    for child in on.serve.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            line = child.cmdline()
            for kind in ("web", "worker"):
                if kind in line[:6] and "minsheng.cli" in line:
                    found[kind].append(child.pid)
    with contextlib.suppress(Exception):
        found["database"].append(on.server.pid())
    return found


def storm(on: server.Stage, seconds: float, chance: random.Random) -> dict[str, int]:
    """Every second or two somebody dies; in the middle the database does for certain."""
    killed = {"web": 0, "worker": 0, "database": 0}
    end, next_database = time.monotonic() + seconds, time.monotonic() + seconds / 3
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.5, 2.0))
        kind = chance.choice(["web", "web", "worker"])
        if time.monotonic() > next_database:
            kind, next_database = "database", time.monotonic() + seconds / 3
        pids = victims(on)[kind]
        if pids:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(chance.choice(pids)).kill()
                killed[kind] += 1
    return killed


def wait_for(server, patience: float = 60) -> None:
    """The database may have been killed last of all: the supervisor brings it back, and the check reads it then."""
    until = time.monotonic() + patience
    while not server.answers() and time.monotonic() < until:
        time.sleep(0.2)


def check(crowd: list[Client]) -> dict:
    """Read with the program's own queries after the storm."""
    from collections import Counter

    from minsheng.cases.actions import anchors
    from minsheng.cases.models import Case, CaseStep, OutsideKey
    from minsheng.ledger import queries as ledger

    made = {k: v for c in crowd for k, v in c.cases.items()}
    kept = {str(i) for i in Case.objects.values_list("id", flat=True)}
    keys = Counter(OutsideKey.objects.values_list("key", flat=True))
    steps = Counter((str(c), s) for c, s in CaseStep.objects.values_list("case_id", "step"))
    acked = [pair for c in crowd for pair in c.steps]
    return {
        "cases": len(made), "steps": len(acked), "asked_again": sum(c.again for c in crowd), "wrong": [w for c in crowd for w in c.wrong],
        "lost_cases": len(set(made.values()) - kept), "doubled_cases": len(kept) - len(keys), "doubled_keys": sum(n > 1 for n in keys.values()),
        "lost_steps": sum(steps[p] == 0 for p in acked), "doubled_steps": sum(n > 1 for n in steps.values()),
        "broken_history": [str(b) for b in anchors.verify_history()][:5], "broken_ledger": [str(b) for b in ledger.verify()][:5],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=35)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=12345)
    args = parser.parse_args()
    with server.running(workers=2) as on:
        from bench import city

        tokens = city.build()
        from minsheng.org.models import Unit

        lead, stop = Unit.objects.get(code="b.city").id, threading.Event()
        crowd = [Client(n, on.port, tokens, lead, stop) for n in range(args.clients)]
        for client in crowd:
            client.start()
        killed = storm(on, args.seconds, random.Random(args.seed))
        stop.set()
        for client in crowd:
            client.join(150)
        from django.db import connections

        connections.close_all()  # this process's own link died with the database
        wait_for(on.server)
        print(json.dumps({"killed": killed, **check(crowd)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
