"""The pages of permissions and procedure say what decides, not what somebody wrote beside it."""

import itertools

import pytest

from minsheng.accounts.rules import MAY_REVEAL, Role, may_hold
from minsheng.cases.rules import SEES_PERSONAL, UNIT_SEES_PERSONAL, generated_docs
from minsheng.cases.rules.checks import CHECKS
from minsheng.cases.rules.clocks import LABELS
from minsheng.cases.rules.procedure import PROCEDURE

PAGE = generated_docs.permissions()
WORKERS = [r for r in Role if r not in {Role.REQUESTER, Role.CLOCK}]


def cells(role: Role) -> list[str]:
    table = PAGE.split("## 看什么")[1].split("##")[0]
    return next(line for line in table.splitlines() if line.startswith(f"| {role.label} |")).strip("| ").split(" | ")


@pytest.mark.parametrize("role", WORKERS)
def test_the_page_says_of_each_role_whether_it_may_ask_for_a_number(role):
    reads = role in SEES_PERSONAL | UNIT_SEES_PERSONAL
    assert ("看号码须写理由" in cells(role)[2]) == (reads and role in MAY_REVEAL) and ("原文" in cells(role)[2]) == reads


@pytest.mark.parametrize("role", [Role.OUTSIDE_GROUP, Role.MEDIA])
def test_a_role_that_sees_no_case_is_not_described_as_seeing_some(role):
    assert cells(role)[1] == "不看" and ("看不到" in role.help or "没有可看" in role.help)


def test_roles_that_may_not_meet_stand_on_the_page_pair_by_pair():
    table = [line.strip("| ").split(" | ") for line in PAGE.split("## 哪些角色不能由一人担任")[1].split("##")[0].splitlines() if line.startswith("| ")][2:]
    for one, other in itertools.combinations(WORKERS, 2):
        said = any(a.label in left.split("、") and (b.label in right.split("、") or right == "其他任何角色")
                   for left, right, _ in table for a, b in ((one, other), (other, one)))
        assert said == (not may_hold(frozenset({one, other}))), (one, other)


def test_no_two_guards_have_one_sentence_and_every_limit_has_its_name():
    assert len(set(generated_docs.ASKS.values())) == len(generated_docs.ASKS)
    assert all(f"起算{LABELS[step.limit]}时限" in generated_docs.procedure() for step in PROCEDURE if step.limit)


def test_every_check_of_what_is_given_stands_in_the_procedure_in_words():
    page = generated_docs.procedure()
    names = {generated_docs.check_name(check) for checks in CHECKS.values() for check in checks}
    assert names == set(generated_docs.CHECKED) and all(generated_docs.CHECKED[n] in page for n in names) and "有核对" not in page


