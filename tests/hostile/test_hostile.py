"""The whole table of hostile values, sent to every field of every form, step, query, operation and option: no answer of 500, no trace,
and whatever was taken breaks no page afterwards.

The ordinary run sends a sample drawn by chance, each day another (the seed is printed); MINSHENG_HEAVY=1 sends all of it, or a part
of every field (MINSHENG_PART=2/5), or all of it to a part of the fields (MINSHENG_FIELDS=2/30: sooner done where all parts are run, for
what a field took is read on the pages three times a run).
"""

import logging
import os
import random
import time
import traceback
from collections import Counter

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from minsheng.accounts.rules import Role
from minsheng.calendar import queries as calendar
from minsheng.cases import queries as cases
from minsheng.cases.models import Case
from minsheng.cases.queries import feed
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.org import queries as org
from tests import of_today
from tests.cast import NOW
from tests.hostile import columns, table, ways
from tests.hostile.city import make

HEAVY = os.environ.get("MINSHENG_HEAVY") == "1"
SEED = int(os.environ.get("MINSHENG_SEED", of_today.SEED))  # of the run: processes that begin after midnight collect the same tests
PART, PARTS = map(int, os.environ.get("MINSHENG_PART", "1/1").split("/"))
FIELD, FIELDS = map(int, os.environ.get("MINSHENG_FIELDS", "1/1").split("/"))
SAMPLE = 150  # of each kind of way
READ_THROUGH = 3  # of what a field took: the pages are read again afterwards


