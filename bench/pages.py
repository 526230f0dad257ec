"""Every list, case, search and board page at N cases: time, CPU and SQL statements of each, against the gate.

    python -m bench.pages [--cases 100000] [--rounds 30] [--data DIR] [--only WORD] [--to FILE]

Pages are asked for over HTTP from the served program, logged in as each role; the statements of the same pages are counted in this process on
the same database: `SQL`, and `cold` for a process that has nothing kept (units, matters, calendar and limits are kept for five seconds). Exit 1 when
the gate is missed: at most 12 statements a page, 95 % of the answers within 100 ms (a search 200 ms), no wrong status. `first` is the slowest answer of the pass
before the measured one: figures are counted then, and kept for half a minute.

DIR keeps the filled city for the next run; without it everything is made anew and gone afterwards.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import re
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench import server

STATEMENTS = 12
PEERS = ("工单列表 130–620 ms，56–259 条语句", "工单页 90–170 ms", "搜索 0.8–2.6 s", "报表 0.6–12 s")
LOCK = Path("/tmp/bench.lock")


class Browser:
    """One person at one kept connection."""

    def __init__(self, port: int, token: str = ""):
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path: str, body: str = "") -> tuple[int, bytes, float]:
        """(status, content, milliseconds); redirects are not followed."""
        headers = {**self.headers, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self.cookies.get("csrftoken", "")}
        try:
            start = time.perf_counter()
            answer = self._sent(path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):  # an idle connection was closed by the server
            self.link.close()
            start = time.perf_counter()
            answer = self._sent(path, body, headers)
        content = answer.read()
        took = (time.perf_counter() - start) * 1000
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookies |= {k: m.value for k, m in SimpleCookie(value).items()}
        return answer.status, content, took

    def _sent(self, path: str, body: str, headers: dict):
        self.link.request("POST" if body else "GET", path, body or None, headers)
        return self.link.getresponse()

    def log_in(self, username: str, password: str) -> Browser:
        self.ask("/login")
        status, _, _ = self.ask("/login", urlencode({"username": username, "password": password}))
        if status != 302:
            raise SystemExit(f"log-in of {username}: {status}")
        return self


class Crowd:
    """A browser for each kind of reader, made when first needed; and the same reader in this process, where statements are counted."""

    def __init__(self, port: int, of):
        from bench import page_list

        self.port, self.of, self.token = port, of, page_list.token()
        self.browsers: dict[str, Browser] = {}
        self.inside: dict[str, object] = {}

    def browser(self, who: str) -> Browser:
        if who not in self.browsers:
            self.browsers[who] = self._made(who)
        return self.browsers[who]

    def _made(self, who: str) -> Browser:
        from bench import page_list
        from minsheng.accounts.rules import UNIT, Role
        from minsheng.cli.demo_city.people_list import PASSWORD

        if who in {"", "token"}:
            browser = Browser(self.port, self.token if who else "")
            browser.ask("/track")
            return browser
        if who == "citizen":
            browser, page = self._made(""), next(p for p in page_list.pages(self.of) if p.name == "市民开单")
            browser.ask(page.paths[0], page.body)
            return browser
        person = page_list.person_of(Role(who), self.of.unit.id if Role(who) in UNIT else 0)
        return Browser(self.port).log_in(person.username, PASSWORD)

    def statements(self, page, path: str, cold: bool) -> tuple[int, list[str]]:
        """How many SQL statements the page takes here, and which."""
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        client = self.inside.setdefault(page.who, Client(raise_request_exception=True, headers=self.browser(page.who).headers))
        for name, value in self.browser(page.who).cookies.items():
            client.cookies[name] = value
        if cold:
            forget()
        with CaptureQueriesContext(connection) as seen:
            if page.body:
                client.post(path, page.body, content_type="application/x-www-form-urlencoded")
            else:
                client.get(path)
        return len(seen), [q["sql"] for q in seen.captured_queries]


def forget() -> None:
    """Drop what a process keeps between requests."""
    from minsheng.calendar import queries as calendar
    from minsheng.cases import queries as cases
    from minsheng.org import queries as org

    for room in (calendar, cases, org):
        room.forget()


@contextmanager
def alone():
    """No other bench of this machine measures meanwhile."""
    with open(LOCK, "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def measure(on: server.Stage, crowd: Crowd, page, rounds: int) -> dict:
    """Times of `rounds` requests, its parameters in turn after one unmeasured pass over them all; CPU of program and database."""
    browser, wrong, first = crowd.browser(page.who), [], 0.0
    for path in page.paths:
        status, _, ms = browser.ask(path, page.body)
        first = max(first, ms)
        if status not in (200, 302):
            wrong.append(f"{status} {path}")
    counted = [(crowd.statements(page, p, True), crowd.statements(page, p, False), p) for p in page.paths]
    cold, warm = max(c[0] for c, _, _ in counted), max(w[0] for _, w, _ in counted)
    program, database = server.cpu_ms(on.serve, on.database), server.cpu_ms(on.database)
    took: list[tuple[float, str]] = []
    for n in range(max(rounds, len(page.paths))):
        path = page.paths[n % len(page.paths)]
        _, content, ms = browser.ask(path, page.body)
        took.append((ms, path))
    n = len(took)
    times = [ms for ms, _ in took]
    return {
        "page": page.name, "kind": page.kind, "n": n, "p50_ms": round(server.percentile(times, 0.5), 1), "p95_ms": round(server.percentile(times, 0.95), 1),
        "cpu_program_ms": round((server.cpu_ms(on.serve, on.database) - program) / n, 1),
        "cpu_database_ms": round((server.cpu_ms(on.database) - database) / n, 1), "statements": warm, "statements_cold": cold,
        "bytes": len(content), "first_ms": round(first, 1), "slowest": max(took)[1], "gate_ms": page.gate_ms, "wrong": wrong,
        "missed": (warm > STATEMENTS and page.kind != "deed") + 2 * (server.percentile(times, 0.95) > page.gate_ms),
    }


def verdict(row: dict) -> str:
    said = [*(["语句过多"] if row["missed"] & 1 else []), *(["过慢"] if row["missed"] & 2 else []), *row["wrong"]]
    return "；".join(said) or "合格"


def _wide(text: str, width: int) -> str:
    return text + " " * max(0, width - sum(2 if ord(c) > 0x2E80 else 1 for c in text))


def line(row: dict) -> str:
    total = row["cpu_program_ms"] + row["cpu_database_ms"]
    return (f"{_wide(row['page'], 30)}{row['p50_ms']:>8}{row['p95_ms']:>8}{total:>8.1f}{row['cpu_program_ms']:>8}{row['cpu_database_ms']:>8}"
            f"{row['statements']:>6}{row['statements_cold']:>6}{row['bytes'] // 1024:>6}{row['first_ms']:>8.0f}  {verdict(row)}")


HEAD = f"{_wide('页面', 30)}{'p50 ms':>8}{'p95 ms':>8}{'CPU':>8}{'program':>8}{'database':>8}{'SQL':>6}{'cold':>6}{'KB':>6}{'first':>8}"


def filled(on: server.Stage, cases: int) -> dict:
    """The city of this folder, made when it is not there."""
    from bench import fill
    from minsheng.cases.queries import verify_chain

    file = on.data / "filled.json"
    if file.exists():
        return json.loads(file.read_text())
    made = fill.fill(cases, datetime.now(UTC))
    start = time.monotonic()
    made |= {"broken": [str(each) for each in verify_chain.broken_rows()], "verify_seconds": round(time.monotonic() - start, 1)}
    file.write_text(json.dumps(made, ensure_ascii=False))
    return made


def call_in_hand(of) -> None:
    """One call-back is taken, so that its page can be opened."""
    from bench import page_list
    from minsheng.accounts.queries import actor
    from minsheng.accounts.rules import Role
    from minsheng.followup import actions as followup

    followup.take_next(by=actor(page_list.person_of(Role.CALLBACK_CLERK)))


def run(on: server.Stage, args) -> dict:
    made = filled(on, args.cases)
    print(f"{made['cases']} 件，{made['steps']} 步，在办 {made['open']} 件；灌装 {made['seconds']} s，每秒 {made['cases_per_second']} 件、"
          f"{made['steps_per_second']} 步；历史校验 {'完好' if not made['broken'] else made['broken'][:3]}", flush=True)
    from bench import page_list

    of = page_list.Sample()
    call_in_hand(of)
    crowd, rows = Crowd(on.port, of), []
    print(HEAD, flush=True)
    with alone():
        for page in page_list.pages(of):
            if re.search(args.only, page.name):
                rows.append(measure(on, crowd, page, args.rounds))
                print(line(rows[-1]), flush=True)
    return {"filled": made, "pages": rows, "common": {w: round(of.how_common(t), 4) for w, t in page_list.words(of).items()}}


def main() -> int:
    asked = argparse.ArgumentParser(prog="bench.pages", description=__doc__.split("\n")[0])
    asked.add_argument("--cases", type=int, default=100_000)
    asked.add_argument("--rounds", type=int, default=30)
    asked.add_argument("--workers", type=int, default=2, help="web processes, as in serve")
    asked.add_argument("--data", type=Path, help="keep the filled city in this folder")
    asked.add_argument("--only", default="", help="pages whose name holds this (regular expression)")
    asked.add_argument("--to", metavar="FILE", help="where the result goes (bench/results/pages.json)")
    args = asked.parse_args()
    machine = server.machine()
    with server.running(args.workers, args.data) as on:
        found = run(on, args)
    missed = [row for row in found["pages"] if row["missed"] or row["wrong"]]
    print("同类系统（10 万件左右，公开可测者）：" + "；".join(PEERS))
    print(f"{len(found['pages'])} 页，{len(missed)} 页未达标（至多 {STATEMENTS} 条语句，p95 ≤ 100 ms，搜索 ≤ 200 ms）" if missed else
          f"{len(found['pages'])} 页全部达标")
    if not args.only or args.to:
        file = server.keep("pages", {"machine": machine, "rounds": args.rounds, "workers": args.workers, "peers": PEERS, **found}, args.to)
        print(f"kept in {file}")
    return 1 if missed or found["filled"]["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
