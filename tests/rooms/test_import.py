"""History brought in: open cases go on where they stood, closed ones rest, nothing comes in twice, nothing is lost on the way."""

import csv
from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PHONE

from minsheng.accounts import queries as people
from minsheng.cases import queries
from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, CaseClock, CaseFile, CaseStep, CaseTask, OutsideKey
from minsheng.cases.queries import case_page, out_of_sight, requester_state, shift_lists, soundness, unit_lists
from minsheng.cases.rules import State, TaskState
from minsheng.exchange import actions
from minsheng.exchange.lookups import Lookups
from minsheng.exchange.mapping import read_map
from minsheng.exchange.models import ImportRun
from minsheng.followup import actions as followup
from minsheng.followup.models import CallbackParty
from minsheng.kit.verdict import Refused
from minsheng.ledger.models import Entry

HEAD = "external_no,received_at,type,category,title,narrative,phone,unit,dispatched_at,signed_at,first_contact_at,replied_at,reply,state,due_at,co_units,files\n"


def bring(path, text=None, **more):
    if text is not None:
        path.write_text(text, encoding="utf-8")
    return actions.import_file(path=path, by=people.actor_named("supervisor"), **more)


def table(path) -> list[dict]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def line(number, **cells):
    """One row under HEAD; what is not given is empty."""
    given = {"external_no": f"N{number}", "received_at": "2024-12-30 09:00:00", "type": "求助", "category": "tap", "narrative": "水管漏水", **cells}
    return ",".join(str(given.get(name, "")) for name in HEAD.strip().split(",")) + "\n"


def the_case() -> Case:
    return Case.objects.get()


# --- open cases ------------------------------------------------------------


def test_an_open_case_is_in_its_units_list_with_the_sources_date_and_goes_on_to_closed(cast, tmp_path):
    water, head = cast.actors["water"], cast.actors["water_head"]
    done = bring(tmp_path / "open.csv", HEAD + line(1, unit="市水务局", dispatched_at="2024-12-31 09:00", phone=PHONE, due_at="2025-01-06 18:00:30",
                                                    state="待签收"))
    assert (done.made, done.bad) == (1, 0), done.reasons
    case = the_case()
    assert [c.id for c in unit_lists.in_states(water, State.PENDING_SIGN).rows] == [case.id]
    handle = CaseClock.objects.get(case_id=case.id, code="handle")
    assert handle.due_at == case.handle_due_at == datetime.fromisoformat("2025-01-06T18:00:30+08:00")
    shown = next(v for v in case_page.explained(case) if v.clock.code == "handle")
    assert shown.basis.startswith("来源系统给定的时限")
    case = cast.take(case, "sign", "water")
    assert case.due_at == handle.due_at, "after the signature the source's date is the one that runs"
    cast.reply(case, "water")
    cast.take(case, "accept_reply", "checker")
    clerk = cast.actors["callback_clerk"]
    assert followup.take_next(by=clerk).case_id == case.id
    assert followup.record(case_id=case.id, party_id=case.id, by=clerk, given={"outcome": "answered", "contacted": True, "solved": True,
                                                                               "satisfaction": "very"}) == "close"
    assert the_case().state == State.CLOSED and list(anchors.verify_history()) == []
    assert head.unit == water.unit


