"""Cases created per second through the API by 8 clients, and CPU per case, beside the bare minimum in pgbench on the same server.

    python -m bench.intake [--seconds 20] [--clients 8] [--to FILE]

Exit 1 when a gate is missed (100 per second, 12 ms of CPU per case), when a case is lost or doubled, or the history does not verify.
"""

from __future__ import annotations

import json
import random
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from bench import server
from minsheng.cli.parser import Parser

GATE_RATE, GATE_CPU_MS = 100, 12.0
PLACES = ["河畔街道{n}号院", "东区人民路{n}号", "西县团结路{n}号", "河畔街道集市北口{n}号铺", "东区学府路{n}弄", "西县客运站{n}号站台"]
WORDS = {
    "light": "门口的路灯已经坏了{d}天，晚上老人孩子出门很不安全，希望尽快派人来修。",
    "water": "从昨天晚上{d}点开始停水，楼里有病人等着用水，物业说不清什么时候恢复，请帮忙催一下。",
    "wage": "在工地干了{d}个月，工资一直没有结清，包工头电话不接，我们一共{d}个人，希望有关部门管一管。",
    "road": "门前的路面塌了一个坑，{d}天里摔了两个人，只放了一个锥桶，请尽快修补。",
    "noise": "楼下烧烤店每天营业到凌晨{d}点，音响声音很大，孩子要考试，多次沟通没有用。",
    "ask": "想问一下灵活就业人员参加医保怎么办理，需要带什么材料，{d}月份还能不能补缴。",
    "bus": "{d}路公交车最近经常四十分钟才来一班，上班总是迟到，建议早高峰加密班次。",
    "rubbish": "小区门口的垃圾{d}天没有清运，已经发臭，请安排清理。",
}


def request(n: int, chance: random.Random) -> bytes:
    """A request as a city's web page would pass it on; one caller in five has called before."""
    matter = chance.choice(list(WORDS))
    place = chance.choice(PLACES).format(n=chance.randint(1, 300))
    caller = chance.randint(0, max(1, n)) if chance.random() < 0.2 else n
    narrative = f"我住在{place}，" + WORDS[matter].format(d=chance.randint(2, 12)) + f"可以打我电话138{caller % 100_000_000:08d}，谢谢。"
    body = {"kind": "consult" if matter == "ask" else "help", "narrative": narrative, "category": matter, "district": "d.east", "place": place,
            "elements": {"spot": place} if matter == "light" else {}, "channel": chance.choice(["web", "wechat", "app"]),
            "requester": {"name": chance.choice("赵钱孙李周吴郑王") + chance.choice("先生,女士".split(",")), "phone": f"138{caller % 100_000_000:08d}"}}
    return json.dumps(body, ensure_ascii=False).encode()


class Client(threading.Thread):
    """One client on one kept connection, one request after the other until `stop`. It speaks HTTP by hand: it runs on the cores measured."""

    def __init__(self, number: int, port: int, token: str, stop: threading.Event):
        super().__init__(daemon=True)
        self.number, self.port, self.stop = number, port, stop
        self.head = f"POST /api/v1/cases HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
        self.made: list[str] = []
        self.took: list[float] = []
        self.failed: list[str] = []

    def run(self) -> None:
        try:
            self._work()
        except OSError as wrong:
            self.failed.append(f"no answer: {wrong}")

    def _work(self) -> None:
        chance, n = random.Random(self.number), 0
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self.stop.is_set():
                n += 1
                body = request(self.number * 1_000_000 + n, chance)
                sent = f"{self.head}Idempotency-Key: {uuid.uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
                start = time.perf_counter()
                link.sendall(sent)
                status, text = answer(link)
                self.took.append((time.perf_counter() - start) * 1000)
                if status == 201:
                    self.made.append(json.loads(text)["id"])
                else:
                    self.failed.append(f"{status} {text[:200].decode(errors='replace')}")


