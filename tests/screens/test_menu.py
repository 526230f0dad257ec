"""The menu and the doors agree: what a role is offered opens, and who may read the board is offered it."""

import pytest
from tests.cast import PEOPLE

from minsheng.accounts.rules import Role
from minsheng.board import views as board
from minsheng.desk import heard, menu

STAFF = sorted(role for role in Role if role.side not in ("citizen", "clock"))


@pytest.mark.parametrize("who", PEOPLE)
def test_every_item_of_everybodys_menu_opens(cast, who):
    client = cast.client(who)
    offered = menu.items(cast.actors[who])
    assert len({item["key"] for item in offered}) == len(offered), "two items on one key"
    for item in offered:
        assert client.get(item["url"]).status_code == 200, (who, item)


def test_a_long_menu_has_a_line_of_its_own(cast):
    assert ["ms-menu-long" in cast.client(who).get("/me").content.decode() for who in ("supervisor", "agent")] == [True, False]


def test_the_cast_has_every_role_so_that_no_menu_stays_unopened():
    assert {role for _, _, roles in PEOPLE.values() for role in roles} == set(STAFF), "somebody of PEOPLE in tests/cast.py holds it"


def test_every_role_has_a_page_of_its_own_and_one_that_sees_no_case_yet_is_told_so(cast):
    assert [role for role in STAFF if not menu.MENU[role]] == []
    for who, path, says in (("media", "/desk/leads", "还没有报道线索"), ("outside_group", "/desk/inspections", "没有您可看的专项督查")):
        page = cast.client(who).get("/desk/", follow=True)
        assert page.request["PATH_INFO"] == path and says in page.content.decode() and "放宽筛选" not in page.content.decode()
    assert "放宽筛选" in cast.client("agent").get("/desk/cases", {"kind": "praise"}).content.decode()


@pytest.mark.parametrize("role", STAFF)
def test_the_board_is_offered_to_those_who_may_read_it_and_to_nobody_else(role):
    assert (menu.BOARD in menu.MENU[role]) == (role in board.READERS)


def test_no_item_of_the_menu_leads_nowhere():
    assert [item.label for items in menu.MENU.values() for item in items if not menu._url(item.name)] == []


def test_a_list_and_a_subjects_page_hear_of_changes_that_others_make(cast):
    from django.urls import reverse

    from minsheng.asgi import KINDS

    assert {*heard.LISTS.values(), *heard.SUBJECTS.values()} <= {kind.name for kind in KINDS}
    shown = {name: f'data-live-kinds="{kind}"' in cast.client("supervisor").get(reverse(name)).content.decode() for name, kind in heard.LISTS.items()
             if name not in ("signups", "leads")}
    assert all(shown.values()), shown
    assert 'data-live-heard=""' in cast.client("coordinator").get(reverse("signups")).content.decode()
