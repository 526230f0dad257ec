"""The pages of leader days: made, announced, promised and concluded through forms; who sees them; what the portal shows."""

import re
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, later
from tests.docx_words import docx_words
from tests.leader_day import BEGINS, HELD, announced, call, draft, go_on, promise, scheme, step

from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.leader_days.models import Commitment, Period, Scheme
from minsheng.org.models import Unit


def test_a_period_is_made_through_forms_and_a_wrong_one_keeps_what_was_typed(cast):
    plans, signs = cast.client("coordinator"), cast.client("supervisor")
    assert "还没有接听日" in plans.get("/desk/periods").content.decode()
    typed = {"name": "2025年方案", "year": "2025", "aim": "听民声", "topics": "供水", "units": [cast.units["water"].id], "since": "2025-01-01"}
    wrong = plans.post("/desk/schemes/new", typed | {"until": "2024-01-01"})
    assert wrong.status_code == 422 and "结束日期不能早于开始日期" in wrong.content.decode() and "听民声" in wrong.content.decode()
    assert plans.post("/desk/schemes/new", typed | {"until": "2025-12-31", "key": "a1"}).status_code == 302
    assert plans.post("/desk/schemes/new", typed | {"until": "2025-12-31", "key": "a1"}).status_code == 302
    plan = Scheme.objects.get()
    assert signs.post(f"/desk/schemes/{plan.id}/step", {"step": "issue_scheme"}).status_code == 302
    plans.post("/desk/periods/new", {"scheme": plan.id, "number": "1", "theme": "冬季供水"})
    period = Period.objects.get()
    here = f"/desk/periods/{period.id}"
    assert "还没有接听席，先添加" in signs.get(here).content.decode().replace("本期", "") or "签发公告" in signs.get(here).content.decode()
    assert signs.post(f"{here}/step", {"step": "announce"}).status_code == 409
    form = plans.get(f"{here}?step=add_desk").content.decode()
    assert "领导甲" in form and "datetime-local" in form
    desk = {"step": "add_desk", "unit": cast.units["water"].id, "leader": cast.people["leader"].id, "seat": "1号席", "starts": "2025-01-03T10:00"}
    assert "结束时间须晚于开始时间" in plans.post(f"{here}/step", desk | {"ends": "2025-01-03T10:00"}).content.decode()
    plans.post(f"{here}/step", desk | {"ends": "2025-01-03T12:00"})
    assert signs.post(f"{here}/step", {"step": "announce"}).status_code == 302
    plans.post(f"{here}/step", {"step": "note_notice", "medium": "wechat", "outlet": "公众号", "text": "1月3日接听", "published_on": "2025-01-02", "views": "1200"})
    page = plans.get(here).content.decode()
    assert "已公告" in page and "浏览 1,200 次" in page.replace("1200", "1,200") and "受理" in page


def test_a_commitment_is_written_by_the_leader_followed_by_the_unit_and_leaves_as_csv(cast):
    period = announced(cast)
    leader, unit, signs = cast.client("leader"), cast.client("water"), cast.client("supervisor")
    assert leader.get(f"/desk/periods/{period.id}/commit").status_code == 409
    with clock.fixed(HELD):
        case = call(cast, period)
        typed = {"case": case.number, "desk": period.desks.get().id, "what": "更换老旧水管", "owner_unit": cast.units["water"].id, "owner": "管网科科长"}
        wrong = leader.post(f"/desk/periods/{period.id}/commit", typed | {"due": "2025-01-04"})
        assert wrong.status_code == 422 and "不是工作日" in wrong.content.decode() and "管网科科长" in wrong.content.decode()
        assert leader.post(f"/desk/periods/{period.id}/commit", typed | {"due": "2025-01-10"}).status_code == 302
        one = Commitment.objects.get()
        here = f"/desk/commitments/{one.id}"
        assert "更换老旧水管" in leader.get("/desk/commitments").content.decode()
        assert cast.client("roads").get(here).status_code == 404
        unit.post(f"{here}/step", {"step": "prove", "proof": "已更换", "done_on": "2025-01-03"})
        signs.post(f"{here}/step", {"step": "conclude_kept", "finding": "到场核验属实"})
        page = signs.get(here).content.decode()
    assert "已兑现" in page and "到场核验属实" in page and "核验：已兑现" in page
    lines = b"".join(signs.get("/desk/commitments.csv?state=kept").streaming_content).decode().splitlines()
    assert len(lines) == 2 and "已兑现" in lines[1] and case.number in lines[1]
    words = docx_words(signs.get("/desk/commitments.docx?state=kept").content)
    assert all(said in words for said in ("承诺事项台账", "范围：已兑现。", "共1项：已兑现1项", "兑现率100.0%")) and "草稿" not in words
    assert signs.get("/desk/commitments.pdf").content.startswith(b"%PDF")
    empty = signs.get("/desk/commitments.docx?state=late")
    assert empty.status_code == 409 and "没有符合条件的承诺" in empty.content.decode()
    assert signs.get("/desk/commitments.pdf?state=x").status_code == 422
    assert b"".join(signs.get("/desk/commitments.csv?state=late").streaming_content).decode().count("\n") == 1
    assert signs.get("/desk/commitments?state=nothing").status_code == 422


