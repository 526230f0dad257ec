"""Whoever owns the database may rewrite it: what he changed is found and named. The program's own role is refused all of it.

The owner's deeds are done and looked at inside one transaction that is rolled back, so no copy of the database is spent on them.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import Error, connection, connections, transaction
from tests import leader_day
from tests.cast import NOW, build

from minsheng.cases.actions import anchor_copies, anchors
from minsheng.cases.models import Case, CaseClock, CaseStep, CaseText
from minsheng.cases.rules import State, decided
from minsheng.cases.rules.hash_chain import SIGNED
from minsheng.cli import doctor
from minsheng.kit import checks, clock, database, hash_chain
from minsheng.leader_days.actions import verify as days
from minsheng.ledger import actions as ledger_actions
from minsheng.ledger import outside
from minsheng.ledger import queries as ledger
from minsheng.ledger.models import Entry, Head
from minsheng.org.models import Unit

FAMILY = "SELECT relid::regclass::text FROM pg_partition_tree('cases_casestep') UNION SELECT 'ledger_entry'"
KEYS = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 " \
           "AND confrelid IN ('cases_case'::regclass, 'cases_casestep'::regclass)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A data folder of the test's own: anchors of other tests' databases do not lie in it."""
    monkeypatch.setattr(settings, "DATA", tmp_path)
    return tmp_path


@pytest.fixture
def owner_link(django_db_setup, django_db_blocker):
    """Both aliases are the owner for the while of a test."""
    kept = dict(connection.settings_dict)
    names = ("USER", "PASSWORD", "OPTIONS")
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update({name: connections["owner"].settings_dict[name] for name in names})
        yield
        connection.close()
        connection.settings_dict.update({name: kept[name] for name in names})


def run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def column(statement: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


def free() -> None:
    """What an owner does first: triggers off, foreign keys gone."""
    run("SET CONSTRAINTS ALL IMMEDIATE", *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in column(FAMILY)), *column(KEYS))


@pytest.fixture
def case(owner_link, db, folder) -> Case:
    with clock.fixed(NOW):
        made = build().at_state(State.CLOSED)
        assert broken() == [] and ledger.verify() == []
        free()
        yield made


@pytest.fixture
def anchored(case, django_capture_on_commit_callbacks) -> Case:
    with django_capture_on_commit_callbacks(execute=True):
        assert anchors.anchor() == 1
    assert broken() == [] and ledger.verify() == []
    return case


def broken() -> list[str]:
    return [str(row) for row in anchors.verify_history()]


def rewrite(case: Case, upto: int | None = None, **change) -> None:
    """The clever owner: changes every row of a case and recomputes its whole chain and head, so that it verifies again."""
    previous, rows = hash_chain.GENESIS, list(CaseStep.objects.filter(case_id=case.id).order_by("seq"))
    for row in rows[:upto]:
        for name, value in change.items():
            setattr(row, name, value)
        previous = row.hash = hash_chain.link(previous, row, SIGNED)
        row.save()
    last = rows[:upto][-1]
    run(*(f"DELETE FROM {table} WHERE case_id = {case.id} AND {key} > {last.id}" for table, key in (("cases_steptext", "step_id"), ("cases_casestep", "id"))))
    Case.objects.filter(id=case.id).update(seq=last.seq, head=previous, state=last.to)


# --- a case's history ------------------------------------------------------------


def test_a_rewritten_chain_with_its_head_is_found_by_the_anchor_outside_and_the_case_is_named(anchored):
    rewrite(anchored, by_name="别人")
    [found] = broken()
    assert str(anchored.id) in found and "锚定" in found
    assert any(str(anchored.id) in line and "历史被改动" in line for well, line in doctor.history() if not well)


def test_a_tail_cut_off_with_a_mended_head_is_found_by_the_anchor(anchored):
    rewrite(anchored, upto=3)
    assert [line for line in broken() if str(anchored.id) in line and "锚定" in line]


