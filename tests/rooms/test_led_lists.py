"""A list narrowed to a unit holds what the reader sees and that unit leads, however the question is put to the server."""

import pytest
from tests.cast import later

from minsheng.cases import queries
from minsheng.cases.queries import lists
from minsheng.cases.rules import State
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
