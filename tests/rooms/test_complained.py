"""Nobody of the line of a unit complained of sees, lists, counts, finds, is told of or handles the case (rulings, 30)."""

import os
from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cast import NOW, SETUP, build, later

from minsheng.accounts import actions as accounts
from minsheng.accounts.queries import actor as actor_of
from minsheng.accounts.rules import Actor, Posting, Role
from minsheng.asgi import reader
from minsheng.cases import actions, queries
from minsheng.cases.actions import timers
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.queries import dispatch_lists, lists, recent, shift_lists, unit_lists
from minsheng.cases.queries.facts import facts_of
from minsheng.cases.rules import OPEN, State, sees
from minsheng.dispatch import queries as dispatch
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import queries as measures
from minsheng.measures import set_sql
from minsheng.org import actions as org
from minsheng.org import queries as tree
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

UNIT_ROLES = frozenset({Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.UNIT_APPROVER})


def at(unit: Unit, *roles: Role, id: int = 900, former: tuple[Posting, ...] = ()) -> Actor:
    unit.refresh_from_db()
    return Actor(id, "某人", frozenset(roles), unit.id, tuple(unit.path), former=former)


def seen(by: Actor, case: Case) -> bool:
    """The rule and the filter, which must agree."""
    case = Case.objects.get(id=case.id)
    by_rule, by_filter = bool(sees(facts_of(case), by)), queries.visible(by).filter(id=case.id).exists()
    assert by_rule == by_filter, (by, case.complained_line)
    return by_rule


# --- named examples --------------------------------------------------------------


def test_the_unit_that_takes_over_the_one_complained_of_loses_the_order_that_it_had(cast):
    """Dispatched to A, then the unit complained of is merged into A."""
    case = cast.create(complained_unit=cast.units["roads"].id)
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    case = cast.take(case, "sign", "water")
    cast.take(case, "ask_extension", "water", reason="天气", interim="在办")
    assert seen(cast.actors["water"], case)
    org.merge_unit(unit=cast.units["roads"], into=cast.units["water"], by=SETUP, reason="机构改革")
    for who in ("water", "water_head", "pipes", "leader", "roads"):
        assert not seen(cast.actors[who] if who != "roads" else at(cast.units["roads"], *UNIT_ROLES), case), who
        assert cast.client(who).get(f"/desk/case/{case.id}").status_code == 404
    assert timers.leave_lines() == 1 and timers.leave_lines() == 0
    case = Case.objects.get(id=case.id)
    assert case.state == State.PENDING_REVIEW and case.lead_id is None and not case.paused and not case.marks.pending
    with pytest.raises(Invalid) as wrong:
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["pipes"].id)
    assert "属于被反映单位" in wrong.value.errors["lead"]
    assert cast.take(case, "dispatch", "dispatcher", lead=cast.units["panel"].id).state == State.PENDING_SIGN


def test_a_case_about_a_unit_stays_hidden_from_what_was_merged_into_it_and_what_was_split_off(cast):
    old = org.add_unit(code="old", name="旧水务站", kind=UnitKind.BUREAU, parent=cast.units["city"], by=SETUP)
    org.merge_unit(unit=old, into=cast.units["water"], by=SETUP, reason="机构改革")
    case = cast.create(complained_unit=cast.units["water"].id)
    new = org.add_unit(code="new", name="水务执法队", kind=UnitKind.BUREAU, parent=cast.units["city"], came_from=cast.units["water"], by=SETUP)
    below = org.add_unit(code="new1", name="执法一队", kind=UnitKind.SECTION, parent=new, by=SETUP)
    for unit in (old, new, below):
        assert not seen(at(unit, Role.DISPATCHER), case), unit.name
    back = cast.create(complained_unit=new.id)
    assert not seen(cast.actors["water"], back) and not seen(at(cast.units["pipes"], Role.CHECKER), back)
    assert seen(at(cast.units["roads"], Role.CHECKER), back)


def test_a_section_moved_out_of_the_unit_complained_of_takes_its_blindness_along(cast):
    case = cast.create(complained_unit=cast.units["water"].id)
    org.move_unit(unit=cast.units["pipes"], parent=cast.units["roads"], by=SETUP, reason="职能划转")
    assert not seen(at(cast.units["pipes"], Role.DISPATCHER), case) and seen(at(cast.units["roads"], Role.DISPATCHER), case)
    assert seen(at(cast.units["pipes"], Role.DISPATCHER), cast.create(complained_unit=cast.units["water"].id))


