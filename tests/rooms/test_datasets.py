"""Open data of a month: prepared by one, signed by another, published, never changed; hidden cases; another version; what doctor names."""

import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from tests.cast import NOW, SETUP

from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.models import Case, Category
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.org import actions as org
from minsheng.proofs.actions import datasets, trees
from minsheng.proofs.models import DataFile, Dataset, DayTree
from minsheng.proofs.queries import datasets as read
from minsheng.proofs.rules import open_data

FEBRUARY = NOW + timedelta(days=31)


def fill(cast, tap: int = 12, noise: int = 11) -> None:
    for _ in range(tap):
        cast.create(district=cast.units["county"].id)
    for _ in range(noise):
        cast.create(category="noise")


def prepare(cast, month: str = "2025-01") -> Dataset:
    with clock.fixed(FEBRUARY):
        return Dataset.objects.get(id=datasets.prepare(by=cast.actors["analyst"], given={"month": month}).subject_id)


def go(cast, one: Dataset, step: str, who: str, **given) -> Dataset:
    with clock.fixed(FEBRUARY):
        datasets.take(dataset_id=one.id, step=step, by=cast.actors[who], given=given)
    return Dataset.objects.get(id=one.id)


def publish(cast, one: Dataset) -> Dataset:
    return go(cast, go(cast, one, "sign_data", "supervisor"), "publish_data", "analyst")


def rows(one: Dataset) -> dict:
    text = DataFile.objects.get(dataset_id=one.id, name__endswith=".json").text
    return {(row["category"], row["district"], row["channel"]): row["received"] for row in json.loads(text)["rows"]}


def test_a_month_is_prepared_signed_by_another_and_published_with_its_digests(cast):
    fill(cast)
    one = prepare(cast)
    assert rows(one) == {("noise", "", ""): 11, ("tap", "", ""): 12}
    assert read.public().rows == [] and read.public_file("minsheng-2025-01-v1.csv") is None, "nothing leaves before it is signed and published"
    with pytest.raises(Refused):
        go(cast, one, "publish_data", "analyst")
    cast.at_state(State.DECLINED)
    one = publish(cast, one)
    assert one.get_state_display() == "已发布" and [row.id for row in read.public().rows] == [one.id]
    text = read.public_file("minsheng-2025-01-v1.csv")
    assert text.startswith("month,category,category_name,district,") and "2025-01,tap,停水," in text
    entry = Entry.objects.get(kind="dataset")
    assert entry.detail["csv"] == one.csv_sha256 and entry.about == f"dataset:{one.id}"
    trees.run(at=FEBRUARY + timedelta(days=1))
    said = json.loads(DayTree.objects.get(day=date(2025, 2, 2)).text)
    assert said["files"] == [{"name": "minsheng-2025-01-v1.csv", "sha256": one.csv_sha256}, {"name": "minsheng-2025-01-v1.json", "sha256": one.json_sha256}]
    assert list(datasets.verify_history()) == []


def test_who_prepared_signs_nothing_and_others_do_not_know_of_it(cast):
    fill(cast)
    both = cast.another(Role.SUPERVISOR)
    one = prepare(cast)
    with pytest.raises(Refused) as refused:
        go(cast, one, "sign_data", "analyst")
    assert refused.value.verdict.code == "role"
    for who in ("agent", "water", "dispatcher", "callback_clerk"):
        with pytest.raises(Refused):
            go(cast, one, "sign_data", who)
    go(cast, one, "sign_data", both)


@pytest.mark.parametrize(("month", "said"), [("2025-02", "还没有过完"), ("2031-01", "还没有过完"), ("2024-11", "不足 20 件"), ("2025-13", "请写成"),
                                             ("x", "请写成"), ("9999-12", "请写成"), ("２０２５-01", "请写成")])
def test_a_month_that_cannot_be_published_says_why(cast, month, said):
    with pytest.raises(Invalid) as wrong:
        prepare(cast, month)
    assert said in wrong.value.errors["month"]


