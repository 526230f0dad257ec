"""The second level acts for itself: a township or a section that has signed its task rings, visits and records, and the order has it."""

import pytest
from tests.cast import ANSWER, NOW

from minsheng.cases.models import Case, CaseTask
from minsheng.cases.queries.facts import facts_of
from minsheng.cases.rules import State
from minsheng.kit.verdict import Refused


@pytest.fixture
def given(cast) -> tuple[Case, int]:
    """A matter of place that the county sent on to its township."""
    case = cast.at_state(State.IN_PROGRESS, lead="county", category="noise", elements={"time": "夜里"})
    case = cast.take(case, "county_dispatch", "county", task_unit=cast.units["town"].id, duty="到场核实，联系诉求人")
    return case, CaseTask.objects.get(case_id=case.id).id


RANG = {"contact_at": NOW.isoformat(), "contact_how": "phone"}
WENT = {"visited_at": NOW.isoformat(), "found": "两家店夜里外放音响", "done": "已当场劝止"}


def test_a_township_that_signed_rings_and_visits_and_the_county_replies_on_it(cast, given):
    case, task = given
    cast.take(case, "task_sign", "town", task=task)
    cast.take(case, "contact", "town", **RANG)
    cast.take(case, "field_record", "town", **WENT)
    cast.take(case, "task_reply", "town", task=task, done="已劝止，店主书面承诺")
    cast.take(case, "county_accept", "county", task=task)
    cast.take(case, "draft_reply", "county", **ANSWER)
    assert cast.take(case, "reply", "county").state == State.PENDING_CHECK


@pytest.mark.parametrize(("step", "values"), [("contact", RANG), ("field_record", WENT)])
def test_before_it_signs_and_after_it_answered_it_records_nothing(cast, given, step, values):
    case, task = given
    with pytest.raises(Refused) as early:
        cast.take(case, step, "town", **values)
    assert "签收任务" in early.value.verdict.reason
    cast.take(case, "task_sign", "town", task=task)
    cast.take(case, "task_reply", "town", task=task, done="已核实")
    with pytest.raises(Refused):
        cast.take(case, step, "town", **values)
    cast.take(case, "county_redo", "county", task=task, reason="请写清店名")
    cast.take(case, step, "town", **values)


@pytest.mark.parametrize("step", ["contact", "field_record"])
def test_a_co_unit_and_a_stranger_do_not_speak_for_the_order(cast, given, step):
    case, _ = given
    cast.take(case, "add_co", "coordinator", co_unit=cast.units["roads"].id, duty="核查占道")
    task = CaseTask.objects.get(case_id=case.id, unit=cast.units["roads"])
    cast.take(case, "task_sign", "roads", task=task.id)
    for who in ("roads", "water"):
        with pytest.raises(Refused):
            cast.take(case, step, who, **(RANG if step == "contact" else WENT))


def test_a_section_of_a_bureau_is_a_second_level_too(cast):
    case = cast.at_state(State.IN_PROGRESS)
    case = cast.take(case, "assign_task", "water", task_unit=cast.units["pipes"].id, duty="查漏")
    task = CaseTask.objects.get(case_id=case.id)
    cast.take(case, "task_sign", "pipes", task=task.id)
    assert cast.take(case, "contact", "pipes", **RANG).contacted_at == NOW


def test_a_sealed_order_is_contacted_through_the_desk_by_the_second_level_as_well(cast):
    case = cast.at_state(State.IN_PROGRESS, lead="county", secrecy=True)
    case = cast.take(case, "county_dispatch", "county", task_unit=cast.units["town"].id, duty="到场核实")
    cast.take(case, "task_sign", "town", task=CaseTask.objects.get(case_id=case.id).id)
    with pytest.raises(Refused) as sealed:
        cast.take(case, "contact", "town", **RANG)
    assert sealed.value.verdict.code == "sealed"


def test_who_did_the_work_of_the_second_level_does_not_check_the_reply(cast, given):
    case, task = given
    cast.take(case, "task_sign", "town", task=task)
    cast.take(case, "contact", "town", **RANG)
    assert cast.people["town"].id in facts_of(Case.objects.get(id=case.id)).doers("contact")


def test_the_township_finds_the_buttons_on_its_own_page(cast, given):
    case, task = given
    client = cast.client("town")
    cast.take(case, "task_sign", "town", task=task)
    page = client.get(f"/desk/unit/{case.id}").content.decode()
    assert 'name="step" value="contact"' in page and "?step=field_record" in page
    answer = client.post(f"/desk/unit/{case.id}/step", {"step": "field_record", "visited_at": NOW.isoformat(), "found": "有漏水", "done": "已关阀"}, follow=True)
    assert answer.status_code == 200 and Case.objects.get(id=case.id).marks.field