def test_a_person_who_is_moved_after_the_complaint_does_not_see_it_from_the_new_desk(cast):
    before, person = cast.create(complained_unit=cast.units["roads"].id), cast.people["roads"]
    with clock.fixed(later(days=1)):
        accounts.change_person(person=person, by=cast.actors["system_admin"], name=person.name, unit=cast.units["water"], phone="")
        after = cast.create(complained_unit=cast.units["roads"].id)
    person.refresh_from_db()
    moved = actor_of(person)
    moved = Actor(moved.id, moved.name, frozenset({Role.DISPATCHER}), moved.unit, moved.unit_path, former=moved.former)
    assert not seen(moved, before) and seen(moved, after)
    session = cast.client("roads")
    from minsheng.accounts import queries as people

    assert people.me(session.cookies["sessionid"].value if "sessionid" in session.cookies else next(iter(session.cookies.values())).value).actor.former == moved.former


def test_no_figure_of_a_person_who_was_moved_counts_what_no_list_of_theirs_shows(cast):
    """The list behind a figure would be short by one, and tell that there is a complaint about where they were."""
    person = cast.people["roads"]

    def received(by: Actor) -> tuple[int, int]:
        asked = measures.this_month()
        return measures.rows(asked, by, ["received"])[0].numerator, len(measures.cases_of("received", "numerator", asked, by).rows)

    cast.create()
    with clock.fixed(later(days=1)):
        accounts.change_person(person=person, by=cast.actors["system_admin"], name=person.name, unit=cast.units["centre"], phone="")
        person.refresh_from_db()
        moved = actor_of(person)
        moved = Actor(moved.id, moved.name, frozenset({Role.ANALYST}), moved.unit, moved.unit_path, former=moved.former)
        before, everybodys = received(moved), received(cast.actors["analyst"])
    cast.create(complained_unit=cast.units["roads"].id)
    with clock.fixed(later(days=1)):
        assert received(moved) == before and received(cast.actors["analyst"]) == tuple(n + 1 for n in everybodys)
        cast.create(complained_unit=cast.units["roads"].id)
        assert received(moved) == tuple(n + 1 for n in before), "made after they had left"


def test_naming_the_unit_of_a_co_task_ends_the_task_and_the_reply_goes_on(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="开挖路面")
    cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["roads"].id)
    assert CaseTask.objects.get(case_id=case.id).state == "cancelled" and not seen(cast.actors["roads"], case)
    with pytest.raises(Refused):
        cast.take(case, "task_sign", "roads", task=CaseTask.objects.get(case_id=case.id).id)
    with pytest.raises(Invalid):
        cast.take(case, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="再派")
    cast.take(case, "desk_contact", "agent", contact_at=NOW.isoformat(), contact_how="phone", contact_note="已核实", call=7)
    cast.take(case, "draft_reply", "water", handling="已修", public_reply="主管道已经抢修完毕，恢复供水。", claimed_solved=True)
    assert cast.take(case, "reply", "water_head").state == State.PENDING_CHECK


def test_a_co_task_of_a_unit_that_took_over_the_one_complained_of_ends_by_itself(cast):
    case = cast.create(complained_unit=cast.units["roads"].id)
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["county"].id, co_units=[cast.units["water"].id])
    org.merge_unit(unit=cast.units["roads"], into=cast.units["water"], by=SETUP, reason="机构改革")
    assert timers.leave_lines() == 1
    assert CaseTask.objects.get(case_id=case.id).state == "cancelled" and Case.objects.get(id=case.id).state == State.PENDING_SIGN


def test_a_complaint_goes_into_no_order_that_its_unit_handles_nor_the_other_way_round(cast):
    complaint = cast.create(complained_unit=cast.units["water"].id)
    sealed_order = cast.take(cast.create(secrecy=True), "dispatch", "dispatcher", lead=cast.units["water"].id)
    for case, master in ((complaint, sealed_order), (sealed_order, complaint)):
        with pytest.raises(Invalid) as wrong:
            cast.take(case, "merge", "dispatcher", master=master.id, reason="同一事项")
        assert "被反映单位不同" in wrong.value.errors["master"]
    same = cast.create(complained_unit=cast.units["water"].id)
    assert cast.take(same, "merge", "dispatcher", master=complaint.id, reason="同一事项").state == State.MERGED


