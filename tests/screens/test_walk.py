"""Every page with every role and a foreign unit: nobody sees or does what is not theirs, and no page breaks."""

import re

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.cast import PEOPLE, PHONE

from minsheng.cases.models import Case
from minsheng.cases.queries import recent
from minsheng.cases.rules import State

SECRET = "王小明"  # the requester's name stands in the words, the number too


def pages(patterns, prefix=""):
    """(route, view) of every page, API left to its own walk."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from pages(pattern.url_patterns, route)
        elif not route.startswith(("api/", "static/")):
            yield "/" + route, pattern.callback


STAFF = sorted({(route, view) for route, view in pages(get_resolver().url_patterns) if hasattr(view, "needs")}, key=lambda p: p[0])


def filled(route: str, case: Case) -> str:
    return re.sub(r"<[^>]+>", str(case.id), route.replace("<int:file_id>", "1"))


def body(answer) -> bytes:
    return answer.getvalue() if answer.streaming else answer.content


def refuses(response) -> bool:
    return response.status_code in (403, 404, 405, 409) or (response.status_code == 302 and "/login" in response["Location"])


def test_there_are_pages_to_walk():
    assert len(STAFF) > 40


def test_a_stranger_gets_no_staff_page(cast):
    case = cast.at_state(State.IN_PROGRESS)
    for route, _ in STAFF:
        for ask in (Client().get, Client().post):
            answer = ask(filled(route, case))
            assert refuses(answer), (route, answer.status_code)
            assert PHONE.encode() not in body(answer) and SECRET.encode() not in body(answer)


@pytest.mark.parametrize("who", PEOPLE)
def test_a_page_opens_for_its_roles_and_refuses_all_others(cast, who):
    case, roles = cast.at_state(State.IN_PROGRESS, lead="roads"), cast.actors[who].roles
    client = cast.client(who)
    for route, view in STAFF:
        answer = client.get(filled(route, case))
        assert answer.status_code < 500, (route, answer.status_code)
        if view.needs and not roles & set(view.needs):
            assert refuses(answer), (who, route, answer.status_code)


def test_a_page_that_opens_says_its_head_alone_when_asked_for_it(cast):
    """A browser's look ahead, a proxy and a watch over the service ask so."""
    case, opened = cast.at_state(State.IN_PROGRESS, lead="roads"), 0
    for route, view in STAFF:
        client = cast.client(next((who for who in PEOPLE if not view.needs or cast.actors[who].roles & set(view.needs)), "dispatcher"))
        if client.get(filled(route, case)).status_code == 200:
            answer = client.head(filled(route, case))
            opened += 1
            assert (answer.status_code, body(answer)) == (200, b""), route
    assert opened > 60


@pytest.mark.parametrize("token", ["", "t" * 40])
def test_the_figures_open_for_the_token_alone_and_are_not_there_without_one(cast, settings, token):
    settings.METRICS_TOKEN = token
    for client in (Client(), *(cast.client(who) for who in PEOPLE)):
        answer = client.get("/metrics")
        assert answer.status_code == (401 if token else 404) and b"minsheng_" not in answer.content
    for wrong in ("", "Bearer", "Bearer ", f"Basic {token}", f"Bearer {token}x", f"Bearer {token[:-1]}", f"Bearer{token}", "Bearer 令牌", token):
        assert Client().get("/metrics", headers={"Authorization": wrong}).status_code == (401 if token else 404), wrong
    assert Client().get(f"/metrics?token={token}").status_code == (401 if token else 404)
    answer = Client().get("/metrics", headers={"Authorization": f"bearer  {token}"})
    assert answer.status_code == (200 if token else 404)
    if token:
        text = answer.content.decode()
        assert "minsheng_database_up 1.0" in text and PHONE not in text and SECRET not in text


OUTSIDERS = ("water", "county", "town", "system_admin", "audit_admin", "security_admin", "media", "leader")


@pytest.mark.parametrize("who", OUTSIDERS)
def test_a_foreign_unit_and_the_administrators_find_no_trace_of_a_case(cast, who):
    case = cast.at_state(State.IN_PROGRESS, lead="roads")
    client = cast.client(who)
    for route, _ in STAFF:
        answer = client.get(filled(route, case))
        assert case.number.encode() not in body(answer) and PHONE.encode() not in body(answer), (who, route)
    for query in (case.number, PHONE, "幸福路", SECRET):
        answer = client.get("/desk/search", {"q": query}, follow=True)
        assert f"/desk/case/{case.id}".encode() not in answer.content, (who, query)
    for route, _ in STAFF:
        if "<" in route:
            answer = client.post(filled(route, case), {"step": "sign", "reason": "试一试看看"})
            assert answer.status_code < 500 and case.number.encode() not in body(answer), (who, route)
    assert Case.objects.get(id=case.id).seq == case.seq


def test_sealed_hides_the_requester_from_the_lead_and_restricted_hides_the_case_from_all_but_named(cast):
    sealed = cast.at_state(State.IN_PROGRESS, lead="roads", secrecy=True)
    client = cast.client("roads")
    for route, _ in STAFF:
        for ask in (client.get, client.post):
            assert PHONE.encode() not in body(ask(filled(route, sealed), {"reason": "联系诉求人"})), route
    hidden = cast.take(cast.at_state(State.IN_PROGRESS, lead="roads"), "restrict", "shift_leader", reason="涉及未成年人",
                       readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    assert cast.client("supervisor").get(f"/desk/case/{hidden.id}").status_code == 200
    for who in ("agent", "dispatcher", "roads", "inspector", "analyst"):
        assert cast.client(who).get(f"/desk/case/{hidden.id}").status_code == 404, who
        assert hidden.number.encode() not in cast.client(who).get("/desk/cases").content, who


def test_who_may_not_see_personal_data_reads_masked_words_everywhere(cast):
    case = cast.at_state(State.IN_PROGRESS, lead="roads")
    for who in ("analyst", "quality", "outside_group"):
        client = cast.client(who)
        for route, _ in STAFF:
            answer = client.get(filled(route, case))
            assert PHONE.encode() not in body(answer) and SECRET.encode() not in body(answer), (who, route)
        assert f"/desk/case/{case.id}".encode() not in client.get("/desk/search", {"q": PHONE}).content


def test_a_live_notice_reaches_those_alone_who_may_open_the_case(cast, monkeypatch):
    from django.conf import settings

    from minsheng.asgi import reader

    monkeypatch.setattr("minsheng.asgi.close_old_connections", lambda: None)  # it would end the test's own transaction
    ours, sealed = cast.at_state(State.IN_PROGRESS, lead="roads"), cast.create(complained_unit=cast.units["water"].id)
    hidden = cast.take(cast.at_state(State.PENDING_REVIEW), "restrict", "shift_leader", reason="涉及未成年人",
                       readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
    told = {}
    for who in PEOPLE:
        client = cast.client(who)
        name = settings.SESSION_COOKIE_NAME
        told[who] = recent.may_hear(reader(f"{name}={client.cookies[name].value}").actor, [ours.id, sealed.id, hidden.id])
        opened = {case.id for case in (ours, sealed, hidden) if client.get(f"/desk/case/{case.id}").status_code == 200}
        assert opened <= told[who], who
    assert told["roads"] == {ours.id} and told["water"] == told["system_admin"] == told["media"] == set()
    assert told["supervisor"] == {ours.id, sealed.id, hidden.id} and told["agent"] == {ours.id, sealed.id}
    assert reader("sessionid=gone") is None