def test_one_month_waits_once_and_what_is_dropped_makes_room(cast):
    fill(cast)
    one = prepare(cast)
    with pytest.raises(Invalid, match="等着签发"):
        prepare(cast)
    go(cast, one, "drop_data", "supervisor", reason="县里有一行太细")
    assert prepare(cast).version == 1


def test_the_month_holds_what_the_measures_count_and_hides_what_is_restricted(cast):
    fill(cast)
    cast.at_state(State.DECLINED)
    hidden = cast.create()
    cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    one = prepare(cast)
    received = measures.size_of("received", "numerator", Asked(date(2025, 1, 1), date(2025, 1, 31), cutoff=FEBRUARY), clock_actor("测试"))
    assert sum(rows(one).values()) == received == 24
    assert ("*", "", "") in rows(one), "it lies with a category that has enough"
    assert all(n >= open_data.FEW for n in rows(one).values())


def test_what_complains_of_the_hotline_is_in_no_count_that_the_hotline_makes(cast):
    fill(cast)
    org.name_outside_panel(unit=cast.units["panel"], by=SETUP)
    cast.create(complained_unit=cast.units["centre"].id)
    assert sum(rows(prepare(cast)).values()) == 23


def test_another_version_has_the_same_rows_and_tells_only_large_changes(cast):
    fill(cast, 12, 20)
    first = publish(cast, prepare(cast))
    with pytest.raises(Invalid, match="不另出一版"):
        prepare(cast)
    noise = Category.objects.get(code="noise").id
    moved = list(Case.objects.filter(category_id=noise).values_list("id", flat=True)[:2])
    for id_ in moved:
        cast.take(Case.objects.get(id=id_), "revise", "dispatcher", category="tap")
    with pytest.raises(Invalid, match="不另出一版"):
        prepare(cast)
    for id_ in Case.objects.filter(category_id=noise).values_list("id", flat=True)[:6]:
        cast.take(Case.objects.get(id=id_), "revise", "dispatcher", category="tap")
    second = publish(cast, prepare(cast))
    assert second.version == 2 and rows(second).keys() == rows(first).keys()
    assert all(n is None or n == rows(first)[key] or abs(n - rows(first)[key]) >= 5 for key, n in rows(second).items())
    assert [row.version for row in read.public().rows] == [2, 1], "the first stays"


@pytest.mark.parametrize("deed", ["UPDATE proofs_datafile SET text = text", "DELETE FROM proofs_datafile", "UPDATE proofs_datasetstep SET at = at"])
def test_a_published_file_cannot_be_changed_by_the_program(cast, deed):
    fill(cast)
    prepare(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)


DAMAGE = [
    ("UPDATE proofs_datafile SET text = replace(text, '12', '13') WHERE name LIKE '%csv'", "minsheng-2025-01-v1.csv 与签发时的摘要不符"),
    ("DELETE FROM proofs_datafile WHERE name LIKE '%json'", "minsheng-2025-01-v1.json 与签发时的摘要不符"),
    ("UPDATE proofs_dataset SET csv_sha256 = json_sha256", "“CSV 摘要”与历史不符"),
    ("UPDATE proofs_dataset SET published_on = '2025-01-05'", "不在 2025-01-05 公布的文件里"),
]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_doctor_names_what_an_owner_of_the_database_changed(cast):
    fill(cast)
    cast.at_state(State.DECLINED)
    publish(cast, prepare(cast))
    trees.run(at=FEBRUARY + timedelta(days=1))
    assert list(datasets.verify_history()) == []
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE proofs_datafile DISABLE TRIGGER USER")
        for table in ("proofs_datafile", "proofs_dataset"):
            cursor.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
        for change, names in DAMAGE:
            cursor.execute(change)
            found = list(datasets.verify_history())
            assert any(names in sentence for sentence in found), (change, found)
            for table in ("proofs_datafile", "proofs_dataset"):
                cursor.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")