def test_a_second_naming_opens_the_case_to_nobody_and_only_a_supervisor_takes_a_name_back(cast):
    case = cast.create(complained_unit=cast.units["water"].id)
    cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["roads"].id)
    assert not seen(cast.actors["water"], case) and not seen(at(cast.units["pipes"], Role.DISPATCHER), case)
    case = cast.take(case, "unname_complained", "supervisor", reason="诉求人说记错了单位")
    assert case.complained_line is None and not case.sealed and seen(at(cast.units["roads"], Role.DISPATCHER), case)


def test_a_reopened_complaint_still_names_its_unit_whatever_the_form_leaves_empty(cast):
    case = cast.take(cast.create(complained_unit=cast.units["water"].id), "phone_withdraw", "agent", reason="已解决")
    row = actions.take_step(case_id=case.id, step="reopen", by=cast.actors["agent"], given={"identity": ["when", "matter"], "reason": "又出现", "narrative": "又停水了"},
                            content={"complained_unit": None, "secrecy": False})
    made = row.made[0].case
    assert Case.objects.get(id=made.id).complained_unit_id == cast.units["water"].id and not seen(cast.actors["water"], made)


@pytest.mark.parametrize("kept", ["complained of", "restricted"])
def test_the_unit_does_not_read_on_the_old_order_that_and_why_it_was_opened_anew_against_it(cast, kept):
    old = cast.at_state(State.CLOSED)
    step = actions.take_step(case_id=old.id, step="reopen", by=cast.actors["agent"], given={
        "identity": ["when", "matter"], "reason": "来人态度恶劣", "narrative": "又停水，来人骂人"},
                             content={"complained_unit": cast.units["water"].id} if kept == "complained of" else {"restricted": "minor"})
    for who in ("water", "water_head"):
        page = cast.client(who).get(f"/desk/unit/{old.id}").content.decode()
        assert old.number in page and "态度恶劣" not in page and "关联重开" not in page and step.made[0].case.number not in page
    assert "态度恶劣" in cast.client("shift_leader").get(f"/desk/case/{old.id}").content.decode()


def test_what_was_done_in_cases_that_the_reader_may_not_see_is_proposed_with_no_number_of_them(cast):
    hidden = cast.take(cast.create(), "dispatch", "dispatcher", lead=cast.units["roads"].id)
    cast.take(hidden, "ask_return", "roads", legal_ground="duty", reason="属水务局")
    cast.take(hidden, "uphold_return", "return_reviewer", ruling="同意")
    cast.take(hidden, "name_complained", "dispatcher", complained_unit=cast.units["county"].id)
    cast.take(hidden, "dispatch", "dispatcher", lead=cast.units["water"].id)
    other = cast.create()
    assert any(hidden.number in p.reason for p in dispatch.proposals(other, cast.actors["dispatcher"]))
    assert not any(hidden.number in p.reason for p in dispatch.proposals(other, at(cast.units["county"], Role.DISPATCHER)))


# --- the hotline itself ----------------------------------------------------------


@pytest.fixture
def panel(cast):
    """A panel outside the centre with a desk and a section that handles, as the demo city has it."""
    top = org.add_unit(code="out", name="市政府督查室", kind=UnitKind.BUREAU, parent=cast.units["city"], by=SETUP)
    desk = org.add_unit(code="out.desk", name="督查室受理组", kind=UnitKind.PANEL, parent=top, by=SETUP)
    hands = org.add_unit(code="out.hands", name="督查室核查组", kind=UnitKind.SECTION, parent=top, by=SETUP)
    org.name_outside_panel(unit=top, by=SETUP)
    people = {role: at(desk, role, id=800 + n) for n, role in enumerate((Role.DISPATCHER, Role.CHECKER, Role.CALLBACK_CLERK, Role.SHIFT_LEADER))}
    return {"top": top, "hands": at(hands, *UNIT_ROLES, id=850), "unit": hands, **people}


def test_a_complaint_about_the_hotline_needs_somebody_outside_it_and_says_so(cast):
    with pytest.raises(Invalid) as wrong:
        cast.create(complained_unit=cast.units["centre"].id)
    assert "还没有指定" in wrong.value.errors["complained_unit"]
    with pytest.raises(Invalid) as wrong:
        cast.create(complained_unit=cast.units["city"].id)
    assert "请写明" in wrong.value.errors["complained_unit"]
    with pytest.raises(Refused):
        org.name_outside_panel(unit=cast.units["centre"], by=SETUP)