def test_a_whole_case_removed_with_its_number_is_found_by_the_anchor(anchored):
    for table in ("cases_steptext", "cases_casestep", "cases_caselink", "cases_caseclock", "cases_casefile", "cases_casetext", "cases_casenumber"):
        run(f"DELETE FROM {table} WHERE case_id = {anchored.id}")
    run(f"DELETE FROM cases_case WHERE id = {anchored.id}")
    assert [line for line in broken() if str(anchored.id) in line and "锚定" in line]


def test_before_any_anchor_a_changed_row_its_case_and_its_place_are_named(case):
    row = CaseStep.objects.get(case_id=case.id, step="sign")
    CaseStep.objects.filter(id=row.id).update(by_name="别人")
    assert broken() == [f"工单行 {case.id} 步骤行 {row.id}：第 {row.seq} 步与其校验值不符"]


@pytest.mark.parametrize("deed", ["DELETE FROM cases_casestep WHERE step = 'close'", "TRUNCATE cases_casestep CASCADE"])
def test_missing_steps_at_the_end_are_found_even_when_the_head_is_taken_away(case, deed):
    run(deed, "UPDATE cases_case SET head = NULL")
    assert [line for line in broken() if f"工单行 {case.id}" in line and "末端" in line]


def test_a_state_or_a_result_set_by_hand_is_found(case):
    Case.objects.filter(id=case.id).update(state="pending_callback")
    assert [line for line in broken() if "pending_callback" in line]


DECIDED = {
    "satisfaction": "very", "solved": False, "contacted": False, "handle_due_at": NOW + timedelta(days=99), "contact_due_at": NOW + timedelta(days=99),
    "lead_id": 1, "excluded": True, "restricted": True, "urgent": True, "replied_at": NOW - timedelta(days=1), "redos": 2, "returns": 1,
    "contacted_at": NOW - timedelta(days=9), "sealed": True, "tries": 3, "closed_at": NOW - timedelta(days=2), "stands_since": NOW,
}


@pytest.mark.parametrize("column", DECIDED)
def test_what_steps_decided_and_the_program_rewrote_by_hand_is_named(case, column):
    """The program's own role may update the row of a case; the steps, which it may not change, say what stood there."""
    if column == "lead_id":
        DECIDED[column] = Unit.objects.get(code="roads").id
    Case.objects.filter(id=case.id).update(**{column: DECIDED[column]})
    assert [line for line in broken() if f"工单行 {case.id}" in line and decided.COLUMNS[column] in line]


def test_a_mark_a_clock_a_link_to_a_file_or_a_reader_rewritten_by_hand_is_named(case):
    Case.objects.filter(id=case.id).update(marks=case.marks.but(contact=False))
    assert [line for line in broken() if "已联系" in line]
    Case.objects.filter(id=case.id).update(marks=case.marks)
    clock_row = CaseClock.objects.filter(case_id=case.id, code="handle", void=False).last()
    CaseClock.objects.filter(id=clock_row.id).update(due_at=NOW + timedelta(days=50))
    assert [line for line in broken() if "计时记录" in line]
    CaseClock.objects.filter(id=clock_row.id).update(due_at=clock_row.due_at)
    assert broken() == []


def test_a_case_row_removed_under_its_steps_is_named(case):
    run(f"DELETE FROM cases_case WHERE id = {case.id}")
    assert [line for line in broken() if f"工单行 {case.id}" in line and "不存在" in line]


def test_what_belongs_to_a_row_that_the_owner_took_away_is_named_beside_all_others(owner_link, db, folder):
    """Before, the look at them broke off there, and nothing behind it was looked at."""
    keys = "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint WHERE contype = 'f' AND " \
           "confrelid = 'leader_days_period'::regclass"
    with clock.fixed(NOW):
        cast = build()
        period = leader_day.announced(cast)
    with clock.fixed(leader_day.HELD):
        promises = [leader_day.promise(cast, period, leader_day.call(cast, period)) for _ in range(2)]
        assert list(days.verify_history()) == []
        run("SET CONSTRAINTS ALL IMMEDIATE", *column(keys), f"UPDATE leader_days_commitment SET period_id = 7 WHERE id = {promises[0].id}",
            f"UPDATE leader_days_commitment SET extensions = 5 WHERE id = {promises[1].id}")
        said = list(days.verify_history())
    assert [line for line in said if str(promises[0].id) in line and "不在了" in line]
    assert [line for line in said if str(promises[1].id) in line and "延期次数" in line]


