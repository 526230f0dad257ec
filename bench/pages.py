"""Every list, case, search and board page at N cases, as a ratio to a bare logged-in page of the same run.

    python -m bench.pages [--cases 100000] [--rounds 30] [--data DIR] [--only WORD] [--no-pauses] [--to FILE]

Pages are asked for over HTTP from the served program, logged in as each role. Before and after each page the bare one is asked for as
often: `xCPU` is the page's CPU time (program and database) by that of the bare ones around it, `x p50` what is waited for it. A machine
that is slower, or busy, is so for both. The statements of the same pages are counted in this process on the same database: `SQL`, and
`cold` for a process that has nothing kept (units, matters, calendar and limits are kept for five seconds). `first` is the slowest answer
of the pass before the measured one: statements are planned then. `pause` is the first answer after six quiet seconds, when nothing is kept
any more, by the page's p50; figures, kept for half a minute, are counted anew in it.

Exit 1 when the gate is missed: CPU of a list, a desk or a search 2.5 bare pages, of a case 3, of a board 4; p95 twice p50; the first answer
after a pause twice p50; at most 12 statements, cold too; no wrong status. DIR keeps the filled city for the next run; without it everything is made anew and gone afterwards.
"""

from __future__ import annotations

import fcntl
import http.client
import json
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from bench import server
from minsheng.cli.parser import Parser

STATEMENTS, SPREAD = 12, 2.0
WARM = 8  # requests before the measured ones, at least
PAUSE_S = 6.0  # longer than units, matters, calendar and limits are kept
MOST = {"list": 2.5, "search": 2.5, "case": 3.0, "board": 4.0}  # bare pages of CPU
PEERS = ("工单列表 130–620 ms，56–259 条语句", "工单页 90–170 ms", "搜索 0.8–2.6 s", "报表 0.6–12 s")
LOCK = Path("/tmp/bench.lock")