def test_a_complaint_about_the_hotline_is_handled_to_its_end_by_the_panel_and_seen_by_nobody_of_the_hotline(cast, panel):
    case = cast.create(complained_unit=cast.units["centre"].id, narrative="热线话务员态度恶劣，挂断我的电话，要求处理。")
    for who, actor in cast.actors.items():
        assert seen(actor, case) == (who == "inspector"), who
    assert not seen(at(cast.units["panel"], Role.RETURN_REVIEWER), case)  # the hotline's own panel
    assert seen(panel[Role.DISPATCHER], case) and not seen(panel[Role.DISPATCHER], cast.create())

    def take(step, by, **given):
        actions.take_step(case_id=case.id, step=step, by=by, given=given)
        return Case.objects.get(id=case.id)

    [first, *_] = dispatch.proposals(Case.objects.get(id=case.id), panel[Role.DISPATCHER]) or [None]
    assert first is None or first.unit_id == panel["unit"].id
    take("dispatch", panel[Role.DISPATCHER], lead=panel["unit"].id)
    take("sign", panel["hands"])
    take("waive_contact", panel["hands"], no_contact="not_needed", reason="诉求人表示无需联系", call=77)
    take("draft_reply", panel["hands"], handling="已核查", public_reply="经核查属实，已对话务员批评教育并道歉。", claimed_solved=True)
    take("reply", panel["hands"])
    take("accept_reply", panel[Role.CHECKER])
    actions.hand_to_clerk(case_id=case.id, clerk=panel[Role.CALLBACK_CLERK])
    take("record_callback", panel[Role.CALLBACK_CLERK], party=case.id, outcome="answered", contacted=True, solved=True, satisfaction="satisfied")
    assert take("close", panel[Role.CALLBACK_CLERK]).state == State.CLOSED


def test_who_is_of_the_hotline_takes_the_complaint_down_and_does_no_more_with_it(cast, panel):
    with pytest.raises(Invalid) as wrong:
        cast.create(complained_unit=cast.units["centre"].id, then="answer", given={"answer": "已批评教育。"})
    assert "请直接提交" in wrong.value.errors["complained_unit"]
    case = cast.create()
    cast.take(case, "name_complained", "dispatcher", complained_unit=cast.units["centre"].id)
    assert not seen(cast.actors["dispatcher"], case) and seen(panel[Role.DISPATCHER], case)


def test_no_figure_of_the_hotline_counts_a_complaint_about_it(cast, panel):
    cast.create()
    asked = measures.this_month()

    def received(by) -> int:
        return measures.rows(asked, by, ["received"])[0].numerator

    before = received(cast.actors["analyst"])
    cast.create(complained_unit=cast.units["centre"].id)
    assert received(cast.actors["analyst"]) == before
    assert received(cast.actors["inspector"]) == before + 1


# --- any tree, any person --------------------------------------------------------


changes = st.lists(
    st.tuples(st.sampled_from(["add", "move", "merge", "split", "rename", "close", "case", "case"]), st.integers(0, 30), st.integers(0, 30)),
    min_size=4, max_size=14)
_codes = count(1)


def oracle(case_lines: dict[int, set[int]], case_id: int) -> set[int]:
    """The line by its definition: what the unit and all below it then were (towards the past) and have become (towards now)."""
    rows = list(Unit.objects.all())
    found: set[int] = set()
    for kind in ("past", "future"):
        part, size = set(case_lines[case_id]), -1
        while size != len(part):
            size = len(part)
            for u in rows:
                if set(u.path) & part:
                    part.add(u.id)
                link = (u.merged_into_id, u.id) if kind == "past" else (u.id, u.merged_into_id)
                off = (u.id, u.came_from_id) if kind == "past" else (u.came_from_id, u.id)
                part |= {b for a, b in (link, off) if a in part and b}
        found |= part
    return found


