"""One name and one number in the words of what hangs on the person's case, or stands by itself: findings, objections, watches, sign-ups. Who may
not see a person finds neither on any page, list or table; who may, reads what was said."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from tests import subjects
from tests.cast import NOW
from tests.planting import ASKER, cast_of, found_in
from tests.screens.test_planted import MASKED, content
from tests.screens.test_walk import STAFF

from minsheng.kit import clock

TABLES = ("/desk/points.csv", "/desk/objections.csv", "/desk/watches.csv")


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), clock.fixed(NOW), transaction.atomic():
        cast, words = cast_of(ASKER), f"{ASKER.name}说停水，电话{ASKER.number}"
        cast.ids = (subjects.of_supervision(cast, typed=words) | subjects.of_month_end(cast, words) | subjects.of_leader_days(cast) | subjects.of_papers(cast))
        yield cast
        transaction.set_rollback(True)


def shown(cast, who: str) -> dict[str, list[str]]:
    client, found = cast.client(who), {}
    for route, _ in STAFF:
        names = re.findall(r"<int:(\w+)>", route)
        if len(names) > 1 or names and names[0] not in cast.ids:
            continue
        for id_ in cast.ids[names[0]][:3] if names else [0]:
            answer = client.get(re.sub(r"<int:\w+>", str(id_), route))
            assert answer.status_code < 500, (who, route)
            if answer.status_code == 200 and (seen := found_in(content(answer))):
                found[route] = seen
    return found


@pytest.mark.parametrize("who", MASKED)
def test_who_may_not_see_a_person_finds_neither_name_nor_number_in_what_hangs_on_their_case(planted, who):
    found = shown(planted, who)
    by_itself = {route: seen for route, seen in found.items() if route.startswith("/desk/watches")}  # of no case: whose name it is, nobody knows
    assert set(found) == set(by_itself) and all(ASKER.number not in seen for seen in by_itself.values()), found


def test_who_may_reads_what_was_said_and_every_table_that_leaves_is_covered(planted):
    seen = shown(planted, "supervisor")
    assert {"/desk/points/<int:point_id>", "/desk/objections/<int:objection_id>", "/desk/watches/<int:watch_id>"} <= set(seen)
    for table in TABLES:
        answer = planted.client("supervisor").get(table)
        assert answer.status_code == 200 and ASKER.number not in content(answer), table