def test_an_open_case_is_read_for_danger_like_any_other_and_closed_history_is_not(cast, tmp_path):
    """Urgent and restricted from the first second, on the shift leader's desk; what is late by the source's times is judged as it was."""
    gas, dying, told = "幸福路的燃气管被挖断，正在往外喷气", "没有人管我，我不想活了，在楼顶", "实名举报村支书收受好处费"
    sent = {"unit": "市水务局", "dispatched_at": "2024-12-31 09:00"}
    done = bring(tmp_path / "danger.csv", HEAD + "".join((
        line(1, narrative=gas, state="待签收", **sent), line(2, narrative=dying, state="办理中", signed_at="2024-12-31 17:00", co_units="市城管局", **sent),
        line(3, narrative=gas, state="待派单"), line(4, narrative=told, state="待派单"), line(5, narrative="楼道的灯不亮", state="待派单"),
        line(6, narrative=dying, state="已办结", replied_at="2025-01-01 09:00", reply="已处理", **sent))))
    assert (done.made, done.bad) == (6, 0), done.reasons
    one, two, three, four, five, six = (Case.objects.get(id=OutsideKey.objects.get(key=f"N{n}").case_id) for n in range(1, 7))
    assert [c.urgent for c in (one, two, three, four, five, six)] == [True, True, True, False, False, False]
    assert [c.restricted for c in (one, two, three, four, five, six)] == [False, True, False, True, False, False]
    leader, shown = cast.actors["shift_leader"], {case.id for case, _ in shift_lists.alarms(cast.actors["shift_leader"])}
    assert shown == {one.id, two.id, three.id} and {s.case.id for s in shift_lists.unconfirmed(leader)} == {two.id, four.id}
    assert one.sign_due_at == NOW + timedelta(minutes=30) and two.contact_due_at == NOW + timedelta(hours=1) and three.due_at == NOW + timedelta(minutes=30)
    assert CaseClock.objects.get(case_id=two.id, code="sign").limit == "4wh", "signed in time by what was known then"
    seen = {who: queries.visible(cast.actors[who]).filter(id=two.id).exists() for who in ("water", "water_head", "roads", "dispatcher", "supervisor")}
    assert seen == {"water": True, "water_head": True, "roads": True, "dispatcher": False, "supervisor": True}, "who brought it in, who handles it"
    cast.take(one, "heed_alarm", "shift_leader", reason="已通知燃气公司")
    cast.take(two, "confirm_restriction", "shift_leader")
    assert list(anchors.verify_history()) == [] and list(soundness.unsound()) == []


def test_the_cost_of_reading_for_danger_does_not_grow_with_the_rows(cast, tmp_path):
    def statements(name: str, rows: int) -> int:
        text = HEAD + "".join(line(f"{name}{n}", narrative="没有人管我，我不想活了", state="待派单") for n in range(rows))
        with CaptureQueriesContext(connection) as counted:
            assert bring(tmp_path / f"{name}.csv", text).made == rows
        return len(counted)

    statements("a", 1)
    assert statements("b", 30) == statements("c", 3)


@pytest.mark.parametrize(("state", "more"), [
    ("办理中", {"signed_at": "2024-12-31 10:00"}), ("挂账", {"signed_at": "2024-12-31 10:00"}), ("退单审核", {}),
    ("待办结审核", {"signed_at": "2024-12-31 10:00", "replied_at": "2025-01-01 10:00", "reply": "已修好"}),
    ("待回访", {"signed_at": "2024-12-31 10:00", "replied_at": "2025-01-01 10:00", "reply": "已修好"}),
])
def test_an_open_case_stands_where_it_stood_and_takes_the_next_step(cast, tmp_path, state, more):
    assert bring(tmp_path / "open.csv", HEAD + line(1, unit="water", dispatched_at="2024-12-31 09:00", phone=PHONE, state=state, **more)).bad == 0
    case = the_case()
    assert case.state == State(case.state) and State(case.state).label == state and case.due_at is not None
    next_step = {
        State.IN_PROGRESS: lambda: cast.reply(case, "water"),
        State.PARKED: lambda: cast.take(case, "resume", "water_head", reason="材料到货"),
        State.RETURN_REVIEW: lambda: cast.take(case, "reject_return", "return_reviewer", ruling="职责在该单位"),
        State.PENDING_CHECK: lambda: cast.take(case, "accept_reply", "checker"),
        State.PENDING_CALLBACK: lambda: followup.take_next(by=cast.actors["callback_clerk"]),
    }[State(case.state)]
    next_step()
    assert list(anchors.verify_history()) == []


