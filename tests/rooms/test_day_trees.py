"""The tree of a day: which cases it holds, what a leaf says, that nothing of it can be changed, and that doctor names what was."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from tests.cast import NOW

from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.actions import by_citizen
from minsheng.cases.models import Case
from minsheng.cases.queries import feed
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit import feed as kit_feed
from minsheng.ledger.models import Entry
from minsheng.measures import queries as measures
from minsheng.measures.queries import Asked
from minsheng.proofs.actions import trees
from minsheng.proofs.models import DayTree, Leaf, Opening, Touched
from minsheng.proofs.queries import proof as proofs
from minsheng.proofs.queries import verify
from minsheng.proofs.rules import merkle
from minsheng.proofs.rules import proof as check

DAY = date(2025, 1, 2)
BY = clock_actor("测试")


def night(days: int = 1, hours: float = 14.5) -> datetime:
    """Half an hour after midnight, so many days on."""
    return NOW + timedelta(days=days - 1, hours=hours)


def make(days: int = 1) -> int:
    """How many days were published."""
    before = DayTree.objects.count()
    with clock.fixed(night(days)):
        trees.run(at=night(days))
    return DayTree.objects.count() - before


def leaf_of(case: Case) -> dict:
    return Opening.objects.filter(case_id=case.id).order_by("-leaf_id").first().outcome


def proof_of(case: Case) -> check.Proof:
    by = by_citizen.citizen(case.id)
    return proofs.file_of(by, proofs.of_requester(by).lines[0].id)


ENDS = {
    State.CLOSED: "answered_satisfaction,answered_solved,closed,completed,contact_confirmed,contact_due,handle_due,handled_in_time,received,satisfied,solved,to_complete",
    State.DIRECT_ANSWERED: "answered_online,completed,received,to_complete", State.DECLINED: "declined", State.TRANSFERRED: "transferred",
    State.WITHDRAWN: "received", State.MERGED: "received", State.SPLIT: "none",
    State.TERMINATED: "closed,completed,contact_due,handle_due,handled_in_time,received,to_complete",
}


def test_each_decided_case_has_one_leaf_on_its_day_that_says_how_it_is_counted(cast):
    cases = {state: cast.at_state(state) for state in ENDS}
    assert make() == 1
    for state, case in cases.items():
        said = leaf_of(case)
        assert (said["state"], said["counted"]) == (state.value, ENDS[state])
        assert check.check(proof_of(case), published()) is None
    assert DayTree.objects.get().leaves == len(ENDS)
    assert make() == 0 and make(2) == 1, "the next day has a tree of its own, empty"
    assert DayTree.objects.get(day=DAY + timedelta(days=1)).leaves == 0
    assert list(verify.broken()) == []


def published() -> list[check.PublishedDay]:
    return [check.read_day(one.text.encode(), "x") for one in DayTree.objects.order_by("day")]


def test_what_is_not_decided_has_no_leaf(cast):
    for state in State:
        if state.is_open:
            cast.at_state(state)
    assert make() == 0, "the first publication has something in it"
    cast.at_state(State.DECLINED)
    assert make() == 1 and DayTree.objects.get().leaves == 1


def test_days_without_a_run_are_caught_up_with_one_by_one_each_as_it_was(cast):
    first = cast.at_state(State.PENDING_CALLBACK)
    with clock.fixed(NOW + timedelta(days=2)):
        cast.take(first, "record_callback", "callback_clerk", party=first.id, outcome="answered", solved=True, satisfaction="satisfied")
        cast.take(first, "close", "callback_clerk")
        cast.at_state(State.DECLINED)
    assert make(5) == 3, "from the first day with an outcome on"
    assert list(DayTree.objects.order_by("day").values_list("leaves", flat=True)) == [2, 0, 0]
    assert check.broken(published(), {}) and list(check.broken(published(), {})) == []


def test_the_work_of_one_run_is_bounded(cast, monkeypatch):
    monkeypatch.setattr(trees, "DAYS", 2)
    cast.at_state(State.DECLINED)
    assert [make(5), make(5), make(5), make(5)] == [2, 2, 1, 0]


def test_a_later_answer_makes_another_leaf_and_the_first_stays(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    other = cast.at_state(State.MERGED)
    make()
    assert leaf_of(other)["solved"] == "none"
    with clock.fixed(NOW + timedelta(days=1)):
        cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False,
                  satisfaction="unsatisfied", dissatisfaction="result")
        cast.take(case, "ask_redo", "callback_clerk", reason="没有修好")
        cast.take(case, "refuse_redo", cast.another(Role.CHECKER), ruling="已当面说明")
    make(2)
    said = leaf_of(case)
    assert (said["state"], said["solved"], said["satisfied"]) == ("closed", "no", "no") and "solved" not in said["counted"].split(",")
    with clock.fixed(NOW + timedelta(days=2)):
        cast.take(case, "ask_exclusion", "water", reason="不可抗力")
        cast.take(case, "grant_exclusion", "supervisor", ruling="属实")
    make(3)
    assert leaf_of(case)["counted"] == "closed,received"
    assert [line.stands for line in proofs.of_requester(by_citizen.citizen(case.id)).lines] == [True, False]


def test_each_requester_of_a_merged_order_has_an_own_leaf_and_sees_no_other(cast):
    merged = cast.at_state(State.MERGED)
    master = Case.objects.get(id=merged.master_id)
    make()
    mine = proofs.of_requester(by_citizen.citizen(merged.id))
    assert [line.outcome["state"] for line in mine.lines] == ["merged"]
    assert proofs.of_requester(by_citizen.citizen(master.id)).lines == []
    other = cast.at_state(State.DECLINED)
    make(2)
    assert proofs.file_of(by_citizen.citizen(other.id), mine.lines[0].id) is None, "a leaf of somebody else's"


def test_answers_of_a_merged_requester_stand_on_the_own_leaf(cast):
    case = cast.create()
    merged = cast.create()
    cast.take(merged, "merge", "dispatcher", master=case.id, reason="同一处")
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    cast._with_unit(case, State.PENDING_CALLBACK, "water")
    for party, solved in ((case, True), (merged, False)):
        more = {} if solved else {"dissatisfaction": "result"}
        cast.take(case, "record_callback", "callback_clerk", party=party.id, outcome="answered", contacted=True, solved=solved,
                  satisfaction="very" if solved else "unsatisfied", **more)
    make()
    assert leaf_of(merged)["solved"] == "no" and leaf_of(merged)["counted"] == "answered_satisfaction,answered_solved,received"


PARTS = {
    "received": ("received", "numerator"), "declined": ("declined", "numerator"), "transferred": ("transferred", "numerator"),
    "answered_online": ("answered_online", "numerator"), "closed": ("closed", "numerator"), "to_complete": ("completion", "denominator"),
    "completed": ("completion", "numerator"), "handle_due": ("on_time_completion", "denominator"),
    "handled_in_time": ("on_time_completion", "numerator"), "contact_due": ("response_confirmed", "denominator"),
    "contact_confirmed": ("response_confirmed", "numerator"), "answered_solved": ("solve", "denominator"), "solved": ("solve", "numerator"),
    "answered_satisfaction": ("satisfaction", "denominator"), "satisfied": ("satisfaction", "numerator"),
}


def test_leaves_say_what_the_measures_count(cast):
    """A city in which everything is decided: each set of the leaves is as large as the one behind the published figure."""
    for state in ENDS:
        cast.at_state(state)
    again = cast.at_state(State.PENDING_CALLBACK)
    cast.take(again, "record_callback", "callback_clerk", party=again.id, outcome="answered", contacted=False, solved=False,
              satisfaction="unsatisfied", dissatisfaction="result")
    cast.take(again, "ask_redo", "callback_clerk", reason="没有修好")
    cast.take(again, "order_redo", cast.another(Role.CHECKER), ruling="重办")
    with clock.fixed(NOW + timedelta(days=30)):  # the second round is late
        again = cast.reply(Case.objects.get(id=again.id), "water")
        again = cast._after(again, State.CLOSED)
    for case in Case.objects.exclude(state__in=[s.value for s in State if not s.is_open]):  # masters of the merges
        cast.take(case, "phone_withdraw", "agent", reason="不用了") if case.state == "pending_review" else None
    make(33)
    said = {}
    for case in Case.objects.all():
        for word in leaf_of(case)["counted"].split(",") if Opening.objects.filter(case_id=case.id).exists() else []:
            code, _, times = word.partition("*")
            said[code] = said.get(code, 0) + int(times or 1)
    said.pop("none", None)
    asked = Asked(DAY - timedelta(days=30), DAY + timedelta(days=60), cutoff=night(33))
    open_ = Case.objects.filter(state__in=[s.value for s in State if s.is_open]).count()
    counted = {code: measures.size_of(measure, part, asked, BY) for code, (measure, part) in PARTS.items()}
    for code in ("received", "to_complete"):
        counted[code] -= open_
    assert said == {code: n for code, n in counted.items() if n}
    assert leaf_of(again)["solved"] == "no,yes" and leaf_of(again)["on_time"] == "yes,no"


def test_sealed_and_restricted_cases_are_leaves_like_all_others(cast):
    cast.at_state(State.CLOSED)
    shut = cast.at_state(State.WITHDRAWN, secrecy=True)
    make()
    tree, leaves = DayTree.objects.get(), [bytes(h) for h in Leaf.objects.order_by("index").values_list("hash", flat=True)]
    assert tree.leaves == 2 and leaves == sorted(leaves), "the order tells nothing"
    assert set(json.loads(tree.text)) == {"day", "files", "leaves", "previous", "root", "type"}
    assert leaf_of(shut)["state"] == "withdrawn"


def test_an_erasure_takes_the_salt_the_root_stays_right_and_the_page_says_so(cast):
    case = cast.at_state(State.DECLINED)
    make()
    before = proof_of(case)
    with clock.fixed(NOW + timedelta(days=1)):
        erase(cast, case)
    mine = proofs.of_requester(by_citizen.citizen(case.id))
    assert [line.gone for line in mine.lines] == [True] and proofs.file_of(by_citizen.citizen(case.id), mine.lines[0].id) is None
    assert not bytes(Opening.objects.get().salt)
    make(2)
    assert DayTree.objects.get(day=DAY + timedelta(days=1)).leaves == 0, "what was counted has not changed"
    assert list(verify.broken()) == []
    assert check.check(before, published()) is None, "who kept the proof has it"


def erase(cast, case: Case) -> None:
    cast.take(case, "ask_erasure", "supervisor", reason="本人申请删除")
    cast.take(case, "erase", "security_admin", ground="request")


def test_the_publication_stands_in_the_ledger_with_the_chain(cast):
    cast.at_state(State.DECLINED)
    make(3)
    entries = list(Entry.objects.filter(kind="day_tree").order_by("id"))
    assert [e.about for e in entries] == ["day:2025-01-02", "day:2025-01-03", "day:2025-01-04"]
    for entry, tree in zip(entries, DayTree.objects.order_by("day"), strict=True):
        assert entry.detail["root"] == bytes(tree.root).hex() and entry.detail["leaves"] == tree.leaves
    assert json.loads(DayTree.objects.get(day=DAY).text)["previous"] == "0" * 64
    assert DayTree.objects.get(day=date(2025, 1, 3)).root == merkle.EMPTY


@pytest.mark.parametrize("table", ["proofs_daytree", "proofs_leaf"])
@pytest.mark.parametrize("deed", ["UPDATE {0} SET day = day", "DELETE FROM {0}", "TRUNCATE {0} CASCADE", "ALTER TABLE {0} DISABLE TRIGGER ALL"])
def test_what_was_published_cannot_be_changed_by_the_program(cast, table, deed):
    cast.at_state(State.DECLINED)
    make()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed.format(table))


DAMAGE = [
    ("UPDATE proofs_daytree SET root = sha256('x'::bytea)", "根或件数"), ("UPDATE proofs_daytree SET leaves = leaves + 1", "根或件数"),
    ("UPDATE proofs_daytree SET text = replace(text, '\"leaves\":1', '\"leaves\":2')", "公布文件被改动"),
    ("UPDATE proofs_leaf SET hash = sha256('x'::bytea)", "叶子被改动"), ("DELETE FROM proofs_opening; DELETE FROM proofs_leaf", "叶子被改动"),
    ("INSERT INTO proofs_leaf (day, index, hash) VALUES ('2025-01-02', 1, sha256('x'::bytea))", "叶子被改动"),
    ("UPDATE proofs_opening SET outcome = jsonb_set(outcome, '{solved}', '\"yes\"')", "与其内容不符"),
    ("UPDATE proofs_opening SET salt = sha256('x'::bytea)", "与其内容不符"), ("UPDATE proofs_opening SET salt = ''", "没有依法删除"),
    ("DELETE FROM proofs_opening", "内容不在了"), ("DELETE FROM proofs_daytree WHERE day = '2025-01-02'", "不在了"),
]
TABLES = ("proofs_daytree", "proofs_leaf", "proofs_opening")


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_doctor_names_what_an_owner_of_the_database_changed(cast):
    cast.at_state(State.DECLINED)
    make(2)
    assert list(verify.broken()) == []
    with connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER; CREATE TABLE kept_{table} AS TABLE {table}")
        for change, names in DAMAGE:
            cursor.execute(change)
            found = list(verify.broken())
            assert any(names in sentence for sentence in found), (change, found)
            for table in reversed(TABLES):
                cursor.execute(f"DELETE FROM {table}")
            for table in TABLES:
                cursor.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")
        assert list(verify.broken()) == []


def test_steps_whose_transaction_still_runs_are_read_again_and_make_no_leaf_twice(cast):
    cast.at_state(State.DECLINED)
    make()
    assert trees.Followed.objects.get().place == (0, 0), "this test is one transaction: nothing of it is settled"
    make(2)
    assert list(DayTree.objects.order_by("day").values_list("leaves", flat=True)) == [1, 0] and not Touched.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_was_settled_is_not_read_again(cast):
    cast.at_state(State.DECLINED)
    settled = kit_feed.settled()
    assert trees.follow(at=night())
    place, rows = trees.Followed.objects.get().place, feed.STEPS.beyond(0, 0, ())
    left = feed.STEPS.beyond(*place, ())
    assert [row for row in left if row[0] < settled] == [] and rows
    make()
    assert DayTree.objects.get().leaves == 1
