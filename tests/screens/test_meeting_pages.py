"""A coordination meeting on its pages: agenda from the unsolved cases, minutes, rulings; who sees it; the number of statements."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import later
from tests.leader_day import HELD, announced, call

from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.leader_days.models import Commitment, Meeting


def test_a_meeting_is_planned_held_and_carried_out_on_its_pages(cast):
    period = announced(cast)
    plans, heads = cast.client("coordinator"), cast.client("leader")
    with clock.fixed(HELD):
        case, other = call(cast, period), call(cast, period)
        assert "筹备协调会" in plans.get(f"/desk/periods/{period.id}").content.decode()
        assert cast.client("supervisor").get(f"/desk/periods/{period.id}/meeting").status_code == 403
        form = f"/desk/periods/{period.id}/meeting"
        typed = {"unit": cast.units["water"].id, "meets_on": "2025-01-06", "venue": "三楼会议室"}
        wrong = plans.post(form, typed | {"meets_on": "2025-01-01"})
        assert wrong.status_code == 422 and "会期不能早于接听日" in wrong.content.decode() and "三楼会议室" in wrong.content.decode()
        assert plans.post(form, typed).status_code == 302
        here = f"/desk/meetings/{Meeting.objects.get().id}"
        page = plans.get(f"{here}?step=put_on_agenda&case={case.number}").content.decode()
        assert "本期未解决的工单" in page and other.number in page and f'value="{case.number}" selected' in page
        plans.post(f"{here}/step", {"step": "put_on_agenda", "case": case.number, "reason": "两家单位各说各的"})
        heads.post(f"{here}/step", {"step": "convene", "attends": "水务局、城管局"})
        assert cast.client("roads").get(here).status_code == 404
    with clock.fixed(later(days=5)):
        minutes = {"step": "write_minutes", "held_on": "2025-01-06", "attended": "水务局", "minutes": "会议研究了停水"}
        assert plans.post(f"{here}/step", minutes).status_code == 302
        ruling = {"step": "rule_item", "case": case.number, "lead": cast.units["water"].id, "co_units": [cast.units["roads"].id], "owner": "管网科科长",
                  "duty": "更换老旧水管", "due": "2025-01-20"}
        wrong = plans.post(f"{here}/step", ruling | {"due": "2025-01-19"})
        assert wrong.status_code == 422 and "不是工作日" in wrong.content.decode() and "更换老旧水管" in wrong.content.decode()
        assert plans.post(f"{here}/step", ruling).status_code == 302
        again = plans.get(f"{here}?step=rule_item&case={case.number}").content.decode()
        assert "改裁定" in again and "管网科科长" in again
        heads.post(f"{here}/step", {"step": "sign_minutes"})
        assert plans.post(f"{here}/step", {"step": "carry_out"}).status_code == 302
        page = heads.get(here).content.decode()
        one = Commitment.objects.get()
        assert "已落实" in page and f"/desk/commitments/{one.id}" in page and "协调会纪要" in page
        assert "协调会上" in heads.get(f"/desk/commitments/{one.id}").content.decode()
        assert here in cast.client("roads").get("/desk/meetings").content.decode(), "a co-unit reads what is asked of it"
        cast.take(Case.objects.get(id=case.id), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                  until="2025-06-01T00:00+08:00")
        shut = heads.get(here).content.decode()
        assert "更换老旧水管" not in shut and "会议研究了停水" not in shut and case.number not in shut


def test_a_meeting_and_the_list_take_the_same_statements_for_one_item_as_for_many(cast):
    period, plans, counted = announced(cast), cast.client("coordinator"), []
    with clock.fixed(HELD):
        for turn in range(2):
            plans.post(f"/desk/periods/{period.id}/meeting", {"unit": cast.units["water"].id, "meets_on": f"2025-01-0{6 + turn}", "venue": "会议室"})
            here = f"/desk/meetings/{Meeting.objects.latest('id').id}"
            for _ in range(turn * 2 + 1):
                plans.post(f"{here}/step", {"step": "put_on_agenda", "case": call(cast, period).number, "reason": "难"})
            for page in ("/desk/meetings", here, f"/desk/periods/{period.id}"):
                plans.get(page)
                with CaptureQueriesContext(connection) as seen:
                    assert plans.get(page).status_code == 200
                counted.append(len(seen))
    assert counted[:3] == counted[3:] and max(counted) <= 12, counted
