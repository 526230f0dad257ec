"""Supervision, pure: the ladder as dated data."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import library
from minsheng.calendar.spans import working_days_between
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import verdict
from minsheng.oversight import effects
from minsheng.oversight.rules import findings, inspections, instructions, ladder, procedures, reply_checks, stock_phrases
from minsheng.oversight.rules.facts import SlipFacts
from minsheng.oversight.rules.fields import FIELDS
from minsheng.oversight.rules.findings import FINDING, FindingFacts, FindingState
from minsheng.oversight.rules.inspections import INSPECTION, POINT, InspectionFacts, InspectionState, PointFacts, PointState
from minsheng.oversight.rules.instructions import DUTY, INSTRUCTION, DutyState, InstructionState, TaskFacts
from minsheng.oversight.rules.ladder import Measure, Rung, Standing, Trigger
from minsheng.oversight.rules.reply_checks import ReplySeen
from minsheng.oversight.rules.states import SlipState

LHASA = library.builtin("lhasa")
ROOT = Path(__file__).parents[2]
STOCK = stock_phrases.pattern(tuple(yaml.safe_load((ROOT / "src/minsheng/oversight/stock_phrases.yaml").read_text(encoding="utf-8"))["phrases"]))
DAY = date(2025, 1, 2)
URGE = Rung("urge_1", "催办", Measure.URGE, Trigger.LATE, 1, 0, True, "依据", date(2024, 1, 1))
ROW = {"code": "urge_1", "name": "催办", "measure": "urge", "when": "late", "count": 1, "since": date(2024, 1, 1), "basis": "依据"}


def test_the_ladder_of_the_demo_city_can_be_put_in_and_says_what_it_asks():
    rows = yaml.safe_load((ROOT / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"]
    assert ladder.problems(rows) == []
    assert {row["measure"] for row in rows} == set(Measure) and {row["when"] for row in rows} == set(Trigger)


@pytest.mark.parametrize(("change", "says"), [
    ({"measure": "shame"}, "measure"), ({"when": "someday"}, "when"), ({"code": ""}, "code"), ({"name": " "}, "name"), ({"basis": None}, "basis"),
    ({"since": "2024"}, "since"), ({"until": date(2023, 1, 1)}, "until"), ({"count": 0}, "count"), ({"count": True}, "count"), ({"count": 9999}, "count"),
    ({"when": "redos", "count": 3}, "提醒和催办"), ({"measure": "order", "when": "yellow"}, "时限之前"),
    ({"measure": "summons", "when": "circulars", "count": 2}, "within")])
def test_a_row_that_cannot_hold_is_refused_with_what_is_wrong(change, says):
    assert ladder.problems([ROW]) == []
    [said] = ladder.problems([ROW | change])
    assert says in said
    assert "两行" in ladder.problems([ROW, ROW])[0]


def test_of_each_code_the_row_holds_that_began_last_and_has_not_ended():
    later, ended = replace(URGE, count=2, since=date(2025, 1, 1)), replace(URGE, code="old", until=date(2024, 12, 31))
    assert [(r.code, r.count) for r in ladder.in_force([later, URGE, ended], date(2024, 12, 31))] == [("old", 1), ("urge_1", 1)]
    assert [(r.code, r.count) for r in ladder.in_force([later, URGE, ended], DAY)] == [("urge_1", 2)]
    assert ladder.in_force([later, URGE], date(2023, 1, 1)) == []


@given(st.integers(0, 400), st.integers(1, 30))
def test_so_many_working_days_late_is_counted_as_the_calendar_counts(offset, days):
    today = date(2024, 6, 1) + timedelta(days=offset)
    last = ladder.late_since(today, days, LHASA)
    assert working_days_between(last, today, LHASA) >= days > working_days_between(last + timedelta(days=1), today, LHASA)


def test_an_order_reaches_a_rung_by_its_own_standing_and_passes_what_lies_below():
    late = Standing(date(2025, 1, 1), redos=2, returns=3)
    assert ladder.reaches(URGE, late, date(2025, 1, 1)) and not ladder.reaches(URGE, late, date(2024, 12, 31))
    assert not ladder.reaches(URGE, Standing(), DAY), "no clock runs against the unit"
    redos, orders = replace(URGE, trigger=Trigger.REDOS, count=3), replace(URGE, trigger=Trigger.ORDERS)
    assert not ladder.reaches(redos, late, DAY) and ladder.reaches(redos, replace(late, redos=3), DAY) and not ladder.reaches(orders, late, DAY)
    yellow, red, third = (replace(URGE, code=c, measure=m, trigger=t, count=n) for c, m, t, n in (
        ("y", Measure.REMIND, Trigger.YELLOW, 0), ("r", Measure.REMIND, Trigger.RED, 0), ("urge_3", Measure.URGE, Trigger.LATE, 3)))
    order = replace(third, code="order", measure=Measure.ORDER, count=1)
    everything = [yellow, red, URGE, third, order]
    assert [one.code for one in ladder.below(third, everything)] == ["y", "r", "urge_1"]
    assert [one.code for one in ladder.below(red, everything)] == ["y"] and ladder.below(yellow, everything) == []


# --- slips --------------------------------------------------------------------------------------

SLIP = SlipFacts(7, SlipState.DRAFT, DAY, 4, (1, 4), frozenset({4, 5}), (41,), 1)
CENTRE = 2


def by(role: Role, id_: int = 40, unit: int = CENTRE) -> Actor:
    return Actor(id_, "甲", frozenset({role}), unit, (1, unit))


# (step, facts that let it through, who takes it, what shuts it, the code it is then refused with)
SHUT = [
    ("draft_slip", replace(SLIP, state=SlipState.NEW), by(Role.SUPERVISOR), replace(SLIP, state=SlipState.NEW, unit_line=frozenset({CENTRE})), "own_unit"),
    ("sign_slip", SLIP, by(Role.SUPERVISOR), replace(SLIP, grounds=0), "no_ground"),
    ("sign_slip", SLIP, by(Role.SUPERVISOR), replace(SLIP, acted_on=False), "dissolved"),
    ("sign_slip", SLIP, by(Role.SUPERVISOR), replace(SLIP, drafters=(41, 40)), "own"),
    ("sign_slip", SLIP, by(Role.SUPERVISOR), replace(SLIP, unit_line=frozenset({CENTRE})), "own_unit"),
    ("issue_slip", replace(SLIP, state=SlipState.SIGNED), by(Role.COORDINATOR), SLIP, "state"),
    ("acknowledge_slip", replace(SLIP, state=SlipState.ISSUED), by(Role.UNIT_LIAISON, unit=4), replace(SLIP, state=SlipState.ISSUED, unit_path=(1, 6)), "not_own"),
    ("withdraw_slip", replace(SLIP, state=SlipState.ISSUED), by(Role.SUPERVISOR), replace(SLIP, state=SlipState.ISSUED, drafters=(40,)), "own"),
]


@pytest.mark.parametrize(("name", "lets", "who", "shuts", "code"), SHUT)
def test_a_guard_lets_through_what_it_should_and_shuts_the_rest(name, lets, who, shuts, code):
    step = procedures.SLIP[name]
    assert verdict(step, lets, who)
    assert verdict(step, shuts, who).code == code


def test_nothing_leaves_without_a_signature_and_a_number_and_no_step_of_the_clock_goes_past_a_proposal():
    out = [(step.name, state) for step in procedures.SLIP for state in step.frm if not state.is_out and step.to is not None and step.to.is_out]
    assert out == [("issue_slip", SlipState.SIGNED)]
    assert [step.name for step in procedures.SLIP if step.to is SlipState.SIGNED] == ["sign_slip"]
    assert [step.name for step in procedures.SLIP if step.who is Role.CLOCK] == ["propose_slip"]


def test_every_guard_has_its_words_and_every_step_its_fields_and_its_effect():
    assert all(words_of(guard) for step in procedures.SLIP for guard in step.guards)
    assert {name for step in procedures.SLIP for name in step.fields} == set(FIELDS)
    assert {step.name for step in procedures.SLIP} - set(effects.SLIP) == {"acknowledge_slip"}, "it moves the state and nothing else"


# --- replies ------------------------------------------------------------------------------------

AT = datetime(2025, 1, 6, 2, tzinfo=UTC)
GOOD = ReplySeen("主管道破裂，1月5日更换三十米，今日中午恢复供水。", "1月4日到现场查看，联系诉求人1次。", AT, contacts=1, visits=(AT - timedelta(days=2),))


@pytest.mark.parametrize(("change", "found"), [
    ({}, []),
    ({"handling": "先后电话联系诉求人三次"}, ["number"]), ({"handling": "联系诉求人1次，到场2次"}, ["number"]), ({"handling": "联系诉求人十二次"}, ["number"]),
    ({"handling": "回访 1 次"}, []), ({"contacts": 3, "handling": "联系诉求人2次"}, []),
    ({"text": "您反映的问题收悉，我局高度重视，将进一步加强相关工作，感谢您的来电。"}, ["boilerplate"]), ({"text": ""}, ["boilerplate"]),
    ({"text": "已恢复供水。"}, []), ({"text": "感谢您的来电，1月5日上午九点已更换破裂的主管道，现已恢复供水。"}, []),
    ({"text": "已更换破裂的主管道三十余米，水压正常。", "handling": "更换管道"}, []),
    ({"text": "破裂的主管道三十余米已查明，将尽快更换，恢复供水。", "handling": ""}, ["no_date"]), ({"text": "已更换主管道，预计三个工作日内恢复。", "handling": ""}, []),
    ({"visits": (AT + timedelta(hours=1),)}, ["before_visit"]), ({"visits": (), "handling": "已派人赴现场处理，1月4日完成"}, ["before_visit"]),
    ({"visits": (), "handling": "1月4日电话说明，无需现场"}, []),
    ({"waived": True, "has_number": True}, ["waived"]), ({"waived": True}, []),
    ({"contacted_at": AT - timedelta(days=2), "typed_at": AT, "contact_due": AT - timedelta(days=1)}, ["typed_late"]),
    ({"contacted_at": AT - timedelta(days=2), "typed_at": AT, "marked_late": True}, ["typed_late"]),
    ({"contacted_at": AT, "typed_at": AT, "contact_due": AT + timedelta(days=1)}, []),
])
def test_what_of_a_reply_does_not_fit_the_record_is_found_with_its_evidence(change, found):
    said = reply_checks.of(replace(GOOD, **change), STOCK)
    assert [one.check.value for one in said] == found and all(one.evidence for one in said)


def test_a_check_is_bounded_whatever_is_written():
    long = replace(GOOD, text="联系" * 200_000, handling="已到现场" * 200_000)
    assert {one.check.value for one in reply_checks.of(long, STOCK)} <= {"no_date", "boilerplate", "before_visit"}
    assert len(reply_checks.shingles("水" * 10**6, STOCK)) == 1 and len(reply_checks.sketch(range(10**5))) == reply_checks.SKETCH


def test_a_copy_with_other_figures_and_stock_is_alike_and_another_answer_is_not():
    text = "经核实，幸福路小区停水系二次供水泵房电机烧毁，我局已组织抢修队伍更换电机两台，并对泵房线路作了全面检修，目前水压正常，后续每周巡检一次。"
    copy = "您反映的问题收悉。" + text.replace("幸福路", "和平路").replace("两台", "三台") + "感谢您的来电。"
    other = "经与物业和业主委员会协商，广场舞活动时间调整为晚上七点至八点半，音箱由社区统一保管，社区民警每晚巡查，噪声已降到标准以内。"
    mine = reply_checks.shingles(text, STOCK)
    assert reply_checks.alike(mine, reply_checks.shingles(copy, STOCK)) >= reply_checks.ALIKE > 0.1 > reply_checks.alike(mine, reply_checks.shingles(other, STOCK))
    assert reply_checks.alike(frozenset(), mine) == 0.0
    assert len(set(reply_checks.sketch(mine)) & set(reply_checks.sketch(reply_checks.shingles(copy, STOCK)))) >= 8


def test_a_finding_is_judged_by_a_supervisor_outside_the_unit_and_never_by_the_unit():
    facts = FindingFacts(1, FindingState.OPEN, frozenset({4, 5}))
    assert {step.who for step in FINDING} == {Role.CLOCK, Role.SUPERVISOR}
    for name in ("finding_holds", "finding_falls"):
        assert verdict(FINDING[name], facts, by(Role.SUPERVISOR)) and verdict(FINDING[name], facts, by(Role.SUPERVISOR, unit=4)).code == "own_unit"
        assert verdict(FINDING[name], replace(facts, state=FindingState.HOLDS), by(Role.SUPERVISOR)).code == "state"
    assert {name for step in FINDING for name in step.fields} == set(findings.FIELDS) and set(effects.FINDING) == {step.name for step in FINDING}


# --- inspections, instructions, duties ------------------------------------------------------------


@given(st.sets(st.integers(1, 10**12), max_size=60), st.integers(1, 30), st.text("0123456789abcdef", min_size=1, max_size=32))
def test_a_sample_is_drawn_again_from_its_seed_and_no_other_list_or_sample_fits(pool, size, seed):
    pool = sorted(pool)
    sample = inspections.drawn(seed, reversed(pool), size)
    assert len(sample) == min(size, len(pool)) and set(sample) <= set(pool) and sample == inspections.drawn(seed, pool, size)
    assert inspections.sound(seed, pool, size, inspections.digest(pool), sample)
    assert not inspections.sound(seed, [*pool, 0], size, inspections.digest(pool), sample)
    if len(sample) < len(pool):
        other = sorted({*sample[1:], next(one for one in pool if one not in sample)})
        assert not inspections.sound(seed, pool, size, inspections.digest(pool), other)


PLAN = InspectionFacts(1, InspectionState.DRAFT, (41,), (50,))
POINTED = PointFacts(1, PointState.CORRECTED, True, (50,), (1, 4), frozenset({4, 5}))
TASK = TaskFacts(1, DutyState.OPEN, (1, 4), frozenset({4, 5}))
FED = replace(TASK, state=InstructionState.FED_BACK)
MEMBER = by(Role.OUTSIDE_GROUP, 50, 1)
OTHERS = [
    (INSPECTION["approve_inspection"], PLAN, by(Role.SUPERVISOR), replace(PLAN, drafters=(40,)), "own"),
    (INSPECTION["draw_sample"], replace(PLAN, state=InspectionState.APPROVED), by(Role.SUPERVISOR), PLAN, "state"),
    (INSPECTION["draw_sample"], replace(PLAN, state=InspectionState.APPROVED), by(Role.SUPERVISOR),
     replace(PLAN, state=InspectionState.APPROVED, scope_line=frozenset({CENTRE})), "own_unit"),
    (INSPECTION["redraw_sample"], replace(PLAN, state=InspectionState.OPEN), by(Role.SUPERVISOR), replace(PLAN, state=InspectionState.OPEN, waiting=1), "waiting"),
    (INSPECTION["close_inspection"], replace(PLAN, state=InspectionState.OPEN), MEMBER, replace(PLAN, state=InspectionState.OPEN, members=(51,)), "not_member"),
    (INSPECTION["close_inspection"], replace(PLAN, state=InspectionState.OPEN), MEMBER, replace(PLAN, state=InspectionState.OPEN, waiting=2), "waiting"),
    (INSPECTION["close_inspection"], replace(PLAN, state=InspectionState.OPEN), MEMBER, replace(PLAN, state=InspectionState.OPEN, unseen=1), "unseen"),
    (INSPECTION["look_at_case"], replace(PLAN, state=InspectionState.OPEN), MEMBER, replace(PLAN, state=InspectionState.OPEN, members=(51,)), "not_member"),
    (POINT["note_point"], replace(POINTED, state=PointState.NEW), MEMBER, replace(POINTED, state=PointState.NEW, inspection_open=False), "closed"),
    (POINT["send_point"], replace(POINTED, state=PointState.NOTED), by(Role.SUPERVISOR), replace(POINTED, state=PointState.NOTED, unit_line=frozenset({CENTRE})), "own_unit"),
    (POINT["correct_point"], replace(POINTED, state=PointState.SENT), by(Role.UNIT_APPROVER, unit=4), replace(POINTED, state=PointState.SENT, unit_path=(1, 6)), "not_own"),
    (POINT["accept_point"], POINTED, MEMBER, replace(POINTED, members=()), "not_member"),
    (POINT["accept_point"], POINTED, MEMBER, replace(POINTED, unit_line=frozenset({1})), "own_unit"),
    (INSTRUCTION["feed_back"], replace(TASK, state=InstructionState.ASSIGNED), by(Role.UNIT_APPROVER, unit=4),
     replace(TASK, state=InstructionState.ASSIGNED, unit_path=(1, 6)), "not_own"),
    (INSTRUCTION["accept_feedback"], FED, by(Role.SUPERVISOR), replace(FED, unit_line=frozenset({CENTRE})), "own_unit"),
    (DUTY["open_duty"], replace(TASK, state=DutyState.NEW), by(Role.SUPERVISOR), replace(TASK, state=DutyState.NEW, unit_line=frozenset({CENTRE})), "own_unit"),
    (DUTY["report_duty"], TASK, by(Role.UNIT_APPROVER, unit=4), replace(TASK, waiting=True), "waits"),
    (DUTY["grant_tolerance"], replace(TASK, waiting=True), by(Role.SUPERVISOR), TASK, "not_asked"),
    (DUTY["grant_tolerance"], replace(TASK, waiting=True), by(Role.SUPERVISOR), replace(TASK, waiting=True, asked_by=40), "own"),
    (DUTY["pass_lead"], TASK, by(Role.SUPERVISOR), replace(TASK, waiting=True), "waits"),
]


@pytest.mark.parametrize(("step", "lets", "who", "shuts", "code"), OTHERS, ids=lambda one: getattr(one, "name", None))
def test_what_else_is_guarded_lets_through_what_it_should_and_shuts_the_rest(step, lets, who, shuts, code):
    assert verdict(step, lets, who)
    assert verdict(step, shuts, who).code == code


def test_every_guard_of_these_has_its_words_and_every_field_its_step():
    for steps, fields in (((*INSPECTION, *POINT), inspections.FIELDS), ((*INSTRUCTION, *DUTY), instructions.FIELDS)):
        assert {name for step in steps for name in step.fields} == set(fields) and all(words_of(guard) for step in steps for guard in step.guards)
    moving = {*effects.INSPECTION, *effects.POINT, *effects.INSTRUCTION, *effects.DUTY}
    assert {step.name for step in (*INSPECTION, *POINT, *INSTRUCTION, *DUTY)} - moving == {"return_point", "return_feedback", "accept_feedback", "return_duty"}


@pytest.mark.parametrize(("change", "field"), [({"until": "2024-01-01"}, "until"), ({"until": "2025-02-01"}, "until"), ({"unit": 9}, "unit"), ({"category": 9}, "category"),
                                               ({"size": 0}, "size"), ({"size": 201}, "size"), ({"members": [9]}, "members"), ({}, "")])
def test_a_scope_that_cannot_be_inspected_is_refused_by_its_field(change, field):
    values = {"since": "2025-01-01", "until": "2025-01-02", "unit": 4, "size": 5, "members": [50]} | change
    world = inspections.World(DAY, frozenset({4}), frozenset({1}), frozenset({50}))
    assert "".join(inspections.scope(values, world)) == field
    assert inspections.pool(replace(world, pool=1)) == {} and inspections.pool(world) and inspections.pool(replace(world, pool=inspections.WIDEST + 1))


def test_a_list_of_stock_phrases_is_written_a_line_each_and_begins_no_day_that_is_past():
    today = date(2025, 1, 2)
    for values, since, wrong in (
            ({"phrases": "高度重视\n\n 第一时间 ", "since": "2025-01-02"}, None, set()), ({"phrases": " \n ", "since": "2025-01-02"}, None, {"phrases"}),
            ({"phrases": "字", "since": "2025-01-02"}, None, {"phrases"}), ({"phrases": "长" * 31, "since": "2025-01-01"}, None, {"phrases", "since"}),
            ({"phrases": "\n".join(f"常用语{n}" for n in range(301)), "since": "2025-01-02"}, None, {"phrases"}), ({}, date(2025, 1, 1), {"since"}),
            ({}, today, set())):
        assert set(stock_phrases.check("sign_phrases" if not values else "draft_phrases", values, since, today)) == wrong, values
    assert stock_phrases.lines("甲乙\n甲乙\n丙丁") == ["甲乙", "丙丁"]
    rows = [(date(2025, 1, 1), 1, ("甲乙",)), (date(2025, 1, 1), 2, ("丙丁",)), (date(2025, 3, 1), 3, ("戊己",))]
    assert [stock_phrases.in_force(rows, on) for on in (date(2024, 12, 31), today, date(2025, 3, 1))] == [None, ("丙丁",), ("戊己",)]
    assert stock_phrases.pattern(()).search("高度重视") is None and stock_phrases.pattern(("重视", "高度重视")).search("高度重视")[0] == "高度重视"
