"""Photo and position only where the matter asks: asked for with its reason, refused in words without, marked where it does not fit, told to
those who check, shown to no citizen."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, PNG, build
from tests.screens.test_api import Program

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.cases import actions
from minsheng.cases.actions import categories
from minsheng.cases.models import Case, CaseStep, StepText
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import actions as org
from minsheng.org import queries as tree
from minsheng.org.rules import Circle

HERE = f"29.6500,91.1200,12,{NOW.isoformat()}"
FAR = f"31.1500,91.1200,12,{NOW.isoformat()}"
WORDS = {"visited_at": NOW.strftime("%Y-%m-%dT%H:%M"), "found": "路面塌陷", "done": "已设围挡"}


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        made = build()
        categories.change_matter(code="tap", by=made.actors["system_admin"], evidence="position")
        org.place_around(unit=made.units["county"], circle=Circle(29.65, 91.12, 10), by=COMMAND_LINE)
        yield made


def order(cast, **more):
    return cast.at_state(State.IN_PROGRESS, district=cast.units["county"].id, **more)


def visit(cast, case, who="water", photo=True, **given):
    files = {"files": SimpleUploadedFile("现场.png", PNG)} if photo else {}
    return cast.client(who).post(f"/desk/unit/{case.id}/step", {"step": "field_record", **WORDS, **files, **given})


def last(case) -> CaseStep:
    return CaseStep.objects.filter(case_id=case.id, step="field_record").latest("id")


def answered(cast, case):
    cast.take(case, "contact", "water", contact_at=NOW.isoformat(), contact_how="phone")
    cast.take(case, "draft_reply", "water", handling="已围挡", public_reply="路面已设围挡，明日修补，谢谢您的来电。", claimed_solved=True)
    return cast.take(case, "reply", "water_head")


def test_a_photo_without_the_asked_place_is_refused_by_page_and_door_and_nothing_is_lost(cast):
    case = order(cast)
    page = visit(cast, case)
    said = page.content.decode()
    assert page.status_code == 422 and "到场照片要有位置" in said and "路面塌陷" in said, "what was typed is still there"
    with pytest.raises(Invalid, match="要有位置"):
        actions.take_step(case_id=case.id, step="field_record", by=cast.actors["water"], given=WORDS | {"visited_at": NOW.isoformat()})
    noted = cast.client("water").post(f"/desk/unit/{case.id}/noted", {"step": "field_record", "key": "0c" * 12, **WORDS})
    assert noted.status_code == 422 and "要有位置" in noted.json()["errors"]["position"]
    told = Program(cast, "water").upload(f"/cases/{case.number}/files", file=SimpleUploadedFile("现场.png", PNG), step="field_record",
                                         given=json.dumps(WORDS | {"visited_at": NOW.isoformat()}))
    assert told.status_code == 422 and "要有位置" in told.json()["errors"]["position"]
    assert not CaseStep.objects.filter(case_id=case.id, step="field_record").exists()
    with pytest.raises(Refused, match="现场办理记录"):
        answered(cast, case)


def test_a_position_that_is_asked_for_is_taken_marked_and_told_to_the_checker_and_to_no_citizen(cast):
    case = order(cast)
    form = cast.client("water").get(f"/desk/unit/{case.id}?step=field_record").content.decode()
    assert "data-position" in form and "要看得出到过现场" in form and "position.js" in form
    assert visit(cast, case, position=HERE).status_code == 302
    row = last(case)
    assert row.given["place"] == "inside" and "29.65" not in str(row.given), "the position itself lies in the erasable row"
    assert "29.6500" in StepText.objects.get(step_id=row.id).words["position"]
    answered(cast, case)
    seen = cast.client("checker").get("/desk/check").content.decode()
    assert "在诉求所在区县内" in seen and "北纬 29.6500°" in seen and "缺到场位置" not in seen
    stranger = Client()
    stranger.post("/track", {"number": case.number, "code": cast.codes[case.id]})
    public = stranger.get("/case").content.decode()
    assert "已到场处理" in public and "29.65" not in public and "91.12" not in public and "现场.png" not in public


@pytest.mark.parametrize(("given", "place", "words"), [
    ({"position": FAR}, "outside", "请核对"), ({"position": HERE.replace("2025-01-02", "2025-01-01")}, "elsewhen", "不是到场时取的"),
    ({"no_position": "refused", "why_no_position": "公务手机没有开定位"}, "none", "公务手机没有开定位"),
])
def test_what_does_not_fit_is_marked_not_refused_and_stands_in_the_lists_of_supervision(cast, given, place, words):
    case = order(cast)
    assert visit(cast, case, **given).status_code == 302 and last(case).given["place"] == place
    answered(cast, case)
    seen = cast.client("checker").get("/desk/check").content.decode()
    assert words in seen and ("缺到场位置" in seen) == (place == "none")
    client, unit = cast.client("supervisor"), cast.units["water"].id
    bends = client.get("/desk/bends").content.decode()
    assert f"bends/visits?unit={unit}&amp;place={place}" in bends and "少于 30 次" in bends
    listed = client.get(f"/desk/bends/visits?unit={unit}&place={place}").content.decode()
    assert case.number in listed and case.number not in client.get(f"/desk/bends/visits?unit={unit}&place=inside").content.decode()
    assert client.get("/desk/bends/visits?place=moon").status_code == 422 and cast.client("water").get("/desk/bends/visits").status_code == 403


def test_a_matter_that_asks_for_no_position_gets_none(cast):
    categories.change_matter(code="tap", by=cast.actors["system_admin"], evidence="photo")
    case = order(cast)
    form = cast.client("water").get(f"/desk/unit/{case.id}?step=field_record").content.decode()
    assert "data-position" not in form and "no_position" not in form
    page = visit(cast, case, position=HERE)
    assert page.status_code == 422 and "不要求位置" in page.content.decode()
    assert visit(cast, case).status_code == 302 and "place" not in last(case).given


def test_what_was_noted_before_the_matter_asked_opens_again_with_its_reason(cast):
    """The reply of a visit that was written down while the matter asked for a photo alone."""
    categories.change_matter(code="tap", by=cast.actors["system_admin"], evidence="photo")
    case = order(cast)
    visit(cast, case)
    categories.change_matter(code="tap", by=cast.actors["system_admin"], evidence="position")
    with pytest.raises(Refused, match="到场位置"):
        answered(cast, case)
    assert visit(cast, case, photo=False, position=HERE).status_code == 302
    cast.take(case, "reply", "water_head")


def test_a_redo_asks_for_the_position_anew(cast):
    case = order(cast)
    visit(cast, case, position=HERE)
    answered(cast, case)
    cast.take(case, "accept_reply", "checker")
    actions.hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
    cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False, satisfaction="unsatisfied",
              dissatisfaction="result")
    cast.take(case, "ask_redo", "callback_clerk", reason="又塌了")
    cast.take(case, "order_redo", "checker", ruling="重新处理")
    assert Case.objects.get(id=case.id).marks.position == ""


def test_the_lists_take_a_fixed_number_of_statements_whatever_they_hold(cast):
    client, counted = cast.client("supervisor"), []
    for n in (1, 3):
        for _ in range(n):
            visit(cast, order(cast), position=FAR)
        for page in ("/desk/bends", "/desk/bends/visits"):
            client.get(page)
            with CaptureQueriesContext(connection) as seen:
                assert client.get(page).status_code == 200
            counted.append(len(seen))
    assert counted[:2] == counted[2:] and max(counted) <= 12, counted


def test_an_erased_case_keeps_no_position(cast):
    case = order(cast)
    visit(cast, case, position=HERE)
    row = last(case)
    cast.take(case, "phone_withdraw", "agent", reason="不办了")
    cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法申请删除")
    cast.take(case, "erase", "security_admin", ground="request")
    assert not StepText.objects.filter(step_id=row.id, words__has_key="position").exists()


def test_a_circle_is_put_in_once_and_a_wrong_one_is_named(cast):
    unit = cast.units["county"]
    before = unit.changes.count()
    org.place_around(unit=unit, circle=Circle(29.65, 91.12, 10), by=COMMAND_LINE)
    assert unit.changes.count() == before
    for wrong in (Circle(95, 0, 10), Circle(0, 200, 10), Circle(0, 0, 0), Circle(0, 0, 900)):
        with pytest.raises(ValueError, match="around"):
            org.place_around(unit=unit, circle=wrong, by=COMMAND_LINE)
    tree.forget()
    assert tree.tree().around(unit.id) == Circle(29.65, 91.12, 10) and tree.tree().around(cast.units["water"].id) is None
    assert clock.now() - timedelta(days=1) < NOW
