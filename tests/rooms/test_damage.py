"""A database damaged by hand: whatever lies in a row, no page of anybody breaks on it, and `doctor` names case and field."""

from __future__ import annotations

import os

import pytest
from django.db import connection, models, transaction
from django.test import Client
from tests.cast import NOW, build, later
from tests.of_today import of_today
from tests.rooms.test_tampering import KEYS, column, owner_link, run  # noqa: F401  (a fixture)

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES
from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseStep, CaseTask, CaseText, StepText
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import State
from minsheng.cli import doctor
from minsheng.exchange import queries as exchange
from minsheng.kit import clock

pytestmark = pytest.mark.one_server

TIMES = ["-infinity", "infinity", "4713-01-01 00:00:00+00 BC", "0001-01-01 00:00:00+00", "0025-01-02 10:00:00+08", "9999-12-31 23:59:59.999999+00",
         "20000-01-01 00:00:00+00"]
SHAPES = ['"x"', "5", "true", "[]", "[1, [2]]", "{}", '{"a": {"b": 1}}', '{"pending": 5, "bound": 7, "missing": 3, "before_merge": "x", "tasks": true}',
          '{"pending": {"nonsense": 1}}', '{"until": "0001-01-01T00:00:00+23:59", "lead": "x", "co_units": 5, "readers": {"a": 1}, "satisfaction": 9}']
WORDS = ["nonsense", ""]
TABLES = (Case, CaseText, CaseStep, StepText, CaseClock, CaseTask, CaseAsk)
READS = [("supervisor", "/desk/cases"), ("supervisor", "/desk/search?q=停水"), ("dispatcher", "/desk/dispatch"), ("dispatcher", "/desk/cases?order=due"),
         ("water", "/desk/unit"), ("water", "/desk/unit?tab=doing"), ("supervisor", "/desk/rulings"), ("supervisor", "/desk/rulings/parked"),
         ("supervisor", "/desk/rulings/overdue"), ("supervisor", "/desk/rulings/callbacks"), ("coordinator", "/desk/coordinate"), ("checker", "/desk/check"),
         ("shift_leader", "/desk/shift"), ("agent", "/desk/intake?phone=13800000000"), ("callback_clerk", "/desk/callback"), ("supervisor", "/board/"),
         ("supervisor", "/board/table.csv"), ("return_reviewer", "/desk/returns"), ("coordinator", "/desk/coordinate/tasks")]


KINDS = {"time": ("timestamptz", TIMES), "json": ("jsonb", SHAPES), "word": ("varchar", WORDS)}
HEAVY = os.environ.get("MINSHENG_HEAVY") == "1"
PART, PARTS = map(int, os.environ.get("MINSHENG_PART", "1/1").split("/"))


_CODED = ("satisfaction", "limit", "yellow", "red", "due_limit", "due_code", "step", "to", "frm", "code")


def kind_of(field: models.Field) -> str:
    """How a column can be damaged; "" when the database itself holds it."""
    if isinstance(field, models.DateTimeField):
        return "time"
    if isinstance(field, models.JSONField):
        return "json"
    coded = field.choices or field.name in _CODED
    return "word" if isinstance(field, models.CharField) and coded else ""


def columns() -> list[tuple[type, str, list[models.Field]]]:
    """All columns of a kind in a table, for each kind and table that has any."""
    found = [(table, kind, [field for field in table._meta.concrete_fields if kind_of(field) == kind]) for table in TABLES for kind in KINDS]
    return [(table, kind, fields) for table, kind, fields in found if fields]


def rounds() -> list[tuple[type, str, list[models.Field]]]:
    """What is damaged at once: all columns of a kind in a table, each row otherwise; MINSHENG_HEAVY=1: a part of the columns alone as well."""
    alone = [(table, kind, [field]) for table, kind, fields in columns() for field in fields if HEAVY and len(fields) > 1]
    return of_today(columns(), one_in=2) + alone[PART - 1::PARTS]


def test_there_is_something_to_damage():
    assert len(columns()) > 14 and sum(len(fields) for _, _, fields in columns()) > 40
    assert len(rounds()) >= len(columns()) // 2


@pytest.fixture
def town(owner_link):  # noqa: F811
    """Cases in the states that lists read; whoever damages them is the owner. All is rolled back."""
    with clock.fixed(NOW), transaction.atomic():
        run(*(f'ALTER TABLE "{table._meta.db_table}" DISABLE TRIGGER USER' for table in TABLES))
        run(*column(KEYS))
        cast = build()
        found = [cast.at_state(state) for state in (State.PENDING_REVIEW, State.PENDING_SIGN, State.IN_PROGRESS, State.PARKED, State.PENDING_CHECK,
                                                    State.PENDING_CALLBACK, State.RETURN_REVIEW, State.CLOSED)]
        busy = cast.at_state(State.IN_PROGRESS)
        cast.take(busy, "ask_extension", "water", reason="待材料", interim="已到一半", limit="2wd")
        cast.take(busy, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="抢修管道", task_due=later(hours=30).isoformat())
        cast.take(busy, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until=later(days=9).isoformat())
        _, token = accounts.make_token(person=cast.people["supervisor"], name="程序", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)
        yield cast, [*found, busy], token
        transaction.set_rollback(True)