def test_whatever_state_a_case_comes_in_doctor_finds_it_whole_and_a_merge_into_nothing_is_not_undone(cast, tmp_path):
    known = [state for state in State if state is not State.START]
    rows = "".join(line(n, unit="water", dispatched_at="2024-12-31 09:00", phone=PHONE, state=state.label) for n, state in enumerate(known))
    assert bring(tmp_path / "all.csv", HEAD + rows).bad == 0 and set(Case.objects.values_list("state", flat=True)) == {state.value for state in known}
    looks = (soundness.unsound, *requester_state.ALL, *out_of_sight.ALL, anchors.verify_history)
    assert [str(one) for look in looks for one in look()] == []
    with pytest.raises(Refused, match="没有写明并入哪一件"):
        cast.take(Case.objects.get(state=State.MERGED), "unmerge", "dispatcher", reason="不是同一处")


def test_what_the_source_did_not_record_is_no_missed_signature_and_no_missed_contact(cast, tmp_path):
    rows = line(1, unit="water", dispatched_at="2024-12-30 10:00", state="办理中") + line(2, unit="water", dispatched_at="2025-01-02 09:00", state="待签收")
    assert bring(tmp_path / "open.csv", HEAD + rows).made == 2
    old, new = Case.objects.order_by("dispatched_at")
    assert (old.sign_due_at, old.contact_due_at) == (None, None) and old.handle_due_at
    assert new.sign_due_at and new.contact_due_at, "what is still to be done keeps its limit"
    cast.reply(old, "water")


def test_co_units_and_files_come_along(cast, tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "照片.txt").write_text("现场情况说明", encoding="utf-8")
    row = line(1, unit="water", dispatched_at="2024-12-31 09:00", signed_at="2024-12-31 10:00", co_units="市城管局、河口乡", files="照片.txt")
    assert bring(tmp_path / "open.csv", HEAD + row).reasons, "the file does not lie beside the table"
    assert bring(tmp_path / "open.csv", HEAD + row, folder=folder).made == 1
    assert {(t.unit.code, t.state) for t in CaseTask.objects.select_related("unit")} == {("roads", TaskState.IN_PROGRESS), ("town", TaskState.IN_PROGRESS)}
    assert CaseFile.objects.get().file.name == "照片.txt"
    task = CaseTask.objects.get(unit__code="roads")
    cast.take(the_case(), "task_reply", "roads", task=task.id, done="路面已恢复")
    for outside in ("../open.csv", "/etc/hostname"):
        bad = bring(tmp_path / "bad.csv", HEAD + line(2, files=outside), folder=folder)
        assert bad.made == 0 and "附件" in str(bad.reasons)


def test_closed_history_asks_for_no_call_back_and_says_that_evidence_is_not_recorded(cast, tmp_path):
    text = "external_no,received_at,narrative,unit,replied_at,reply,closed_at\nC1,2024-11-01 09:00,路灯不亮,roads,2024-11-03 09:00,已更换,2024-11-04 09:00\n"
    assert bring(tmp_path / "closed.csv", text).made == 1
    assert followup.take_next(by=cast.actors["callback_clerk"]) is None and not CallbackParty.objects.exists()
    case = the_case()
    assert not CaseClock.objects.filter(case_id=case.id).exists() and [s.step for s in CaseStep.objects.filter(case_id=case.id).order_by("seq")] == [
        "register", "submit", "reply", "close"], "only what the source knows makes a step"
    shown = cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    assert "历史导入，佐证未记录" in shown and "已更换" in shown
    assert list(anchors.verify_history()) == []
    Case.objects.filter(id=case.id).update(closed_at=case.closed_at - timedelta(days=2))
    assert "办结时间" in str(list(anchors.verify_history())), "what its steps left it at is sealed with the last of them"


# --- again ------------------------------------------------------------


def export(path, by="supervisor"):
    actions.export_file(path=path, filters=actions.Filters(), by=people.actor_named(by), full=True, reason="搬迁到新系统")
    return path


def test_an_exported_file_that_comes_back_is_known_and_a_changed_row_is_named(cast, tmp_path):
    bring(tmp_path / "a.csv", HEAD + line(1, unit="water", signed_at="2024-12-31 10:00") + line(2) + line(3, narrative="井盖缺失"), source="old")
    cast.at_state(State.CLOSED)
    cast.at_state(State.PENDING_SIGN)
    out = export(tmp_path / "out.csv")
    again = bring(out)
    assert (again.made, again.known, again.bad) == (0, 5, 0), again.reasons
    out.write_text(out.read_text(encoding="utf-8-sig").replace("井盖缺失", "井盖丢失").replace("主管道已经抢修完毕", "主管道没有抢修"), encoding="utf-8")
    changed = bring(out)
    assert (changed.made, changed.known, changed.bad) == (0, 3, 2) and Case.objects.count() == 5
    assert "诉求内容" in str(changed.reasons) and "答复内容" in str(changed.reasons)


