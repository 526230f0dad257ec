"""Month-end: from plan to publication, objections with proof, a freeze that nothing moves, and what came too late in a numbered list."""

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import Error, connection, transaction
from tests.cast import NOW, PNG, SETUP, build
from tests.month_end import DRAWN, PLAN, Month, checking, drawn, planned, second
from tests.rooms.test_two_at_once import both

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import Role
from minsheng.cases.models import Case, CaseAsk, CaseStep
from minsheng.cases.rules import State
from minsheng.files import step_files
from minsheng.kit import clock
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import following, verifying
from minsheng.measures import queries as measures
from minsheng.measures.models import Fact
from minsheng.measures.queries import Asked
from minsheng.messages.models import Message
from minsheng.month_end.actions import assessments, objections
from minsheng.month_end.actions.verify import verify_history
from minsheng.month_end.models import Assessment, AssessmentStep, Correction, Objection, ObjectionStep, SheetFigure, SheetFile
from minsheng.month_end.queries import counting, papers, sheets, sight
from minsheng.month_end.rules import sheet
from minsheng.month_end.rules.assessments import ASSESSMENT, FROZEN
from minsheng.month_end.rules.objections import OBJECTION
from minsheng.month_end.rules.sheet import WHOLE
from minsheng.org import actions as org
from minsheng.org.rules import UnitKind

LATER = DRAWN + timedelta(days=10)


def said(one, measure: str, unit: int = WHOLE):
    row = SheetFigure.objects.get(assessment=one.id, version=one.version, measure=measure, unit_id=unit)
    return row.numerator, row.denominator


def refused(do, *args, **kwargs) -> str:
    with pytest.raises((Refused, Invalid)) as no:
        do(*args, **kwargs)
    return no.value.verdict.reason if isinstance(no.value, Refused) else "；".join(no.value.errors.values())


def call_back(cast, case: Case, at=LATER, **answers) -> None:
    with clock.fixed(at):
        cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", solved=True, satisfaction="satisfied",
                  **{"contacted": True, **answers})


def test_the_whole_way_with_one_exclusion_granted_and_one_refused(cast):
    month, water = checking(cast), cast.units["water"].id
    one = month.now()
    assert (one.state, one.version, said(one, "solve"), said(one, "solve", water), said(one, "received")) == ("checking", 1, (2, 2), (2, 2), (3, None))
    assert [row.state for row in sight.assessments(cast.actors["water"])] == ["checking"]
    first, other = month.objection(month.cases[0]), month.objection(month.cases[1], reason="现场已恢复")
    assert CaseAsk.objects.filter(ask="exclusion", ruled_at=None).count() == 2 and len(step_files.hung(ObjectionStep, first.id)) == 1
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    assert "还有 2 条异议" in refused(month.take, "freeze_figures", "supervisor")
    first, other = month.rule(first, "grant_exclusion_objection"), month.rule(other, "refuse_objection", ruling="证据不足")
    assert (first.state, other.state, other.ruled_by) == ("excluded", "refused", "督办员甲")
    assert Case.objects.get(id=month.cases[0].id).excluded and not Case.objects.get(id=month.cases[1].id).excluded
    steps = CaseStep.objects.filter(case_id=month.cases[0].id, step__in=("ask_exclusion", "grant_exclusion")).order_by("seq")
    assert [(row.step, row.by_id) for row in steps] == [("ask_exclusion", cast.people["water"].id), ("grant_exclusion", cast.people["supervisor"].id)]
    early = (DRAWN - timedelta(minutes=1)).isoformat()
    assert "不能早于" in refused(month.take, "freeze_figures", "supervisor", cutoff=early), "what was granted has to be counted"
    one = month.take("freeze_figures", "supervisor")
    assert (one.state, one.version, said(one, "solve"), said(one, "received")) == ("frozen", 2, (1, 1), (3, None))
    row = SheetFigure.objects.get(assessment=one.id, version=1, measure="solve", unit_id=water)
    assert sorted(row.bottom) == sorted(case.id for case in month.cases[:2]), "the draft keeps its own list"
    assert "冻结由您办理" in refused(month.take, "sign_sheet", "supervisor", doc_number="民声考〔2025〕1号")
    signs = {"assessment_id": month.id, "step": "sign_sheet", "by": cast.actors[second(cast)], "given": {"doc_number": "民声考〔2025〕1号"}, "key": "k"}
    with clock.fixed(DRAWN):
        first, again = assessments.take(**signs), assessments.take(**signs)
    assert first.id == again.id, "sent again with its key it is the signature that was taken"
    one = month.now()
    assert one.signed_by == "同事乙" and one.pdf_sha256 and one.docx_sha256
    assert month.take("publish_sheet", "supervisor").state == "published"
    assert list(verify_history()) == []


