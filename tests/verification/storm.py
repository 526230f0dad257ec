"""kill -9, a frozen database and upgrades under people who get in each other's way; then: is anything lost, doubled or stranded?

    python -m tests.verification.storm [--seconds 35] [--clients 6] [--seed N] [--data DIR]

DIR: a city that `./minsheng bench fill` made; the storm rages in a copy of it.

Each client is several people: it opens a case that others are at as well, looks at what may be done and does something of it: registers,
dispatches, signs, replies, merges, undoes the merge, splits, withdraws, sends back, rings back. What gets no answer is sent again with
the same key until it is answered. Meanwhile web, worker and database die, the database stands still for seconds, and the program is
replaced by itself. Bounded: a few clients on 127.0.0.1, processes started here and found by descent. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import subprocess
import threading
import time
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psutil
from bench import server

from tests import ready_folders
from tests.verification import storm_check, storm_place

MORNING = datetime.fromisoformat("2025-01-02T09:40+08:00")  # a Thursday; people ring back by day
POOL = 20  # cases that the clients fight for: few, so that two are at one, and that some get to the call-back
READY = 6  # of them that wait for the call-back when it begins
KEPT_S = 6  # longer than a process keeps what it has read
WORDS = "第 {n} 号院停水，请尽快恢复。{marker}"
# role, step -> what is given; {marker} stands for this sending alone
DO: dict[tuple[str, str], dict] = {
    ("dispatcher", "dispatch"): {"lead": "LEAD"}, ("dispatcher", "merge"): {"master": "OTHER", "reason": "同一处停水 {marker}"},
    ("dispatcher", "unmerge"): {"reason": "不是同一处 {marker}"}, ("dispatcher", "ask_more"): {"reason": "请补充楼号 {marker}"},
    ("dispatcher", "split"): {"reason": "两件事 {marker}", "parts": [{"narrative": WORDS, "kind": "help"}, {"narrative": WORDS, "kind": "complaint"}]},
    ("dispatcher", "mark_urgent"): {"reason": "有老人卧床 {marker}"}, ("dispatcher", "ask_consult"): {"reason": "职责不清 {marker}"},
    ("coordinator", "rule_consult"): {"lead": "LEAD", "minutes": "会商由城管局办理 {marker}"}, ("coordinator", "take_back"): {"reason": "改派 {marker}"},
    ("agent", "submit"): {}, ("agent", "phone_withdraw"): {"reason": "已恢复供水 {marker}", "identity": ["when", "matter"]},
    ("agent", "phone_add"): {"addition": "三楼也停了 {marker}"},
    ("unit_liaison", "sign"): {}, ("unit_liaison", "ask_return"): {"legal_ground": "duty", "reason": "属水务局职责 {marker}", "proposed_unit": "WATER"},
    ("unit_liaison", "contact"): {"contact_at": "NOW", "contact_how": "phone", "contact_note": "已说明情况 {marker}"},
    ("unit_handler", "contact"): {"contact_at": "NOW", "contact_how": "phone", "contact_note": "已说明情况 {marker}"},
    ("unit_handler", "draft_reply"): {"handling": "已派人抢修 {marker}", "public_reply": "主管道已经抢修完毕，今日中午恢复供水。", "claimed_solved": True},
    ("unit_approver", "reply"): {}, ("return_reviewer", "uphold_return"): {"ruling": "同意退单 {marker}"},
    ("return_reviewer", "reject_return"): {"ruling": "不予退单 {marker}"}, ("checker", "accept_reply"): {},
    ("supervisor", "order_redo"): {"ruling": "请重办 {marker}"}, ("supervisor", "refuse_redo"): {"ruling": "不再重办 {marker}"},
}
_LAWFUL = ((422, "merge"), (422, "dispatch"))  # the other case has ended meanwhile; the unit's return was upheld
_WAY = (("dispatcher", "dispatch"), ("unit_liaison", "sign"), ("unit_handler", "contact"), ("unit_handler", "draft_reply"), ("unit_approver", "reply"),
        ("checker", "accept_reply"))
RARE = {"merge": 0.4, "phone_add": 0.5, "mark_urgent": 0.3, "phone_withdraw": 0.15, "unmerge": 0.4, "ask_more": 0.2, "take_back": 0.2, "split": 0.3,
        "ask_consult": 0.3, "ask_return": 0.3}


class Town:
    """What the clients share: the door, who they are, the cases that everybody is at."""

    def __init__(self, port: int, place: storm_place.Place, offset: float):
        self.port, self.place, self.offset = port, place, offset
        self.pool: list[str] = []
        self.states: dict[str, str] = {}  # case -> where it was last seen
        self.frm: dict[str, list[str]] = {}  # step -> states it is taken from
        self.told: list[dict] = []
        self.wrong: list[str] = []
        self.again = self.refused = self.unavailable = 0

    def now(self) -> str:
        return datetime.fromtimestamp(time.time() + self.offset, UTC).isoformat()


class Client(threading.Thread):
    """One line to the program, used by people of all roles in turn."""

    def __init__(self, number: int, town: Town, seed: int, stop: threading.Event):
        super().__init__(daemon=True)
        self.number, self.town, self.chance, self.stop = number, town, random.Random(seed * 1000 + number), stop
        self.sent = 0

    def once(self, method: str, path: str, headers: dict, body: str | None) -> tuple[int, str, str]:
        """(status, text, location); 0 when the line broke."""
        link = http.client.HTTPConnection("127.0.0.1", self.town.port, timeout=15)
        try:
            link.request(method, path, body, headers)
            answer = link.getresponse()
            return answer.status, answer.read().decode(errors="replace"), answer.headers.get("Location", "")
        except (OSError, http.client.HTTPException):
            return 0, "", ""
        finally:
            link.close()

    def ask(self, method: str, path: str, headers: dict, body: str | None = None) -> tuple[int, str, str]:
        """Until there is an answer that is no breakdown: at most two minutes."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            status, text, where = self.once(method, path, headers, body)
            if status and status < 500:
                return status, text, where
            if status == 500:
                self.town.wrong.append(f"{method} {path}: 500 {text[:200]}")
            self.town.unavailable += status == 503
            self.town.again += 1
            time.sleep(0.2)
        self.town.wrong.append(f"{method} {path}: no answer in two minutes")
        return 0, "", ""

    def api(self, role: str, method: str, path: str, body: dict | None = None, key: str = "") -> tuple[int, dict]:
        head = {"Authorization": f"Bearer {self.town.place.tokens[role]}", "Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        status, text, _ = self.ask(method, f"/api/v1{path}", head, None if body is None else json.dumps(body))
        try:
            return status, json.loads(text)
        except ValueError:
            return status, {}

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                deed = self.chance.random()
                if len(self.town.pool) < 8 or deed < 0.12:
                    self.create()
                elif deed < 0.30:
                    self.ring_back()
                else:
                    self.step()
            except Exception as wrong:  # the storm's own fault: seen in the result, not hidden in a thread
                self.town.wrong.append(repr(wrong))

    def note(self, kind: str, marker: str, case: str, status: int, **more) -> None:
        self.town.told.append({"kind": kind, "marker": marker, "case": case, "acked": status in (200, 201, 302), **more})

    def marker(self) -> tuple[str, str]:
        self.sent += 1
        return f"〔{self.number}.{self.sent}〕", str(uuid.uuid4())

    def create(self) -> None:
        marker, key = self.marker()
        body = {"kind": "help", "category": self.town.place.category, "narrative": WORDS.format(n=self.number, marker=marker),
                "district": self.town.place.district,
                "requester": {"name": "王小明", "phone": f"138{self.chance.randrange(10**8):08}"}}
        status, made = self.api("agent", "POST", "/cases", body, key)
        if status not in (200, 201):
            self.town.wrong.append(f"create: {status} {made}")
            return
        self.note("create", marker, made["id"], status, written=True)
        self.town.pool.append(made["id"])
        if len(self.town.pool) > POOL:
            self.town.pool.pop(self.chance.randrange(len(self.town.pool) - 8))

    def bring_to_call_back(self) -> None:
        """Before the storm: one case all the way to the clerks."""
        self.create()
        for role, name in _WAY:
            status, said = self.api(role, "POST", f"/cases/{self.town.pool[-1]}/steps", {"step": name, "given": self.fill(DO[role, name], "", "")})
            assert status in (200, 201), (name, said)
            self.town.states[self.town.pool[-1]] = said["state"]

    def step(self) -> None:
        """A step that fits where this case was last seen; others may have been faster."""
        case = self.chance.choice(self.town.pool)
        state = self.town.states.get(case, "pending_review")
        may = [pair for pair in DO if state in self.town.frm[pair[1]] and self.chance.random() < RARE.get(pair[1], 1)]
        if not may:
            return
        (role, name), (marker, key) = self.chance.choice(may), self.marker()
        given = self.fill(DO[role, name], marker, case)
        words = marker if marker in json.dumps(given, ensure_ascii=False) else ""
        status, said = self.api(role, "POST", f"/cases/{case}/steps", {"step": name, "given": given}, key)
        self.town.refused += status in (404, 409, 422)
        self.town.states[case] = said["state"] if status in (200, 201) else self.look(case)
        if status not in (200, 201, 404, 409) and (status, name) not in _LAWFUL:
            self.town.wrong.append(f"{name}: {status} {said}")
        self.note(name, words, case, status, key=key, row=said.get("id", ""), written=True, parts=len(given.get("parts", ())))
        self.town.pool += [made["id"] for made in said.get("made", ())]

    def look(self, case: str) -> str:
        """Where it stands now: the desk sees every case of this storm."""
        return self.api("supervisor", "GET", f"/cases/{case}/steps")[1].get("state", "")

    def fill(self, given: object, marker: str, case: str):
        if isinstance(given, dict):
            return {name: self.fill(value, marker, case) for name, value in given.items()}
        if isinstance(given, list):
            return [self.fill(value, marker, case) for value in given]
        known = {"LEAD": self.town.place.lead, "WATER": self.town.place.other, "NOW": self.town.now()}
        if given == "OTHER":
            return self.chance.choice([other for other in self.town.pool if other != case])
        return known.get(given, given.format(marker=marker, n=self.number)) if isinstance(given, str) else given

    def ring_back(self) -> None:
        """The clerk's page: take the next call, write down what was said. Two clerks are at it."""
        token = uuid.uuid4().hex
        head = {"Cookie": f"sessionid={self.chance.choice(self.town.place.clerks)}; csrftoken={token}", "X-CSRFToken": token,
                "Content-Type": "application/x-www-form-urlencoded"}
        status, _, where = self.ask("POST", "/desk/callback/next", head, "")
        row = urllib.parse.urlsplit(where).path.rsplit("/", 1)[-1]
        if status != 302 or not row.isdigit():
            return
        marker, _ = self.marker()
        happy = self.chance.random() < 0.8
        form = {"outcome": "answered", "contacted": "true", "solved": "true" if happy else "false", "satisfaction": "satisfied" if happy else "dissatisfied",
                "verbatim": f"说是修好了 {marker}", **({} if happy else {"dissatisfaction": "result"})}
        status, text, _ = self.ask("POST", f"/desk/callback/{row}/save", head, urllib.parse.urlencode(form))
        if status not in (302, 404, 409, 422):
            self.town.wrong.append(f"call-back: {status} {text[:200]}")
        self.note("callback", marker, self.case_of(row) if status == 302 else "", status, written=True)

    def case_of(self, row: str) -> str:
        from minsheng.followup.models import CallbackParty

        with contextlib.suppress(Exception):  # the database may be away; then what was said is looked for alone
            from django.db import connection

            case_id = CallbackParty.objects.values_list("case_id", flat=True).get(id=row)
            connection.close()
            return str(case_id)
        return self.town.pool[0]


# --- the weather ------------------------------------------------------------


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


def freeze(on: server.Stage, seconds: float) -> bool:
    """The database stands still for so long."""
    with contextlib.suppress(psutil.NoSuchProcess):
        postmaster = psutil.Process(on.server.pid())
        everybody = [postmaster, *postmaster.children(recursive=True)]
        try:
            for process in everybody:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.suspend()
            time.sleep(seconds)
        finally:
            for process in everybody:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()
        return True
    return False


def replace(on: server.Stage) -> bool:
    done = subprocess.run(server._command("serve", "--replace", "--data", str(on.data)), capture_output=True, text=True, check=False)
    return done.returncode == 0


def weather(on: server.Stage, seconds: float, chance: random.Random) -> Counter:
    """Somebody dies, and dies again as soon as the program is well; now and then the database dies or stands still, or all is replaced."""
    happened: Counter = Counter()
    end, turns = time.monotonic() + seconds, ["database", "freeze", "replace"]
    turn = time.monotonic() + seconds / 5
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.5, 3.0))
        if chance.random() < 0.7:
            well(on, min(20, end - time.monotonic()))
        kind = chance.choice(["web", "web", "worker"])
        if time.monotonic() > turn:
            kind, turn = turns[0], time.monotonic() + seconds / 5
            turns = turns[1:] + turns[:1]
        if kind == "freeze":
            happened[kind] += freeze(on, chance.uniform(2, 5))
        elif kind == "replace":
            happened[kind] += replace(on)
        elif pids := victims(on)[kind]:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(chance.choice(pids)).kill()
                happened[kind] += 1
    return happened