def damage_rows(table: type, kind: str, fields: list[models.Field]) -> None:
    """Each row another value, each column another one again."""
    sort, values = KINDS[kind]
    with connection.cursor() as cursor:
        for n, field in enumerate(fields):
            cursor.execute(f'UPDATE "{table._meta.db_table}" t SET "{field.column}" = (%s::text[])[1 + abs(hashtext(t.ctid::text || %s)) %% %s]::{sort}',
                           [values, str(n), len(values)])


def put(table: type, field: str, value: str) -> None:
    sort, _ = KINDS.get(kind_of(table._meta.get_field(field)), ("bigint", []))
    with connection.cursor() as cursor:
        cursor.execute(f'UPDATE "{table._meta.db_table}" SET "{field}" = %s::{sort}', [value])


def broken_pages(cast, cases, token: str) -> list[str]:
    reads = [*READS, *((who, f"/desk/{page}/{case.id}") for case in cases for who, page in (("supervisor", "case"), ("water", "unit"))),
             *(("dispatcher", f"/desk/dispatch?case={case.id}") for case in cases[:3])]
    clients, bad = {}, []
    for who, url in reads:
        clients.setdefault(who, cast.client(who))
        bad += [f"{who} {url}"] if _status(clients[who].get, url) >= 500 else []
    head = {"Authorization": f"Bearer {token}"}
    for url in ["/api/v1/cases", "/api/v1/cases?order=due", "/api/v1/measures", *(f"/api/v1/cases/{c.id}{tail}" for c in cases for tail in ("", "/steps"))]:
        bad += [f"program {url}"] if _status(Client().get, url, headers=head) >= 500 else []
    for case in cases[:4]:
        citizen = Client()
        citizen.post("/track", {"number": case.number, "code": cast.codes.get(case.id, "")})
        bad += [f"citizen {case.state}"] if _status(citizen.get, "/case") >= 500 else []
    try:
        list(exchange.exported(Filters(), None, False))
    except Exception as wrong:  # noqa: BLE001
        bad.append(f"export {wrong!r}")
    return bad


def _status(get, url, **more) -> int:
    try:
        return get(url, **more).status_code
    except Exception:  # noqa: BLE001  (the test's client hands on what a server would answer 500 for)
        return 599


@pytest.mark.parametrize(("table", "kind", "fields"), rounds(), ids=lambda part: getattr(part, "__name__", None) or str(len(part)) if not isinstance(part, str) else part)
def test_no_page_breaks_on_damaged_rows(town, table, kind, fields):
    cast, cases, token = town
    damage_rows(table, kind, fields)
    assert broken_pages(cast, cases, token) == []
    assert not all(well for well, _ in doctor.values()) or table is CaseStep and kind == "word"


@pytest.mark.parametrize(("table", "field", "value", "named"), [
    (Case, "contacted_at", "0025-01-02 10:00:00+08", ""), (Case, "due_at", "infinity", ""), (CaseClock, "due_at", "9999-12-31 23:59:59+00", ""),
    (CaseClock, "limit", "soon", ""), (Case, "due_limit", "soon", ""), (CaseText, "elements", '"x"', ""), (Case, "marks", "[]", ""), (Case, "state", "nonsense", ""),
    (Case, "parent_id", "5", ""), (CaseStep, "given", '{"lead": 999999}', "主办单位"), (CaseAsk, "given", "5", ""),
    (CaseStep, "given", '{"contact_at": "0001-01-01T00:00:00+00:00"}', "联系时间"), (CaseStep, "given", '{"article": 999999}', "知识文章"),
    (Case, "marks", '{"bound": 7}', "不得退单的单位"), (Case, "marks", '{"pending": {"nonsense": 1}}', "待裁定的申请"),
    (StepText, "words", '{"reason": {"a": 1}}', "理由"), (CaseTask, "due_at", "20000-01-01 00:00:00+00", ""),
])
def test_doctor_names_case_and_field(town, table, field, value, named):
    assert doctor.values() == [(True, "工单的时间、编号和文字都能读出")]
    put(table, field, value)
    said = [text for well, text in doctor.values() if not well]
    assert any((named or field) in text for text in said) and all("工单 2025" in text for text in said), said
