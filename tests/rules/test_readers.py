"""Every step has its say: to the requester, by message, on the desk. Nothing is left out by forgetting."""

from string import Formatter

import pytest

from minsheng.accounts.rules import Role
from minsheng.cases.rules import State, TaskKind
from minsheng.cases.rules.fields import FIELDS, SAID
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
    assert row.desk.said or row.desk.place not in {Place.PORTAL, Place.DISPATCH, Place.PARKED}, "whoever takes it there is told that it was taken"


@pytest.mark.parametrize("row", PROCEDURE.rows, ids=lambda row: row.name)
def test_what_a_row_says_of_a_place_is_whole(row):
    """Nothing that a page draws from the row is found missing only when somebody opens it."""
    desk, asked = row.desk, {name for name in row.fields if FIELDS[name].kind != "files"}
    assert dict(desk.portal.asks).keys() == (asked if desk.place is Place.PORTAL else set()), "how the requester is asked for each field"
    assert bool(desk.portal.at) == (desk.place is Place.PORTAL) and {name for name, _ in desk.portal.asks} <= set(row.fields)
    assert (desk.task in set(TaskKind) and "task" in row.fields) == (desk.place is Place.TASK)
    assert desk.place is not Place.PARKED or (len(row.required) == 1 and desk.button)
    assert not desk.at_once or not set(row.required) - {"contact_at", "contact_how", "task"}, "one tap gives no more than that"
    assert not desk.quoted or {"reason", "ruling", "told", "minutes", "order"} & set(row.fields)
    assert not desk.carries or {"addition", "reason"} & set(row.fields)
    assert not row.citizen.asks or row.citizen.says
    assert {name for _, name, _, _ in Formatter().parse(desk.note) if name} <= {"sign_due", "handle_due", "extensions_left"}


def test_the_order_that_a_case_is_merged_into_hears_every_step_that_reaches_it():
    """The words of `SAID` are values of its history: a step of the requester that touches the group has its word there. A rating is one's own;
    it touches the group because its words may restrict the case, and with it those merged into it."""
    heard = {row.name for row in PROCEDURE if State.MERGED in row.frm and row.who in {Role.REQUESTER, Role.AGENT} and "group" in row.touches}
    assert set(dict(SAID)) == heard - {"rate", "phone_rate"}


def test_no_key_stands_twice_for_one_role_and_the_portal_has_its_order():
    keys = [(row.who, row.desk.key) for row in PROCEDURE if row.desk.key]
    assert len(set(keys)) == len(keys)
    taps = [[row.desk.tap for row in PROCEDURE if row.desk.tap], [row.desk.task_tap for row in PROCEDURE if row.desk.task_tap]]
    assert all(len(set(order)) == len(order) for order in taps)
    assert [PROCEDURE[name].desk.portal.at for name in OF_REQUESTER] == list(range(1, len(OF_REQUESTER) + 1))


def test_a_row_that_says_nothing_to_one_of_its_readers_is_found():
    row = PROCEDURE["sign"]
    assert not isinstance(type(row)(row.name, row.label, row.frm, row.to, row.who).message, Message)
