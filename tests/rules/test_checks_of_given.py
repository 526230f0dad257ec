"""What was given with a step: what each check refuses, under which field, and what it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import CaseFacts, Kind, Party, Standing, State, checks, fields, masking
from minsheng.cases.rules.callback import Word
from minsheng.cases.rules.checks import intake
from minsheng.cases.rules.facts import CallBack, Complaint, Lead, Restriction
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.org.rules import Tree, UnitFacts, UnitKind

NOW = datetime.fromisoformat("2025-01-08T10:00+08:00")
CITY, CENTRE, BUREAU, SECTION, TOWN, GONE, PANEL = 1, 2, 30, 31, 40, 50, 60


def unit(id_: int, kind: UnitKind, *above: int, active: bool = True, hears: bool = False) -> UnitFacts:
    return UnitFacts(id_, f"u{id_}", f"单位{id_}", "", kind, (*above, id_), "", active, hears_centre=hears)


UNITS = [unit(CITY, UnitKind.CITY), unit(CENTRE, UnitKind.CENTRE, CITY), unit(BUREAU, UnitKind.BUREAU, CITY), unit(SECTION, UnitKind.SECTION, CITY, BUREAU),
         unit(TOWN, UnitKind.TOWNSHIP, CITY), unit(GONE, UnitKind.BUREAU, CITY, active=False)]
PANELLED = Tree([*UNITS, unit(PANEL, UnitKind.PANEL, CITY, hears=True)])
BY = Actor(9, "甲", frozenset({Role.UNIT_LIAISON}), BUREAU, (CITY, BUREAU))
WORLD = checks.World(Tree(UNITS), NOW, BY, due_at=NOW + timedelta(days=3), people={7: BUREAU, 8: SECTION, **dict.fromkeys(range(100, 110), BUREAU)})
CASE = CaseFacts(id=7, state=State.IN_PROGRESS, lead=Lead(BUREAU, BUREAU, (CITY, BUREAU), released=frozenset({TOWN})))
RUNG, NUMBERLESS = Party(7), Party(8, has_number=False)
WRONG = Party(9).heard(Word("record_callback", "wrong_number"))
WITH = replace(CASE, callback=CallBack((RUNG, NUMBERLESS, WRONG)))
OPEN = replace(CASE, id=8, state=State.PENDING_REVIEW)
LINE = Complaint(BUREAU, frozenset({BUREAU, SECTION}))
HIDDEN = replace(CASE, restriction=Restriction(True))
CONSULT = replace(CASE, kind=Kind.CONSULT)
PLACED, HERE = replace(CASE, evidence="position"), "29.6500,91.1200,12,2025-01-08T09:00:00+08:00"
REPLY = {"public_reply": "主管道已经抢修完毕，今日恢复供水。"}
party_called = checks.party_is(Standing.CALL, sentence="不待回访")
lead_takes, cos_take = checks.unit_can_take("lead"), checks.unit_can_take("co_units")
own_readers, lead_readers = checks.readers_of(), checks.readers_of("lead")


def later(**span) -> str:
    return (NOW + timedelta(**span)).isoformat()


def master(**facts) -> checks.World:
    return replace(WORLD, master=replace(OPEN, **facts))


def rung(**more) -> checks.World:
    """The call that is named, as it is on record: of this case, somebody answered, after it was dispatched."""
    call = checks.Rung(NOW, out=True, spoke=True, over=True, about=True)
    return replace(WORLD, round_since=NOW - timedelta(days=1), call=replace(call, **more))


# check, case, what was given, what beside it is known; the field under which it is refused ("": it passes) and words of the sentence
TABLE = [
    (checks.lead_stays, CASE, {"lead": TOWN}, WORLD, "lead", "先收回改派"), (checks.lead_stays, CASE, {"lead": BUREAU}, WORLD, "", ""),
    (checks.lead_stays, OPEN, {"lead": TOWN}, WORLD, "", ""),
    (checks.answers_fit, CASE, {"outcome": "answered"}, WORLD, "solved", "至少记录一个回答"),
    (checks.answers_fit, CASE, {"outcome": "answered", "solved": True}, WORLD, "", ""),
    (checks.answers_fit, CASE, {"outcome": "refused", "contacted": True}, WORLD, "contacted", "未接受回访"),
    (checks.answers_fit, CASE, {"outcome": "refused"}, WORLD, "", ""),
    (checks.answers_fit, CASE, {"outcome": "appointment"}, WORLD, "appointment", "约定时间"),
    (checks.answers_fit, CASE, {"outcome": "appointment", "appointment": later(days=1)}, WORLD, "", ""),
    (checks.answers_fit, CASE, {"outcome": "answered", "satisfaction": "unsatisfied"}, WORLD, "dissatisfaction", "不满意的类型"),
    (checks.answers_fit, CASE, {"outcome": "answered", "satisfaction": "unsatisfied", "dissatisfaction": "slow"}, WORLD, "", ""),
    (checks.answers_fit, CASE, {"outcome": "answered", "satisfaction": "basically"}, WORLD, "", ""),
    (checks.something_answered, CASE, {}, WORLD, "solved", "至少"), (checks.something_answered, CASE, {"solved": False}, WORLD, "", ""),
    (party_called, WITH, {"party": 7}, WORLD, "", ""), (party_called, WITH, {"party": 8}, WORLD, "party", "不待回访"),
    (party_called, WITH, {"party": 99}, WORLD, "party", "不在本单内"),
    (checks.reached_somehow, WITH, {"party": 7}, WORLD, "", ""), (checks.reached_somehow, WITH, {"party": 8}, WORLD, "call", "没有可拨打的号码"),
    (checks.reached_somehow, WITH, {"party": 9}, WORLD, "call", "没有可拨打的号码"), (checks.reached_somehow, WITH, {"party": 8, "call": "C1"}, WORLD, "", ""),
    (checks.reached_somehow, WITH, {"party": 99}, WORLD, "", ""),
    (checks.ground_fits, WITH, {"no_callback": "harm"}, WORLD, "no_callback", "没有限制知悉"), (checks.ground_fits, HIDDEN, {"no_callback": "harm"}, WORLD, "", ""),
    (checks.ground_fits, WITH, {"no_callback": "no_number"}, WORLD, "", ""),
    (checks.ground_fits, replace(CASE, callback=CallBack((RUNG,))), {"no_callback": "no_number"}, WORLD, "no_callback", "有号码可以拨打"),
    (checks.proof_of_transfer, CASE, {"target": "119"}, WORLD, "target_answered", "已接听"),
    (checks.proof_of_transfer, CASE, {"target": "119", "target_answered": True}, WORLD, "", ""), (checks.proof_of_transfer, CASE, {"target": "12315"}, WORLD, "", ""),
    (checks.answer_says_why, CONSULT, {}, WORLD, "no_article", "写明为什么"), (checks.answer_says_why, CONSULT, {"article": 1}, WORLD, "", ""),
    (checks.answer_says_why, CONSULT, {"no_article": "没有相应文章"}, WORLD, "", ""), (checks.answer_says_why, CASE, {}, WORLD, "", ""),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "court", "target": "119"}, WORLD, "target", "只有紧急警情"),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "court"}, WORLD, "", ""),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "emergency"}, WORLD, "target", "先转接"),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "emergency", "target": "12315"}, WORLD, "target", "先转接"),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "emergency", "target": "120"}, WORLD, "target_answered", "已接听"),
    (checks.emergency_was_handed_on, CASE, {"decline_reason": "emergency", "target": "120", "target_answered": True}, WORLD, "", ""),
    (checks.who_speaks, CASE, {"identity": ["number"]}, WORLD, "identity", "没有留号码"), (checks.who_speaks, CASE, {}, WORLD, "", ""),
    (checks.who_speaks, CASE, {"identity": ["name", "matter"]}, WORLD, "identity", "没有留姓名"),
    (checks.who_speaks, CASE, {"identity": ["number"]}, replace(WORLD, known=frozenset({"phone"})), "", ""),
    (checks.who_speaks, CASE, {"identity": ["matter"]}, WORLD, "identity", "至少两项"), (checks.who_speaks, CASE, {"identity": ["when", "matter"]}, WORLD, "", ""),
    (checks.who_gives_a_number, CASE, {"number_from": "caller"}, WORLD, "identity", "至少两项"),
    (checks.who_gives_a_number, CASE, {"number_from": "caller", "identity": ["number", "phone", "when"]}, WORLD, "identity", "号码本身不算"),
    (checks.who_gives_a_number, CASE, {"number_from": "caller", "identity": ["matter", "when"]}, WORLD, "", ""),
    (checks.who_gives_a_number, CASE, {"number_from": "records"}, WORLD, "", ""),
    (checks.complained_can_be_named, CASE, {}, WORLD, "", ""), (checks.complained_can_be_named, CASE, {"complained_unit": TOWN}, WORLD, "", ""),
    (checks.complained_can_be_named, CASE, {"complained_unit": 99}, WORLD, "complained_unit", "没有这个单位"),
    (checks.complained_can_be_named, CASE, {"complained_unit": CITY}, WORLD, "complained_unit", "哪个单位"),
    (checks.complained_can_be_named, CASE, {"complained_unit": CENTRE}, WORLD, "complained_unit", "热线之外"),
    (checks.complained_can_be_named, CASE, {"complained_unit": CENTRE}, replace(WORLD, tree=PANELLED), "", ""),
    (checks.complained_can_be_named, CASE, {"complained_unit": BUREAU}, WORLD, "complained_unit", "正在主办"),
    (checks.calm_says_why, replace(CASE, urgent=True), {"urgent": False}, WORLD, "reason", "核实了什么"),
    (checks.calm_says_why, replace(CASE, urgent=True), {"urgent": False, "reason": "已核实"}, WORLD, "", ""), (checks.calm_says_why, CASE, {"urgent": False}, WORLD, "", ""),
    (checks.not_released, CASE, {"lead": TOWN}, WORLD, "lead", "退单已获同意"), (checks.not_released, CASE, {"lead": BUREAU}, WORLD, "", ""),
    (checks.lead_can_keep, CASE, {}, WORLD, "", ""), (checks.lead_can_keep, CASE, {"lead": TOWN}, WORLD, "", ""),
    (checks.lead_can_keep, replace(CASE, no_push_down=True), {"lead": TOWN}, WORLD, "lead", "不得下派"), (checks.lead_can_keep, CASE, {"lead": CENTRE}, WORLD, "lead", "具体承办"),
    (checks.lead_can_keep, CASE, {"lead": BUREAU, "co_units": [BUREAU]}, WORLD, "co_units", "不能同时"),
    (checks.lead_can_keep, CASE, {"lead": BUREAU, "co_units": [TOWN]}, WORLD, "", ""),
    (checks.master_takes, CASE, {}, WORLD, "master", "没有这个编号"), (checks.master_takes, CASE, {}, master(), "", ""),
    (checks.master_takes, CASE, {}, master(id=7), "master", "并入自己"), (checks.master_takes, CASE, {}, master(state=State.MERGED), "master", "不能并入"),
    (checks.master_takes, CASE, {}, master(state=State.CLOSED), "master", "不能并入"), (checks.master_takes, CASE, {}, master(sealed=True), "master", "保密"),
    (checks.master_takes, CASE, {}, master(restriction=Restriction(True)), "master", "保密"), (checks.master_takes, HIDDEN, {}, master(), "master", "保密"),
    (checks.master_takes, CASE, {}, master(complaint=LINE), "master", "被反映单位不同"),
    (lead_takes, CASE, {}, WORLD, "", ""), (lead_takes, CASE, {"lead": BUREAU}, WORLD, "", ""), (lead_takes, CASE, {"lead": 99}, WORLD, "lead", "不存在或已停用"),
    (lead_takes, CASE, {"lead": GONE}, WORLD, "lead", "不存在或已停用"), (lead_takes, replace(CASE, complaint=LINE), {"lead": SECTION}, WORLD, "lead", "属于被反映单位"),
    (cos_take, CASE, {"co_units": [BUREAU, GONE]}, WORLD, "co_units", "已停用"), (cos_take, CASE, {"co_units": [BUREAU, TOWN]}, WORLD, "", ""),
    (own_readers, HIDDEN, {}, WORLD, "", ""), (own_readers, HIDDEN, {"readers": [7]}, WORLD, "", ""),
    (own_readers, HIDDEN, {"readers": [7, 8]}, WORLD, "readers", "本单位的在岗人员"),
    (own_readers, HIDDEN, {"readers": [5]}, WORLD, "readers", "本单位的在岗人员"), (own_readers, HIDDEN, {"readers": [*range(100, 106)]}, WORLD, "readers", "最多 5 人"),
    (own_readers, HIDDEN, {"readers": [*range(100, 105), 100]}, WORLD, "", ""),
    (lead_readers, CASE, {"readers": [7], "lead": BUREAU}, WORLD, "readers", "没有限制知悉"), (lead_readers, HIDDEN, {"readers": [8], "lead": SECTION}, WORLD, "", ""),
    (lead_readers, HIDDEN, {"readers": [7], "lead": SECTION}, WORLD, "readers", "本单位的在岗人员"),
    (checks.below_own_unit, CASE, {"task_unit": SECTION}, WORLD, "", ""), (checks.below_own_unit, CASE, {"task_unit": BUREAU}, WORLD, "task_unit", "下级"),
    (checks.below_own_unit, CASE, {"task_unit": TOWN}, WORLD, "task_unit", "下级"), (checks.below_own_unit, CASE, {}, WORLD, "", ""),
    (checks.within_own_limit, CASE, {}, WORLD, "", ""), (checks.within_own_limit, CASE, {"task_due": later(days=3)}, WORLD, "", ""),
    (checks.within_own_limit, CASE, {"task_due": later(days=3, minutes=1)}, WORLD, "task_due", "不得晚于主办时限"),
    (checks.within_own_limit, CASE, {"task_due": later(days=9)}, replace(WORLD, due_at=None), "", ""),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "anonymous"}, replace(WORLD, has_number=True), "no_contact", "留有电话"),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "anonymous"}, WORLD, "", ""), (checks.waiver_is_borne_out, CASE, {"no_contact": "not_needed"}, WORLD, "call", "通话编号"),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "impossible", "call": "C1"}, WORLD, "", ""),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "not_needed", "call": 1}, rung(about=False), "call", "不是和本单诉求人的"),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "not_needed", "call": 1}, rung(), "", ""),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "not_needed", "call": 1}, rung(spoke=False), "call", "没有接通"),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "anonymous", "call": 1}, rung(about=False), "", ""),
    (checks.waiver_is_borne_out, CASE, {"no_contact": "impossible", "call": 1}, rung(spoke=False), "", ""),
    *((checks.waiver_is_borne_out, CASE, {"no_contact": "impossible", "call": 1}, rung(**off), "call", words) for off, words in (
        ({"spoke": True}, "没有接通的电话"), ({"spoke": False, "out": False}, "打给诉求人"), ({"spoke": False, "over": False}, "没有接通的电话"),
        ({"spoke": False, "at": NOW - timedelta(days=9)}, "派单以后"), ({"spoke": False, "about": False}, "不是和本单诉求人的"))),
    (checks.rung_the_requester, CASE, {"call": 1}, WORLD, "", ""), (checks.rung_the_requester, CASE, {"call": 1}, rung(), "", ""),
    (checks.rung_the_requester, CASE, {"call": 1}, rung(about=False), "call", "不是和本单诉求人的"),
    (checks.rung_the_requester, CASE, {"call": 1}, rung(spoke=False), "call", "没有接通"),
    (checks.reached_somehow, WITH, {"party": 8, "call": 1}, rung(about=False), "", ""),
    (checks.reached_somehow, WITH, {"party": 8, "call": 1}, rung(about=False, elsewhere=True), "call", "不是和本单诉求人的"),
    (checks.reached_somehow, WITH, {"party": 9, "call": 1}, rung(spoke=False), "call", "没有接通"),
    (checks.position_as_asked, CASE, {}, WORLD, "", ""), (checks.position_as_asked, CASE, {"position": HERE}, WORLD, "position", "不要求位置"),
    (checks.position_as_asked, CASE, {"no_position": "refused"}, WORLD, "no_position", "不要求位置"),
    (checks.position_as_asked, PLACED, {"files": [1]}, WORLD, "position", "要有位置"), (checks.position_as_asked, PLACED, {"position": HERE}, WORLD, "", ""),
    (checks.position_as_asked, PLACED, {"no_position": "refused"}, WORLD, "why_no_position", "为什么"),
    (checks.position_as_asked, PLACED, {"no_position": "refused", "why_no_position": "手机坏了"}, WORLD, "", ""),
    (checks.position_as_asked, PLACED, {"position": HERE, "no_position": "signal"}, WORLD, "no_position", "已取到位置"),
    (checks.reply_says_why, CASE, REPLY, WORLD, "", ""), (checks.reply_says_why, CASE, {**REPLY, "claimed_solved": False}, WORLD, "unsolved_reason", "写明原因"),
    (checks.reply_says_why, CASE, {**REPLY, "claimed_solved": False, "unsolved_reason": "待汛期后"}, WORLD, "", ""),
    (checks.reply_says_why, CONSULT, REPLY, WORLD, "basis", "依据"), (checks.reply_says_why, CONSULT, {**REPLY, "article": 1}, WORLD, "", ""),
    (checks.reply_says_why, CASE, {"public_reply": "已办。"}, WORLD, "public_reply", "过短"),
]


@pytest.mark.parametrize(("rule", "case", "given", "world", "field", "words"), TABLE, ids=[f"{row[0].__qualname__}-{n}" for n, row in enumerate(TABLE)])
def test_a_check_refuses_under_its_field_or_lets_pass(rule, case, given, world, field, words):
    said = rule(case, given, world)
    assert list(said) == [field] * bool(field) and words in said.get(field, "")


def test_each_check_of_a_row_is_in_the_table_refusing_and_letting_pass():
    """A new one without its two examples is found here."""
    there = {rule.__code__ for step in PROCEDURE for rule in step.checks}
    refused, passed = ({row[0].__code__ for row in TABLE if bool(row[4]) is wanted} for wanted in (True, False))
    assert {code.co_qualname for code in there - refused} == set() == {code.co_qualname for code in there - passed}


@pytest.mark.parametrize(("name", "given", "since", "words"), [
    ("contact_at", later(minutes=-5), None, ""), ("contact_at", later(), None, ""), ("contact_at", later(seconds=1), None, "不能晚于现在"),
    ("contact_at", later(days=-2), NOW - timedelta(days=1), "不能早于派给本单位"),
    ("contact_at", (NOW - timedelta(days=1)).isoformat(), NOW - timedelta(days=1) + timedelta(seconds=40), ""),  # forms name minutes
    ("appointment", later(hours=1), None, ""), ("appointment", later(), None, "应晚于现在"), ("appointment", later(days=4000), None, "不能晚于"),
])
def test_a_time_lies_where_its_field_says(name, given, since, words):
    said = checks.lawful_time(FIELDS[name], {name: given}, replace(WORLD, round_since=since))
    assert words in said and bool(said) == bool(words)


def test_the_first_sentence_on_a_field_stands():
    """A time that cannot be is said before what a check says of the same field."""
    assign = PROCEDURE["assign_task"]
    said = checks.check(assign, CASE, {"task_unit": TOWN, "task_due": later(days=-1)}, WORLD)
    assert "下级" in said["task_unit"] and "晚于现在" in said["task_due"]
    assert checks.check(assign, CASE, {"task_unit": SECTION, "task_due": later(days=1)}, WORLD) == {}


def test_a_title_that_the_words_make_ends_in_no_comma():
    said = "Three street lamps before our door have been out for a week; please mend them."
    assert intake.title_of("", said) == "Three street lamps before our door have been out for a week"
    assert intake.title_of("路灯不亮；", said) == "路灯不亮；", "a title that was given stays as it is"


@pytest.mark.parametrize("typed", [["name", " phone"], ("phone", "name", "name"), "name, phone"])
def test_several_answers_are_read_each_once_however_they_come(typed):
    assert fields.read(("identity",), {"identity": typed}) == ({"identity": ["name", "phone"]}, {})


def test_an_answer_that_is_none_of_them_is_refused():
    values, errors = fields.read(("identity",), {"identity": ["name", "shoe size"]})
    assert values == {} and set(errors) == {"identity"}


def test_what_is_nested_in_json_is_covered_at_any_depth_also_a_number_given_as_one():
    people = masking.known([("次仁卓玛", "13912345678")])
    said = {"次仁卓玛": ["请找次仁卓玛", 13912345678, 12, True, None, ""], "n": {"phone": "13912345678"}}
    covered = masking.cover(said, people)
    assert "次仁卓玛" not in str(covered) and "1391234" not in str(covered)
    assert list(covered.values())[0][2:] == [12, True, None, ""]
    assert masking.cover_people("次仁卓玛家", masking.NOBODY) == "次仁卓玛家"


def test_a_number_that_is_none_is_refused_under_its_field():
    name = next(field.name for field in FIELDS.values() if field.kind == "phone")
    assert set(fields.read((name,), {name: "没有号码"})[1]) == {name}
    assert fields.read((name,), {name: "139 1234 5678"})[1] == {}
