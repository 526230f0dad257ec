"""Nothing on a page claims what did not happen: a message sent that was not, all well that is not; one office bears one name."""

from __future__ import annotations

import os
import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.cast import NOW, PHONE

from minsheng.accounts.rules import clock_actor
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.messages import actions as messages
from minsheng.messages.models import Message
from minsheng.org import actions as org
from minsheng.org import queries as units

GATEWAY = "https://sms.invalid/send"


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def finish(client, key: str, phone: str) -> str:
    form = {"kind": "help", "narrative": "幸福路停水两天", "category": "tap", "phone": phone, "then": "submit"}
    return words(client.post(f"/desk/intake/{key}/finish", form))


def test_the_agent_reads_what_is_true_of_the_message(cast, monkeypatch):
    agent = cast.client("agent")
    assert "短信" not in finish(agent, "key1", ""), "nobody to send to, nothing said"
    assert "短信平台没有接入，短信没有发出" in finish(agent, "key2", "13900001111")
    monkeypatch.setitem(os.environ, "MINSHENG_SMS_URL", GATEWAY)
    assert "短信正在发送" in finish(agent, "key3", "13900002222")


@pytest.mark.parametrize(("state", "on", "error", "said"), [
    ("queued", True, "", "短信正在发送"), ("queued", False, "", "短信平台没有接入，短信没有发出"), ("held", False, "未接入发送平台", "短信平台没有接入，短信没有发出"),
    ("held", True, "已依法删除，不再发送", "短信没有发出：已依法删除，不再发送"), ("sent", True, "", "短信已发出"), ("sent", False, "", "短信已发出"),
    ("failed", True, "短信平台返回 500", "短信没有发出去（短信平台返回 500）"),
])
def test_each_state_of_a_message_has_its_true_words(state, on, error, said):
    from minsheng.messages import rules

    assert rules.fate(state, on, error) == said


def test_a_citizen_is_promised_a_message_only_where_one_can_leave(cast, monkeypatch):
    client = Client()

    def pages() -> str:
        client.post("/send", {"narrative": "路灯坏了三天", "kind": "help"})
        told = words(client.get("/send/who"))
        client.post("/send/who", {"phone": "13900001111"})
        client.post("/send/check", {})
        return told + words(client.get("/send/done")) + words(client.get("/track"))

    without = pages()
    assert "发短信给您" not in without and "短信发给您" not in without and "本热线暂不发短信" in without
    monkeypatch.setitem(os.environ, "MINSHENG_SMS_URL", GATEWAY)
    assert "编号和查询码也会用短信发给您" in pages()


def test_the_state_page_is_not_all_well_while_messages_stay_in_the_house(cast, monkeypatch):
    monkeypatch.setattr("minsheng.kit.health.report", lambda: {"status": "ok", "database": "ok", "migrations": "ok", "worker_age_s": 1.0, "disk_free_gb": 50})
    cast.create()
    messages.drain(by=clock_actor("发件"))
    page = cast.client("system_admin").get("/desk/system")
    assert "一切正常" not in words(page) and "短信没有接入：收件人收不到，1 条只留存、没有发出" in words(page)
    monkeypatch.setitem(os.environ, "MINSHENG_SMS_URL", GATEWAY)
    monkeypatch.setitem(os.environ, "MINSHENG_SMTP_HOST", "mail.invalid")
    Message.objects.update(state="failed", error="短信平台返回 500")
    assert "短信有 1 条发送失败" in words(cast.client("system_admin").get("/desk/system"))


def test_a_reminder_says_nothing_of_a_line_that_the_citizen_does_not_read(cast):
    case, supervisor = cast.at_state(State.IN_PROGRESS), cast.client("supervisor")
    said = words(supervisor.post("/desk/rulings/overdue", {"case": case.id, "reason": "请尽快"}, follow=True))
    assert "已催 1 次" in said and "时间线" not in said


def test_one_office_bears_one_name_at_every_desk(cast):
    water = cast.units["water"]
    org.correct_unit(unit_id=water.id, name="示例市水务管理和综合执法局", short="市水务局", phone=water.phone, reason="更名", by=cast.actors["system_admin"])
    units.forget()
    case, back, reply = cast.at_state(State.IN_PROGRESS), cast.at_state(State.RETURN_REVIEW), cast.at_state(State.PENDING_CHECK)
    pages = {"agent": ["/desk/cases", f"/desk/case/{case.id}", f"/desk/intake?phone={PHONE}"], "dispatcher": ["/desk/dispatch", f"/desk/case/{back.id}"],
             "return_reviewer": ["/desk/returns"], "checker": ["/desk/check"], "water": ["/desk/unit", f"/desk/unit/{case.id}"],
             "supervisor": ["/desk/rulings/overdue", "/board/"], "shift_leader": ["/desk/shift"]}
    with clock.fixed(NOW):
        for who, asked in pages.items():
            for page in asked:
                assert "综合执法局" not in words(cast.client(who).get(page)), (who, page)
    assert "市水务局" in words(cast.client("checker").get(f"/desk/check?case={reply.id}"))
    assert Message.objects.filter(template="dispatched").exists()


def test_a_citizen_reads_the_full_name_of_the_office_on_the_page_and_in_the_message(cast):
    from minsheng.kit.sealing import unseal

    water = cast.units["water"]
    org.correct_unit(unit_id=water.id, name="示例市水务管理和综合执法局", short="市水务局", phone=water.phone, reason="更名", by=cast.actors["system_admin"])
    units.forget()
    case = cast.at_state(State.PENDING_SIGN)
    sent = Message.objects.get(template="dispatched", about=f"case:{case.id}")
    assert "已派给示例市水务管理和综合执法局办理" in unseal(sent.text_sealed, messages.TEXT)
    client = Client()
    client.post("/track", {"number": case.number, "code": cast.codes[case.id]})
    assert "示例市水务管理和综合执法局" in words(client.get("/case")) and Case.objects.get(id=case.id).lead.short == "市水务局"


def test_nobody_is_asked_to_do_a_thing_before_a_time_that_has_gone(cast):
    case = cast.at_state(State.PENDING_SIGN)
    with clock.fixed(NOW + timedelta(days=3)):
        signed = words(cast.client("water").post(f"/desk/unit/{case.id}/step", {"step": "sign"}, follow=True))
    assert re.search(r"时限 1月3日 [^。]*已过，\w+尽快联系诉求人", signed), signed[-300:]
