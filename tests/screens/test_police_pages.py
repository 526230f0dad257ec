"""110 on the agent's page, and the page of what came from there: who reads it, its figures open their lists, a fixed number of statements."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW

from minsheng.cases.models import Case
from minsheng.inter_agency.models import Feedback, Handover
from minsheng.telephony.actions import ledger
from minsheng.telephony.models import Call
from minsheng.telephony.rules.ledger_lines import read_cel, read_queue_log

REF = "JQ20250102-0017"


def rings(cast, call: str = "pbx1-7.1", minutes_ago: int = 1) -> Call:
    """110 rang on its own number; the agent of the cast has answered."""
    t0, agent = NOW.timestamp() - minutes_ago * 60, cast.people["agent"].id
    tag = ",".join(f'"{one}"' for one in ("FROM_PARTY", f"{t0:.3f}", call, call, "08911100110", "s", "police", "PJSIP/police-00000001", "CELGenUserEvent", "110"))
    start = ",".join(f'"{one}"' for one in ("CHAN_START", f"{t0 - 1:.3f}", call, call, "08911100110", "08911100110", "from-police", "PJSIP/police-00000001", "", ""))
    lines = [read_cel(start, "pbx1"), read_cel(tag, "pbx1"), read_queue_log(f"{int(t0) + 1}|{call}|q-zh|NONE|ENTERQUEUE||08911100110|1", "pbx1"),
             read_queue_log(f"{int(t0) + 4}|{call}|q-zh|a{agent}|CONNECT|3|x|1", "pbx1")]
    ledger.keep("pbx1", [line for line in lines if line])
    return Call.objects.get(linkedid=call)


FORM = {"kind": "help", "narrative": "小区里的路灯坏了半个月。", "phone": "13800000000", "name": "王小明", "language": "zh", "requester_kind": "person", "place": "幸福路1号"}


def finish(cast, call: Call, **more):
    return cast.client("agent").post(f"/desk/intake/call{call.id}/finish", {**FORM, "call": call.id, "then": "submit", **more})


def test_the_agent_sees_that_110_is_on_the_line_asks_its_number_and_the_case_bears_it(cast):
    call = rings(cast)
    assert (call.party, call.direction) == ("110", "in")
    page = cast.client("agent").get(f"/desk/intake?call={call.id}").content.decode()
    assert "110在线" in page and 'name="police_ref"' in page and 'name="phone"' in page and "08911100110" not in page
    wrong = finish(cast, call)
    assert wrong.status_code == 422 and "请向110问清警情编号" in wrong.content.decode() and "路灯坏了半个月" in wrong.content.decode() and not Case.objects.exists()
    for bad in ("JQ1\r\nAction: Originate", "警情十七"):
        assert finish(cast, call, police_ref=bad).status_code == 422
    done = finish(cast, call, police_ref=REF, police_officer="接警员李", police_on_line="1")
    assert done.status_code == 200 and finish(cast, call, police_ref=REF, police_officer="接警员李", police_on_line="1").status_code == 200
    case = Case.objects.get()
    assert (case.channel, case.call_id, case.contact_id is not None) == ("police", call.id, True)
    words = case.steps.get(step="police_handover")
    assert words.text.words["police_ref"] == REF and words.given["call"] == call.id and words.given["police_on_line"] is True
    assert [one.kind for one in Feedback.objects.all()] == ["receipt"]
    shown = cast.client("dispatcher").get(f"/desk/case/{case.id}").content.decode()
    assert "110转来" in shown and REF in shown and "接警员李" in shown


def test_a_citizens_typed_number_is_kept_as_it_is_typed_while_110_is_on_the_line(cast):
    call = rings(cast)
    client = cast.client("agent")
    assert client.post(f"/desk/intake/call{call.id}/draft", {**FORM, "call": call.id, "police_ref": REF}).status_code == 204
    page = client.get(f"/desk/intake?call={call.id}").content.decode()
    assert 'value="13800000000"' in page and f'value="{REF}"' in page


def test_110_on_an_ordinary_number_is_ticked_and_a_citizen_who_is_not_from_there_is_asked_nothing(cast):
    client = cast.client("agent")
    assert client.post("/desk/intake/abcd1/finish", {**FORM, "then": "submit"}).status_code == 200 and not Handover.objects.exists()
    assert client.post("/desk/intake/abcd2/finish", {**FORM, "then": "submit", "police": "1", "police_ref": REF}).status_code == 200
    assert Handover.objects.get().reference == REF
    known = client.post("/desk/intake/abcd3/finish", {**FORM, "then": "submit", "police": "1", "police_ref": REF})
    assert known.status_code == 409 and f"已登记为工单 {Case.objects.get(id=Handover.objects.get().case_id).number}" in known.content.decode()
    assert Case.objects.count() == 2


def test_a_citizen_with_an_open_case_adds_to_it_and_110_hears_of_that_one(cast):
    case = cast.create()
    call = rings(cast)
    answer = cast.client("agent").post(f"/desk/intake/call{call.id}/finish", {**FORM, "call": call.id, "police_ref": REF, "step": f"phone_add:{case.id}"})
    assert answer.status_code == 302 and Handover.objects.get().case_id == case.id and Case.objects.count() == 1


def test_the_page_counts_what_it_lists_and_says_what_is_owed(cast):
    rings(cast, "pbx1-7.9", minutes_ago=50)  # nothing was written of it
    late = rings(cast, "pbx1-7.2", minutes_ago=45)
    assert finish(cast, late, police_ref=REF).status_code == 200
    Feedback.objects.update(made_at=NOW - timedelta(hours=2), state="refused", error="110拒收（422）：编号不对")
    client = cast.client("dispatcher")
    page = client.get("/desk/police").content.decode()
    assert "110来电还没有签收 1" in page and "已超过30分钟" in page and "没有接入110的接收地址" in page and "MINSHENG_" not in page and REF in page
    for name, n in (("going", 1), ("late", 1), ("refused", 1), ("returned", 0), ("waiting", 0), ("overdue", 0), ("", 1)):
        listed = client.get(f"/desk/police?set={name}")
        assert listed.content.decode().count("data-row") - 1 == n, name
        assert f'href="?set={name}"' in page
    assert client.get("/desk/police?set=x").status_code == 422
    row = Feedback.objects.get()
    assert cast.client("supervisor").post(f"/desk/police/{row.id}/again").status_code == 403
    assert client.post(f"/desk/police/{row.id}/again").status_code == 302 and Feedback.objects.get().state == "queued"
    assert client.post(f"/desk/police/{row.id}/again").status_code == 409
    assert "告知超过1小时 1" in client.get("/desk/police").content.decode()
    agent = cast.client("agent")
    assert REF in agent.get("/desk/police?ref=jq2025").content.decode() and "没有这样的警情" in agent.get("/desk/police?ref=%25").content.decode()
    assert agent.post(f"/desk/police/{row.id}/again").status_code == 403
    for who in ("checker", "water", "system_admin"):
        assert cast.client(who).get("/desk/police").status_code in (302, 403), who


def test_a_case_that_the_reader_may_not_see_is_neither_listed_nor_counted(cast):
    assert finish(cast, rings(cast), police_ref=REF, restricted="minor").status_code == 200
    page = cast.client("dispatcher").get("/desk/police").content.decode()
    assert REF not in page and "全部 0" in page


def test_its_statements_do_not_grow_with_its_rows(cast):
    def asked() -> int:
        with CaptureQueriesContext(connection, ) as seen:
            assert client.get("/desk/police").status_code == 200
        return len(seen)

    client = cast.client("dispatcher")
    assert finish(cast, rings(cast), police_ref=REF).status_code == 200
    client.get("/desk/police")
    one = asked()
    for n in range(4):
        assert finish(cast, rings(cast, f"pbx1-8.{n}"), police_ref=f"{REF}-{n}").status_code == 200
    assert asked() == one
