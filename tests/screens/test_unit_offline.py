"""What a unit's phone noted without a network comes in by the same step: once, late as it is, with both versions where it clashes."""

from datetime import timedelta

import pytest
from tests.cast import NOW, PNG

from minsheng.cases.models import CaseStep
from minsheng.cases.rules import State
from minsheng.kit import clock

KEY = "0a" * 12


def noted(cast, case, step, who="water", **more):
    return cast.client(who).post(f"/desk/unit/{case.id}/noted", {"step": step, "key": KEY, **more})


def test_sent_twice_is_one_step_and_is_late_as_it_arrives(cast):
    case = cast.at_state(State.PENDING_SIGN)
    late = case.sign_due_at + timedelta(minutes=30)
    given = {"noted_at": (case.sign_due_at - timedelta(hours=1)).isoformat()}
    with clock.fixed(late):
        first, again = noted(cast, case, "sign", **given).json(), noted(cast, case, "sign", **given).json()
        page = cast.client("supervisor").get(f"/desk/case/{case.id}").content.decode()
    assert first["taken"] and again["taken"] and first["to"] == f"/desk/unit/{case.id}"
    case.refresh_from_db()
    assert CaseStep.objects.filter(case_id=case.id, step="sign").count() == 1
    assert case.signed_at == late, "what a phone says of its own hour betters no figure"
    assert "手机上记下的时间" in page


def test_what_was_sent_at_once_needs_no_second_time(cast):
    case = cast.at_state(State.PENDING_SIGN)
    assert noted(cast, case, "sign", noted_at=NOW.isoformat()).json()["taken"]
    assert "手机上记下的时间" not in cast.client("water").get(f"/desk/case/{case.id}").content.decode()


@pytest.mark.parametrize(("given", "words"), [
    ({"noted_at": "2025-01-03T10:00+08:00"}, "不能晚于现在"), ({"noted_at": "2024-12-01T10:00+08:00"}, "不能早于派给本单位"), ({"noted_at": "明天"}, "应如"),
])
def test_a_phone_with_a_wrong_clock_is_told(cast, given, words):
    case = cast.at_state(State.PENDING_SIGN)
    answer = noted(cast, case, "sign", **given)
    assert answer.status_code == 422 and words in str(answer.json())
    assert not CaseStep.objects.filter(case_id=case.id, step="sign").exists()


def test_a_clash_tells_what_stands_here_meanwhile(cast):
    case = cast.at_state(State.PENDING_SIGN)
    cast.take(case, "phone_withdraw", "agent", reason="已恢复供水")
    answer = noted(cast, case, "sign")
    told = answer.json()
    assert answer.status_code == 409 and not told["taken"] and "已撤诉" in told["reason"]
    assert told["now"]["state"] == State.WITHDRAWN.label and "来电撤诉" in told["now"]["lines"][-1]


def test_another_unit_learns_nothing_and_other_steps_are_done_on_line(cast):
    case = cast.at_state(State.PENDING_SIGN)
    answer = noted(cast, case, "sign", who="roads")
    assert answer.status_code == 404 and "幸福路" not in answer.content.decode()
    assert noted(cast, case, "ask_return").status_code == 422
    assert noted(cast, case, "nothing").status_code == 422


def test_a_visit_with_its_photo_says_what_is_still_open(cast):
    from django.core.files.uploadedfile import SimpleUploadedFile

    case = cast.at_state(State.IN_PROGRESS)
    photo = SimpleUploadedFile("现场.png", PNG, "image/png")
    told = noted(cast, case, "field_record", visited_at=NOW.isoformat(), found="井盖松动", done="已设围挡", left_open="明日换井盖", files=photo).json()
    assert told["taken"], told
    page = cast.client("water").get(f"/desk/unit/{case.id}").content.decode()
    assert "明日换井盖" in page and "现场.png" in page


def test_only_what_may_lie_on_a_phone_is_kept_on_it(cast):
    plain, sealed = cast.at_state(State.PENDING_SIGN), cast.at_state(State.PENDING_SIGN, secrecy=True)
    water = cast.client("water")
    kept = water.get(f"/desk/unit/{plain.id}").headers["X-Keep-Offline"].split()
    assert kept[0] == str(cast.actors["water"].id)
    page = water.get(f"/desk/unit/{sealed.id}")
    assert page.status_code == 200 and "X-Keep-Offline" not in page.headers and "data-noted=" not in page.content.decode()
    assert "X-Keep-Offline" not in water.get("/desk/unit").headers, "the list has sealed ones, too"


def test_the_worker_is_a_script_above_the_pages_it_answers_for(cast):
    answer = cast.client("water").get("/desk/unit-worker.js")
    assert answer.headers["Content-Type"].startswith("text/javascript") and b"unit_pages" in answer.content
    told = cast.client("water").get("/desk/unit/ready").json()
    assert told["me"] == str(cast.actors["water"].id) and told["now"].startswith("2025-01-02")
