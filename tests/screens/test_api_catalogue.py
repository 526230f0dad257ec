"""A program of another system that knows only the document: it finds units and matters, and what it read it can write."""

import json

import pytest
from tests.screens.test_api import BODY, Program, reason

from minsheng.cases import queries as cases
from minsheng.cases.actions import categories
from minsheng.cases.models import Case


@pytest.fixture
def asked(cast):
    """The matter of noise asks when, where and from what."""
    categories.change_matter(code="noise", by=cast.actors["system_admin"], elements=[
        {"key": "when", "label": "时段", "type": "text", "required": True}, {"key": "spot", "label": "具体位置", "type": "text", "required": True},
        {"key": "source", "label": "声源", "type": "choice", "choices": ["工地", "商铺"]}])
    return cast


def test_units_and_matters_are_listed_with_what_a_case_and_a_step_may_name(asked):
    program = Program(asked, "agent")
    units = {one["code"]: one for one in program.get("/units").json()}
    assert {one["id"] for one in units.values()} == {unit.id for unit in asked.units.values()}
    assert all(one["parent"] in units or one["parent"] == "" for one in units.values())
    for code, one in units.items():
        assert (program.post("/cases", BODY | {"district": code}).status_code == 201) == one["is_place"], code
    matters = {one["code"]: one for one in program.get("/categories").json()}
    assert set(matters) == {one.code for one in cases.categories().values()}
    assert [(e["key"], e["required"], e["choices"]) for e in matters["noise"]["elements"]] == [("when", True, []), ("spot", True, []), ("source", False, ["工地", "商铺"])]


def test_who_may_neither_read_nor_write_cases_is_told_no_unit(cast):
    for path in ("/units", "/categories"):
        assert Program(cast, "analyst", ["measures.read"]).get(path).status_code == 403


@pytest.mark.parametrize("named", [lambda unit: unit.code, lambda unit: f" {unit.code} ", lambda unit: unit.id, lambda unit: str(unit.id)])
def test_a_step_names_a_unit_by_its_code_or_its_id(cast, named):
    case, dispatcher = cast.create(), Program(cast, "dispatcher")
    given = {"lead": named(cast.units["water"]), "co_units": [named(cast.units["roads"])]}
    answer = dispatcher.post(f"/cases/{case.number}/steps", {"step": "dispatch", "given": given})
    assert answer.status_code == 201, reason(answer)
    case.refresh_from_db()
    assert case.lead_id == cast.units["water"].id and list(case.tasks.values_list("unit_id", flat=True)) == [cast.units["roads"].id]


@pytest.mark.parametrize("named", ["没有这个代码", "", "99999999", {"id": 1}, [1], 10**40, "water\x00"])
def test_a_code_that_names_no_unit_is_refused_in_words(cast, named):
    case = cast.create()
    answer = Program(cast, "dispatcher").post(f"/cases/{case.number}/steps", {"step": "dispatch", "given": {"lead": named}})
    assert answer.status_code == 422 and answer.json()["error"]["field"].endswith("lead")


def test_an_element_is_known_by_its_key_or_its_label_and_the_place_answers_where(asked):
    def lacking(**more) -> tuple[dict, list]:
        made = Program(asked, "agent").post("/cases", BODY | {"category": "noise"} | more).json()
        case = Case.objects.get(id=int(made["id"]))
        return case.text.elements, list(case.marks.missing)

    assert lacking(elements={"时段": "夜间", "具体位置": "三单元"}) == ({"when": "夜间", "spot": "三单元"}, [])
    assert lacking(elements={"when": "夜间", "时段": "白天"}) == ({"when": "夜间"}, []), "the key wins"
    assert lacking(elements={"时间": "夜间"}) == ({"时间": "夜间"}, ["时段"]), "a word that the matter does not know is kept, and answers nothing"
    assert lacking(elements={"when": "夜间"}, place=" ") == ({"when": "夜间"}, ["具体位置"])
    assert lacking()[1] == ["时段"], "the place of the case says where"


def test_a_correction_may_name_an_element_by_its_label(asked):
    case = asked.create(category="noise", title="半夜噪声")
    answer = Program(asked, "dispatcher").post(f"/cases/{case.number}/steps", {"step": "revise", "given": {"elements": {"时段": "夜间"}}})
    assert answer.status_code == 201, answer.content.decode()
    assert Case.objects.get(id=case.id).text.elements == {"when": "夜间"}


def test_the_document_describes_them(cast):
    found = json.dumps(Program(cast, "agent").get("/openapi.json").json(), ensure_ascii=False)
    assert "/api/v1/units" in found and "/api/v1/categories" in found
