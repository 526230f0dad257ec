"""The ledger: a chain that the program's role cannot change, and that says what its owner changed."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.db import Error, connection, transaction

from minsheng.ledger import actions, queries
from minsheng.ledger.rules import Kind


def _write(n=3):
    return [actions.write(kind="reveal", by_id=i, by_name="甲", about=f"case:{i}", reason="核对地址") for i in range(1, n + 1)]


def test_each_entry_carries_the_hash_of_the_one_before(db):
    rows = _write()
    assert bytes(rows[1].prev) == bytes(rows[0].hash) and queries.verify() == []
    assert [e.id for e in queries.page(queries.Filters(about="case:2")).rows] == [rows[1].id]


@pytest.mark.parametrize("sql", ["UPDATE ledger_entry SET reason = ''", "DELETE FROM ledger_entry", "TRUNCATE ledger_entry"])
def test_the_programs_role_may_not_change_history(db, sql):
    _write()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert queries.verify() == []


def test_every_kind_that_is_written_has_a_name():
    written = set()
    for path in (settings.ROOT / "src" / "minsheng").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        written |= set(re.findall(r"ledger\.write\(\s*kind=\"(\w+)\"", text))
        if "accounts" in path.parts:
            written |= set(re.findall(r"_record\(\"(\w+)\"", text))
    assert written and written <= {kind.value for kind in Kind}