def apply(world: dict, what: str, a: int, b: int) -> None:
    """One change of the tree, or a case; what the rules of the tree refuse does not happen."""
    units = world["units"]
    one, two = units[a % len(units)], units[b % len(units)]
    one.refresh_from_db(), two.refresh_from_db()
    world["now"] += timedelta(hours=1)
    with clock.fixed(world["now"]):
        try:
            if what == "add":
                units.append(org.add_unit(code=f"h{next(_codes)}", name="某单位", kind=UnitKind.SECTION, parent=one, by=SETUP))
            elif what == "split":
                units.append(org.add_unit(code=f"h{next(_codes)}", name="某单位", kind=UnitKind.SECTION, parent=two, came_from=one, by=SETUP))
            elif what == "move":
                org.move_unit(unit=one, parent=two, by=SETUP, reason="调整")
            elif what == "merge":
                org.merge_unit(unit=one, into=two, by=SETUP, reason="合并")
            elif what == "rename":
                org.rename_unit(unit=one, name="新名称", by=SETUP, reason="更名")
            elif what == "close":
                org.close(unit_id=one.id, by=SETUP, reason="停用")
            else:
                made = actions.create_case(by=world["agent"], kind="complaint", narrative="反映单位不作为，要求处理，请尽快。", category="tap",
                                           complained_unit=one.id, at=world["now"])
                world["lines"][made.case.id] = {u.id for u in Unit.objects.all() if one.id in u.path}
        except (Refused, Invalid):
            return


@given(changes, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 20)), min_size=2, max_size=5))
@settings(max_examples=12 if os.environ.get("MINSHENG_HEAVY") == "1" else 8)
def test_whatever_becomes_of_the_tree_nobody_of_the_line_is_among_the_readers(django_db_setup, django_db_blocker, deeds, movers):
    """Rule, filter, live notices, lists, counts and search say the same, and what the definition says."""
    with django_db_blocker.unblock(), clock.fixed(NOW), transaction.atomic():
        cast = build()
        units = [cast.units[c] for c in ("water", "pipes", "roads", "county", "town")]
        world = {"units": units, "agent": cast.actors["agent"], "lines": {}, "now": NOW}
        for deed in deeds:
            apply(world, *deed)
        tree.forget()
        people = [at(u, Role.CHECKER, Role.DISPATCHER, id=700 + n) for n, u in enumerate(units)]
        people += [at(units[a % len(units)], Role.DISPATCHER, id=760 + n,
                      former=(Posting(units[b % len(units)].id, NOW, NOW + timedelta(hours=h)),)) for n, (a, b, h) in enumerate(movers)]
        with clock.fixed(world["now"] + timedelta(hours=1)):
            for by in people:
                check_reader(by, world["lines"])
        transaction.set_rollback(True)
    tree.forget()


def check_reader(by: Actor, lines: dict[int, set[int]]) -> None:
    mine = set()
    for case in Case.objects.filter(id__in=lines):
        line = oracle(lines, case.id)
        of_line = by.unit in line or any(p.unit in line and p.since <= case.received_at < p.until for p in by.former)
        assert bool(sees(facts_of(case), by)) is not of_line, (by, line)
        mine |= set() if of_line else {case.id}
    assert set(queries.visible(by).values_list("id", flat=True)) == mine
    assert {c.id for c in lists.listed(by, size=200).rows} == mine
    assert sum(lists.counts(by, *OPEN).values()) == len(mine) == sum(dispatch_lists.counts(by).values())
    assert {c.id for c in lists.search(by, "不作为").page.rows} == mine
    assert set(set_sql.complaining(queries.never_counted(by))) & set(lines) == set(lines) - mine
    assert not unit_lists.to_do(by).rows and not shift_lists.urgent_waiting(by)
    for case_id in lines:
        number = Case.objects.get(id=case_id).number
        assert bool(lists.search(by, number).page.rows) is (case_id in mine)


def test_a_live_notice_of_a_complaint_reaches_nobody_of_the_line(cast, monkeypatch):
    monkeypatch.setattr("minsheng.asgi.close_old_connections", lambda: None)  # it would end the test's own transaction
    from django.conf import settings as django_settings

    case = cast.create(complained_unit=cast.units["roads"].id)
    cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)

    def told(who: str) -> set[int]:
        cookie = cast.client(who).cookies[django_settings.SESSION_COOKIE_NAME].value
        return recent.may_hear(reader(f"{django_settings.SESSION_COOKIE_NAME}={cookie}").actor, [case.id])

    assert told("water") == {case.id} and told("roads") == set()
    org.merge_unit(unit=cast.units["roads"], into=cast.units["water"], by=SETUP, reason="机构改革")
    assert told("water") == set() and told("dispatcher") == {case.id}
