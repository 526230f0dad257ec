"""Month-end without a database: who may take which step when, how a sheet is sealed, compared, graded; the paper of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.steps import verdict
from minsheng.measures.rules import BY_CODE
from minsheng.month_end.rules import assessments, objections, sheet
from minsheng.month_end.rules.assessments import ASSESSMENT, AssessmentFacts, AssessmentState
from minsheng.month_end.rules.objections import OBJECTION, ObjectionFacts, ObjectionState
from minsheng.month_end.rules.paper import Sheet, paper
from minsheng.month_end.rules.sheet import WHOLE, Figure
from minsheng.org.rules import UnitKind

TODAY = date(2025, 2, 3)
NOON = datetime.fromisoformat("2025-02-03T12:00+08:00")
FACTS = AssessmentFacts(1, AssessmentState.FROZEN, TODAY, until=date(2025, 1, 31), drafters=(5,), frozen_by=6)
ASKED = ObjectionFacts(1, ObjectionState.RAISED, TODAY, AssessmentState.REVIEW, want="exclude", asked_by=9, unit_path=(1, 4), unit_line=frozenset({4}),
                       drafters=(5,))


def person(id_: int, *roles: Role, unit: int = 2, path: tuple[int, ...] = (1, 2)) -> Actor:
    return Actor(id_, "某", frozenset(roles), unit, path)


def figure(unit: int = 4, measure: str = "solve", n: int = 8, d: int = 10, **more) -> Figure:
    low, high = (0.5, 0.9) if d else (None, None)
    return Figure(unit, measure, n, d, round(n / d, 6) if d else None, low, high, BY_CODE[measure].stamp, **more)


def said(step: str, facts, by: Actor, procedure=ASSESSMENT) -> str:
    return verdict(procedure[step], facts, by).code


@pytest.mark.parametrize("step,change,by,code", [
    ("sign_sheet", {}, person(7, Role.SUPERVISOR), ""),
    ("sign_sheet", {}, person(5, Role.SUPERVISOR), "own"),
    ("sign_sheet", {}, person(6, Role.SUPERVISOR), "own"),
    ("sign_sheet", {"state": AssessmentState.REVIEW}, person(7, Role.SUPERVISOR), "state"),
    ("sign_sheet", {}, person(7, Role.ANALYST), "role"),
    ("draft_figures", {"state": AssessmentState.PLANNED}, person(5, Role.ANALYST), ""),
    ("draft_figures", {"state": AssessmentState.PLANNED, "until": TODAY}, person(5, Role.ANALYST), "not_ended"),
    ("freeze_figures", {"state": AssessmentState.REVIEW, "open_objections": 2}, person(6, Role.SUPERVISOR), "waiting"),
    ("freeze_figures", {"state": AssessmentState.REVIEW, "open_objections": 2, "shut_objections": 2, "unjudged": 1}, person(6, Role.SUPERVISOR), "waiting"),
    ("freeze_figures", {"state": AssessmentState.REVIEW, "open_objections": 2, "shut_objections": 2, "unjudged": 2}, person(6, Role.SUPERVISOR), ""),
    ("begin_review", {"state": AssessmentState.CHECKING, "unconfirmed": 1, "check_until": TODAY}, person(6, Role.SUPERVISOR), "checking"),
    ("begin_review", {"state": AssessmentState.CHECKING, "unconfirmed": 1, "check_until": TODAY - timedelta(1)}, person(6, Role.SUPERVISOR), ""),
    ("confirm_sheet", {"state": AssessmentState.CHECKING, "answering": frozenset({4})}, person(8, Role.UNIT_APPROVER, unit=4), ""),
    ("confirm_sheet", {"state": AssessmentState.CHECKING, "answering": frozenset({4})}, person(8, Role.UNIT_APPROVER, unit=3), "no_sheet"),
    ("confirm_sheet", {"state": AssessmentState.CHECKING, "answering": frozenset({4}), "confirmed": frozenset({4})}, person(8, Role.UNIT_APPROVER, unit=4),
     "confirmed"),
    ("confirm_sheet", {"state": AssessmentState.CHECKING, "answering": frozenset({4}), "check_until": TODAY - timedelta(1)},
     person(8, Role.UNIT_APPROVER, unit=4), "check_over"),
])
def test_who_takes_which_step_of_a_period(step, change, by, code):
    assert said(step, replace(FACTS, **change), by) == code


@pytest.mark.parametrize("step,change,by,code", [
    ("grant_exclusion_objection", {}, person(7, Role.SUPERVISOR), ""),
    ("grant_exclusion_objection", {"want": "correct"}, person(7, Role.SUPERVISOR), "want"),
    ("refuse_objection", {}, person(5, Role.SUPERVISOR), "own"),
    ("refuse_objection", {}, person(9, Role.SUPERVISOR), "own"),
    ("refuse_objection", {}, person(7, Role.SUPERVISOR, unit=4, path=(1, 4)), "own_unit"),
    ("refuse_objection", {"phase": AssessmentState.CHECKING}, person(7, Role.SUPERVISOR), "phase"),
    ("withdraw_objection", {"want": "exclude"}, person(9, Role.UNIT_LIAISON, unit=4), "want"),
    ("withdraw_objection", {"want": "correct"}, person(9, Role.UNIT_LIAISON, unit=4), ""),
    ("lapse_objection", {}, person(7, Role.SUPERVISOR), "role"),
    ("lapse_objection", {}, person(0, Role.CLOCK), ""),
    ("lapse_objection", {"phase": AssessmentState.CHECKING}, person(0, Role.CLOCK), "phase"),
    ("raise_objection", {"state": ObjectionState.NEW, "phase": AssessmentState.FROZEN}, person(9, Role.UNIT_LIAISON, unit=4), "frozen"),
    ("raise_objection", {"state": ObjectionState.NEW, "phase": AssessmentState.REVIEW}, person(9, Role.UNIT_LIAISON, unit=4), "phase"),
    ("raise_objection", {"state": ObjectionState.NEW, "phase": AssessmentState.CHECKING, "check_until": TODAY - timedelta(1)},
     person(9, Role.UNIT_LIAISON, unit=4), "check_over"),
    ("raise_objection", {"state": ObjectionState.NEW, "phase": AssessmentState.CHECKING}, person(9, Role.UNIT_LIAISON, unit=3), "not_own"),
    ("raise_objection", {"state": ObjectionState.NEW, "phase": AssessmentState.CHECKING, "check_until": TODAY}, person(9, Role.UNIT_LIAISON, unit=4), ""),
])
def test_who_takes_which_step_of_an_objection(step, change, by, code):
    assert said(step, replace(ASKED, **change), by, OBJECTION) == code


@pytest.mark.parametrize("step,values,world,field", [
    ("plan_assessment", {"since": "2025-01-31", "until": "2025-01-01"}, {}, "until"),
    ("plan_assessment", {"since": "2025-01-01", "until": "2026-01-02"}, {}, "until"),
    ("plan_assessment", {"since": "2025-01-01", "until": "2025-12-31"}, {}, ""),
    ("plan_assessment", {"since": "2025-01-01", "until": "2025-01-31"}, {"overlaps": "上一期"}, "since"),
    ("draft_figures", {"cutoff": "2025-02-03T12:01+08:00"}, {}, "cutoff"),
    ("draft_figures", {"cutoff": "2025-02-03T12:00+08:00"}, {}, ""),
    ("draft_figures", {"cutoff": "2025-01-31T12:00+08:00"}, {}, "cutoff"),
    ("freeze_figures", {"cutoff": "2025-02-02T12:00+08:00"}, {"before": NOON}, "cutoff"),
    ("freeze_figures", {"cutoff": "2025-02-02T12:00+08:00"}, {"ruled": datetime.fromisoformat("2025-02-02T12:01+08:00")}, "cutoff"),
    ("open_checking", {"check_until": "2025-02-02"}, {}, "check_until"),
    ("open_checking", {"check_until": "2025-02-03"}, {}, ""),
    ("sign_sheet", {}, {"number_taken": True}, "doc_number"),
    ("sign_sheet", {}, {"as_seen": False}, "doc_number"),
])
def test_what_is_said_of_days_and_cut_offs(step, values, world, field):
    made = assessments.World(**{"now": NOON, "today": TODAY, "ends": datetime.fromisoformat("2025-02-01T00:00+08:00"), **world})
    assert list(assessments.wrong(step, values, made)) == ([field] if field else [])


def test_an_objection_names_a_case_of_the_list_once():
    for world, field in ((objections.World(), []), (objections.World(known=False), ["assessment"]), (objections.World(listed=False), ["case"]),
                         (objections.World(waiting=True), ["case"])):
        assert list(objections.wrong("raise_objection", {"case": 1, "measure": "solve"}, world)) == field


FIGURES = st.builds(figure, st.integers(0, 5), st.sampled_from(["solve", "satisfaction", "completion"]), st.integers(0, 9), st.integers(10, 40),
                    top=st.lists(st.integers(1, 99), max_size=4).map(tuple))


@given(st.lists(FIGURES, max_size=6, unique_by=lambda one: one.place), st.randoms())
def test_a_seal_knows_no_order_and_every_change(found, random):
    mixed = list(found)
    random.shuffle(mixed)
    assert sheet.digest(mixed) == sheet.digest(found)
    for n, one in enumerate(found):
        for other in (replace(one, numerator=(one.numerator or 0) + 1), replace(one, top=(*one.top, 100)), replace(one, bottom=(100,))):
            assert sheet.digest([*found[:n], other, *found[n + 1:]]) != sheet.digest(found)


@given(st.lists(FIGURES, max_size=6, unique_by=lambda one: one.place), st.lists(FIGURES, max_size=6, unique_by=lambda one: one.place))
def test_what_differs_is_listed_and_once_stated_differs_no_more(before, after):
    known, now = {one.place: one for one in before}, {one.place: one for one in after}
    found = sheet.changed(known, now)
    assert all(one.measure != "completion" for _, one in found), "what is done after its cut-off corrects nothing"
    stated = known | {one.place: one for _, one in found}
    assert sheet.changed(stated, now) == []
    back = sheet.changed(stated, known)
    assert {one.place for _, one in back} == {one.place for _, one in found}, "what goes back is said again"


def test_a_formula_of_another_version_is_not_compared_and_no_data_is_nothing():
    one = figure()
    assert sheet.changed({one.place: one}, {one.place: replace(one, numerator=7, stamp="2@2025-06-01")}) == []
    none = Figure(4, "solve", 0, 0, None, None, None, one.stamp)
    assert sheet.changed({none.place: none}, {}) == [] == sheet.changed({}, {none.place: none})
    assert sheet.changed({}, {one.place: one})[0][0].said == (0, 0, None)


def test_a_correction_names_the_cases_that_came_and_went():
    frozen, now = figure(top=(3, 1), bottom=(3, 2, 1)), figure(n=7, d=9, top=(4, 3), bottom=(4, 3, 2))
    one = sheet.change(frozen, now, frozen)
    assert (one.added, one.gone) == ((4,), (1,))
    assert sheet.change(frozen, now, None).added == (4, 3, 2)


def test_the_list_of_corrections_is_a_chain():
    rows = [[1, 4, "solve"], [2, 4, "reach"]]
    assert sheet.corrections_digest(sheet.corrections_digest("", rows[:1]), rows[1:]) == sheet.corrections_digest("", rows)
    assert sheet.corrections_digest("", rows[::-1]) != sheet.corrections_digest("", rows) and sheet.corrections_digest("", []) == ""


def test_few_cases_are_not_ranked_and_equals_share_a_place():
    found = [figure(1, n=30, d=40), figure(2, n=36, d=40), figure(3, n=9, d=10), figure(4, n=36, d=40), figure(WHOLE, n=90, d=100)]
    assert [(place, one.unit) for place, one in sheet.ranked(found, "solve")] == [(1, 2), (1, 4), (3, 1)]


def test_classes_keep_the_order_in_which_units_came():
    units = [(1, UnitKind.TOWNSHIP), (2, UnitKind.BUREAU), (3, UnitKind.PANEL), (4, UnitKind.BUREAU), (5, UnitKind.DISTRICT)]
    assert sheet.classes(units) == [("市直部门", [2, 4]), ("县区", [5]), ("乡镇街道", [1]), ("其他", [3])]


def test_the_paper_has_grades_for_units_and_figures_for_the_whole():
    whole, high, few = figure(WHOLE, n=80, d=100), Figure(4, "solve", 60, 60, 1.0, 0.94, 1.0, BY_CODE["solve"].stamp), figure(5)
    made = paper(Sheet("1月", date(2025, 1, 1), date(2025, 1, 31), 2, "2025年2月3日12:00", {one.place: one for one in (whole, high, few)},
                       [("市直部门", [(4, "甲局"), (5, "乙局")])], [("甲局", "解决率", "回访记录更正")]), issuer="热线中心", day=TODAY, number="1号", signed_by="丙")
    data = made.as_data()
    text = str(data)
    assert "第2版" in text and "2025年2月3日12:00" in text and data["signed_by"] == "丙" and data["number"] == "1号" and data["mark"] == ""
    tables = [block["rows"] for block in data["blocks"] if block["kind"] == "table"]
    assert ["解决率", "80.0%", "80 / 100", "71.1%—86.7%"] in tables[0]
    assert [row[0] for row in tables[1]] == ["甲局", "乙局"] and tables[1][0][5] == "高于" and tables[1][1][5] == "—"
    assert tables[2] == [["甲局", "解决率", "回访记录更正"]]
    assert not any("100.0%" in str(row) for row in tables[1]), "a unit stands in its grade, not by its figure"
