"""责任人 in the ledger of commitments is who answers for the work, and never who asked (rulings, 103): refused when it is promised, and when a
meeting rules it; the post and the name of an official are taken."""

from datetime import timedelta

import pytest
from tests import leader_day
from tests.leader_day import HELD, announced, promise

from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Commitment, MeetingItem
from minsheng.leader_days.queries import ledger


@pytest.fixture
def called(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        yield period, leader_day.call(cast, period)


@pytest.mark.parametrize("owner", ["{name}", "住户{name}", "科长（电话{phone}）", "{spaced}"])
def test_the_one_who_asked_is_not_written_as_the_one_responsible(cast, called, owner):
    period, case = called
    name, phone = cast.requester.name, cast.requester.phone
    with pytest.raises(Invalid) as wrong:
        promise(cast, period, case, owner=owner.format(name=name, phone=phone, spaced=" ".join(name)))
    assert set(wrong.value.errors) == {"owner"} and "诉求人" in wrong.value.errors["owner"]
    assert not Commitment.objects.exists()


def test_a_meeting_does_not_rule_it_either(cast, called):
    period, case = called
    office = cast.actors["coordinator"]
    meeting = days.draft_meeting(by=office, given={"period": period.id, "unit": cast.units["water"].id, "meets_on": "2025-01-06", "venue": "会议室"}).subject_id
    days.take_meeting_step(meeting_id=meeting, step="put_on_agenda", by=office, given={"case": case.id, "reason": "难"})
    days.take_meeting_step(meeting_id=meeting, step="convene", by=cast.actors["leader"], given={"attends": "水务局分管负责人"})
    with clock.fixed(HELD + timedelta(days=3)):
        days.take_meeting_step(meeting_id=meeting, step="write_minutes", by=office, given={
            "held_on": "2025-01-06", "attended": "水务局分管负责人", "minutes": "研究停水一事，由水务局牵头。"})
        ruling = {"case": case.id, "lead": cast.units["water"].id, "duty": "更换老旧水管", "due": "2025-01-20"}
        with pytest.raises(Invalid) as wrong:
            days.take_meeting_step(meeting_id=meeting, step="rule_item", by=office, given=ruling | {"owner": cast.requester.name})
    assert set(wrong.value.errors) == {"owner"} and not MeetingItem.objects.filter(ruling_step__isnull=False).exists()


def test_the_name_and_post_of_an_official_are_taken(cast, called):
    period, case = called
    assert promise(cast, period, case, owner="管网科科长何永年").owner == "管网科科长何永年"


@pytest.mark.parametrize("owner", ["普布卓玛（主要负责人）", "赵国栋（主要负责人）", "管网科科长"])
def test_who_answers_is_named_in_what_leaves_whatever_the_name_is_like(cast, called, owner):
    """An official of a Tibetan name was covered in tables, and one of a Chinese name was not."""
    period, case = called
    promise(cast, period, case, owner=owner)
    inspector = cast.actors["inspector"]
    assert [line[3] for line in ledger.lines(inspector, ledger.Filters())] == [owner]
    assert [one.owner for one in ledger.listed(inspector, ledger.Filters()).rows] == [owner]


def test_a_number_beside_who_answers_is_covered_in_what_leaves(cast, called):
    period, case = called
    promise(cast, period, case, owner="普布卓玛 13987654321")
    assert "13987654321" not in next(ledger.lines(cast.actors["inspector"], ledger.Filters()))[3]