def test_after_the_freeze_nothing_that_happens_to_cases_changes_a_figure_and_what_differs_is_listed_once(cast):
    month, water = checking(cast), cast.units["water"].id
    one = month.frozen()
    before = list(SheetFigure.objects.filter(assessment=one.id).order_by("id").values())
    assert said(one, "response_confirmed", water) == (3, 3)
    assert assessments.note_corrections(at=LATER) == 0, "nothing came late yet"
    call_back(cast, month.cases[2], contacted=False)
    added = assessments.note_corrections(at=LATER + timedelta(hours=1))
    rows = list(Correction.objects.filter(assessment=one.id).order_by("number"))
    assert added == len(rows) and [row.number for row in rows] == list(range(1, added + 1))
    late = next(row for row in rows if row.unit_id == water and row.measure == "response_confirmed")
    assert (late.was_numerator, late.was_denominator, late.numerator, late.denominator) == (3, 3, 2, 3)
    assert (late.added, late.gone) == ([], [month.cases[2].id])
    assert {row.measure for row in rows if row.unit_id == WHOLE} == {row.measure for row in rows if row.unit_id == water}
    assert "solve" not in {row.measure for row in rows}, "the call-back itself lies in the next period"
    assert assessments.note_corrections(at=LATER + timedelta(hours=2)) == 0, "never twice the same"
    assert list(SheetFigure.objects.filter(assessment=one.id).order_by("id").values()) == before
    assert month.now().corrections == added and list(verify_history()) == []


