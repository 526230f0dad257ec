"""The pages of permissions and procedure say what decides, not what somebody wrote beside it."""

import itertools

import pytest

from minsheng.accounts.rules import MAY_REVEAL, Role, may_hold
from minsheng.calendar import library
from minsheng.cases.rules import SEES_PERSONAL, UNIT_SEES_PERSONAL, Ask, generated_docs
from minsheng.cases.rules.clocks import LABELS
from minsheng.cases.rules.procedure import PROCEDURE, REQUESTS
from minsheng.cli import docs
from minsheng.kit.procedure_page import words_of

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
    assert cells(role)[1] == "不看" and any(words in role.help for words in ("看不到", "没有可看", "只看得到"))


def test_roles_that_may_not_meet_stand_on_the_page_pair_by_pair():
    table = [line.strip("| ").split(" | ") for line in PAGE.split("## 哪些角色不能由一人担任")[1].split("##")[0].splitlines() if line.startswith("| ")][2:]
    for one, other in itertools.combinations(WORKERS, 2):
        said = any(a.label in left.split("、") and (b.label in right.split("、") or right == "其他任何角色")
                   for left, right, _ in table for a, b in ((one, other), (other, one)))
        assert said == (not may_hold(frozenset({one, other}))), (one, other)


def test_no_two_guards_have_one_sentence_and_every_limit_has_its_name():
    said = {(words_of(guard), guard.__qualname__) for step in PROCEDURE for guard in step.guards}
    assert len({words for words, _ in said}) == len(said)
    assert all(f"起算{LABELS[step.limit]}时限" in generated_docs.procedure() for step in PROCEDURE if step.limit)


def test_every_check_of_what_is_given_stands_in_the_procedure_in_words():
    page = generated_docs.procedure()
    assert all(words_of(check) in page for step in PROCEDURE for check in step.checks)


def rows(page: str, title: str) -> list[list[str]]:
    table = page.split(f"## {title}")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]


def test_of_every_request_the_page_says_who_asks_who_rules_by_when_and_what_follows():
    said = {row[0]: row for row in rows(generated_docs.procedure(), "申请与裁定")}
    assert set(said) == {ask.label for ask in Ask}
    for ask in Ask:
        ruled = [row for row in PROCEDURE if f"ask_{ask.value}" in row.judges]
        _, asks, rules, within, granted, refused = said[ask.label]
        assert asks == PROCEDURE[f"ask_{ask.value}"].who.label and {row.who.label for row in ruled} == {rules} and "工作日" in within
        assert all(f"**{row.label}**" in granted + refused for row in ruled)
    assert all(request.granted.besides for request in REQUESTS.values())


def test_the_page_says_who_has_done_what_may_not_do_what_on_the_same_case():
    said = [(set(done.split("、")), set(barred.split("、"))) for done, barred in rows(PAGE, "同一件工单上，谁办过什么就不能再办什么")]
    for row in PROCEDURE:
        if row.judges:
            assert any(row.label in barred and done == {PROCEDURE[name].label for name in row.judges} for done, barred in said), row.name


def test_every_limit_that_ships_and_every_matter_of_the_demo_city_stands_on_a_page():
    limits = {row[1].strip("`"): row[2] for row in rows(generated_docs.procedure(), "时限")}
    assert limits["sign"] == "4 个工作小时，紧急 30 分钟" and set(limits) == {row["code"] for row in library.limits()}
    page = docs.pages()["matters.md"]
    assert "| 城市管理 / 噪声 / 施工噪声 | 发生时间、声源、诉求人楼层 | 到场记录 | — |" in page
    assert "登记的同时限制知悉" in page and "公共安全隐患：24 小时" in page and "可转劳动保障监察（办结 60 个工作日）" in page


def test_every_role_that_takes_steps_finds_each_of_them_on_its_own_table():
    page = generated_docs.roles()
    for role in Role:
        steps = [] if role is Role.CLOCK else PROCEDURE.by_role(role)
        assert [row[0] for row in rows(page, role.label)] == [s.label for s in steps] if steps else f"## {role.label}\n" not in page


def test_a_reader_finds_no_name_of_a_program_in_what_a_step_causes():
    for page in (generated_docs.roles(), generated_docs.procedure()):
        assert "{" not in page.split("## 状态图")[0] and "None" not in page
    given = {row[0]: row[1:] for row in rows(generated_docs.procedure(), "承办")}
    assert given["申请延期"] == ["理由、阶段性进展；可填：办理时限", "—", "—", "—", "—"]
    said = {row[0]: row[1:] for row in rows(generated_docs.roles(), "督办员")}
    assert said["同意延期"][1:] == ["裁定意见", "顺延；短信给诉求人：延期告知；诉求人看到“办理期限已依规延长，新的期限见上”"]