def test_words_that_vanish_without_a_lawful_erasure_are_named(case):
    row = CaseStep.objects.get(case_id=case.id, step="draft_reply")
    run(f"DELETE FROM cases_steptext WHERE step_id = {row.id}")
    assert [line for line in broken() if f"步骤行 {row.id}" in line and "依法删除" in line]


def test_a_narrative_changed_by_hand_is_named(case):
    CaseText.objects.filter(case_id=case.id).update(narrative="一切都好。")
    assert [line for line in broken() if f"工单行 {case.id}" in line and "诉求内容" in line]


@pytest.mark.parametrize("column", ["title", "place", "original", "elements"])
def test_other_words_of_a_request_changed_by_hand_are_named(case, column):
    CaseText.objects.filter(case_id=case.id).update(**{column: {"地址": "别处"} if column == "elements" else "别处"})
    assert [line for line in broken() if f"工单行 {case.id}" in line and "诉求内容" in line]


def test_a_history_that_kept_the_digest_of_the_narrative_alone_still_verifies(case):
    text, row = CaseText.objects.get(case_id=case.id), CaseStep.objects.get(case_id=case.id, seq=1)
    whole = row.given["digest"]
    _sealed_again(case, digest=hash_chain.digest(text.salt, text.narrative))
    assert broken() == []
    CaseText.objects.filter(case_id=case.id).update(narrative="一切都好。")
    assert [line for line in broken() if "诉求内容" in line]
    CaseText.objects.filter(case_id=case.id).update(narrative=text.narrative)
    _sealed_again(case, digest=whole[:-1] + ("0" if whole[-1] != "0" else "1"))
    assert [line for line in broken() if "诉求内容" in line]


def _sealed_again(case: Case, **given) -> None:
    """As a program of another version would have written the first step."""
    rows, previous = list(CaseStep.objects.filter(case_id=case.id).order_by("seq")), hash_chain.GENESIS
    rows[0].given = {**rows[0].given, **given}
    for row in rows:
        row.hash = previous = hash_chain.link(previous, row, SIGNED)
        CaseStep.objects.filter(id=row.id, case_id=case.id).update(given=row.given, hash=row.hash)
    Case.objects.filter(id=case.id).update(head=previous)


def test_a_narrative_emptied_by_hand_is_not_taken_for_an_erasure(case):
    CaseText.objects.filter(case_id=case.id).update(narrative="", salt=None)
    assert [line for line in broken() if f"工单行 {case.id}" in line and "诉求内容" in line]


def test_what_is_added_amended_and_lawfully_erased_by_steps_verifies(db, folder):
    with clock.fixed(NOW):
        cast = build()
        case = cast.create(then=None)
        cast.take(case, "amend", "agent", narrative="改过的诉求内容，仍是停水。", title="停水", place="幸福路2号", category="tap", elements={"since": "昨天"})
        case = cast.take(cast.create(), "phone_add", "agent", addition="楼上三户也停水了。")
        case = cast.at_state(State.CLOSED)
        case = cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法申请删除")
        cast.take(case, "erase", "security_admin", ground="request")
        assert "2025年1月2日 10:00 补充" in CaseText.objects.get(narrative__contains="楼上三户").narrative
        assert broken() == []


def test_every_state_that_people_bring_about_verifies(db, folder):
    with clock.fixed(NOW):
        cast = build()
        for state in State:
            cast.at_state(state)
        assert broken() == [] and Case.objects.count() > len(State)


# --- the ledger ------------------------------------------------------------


@pytest.fixture
def entries(owner_link, db, folder) -> list[Entry]:
    with clock.fixed(NOW):
        made = [ledger_actions.write(kind="reveal", by_id=n, by_name="甲", about=f"case:{n}", reason="核对地址") for n in range(1, 6)]
        free()
        yield made


def found() -> list[str]:
    return [str(row) for row in ledger.verify()]