def test_a_case_that_went_on_since_is_known_by_what_it_says_today(cast, tmp_path):
    bring(tmp_path / "a.csv", HEAD + line(1, unit="water", dispatched_at="2024-12-31 09:00"), source="old")
    cast.take(the_case(), "sign", "water")
    assert bring(export(tmp_path / "out.csv")).known == 1
    assert bring(tmp_path / "a.csv").known == 1, "a file's name is no other source"
    assert bring(tmp_path / "b.csv", HEAD + line(1, narrative="井盖缺失"), source="new").made == 1 and Case.objects.count() == 2, "another source is another key"
    assert bring(tmp_path / "a.csv", source="old").known == 1


def test_a_number_twice_in_one_file_is_told_also_on_trial(cast, tmp_path):
    text = HEAD + line(1) + line(1) + line(1, narrative="完全不同")
    for trial in (True, False):
        done = bring(tmp_path / "twice.csv", text, dry_run=trial)
        assert (done.made, done.known, done.bad) == (1, 1, 1), (trial, done.reasons)


def test_an_erased_case_does_not_come_back(cast, tmp_path):
    file = tmp_path / "a.csv"
    bring(file, "external_no,received_at,narrative,requester,phone,closed_at\nE1,2024-11-01 09:00,路灯不亮,王小明,13811112222,2024-11-04 09:00\n")
    case = cast.take(the_case(), "ask_erasure", "supervisor", reason="诉求人依法要求删除")
    cast.take(case, "erase", "security_admin", ground="request")
    again = bring(file)
    assert (again.made, again.known, again.bad) == (0, 1, 0)
    assert "王小明" not in str(list(Case.objects.values())) and the_case().erased


@pytest.mark.parametrize("state", [s for s in State if s not in {State.START, State.DRAFT, State.MERGED}])
def test_a_case_in_any_state_goes_out_and_comes_into_another_city(cast, tmp_path, state):
    case = cast.at_state(state)
    out = export(tmp_path / "out.csv")
    moved = tmp_path / "moved.csv"  # another installation knows nothing of our own numbers
    moved.write_text(out.read_text(encoding="utf-8-sig").replace(actions.queries.own_source(), "city-a"), encoding="utf-8")
    done, many = bring(moved), Case.objects.filter(imported=False).count()  # of a case that was split its parts as well
    assert (done.made, done.bad) == (many, 0), done.reasons
    twin = Case.objects.get(imported=True, state=state)
    assert (twin.state, twin.lead_id, twin.closed_at, twin.handle_due_at) == (state, case.lead_id, case.closed_at, case.handle_due_at)
    assert list(anchors.verify_history()) == []


# --- trial, resumption, bad rows ------------------------------------------------------------


def rows_of_all_tables() -> dict:
    return {m._meta.db_table: m.objects.count() for m in apps.get_models() if m._meta.managed}


def test_a_trial_writes_nothing_and_says_what_would_happen(cast, tmp_path):
    text = HEAD + line(1, unit="没有的局", category="没有的分类") + line(2, phone=PHONE) + line(3, received_at="不知道")
    before = rows_of_all_tables()
    map_ = read_map({"create_units": True, "create_categories": True})
    trial = bring(tmp_path / "t.csv", text, dry_run=True, map=map_)
    assert rows_of_all_tables() == before and len(before) > 30
    real = bring(tmp_path / "t.csv", text, map=map_)
    assert (trial.made, trial.bad, trial.units, trial.categories) == (real.made, real.bad, real.units, real.categories) == (2, 1, ["没有的局"], ["没有的分类"])
    assert rows_of_all_tables() != before


