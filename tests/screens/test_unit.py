"""The unit's phone pages: three taps, errors that keep what was typed, other units shut out, a fixed number of statements."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import ANSWER, NOW, PHONE, later

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.ledger.queries import about as acts


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


def test_what_waits_for_the_heads_signature_is_the_first_tab(cast):
    tabs = [re.findall(r'href="\?tab=(\w+)"', cast.client(who).get("/desk/unit").content.decode())[0] for who in ("water_head", "water")]
    assert tabs == ["approve", "today"]


def test_a_step_says_what_is_now_true_and_what_comes_next(cast):
    case, phone = cast.at_state(State.PENDING_SIGN), cast.client("water")

    def said(**form) -> str:
        answer = phone.post(f"/desk/unit/{case.id}/step", form, follow=True).content.decode()
        return re.search(r"<span data-text>(.*?)</span>", answer).group(1)

    assert said(step="sign") == "签收：现在是“办理中”。请在 1月3日 周五 10:00 前联系诉求人。"
    assert said(step="contact", contact_at=NOW.isoformat(), contact_how="phone") == "已记下：已联系。请在 1月9日 周四 18:00 前答复。"
    assert said(step="ask_extension", reason="管材后天到货", interim="已关阀") == "已记下：申请延期。等督办员裁定，裁定前一切照旧。"
    assert said(step="draft_reply", handling="修好", public_reply=ANSWER["public_reply"], claimed_solved="yes") == "已记下：起草答复。等单位负责人签发。"


def test_one_person_who_is_both_drafts_and_signs_in_one_go_or_not_at_all(cast):
    case, phone = cast.at_state(State.IN_PROGRESS, lead="roads"), cast.client("roads")
    form = {"step": "draft_reply", "sign": "1", "handling": "修好", "public_reply": ANSWER["public_reply"], "claimed_solved": "yes"}
    answer = phone.post(f"/desk/unit/{case.id}/step", form)
    assert answer.status_code == 409 and "还没有联系诉求人" in answer.content.decode()
    assert Case.objects.get(id=case.id).marks.draft_by is None
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
    assert any(a.why == "联系诉求人办理本单" for a in acts(f"case:{case.id}"))


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


@pytest.mark.parametrize("tab", ["today", "sign", "doing", "tasks", "approve", "soon"])
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


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


def test_the_day_begins_with_all_there_is_to_do_by_its_due_time(cast):
    late, task = cast.at_state(State.PENDING_SIGN), cast.at_state(State.IN_PROGRESS, lead="roads")
    cast.take(task, "add_co", "coordinator", co_unit=cast.units["water"].id, duty="关阀配合", task_due="2025-01-03T17:00+08:00")
    with clock.fixed(later(hours=9)):
        soon = cast.at_state(State.PENDING_SIGN)
        parking = cast.take(cast.at_state(State.IN_PROGRESS), "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
        cast.take(parking, "ask_parking", "water_head", reason="列入改造", measures="临时供水", solve_by="2025-06-30T18:00+08:00")
        text = words(cast.client("water").get("/desk/unit"))
    late_at, soon_at, task_at = text.index(late.number), text.index(soon.number), text.index(task.number)
    assert text.index("已超期 1") < late_at < text.index("明天到期") < min(soon_at, task_at) and max(soon_at, task_at) < text.index("以后到期")


def test_a_draft_that_waits_for_the_head_is_not_the_handlers_to_do(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "draft_reply", "water", **ANSWER)
    assert case.number not in words(cast.client("water").get("/desk/unit"))
    assert case.number in words(cast.client("water_head").get("/desk/unit")), "the head begins with what waits for a signature"


def test_a_reply_that_came_back_says_why_and_its_words_are_not_typed_again(cast):
    case = cast.at_state(State.PENDING_CHECK)
    cast.take(case, "reject_reply", "checker", defect="template", reason="请写明抢修的地点")
    phone = cast.client("water")
    text = words(phone.get(f"/desk/unit/{case.id}"))
    assert "审核退回" in text and "套话空话" in text and "请写明抢修的地点" in text
    form = phone.get(f"/desk/unit/{case.id}?step=draft_reply").content.decode()
    assert form.count(ANSWER["public_reply"]) >= 1 and 'value="yes" checked' in form


def test_what_was_done_on_the_spot_stands_in_the_reply_already(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="管道破裂", done="更换了三米管道")
    form = cast.client("water").get(f"/desk/unit/{case.id}?step=draft_reply").content.decode()
    assert "更换了三米管道</textarea>" in form


def test_after_a_redo_the_reply_begins_anew(cast):
    case = cast.at_state(State.PENDING_CALLBACK)
    cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False, satisfaction="unsatisfied",
              dissatisfaction="result")
    cast.take(case, "ask_redo", "callback_clerk", reason="没有解决")
    cast.take(case, "order_redo", "checker", ruling="请到场重新办理")
    phone = cast.client("water")
    assert "请到场重新办理" in words(phone.get(f"/desk/unit/{case.id}"))
    form = phone.get(f"/desk/unit/{case.id}?step=draft_reply").content.decode().split('id="step"')[1].split("</form>")[0]
    assert ANSWER["public_reply"] not in form


def test_a_return_and_an_extension_say_until_when_and_what_they_need(cast):
    waiting, running = cast.at_state(State.PENDING_SIGN), cast.at_state(State.IN_PROGRESS)
    phone = cast.client("water")
    assert "签收前提出，1月2日" in words(phone.get(f"/desk/unit/{waiting.id}"))
    assert "还可延 2 次" in words(phone.get(f"/desk/unit/{running.id}"))
    assert "不得再次退单" in words(phone.get(f"/desk/unit/{waiting.id}?step=ask_return"))
    form = phone.get(f"/desk/unit/{running.id}?step=ask_extension")
    assert "最多 5 个工作日" in words(form) and '<option value="3wd">3 个工作日</option>' in form.content.decode()


def test_a_step_of_somebody_else_says_whose_it_is(cast):
    case = cast.at_state(State.IN_PROGRESS)
    assert "由单位经办人办理" in words(cast.client("water_head").get(f"/desk/unit/{case.id}"))


def test_a_sealed_order_names_the_hotlines_phone(cast):
    case = cast.at_state(State.IN_PROGRESS, secrecy=True)
    assert "tel:0890-5550100" in cast.client("water").get(f"/desk/unit/{case.id}").content.decode()


def test_the_county_reads_the_answer_where_it_judges_it_and_may_send_it_back(cast):
    case = cast.at_state(State.IN_PROGRESS, lead="county")
    cast.take(case, "county_dispatch", "county", task_unit=cast.units["town"].id, duty="到场核实有无停水")
    task = case.tasks.get()
    town = cast.client("town")
    assert "到场核实有无停水" in words(town.get(f"/desk/unit/{case.id}")) and case.number in words(town.get("/desk/unit"))
    cast.take(case, "task_sign", "town", task=task.id)
    cast.take(case, "task_reply", "town", task=task.id, done="已入户核实")
    county = cast.client("county")
    text = words(county.get(f"/desk/unit/{case.id}"))
    assert "已入户核实" in text and "认可" in text
    assert "已入户核实" in words(town.get(f"/desk/unit/{case.id}")) and "认可" not in words(town.get(f"/desk/unit/{case.id}"))
    county.post(f"/desk/unit/{case.id}/step", {"step": "county_redo", "task": task.id, "reason": "请附照片"})
    task.refresh_from_db()
    assert task.state == "in_progress" and task.redos == 1
    assert case.number in words(town.get("/desk/unit"))


def test_every_own_figure_opens_the_cases_behind_it(cast):
    case = cast.at_state(State.CLOSED)
    head = cast.client("water_head")
    page = head.get("/desk/unit/figures").content.decode()
    doors = [(u.replace("&amp;", "&"), int(n)) for u, n in re.findall(r'href="(/board/list[^"]*)">(\d+)</a>', page)]
    assert len(doors) >= 10
    for url, number in doors:
        assert head.get(url).content.decode().count("<tr data-row") == number, url
    assert case.number in head.get(next(u for u, n in doors if "measure=solve" in u)).content.decode()
