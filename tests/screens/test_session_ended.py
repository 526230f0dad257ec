"""Who is not logged in any more comes back to the page that the form stood on; what lies in the browser is one person's."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from minsheng.accounts import actions as accounts
from minsheng.accounts import login
from minsheng.cases.rules import State


def asked(answer) -> dict[str, list[str]]:
    where = answer.headers.get("HX-Redirect") or answer["Location"]
    return parse_qs(urlsplit(where).query)


@pytest.mark.parametrize(("form", "page"), [
    ("/desk/unit/7/step", "/desk/unit/7?step=draft_reply"), ("/desk/rulings", "/desk/rulings?case=7"), ("/desk/check", "/desk/check?step=draft_reply"),
    ("/desk/dispatch/7/send", "/desk/dispatch?pile=waiting&case=7"), ("/desk/people/3/role", "/desk/people/3"),
])
def test_the_way_back_is_the_page_that_the_form_stood_on(db, form, page):
    answer = Client().post(form, {"step": "draft_reply"}, headers={"referer": f"http://testserver{page}"})
    assert asked(answer) == {"next": [page], "typed": ["1"]}


def test_from_the_page_of_an_earlier_error_the_way_back_keeps_the_step_and_leads_to_the_page_above(cast):
    case = cast.at_state(State.IN_PROGRESS)
    form = f"/desk/unit/{case.id}/step"
    back = asked(Client().post(form, {"step": "draft_reply"}, headers={"referer": f"http://testserver{form}"}))["next"][0]
    opened = cast.client("water").get(back, headers={"accept": "text/html,*/*"})
    assert opened["Location"] == f"/desk/unit/{case.id}?step=draft_reply"


def test_the_address_of_a_form_that_is_opened_leads_to_its_page(cast):
    case = cast.at_state(State.PENDING_REVIEW)
    pages = {f"/desk/case/{case.id}/step": f"/desk/case/{case.id}", f"/desk/case/{case.id}/number": f"/desk/case/{case.id}",
             "/desk/intake/abcd/finish": "/desk/intake", f"/desk/dispatch/{case.id}/send": f"/desk/dispatch/{case.id}", "/me/password": "/me"}
    for form, page in pages.items():
        opened = cast.client("dispatcher").get(form, headers={"accept": "text/html,*/*"})
        assert opened.status_code == 302 and opened["Location"] == page, form
    assert cast.client("dispatcher").get(f"/desk/dispatch/{case.id}")["Location"].endswith(f"case={case.id}")
    assert cast.client("dispatcher").get("/me/password").status_code == 405, "a program is told so"


@pytest.mark.parametrize("came", ["", "http://elsewhere.example/desk/unit/7", "//testserver.example/x", "javascript:alert(1)", "http://["])
def test_a_foreign_referer_is_no_way_back(db, came):
    answer = Client().post("/desk/unit/7/step", {}, headers={"referer": came})
    assert asked(answer)["next"] == ["/desk/"]


def test_a_fragment_asked_while_typing_moves_nobody_away_and_one_asked_by_a_press_goes_to_the_page_around_it(db):
    page = {"hx-request": "true", "referer": "http://testserver/desk/dispatch?pile=waiting"}
    typing = Client().post("/desk/intake/read", {}, headers=page | {"hx-trigger-name": "narrative"})
    assert typing.status_code == 204 and "HX-Redirect" not in typing.headers and "toast" in typing["HX-Trigger"]
    assert asked(Client().get("/desk/dispatch/7", headers=page))["next"] == ["/desk/dispatch?pile=waiting"]


def test_the_address_of_the_desk_leads_everybody_to_their_own_day(cast):
    assert Client().get("/desk/")["Location"] == "/login?next=%2Fdesk%2F"
    for who, begins in (("agent", "/desk/intake"), ("water_head", "/desk/unit"), ("media", "/desk/leads"), ("system_admin", "/desk/people")):
        assert cast.client(who).get("/desk/")["Location"] == begins, who


def test_words_kept_in_a_browser_bear_the_name_of_who_typed_them(cast):
    case, reply = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_CHECK)
    cast.take(case, "ask_extension", "water", reason="管材后天到货", interim="已关阀")
    pages = {"water": f"/desk/unit/{case.id}?step=interim_reply", "dispatcher": f"/desk/case/{case.id}?step=mark_urgent", "supervisor": "/desk/rulings",
             "checker": f"/desk/check?case={reply.id}", "agent": "/desk/intake?draft=abcd"}
    for who, page in pages.items():
        found = re.findall(r'data-draft="([^"]+)"', cast.client(who).get(page).content.decode())
        assert found and all(key.split(":")[1] == str(cast.people[who].id) for key in found), (who, found)


PASSWORD = "Kx7-mountain-river"


class Browser:
    """One browser at one desk, as strict as a real one about the token of a form."""

    def __init__(self, cast, *people: str):
        self.cast, self.client = cast, Client(enforce_csrf_checks=True)
        for who in people:
            accounts.set_password(person=cast.people[who], password=PASSWORD, by=accounts.COMMAND_LINE, setup=True)

    def token(self, page: str) -> str:
        return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.client.get(page).content.decode())[1]

    def log_in(self, who: str) -> None:
        assert self.post("/login", self.token("/login"), username=who, password=PASSWORD).status_code == 302

    def log_off(self, who: str) -> None:
        login.end_sessions(by=self.cast.actors[who], keep="")

    def post(self, url: str, token: str, **given):
        return self.client.post(url, {**given, "csrfmiddlewaretoken": token})


def test_a_page_that_another_left_open_in_the_browser_sends_nothing_under_the_name_of_who_came_after(cast):
    """A shift changes at one desk: the first one's tab is still open when the second has logged in."""
    case, browser = cast.at_state(State.PENDING_REVIEW), Browser(cast, "dispatcher", "shift_leader")
    url = f"/desk/case/{case.id}"
    browser.log_in("dispatcher")
    opened = browser.token(f"{url}?step=revise")
    browser.log_off("dispatcher")
    browser.log_in("shift_leader")
    refused = browser.post(f"{url}/step", opened, step="triage", category="noise")
    assert refused.status_code == 403 and "没有改动任何内容" in refused.content.decode() and not case.steps.filter(step="triage").exists()
    assert browser.post(f"{url}/step", browser.token(f"{url}?step=triage"), step="triage", category="noise").status_code == 302


def test_the_same_person_who_logs_in_again_goes_on_in_the_open_page(cast):
    case, browser = cast.at_state(State.PENDING_REVIEW), Browser(cast, "dispatcher")
    browser.log_in("dispatcher")
    opened = browser.token(f"/desk/case/{case.id}?step=mark_urgent")
    browser.log_off("dispatcher")
    browser.log_in("dispatcher")
    assert browser.post(f"/desk/case/{case.id}/step", opened, step="mark_urgent", reason="老人断水三天").status_code == 302
    assert case.steps.filter(step="mark_urgent").exists()