class Watch(logging.Handler):
    """Whatever is logged as a fault while we look."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record):
        self.said.append(record.getMessage() + (f": {record.exc_info[1]!r}" if record.exc_info else ""))


@pytest.fixture
def watch():
    handler = Watch()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="module")
def city(django_db_setup, django_db_blocker, tmp_path_factory):
    """Made once for all tests of this file, undone at the end."""
    recorded = override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, "tests.hostile.ways.Recording"])
    with django_db_blocker.unblock(), recorded, clock.fixed(NOW), transaction.atomic():
        made = make()
        made.folder = tmp_path_factory.mktemp("hostile")
        yield made
        transaction.set_rollback(True)
    forget()


@pytest.fixture(scope="module")
def clients(city):
    return {"": Client(), **{who: city.cast.client(who) for who in city.cast.people}}


@pytest.fixture
def town(city):
    """Whatever a test does is undone."""
    with transaction.atomic():
        yield city
        transaction.set_rollback(True)
    forget()


def forget() -> None:
    for room in (org, cases, calendar):
        room.forget()


class Storm:
    """Sends values one by one, each in a transaction that is rolled back, and remembers what broke."""

    def __init__(self, town, clients, watch):
        self.town, self.clients, self.watch = town, clients, watch
        self.sent, self.answers, self.broken, self.took = 0, Counter(), {}, Counter()
        self.ways, self.fields, self.slowest = set(), set(), (0.0, "")

    def send(self, way, name, value) -> None:
        self.sent += 1
        self.ways.add(way.name)
        self.fields.add((way.name, name))
        begun, self.watch.said = time.perf_counter(), []
        with transaction.atomic():
            try:
                answer = way.send(name, value)
                status = answer.status_code if answer is not None else 0
                said = f"answered {status}" if status >= 500 else ""
                if status in (200, 201, 302) and not way.name.startswith(("QUERY", "PATH", "GET")):
                    said = said or self.read_through(way, name, answer)
            except Exception as wrong:  # noqa: BLE001  (that is what we look for)
                status, said = 599, f"{type(wrong).__name__}: {str(wrong)[:120]} at {_where(wrong)}"
            transaction.set_rollback(True)
        if status in (200, 201, 302):
            forget()
        self.answers[status] += 1
        if said or self.watch.said:
            self.broken.setdefault(f"{way.name} {name}: {said or self.watch.said[0][:200]}", table.named(value))
        self.slowest = max(self.slowest, (time.perf_counter() - begun, f"{way.name} {name} {table.named(value)}"))

    def read_through(self, way, name, answer) -> str:
        """What was taken is on the pages now."""
        self.took[way.name, name] += 1
        if self.took[way.name, name] > READ_THROUGH:
            return ""
        forget()
        case = Case.objects.order_by("-updated_at", "-seq").first()
        program = ways.Program(Client(), self.town.tokens["supervisor"])
        reads = [("supervisor", f"/desk/case/{case.id}"), ("dispatcher", "/desk/cases"), ("dispatcher", f"/desk/dispatch?case={case.id}"),
                 ("water", "/desk/unit"), ("agent", "/desk/intake")]
        for who, url in reads:
            if self.clients[who].get(url).status_code >= 500:
                return f"then {url} breaks"
        for url in (f"/api/v1/cases/{case.id}", f"/api/v1/cases/{case.id}/steps", "/api/v1/cases"):
            if program.send("get", url).status_code >= 500:
                return f"then {url} breaks"
        return ""

    def report(self, what: str) -> str:
        return (f"{what}: {len(self.ways)} ways × fields = {len(self.fields)}, {self.sent} values sent, answers {dict(sorted(self.answers.items()))}, "
                f"slowest {self.slowest[0]:.1f} s ({self.slowest[1]}), seed {SEED}, broken {len(self.broken)}")


def _where(wrong: Exception) -> str:
    frames = [f for f in traceback.extract_tb(wrong.__traceback__) if "/minsheng/" in f.filename] or traceback.extract_tb(wrong.__traceback__)
    return f"{frames[-1].filename.rsplit('/minsheng/')[-1]}:{frames[-1].lineno}"


def steps_by_the_api(town, clients):
    found = list(ways.steps_by_program(town, lambda who: ways.Program(Client(), town.tokens[who])))
    by_hand = {step.name for step in PROCEDURE if step.needs and step.who not in (Role.CLOCK, Role.REQUESTER)}  # a requester's are another kind of way
    assert by_hand - {way.name.split()[1] for way in found} == set()
    return found


KINDS = {  # kind of way -> (all of them, how many there are at least)
    "steps by the API": (steps_by_the_api, 60),
    "steps on the case page": (lambda town, clients: ways.steps_on_pages(town, clients), 60),
    "operations of the API": (lambda town, clients: ways.operations(town, lambda who: ways.Program(Client(), town.tokens[who])), 8),
    "queries of pages": (lambda town, clients: ways.queries_of(town, clients), 30),
    "parts of addresses": (lambda town, clients: ways.paths_of(town, clients), 30),
    "forms on pages": (lambda town, clients: ways.forms_of(town, clients), 60),
    "columns of files": (lambda town, clients: columns.of_files(town, clients["system_admin"]), 2),
    "the citizen": (lambda town, clients: ways.by_citizen(town, Client), 6),
}


def all_of(town, clients, kind: str) -> list:
    """(way, field, value): each field of each way with each value of the table."""
    find, least = KINDS[kind]
    found = list(find(town, clients))
    assert len(found) >= least, [way.name for way in found]
    return [(way, name, value) for way in found for name in way.fields for value in (table.JSON if way.typed else table.TEXTS)]


def weather(storm: Storm, pairs: list, capsys, what: str) -> None:
    for way, name, value in pairs:
        storm.send(way, name, value)
    with capsys.disabled():
        print("\n" + storm.report(what))
    assert not storm.broken, "\n".join(f"{place}  <- {value}" for place, value in storm.broken.items())


@pytest.mark.skipif(HEAVY, reason="all of it is sent")
def test_a_sample_of_the_table_breaks_nothing(town, clients, watch, capsys):
    chance, drawn, whole = random.Random(SEED), [], 0
    for kind in os.environ.get("MINSHENG_KINDS", ",".join(KINDS)).split(","):
        pairs = all_of(town, clients, kind)
        whole += len(pairs)
        drawn += chance.sample(pairs, min(SAMPLE, len(pairs)))
    weather(Storm(town, clients, watch), drawn, capsys, f"a sample of {whole} pairs of field and value")


@pytest.mark.skipif(not HEAVY, reason="MINSHENG_HEAVY=1 sends all of it")
@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_table_breaks_nothing(town, clients, watch, capsys, kind):
    pairs = all_of(town, clients, kind)
    fields = list(dict.fromkeys((way.name, name) for way, name, _ in pairs))
    mine = set(fields[FIELD - 1::FIELDS])
    drawn = [pair for pair in pairs if (pair[0].name, pair[1]) in mine][PART - 1::PARTS]
    weather(Storm(town, clients, watch), drawn, capsys,
            f"{kind}, part {PART} of {PARTS} of {len(pairs)} pairs, fields {FIELD} of {FIELDS} of {len(fields)}")


def test_whatever_stands_where_a_cursor_of_the_feed_is_due_is_answered_in_words(town, watch):
    """The whole table, and what looks like a cursor and is none: of another feed, of another system, past what a number can be."""
    big, name = 2**63 - 1, feed.STEPS.name
    cursors = [f"{name}-0-0", f"{name}-0-1", f"{name}-1-{big}", f"{name}-{10**18 - 1}-{big}", f"{name}-1-{big + 1}", f"{name}-{'9' * 19}-1", f"{name}-1-{'9' * 20}",
               f"{name}--1-1", f"{name}-1--1", f"{name}-1-1-1", f"{name}-1", f"{name}-１-１", f"{name}-1-1\n", f" {name}-1-1", f"{name.upper()}-1-1", f"{name}-1e1-1",
               "case-1-1", f"{name}-\x001-1", "now ", "NOW", "now-1-1", f"{name}-{'0' * 18}-{'0' * 19}"]
    answers = Counter()
    for who in ("supervisor", "water"):
        program = ways.Program(Client(), town.tokens[who])
        for query in [*({"since": value} for value in [*cursors, *table.TEXTS]), *({"size": value} for value in table.TEXTS), *({"since": "now", "size": v} for v in table.TEXTS)]:
            answer = program.send("get", "/api/v1/steps", query=query)
            answers[answer.status_code] += 1
            assert answer.status_code in (200, 409, 422), (query, answer.content[:200])
            assert answer.status_code == 200 or answer.json()["error"]["reason"], query
    assert answers[200] and answers[409] and answers[422] and watch.said == [], (answers, watch.said[:3])


def test_bodies_that_are_none(town, watch):
    """What is sent where JSON is due, cookies and heads that no browser sends: refused, never broken."""
    program = ways.Program(Client(), town.tokens["agent"])
    bodies = [b"", b"[]", b"null", b"1", b'"x"', b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":' * 50_000, b'{"kind": NaN}', b'{"narrative": "\xed\xa0\x80"}',
              b'{"narrative": 1e999}', b'{"files": [1e999]}', b'{"requester": []}', b"\x00" * 10]
    for body in bodies:
        for url in ("/api/v1/cases", f"/api/v1/cases/{town.cases[1].number}/steps", f"/api/v1/cases/{town.cases[1].number}/reveal"):
            answer = program.client.post(url, body, content_type="application/json", headers=program.head)
            assert 400 <= answer.status_code < 500 and answer.json()["error"]["reason"], (body[:20], answer.content)
    for cookie in ('sessionid="\\000abcdefgh"', "sessionid=" + "x" * 8000, 'language="\\377"', "csrftoken=\udc80", "sessionid=" + "停" * 50):
        answer = Client().get("/desk/cases", headers={"Cookie": cookie.encode("utf-8", "surrogateescape").decode("latin1")})
        assert answer.status_code < 500
    for name in ("Accept-Language", "User-Agent", "Referer", "X-Forwarded-For", "HX-Current-URL", "Idempotency-Key", "If-Modified-Since", "Range"):
        for value in ("x" * 6000, "\x80\xff", "%00", "-1", "bytes=-9999999999999999999"):
            assert Client().get("/desk/cases", headers={name: value}).status_code < 500
            assert Client().get("/login", headers={name: value}).status_code < 500
    assert watch.said == []
