"""A complaint about a unit, from its first word to its end, changes nothing on any page of anybody of the unit's line: no list, no count, no total,
no rate, no chart, no file, no suggestion (rulings, 30). A number that changes by one would tell of it."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from tests.cast import ANSWER, later
from tests.hostile import city
from tests.of_today import of_today
from tests.screens.test_api import Program
from tests.screens.test_walk import STAFF, body

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import Role
from minsheng.cases.actions import Requester
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.measures import following

# What is another at each answer: tokens, keys of forms, the time of the machine.
_OTHERWISE = re.compile(r'csrf[^>]{0,40}(?:content|value)="[^"]+"|"token": "[^"]+"|(?:nonce|name="key" value|data-seen)="[^"]+"|X-CSRFToken[^}]{0,120}')
_OWN = ("/me", "/desk/live")  # of the account alone; a stream without an end
ASKED = ("", "?q=%E7%89%A9%E4%B8%9A", "?by=unit", "?state=closed&kind=complaint")
WORDS = "幸福路物业乱收费，要求处理，电话13800000077，谢谢。"


def counts_all(cast) -> str:
    """Somebody of the line whose board is the whole city's: there the complaint would be one more."""
    person = accounts.create_person(username="counts_all", name="同事丙", unit=cast.units["pipes"], by=accounts.COMMAND_LINE, setup=True, must_change_password=False)
    accounts.grant_role(person=person, role=Role.ANALYST, by=accounts.COMMAND_LINE, setup=True)
    cast.people["counts_all"] = person
    return "counts_all"


def pages() -> list[str]:
    """Of a part of today, each as it opens and narrowed; those of the board always."""
    alone = sorted({route for route, _ in STAFF if "<" not in route and not route.startswith(_OWN) and "out" not in route})
    kept = [route for route in alone if route.startswith("/board")]
    return kept + of_today([route + asked for route in alone for asked in ASKED if not (route in kept and not asked)], 6)


def seen(cast, who: str) -> dict[str, str]:
    client, program, found = cast.client(who), Program(cast, who), {}
    for path in pages():
        found[path] = client.get(path)
    for path in ("/cases", "/measures", "/topics"):
        found[f"API {path}"] = program.get(path)
    return {path: f"{answer.status_code} {_OTHERWISE.sub('', body(answer).decode(errors='replace'))}" for path, answer in found.items()}


def complain(cast) -> Case:
    """About the water bureau, handled by the roads' bureau, to its end."""
    with clock.fixed(later(hours=1)):
        case = cast.create(kind="complaint", narrative=WORDS, title="物业乱收费查处", requester=Requester("李四光", "13800000077"), complained_unit=cast.units["water"].id)
        case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
        case = cast.take(case, "sign", "roads")
        case = cast.take(case, "desk_contact", "agent", contact_at=clock.now().isoformat(), contact_how="phone", contact_note="已联系", call=7)
        case = cast.take(cast.take(case, "draft_reply", "roads", **ANSWER), "reply", "roads")
    with clock.fixed(later(hours=5)):
        return cast._after(case, State.CLOSED)


@pytest.mark.parametrize("who", ["counts_all", *of_today(["leader", "water"], 2)])
def test_a_complaint_changes_nothing_that_the_line_of_its_unit_sees(cast, who):
    city.populate(city.Town(cast))
    who = counts_all(cast) if who == "counts_all" else who
    with clock.fixed(later(days=20)):
        following.bring_up_to_date()
        with transaction.atomic():  # what a look leaves behind (the last seen, a token) is no part of it
            before = seen(cast, who)
            transaction.set_rollback(True)
    case = complain(cast)
    with clock.fixed(later(days=20)):
        following.bring_up_to_date()
        after = seen(cast, who)
    assert {path: (before[path], after[path]) for path in before if before[path] != after[path]} == {}
    assert case.state == State.CLOSED and case.number in Program(cast, "supervisor").get("/cases").content.decode(), "somebody else sees it"
