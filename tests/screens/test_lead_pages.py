"""Leads for the media on their pages: proposed from the period, read by the media liaison in masked words, and nothing of the case."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.leader_day import HELD, announced, call

from minsheng.cases.actions import Requester
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.leader_days.models import MediaLead


def test_a_lead_is_proposed_with_consent_approved_followed_and_its_end_is_seen(cast):
    period = announced(cast)
    keeps, media = cast.client("coordinator"), cast.client("media")
    with clock.fixed(HELD):
        case = call(cast, period, narrative="我叫王小明，电话13800000000，家里停水两天。", requester=Requester("王小明", "13800000000"))
        new = f"/desk/periods/{period.id}/lead"
        assert case.number in keeps.get(new).content.decode() and media.get(new).status_code == 403
        form = keeps.get(f"{new}?case={case.number}").content.decode()
        assert "停水两天" in form and "13800000000" not in form and "王小明" not in form
        typed = {"case": case.number, "asked_by": "话务员甲", "asked_at": "2025-01-03T10:30", "call_no": "17", "headline": "停水", "lead_text": "家里停水两天。"}
        wrong = keeps.post(new, typed)
        assert wrong.status_code == 422 and "同意" in wrong.content.decode() and "家里停水两天。" in wrong.content.decode()
        assert keeps.post(new, typed | {"agreed": "1"}).status_code == 302
        here = f"/desk/leads/{MediaLead.objects.get().id}"
        assert media.get("/desk/leads").status_code == 200 and "家里停水两天" in media.get(here).content.decode()
        assert media.post(f"{here}/step", {"step": "approve_lead"}).status_code == 409
        keeps.post(f"{here}/step", {"step": "tell_unit", "unit_told": "电话告知水务局"})
        assert media.post(f"{here}/step", {"step": "approve_lead"}).status_code == 302
        media.post(f"{here}/step", {"step": "note_published", "outlet": "市台", "published_on": "2025-01-03", "link": "https://example.org/a"})
        page = media.get(here).content.decode()
        assert "https://example.org/a" in page and case.number not in page and "通话编号" not in page and "话务员甲" not in page
        assert media.get(f"/desk/case/{case.id}").status_code in (403, 404) and media.get("/desk/periods").status_code == 403
        assert Case.objects.get(id=case.id).get_state_display() in page, "who follows it reads how far it is"
        keeps.post(f"{here}/step", {"step": "end_lead", "asked_by": "话务员甲", "asked_at": "2025-01-03T10:30", "call_no": "18"})
        ended = media.get(here).content.decode()
        assert "撤回同意" in ended and "家里停水两天" not in ended and "家里停水两天" in keeps.get(here).content.decode()
        assert "停水" not in media.get("/desk/leads").content.decode()


def test_pages_of_leads_take_the_same_statements_for_one_as_for_many(cast):
    period, keeps, counted = announced(cast), cast.client("coordinator"), []
    with clock.fixed(HELD):
        for turn in range(2):
            for _ in range(turn * 2 + 1):
                typed = {"case": call(cast, period).number, "asked_by": "甲", "asked_at": "2025-01-03T10:30", "call_no": "17", "headline": "停水",
                         "lead_text": "停水", "agreed": "1"}
                keeps.post(f"/desk/periods/{period.id}/lead", typed)
            for page in ("/desk/leads", f"/desk/leads/{MediaLead.objects.first().id}", f"/desk/periods/{period.id}/lead"):
                keeps.get(page)
                with CaptureQueriesContext(connection) as seen:
                    assert keeps.get(page).status_code == 200
                counted.append(len(seen))
    assert counted[:2] == counted[3:5] and max(counted) <= 14, counted