class Browser:
    """One person at one kept connection."""

    def __init__(self, port: int, token: str = ""):
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies: dict[str, str] = {}
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ask(self, path: str, body: str = "", part: bool = False) -> tuple[int, bytes, float]:
        """(status, content, milliseconds); redirects are not followed. `part`: as a script of the page asks for a part of it."""
        headers = {**self.headers, "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        headers |= {"HX-Request": "true"} if part else {}
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

    def log_in(self, username: str, password: str, code: str) -> Browser:
        self.ask("/login")
        said = (("/login", {"username": username, "password": password}), ("/login/code", {"code": code}))
        if any(self.ask(path, urlencode(fields))[0] != 302 for path, fields in said):
            raise SystemExit(f"log-in of {username} was refused")
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
        return Browser(self.port).log_in(person.username, PASSWORD, code_of(person))

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
                client.get(path, headers={"HX-Request": "true"} if page.part else {})
        return len(seen), [q["sql"] for q in seen.captured_queries]


def code_of(person) -> str:
    """A code for the second step of a log-in, which is set up when it is not."""
    import pyotp

    from minsheng.accounts import queries, second_factor

    by, row = queries.actor(person), queries.second_factor(person.id)
    if row is not None and row.confirmed_at:
        return second_factor.renew_recovery(by=by)[0]
    secret = second_factor.begin(by=by, username=person.username).secret.replace(" ", "")
    return second_factor.confirm(by=by, code=pyotp.TOTP(secret).now())[0]


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


@dataclass(frozen=True)
class Taken:
    """Some requests for one page: what each waited for, and the CPU time of program and database a request."""

    times: list[tuple[float, str]]
    program: float
    database: float
    size: int

    @property
    def cpu(self) -> float:
        return self.program + self.database

    def ms(self, share: float) -> float:
        return server.percentile([ms for ms, _ in self.times], share)


def taken(on: server.Stage, browser: Browser, page, rounds: int) -> Taken:
    """`rounds` requests, the page's parameters in turn."""
    program, database, times, content = server.cpu_ms(on.serve, on.database), server.cpu_ms(on.database), [], b""
    for n in range(rounds):
        path = page.paths[n % len(page.paths)]
        _, content, ms = browser.ask(path, page.body, page.part)
        times.append((ms, path))
    spent = server.cpu_ms(on.serve, on.database) - program, server.cpu_ms(on.database) - database
    return Taken(times, spent[0] / rounds, spent[1] / rounds, len(content))


class Measuring:
    """Pages one after the other, the bare page between them: what lies on both sides of a page is its 1.0."""

    def __init__(self, on: server.Stage, crowd: Crowd, rounds: int):
        from bench import page_list

        self.on, self.crowd, self.rounds, self.bare_page = on, crowd, rounds, page_list.BARE
        self.bare()
        self.before = self.bare()

    def bare(self) -> Taken:
        return taken(self.on, self.crowd.browser(self.bare_page.who), self.bare_page, self.rounds)

    def row(self, page) -> dict:
        """Figures of one page, after one unmeasured pass over its parameters, of a few more requests where it has few."""
        browser, wrong, first = self.crowd.browser(page.who), [], 0.0
        for path in page.paths * (1 if page.kind == "deed" else max(1, WARM // len(page.paths))):
            status, _, ms = browser.ask(path, page.body, page.part)
            first = max(first, ms)
            browser.link.close()  # the next connection may lie with another process: each has to plan its statements once
            if status != 200 and not (status == 302 and page.kind in {"search", "deed"}):  # a case's number opens it
                wrong.append(f"{status} {path}")
        counted = [(self.crowd.statements(page, p, True)[0], self.crowd.statements(page, p, False)[0]) for p in page.paths]
        mine = taken(self.on, browser, page, max(self.rounds, len(page.paths)))
        before, after = self.before, self.bare()
        self.before = after
        cpu, p50 = (before.cpu + after.cpu) / 2, (before.ms(0.5) + after.ms(0.5)) / 2
        return {
            "page": page.name, "kind": page.kind, "n": len(mine.times), "x_cpu": round(mine.cpu / cpu, 2), "x_p50": round(mine.ms(0.5) / p50, 2),
            "p95_by_p50": round(mine.ms(0.95) / mine.ms(0.5), 2), "p50_ms": round(mine.ms(0.5), 1), "p95_ms": round(mine.ms(0.95), 1),
            "cpu_program_ms": round(mine.program, 1), "cpu_database_ms": round(mine.database, 1), "bare_cpu_ms": round(cpu, 1),
            "bare_p50_ms": round(p50, 1), "statements": max(w for _, w in counted), "statements_cold": max(c for c, _ in counted),
            "bytes": mine.size, "first_ms": round(first, 1), "slowest": max(mine.times)[1], "wrong": wrong,
        }


def missed(row: dict) -> list[str]:
    """What the gate says against a page, in words."""
    if row["kind"] == "deed":
        return row["wrong"]
    said = ((row["x_cpu"] > MOST[row["kind"]], f"CPU 超过 {MOST[row['kind']]} 倍"), (row["p95_by_p50"] > SPREAD, "p95 超过 p50 的两倍"),
            (max(row["statements"], row["statements_cold"]) > STATEMENTS, "语句过多"), (row.get("pause", 0) > SPREAD, "停顿之后的第一次过慢"))
    return [words for true, words in said if true] + row["wrong"]


def _wide(text: str, width: int) -> str:
    return text + " " * max(0, width - sum(2 if ord(c) > 0x2E80 else 1 for c in text))


def after_pauses(crowd: Crowd, pages: list, rows: list[dict]) -> None:
    """Into each row: what its page waited for after a pause, by what it usually does. Pages that write are left out."""
    for page, row in zip(pages, rows, strict=True):
        if page.kind != "deed":
            time.sleep(PAUSE_S)
            _, _, ms = crowd.browser(page.who).ask(page.paths[0], page.body, page.part)
            row["pause_ms"], row["pause"] = round(ms, 1), round(ms / row["p50_ms"], 2)


def line(row: dict) -> str:
    return (f"{_wide(row['page'], 30)}{row['x_cpu']:>7.2f}{row['x_p50']:>7.2f}{row['p95_by_p50']:>9.2f}{row['p50_ms']:>8}{row['cpu_program_ms']:>8}"
            f"{row['cpu_database_ms']:>9}{row['statements']:>5}{row['statements_cold']:>5}{row['bytes'] // 1024:>5}{row['first_ms']:>7.0f}"
            f"  {'；'.join(missed(row)) or '合格'}")


HEAD = (f"{_wide('页面', 30)}{'xCPU':>7}{'x p50':>7}{'p95/p50':>9}{'p50 ms':>8}{'program':>8}{'database':>9}{'SQL':>5}{'cold':>5}"
        f"{'KB':>5}{'first':>7}")


def fill(data: Path, cases: int) -> None:
    """The city of this folder, made when it is not there, before anybody serves it."""
    if not (data / "filled.json").exists():
        subprocess.run([sys.executable, "-m", "bench.fill", "--data", str(data), "--cases", str(cases)], check=True)


def call_in_hand(of) -> None:
    """One call-back is taken, so that its page can be opened."""
    from bench import page_list
    from minsheng.accounts.queries import actor
    from minsheng.accounts.rules import Role
    from minsheng.followup import actions as followup

    followup.take_next(by=actor(page_list.person_of(Role.CALLBACK_CLERK)))


def run(on: server.Stage, args) -> dict:
    made = json.loads((on.data / "filled.json").read_text())
    print(f"{made['cases']} 件，{made['steps']} 步，在办 {made['open']} 件；灌装 {made['seconds']} s，每秒 {made['cases_per_second']} 件、"
          f"{made['steps_per_second']} 步；历史校验 {'完好' if not made['broken'] else made['broken'][:3]}", flush=True)
    from bench import page_list

    of = page_list.Sample()
    call_in_hand(of)
    crowd, rows, pages = Crowd(on.port, of), [], [page for page in page_list.pages(of) if re.search(args.only, page.name)]
    print(HEAD, flush=True)
    with alone():
        measuring = Measuring(on, crowd, args.rounds)
        for page in pages:
            rows.append(measuring.row(page))
            print(line(rows[-1]), flush=True)
        if not args.no_pauses:
            after_pauses(crowd, pages, rows)
            slow = [f"{row['page']} {row['pause']}" for row in rows if row.get("pause", 0) > SPREAD]
            print("停顿之后超过两倍的：" + ("；".join(slow) or "没有"), flush=True)
    return {"load_after": server.load(), "filled": made, "pages": rows, "common": {w: round(of.how_common(t), 4) for w, t in page_list.words(of).items()}}


def main() -> int:
    asked = Parser(prog="bench.pages", description="工单达到这么多件时，各页比一张空页慢几倍。")
    asked.add_argument("--cases", type=int, default=100_000, help="多少件")
    asked.add_argument("--rounds", type=int, default=30, help="每页打开几遍")
    asked.add_argument("--workers", type=int, default=2, help="几个网页进程，同 serve")
    asked.add_argument("--data", type=Path, help="灌好的城市留在这个文件夹")
    asked.add_argument("--only", default="", help="只量名字合此式的页（正则表达式）")
    asked.add_argument("--no-pauses", action="store_true", help="不量停一会儿后的第一次打开（每页省六秒）")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/pages.json）")
    args = asked.parse_args()
    machine = server.machine()
    with server.running(args.workers, args.data, prepare=lambda data: fill(data, args.cases)) as on:
        found = run(on, args)
    over = [row for row in found["pages"] if missed(row)]
    print("同类系统（10 万件左右，公开可测者）：" + "；".join(PEERS))
    print(f"{len(found['pages'])} 页，{len(over)} 页未达标" if over else f"{len(found['pages'])} 页全部达标")
    if not args.only or args.to:
        file = server.keep("pages", {"machine": machine, "rounds": args.rounds, "workers": args.workers, "peers": PEERS, **found}, args.to)
        print(f"kept in {file}")
    return 1 if over or found["filled"]["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
