"""Who asked for secrecy, in every word that hangs on their cases: the unit's own staff and head handle the order and read neither name nor number,
neither in the case nor beside it (rulings, 11)."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from tests import subjects
from tests.cast import NOW
from tests.leader_day import refused
from tests.planting import ASKER, cast_of, found_in
from tests.screens.test_planted import content
from tests.screens.test_walk import STAFF

from minsheng.cases import actions
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.oversight.actions import inspections

OF_UNIT = ("water", "water_head", "county", "leader")
WORDS = f"{ASKER.name}说停水，电话{ASKER.number}"


@pytest.fixture(scope="module")
def planted(django_db_setup, django_db_blocker):
    """What hangs on the person's cases, or names them; then they ask for secrecy in each."""
    with django_db_blocker.unblock(), clock.fixed(NOW), transaction.atomic():
        cast = cast_of(ASKER)
        cast.ids = subjects.of_supervision(cast, typed=WORDS) | subjects.of_month_end(cast, WORDS) | subjects.of_leader_days(cast) | subjects.of_papers(cast)
        inspections.take_point(point_id=cast.ids["point_id"][0], step="send_point", by=cast.actors["supervisor"], given={"due": "2025-01-20"})
        for case in Case.objects.order_by("id"):
            refused(lambda case=case: actions.take_step(case_id=case.id, step="ask_secrecy", by=citizen(case.id), given={}))
        cast.ids["case_id"] = list(Case.objects.filter(sealed=True).order_by("-id").values_list("id", flat=True))
        yield cast
        transaction.set_rollback(True)


def shown(cast, who: str) -> dict[str, list[str]]:
    client, found, opened = cast.client(who), {}, set()
    for route, view in STAFF:
        names = re.findall(r"<int:(\w+)>", route)
        if len(names) > 1 or names and names[0] not in cast.ids or view.needs and not cast.actors[who].roles & set(view.needs):
            continue
        for id_ in cast.ids[names[0]][:6] if names else [0]:
            answer = client.get(re.sub(r"<int:\w+>", str(id_), route))
            assert answer.status_code < 500, (who, route)
            if answer.status_code == 200:
                opened.add(route)
                if seen := found_in(content(answer)):
                    found[route] = seen
    return found, opened


@pytest.mark.parametrize("who", OF_UNIT)
def test_a_unit_reads_neither_name_nor_number_of_who_asked_for_secrecy_in_any_word_beside_the_case(planted, who):
    found, opened = shown(planted, who)
    assert found == {}
    assert who == "county" or len(opened) > 15


def test_the_unit_opens_what_hangs_on_the_case_and_the_supervisor_reads_it_as_said(planted):
    wanted = {"/desk/points/<int:point_id>", "/desk/objections/<int:objection_id>", "/desk/watches/<int:watch_id>"}
    assert wanted <= shown(planted, "water")[1] | shown(planted, "water_head")[1]
    assert wanted <= set(shown(planted, "supervisor")[0])
