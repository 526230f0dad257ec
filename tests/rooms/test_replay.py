"""What stands beside the steps is what the steps left: every column and row that a step decides is damaged by hand in turn, and named.

One city, one case that took nearly every turn, and one transaction: each damage is undone before the next.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, models, transaction
from tests.cast import NOW, build, later
from tests.rooms.test_tampering import free, owner_link, run  # noqa: F401  (a fixture)

from minsheng.cases import actions
from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseLink, CaseReader, CaseRound, CaseStep, CaseTask
from minsheng.cases.queries import verify_chain
from minsheng.cases.rules import State, decided, hash_chain
from minsheng.cases.rules.marks import NAMES
from minsheng.kit import clock
from minsheng.kit.hash_chain import GENESIS, link

AT = "2024-12-01 08:00:00+08"
# What no step decides, or what another check holds: words and their masks, whom follow-up handed a call to, the chain's own columns.
ELSEWHERE = {"id", "state", "title", "contact", "agent_name", "code_hash", "seq", "head", "updated_at", "marks"}
WORDS = {"number": "'1'", "kind": "'praise'", "channel": "'letter'", "language": "'en'", "requester_kind": "'company'", "due_code": "'check'", "due_limit": "'9wd'",
         "satisfaction": "'very'", "complained_line": "ARRAY[9]"}
SIDE = {
    CaseAsk: {"ask": "'final'", "asked_at": f"'{AT}'", "asked_by": "9", "asked_unit": "9", "due_at": f"'{AT}'", "ruled_at": f"'{AT}'", "ruled_by": "9",
              "granted": "NOT granted", "ruling_step_id": "step_id", "step_id": "9", "given": """'{"limit": "9wd"}'"""},
    CaseTask: {"kind": "'county'", "unit_id": "(SELECT min(id) FROM org_unit)", "given_by_unit": "9", "state": "'returned'", "created_at": f"'{AT}'",
               "due_at": f"'{AT}'", "signed_at": f"'{AT}'", "replied_at": f"'{AT}'", "ended_at": f"'{AT}'", "redos": "5", "step_id": "9"},
    CaseClock: {"code": "'review'", "started_at": f"'{AT}'", "\"limit\"": "'9wd'", "basis": "'x'", "due_at": f"'{AT}'", "yellow": "'1h'", "red": "'1h'",
                "paused_at": f"'{AT}'", "met_at": f"'{AT}'", "void": "NOT void", "shifts": """'[{"kind": "extend"}]'"""},
    CaseLink: {"kind": "'split'", "other_id": "9", "at": f"'{AT}'", "undone_at": f"'{AT}'"},
    CaseRound: {"n": "7", "lead_id": "(SELECT min(id) FROM org_unit)", "contact_due_at": f"'{AT}'", "contacted_at": f"'{AT}'", "contact_typed_at": f"'{AT}'",
                "contact_waived_at": f"'{AT}'", "contacted": "NOT COALESCE(contacted, false)", "handle_due_at": f"'{AT}'", "replied_at": f"'{AT}'"},
    CaseReader: {"person_id": "99", "until": f"'{AT}'"},
}


@pytest.fixture
def cast(owner_link, db, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with clock.fixed(NOW):
        yield build()


def wrong(*about: int) -> list[str]:
    return [str(one) for one in verify_chain.broken_rows() if not about or one.case_id in about]


def turned(cast) -> Case:
    """Merged into, extended, a task given and redone, called back, redone, restricted."""
    case = cast.at_state(State.IN_PROGRESS)
    other = cast.create()
    cast.take(other, "merge", "dispatcher", master=case.id, reason="同一事项")
    cast.take(case, "ask_extension", "water", reason="待材料", interim="已到一半", limit="2wd")
    cast.take(case, "grant_extension", "supervisor", ruling="同意")
    cast.take(case, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="抢修管道", task_due=later(hours=30).isoformat())
    task = CaseTask.objects.get(case_id=case.id)
    cast.take(case, "task_sign", "pipes", task=task.id)
    cast.take(case, "task_reply", "pipes", task=task.id, done="已抢修")
    cast.take(case, "task_accept", "water", task=task.id)
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until=later(days=9).isoformat())
    return case


def redone(cast) -> Case:
    case = cast.at_state(State.PENDING_CALLBACK)
    called = {"party": case.id, "outcome": "answered", "contacted": False, "solved": False, "satisfaction": "unsatisfied", "dissatisfaction": "result"}
    cast.take(case, "record_callback", "callback_clerk", **called)
    cast.take(case, "ask_redo", "callback_clerk", reason="仍未来水")
    return cast.take(case, "order_redo", "checker", ruling="同意重办")


def damage(table: type, column: str, value: str, where: str = "TRUE") -> None:
    run(f'UPDATE {table._meta.db_table} SET {column} = {value} WHERE {where}')


def otherwise(column: models.Field) -> str:
    """Another value for a column of a case, as SQL."""
    name = f'"{column.column}"'
    if isinstance(column, models.DateTimeField):
        return f"'{AT}'"
    if isinstance(column, models.BooleanField):
        return f"NOT COALESCE({name}, false)"
    if isinstance(column, models.IntegerField | models.ForeignKey):
        return f"COALESCE({name}, 0) + 1"
    return WORDS[column.name]


def test_each_column_mark_and_row_that_steps_decide_is_named_when_somebody_changes_it(cast):
    case, again = turned(cast), redone(cast)
    assert wrong() == []
    free()
    run("SET CONSTRAINTS ALL DEFERRED")
    found: dict[str, list[str]] = {}

    def tried(name: str, sql: str, *values) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
            found[name] = wrong()
            transaction.set_rollback(True)

    for column in Case._meta.concrete_fields:
        if column.name not in ELSEWHERE:
            tried(decided.label(column.attname), f'UPDATE cases_case SET "{column.column}" = {otherwise(column)} WHERE id = {again.id}')
    for name in NAMES - {"clerks"}:
        tried(decided.label(f"marks.{name}"), f"UPDATE cases_case SET marks = jsonb_set(marks, '{{{name}}}', '\"?\"') WHERE id = {case.id}")
    for table, columns in SIDE.items():
        for column, value in columns.items():
            tried(f"{table.__name__}.{column}", f"UPDATE {table._meta.db_table} SET {column} = {value}")
        tried(f"{table.__name__} gone", f"DELETE FROM {table._meta.db_table}")
    assert {name: said for name, said in found.items() if not said} == {}
    named = {name: said for name, said in found.items() if "." not in name and " " not in name}
    assert {name: said for name, said in named.items() if not any(name in one for one in said)} == {}
    assert len(found) > 100


def test_an_answer_of_no_is_not_taken_for_no_answer(cast):
    case = redone_and_called(cast)
    assert wrong() == []
    free()
    for column in ("contacted", "solved"):
        Case.objects.filter(id=case.id).update(**{column: None})
        assert [one for one in wrong(case.id) if decided.COLUMNS[column] in one and "历史为 否，现为 空" in one]
        Case.objects.filter(id=case.id).update(**{column: False})


def redone_and_called(cast) -> Case:
    case = cast.at_state(State.PENDING_CALLBACK)
    return cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=False, solved=False,
                     satisfaction="unsatisfied", dissatisfaction="result")


def known_before(changed: dict) -> dict:
    later_names = {*decided.LATER, *(f"marks.{name}" for name in decided.LATER_MARKS)}
    return {n: v for n, v in changed.items() if n not in later_names and not n.startswith(decided.CLOCKS)}


def as_before(case: Case, *, deltas: bool = False) -> None:
    """The history as versions wrote it that kept less: no time of recording, and no word of what a step left different."""
    previous = GENESIS
    for row in CaseStep.objects.filter(case_id=case.id).order_by("seq"):
        others = {id_: known_before(changed) for id_, changed in row.given.get("others", {}).items()}
        sums = {"after": known_before(row.given.get("after", {})), "others": others} if deltas else {}
        if shut := {id_: changed for id_, changed in others.items() if "restricted" in changed}:
            sums |= {"others": shut}  # no version that kept less shut a merged case with its order
        row.given = {n: v for n, v in row.given.items() if n not in ("after", "others", "dues")} | sums
        row.recorded_at = None
        previous = row.hash = link(previous, row, hash_chain.SIGNED)
        row.save()
    Case.objects.filter(id=case.id).update(head=previous)


def test_histories_of_versions_that_kept_less_verify_and_what_they_say_is_held(cast):
    """Every row as it was signed; and of a history that says nothing of what steps left different, what it was given."""
    cases = [turned(cast), redone(cast), redone_and_called(cast), *(cast.at_state(state) for state in (State.CLOSED, State.RETURN_REVIEW, State.PARKED))]
    free()
    for deltas in (True, False):
        for case in Case.objects.all():
            as_before(case, deltas=deltas)
        assert wrong() == []
    case = cases[2]
    for column, value in (("lead_id", cast.units["roads"].id), ("excluded", True), ("restricted", True), ("solved", True), ("satisfaction", "very")):
        before = getattr(case, column)
        Case.objects.filter(id=case.id).update(**{column: value})
        assert [one for one in wrong(case.id) if decided.COLUMNS[column] in one], column
        Case.objects.filter(id=case.id).update(**{column: before})
    damage(CaseAsk, "granted", "NOT granted", "ruled_at IS NOT NULL")
    assert [one for one in wrong() if "裁定结果" in one]
    assert len(cases) == 6


def test_a_step_of_the_version_before_on_a_newer_case_is_not_taken_for_damage(cast):
    """While one version replaces the other both take steps: the older does not say what it left different in columns it does not know."""
    case = cast.at_state(State.PENDING_SIGN)
    free()
    row = CaseStep.objects.filter(case_id=case.id).latest("seq")
    row.given = row.given | {"after": known_before(row.given["after"])}
    row.recorded_at = None
    row.hash = link(CaseStep.objects.get(case_id=case.id, seq=row.seq - 1).hash, row, hash_chain.SIGNED)
    row.save()
    Case.objects.filter(id=case.id).update(head=row.hash)
    assert wrong() == []


def test_when_a_step_was_recorded_is_signed_and_a_step_told_late_is_added_up_in_its_place(cast):
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(NOW + timedelta(days=1)):
        said = {"contact_at": NOW.isoformat(), "contact_how": "phone"}
        row = actions.take_step(case_id=case.id, step="contact", by=cast.actors["water"], at=NOW + timedelta(minutes=1), given=said)
    assert (row.at, row.recorded_at) == (NOW + timedelta(minutes=1), NOW + timedelta(days=1))
    assert Case.objects.get(id=case.id).contact_typed_at == row.recorded_at
    assert wrong() == []
    free()
    for at in (NOW, None):
        CaseStep.objects.filter(id=row.id).update(recorded_at=at)
        assert wrong(case.id) == [f"工单行 {case.id} 步骤行 {row.id}：第 {row.seq} 步与其校验值不符"]
