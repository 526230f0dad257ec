"""The unit's phone pages: three taps, errors that keep what was typed, other units shut out, a fixed number of statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import ANSWER, NOW, PHONE, build

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.ledger.queries import about as acts


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


def state(case) -> str:
    return Case.objects.get(id=case.id).state


def test_sign_and_contacted_are_one_tap_each(cast):
    case, phone = cast.at_state(State.PENDING_SIGN), cast.client("water")
    assert case.title in phone.get("/desk/unit").content.decode()
    phone.post(f"/desk/unit/{case.id}/step", {"step": "sign"})
    assert state(case) == State.IN_PROGRESS
    page = phone.get(f"/desk/unit/{case.id}").content.decode()
    at = page.split('name="contact_at" value="')[1].split('"')[0]
    phone.post(f"/desk/unit/{case.id}/step", {"step": "contact", "contact_at": at, "contact_how": "phone"})
    assert Case.objects.get(id=case.id).contacted_at is not None


def test_the_head_signs_what_the_handler_drafted(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "contact", "water", contact_at=NOW.isoformat(), contact_how="phone")
    cast.take(case, "draft_reply", "water", **ANSWER)
    head = cast.client("water_head")
    assert case.number in head.get("/desk/unit?tab=approve").content.decode()
    assert ANSWER["public_reply"] in head.get(f"/desk/unit/{case.id}").content.decode()
    head.post(f"/desk/unit/{case.id}/step", {"step": "reply"})
    assert state(case) == State.PENDING_CHECK


def test_one_person_who_is_both_drafts_and_signs_in_one_go_or_not_at_all(cast):
    case, phone = cast.at_state(State.IN_PROGRESS, lead="roads"), cast.client("roads")
    form = {"step": "draft_reply", "sign": "1", "handling": "修好", "public_reply": ANSWER["public_reply"], "claimed_solved": "yes"}
    answer = phone.post(f"/desk/unit/{case.id}/step", form)
    assert answer.status_code == 409 and "还没有联系诉求人" in answer.content.decode()
    assert "draft_by" not in Case.objects.get(id=case.id).marks
    cast.take(case, "contact", "roads", contact_at=NOW.isoformat(), contact_how="phone")
    phone.post(f"/desk/unit/{case.id}/step", form)
    assert state(case) == State.PENDING_CHECK


def test_a_wrong_form_keeps_what_was_typed(cast):
    case, phone = cast.at_state(State.IN_PROGRESS), cast.client("water")
    answer = phone.post(f"/desk/unit/{case.id}/step", {"step": "ask_extension", "reason": "管材后天到货"})
    assert answer.status_code == 422
    assert "管材后天到货" in answer.content.decode() and "请填写阶段性进展" in answer.content.decode()


def test_the_number_is_shown_on_a_tap_and_written_to_the_ledger(cast):
    case, phone = cast.at_state(State.IN_PROGRESS), cast.client("water")
    assert PHONE not in phone.get(f"/desk/unit/{case.id}").content.decode().split("什么事")[0]
    shown = phone.post(f"/desk/unit/{case.id}/number", headers={"hx-request": "true"}).content.decode()
    assert f"tel:+86{PHONE}" in shown or f"tel:{PHONE}" in shown
    assert any(a.reason == "联系诉求人办理本单" for a in acts(f"case:{case.id}"))


def test_a_sealed_order_is_contacted_through_the_desk(cast):
    case = cast.at_state(State.IN_PROGRESS, secrecy=True)
    phone = cast.client("water")
    page = phone.get(f"/desk/unit/{case.id}").content.decode()
    assert PHONE not in page and "要求保密" in page
    assert phone.post(f"/desk/unit/{case.id}/number").status_code == 409


def test_another_unit_finds_nothing(cast):
    case, other = cast.at_state(State.IN_PROGRESS), cast.client("roads")
    assert other.get(f"/desk/unit/{case.id}").status_code == 404
    assert other.post(f"/desk/unit/{case.id}/number").status_code == 404
    assert case.number not in other.get("/desk/unit?tab=doing").content.decode()


def test_the_centre_has_no_unit_desk(cast):
    assert cast.client("agent").get("/desk/unit").status_code == 403


def test_a_county_gives_a_task_down_and_judges_the_answer(cast):
    case = cast.at_state(State.IN_PROGRESS, lead="county")
    county, town = cast.client("county"), cast.client("town")
    form = county.get(f"/desk/unit/{case.id}?step=county_dispatch").content.decode()
    assert "河口乡" in form
    county.post(f"/desk/unit/{case.id}/step", {"step": "county_dispatch", "task_unit": cast.units["town"].id, "duty": "到场核实"})
    task = Case.objects.get(id=case.id).tasks.get()
    assert case.number in town.get("/desk/unit?tab=tasks").content.decode()
    town.post(f"/desk/unit/{case.id}/step", {"step": "task_sign", "task": task.id})
    with open_photo(cast) as photo:
        town.post(f"/desk/unit/{case.id}/step", {"step": "task_reply", "task": task.id, "done": "已核实", "files": photo})
    assert "等本单位审核的反馈" in county.get("/desk/unit?tab=tasks").content.decode()
    county.post(f"/desk/unit/{case.id}/step", {"step": "county_accept", "task": task.id})
    task.refresh_from_db()
    assert task.state == "accepted" and case.files.count() == 1


def open_photo(cast):
    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.cast import PNG

    return SimpleUploadedFile("现场.png", PNG, "image/png")


@pytest.mark.parametrize("tab", ["sign", "doing", "tasks", "approve", "soon"])
def test_a_list_takes_at_most_twelve_statements_however_long(cast, tab):
    for _ in range(3):
        cast.at_state(State.PENDING_SIGN, lead="roads"), cast.at_state(State.IN_PROGRESS, lead="roads")
    phone = cast.client("roads")
    phone.get("/desk/unit")
    with CaptureQueriesContext(connection) as asked:
        assert phone.get(f"/desk/unit?tab={tab}").status_code == 200
    assert len(asked) <= 12


def test_an_order_takes_few_statements(cast):
    case, phone = cast.at_state(State.IN_PROGRESS), cast.client("water")
    phone.get("/desk/unit")
    with CaptureQueriesContext(connection) as asked:
        phone.get(f"/desk/unit/{case.id}")
    assert len(asked) <= 12


def test_own_figures_are_the_centres(cast):
    cast.at_state(State.CLOSED)
    assert "本月数字" in cast.client("water_head").get("/desk/unit/figures").content.decode()
