"""What leaves: masked without the right and a reason, no program's keys, and brought in again it is the same file."""

import csv

import pytest
from tests.cast import PHONE

from minsheng.accounts import queries as people
from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, OutsideKey
from minsheng.cases.queries import lists
from minsheng.cases.rules import State
from minsheng.exchange import actions
from minsheng.kit.verdict import Refused


def read(path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def take_out(path, by=None, **more) -> list[dict]:
    actions.export_file(path=path, filters=lists.Filters(), by=by, **more)
    return read(path)


def test_without_the_right_and_a_reason_an_export_is_masked(cast, tmp_path):
    cast.at_state(State.CLOSED)
    rows = take_out(tmp_path / "out.csv")
    assert len(rows) == 1 and PHONE not in str(rows) and "王小明" not in str(rows)
    for who, reason in (("agent", "核对历史数据"), ("supervisor", "")):
        with pytest.raises(Refused):
            take_out(tmp_path / "full.csv", people.actor_named(who), full=True, reason=reason)
    assert not (tmp_path / "full.csv").exists()
    assert PHONE in str(take_out(tmp_path / "full.csv", people.actor_named("supervisor"), full=True, reason="核对历史数据"))


def test_a_programs_key_does_not_leave(cast, tmp_path):
    case = cast.at_state(State.CLOSED)
    key = OutsideKey.objects.get(case_id=case.id)
    row = take_out(tmp_path / "out.csv")[0]
    assert row["外部编号"] == case.number and row["来源"].startswith("minsheng-") and key.key not in row.values()


def test_brought_in_taken_out_and_brought_in_again_it_is_the_same(cast, tmp_path):
    first = tmp_path / "history.csv"
    first.write_text("external_no,received_at,type,category,narrative,phone,unit,dispatched_at,replied_at,reply,closed_at,solved,satisfaction\n"
                     "A1,2024-12-02T10:00:00+08:00,求助,tap,水管漏水两天,13811112222,water,2024-12-02T11:00:00+08:00,2024-12-03T11:00:00+08:00,"
                     "已经修好,2024-12-04T11:00:00+08:00,是,满意\n", encoding="utf-8")
    by, full = people.actor_named("supervisor"), {"full": True, "reason": "搬迁到新系统"}
    assert actions.import_file(path=first, by=by, source="old").bad == 0
    once = take_out(tmp_path / "one.csv", by, **full)
    assert once[0]["来源"] == "old" and once[0]["电话"] == "'+8613811112222"  # guarded: no spreadsheet runs it
    moved = tmp_path / "moved.csv"  # as another city's system would get it: the same rows under another source
    moved.write_text((tmp_path / "one.csv").read_text(encoding="utf-8-sig").replace(",old", ",new"), encoding="utf-8")
    assert actions.import_file(path=moved, by=by).bad == 0
    twice = {row["来源"]: row for row in take_out(tmp_path / "two.csv", by, **full)}
    assert {**twice["new"], "来源": ""} == {**twice["old"], "来源": ""} == {**once[0], "来源": ""}


def test_an_import_run_again_makes_no_doubles_and_its_history_verifies(cast, tmp_path):
    file = tmp_path / "history.csv"
    file.write_text("external_no,received_at,type,category,narrative\n" +
                    "".join(f"B{n},2024-12-0{n}T10:00:00+08:00,咨询,tap,第{n}件\n" for n in range(1, 6)), encoding="utf-8")
    by = people.actor_named("supervisor")
    assert actions.import_file(path=file, by=by).made == 5
    again = actions.import_file(path=file, by=by)
    assert (again.made, again.known, Case.objects.count()) == (0, 5, 5)
    assert list(anchors.verify_history()) == []