def answer(link: socket.socket) -> tuple[int, bytes]:
    """Status and body of an answer that says its length."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += _more(link)
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head)[1])
    while len(body) < length:
        body += _more(link)
    return int(head[9:12]), body


def _more(link: socket.socket) -> bytes:
    if not (got := link.recv(65536)):
        raise ConnectionError("the server closed the connection")
    return got


def drive(on: server.Stage, token: str, clients: int, seconds: float) -> dict:
    """Load for `seconds`; figures of it."""
    stop = threading.Event()
    crowd = [Client(n, on.port, token, stop) for n in range(clients)]
    program, database = server.cpu_ms(on.serve, on.database), server.cpu_ms(on.database)
    start = time.perf_counter()
    for client in crowd:
        client.start()
    time.sleep(seconds)
    stop.set()
    for client in crowd:
        client.join(60)
    took = time.perf_counter() - start
    program, database = server.cpu_ms(on.serve, on.database) - program, server.cpu_ms(on.database) - database
    made = [id_ for client in crowd for id_ in client.made]
    times = [t for client in crowd for t in client.took]
    n = max(1, len(made))
    return {"made": made, "failed": [f for client in crowd for f in client.failed], "per_second": round(len(made) / took, 1),
            "p50_ms": round(server.percentile(times, 0.5), 1), "p95_ms": round(server.percentile(times, 0.95), 1),
            "cpu_program_ms": round(program / n, 2), "cpu_database_ms": round(database / n, 2), "cpu_ms": round((program + database) / n, 2)}


def bare(on: server.Stage, clients: int, seconds: int) -> dict:
    """pgbench on the same server: one case row, one step row, one transaction."""
    import psycopg

    with psycopg.connect(on.server.owner_url, autocommit=True) as link:
        link.execute("CREATE TABLE raw_case (id bigint PRIMARY KEY, number text, state text, kind text, channel text, narrative text, "
                     "received_at timestamptz, due_at timestamptz)")
        link.execute("CREATE TABLE raw_step (id bigint PRIMARY KEY, case_id bigint REFERENCES raw_case, seq int, step text, frm text, "
                     "too text, by_id bigint, at timestamptz, given jsonb, hash bytea)")
    pgbench = on.server.binaries() / "pgbench"
    before = server.cpu_ms(on.database)
    done = subprocess.run([str(pgbench), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds), "-f",
                           str(Path(__file__).with_name("raw.sql")), on.server.owner_url], capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if not found:
        raise SystemExit(f"pgbench: {done.stderr or done.stdout}")
    rate = float(found[1])
    return {"per_second": round(rate, 1), "cpu_database_ms": round((server.cpu_ms(on.database) - before) / (rate * seconds), 3)}


def verify(made: list[str], failed: list[str]) -> list[str]:
    """What is wrong with the data afterwards; empty when nothing is."""
    from minsheng.cases.models import Case, CaseStep
    from minsheng.cases.queries import verify_chain

    wrong = [f"not created: {each}" for each in failed[:5]]
    if len(made) != len(set(made)):
        wrong.append("one case was acknowledged twice")
    kept = set(Case.objects.values_list("id", flat=True))
    if kept != {int(id_) for id_ in made}:
        wrong.append(f"{len(made)} acknowledged, {len(kept)} kept")
    if CaseStep.objects.count() != 2 * len(kept):
        wrong.append("a case without its two steps")
    wrong += [f"history: {each}" for each in verify_chain.broken_rows()]
    return wrong


def table(api: dict, raw: dict) -> str:
    lines = [f"{'':24}{'per second':>12}{'p50 ms':>10}{'p95 ms':>10}{'CPU ms/case':>14}{'program':>10}{'database':>10}",
             f"{'API, one case':24}{api['per_second']:>12}{api['p50_ms']:>10}{api['p95_ms']:>10}{api['cpu_ms']:>14}"
             f"{api['cpu_program_ms']:>10}{api['cpu_database_ms']:>10}",
             f"{'pgbench, bare minimum':24}{raw['per_second']:>12}{'':>10}{'':>10}{raw['cpu_database_ms']:>14}{'':>10}{raw['cpu_database_ms']:>10}",
             f"{'ratio':24}{raw['per_second'] / max(api['per_second'], 0.1):>11.1f}x"]
    return "\n".join(lines)


def main() -> int:
    asked = Parser(prog="bench.intake", description="经接口登记工单，每秒多少件、每件用多少处理器；与数据库的最低用量相比。")
    asked.add_argument("--seconds", type=int, default=20, help="量几秒")
    asked.add_argument("--clients", type=int, default=8, help="几个同时登记")
    asked.add_argument("--workers", type=int, default=2, help="几个网页进程，同 serve")
    asked.add_argument("--to", metavar="FILE", help="结果写到哪个文件（默认 bench/results/intake.json）")
    args = asked.parse_args()
    machine = server.machine()
    with server.running(args.workers) as on:
        from bench import city

        token = city.build()["agent"]
        first = drive(on, token, args.clients, 3)  # warm-up: counted in the check, not in the figures
        api = drive(on, token, args.clients, args.seconds)
        raw = bare(on, args.clients, max(5, args.seconds // 2))
        wrong = verify(first.pop("made") + api["made"], first["failed"] + api["failed"])
        api |= {"made": len(api["made"]), "failed": len(api["failed"])}
        machine["load_after"] = server.load()
    print(table(api, raw))
    if api["per_second"] < GATE_RATE or api["cpu_ms"] > GATE_CPU_MS:
        wrong.append(f"gate missed: at least {GATE_RATE} per second at no more than {GATE_CPU_MS} ms")
    file = server.keep("intake", {"machine": machine, "clients": args.clients, "workers": args.workers, "seconds": args.seconds, "api": api,
                                 "pgbench": raw, "ratio": round(raw["per_second"] / max(api["per_second"], 0.1), 1), "wrong": wrong}, args.to)
    print("\n".join(wrong) or "every acknowledged case is kept once, the history verifies", f"\nkept in {file}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