def test_a_changed_entry_is_named(entries):
    Entry.objects.filter(id=3).update(by_name="别人")
    assert found() == ["台账第 3 条：内容与摘要不符，已被改动"]


def test_an_entry_taken_out_of_the_middle_is_named(entries):
    run("DELETE FROM ledger_said WHERE entry_id = 3")
    Entry.objects.filter(id=3).delete()
    assert found() == ["台账第 3 条：第 3 至 3 条缺失"]


def test_an_entry_rewritten_with_its_hash_breaks_the_next(entries):
    Entry.objects.filter(id=3).update(by_name="别人")
    row = Entry.objects.get(id=3)
    Entry.objects.filter(id=3).update(hash=ledger._digest(row))
    assert found() == ["台账第 4 条：与上一条的摘要不衔接"]


@pytest.mark.parametrize("deed", ["DELETE FROM ledger_entry WHERE id > 3", "TRUNCATE ledger_entry", "DELETE FROM ledger_head"])
def test_a_cut_off_end_an_emptied_ledger_and_a_missing_head_are_found(entries, deed):
    run(deed)
    assert len(found()) == 1


def test_an_end_cut_off_with_a_mended_head_is_found_by_the_line_outside(entries, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        anchors.anchor()
    last = Entry.objects.get(id=3)
    run("DELETE FROM ledger_said WHERE entry_id > 3")
    Entry.objects.filter(id__gt=3).delete()
    Head.objects.update(count=3, hash=last.hash)
    assert found() == ["台账第 6 条：锚定过的条目已不存在"]


def test_a_ledger_begun_anew_is_found_by_the_line_outside(entries, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        anchors.anchor()
    run("TRUNCATE ledger_entry")
    Head.objects.update(count=0, hash=bytes(32))
    for n in range(1, 8):
        ledger_actions.write(kind="log_in", by_id=n, by_name="乙")
    assert found() == ["台账第 6 条：与数据库外的锚定记录不符"]


def test_who_owns_the_database_and_the_machine_is_found_by_the_copy_on_another_machine(
        entries, folder, tmp_path_factory, monkeypatch, django_capture_on_commit_callbacks):
    away = tmp_path_factory.mktemp("away")
    monkeypatch.setattr(settings, "ANCHORS_FOLDER", str(away))
    with django_capture_on_commit_callbacks(execute=True):
        anchors.anchor()
    assert anchor_copies.copy()
    run("TRUNCATE ledger_entry")  # another past, with new anchors of its own
    Head.objects.update(count=0, hash=bytes(32))
    (folder / "anchors.log").unlink()
    for n in range(1, 6):
        ledger_actions.write(kind="log_in", by_id=n, by_name="乙")
    with django_capture_on_commit_callbacks(execute=True):
        anchors.anchor()
    assert found() == [] and broken() == [], "here nothing shows"
    told = [line for well, line in doctor.history(outside.anchored_outside(away / "anchors.log")) if not well]
    assert told == ["历史被改动：台账第 6 条：与机外的锚定记录不符"]
    assert not anchor_copies.copy() and anchor_copies.told()[0] is False, "and the copy is not overwritten"


def test_a_day_without_cases_is_anchored_too_and_a_day_without_anything_is_not(entries, folder, django_capture_on_commit_callbacks):
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            anchors.anchor()
    assert Entry.objects.filter(kind="anchor").count() == 1
    assert (folder / "anchors.log").read_text().split()[1] == "6" and found() == [] and broken() == []


def test_a_line_that_a_kill_kept_back_is_said_and_made_good_by_the_next_anchor(entries, folder, django_capture_on_commit_callbacks):
    anchors.anchor()  # killed between the commit and the line
    assert found() == ["台账第 6 条：锚定没有记在数据库外的 anchors.log"]
    ledger_actions.write(kind="log_in", by_id=1, by_name="甲")
    with django_capture_on_commit_callbacks(execute=True):
        anchors.anchor()
    assert found() == [] and [line.split()[1] for line in (folder / "anchors.log").read_text().splitlines()] == ["6", "8"]


# --- the program's role ------------------------------------------------------------

HISTORY = ["cases_casestep", "cases_casestep_rest", "ledger_entry"]
DEEDS = ["UPDATE {t} SET hash = ''", "DELETE FROM {t}", "TRUNCATE {t}", "TRUNCATE {t} CASCADE", "DROP TABLE {t}", "DROP TABLE {t} CASCADE",
         "ALTER TABLE {t} DISABLE TRIGGER USER", "ALTER TABLE {t} DISABLE TRIGGER no_change", "ALTER TABLE {t} ADD COLUMN x int",
         "DROP TRIGGER no_change ON {t}", "ALTER TABLE {t} RENAME TO mine", "ALTER TABLE {t} OWNER TO current_user",
         "CREATE TRIGGER mine BEFORE INSERT ON {t} FOR EACH ROW EXECUTE FUNCTION minsheng_refuse()", "CREATE RULE mine AS ON SELECT TO {t} DO INSTEAD NOTHING",
         "MERGE INTO {t} h USING (SELECT 1 AS one) o ON h.id = o.one WHEN MATCHED THEN DELETE",
         "INSERT INTO {t} SELECT * FROM {t} LIMIT 1 ON CONFLICT (id) DO UPDATE SET hash = ''", "SELECT 1 FROM {t} FOR UPDATE"]


@pytest.mark.parametrize("table", HISTORY)
def test_the_program_may_only_read_and_add(db, folder, table):
    with clock.fixed(NOW):
        build().at_state(State.CLOSED)
    for deed in DEEDS:
        with pytest.raises(Error), transaction.atomic():
            run(deed.format(t=table))
    assert broken() == []


def test_the_program_may_not_unhook_a_month_nor_bend_the_functions_that_guard_history(db):
    for deed in ("ALTER TABLE cases_casestep DETACH PARTITION cases_casestep_rest", "DROP FUNCTION minsheng_refuse() CASCADE",
                 "CREATE OR REPLACE FUNCTION minsheng_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                 "SET session_replication_role = replica", "SET LOCAL session_replication_role = replica",
                 "ALTER ROLE current_user SUPERUSER", "CREATE ROLE mine SUPERUSER"):
        with pytest.raises(Error), transaction.atomic():
            run(deed)
    run("GRANT UPDATE, DELETE ON cases_casestep TO PUBLIC")  # a warning, and nothing given
    assert column("SELECT has_table_privilege('cases_casestep', 'UPDATE, DELETE')") == [False]


def test_the_program_cannot_go_back_to_the_owner_and_where_it_could_doctor_says_so(db):
    [owner] = column("SELECT tableowner FROM pg_tables WHERE tablename = 'ledger_entry'")
    ways = ["RESET ROLE", "SET ROLE NONE", f"SET ROLE {owner}", "SET SESSION AUTHORIZATION DEFAULT", f"SET SESSION AUTHORIZATION {owner}"]
    went = False
    for way in ways:
        try:
            with transaction.atomic():
                run(way, "ALTER TABLE ledger_entry DISABLE TRIGGER USER")
                went = True
                raise Error("back again")
        except Error:
            assert column("SELECT current_user") == [settings.APP_ROLE]
    assert went == database.may_become_owner()
    assert (not went) == next(well for well, text in checks.schema() if "自己的角色" in text)
    if column("SELECT session_user") == [settings.APP_ROLE]:  # the embedded server, and any with a log-in of the program's own
        assert not went


def test_a_row_slipped_into_the_past_is_named(db, folder):
    """INSERT is the program's right; a forged step breaks the chain of its case."""
    with clock.fixed(NOW):
        case = build().at_state(State.CLOSED)
    last = CaseStep.objects.filter(case_id=case.id).latest("seq")
    columns = 'id, seq, step, frm, "to", by_id, by_name, role, unit_id, at, given, hash, case_id'
    with connection.cursor() as cursor, cursor.copy(f"COPY cases_casestep ({columns}) FROM STDIN") as copy:
        copy.write_row([last.id + 1, last.seq + 1, "rate", last.to, last.to, 0, "别人", "requester", 0, last.at, "{}", bytes(32), case.id])
    assert [line for line in broken() if str(last.id + 1) in line]