def test_the_agent_beside_a_desk_chooses_it_on_its_day_and_the_case_bears_it(cast):
    period, agent = announced(cast), cast.client("agent")
    said = {"phone": "13800000001", "narrative": "家里停水两天了，请尽快处理。", "kind": "help", "category": "tap", "place": "幸福路1号", "then": "submit"}
    assert "不是接听日的来电" not in agent.get("/desk/intake").content.decode()
    with clock.fixed(HELD):
        assert "领导甲" in agent.get("/desk/intake").content.decode()
        assert agent.post("/desk/intake/abcd1234/finish", said | {"desk": period.desks.get().id}).status_code == 200
    made = Case.objects.get()
    assert (made.period_id, made.marks.desk) == (period.id, period.desks.get().id)
    with clock.fixed(later(days=2)):
        assert agent.post("/desk/intake/abcd1235/finish", said | {"desk": period.desks.get().id}).status_code == 409, "not on another day"
    assert Case.objects.count() == 1


def test_lists_take_the_same_statements_for_one_row_as_for_many(cast):
    period = announced(cast)
    counted = []
    with clock.fixed(HELD):
        for _ in range(2):
            one = promise(cast, period, call(cast, period))
            client = cast.client("supervisor")
            for page in ("/desk/commitments", "/desk/periods", f"/desk/periods/{period.id}", f"/desk/commitments/{one.id}"):
                client.get(page)
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(page).status_code == 200
                counted.append(len(seen))
    assert counted[:4] == counted[4:] and max(counted) <= 12, counted


def test_citizens_read_first_what_comes_next_and_a_district_by_its_own_name(cast):
    plan = scheme(cast)
    for number, days in ((1, 9), (2, 1), (3, 4)):
        step(cast, draft(cast, plan, number, NOW + timedelta(days=days)).id, "announce", "supervisor")
    for days, order in ((0, "2 3 1"), (5, "1 3 2")):
        with clock.fixed(NOW + timedelta(days=days)):
            assert re.findall(r"第 (\d) 期", Client().get("/leader-days").content.decode()) == order.split()
    county = Unit.objects.get(id=cast.units["county"].id)
    Unit.objects.filter(id=county.id).update(name="示例市甲县人民政府", short="甲县")
    assert Unit.objects.get(id=county.id).called == "甲县" and Unit.objects.get(id=cast.units["water"].id).called == cast.units["water"].name


def test_the_portal_shows_what_was_announced_and_what_was_signed_and_nothing_else(cast):
    assert Client().get("/leader-days").status_code == 200
    period = announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, call(cast, period), what="内部的话：更换老旧水管")
        go_on(cast, one, "draft_public", "coordinator", public_matter="更换水管", public_progress="施工中")
        assert "施工中" not in Client().get("/leader-days").content.decode()
        go_on(cast, one, "sign_public", "supervisor")
        page = Client().get("/leader-days").content.decode()
    assert "施工中" in page and "市水务局" in page and "冬季供水" in page and "内部的话" not in page and "管网科科长" not in page
    with clock.fixed(later(days=3)):
        other = Client().post("/language", {"language": "en", "next": "/leader-days"}, follow=True).content.decode()
    assert "Commitments" in other and BEGINS.strftime("%H:%M") in other
    assert "在这些时间拨打 12345" in page and "Call 12345 at these times" not in other  # the time is over