def well(on: server.Stage, patience: float) -> None:
    """A page is answered again: a slow machine takes longer to start a process than to kill it."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{on.port}/login", timeout=5):
            if len(victims(on)["web"]) == 2:
                return
        time.sleep(0.2)


def wait_for(server, patience: float = 60) -> None:
    """The database may have been killed last of all: the supervisor brings it back, and the check reads it then."""
    until = time.monotonic() + patience
    while not server.answers() and time.monotonic() < until:
        time.sleep(0.2)


def migrate(data: Path) -> None:
    """A city that an older version filled."""
    subprocess.run(server._command("migrate", "--data", str(data)), check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=35)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", type=int, default=12345)
    parser.add_argument("--data", type=Path)
    args = parser.parse_args()
    with server.running(workers=2, at=storm_place.next_monday() if args.data else MORNING, copy_of=args.data or ready_folders.empty(),
                        prepare=migrate if args.data else None) as on:
        from django.db import connections

        town = Town(on.port, storm_place.filled() if args.data else storm_place.bare(), float(os.environ["MINSHENG_CLOCK_OFFSET_S"]))
        before = storm_check.standing(on.server.owner_url)
        connections.close_all()
        time.sleep(KEPT_S)  # the processes may have read that there is no unit
        stop = threading.Event()
        ask = Client(-1, town, args.seed, stop)
        town.frm = {step["step"]: step["frm"] for step in ask.api("supervisor", "GET", "/procedure")[1]["steps"]}
        for _ in range(READY):
            ask.bring_to_call_back()
        crowd = [Client(n, town, args.seed, stop) for n in range(args.clients)]
        for client in crowd:
            client.start()
        happened = weather(on, args.seconds, random.Random(args.seed))
        stop.set()
        for client in crowd:
            client.join(150)
        connections.close_all()  # this process's own links died with the database
        wait_for(on.server)
        found = storm_check.check(on.server.owner_url, town.told, before)
        print(json.dumps({
            "happened": happened, "acknowledged": sum(each["acked"] for each in town.told), "sent": len(town.told), "asked_again": town.again,
            "refused": town.refused, "unavailable": town.unavailable, "wrong": town.wrong[:20], **found, "broken_ledger": broken_ledger(),
        }, ensure_ascii=False))


def broken_ledger() -> list[str]:
    from minsheng.ledger import queries as ledger

    return [str(row) for row in ledger.verify()][:5]


if __name__ == "__main__":
    main()