def test_bad_rows_lie_in_a_report_that_can_be_corrected_and_brought_in(cast, tmp_path):
    report = tmp_path / "bad.csv"
    done = bring(tmp_path / "a.csv", HEAD + line(1) + line(2, received_at="上周三", narrative="路灯，坏了") + line(3, unit="无此局"), bad=report)
    assert (done.made, done.bad) == (1, 2)
    rows = table(report)
    assert [(r["行号"], r["列"], r["external_no"]) for r in rows] == [("3", "受理时间", "N2"), ("4", "承办单位", "N3")]
    assert "不是时间" in rows[0]["原因"] and rows[0]["narrative"] == "路灯，坏了" and report.stat().st_mode & 0o077 == 0
    report.write_text(report.read_text(encoding="utf-8-sig").replace("上周三", "2024-12-25 10:00").replace("无此局", "water"), encoding="utf-8")
    assert (bring(report, source="a").made, Case.objects.count()) == (2, 3)


def test_a_run_that_was_broken_off_goes_on_after_its_last_batch(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(actions, "BATCH", 4)
    file, report = tmp_path / "a.csv", tmp_path / "bad.csv"
    file.write_text(HEAD + "".join(line(n, **({"received_at": "x"} if n in (2, 7) else {})) for n in range(1, 11)), encoding="utf-8")

    def pull_the_plug(summary, share):
        if summary.read >= 8:
            raise KeyboardInterrupt

    monkeypatch.setattr(actions, "_SHOW_EVERY_S", 0)
    with pytest.raises(KeyboardInterrupt):
        bring(file, bad=report, progress=pull_the_plug)
    assert Case.objects.count() == 6 and ImportRun.objects.get().ended_at is None
    done = bring(file, bad=report)
    assert (done.resumed, done.now, done.read, done.made, done.bad) == (9, 2, 10, 8, 2)
    assert [r["行号"] for r in table(report)] == ["3", "8"]
    assert Case.objects.count() == 8 and ImportRun.objects.get().ended_at
    assert (bring(file, bad=report).known, Case.objects.count()) == (8, 8)


def test_who_brought_what_in_is_kept_by_the_ledger(cast, tmp_path):
    bring(tmp_path / "a.csv", HEAD + line(1), source="旧系统")
    entry = Entry.objects.get(kind="import")
    assert entry.by_name == cast.people["supervisor"].name and entry.about == "source:旧系统" and entry.detail["made"] == 1


# --- times that nobody knows ------------------------------------------------------------


def test_a_time_that_a_default_gave_is_marked_shown_and_travels_with_the_case(cast, tmp_path):
    text = "external_no,received_at,narrative\nT1,,路灯不亮\nT2,2024-12-01 10:00,井盖缺失\n"
    done = bring(tmp_path / "a.csv", text, map=read_map({"defaults": {"received_at": "2020-01-01"}}), source="old")
    assert (done.made, done.assumed) == (2, 1)
    case = Case.objects.get(undated=True)
    shown = cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    assert "时间不明" in shown and "来源没有这个时间，为推定" in shown
    out = export(tmp_path / "out.csv")
    rows = {r["外部编号"]: r for r in table(out)}
    assert rows["T1"]["推定的时间"] == "received_at" and rows["T2"]["推定的时间"] == ""
    out.write_text(out.read_text(encoding="utf-8-sig").replace(",old", ",new"), encoding="utf-8")
    assert bring(out).made == 2 and Case.objects.filter(undated=True).count() == 2


def test_what_lies_ahead_or_before_2000_is_no_history(cast, tmp_path):
    ahead = (NOW + timedelta(days=2)).isoformat()
    done = bring(tmp_path / "a.csv", HEAD + line(1, received_at=ahead) + line(2, received_at="1999-12-01") + line(3))
    assert (done.made, done.bad) == (1, 2)


def test_a_unit_that_another_import_made_meanwhile_is_that_unit(cast):
    """Two who brought in one file at once: the second ended with a sentence about a code, and half its rows were out."""
    by = people.actor_named("supervisor")
    one, other = (Lookups("旧系统", by, create_units=True, create_categories=True) for _ in range(2))
    assert one.unit("老水务局") == other.unit("老水务局") and one.category("旧事项") == other.category("旧事项")
