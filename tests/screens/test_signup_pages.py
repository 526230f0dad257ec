"""Signing up before a period on the citizen's page and at the desk: three languages, no script, no personal data on a public page."""

import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, build
from tests.leader_day import BEGINS, HELD, announced

from minsheng.kit import clock
from minsheng.leader_days.models import Signup

TYPED = {"said": "幸福路自来水发黄一个月了，想问什么时候换管。", "kind": "consult", "name": "卓玛", "phone": "13900000001", "key": "formkey1formkey1"}


@pytest.fixture
def cast(db):
    cache.clear()
    with clock.fixed(NOW):
        yield build()


def test_a_citizen_signs_up_keeps_number_and_code_and_reads_what_became_of_it(cast):
    period, client = announced(cast), Client()
    here = f"/leader-days/{period.id}/sign-up"
    assert here in client.get("/leader-days").content.decode() and client.get("/leader-days/999/sign-up").status_code == 404
    wrong = client.post(here, TYPED | {"kind": "", "phone": "12"})
    assert wrong.status_code == 422 and "发黄" in wrong.content.decode() and "请选一类" in wrong.content.decode()
    fire = client.post(here, TYPED | {"said": "我家着火了，快来人！"})
    assert fire.status_code == 422 and "tel:119" in fire.content.decode() and Signup.objects.count() == 0
    assert client.post(here, TYPED | {"website": "x"}).status_code == 422 and Signup.objects.count() == 0
    assert client.post(here, TYPED | {"language": "en"}).status_code == 200 and Signup.objects.count() == 0, "a switch of language sends nothing"
    client = Client()
    assert client.post(here, TYPED).status_code == 302
    slip = client.get("/leader-days/mine")
    code = re.search(r"<dd>(\d{8})</dd>", slip.content.decode()).group(1)
    number = Signup.objects.get().number
    assert number in slip.content.decode() and slip["X-Robots-Tag"] == "noindex, nofollow"
    assert client.post(here, TYPED).status_code == 302 and code in client.get("/leader-days/mine").content.decode(), "sent twice, still shown"
    public = Client().get("/leader-days").content.decode()
    assert "卓玛" not in public and "发黄" not in public and number not in public
    other = Client()
    assert other.get("/leader-days/mine").status_code == 302
    assert other.post("/track", {"number": number, "code": "00000000"}).status_code == 422
    assert other.post("/track", {"number": number, "code": code})["Location"] == "/leader-days/mine"
    assert "热线还没有看" in other.get("/leader-days/mine").content.decode()
    screens, agent = cast.client("coordinator"), cast.client("agent")
    assert "待筛选" in screens.get(f"/desk/periods/{period.id}").content.decode()
    at = f"/desk/signups/{Signup.objects.get().id}"
    assert agent.get(at).status_code == 404 and cast.client("water").get(at).status_code == 403
    assert "市水务局" in screens.get(f"{at}?step=take_signup").content.decode()
    assert screens.post(f"{at}/step", {"step": "take_signup", "desk": period.desks.get().id}).status_code == 302
    assert "市水务局" in other.get("/leader-days/mine").content.decode()
    with clock.fixed(HELD):
        page = agent.get(at).content.decode()
        assert "13900000001" not in page and "139********" in page
        agent.post(f"{at}/step", {"step": "dial"})
        assert "13900000001" in agent.get(at).content.decode()
        done = agent.post(f"{at}/step", {"step": "register_signup"})
        case = Signup.objects.get().case_id
        assert done["Location"] == f"/desk/case/{case}"
        told = other.get("/leader-days/mine").content.decode()
        assert "已在接听日登记" in told
        assert other.post("/leader-days/mine/case", follow=True).status_code == 200
    with clock.fixed(BEGINS):
        late = Client().post(here, TYPED | {"key": "formkey2formkey2"})
        assert late.status_code == 409 and "发黄" in late.content.decode(), "over meanwhile: said, nothing lost"


@pytest.mark.parametrize("language", ["bo", "en"])
def test_form_and_answer_are_said_in_the_readers_language(cast, language):
    period, client = announced(cast), Client()
    client.post("/language", {"language": language, "next": "/leader-days"})
    form = client.get(f"/leader-days/{period.id}/sign-up").content.decode()
    assert ("Your topic or question" in form) is (language == "en") and "您想说的话题或问题" in form or language == "en"
    client.post(f"/leader-days/{period.id}/sign-up", TYPED | {"said": "ཆུ་མེད།"})
    assert Signup.objects.get().language == language
    assert ("nobody at the hotline has read it yet" in client.get("/leader-days/mine").content.decode()) is (language == "en")


def test_the_list_takes_the_same_statements_for_one_row_as_for_many(cast):
    period, screens, counted = announced(cast), cast.client("coordinator"), []
    for turn in range(2):
        for n in range(turn * 2 + 1):
            Client().post(f"/leader-days/{period.id}/sign-up", TYPED | {"key": f"formkey3formkey{turn}{n}"})
        for page in ("/desk/signups", f"/desk/signups/{Signup.objects.first().id}", f"/desk/periods/{period.id}"):
            screens.get(page)
            with CaptureQueriesContext(connection) as seen:
                assert screens.get(page).status_code == 200
            counted.append(len(seen))
    assert counted[:3] == counted[3:] and max(counted) <= 13, counted
    assert screens.get("/desk/signups?state=nothing").status_code == 422


def test_two_sign_ups_in_one_browser_are_two_pages_and_each_opens_its_own_request(cast):
    period, client, desk = announced(cast), Client(), cast.client("coordinator")
    here, pages = f"/leader-days/{period.id}/sign-up", []
    for n, said in enumerate(("幸福路自来水发黄一个月了", "和平路路灯三盏不亮")):
        pages.append(client.post(here, TYPED | {"said": said, "phone": f"1390000000{n}", "key": f"twokeys{n}twokeys{n}"})["Location"])
    assert "幸福路" in client.get("/leader-days/mine?of=" + first_mark(client)).content.decode() and "路灯" in client.get(pages[1]).content.decode()
    for one in Signup.objects.all():
        assert desk.post(f"/desk/signups/{one.id}/step", {"step": "pass_on"}).status_code == 302
    for mark, said in ((first_mark(client), "幸福路"), (pages[1].split("of=")[1], "路灯")):
        page = client.get(f"/leader-days/mine?of={mark}").content.decode()
        assert said in page and f'name="of" value="{mark}"' in page
        opened = client.post("/leader-days/mine/case", {"of": mark}, follow=True).content.decode()
        assert said in opened, "the page that the button stood on"
    assert client.post("/leader-days/mine/case")["Location"].startswith("/track"), "a form that does not say which opens neither"


def first_mark(client) -> str:
    """Of the sign-up that was handed in first, as its page has it."""
    from minsheng.portal import session_state

    class Request:
        session = client.session

    return next(iter(session_state._read(Request())["signups"]))
