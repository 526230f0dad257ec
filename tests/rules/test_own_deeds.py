"""Nobody rules on, checks, calls back or counts their own deed, in whatever role; roles that may not meet in one person (rulings, 35)."""

from dataclasses import replace
from itertools import product

import pytest

from minsheng.accounts.rules import HANDLES, Actor, Role, apart, may_ask_role, may_grant, may_hold
from minsheng.cases.effects.by_step import RULES
from minsheng.cases.rules import Ask, CaseFacts, State
from minsheng.cases.rules.facts import Requests
from minsheng.cases.rules.procedure import JUDGED, PROCEDURE
from minsheng.kit.steps import verdict

ME = 9
PAIRS = [(row, judged) for row in PROCEDURE for judged in row.judges]


def asked(row, judged: str, by: int):
    facts = CaseFacts(id=7, state=next(iter(row.frm)), did={judged: frozenset({by})})
    return verdict(row, facts, Actor(ME, "甲", frozenset({row.who}), 2, (1, 2)))


@pytest.mark.parametrize(("row", "judged"), PAIRS, ids=lambda v: v if isinstance(v, str) else v.name)
def test_who_has_done_a_deed_does_not_judge_it(row, judged):
    refused = asked(row, judged, ME)
    assert refused.code == "two_persons" and PROCEDURE[judged].label in refused.reason and row.label in refused.reason
    assert asked(row, judged, 8).code != "two_persons"


def test_every_ruling_of_the_table_judges_what_it_rules_on():
    for name, (ask, _) in RULES.items():
        assert f"ask_{ask.value}" in PROCEDURE[name].judges, name
    assert {f"ask_{ask.value}" for ask in Ask} <= JUDGED


# What these roles do beside judging: they move, name, coordinate or record something of their own.
NOT_JUDGING = {
    Role.COORDINATOR: {"take_back", "add_co", "cancel_task", "settle_duty"}, Role.SUPERVISOR: {"remind", "ask_erasure"}, Role.CHECKER: set(),
    Role.CALLBACK_CLERK: set(), Role.RETURN_REVIEWER: set(), Role.SECURITY_ADMIN: set(),
}


@pytest.mark.parametrize("role", NOT_JUDGING, ids=lambda r: r.value)
def test_every_step_of_a_role_that_judges_says_what_it_judges(role):
    assert {row.name for row in PROCEDURE.by_role(role) if not row.judges} == NOT_JUDGING[role]


def test_what_is_asked_stays_remembered_after_the_ruling():
    facts = CaseFacts(id=7, state=State.IN_PROGRESS, requests=Requests({Ask.EXTENSION: 5}),
                      did={"ask_extension": frozenset({ME})})
    by = Actor(ME, "甲", frozenset({Role.SUPERVISOR}), 2, (1, 2))
    assert verdict(PROCEDURE["grant_extension"], facts, by).code == "two_persons"
    assert verdict(PROCEDURE["grant_extension"], replace(facts, did={}), by)


# --- roles -----------------------------------------------------------------------

MAY_NOT_MEET = [
    *product((Role.AGENT, Role.SHIFT_LEADER), (Role.CHECKER, Role.CALLBACK_CLERK)),
    *product((Role.DISPATCHER,), (Role.COORDINATOR, Role.RETURN_REVIEWER, Role.CHECKER, Role.CALLBACK_CLERK)),
    *product((Role.SUPERVISOR,), sorted(HANDLES)),
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN), (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN), (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
]
MAY_MEET = [(Role.AGENT, Role.SHIFT_LEADER), (Role.AGENT, Role.DISPATCHER), (Role.SHIFT_LEADER, Role.DISPATCHER),
            (Role.RETURN_REVIEWER, Role.COORDINATOR), (Role.UNIT_HANDLER, Role.UNIT_APPROVER), (Role.SUPERVISOR, Role.ANALYST)]


@pytest.mark.parametrize(("one", "other"), MAY_NOT_MEET, ids=lambda r: r.value)
def test_roles_that_may_not_meet_are_refused_wherever_a_role_is_given(one, other):
    both = frozenset({one, other})
    assert not may_hold(both) and may_hold(both).reason
    by = Actor(1, "安全", frozenset({Role.SECURITY_ADMIN}))
    for held, role in ((one, other), (other, one)):
        assert not may_grant(by, 5, frozenset({held}), role) and not may_grant(by, 5, frozenset({held}), role, setup=True)
        assert not may_ask_role(by, 5, frozenset({held}), frozenset(), role)
        assert not may_ask_role(by, 5, frozenset(), frozenset({held}), role)  # asked for and not allowed yet


@pytest.mark.parametrize(("one", "other"), MAY_MEET, ids=lambda r: r.value)
def test_a_small_desk_still_fits_into_few_people(one, other):
    assert may_hold(frozenset({one, other}))


def test_who_handles_is_read_off_the_procedure():
    with_steps = {row.who for row in PROCEDURE} - {Role.SUPERVISOR, Role.REQUESTER, Role.CLOCK, Role.SECURITY_ADMIN}
    assert with_steps <= HANDLES and all(left | right <= set(Role) for left, right, _ in apart())
