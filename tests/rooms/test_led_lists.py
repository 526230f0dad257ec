"""A list narrowed to a unit holds what the reader sees and that unit leads, however the question is put to the server."""

from datetime import timedelta

import pytest
from django.db import connection
from tests.cast import NOW, later

from minsheng.accounts.rules import Role
from minsheng.cases import queries
from minsheng.cases.queries import lists
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.org import queries as org


@pytest.fixture
def city(cast):
    """Orders of two units, one with a co-unit, one that complains of its lead's bureau, one restricted, one not yet sent."""
    for lead in ("water", "water", "roads"):
        cast.at_state(State.IN_PROGRESS, lead=lead)
    cast.take(cast.create(), "dispatch", "dispatcher", lead=cast.units["roads"].id, co_units=[cast.units["water"].id])
    hidden = cast.at_state(State.IN_PROGRESS)
    cast.take(hidden, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["water"].id, cast.people["shift_leader"].id], until=later(days=9).isoformat())
    cast.create(complained_unit=cast.units["water"].id)
    cast.create()
    return cast


def test_what_a_unit_leads_is_what_the_reader_sees_and_it_leads(city):
    shown = 0
    for who, actor in city.actors.items():
        for unit in org.tree().by_id.values():
            units = list(org.tree().subtree(unit.id))
            by_filter = set(queries.visible(actor).filter(lead__in=units).values_list("id", flat=True))
            assert set(queries.visible_led(actor, units).values_list("id", flat=True)) == by_filter, (who, unit.name)
            listed = lists.listed(actor, lists.Filters(unit=unit.id))
            assert {row.id for row in listed.rows} == by_filter, (who, unit.name)
            shown += len(by_filter)
    assert shown > 20


def _heard_at_the_desk_of(leader, case) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET period_id = 1, marks = marks || jsonb_build_object('leader', %s::text) WHERE id = %s", [str(leader.id), case.id])


def test_what_is_open_is_gathered_for_every_reader_as_it_is_filtered(city):
    """Also what a leader heard at a desk, of a unit that is not theirs."""
    heard = city.at_state(State.IN_PROGRESS, lead="roads")
    leader = next(actor for actor in city.actors.values() if Role.LEADER in actor.roles)
    before = set(queries.visible_open(leader).values_list("id", flat=True))
    _heard_at_the_desk_of(leader, heard)
    sees = {who: set(queries.visible(actor).filter(closed_at=None).values_list("id", flat=True)) for who, actor in city.actors.items()}
    for who, actor in city.actors.items():
        assert set(queries.visible_open(actor).values_list("id", flat=True)) == sees[who], who
    assert set(queries.visible_open(leader).values_list("id", flat=True)) == before | {heard.id}
    assert len(set(map(frozenset, sees.values()))) > 4, "readers differ"


def test_the_earliest_limit_first_page_by_page_is_the_whole_list_in_order(city):
    shown = 0
    for who, actor in city.actors.items():
        whole = list(queries.visible(actor).filter(closed_at=None, due_at__isnull=False).order_by("due_at", "id").values_list("id", flat=True))
        found, after = [], ""
        while True:
            page = lists.listed(actor, lists.Filters(), after, size=2, by_due=True)
            found += [row.id for row in page.rows]
            if not (after := page.next):
                break
        assert found == whole, who
        shown += len(found)
    assert shown > 20


NARROWED = [lists.Filters(**one) for one in ({"kind": "help"}, {"channel": "phone"}, {"state": ("in_progress",)}, {"urgent": True}, {"channel": "letter"})]


@pytest.mark.parametrize("back", [timedelta(0), timedelta(milliseconds=40), timedelta(seconds=2), timedelta(days=7)], ids=str)
def test_a_narrowed_list_page_by_page_is_the_whole_list_however_old_its_cases(city, monkeypatch, back):
    """For who sees one unit's cases it is read by windows of time: what lies at their borders stands there once."""
    monkeypatch.setattr(lists, "WINDOWS", (back, back * 3))
    shown = 0
    for who in ("water", "roads", "head", "county"):
        for narrow in NARROWED if (actor := city.actors.get(who)) else ():
            whole = list(lists.narrowed(queries.visible(actor), narrow).order_by("-id").values_list("id", flat=True))
            for size in (1, 2, 50):
                assert _walked(actor, narrow, size) == whole, (who, narrow, size)
            shown += len(whole)
    assert shown > 5


@pytest.mark.parametrize("back", [timedelta(0), timedelta(seconds=2), timedelta(days=1), timedelta(days=7)], ids=str)
def test_for_who_sees_all_what_two_things_narrow_is_the_whole_list_too(city, monkeypatch, back):
    """A unit and something else, or what is late: within the days asked for, whichever window they end in."""
    monkeypatch.setattr(lists, "WINDOWS", (back, back * 3))
    with clock.fixed(later(days=3)):
        city.at_state(State.IN_PROGRESS)
    first, last = NOW.date(), later(days=3).date()
    water = {"unit": city.units["water"].id}
    narrows = [lists.Filters(**one) for one in (
        {"overdue": True}, {**water, "state": ("in_progress",)}, {**water, "overdue": True}, {**water, "until": first}, {**water, "since": last},
        {"overdue": True, "since": last, "until": last}, {"overdue": True, "until": first - timedelta(days=1)}, {**water, "channel": "phone", "since": first})]
    shown = 0
    with clock.fixed(later(days=90)):
        for who in ("supervisor", "dispatcher", "analyst", "water"):
            for narrow in narrows:
                whole = list(lists.narrowed(queries.visible(city.actors[who]), narrow).order_by("-id").values_list("id", flat=True))
                for size in (1, 2, 50):
                    assert _walked(city.actors[who], narrow, size) == whole, (who, narrow, size)
                shown += len(whole)
    assert shown > 40


def _walked(actor, narrow, size: int) -> list[int]:
    found, after = [], ""
    while True:
        page = lists.listed(actor, narrow, after, size)
        found += [row.id for row in page.rows]
        if not (after := page.next):
            return found
