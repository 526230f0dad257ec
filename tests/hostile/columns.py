"""Every column of the files that come in: the history of another system, and the monthly sheet of people."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from types import SimpleNamespace

from minsheng.accounts import bulk
from minsheng.exchange import actions as exchange
from minsheng.exchange.rules import COLUMNS
from minsheng.kit.verdict import Invalid
from tests.hostile.city import Town
from tests.hostile.ways import Way

HISTORY = {"external_no": "H1", "received_at": "2024-12-20 09:00", "narrative": "幸福路停水两天"}
PERSON = {"用户名": "xiaoli", "姓名": "李小兰", "单位": "water", "电话": "13800000003", "语言": "汉语", "角色": "单位联络员", "接替": ""}


def of_files(town: Town, client) -> Iterator[Way]:
    """`client`: of whoever opens accounts."""
    yield Way("COLUMN import", [column.code for column in COLUMNS], lambda name, value: _history(town, name, value))
    yield Way("COLUMN people", list(bulk.COLUMNS), lambda name, value: client.post("/desk/people/sheet", {
        "text": _sheet({**PERSON, name: value}), "why": "每月更换联络员", "step": "make"}))


def _history(town: Town, name: str, value: str):
    """As an answer of the web: 200 when the row is in, 422 when it or the file is refused in a sentence."""
    path = town.folder / "in.csv"
    path.write_text(_sheet({**HISTORY, name: value}), encoding="utf-8")
    try:
        done = exchange.import_file(path=path, by=town.cast.actors["system_admin"], bad=town.folder / "bad.csv")
    except Invalid as wrong:
        assert all(wrong.errors.values())
        return SimpleNamespace(status_code=422)
    assert done.read == done.made + done.known + done.bad == 1, done
    return SimpleNamespace(status_code=422 if done.bad else 200)


def _sheet(row: dict[str, str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([list(row), list(row.values())])
    return out.getvalue()
