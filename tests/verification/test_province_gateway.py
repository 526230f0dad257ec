"""Two cities behind one real nginx, as `province gateway` writes it: what one hands out is worth nothing at the other, and one is up while the other is not."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.province import Province
from tests.served import Served, free_port, until
from tests.verification.test_rolling import CSRF, NGINX, REASON, Person, reads

CITIES = ("lasa", "rikaze")
_LIVES = """
import json
from minsheng.kit import clock, partitions
from tests.cast import NOW, build
partitions.make_months(NOW, NOW)
with clock.fixed(NOW):
    cast = build()
    case = cast.at_state("in_progress")
print(json.dumps({"case": case.id, "number": case.number, "me": cast.people["water"].id,
                  "keys": {who: next(iter(cast.client(who).cookies.values())).value for who in ("supervisor", "water", "agent")}}))
"""


@dataclass
class City(Served):
    """Served as deploy/minsheng@.service does: by its name alone."""

    name: str = ""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "minsheng.cli", "--city", self.name, "serve", "--workers", "1"]


class Gateway:
    def __init__(self, province: Province):
        self.given: dict[str, str] = {}  # cookies of the last answer
        self.port, etc, certificates = free_port(), province.folder / "nginx", province.folder / "certificates"
        for folder in (etc, certificates):
            folder.mkdir()
        for name in CITIES:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}.example.org", "-keyout",
                            certificates / f"{name}.key", "-out", certificates / f"{name}.crt"], check=True, capture_output=True)
        done = province.cli("province", "gateway", str(etc), "--certificates", str(certificates))
        assert done.returncode == 0, done.stdout + done.stderr
        plain = free_port()
        for file in etc.glob("*.conf"):
            file.write_text(file.read_text().replace("listen 443", f"listen 127.0.0.1:{self.port}").replace("listen 80", f"listen 127.0.0.1:{plain}"))
        place = province.folder
        temporary = "".join(f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (place / "nginx.conf").write_text(f"pid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}"
                                          f"include {etc}/minsheng-*.conf;\n}}\n")
        self.process = subprocess.Popen([NGINX, "-c", place / "nginx.conf", "-e", place / "error.log", "-g", "daemon off;"])
        until(lambda: self.ask("lasa", "GET", "/login")[0], 15)

    def ask(self, city: str, method: str, path: str, body: str | None = None, knock: str = "", **headers: str) -> tuple[int, str, str]:
        """(status, page, where it leads). `knock`: the name that TLS is asked for, where it is another."""
        link = HTTPSConnection("127.0.0.1", self.port, timeout=30, context=ssl._create_unverified_context())
        link.sock = link._context.wrap_socket(link._create_connection(("127.0.0.1", self.port), 30), server_hostname=knock or f"{city}.example.org")
        try:
            link.request(method, path, body, {"Host": f"{city}.example.org", "Referer": f"https://{city}.example.org/", "Connection": "close", **headers})
            answer = link.getresponse()
            self.given = dict(pair.split(";")[0].split("=", 1) for pair in answer.headers.get_all("Set-Cookie", []))
            return answer.status, answer.read().decode(), answer.getheader("Location", "")
        finally:
            link.close()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


@dataclass
class Whole:
    province: Province
    cities: dict[str, City]
    known: dict[str, dict]
    gateway: Gateway


@pytest.fixture(scope="module")
def whole():
    if not os.environ.get("MINSHENG_HEAVY") and not os.environ.get("MINSHENG_NODES"):
        pytest.skip("two cities behind nginx take a minute: MINSHENG_HEAVY=1")
    if NGINX is None:
        if os.environ.get("MINSHENG_NODES"):
            pytest.fail(REASON)
        pytest.skip(f"NOT RUN HERE: {REASON}")
    with tempfile.TemporaryDirectory(prefix="minsheng-p-", ignore_cleanup_errors=True) as place:
        province, served, gateway = Province(Path(place)), {}, None
        Path(place).chmod(0o711)
        try:
            province.begin()
            for name in CITIES:
                done = province.add(name, "--port", str(free_port()))
                assert done.returncode == 0, done.stderr
            done = province.cli("--city", "all", "migrate")
            assert done.returncode == 0 and "2 座城市都做了" in done.stdout, done.stdout + done.stderr
            for name in CITIES:
                settings = province.settings(name)
                served[name] = City(Path(settings["MINSHENG_DATA"]), province.env | settings, name=name)
            known = {name: json.loads(city.python(_LIVES)) for name, city in served.items()}
            for city in served.values():
                city.start()
            gateway = Gateway(province)
            yield Whole(province, served, known, gateway)
        finally:
            for end in ([gateway.end] if gateway else []) + [city.stop for city in served.values()] + [province.end]:
                end()


def session(key: str) -> dict[str, str]:
    return {"Cookie": f"__Host-session={key}; __Host-csrf={CSRF}", "Content-Type": "application/x-www-form-urlencoded"}


def test_a_session_of_one_city_is_none_at_the_other_although_the_people_have_the_same_numbers(whole):
    ask, known = whole.gateway.ask, whole.known
    assert known["lasa"]["me"] == known["rikaze"]["me"], "or nothing would be shown"
    for own, other in (CITIES, CITIES[::-1]):
        case = f"/desk/case/{known[own]['case']}"
        head = session(known[own]["keys"]["supervisor"])
        assert ask(own, "GET", case, **head)[0] == 200
        for path in (case, f"/desk/case/{known[other]['case']}", "/desk/cases", "/live"):
            status, _, to = ask(other, "GET", path, **head)
            assert (status, "/login" in to) == (302, True) or status in (401, 403), (path, status, to)
        assert ask(other, "GET", case, knock=f"{own}.example.org", **head)[0] != 200, "by the other's TLS"
        form = urlencode({"step": "remind", "reason": "x", "key": "1x1", "csrfmiddlewaretoken": CSRF})
        status, _, to = ask(other, "POST", f"/desk/case/{known[other]['case']}/step", form, **head)
        assert status in (302, 403) and "/desk/case" not in to


def test_what_was_noted_on_a_phone_of_one_city_is_not_taken_by_the_other(whole):
    ask, known = whole.gateway.ask, whole.known
    for own, other in (CITIES, CITIES[::-1]):
        head = session(known[own]["keys"]["water"])
        status, page, _ = ask(own, "GET", "/desk/unit/ready", **head)
        assert status == 200 and json.loads(page)["me"] == str(known[other]["me"]), "the number alone would fit there"
        assert ask(other, "GET", "/desk/unit/ready", **head)[0] != 200
        form = urlencode({"step": "sign", "key": f"{own}x1", "csrfmiddlewaretoken": CSRF})
        assert ask(other, "POST", f"/desk/unit/{known[other]['case']}/noted", form, **head)[0] != 200


def test_a_token_and_a_query_code_of_one_city_open_nothing_at_the_other(whole):
    ask, known = whole.gateway.ask, whole.known
    tokens, tickets = {}, {}
    for name in CITIES:
        made = whole.province.cli("--city", name, "token", "create", "agent", "--name", "对接", "--scope", "cases.read")
        assert made.returncode == 0, made.stderr
        tokens[name] = next(word for word in made.stdout.split() if word.startswith("ms_"))
        tickets[name] = sent(whole.gateway, name)
    assert tickets["lasa"].number == tickets["rikaze"].number, "or nothing would be shown"
    for own, other in (CITIES, CITIES[::-1]):
        bearer = {"Authorization": f"Bearer {tokens[own]}"}
        assert ask(own, "GET", f"/api/v1/cases/{known[own]['case']}", **bearer)[0] == 200
        assert ask(other, "GET", f"/api/v1/cases/{known[other]['case']}", **bearer)[0] == 401
        reader = Reader(whole.gateway, own)
        assert reader.post("/track", number=tickets[own].number, code=tickets[own].code) == (302, "/case")
        assert reader.get("/case")[0] == 200
        reader.city = other
        assert reader.get("/case")[::2] == (302, "/track?ended=1"), "the browser's session, carried over by hand"
        assert Reader(whole.gateway, other).post("/track", number=tickets[own].number, code=tickets[own].code)[1] == ""


@dataclass
class Ticket:
    number: str
    code: str


class Reader:
    """A browser of one of the public; keeps its cookies."""

    def __init__(self, gateway: Gateway, city: str):
        self.gateway, self.city, self.cookies = gateway, city, {"__Host-csrf": CSRF}

    def get(self, path: str) -> tuple[int, str, str]:
        return self.ask("GET", path)

    def post(self, path: str, **form: str) -> tuple[int, str]:
        status, _, to = self.ask("POST", path, urlencode(form | {"csrfmiddlewaretoken": self.cookies["__Host-csrf"]}))
        return status, to

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str, str]:
        status, page, to = self.gateway.ask(self.city, method, path, body, Cookie="; ".join(f"{name}={value}" for name, value in self.cookies.items()),
                                            **{"Content-Type": "application/x-www-form-urlencoded"})
        self.cookies |= self.gateway.given
        return status, page, to


def sent(gateway: Gateway, city: str) -> Ticket:
    """A request sent by the portal: its number, and the code that the receipt shows."""
    reader = Reader(gateway, city)
    assert reader.post("/send", narrative="幸福路一号楼前路灯不亮三天了，晚上看不见路", kind="help", district="", place="幸福路1号")[0] == 302
    assert reader.post("/send/who", name="王小明", phone="13912345678", requester_kind="person", reply_language="zh")[0] == 302
    assert reader.post("/send/check") == (302, "/send/done")
    return Ticket(*re.findall(r"<dd>(\d+)</dd>", reader.get("/send/done")[1]))


def test_a_request_that_is_another_citys_goes_there_as_to_any_other_platform_and_once(whole):
    made = whole.province.cli("--city", "rikaze", "token", "create", "agent", "--name", "拉萨转来", "--scope", "cases.write", "--scope", "cases.read")
    assert made.returncode == 0, made.stderr
    head = {"Authorization": f"Bearer {next(word for word in made.stdout.split() if word.startswith('ms_'))}", "Content-Type": "application/json",
            "Idempotency-Key": f"lasa-{whole.known['lasa']['number']}"}
    body = json.dumps({"kind": "help", "channel": "other_system", "narrative": "日喀则一所学校门前路灯不亮，拉萨热线转来", "requester": {"phone": "13912345678"}})
    answers = [whole.gateway.ask("rikaze", "POST", "/api/v1/cases", body, **head) for _ in range(2)]
    assert [status for status, _, _ in answers] == [201, 200], answers
    assert len({json.loads(page)["id"] for _, page, _ in answers}) == 1
    assert whole.gateway.ask("lasa", "POST", "/api/v1/cases", body, **head)[0] == 401


def test_who_asks_for_no_city_gets_none(whole):
    for knock in ("", "lasa.example.org"):  # the bare address, and a stranger's name inside a city's TLS
        with pytest.raises((OSError, HTTPException)):
            whole.gateway.ask("nobody", "GET", "/login", knock=knock)
    lasa = whole.cities["lasa"]
    assert lasa.get("/login", Host="rikaze.example.org")[0] == 400, "past the gateway, under the other's name"


def test_one_city_is_up_while_the_other_is_upgraded_or_down(whole):
    """Each person here asks without pause: no request of theirs may fail, whatever happens to the neighbour."""
    lasa, rikaze, gateway = whole.cities["lasa"], whole.cities["rikaze"], whole.gateway
    people = [Person(gateway, whole.known["rikaze"]["keys"]["agent"], reads(path), "rikaze.example.org") for path in ("/desk/cases", "/healthz")]
    for person in people:
        person.start()
    try:
        until(lambda: all(person.answers > 5 for person in people))
        done = whole.province.cli("--city", "lasa", "serve", "--replace")
        assert done.returncode == 0, done.stderr
        assert whole.province.cli("--city", "lasa", "migrate").returncode == 0
        lasa.stop()
        assert gateway.ask("lasa", "GET", "/login")[0] == 502
        whole.province.sql("ALTER DATABASE minsheng_lasa ALLOW_CONNECTIONS false")
        listed = whole.province.cli("province", "list")
        assert listed.returncode == 1 and "lasa 的数据库连不上" in listed.stdout and "没在服务" in listed.stdout and "  在服务" in listed.stdout, listed.stdout
        whole.province.sql("ALTER DATABASE minsheng_lasa ALLOW_CONNECTIONS true")
        answers = [person.answers for person in people]
        until(lambda: all(person.answers > n + 10 for person, n in zip(people, answers, strict=True)))
    finally:
        for person in people:
            person.end()
    assert [wrong for person in people for wrong in person.wrong] == []
    lasa.start()
    assert gateway.ask("lasa", "GET", "/login")[0] == 200
    assert json.loads(rikaze.get("/healthz")[1])["status"] == "ok"


def test_each_and_all_are_backed_up_looked_over_and_listed(whole):
    province = whole.province
    done = province.cli("--city", "all", "backup", str(province.folder / "backups" / "{city}"))
    assert done.returncode == 0, done.stdout + done.stderr
    for name in CITIES:
        [made] = (province.folder / "backups" / name).iterdir()
        assert json.loads((made / "manifest.json").read_text())["counts"]["cases"] > 0
        secrets = [value for key, value in province.settings(name).items() if key.endswith(("SECRET", "KEY"))]
        assert not any(secret.encode() in file.read_bytes() for file in made.rglob("*") if file.is_file() for secret in secrets)
    done = province.cli("--city", "all", "doctor")
    assert done.stdout.count("程序的登录角色进不了这台服务器上别的热线的库") == 2 and "  要处理" not in done.stdout.replace("  要处理  没有浏览器", ""), done.stdout
    done = province.cli("province", "list")
    assert done.returncode == 0 and done.stdout.count("  在服务") == 2, done.stdout
