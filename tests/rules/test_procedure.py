"""The engine by the product of states, steps and roles; each guard by one example that fails without it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from minsheng.accounts.rules import Actor, Posting, Role
from minsheng.cases.effects.by_step import EFFECTS
from minsheng.cases.queries import ruling_preview
from minsheng.cases.rules import (
    Ask,
    CaseFacts,
    Kind,
    Party,
    State,
    TaskFacts,
    TaskKind,
    TaskState,
    checks,
    fields,
    sees,
    sees_personal,
)
from minsheng.cases.rules.callback import Word
from minsheng.cases.rules.facts import AtDesk, CallBack, Complaint, Lead, Reply, Restriction
from minsheng.cases.rules.procedure import DEPENDS, PROCEDURE, REQUESTS, ends_of
from minsheng.cases.rules.readers import Citizen
from minsheng.cases.rules.requests import GOES_ON, NAMES, Request, Ruling
from minsheng.kit.procedure_page import words_of
from minsheng.kit.steps import Step, verdict

LEAD, COUNTY, OTHER = 30, 40, 50
PARTY = Party(7)
ANSWERED = PARTY.heard(Word("record_callback", "answered"))
UNHAPPY = PARTY.heard(Word("record_callback", "answered", solved=False))
WRONG = PARTY.heard(Word("record_callback", "wrong_number"))
MISSED = Party(7, True, tuple(Word("record_callback", "not_reached", f"2025-01-0{n} morning") for n in (2, 3, 6)))
CASE = CaseFacts(
    id=7, state=State.IN_PROGRESS, category="noise", lead=Lead(LEAD, LEAD, (1, LEAD)), reply=Reply(contacted=True, field_record=True, by=0),
    callback=CallBack((ANSWERED,), frozenset({9})), agent=5, is_office_time=False, urgent=True,
)
TASK = TaskFacts(1, TaskKind.SECTION, LEAD, (1, LEAD), TaskState.PENDING_SIGN, LEAD)


def person(*roles: Role, id: int = 9, unit: int = LEAD) -> Actor:
    return Actor(id, "甲", frozenset(roles), unit, (1, unit))


def over(case: CaseFacts, facts: dict) -> CaseFacts:
    """The case with these facts; those of a part by its name, `lead.bound`."""
    for name, value in facts.items():
        part, _, of_part = name.rpartition(".")
        case = replace(case, **({part: replace(getattr(case, part), **{of_part: value})} if part else {name: value}))
    return case


def test_a_step_is_open_only_to_its_role_and_in_its_states():
    for step in PROCEDURE:
        for state in State:
            for role in Role:
                answer = verdict(step, replace(CASE, state=state), person(role))
                assert not answer or (role in step.takers and state in step.frm), (step.name, state, role)
                assert answer or answer.reason, (step.name, state, role)


def test_no_step_leads_out_of_the_table():
    for step in PROCEDURE:
        assert step.frm and step.frm <= set(State)
        assert step.to is None or step.to in DEPENDS or step.to in set(State)
        assert all(n.rstrip("?") in fields.FIELDS for n in step.needs), step.name


def test_every_state_is_reached_and_every_open_state_is_left():
    reached = {to for s in PROCEDURE for to in ends_of(s)} | {State.START}
    assert set(State) - reached == set()
    left = {frm for s in PROCEDURE if s.to not in (None,) for frm in s.frm if s.to != frm}
    assert {s for s in State if s.is_open} - left == set()


def test_effects_checks_and_words_of_guards_belong_to_steps_of_the_table():
    names = {s.name for s in PROCEDURE}
    assert set(EFFECTS) <= names
    for step in PROCEDURE:
        for asking in (*step.guards, *step.checks):
            assert words_of(asking), (step.name, asking)


def test_what_is_asked_is_ruled_by_another_role_and_every_kind_is_declared_once():
    assert set(REQUESTS) == set(Ask)
    for request in REQUESTS.values():
        assert request.asked_by != request.ruled_by and {step.name for step in request.steps} <= {row.name for row in PROCEDURE}


NEW = Request(Ask.EXTENSION, Role.UNIT_LIAISON, Role.SUPERVISOR, frozenset({State.IN_PROGRESS}), (), ("reason",), page="rulings",
              granted=Ruling(to=State.PARKED, citizen=Citizen("已挂账")))


def test_a_request_makes_its_three_steps_from_one_declaration():
    asking, granting, refusing = NEW.steps
    assert [s.name for s in NEW.steps] == ["ask_extension", "grant_extension", "refuse_extension"]
    assert [s.label for s in NEW.steps] == ["申请延期", "同意延期", "不同意延期"] and {granting.who, refusing.who} == {Role.SUPERVISOR}
    waits = over(CASE, pending(Ask.EXTENSION, 0))
    assert verdict(asking, CASE, person(Role.UNIT_LIAISON)) and verdict(asking, waits, person(Role.UNIT_LIAISON)).code == "pending"
    assert verdict(granting, waits, person(Role.SUPERVISOR)) and verdict(refusing, CASE, person(Role.SUPERVISOR)).code == "not_asked"
    assert NEW.causes(*NEW.rulings[0]) == ("工单转为“挂账”", "诉求人看到：已挂账") and NEW.causes(*NEW.rulings[1]) == GOES_ON


def test_every_name_in_what_a_ruling_causes_has_a_value_for_a_case_and_a_word_for_the_page():
    lines = [line for r in REQUESTS.values() for step, ruling in r.rulings for line in (*r.causes(step, ruling), ruling.usual)]
    assert set(NAMES) == set(ruling_preview.VALUES) == {name for line in lines for _, name, _, _ in Formatter().parse(line) if name}


def pending(ask: Ask, by: int = 1) -> dict:
    return {"requests.pending": {ask: by}}


NOW = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)
AT_DESK = {"desk": AtDesk(3, 9)}
SENT = {"agent": 9, "now": NOW, "submitted_at": NOW - timedelta(minutes=9)}

JUST_SENT = {"lead.sent_by": 9, "lead.sent_at": NOW - timedelta(seconds=30), "now": NOW}

# step, state, what makes it open (over CASE), what shuts it, the code of the refusal, the actor's unit
EXAMPLES = [
    ("submit", State.DRAFT, {"agent": 9}, {"agent": 5}, "not_yours", 2),
    ("take_in_person", State.START, AT_DESK, {"desk": AtDesk(3, 5)}, "not_own_desk", LEAD),
    ("unmerge", State.MERGED, {"merge.master": 9}, {"merge.master": 0}, "no_order", LEAD),
    ("answer_in_person", State.DRAFT, AT_DESK, {"desk": AtDesk(3, 5)}, "not_own_desk", LEAD),
    ("answer_in_person", State.DRAFT, AT_DESK, {"merge.count": 1}, "is_master", LEAD),
    ("hand_over_in_person", State.DRAFT, AT_DESK, {"desk": AtDesk()}, "not_own_desk", LEAD),
    ("coordinate_in_person", State.IN_PROGRESS, AT_DESK, {"desk": AtDesk(3, 5)}, "not_own_desk", LEAD),
    ("urge_in_person", State.PENDING_SIGN, AT_DESK, {"desk": AtDesk(3, 5)}, "not_own_desk", LEAD),
    ("unsubmit", State.PENDING_REVIEW, SENT, {"agent": 5}, "not_yours", 2),
    ("unsubmit", State.PENDING_REVIEW, SENT, {"submitted_at": NOW - timedelta(minutes=11)}, "too_late", 2),
    ("dispatch", State.PENDING_REVIEW, {}, {"category": ""}, "category", 2),
    ("dispatch", State.PENDING_REVIEW, {"marks.missing": ("时段",), "marks.waived": True, "urgent": False}, {"marks.waived": False}, "elements", 2),
    ("dispatch", State.PENDING_REVIEW, {"marks.missing": ("时段",)}, {"urgent": False}, "elements", 2),  # they never hold an urgent case
    ("dispatch", State.PENDING_REVIEW, {}, pending(Ask.CONSULT), "pending", 2),
    ("waive_elements", State.PENDING_REVIEW, {"marks.missing": ("时段",)}, {"marks.missing": ()}, "elements", 2),
    ("adopt_suggestion", State.IN_PROGRESS, {"kind": Kind.SUGGEST}, {"kind": Kind.HELP}, "not_suggestion", LEAD),
    ("leave_suggestion", State.CLOSED, {"kind": Kind.SUGGEST}, {"marks.adopted": True}, "weighed", LEAD),
    ("settle_duty", State.PENDING_REVIEW, {}, pending(Ask.CONSULT), "pending", 2),
    ("night_dispatch", State.PENDING_REVIEW, {}, {"urgent": False}, "not_urgent", 2),
    ("night_dispatch", State.PENDING_REVIEW, {}, {"is_office_time": True}, "office_time", 2),
    ("post_review", State.IN_PROGRESS, {"marks.night": True}, {"marks.night_ok": True}, "no_night_dispatch", 2),
    ("mark_urgent", State.IN_PROGRESS, {"urgent": False}, {"urgent": True}, "urgent", 2),
    ("unmark_urgent", State.PENDING_REVIEW, {}, {"urgent": False}, "not_urgent", 2),
    ("heed_alarm", State.IN_PROGRESS, {"alarm": True}, {"alarm": False}, "no_alarm", 2),
    ("confirm_restriction", State.IN_PROGRESS, {"restriction.on": True, "restriction.unconfirmed": True}, {"restriction.unconfirmed": False}, "confirmed", 2),
    ("clear_restriction", State.IN_PROGRESS, {"restriction.on": True, "restriction.unconfirmed": True}, {"restriction.unconfirmed": False}, "confirmed", 2),
    ("name_readers", State.IN_PROGRESS, {"restriction.on": True}, {"restriction.on": False}, "not_restricted", LEAD),
    ("contact", State.IN_PROGRESS, {}, {"lead.holder": OTHER}, "not_yours", LEAD),
    ("field_record", State.IN_PROGRESS, {}, {"lead.holder": OTHER}, "not_yours", LEAD),
    ("merge", State.IN_PROGRESS, {}, {"requests.pending": {Ask.EXTENSION: 0}}, "pending", 2),
    ("merge", State.IN_PROGRESS, {}, pending(Ask.EXTENSION), "pending", 2),
    ("restrict", State.IN_PROGRESS, {}, {"restriction.on": True}, "restricted", 2),
    ("unrestrict", State.IN_PROGRESS, {"restriction.on": True}, {"restriction.on": False}, "not_restricted", 2),
    ("sign", State.PENDING_SIGN, {}, {"lead.holder": OTHER}, "not_yours", LEAD),
    ("ask_return", State.PENDING_SIGN, {}, {"lead.bound": frozenset({LEAD})}, "bound", LEAD),
    ("ask_return", State.PENDING_SIGN, {}, {"lead.is_late_to_sign": True}, "late_to_sign", LEAD),
    ("uphold_return", State.RETURN_REVIEW, {}, {"lead.path": (1, 2)}, "own_unit", 2),
    ("uphold_return", State.RETURN_REVIEW, {}, {"requests.proposed_path": (1, 2)}, "own_unit", 2),
    ("reject_return", State.RETURN_REVIEW, {}, {"requests.pending": {Ask.RETURN: 9}}, "two_persons", 2),
    ("contact", State.IN_PROGRESS, {}, {"sealed": True}, "sealed", LEAD),
    ("desk_contact", State.IN_PROGRESS, {"sealed": True}, {"sealed": False}, "not_sealed", 2),
    ("reply", State.IN_PROGRESS, {}, {"reply.by": None}, "no_draft", LEAD),
    ("reply", State.IN_PROGRESS, {}, {"reply.contacted": False}, "no_contact", LEAD),
    ("reply", State.IN_PROGRESS, {"evidence": "field"}, {"reply.field_record": False}, "evidence", LEAD),
    ("reply", State.IN_PROGRESS, {"evidence": "photo", "reply.photo": True}, {"reply.photo": False}, "evidence", LEAD),
    ("reply", State.IN_PROGRESS, {"evidence": "position", "reply.photo": True, "reply.position": "outside"}, {"reply.position": ""}, "evidence", LEAD),
    ("reply", State.IN_PROGRESS, {}, {"tasks": (TASK,)}, "tasks", LEAD),
    ("reply", State.IN_PROGRESS, {}, {"statutory": True}, "statutory", LEAD),
    ("reply", State.IN_PROGRESS, {}, pending(Ask.PARKING), "pending", LEAD),
    ("ask_extension", State.IN_PROGRESS, {}, {"requests.extensions": 2}, "extensions", LEAD),
    ("ask_extension", State.IN_PROGRESS, {}, {"lead.is_overdue": True}, "overdue", LEAD),
    ("grant_extension", State.IN_PROGRESS, pending(Ask.EXTENSION), {"requests.pending": {}}, "not_asked", 2),
    ("grant_extension", State.IN_PROGRESS, pending(Ask.EXTENSION), {"lead.path": (1, 2)}, "own_unit", 2),
    ("leave_statutory", State.IN_PROGRESS, {"statutory": True}, {"statutory": False}, "not_statutory", LEAD),
    ("ask_exclusion", State.CLOSED, {}, {"excluded": True}, "excluded", LEAD),
    ("task_sign", State.IN_PROGRESS, {"tasks": (TASK,)}, {"tasks": (replace(TASK, unit=OTHER),)}, "not_yours", LEAD),
    ("task_sign", State.IN_PROGRESS, {"tasks": (TASK,)}, {"tasks": (replace(TASK, state=TaskState.REPLIED),)}, "no_task", LEAD),
    ("task_accept", State.IN_PROGRESS, {"tasks": (replace(TASK, state=TaskState.REPLIED),)},
     {"tasks": (replace(TASK, state=TaskState.REPLIED, given_by_unit=OTHER),)}, "no_task", LEAD),
    ("co_accept", State.IN_PROGRESS, {"tasks": (replace(TASK, kind=TaskKind.CO, state=TaskState.REPLIED),)},
     {"tasks": (replace(TASK, state=TaskState.REPLIED),)}, "no_task", LEAD),
    ("accept_reply", State.PENDING_CHECK, {}, {"lead.path": (1, 2)}, "own_unit", 2),
    ("close", State.PENDING_CALLBACK, {}, pending(Ask.REDO), "pending", 2),
    ("close", State.PENDING_CALLBACK, {}, {"callback.parties": (MISSED,)}, "no_callback", 2),
    ("close", State.PENDING_CALLBACK, {}, {"callback.parties": (ANSWERED, Party(8))}, "no_callback", 2),
    ("close", State.PENDING_CALLBACK, {}, {"callback.parties": ()}, "no_callback", 2),
    ("close", State.PENDING_CALLBACK, {}, {"callback.parties": (UNHAPPY,)}, "unhappy", 2),
    ("ask_redo", State.PENDING_CALLBACK, {}, {"callback.parties": (UNHAPPY, Party(8))}, "no_callback", 2),
    ("refuse_redo", State.PENDING_CALLBACK, pending(Ask.REDO), {"callback.parties": (UNHAPPY, Party(8))}, "no_callback", 2),
    ("give_number", State.PENDING_CALLBACK, {"callback.parties": (WRONG,)}, {"callback.parties": (ANSWERED,)}, "number_known", 2),
    ("no_number", State.PENDING_CALLBACK, {"callback.parties": (WRONG,)}, {"callback.parties": (Party(7, False),)}, "number_known", 2),
    ("ask_no_callback", State.PENDING_CALLBACK, {"callback.parties": (Party(7, False),)}, {"callback.parties": (PARTY,)}, "number_known", 2),
    ("ask_no_callback", State.PENDING_CALLBACK, {"callback.parties": (PARTY,), "restriction.on": True}, {"restriction.on": False}, "number_known", 2),
    ("grant_no_callback", State.PENDING_CALLBACK, pending(Ask.NO_CALLBACK), {"requests.pending": {Ask.NO_CALLBACK: 9}}, "two_persons", 2),
    ("take_back", State.IN_PROGRESS, {}, pending(Ask.EXTENSION), "pending", 2),
    ("transfer_failed", State.CLOSED, {}, {"erased": True}, "erased", 2),
    ("police_handover", State.PENDING_REVIEW, {}, {"erased": True}, "erased", 2),
    ("police_feedback", State.CLOSED, {}, {"erased": True}, "erased", 2),
    ("lift_restriction", State.CLOSED, {"restriction.on": True}, {"restriction.readers": frozenset({4})}, "not_over", 2),
    ("pass_restriction", State.CLOSED, {"restriction.on": True}, {"restriction.on": False}, "not_restricted", 2),
    ("prolong_restriction", State.IN_PROGRESS, {"restriction.on": True}, {"restriction.on": False}, "not_restricted", 2),
    ("record_callback", State.PENDING_CALLBACK, {}, {"callback.clerks": frozenset({4})}, "not_handed", 2),
    ("close_unreached", State.PENDING_CALLBACK, {"callback.parties": (MISSED,)}, {"callback.parties": (Party(7, True, MISSED.course[:2]),)}, "tries", 2),
    ("close_unreached", State.PENDING_CALLBACK, {"callback.parties": (MISSED,)}, {"callback.parties": (MISSED, ANSWERED)}, "reached", 2),
    ("order_redo", State.PENDING_CALLBACK, pending(Ask.REDO), {"requests.pending": {Ask.REDO: 9}}, "two_persons", 2),
    ("confirm_decline", State.DECLINED, {}, {"marks.decline_ok": True}, "confirmed", 2),
    ("phone_secrecy", State.IN_PROGRESS, {}, {"sealed": True}, "sealed", 2),
    ("erase", State.CLOSED, pending(Ask.ERASURE), {"erased": True}, "erased", 2),
    ("erase", State.CLOSED, pending(Ask.ERASURE), {"requests.pending": {Ask.ERASURE: 9}}, "two_persons", 2),
    ("take_over", State.DRAFT, {}, {"agent": 9}, "yours", 2),
    ("overturn_decline", State.DECLINED, {}, {"marks.reopened": 8}, "reopened", 2),
    ("undispatch", State.PENDING_SIGN, JUST_SENT, {"lead.sent_at": NOW - timedelta(minutes=2)}, "nothing_to_undo", 2),
    ("undispatch", State.PENDING_SIGN, JUST_SENT, {"tasks": (replace(TASK, state=TaskState.IN_PROGRESS),)}, "signed", 2),
    ("unname_complained", State.IN_PROGRESS, {"complaint.unit": OTHER}, {"complaint.unit": 0}, "not_named", 2),
    ("urge", State.IN_PROGRESS, {}, {"id": 8}, "not_yours", 2),
    ("urge", State.IN_PROGRESS, {}, {"merge.left": True}, "left", 2),
    ("urge", State.MERGED, {"merge.order_state": State.IN_PROGRESS}, {"merge.order_state": State.CLOSED}, "state", 2),
    ("rate", State.CLOSED, {}, {"callback.rated": "very"}, "rated", 2),
    ("answer_callback", State.PENDING_CALLBACK, {"callback.mine": Party(7, False)}, {"callback.mine": PARTY}, "rung", 2),
    ("all_withdrew", State.IN_PROGRESS, {"merge.left": True}, {"merge.count": 1}, "somebody_left", 2),
    ("leave_line", State.IN_PROGRESS, {"complaint.line": frozenset({LEAD})}, {"complaint.line": frozenset({OTHER})}, "not_of_line", 2),
    ("end_line_tasks", State.IN_PROGRESS, {"tasks": (TASK,), "complaint.line": frozenset({LEAD})}, {"complaint.line": frozenset({OTHER})}, "not_of_line", 2),
]


def of_example(step: str, state: State, opens: dict, unit: int) -> tuple[Step, Actor, CaseFacts]:
    """The row, who takes it (a requester on the own case), and the case where it is open."""
    row = PROCEDURE[step]
    return row, replace(person(row.who, unit=unit), case_id=CASE.id), over(CASE, {"state": state, **opens})


def test_every_guard_shuts_a_step_in_an_example():
    tried = set()
    for step, state, opens, shuts, _, unit in EXAMPLES:
        row, by, case = of_example(step, state, opens, unit)
        tried |= {next(guard.__qualname__ for guard in row.guards if not guard(over(case, shuts), by))}
    asked = {guard.__qualname__: row.name for row in PROCEDURE for guard in row.guards}
    assert {guard: step for guard, step in asked.items() if guard not in tried} == {}, "a line of EXAMPLES that fails without it"


@pytest.mark.parametrize(("step", "state", "opens", "shuts", "code", "unit"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else "")
def test_a_guard_shuts_the_step_and_says_why(step, state, opens, shuts, code, unit):
    row, by, case = of_example(step, state, opens, unit)
    assert verdict(row, case, by), verdict(row, case, by).reason
    refused = verdict(row, over(case, shuts), by)
    assert not refused and refused.code == code and refused.reason


def test_a_requester_acts_on_the_own_case_alone():
    mine = Actor(0, "诉求人", frozenset({Role.REQUESTER}), case_id=7)
    assert verdict(PROCEDURE["urge"], CASE, mine)
    assert not verdict(PROCEDURE["urge"], CASE, replace(mine, case_id=8))


def test_a_sealed_order_hides_the_requester_from_the_unit_and_nobody_of_the_unit_complained_of_sees_it():
    handler = person(Role.UNIT_HANDLER)
    assert sees_personal(CASE, handler) and not sees_personal(replace(CASE, sealed=True), handler)
    below = Actor(9, "乙", frozenset({Role.DISPATCHER}), 61, (1, 60, 61))
    assert sees(CASE, below) and not sees(replace(CASE, complaint=Complaint(line=frozenset({60}))), below)


def test_who_belonged_to_the_unit_complained_of_when_the_case_was_made_does_not_see_it_from_anywhere_else():
    moved = Actor(9, "乙", frozenset({Role.DISPATCHER}), 2, (1, 2), former=(Posting(60, NOW - timedelta(days=9), NOW),))
    case = replace(CASE, complaint=Complaint(line=frozenset({60})), received_at=NOW - timedelta(minutes=1))
    assert not sees(case, moved)
    assert sees(replace(case, received_at=NOW), moved) and sees(replace(case, received_at=NOW - timedelta(days=10)), moved)


def test_a_complaint_about_the_hotline_is_heard_outside_it_and_nothing_else_is():
    panel = Actor(9, "乙", frozenset({Role.DISPATCHER}), 71, (1, 70, 71))
    about = replace(CASE, complaint=Complaint(line=frozenset({2}), about_hotline=True, outside_panel=70))
    other = replace(CASE, complaint=Complaint(outside_panel=70))
    assert sees(about, panel) and not sees(other, panel)
    assert not sees(about, person(Role.DISPATCHER, unit=3)) and sees(other, person(Role.DISPATCHER, unit=3))
    assert sees(about, person(Role.INSPECTOR, unit=3)) and sees(other, person(Role.INSPECTOR, unit=3))
    assert not sees(about, person(Role.INSPECTOR, unit=2))


def test_a_restricted_case_is_seen_by_named_persons_only():
    for role in Role:
        if role in (Role.REQUESTER, Role.CLOCK):
            continue
        assert not sees(replace(CASE, restriction=Restriction(True, frozenset({4}))), person(role))
    assert sees(replace(CASE, restriction=Restriction(True, frozenset({9}))), person(Role.SUPERVISOR))


def test_a_consultation_reply_names_its_ground():
    by = person(Role.UNIT_HANDLER)
    from minsheng.org.rules import Tree

    world = checks.World(Tree([]), None, by)
    said = {"claimed_solved": True, "public_reply": "请携带身份证到政务大厅办理。"}
    assert "basis" in checks.check(PROCEDURE["draft_reply"], replace(CASE, kind=Kind.CONSULT), said, world)
    assert checks.check(PROCEDURE["draft_reply"], replace(CASE, kind=Kind.CONSULT), {**said, "article": 3}, world) == {}


def test_what_is_typed_under_an_unknown_name_is_never_dropped_in_silence():
    values, errors = fields.read(("reason",), {"reason": "有新情况", "resaon": "x"})
    assert "resaon" in errors and values == {"reason": "有新情况"}


@pytest.mark.parametrize(("name", "wrong"), [("limit", "五个星期"), ("contact_at", "2025-01-02T10:00"), ("contacted", "maybe"), ("lead", "城管局")])
def test_a_wrong_value_says_what_to_do(name, wrong):
    _, errors = fields.read((name,), {name: wrong})
    assert errors[name] and "Error" not in errors[name]
