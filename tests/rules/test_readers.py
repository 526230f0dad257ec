"""Every step has its say: to the requester, by message, on the desk. Nothing is left out by forgetting."""

from string import Formatter

import pytest

from minsheng.accounts.rules import Role
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE
from minsheng.cases.rules.readers import SILENT, Citizen, Desk, Message, Place
from minsheng.messages.rules import TEMPLATES


@pytest.mark.parametrize("row", PROCEDURE.rows, ids=lambda row: row.name)
def test_every_step_has_its_say_for_the_citizen_by_message_and_on_the_desk(row):
    assert isinstance(row.citizen, Citizen) and isinstance(row.message, Message) and isinstance(row.desk, Desk), "said, or SILENT, NOBODY, CLOCK"
    assert row.citizen == SILENT or row.public, "words of which no line tells are not read"
    assert {name for _, name, _, _ in Formatter().parse(row.public) if name} <= {"lead", "interim"}
    if says := row.citizen.says:
        of = PROCEDURE[says.of or row.name]
        assert says.field in of.fields and says.label
    assert not row.citizen.rated or "satisfaction" in row.fields


@pytest.mark.parametrize("row", PROCEDURE.rows, ids=lambda row: row.name)
def test_what_is_sent_has_a_text_and_each_button_stands_where_its_role_is(row):
    sent = {row.message.requester, row.message.unit, row.message.duty, row.message.leader} - {""}
    assert sent <= set(TEMPLATES) and (sent or not row.message.apart)
    places = {Role.CLOCK: {Place.CLOCK}, Role.REQUESTER: {Place.PORTAL, Place.FORM}}
    assert row.desk.place in places.get(row.who, set(Place) - {Place.CLOCK, Place.PORTAL})
    assert State.START not in row.frm or row.desk.place is Place.FORM
    assert row.desk.said or row.desk.place not in {Place.PORTAL, Place.DISPATCH}, "whoever takes it there is told that it was taken"


def test_no_key_stands_twice_for_one_role_and_the_portal_has_its_order():
    keys = [(row.who, row.desk.key) for row in PROCEDURE if row.desk.key]
    assert len(set(keys)) == len(keys)
    assert [PROCEDURE[name].desk.at for name in OF_REQUESTER] == list(range(1, len(OF_REQUESTER) + 1))


def test_a_row_that_says_nothing_to_one_of_its_readers_is_found():
    row = PROCEDURE["sign"]
    assert not isinstance(type(row)(row.name, row.label, row.frm, row.to, row.who).message, Message)
