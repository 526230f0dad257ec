"""Two machines behind a real nginx with the configuration of deploy/: each is ended and started anew in turn while people read and work."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from minsheng.kit.embedded_postgres import Embedded
from tests import ready_folders
from tests.served import ROOT, Served, environment, free_port, until

HOST, PROXY_KEY, CSRF = "12345.example.org", "p" * 40, "c" * 32
NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
REASON = "a rolling upgrade needs nginx: apt-get install nginx-light"
LEAST = 5.0  # seconds that anybody waits for an answer, at most
_CASES = """
import json
from tests.cast import NOW, build
from minsheng.kit import clock
with clock.fixed(NOW):
    cast = build()
    cases = [cast.at_state("pending_sign").id for _ in range(3)]
print(json.dumps({"cases": cases, "keys": {who: next(iter(cast.client(who).cookies.values())).value for who in ("supervisor", "agent")}}))
"""


class Proxy:
    """deploy/nginx.conf with other places and a certificate of its own."""

    def __init__(self, folder: Path, nodes: list[str]):
        self.port, self.nodes = free_port(), folder / "nodes.conf"
        self.nodes.write_text("".join(f"server {node} max_fails=1 fail_timeout=5s;\n" for node in nodes))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-keyout", folder / "key",
                        "-out", folder / "crt"], check=True, capture_output=True)
        text = (ROOT / "deploy" / "nginx.conf").read_text()
        for given, ours in (("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"), ("listen 80", f"listen 127.0.0.1:{free_port()}"), ("CHANGE-ME", PROXY_KEY),
                            ("/etc/ssl/minsheng.crt", str(folder / "crt")), ("/etc/ssl/minsheng.key", str(folder / "key")),
                            ("/etc/nginx/minsheng-nodes.conf", str(self.nodes))):
            assert given in text, given
            text = text.replace(given, ours)
        temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (folder / "nginx.conf").write_text(f"pid {folder}/pid;\nerror_log {folder}/error.log;\nworker_processes 2;\nworker_shutdown_timeout 30s;\n"
                                           f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{text}\n}}\n")
        self.command = f"{NGINX} -c {folder}/nginx.conf -e {folder}/error.log"
        self.process = subprocess.Popen([*self.command.split(), "-g", "daemon off;"])
        until(lambda: socket.create_connection(("127.0.0.1", self.port), 2).close() or True, 15)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


class Person(threading.Thread):
    """Asks without pause, each time on a new connection; knows what was answered and the longest wait."""

    def __init__(self, proxy, session: str, ask: Callable[[Person], None], host: str = HOST):
        super().__init__(daemon=True)
        self.proxy, self.session, self.turn, self.host = proxy, session, ask, host
        self.over = threading.Event()
        self.answers, self.longest, self.wrong = 0, 0.0, []
        self.kept: list[tuple[int, str]] = []

    def ask(self, method: str, path: str, **form: str) -> int:
        head = {"Host": self.host, "Cookie": f"__Host-session={self.session}; __Host-csrf={CSRF}", "Referer": f"https://{self.host}/",
                "Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
        link = HTTPSConnection("127.0.0.1", self.proxy.port, timeout=30, context=ssl._create_unverified_context())
        link.sock = link._context.wrap_socket(link._create_connection(("127.0.0.1", self.proxy.port), 30), server_hostname=self.host)
        began = time.monotonic()
        try:
            link.request(method, path, urlencode(form | {"csrfmiddlewaretoken": CSRF}) if form else None, head)
            answer = link.getresponse()
            answer.read()
            status = answer.status
        except (OSError, HTTPException) as wrong:
            status = 0
            self.wrong.append(f"{method} {path}: {wrong!r}")
        finally:
            link.close()
        self.longest = max(self.longest, time.monotonic() - began)
        self.answers += 1
        return status

    def run(self) -> None:
        while not self.over.is_set():
            self.turn(self)
            time.sleep(0.2)  # nginx lets fifty a second of one address pass: everybody here is one

    def end(self) -> None:
        self.over.set()
        self.join(35)


def reads(path: str):
    def turn(person: Person) -> None:
        status = person.ask("GET", path)
        person.wrong += [f"{path}: {status}"] if status != 200 else []

    return turn


def reminds(case: int):
    """A step at a time, each with its own key; what was acknowledged is kept for the checker."""
    def turn(person: Person) -> None:
        key = f"{case % 10**9}x{person.answers}"
        status = person.ask("POST", f"/desk/case/{case}/step", step="remind", reason=f"第 {person.answers} 次", key=key)
        if status == 302:
            person.kept.append((case, f"form:{key}"))
        else:
            person.wrong.append(f"step: {status}")

    return turn


@pytest.fixture(scope="module")
def city():
    """A database of its own, and two programs on it with a proxy in front."""
    if NGINX is None:
        if os.environ.get("MINSHENG_NODES"):
            pytest.fail(REASON)
        pytest.skip(f"NOT RUN HERE: {REASON}")
    with tempfile.TemporaryDirectory(prefix="minsheng-n-", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o711)
        ready_folders.copy(ready_folders.with_cast(), folder / "data")
        database = Embedded(folder / "data")
        database.start()
        env = environment(MINSHENG_SECRET=(folder / "data" / ready_folders.SECRET).read_text(), DATABASE_URL=database.url(), MINSHENG_OWNER_URL=database.owner_url,
                          MINSHENG_HTTPS="1", MINSHENG_HOSTS=f"{HOST},127.0.0.1", MINSHENG_ORIGINS=f"https://{HOST}", MINSHENG_PROXY_KEY=PROXY_KEY)
        nodes = []
        for n in (1, 2):
            more = ("--no-jobs",) if n == 2 else ()
            nodes.append(Served(folder / f"node{n}", env | {"MINSHENG_DATA": str(folder / f"node{n}")}, ("--workers", "1", "--port", str(free_port()), *more)))
        proxy = None
        try:
            for node in nodes:
                node.start()
            proxy = Proxy(folder, [f"127.0.0.1:{node.port}" for node in nodes])
            yield database, nodes, proxy
        finally:
            if proxy is not None:
                proxy.end()
            for node in nodes:
                node.stop()
            child = database.child
            database.stop()
            child.wait(30)


def anew(node: Served) -> None:
    """As `systemctl restart` does: SIGTERM, and started when it has ended."""
    node.stop()
    node.start()


@pytest.mark.alone
def test_an_upgrade_of_two_machines_in_turn_drops_no_request_and_doubles_no_step(city):
    database, nodes, proxy = city
    known = json.loads(nodes[0].python(_CASES))
    people = [Person(proxy, known["keys"]["supervisor"], reminds(case)) for case in known["cases"]]
    people += [Person(proxy, known["keys"]["agent"], reads(path)) for path in ("/desk/cases", "/healthz", f"/desk/case/{known['cases'][0]}")]
    for person in people:
        person.start()
    until(lambda: all(person.answers > 5 for person in people))
    before = [node.serve.pid for node in nodes]
    asked = nodes_in_turn(proxy, nodes)
    answers = [person.answers for person in people]
    until(lambda: all(person.answers > n + 5 for person, n in zip(people, answers, strict=True)))
    for person in people:
        person.end()
    assert [wrong for person in people for wrong in person.wrong] == []
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert not set(before) & {node.serve.pid for node in nodes}, "both were ended and started anew"
    assert max(person.longest for person in people) < LEAST * float(os.environ.get("MINSHENG_SLOW_MACHINE", "3"))
    check(database, known["cases"], [one for person in people for one in person.kept])


def nodes_in_turn(proxy: Proxy, nodes: list[Served]) -> subprocess.CompletedProcess:
    """deploy/rolling, whose command asks this process to end and start the machine that it names."""
    by_name = {f"127.0.0.1:{node.port}": node for node in nodes}
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()

        def serve() -> None:
            for _ in nodes:
                link, _address = door.accept()
                with link:
                    anew(by_name[link.recv(100).decode()])
                    link.sendall(b"done")

        hand = threading.Thread(target=serve, daemon=True)
        hand.start()
        tell = f"import socket\nl = socket.create_connection(('127.0.0.1', {door.getsockname()[1]}))\nl.sendall(b'{{node}}')\nassert l.recv(9)"
        done = subprocess.run([ROOT / "deploy" / "rolling", *by_name, "--", "python3", "-c", tell],
                              env=os.environ | {"MINSHENG_NODES": str(proxy.nodes), "NGINX": proxy.command}, capture_output=True, text=True, check=False)
        hand.join(10)
    return done


def check(database: Embedded, cases: list[int], kept: list[tuple[int, str]]) -> None:
    """Asked of the database past the program: each step that was acknowledged is there once, and there is no other."""
    import psycopg

    with psycopg.connect(database.owner_url) as link:
        there = link.execute("SELECT case_id, count(*), count(DISTINCT seq) FROM cases_casestep WHERE step = 'remind' AND case_id = ANY(%s) GROUP BY case_id",
                             [cases]).fetchall()
        urges = dict(link.execute("SELECT id, urges FROM cases_case WHERE id = ANY(%s)", [cases]).fetchall())
    acknowledged = {case: sum(one == case for one, _ in kept) for case in cases}
    assert len(kept) > 30 and {case: n for case, n, _ in there} == acknowledged == urges
    assert all(n == places for _, n, places in there)


def test_a_machine_that_is_about_to_end_says_so_while_it_still_answers(tmp_path):
    with tempfile.TemporaryDirectory(prefix="minsheng-n-", ignore_cleanup_errors=True) as place:
        data = Path(place) / "data"
        ready_folders.copy(ready_folders.empty(), data)
        on = Served(data, environment(MINSHENG_DATA=str(data), MINSHENG_DRAIN_S="4"), ("--workers", "1"))
        on.start()
        on.serve.terminate()
        until(lambda: on.get("/healthz")[0] == 503, 4)
        assert json.loads(on.get("/healthz")[1])["status"] == "draining" and on.get("/login")[0] == 200
        assert on.serve.wait(30) is not None