def test_a_period_that_waits_for_an_objection_nobody_there_sees_says_who_rules_on_it(cast):
    """The supervisor read that one waits, saw none in the list, and the whole city's sheet stood still."""
    month = checking(cast)
    one = month.objection(month.cases[2], measure="response_confirmed", want="correct")
    with clock.fixed(DRAWN):
        cast.take(month.cases[2], "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["callback_clerk"].id], until=LATER.isoformat())
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    assert not sight.objections(cast.actors["supervisor"]).exists()
    assert "其中 1 条的工单限制知悉或须回避" in refused(month.take, "freeze_figures", "supervisor")
    with clock.fixed(DRAWN):
        cast.take(month.cases[2], "prolong_restriction", "shift_leader", reason="由督办员裁定异议", until=LATER.isoformat(),
                  readers=[cast.people[who].id for who in ("supervisor", "callback_clerk")])
    month.rule(one, "refuse_objection")
    assert month.take("freeze_figures", "supervisor").state == "frozen"


def test_a_complaint_about_the_hotline_that_nobody_may_rule_on_does_not_hold_up_the_freeze_and_is_ruled_on_later(cast):
    """Who hears such complaints had no supervisor: the period stood still for ever, and a shift leader was named who may not know of it either."""
    month, water, panel = checking(cast), cast.units["water"].id, outside(cast)
    one, other = month.objection(month.cases[2], measure="response_confirmed"), month.objection(month.cases[1])
    with clock.fixed(DRAWN):
        cast.take(month.cases[2], "name_complained", "dispatcher", complained_unit=cast.units["centre"].id)
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    assert not sight.objections(cast.actors["supervisor"]).filter(id=one.id).exists()
    assert refused(month.take, "freeze_figures", "supervisor") == "还有 1 条异议没有裁定", "the other one is for people here"
    page = cast.client("supervisor").get(f"/desk/month-end/{month.id}").content.decode()
    assert "1 条须回避，没有可以裁定的人，不影响冻结" in page
    month.rule(other, "refuse_objection")
    assert month.take("freeze_figures", "supervisor").state == "frozen" and Objection.objects.get(id=one.id).state == "lapsed"
    assert said(month.now(), "solve", water) == (2, 2) and CaseAsk.objects.filter(case_id=one.case_id, ruled_at=None).exists()
    seen = cast.client("water").get(f"/desk/objections/{one.id}").content.decode()
    assert "无人可裁定" in seen and "剔除申请仍然有效" in seen and list(verify_history()) == []
    with clock.fixed(LATER):
        cast.take(month.cases[2], "grant_exclusion", judge(cast, panel), ruling="重复来电")
    assessments.note_corrections(at=LATER + timedelta(hours=1))
    assert month.cases[2].id in Correction.objects.get(unit_id=water, measure="response_confirmed").gone, "what is ruled later is a correction"


def outside(cast):
    """Who hears complaints about the hotline."""
    panel = org.add_unit(code="out", name="市政府督查室", kind=UnitKind.BUREAU, parent=cast.units["city"], by=SETUP)
    org.name_outside_panel(unit=panel, by=SETUP)
    return panel


def judge(cast, panel) -> str:
    """A supervisor there."""
    person = accounts.create_person(username="out", name="督查员", unit=panel, by=accounts.COMMAND_LINE, setup=True, must_change_password=False)
    accounts.grant_role(person=person, role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
    cast.actors["out"] = actor_of(person, frozenset({Role.SUPERVISOR}))
    return "out"


def test_with_a_supervisor_outside_the_hotline_the_freeze_waits_for_their_ruling(cast):
    month, ruled_by = checking(cast), judge(cast, outside(cast))
    one = month.objection(month.cases[2], measure="response_confirmed")
    with clock.fixed(DRAWN):
        cast.take(month.cases[2], "name_complained", "dispatcher", complained_unit=cast.units["centre"].id)
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    assert "还有 1 条异议没有裁定，其中 1 条" in refused(month.take, "freeze_figures", "supervisor")
    assert month.rule(one, "refuse_objection", ruled_by).state == "refused" and month.take("freeze_figures", "supervisor").state == "frozen"


def test_a_case_ruled_out_after_the_freeze_is_a_correction_and_so_is_its_return(cast):
    month, water = checking(cast), cast.units["water"].id
    month.frozen()
    with clock.fixed(LATER):
        cast.take(month.cases[0], "ask_exclusion", "water", reason="重复")
        cast.take(month.cases[0], "grant_exclusion", "supervisor", ruling="同意")
    assessments.note_corrections(at=LATER + timedelta(hours=1))
    row = Correction.objects.get(unit_id=water, measure="solve")
    assert (row.was_numerator, row.was_denominator, row.numerator, row.denominator, row.gone) == (2, 2, 1, 1, [month.cases[0].id])


def recounted(one: Assessment) -> list[str]:
    """The sheet as `measures` counts it at the cut-off of the sheet, each figure as it is written."""
    about = Asked(one.since, one.until, cutoff=one.cutoff)
    whole = measures.rows(about, counting.BY, [code for code, _ in sheet.OF_WHOLE])
    units = measures.rows(replace(about, by="unit"), counting.BY, [code for code, _ in sheet.OF_UNITS])
    found = [(0, row) for row in whole] + [(row.key, row) for row in units]
    return [json.dumps([unit, row.measure, row.numerator, row.denominator, row.value and float(row.value), row.low, row.high, row.version]) for unit, row in found]


def test_a_frozen_sheet_is_recomputed_byte_for_byte_whatever_happened_to_its_cases_since(cast):
    month = checking(cast)
    one = month.frozen()
    before = recounted(one)
    kept = {(figure.unit, figure.measure): figure for figure in counting.kept(one)}
    assert len(kept) == len(before) and all((figure := kept[unit, code]).said == (n, d, v) and figure.stamp == stamp
                                            for unit, code, n, d, v, _, _, stamp in map(json.loads, before))
    call_back(cast, month.cases[2], contacted=False)
    with clock.fixed(LATER):
        cast.take(month.cases[0], "ask_exclusion", "water", reason="重复")
        cast.take(month.cases[0], "grant_exclusion", "supervisor", ruling="同意")
        cast.take(month.cases[1], "ask_erasure", "supervisor", reason="本人依法要求")
        cast.take(month.cases[1], "erase", "security_admin", ground="request")
        assert recounted(one) == before
        drawn_again = counting.with_lists(one, one.cutoff, counting.figures(one, one.cutoff).values())
    assert sheet.digest(drawn_again) == one.sheet_sha256, "its lists too"
    assert assessments.note_corrections(at=LATER + timedelta(hours=1)) > 0


def test_a_frozen_sheet_names_its_units_as_its_signed_paper_does_whatever_they_are_called_since(cast):
    """The paper said 市水务局, its page and its table under the same number 市水利局."""
    month = checking(cast)
    month.frozen()
    month.take("sign_sheet", second(cast), doc_number="民声考〔2025〕1号")
    call_back(cast, month.cases[2], contacted=False)
    assert assessments.note_corrections(at=LATER + timedelta(hours=1))
    analyst, water = cast.client("analyst"), cast.client("water")
    urls = [f"/desk/month-end/{month.id}/{page}" for page in ("sheet", "sheet?rank=solve", "sheet.csv", "corrections", "corrections.csv",
                                                               f"unit?unit={cast.units['water'].id}", f"list?unit={cast.units['water'].id}&measure=solve&part=numerator")]

    def shown(client, url: str) -> str:
        return b"".join(client.get(url)).decode()

    with clock.fixed(LATER + timedelta(hours=2)):
        org.rename_unit(unit=cast.units["water"], name="市水利局", by=SETUP, reason="机构改革")
        for url in urls:
            assert "市水务局" in (page := shown(analyst, url)) and "市水利局" not in page, url
        assert "市水务局" in shown(water, urls[-1])
        org.rename_unit(unit=cast.units["water"], name="市水务和水利局", short="水务水利局", by=SETUP, reason="再改")
        assert "市水务局" in (page := shown(analyst, urls[0])) and "水务水利局" not in page
        made = json.dumps(papers.of(month.now(), at=DRAWN, number="民声考〔2025〕1号", signed_by="同事乙").as_data(), ensure_ascii=False)
        assert "市水务局" in made and "水利局" not in made, "and a paper that is made anew says the same"
    assert list(verify_history()) == []


def test_a_draft_of_a_sheet_names_its_units_as_they_are_called_today(cast):
    month = checking(cast)
    with clock.fixed(DRAWN + timedelta(hours=1)):
        org.rename_unit(unit=cast.units["water"], name="市水利局", by=SETUP, reason="机构改革")
        assert "市水利局" in cast.client("analyst").get(f"/desk/month-end/{month.id}/sheet").content.decode()


def test_a_book_that_is_mended_changes_no_frozen_figure_and_what_was_wrong_in_it_becomes_a_correction(cast):
    """Repeats known later than they came, as versions before wrote them: the sheet was frozen without its base (rulings, 96)."""
    month = checking(cast)
    following.catch_up()
    for line in list(Fact.objects.filter(fact="repeat", sign=1)):
        values = {f.name: getattr(line, f.name) for f in Fact._meta.fields if f.name != "id"}
        Fact(**values | {"sign": -1}).save(force_insert=True)
        Fact(**values | {"known_at": LATER}).save(force_insert=True)
    month.frozen()
    month.take("sign_sheet", second(cast), doc_number="民声考〔2025〕1号")
    one = month.take("publish_sheet", "supervisor")
    assert said(one, "repeat") == (0, 0)
    kept = [list(table.objects.order_by("id").values()) for table in (Assessment, SheetFigure, SheetFile, AssessmentStep)]
    assert [line for line in verifying.differences(one.since, one.until) if "repeat" in line and "何时得知不符" in line]
    ids = {case.id for case in month.cases}
    following._append(following.lines_of(ids, ids))
    assert list(verifying.differences(one.since, one.until)) == []
    assert [list(table.objects.order_by("id").values()) for table in (Assessment, SheetFigure, SheetFile, AssessmentStep)] == kept
    assert papers.file_of(one.id, "pdf", cast.actors["supervisor"])[1] and list(verify_history()) == []
    assessments.note_corrections(at=LATER + timedelta(hours=1))
    row = Correction.objects.get(assessment=one.id, unit_id=WHOLE, measure="repeat")
    assert (row.was_numerator, row.was_denominator, row.numerator, row.denominator) == (0, 0, 2, 3)
    assert said(month.now(), "repeat") == (0, 0) and assessments.note_corrections(at=LATER + timedelta(hours=2)) == 0


# --- bad input ----------------------------------------------------------------------------------


def test_periods_do_not_overlap_and_lie_in_order(cast):
    planned(cast)
    for since, until in (("2025-01-03", "2025-01-31"), ("2024-12-01", "2025-01-01"), ("2025-01-02", "2025-01-02"), ("2024-12-01", "2025-02-01")):
        assert "重叠" in refused(planned, cast, since=since, until=until)
    assert "不早于" in refused(planned, cast, since="2025-02-02", until="2025-02-01")
    assert "最长一年" in refused(planned, cast, since="2026-01-01", until="2027-06-01")
    planned(cast, since="2025-01-04", until="2025-01-31")
    gone = planned(cast, since="2025-02-01", until="2025-02-28")
    gone.take("drop_assessment", "analyst", reason="日期有误")
    assert planned(cast, since="2025-02-10", until="2025-02-20").now().state == "planned"


def test_a_change_of_days_is_held_against_all_others_and_not_against_itself(cast):
    first, other = planned(cast), planned(cast, since="2025-01-04", until="2025-01-31")
    assert "重叠" in refused(other.take, "amend_assessment", "analyst", **(PLAN | {"since": "2025-01-03", "until": "2025-01-31"}))
    assert str(first.take("amend_assessment", "analyst", **(PLAN | {"until": "2025-01-02"})).until) == "2025-01-02"


def test_figures_are_not_drawn_before_the_end_nor_with_a_cut_off_in_the_future(cast):
    month = planned(cast)
    assert "才结束" in refused(month.take, "draft_figures", "analyst", NOW)
    soon, early = (DRAWN + timedelta(minutes=1)).isoformat(), (DRAWN - timedelta(days=1)).isoformat()
    assert "不能晚于现在" in refused(month.take, "draft_figures", "analyst", cutoff=soon)
    assert "不能早于考核期结束" in refused(month.take, "draft_figures", "analyst", cutoff=early)
    one = month.take("draft_figures", "analyst", cutoff=(DRAWN - timedelta(hours=1)).isoformat())
    assert one.cutoff == DRAWN - timedelta(hours=1)
    assert "上一版" in refused(month.take, "recount_figures", "analyst", reason="再数", cutoff=(DRAWN - timedelta(hours=2)).isoformat())
    assert month.take("recount_figures", "analyst", reason="再数").version == 2


def test_a_sheet_is_not_drawn_while_steps_lie_uncounted(cast, monkeypatch):
    month = planned(cast)
    cast.at_state(State.CLOSED)
    assert counting.unread() is None
    cast.at_state(State.CLOSED)
    monkeypatch.setattr(counting, "PAGES", 0)
    assert "还没有计入数字" in refused(month.take, "draft_figures", "analyst") and not SheetFigure.objects.exists()
    monkeypatch.undo()
    assert month.take("draft_figures", "analyst").state == "draft"


def test_who_drafted_does_not_sign_and_whoever_froze_does_not_either(cast):
    month = checking(cast)
    month.frozen()
    both = accounts.grant_role(person=cast.people["analyst"], role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
    assert both is not None
    cast.actors["analyst"] = actor_of(cast.people["analyst"], frozenset({Role.ANALYST, Role.SUPERVISOR}))
    assert "参与了出数" in refused(month.take, "sign_sheet", "analyst", doc_number="民声考〔2025〕1号")
    assert "督办员办理" in refused(month.take, "sign_sheet", "checker", doc_number="民声考〔2025〕1号")
    assert month.now().state == "frozen"


def test_an_objection_after_the_freeze_or_the_last_day_is_refused_with_its_reason(cast):
    month = checking(cast)
    assert "核对期已于 2025年1月8日 截止" in refused(month.objection, month.cases[0], at=LATER)
    month.frozen()
    assert "记入更正表" in refused(month.objection, month.cases[0])
    assert not Objection.objects.exists() and not CaseAsk.objects.exists()


def test_an_objection_needs_proof_a_case_of_the_own_list_and_is_raised_once(cast):
    month = checking(cast)
    assert "证据" in refused(month.objection, month.cases[0], files=[])
    assert "清单里" in refused(month.objection, month.cases[2]), "it has no call-back: it does not lie behind this figure"
    assert refused(month.objection, month.cases[0], who="roads")
    assert "由单位联络员或单位负责人办理" in refused(month.objection, month.cases[0], who="leader")
    month.objection(month.cases[0])
    assert "已提出过异议" in refused(month.objection, month.cases[0])
    month.objection(month.cases[0], measure="satisfaction"), "the case asks for its exclusion once"
    assert CaseAsk.objects.count() == 1 and Objection.objects.count() == 2
    assert "证据" not in refused(month.objection, month.cases[1], files=[Upload("坏.exe", b"MZ" + b"0" * 60)])
    assert Objection.objects.count() == 2 and CaseAsk.objects.count() == 1, "a refused file leaves nothing"


def test_the_head_of_a_unit_objects_as_its_liaison_does_and_the_history_says_in_which_role(cast):
    month = checking(cast)
    one = month.objection(month.cases[0], who="water_head")
    assert "已提出过异议" in refused(month.objection, month.cases[0]), "once, whoever of the unit it was"
    assert "已提出过异议" in refused(month.objection, month.cases[0], who="water_head")
    asked = CaseStep.objects.get(case_id=one.case_id, step="ask_exclusion")
    assert (asked.role, asked.by_id) == ("unit_approver", cast.actors["water_head"].id)
    assert ObjectionStep.objects.get(subject_id=one.id).role == "unit_approver"
    by_liaison = month.objection(month.cases[0], measure="satisfaction", want="correct")
    assert month.rule(by_liaison, "withdraw_objection", who="water_head", why="已核实无误").state == "withdrawn"
    month.take("confirm_sheet", "water_head")
    month.take("begin_review", "supervisor")
    assert month.rule(one, "grant_exclusion_objection").state == "excluded" and Case.objects.get(id=one.case_id).excluded


def test_nobody_rules_on_their_own_units_nor_on_what_they_drafted_nor_before_the_review(cast):
    month = checking(cast)
    one = month.objection(month.cases[0])
    assert "评审" in refused(month.rule, one, "refuse_objection")
    month.take("begin_review", "supervisor", at=LATER)
    cast.actors["analyst"] = actor_of(cast.people["analyst"], frozenset({Role.ANALYST, Role.SUPERVISOR}))
    assert "参与了出数" in refused(month.rule, one, "refuse_objection", "analyst")
    own = cast.people["supervisor"]
    cast.actors["of_water"] = actor_of(own, frozenset({Role.SUPERVISOR})).__class__(
        own.id + 1, "水务来的", frozenset({Role.SUPERVISOR}), cast.units["water"].id, tuple(cast.units["water"].path))
    assert "所在单位" in refused(month.rule, one, "refuse_objection", "of_water")
    assert "督办员" in refused(month.rule, one, "refuse_objection", "checker")
    assert month.rule(one, "correct_figure", correction="系统已按回访更正").correction == "系统已按回访更正"
    assert CaseAsk.objects.get().granted is False, "a correction instead refuses the exclusion that was asked"


def test_what_only_asks_for_a_correction_leaves_the_case_alone_and_may_be_taken_back(cast):
    month = checking(cast)
    one = month.objection(month.cases[0], want="correct", reason="时间录错")
    assert not CaseAsk.objects.exists()
    assert month.rule(one, "withdraw_objection", "water", why="已核实无误").state == "withdrawn"
    again = month.objection(month.cases[0], want="correct")
    month.take("begin_review", "supervisor", at=LATER)
    assert "没有申请剔除" in refused(month.rule, again, "grant_exclusion_objection")


def test_the_review_waits_for_units_until_they_say_so_or_the_last_day(cast):
    month = checking(cast)
    month.objection(month.cases[0])
    assert "还有 1 个单位没有核对完毕" in refused(month.take, "begin_review", "supervisor")
    assert "没有本单位的数字" in refused(month.take, "confirm_sheet", "roads")
    month.take("confirm_sheet", "water_head")
    assert "已确认" in refused(month.take, "confirm_sheet", "water_head")
    assert month.take("begin_review", "supervisor").state == "review"


def test_checking_is_lengthened_and_never_shortened(cast):
    month = checking(cast)
    assert "更晚" in refused(month.take, "extend_checking", "analyst", check_until="2025-01-07", reason="x")
    assert "60 天" in refused(month.take, "extend_checking", "analyst", check_until="2026-01-07", reason="x")
    assert str(month.take("extend_checking", "analyst", check_until="2025-01-10", reason="节日").check_until) == "2025-01-10"
    other = planned(cast, since="2025-01-04", until="2025-01-04")
    other.take("draft_figures", "analyst", at=DRAWN + timedelta(days=1))
    assert "不能早于今天" in refused(other.take, "open_checking", "analyst", LATER, check_until="2025-01-02")


@pytest.mark.parametrize("seed", range(4))
def test_in_whatever_order_people_try_the_doors_each_is_opened_or_told_why_and_what_must_hold_holds(cast, seed):
    """Anybody tries any step at any hour of ten days, on the period and its objections; no order of deeds leaves a sheet that does not verify."""
    dice, month = random.Random(seed), planned(cast)
    month.cases = [cast.at_state(State.CLOSED), cast.at_state(State.CLOSED), cast.at_state(State.PENDING_CALLBACK)]
    people = ["analyst", "supervisor", second(cast), "water", "water", "water", "water_head", "roads"]
    given = {"draft_figures": {}, "recount_figures": {"reason": "再数"}, "open_checking": {"check_until": "2025-01-06"}, "extend_checking":
             {"check_until": "2025-01-09", "reason": "节日"}, "sign_sheet": {"doc_number": "民声考〔2025〕1号"}, "correct_figure": {"correction": "录入有误"}}
    doors = [row.name for row in ASSESSMENT if row.name not in ("plan_assessment", "drop_assessment", "amend_assessment", "note_corrections")]
    frozen, opened = None, []
    for turn in range(220):
        at, who = NOW + timedelta(hours=turn * 1.1), dice.choice(people)
        one, raised = month.now(), list(Objection.objects.order_by("id"))
        try:
            if dice.random() < 0.35:
                month.objection(dice.choice(month.cases), who, dice.choice(["solve", "received"]), at, want=dice.choice(["exclude", "correct"]))
            elif raised and dice.random() < 0.5:
                step = dice.choice([row.name for row in OBJECTION if row.name != "raise_objection"])
                month.rule(dice.choice(raised), step, who, at, **({"why": "误"} if step == "withdraw_objection" else given.get(step, {})))
            else:
                step = dice.choice(doors) if dice.random() < 0.5 else _ahead(one)
                month.take(step, who, at, **given.get(step, {}))
            opened.append(who)
        except (Refused, Invalid) as no:
            assert str(no), "each refusal says why"
        one = month.now()
        frozen = frozen or (one.sheet_sha256 if one.state in FROZEN else None)
        assert frozen in (None, one.sheet_sha256), "nothing moves a frozen sheet"
        assert not (one.signed_at and one.frozen_by == 0) and (one.state not in FROZEN or not one.objections.filter(state="raised").exists())
    assert opened and list(verify_history()) == []
    assert _to_the_freeze(month, NOW + timedelta(days=11)).sheet_sha256 == frozen or frozen is None
    assert list(verify_history()) == [], "from wherever the dice left it, there is a way on"


def _to_the_freeze(month: Month, at: datetime) -> Assessment:
    while (one := month.now()).state not in FROZEN:
        for raised in one.objections.filter(state="raised") if one.state == "review" else ():
            month.rule(raised, "refuse_objection", at=at)
        who = "analyst" if one.state in ("planned", "draft") else "supervisor"
        month.take(_ahead(one), who, at, **({"check_until": str(at.date())} if one.state == "draft" else {}))
        at += timedelta(days=1)
    return month.now()


def _ahead(one: Assessment) -> str:
    """The step that leads on from where the period stands."""
    return {"planned": "draft_figures", "draft": "open_checking", "checking": "begin_review", "review": "freeze_figures", "frozen": "sign_sheet"}.get(
        one.state, "publish_sheet")


# --- who sees what -------------------------------------------------------------------------------


def test_a_unit_sees_its_own_sheet_when_it_is_given_out_and_no_other(cast):
    month = drawn(cast)
    for who in ("water", "water_head", "leader"):
        assert refused(sheets.own, month.id, cast.actors[who]), "a draft is the centre's own"
    month.take("open_checking", "analyst", check_until="2025-01-08")
    own = sheets.own(month.id, cast.actors["water"])
    assert own.name == "市水务局" and {line.figure.unit for line in own.lines} == {cast.units["water"].id} and own.others == []
    assert "无权查看" in refused(sheets.own, month.id, cast.actors["roads"])
    assert "无权查看" in refused(sheets.own, month.id, cast.actors["roads"], cast.units["water"].id)
    assert "无权查看" in refused(sheets.behind, month.id, cast.units["water"].id, "solve", "numerator", cast.actors["roads"])
    assert "无权查看" in refused(sheets.behind, month.id, WHOLE, "solve", "numerator", cast.actors["water"])
    assert "本单位" in refused(sheets.whole, month.id, cast.actors["water"])
    found = sheets.behind(month.id, cast.units["water"].id, "solve", "denominator", cast.actors["water"])
    assert found.size == 2 and {case.id for case in found.page.rows} == {case.id for case in month.cases[:2]}


def test_a_restricted_case_counts_and_stays_out_of_lists_and_objections_of_others(cast):
    month, water = checking(cast), cast.units["water"].id
    one = month.objection(month.cases[0])
    with clock.fixed(DRAWN):
        cast.take(month.cases[0], "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        assert not sight.objections(cast.actors["analyst"]).exists() and not sight.objections(cast.actors["water"]).exists()
        assert sight.objections(cast.actors["supervisor"]).count() == 1
        found = sheets.behind(month.id, water, "solve", "denominator", cast.actors["water"])
    assert (found.size, [case.id for case in found.page.rows]) == (2, [month.cases[1].id])
    month.take("begin_review", "supervisor", at=LATER)
    assert "无权查看" in refused(month.rule, one, "refuse_objection", second(cast))
    assert month.rule(one, "refuse_objection").state == "refused"


def test_an_erased_case_takes_the_words_of_its_objections_with_it_and_no_figure(cast):
    month = checking(cast)
    one = month.objection(month.cases[0], want="correct")
    case, before = month.cases[0], list(SheetFigure.objects.order_by("id").values())
    with clock.fixed(LATER):
        cast.take(case, "ask_erasure", "supervisor", reason="本人依法要求")
        cast.take(case, "erase", "security_admin", ground="request")
    one = Objection.objects.get(id=one.id)
    assert "不在本市" not in one.reason and step_files.hung(ObjectionStep, one.id) == []
    assert list(SheetFigure.objects.order_by("id").values()) == before and list(verify_history()) == []


def test_the_liaison_of_each_unit_with_a_sheet_is_told_when_checking_opens(cast):
    cast.people["water"].phone = "13900000009"
    cast.people["water"].save(update_fields=["phone"])
    month = checking(cast)
    assert list(Message.objects.filter(template="sheet_to_check").values_list("about", flat=True)) == [f"assessment:{month.id}"]


# --- twice, at once, by hand -----------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_objection_and_one_plan(cast):
    month = checking(cast)
    given = {"assessment": month.id, "case": month.cases[0].id, "measure": "solve", "want": "exclude", "reason": "重复", "files": [Upload("证据.png", PNG)]}
    with clock.fixed(DRAWN):
        rows = [objections.raise_one(by=cast.actors["water"], given=given, key="k1") for _ in range(2)]
    assert rows[0].id == rows[1].id and rows[1].replayed and Objection.objects.count() == 1
    plans = [assessments.plan(by=cast.actors["analyst"], given=PLAN | {"since": "2025-03-01", "until": "2025-03-31"}, key="p") for _ in range(2)]
    assert plans[0].id == plans[1].id and Assessment.objects.count() == 2


def test_a_figure_a_list_and_a_correction_that_are_changed_by_hand_are_found(cast):
    month = checking(cast)
    month.frozen()
    call_back(cast, month.cases[2], contacted=False)
    assessments.note_corrections(at=LATER + timedelta(hours=1))
    assert list(verify_history()) == []
    for sql in ("UPDATE month_end_sheetfigure SET numerator = 3", "DELETE FROM month_end_correction", "UPDATE month_end_assessmentstep SET seq = 9"):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    Assessment.objects.filter(id=month.id).update(sheet_sha256="0" * 64, corrections_sha256="0" * 64)
    assert {one.split("：")[1] for one in verify_history()} == {"“数字和清单的摘要”与历史不符", "“更正表的摘要”与历史不符", "更正表与记入时不符"}


@pytest.mark.django_db(transaction=True)
def test_of_two_who_plan_the_same_days_or_object_to_the_same_at_once_one_is_told_why(transactional_db):
    with clock.fixed(NOW):
        cast = build()
        ended = both(*[lambda n=n: planned(cast, title=f"第{n}个") for n in range(2)])
        assert [type(wrong) for wrong in ended if wrong] == [Invalid] and Assessment.objects.count() == 1
        Month(cast, Assessment.objects.get().id).take("drop_assessment", "analyst", reason="重设")
        month = checking(cast)
        ended = both(*[lambda: month.objection(month.cases[0]) for _ in range(2)])
        assert [type(wrong) for wrong in ended if wrong] == [Invalid] and Objection.objects.count() == 1
        month.take("begin_review", "supervisor", at=LATER)
        one = Objection.objects.get()
        ended = both(lambda: month.rule(one, "refuse_objection"), lambda: month.rule(one, "grant_exclusion_objection", second(cast)))
        assert len([wrong for wrong in ended if wrong]) == 1
        month.take("freeze_figures", "supervisor", at=LATER)
        ended = both(*[lambda: assessments.note_corrections(at=LATER + timedelta(days=1)) for _ in range(2)])
        assert ended == [None, None] and list(verify_history()) == []
