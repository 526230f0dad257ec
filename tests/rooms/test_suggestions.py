"""A suggestion made on leader days is adopted or not by the unit's head, once, with the reason, and who made it is told."""

import pytest
from tests.cast import later
from tests.leader_day import HELD, announced, call

from minsheng.cases.actions import Requester, by_citizen
from minsheng.cases.queries import citizen_view
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.messages.models import Message


@pytest.mark.parametrize(("step", "adopted", "says"), [("adopt_suggestion", True, "这项建议已采纳"), ("leave_suggestion", False, "这项建议没有采纳")])
def test_a_suggestion_is_weighed_once_with_its_reason_and_its_maker_reads_it(cast, step, adopted, says):
    period = announced(cast)
    with clock.fixed(HELD):
        case = call(cast, period, kind="suggest", narrative="建议在幸福路加一座公厕。", requester=Requester("卓玛", "13900000001"))
        plain = call(cast, period)
    with clock.fixed(later(days=4)):
        for one in (case, plain):
            cast.take(one, "dispatch", "dispatcher", lead=cast.units["water"].id)
            cast.take(one, "sign", "water")
        for one, who, code in ((case, "roads", "hidden"), (plain, "water_head", "not_suggestion"), (case, "water", "role")):
            with pytest.raises(Refused) as wrong:
                cast.take(one, step, who, reason="列入今年计划")
            assert wrong.value.verdict.code == code
        before = Message.objects.filter(template="progress").count()
        case = cast.take(case, step, "water_head", reason="列入今年计划")
        assert case.marks.adopted is adopted and case.state == "in_progress" and Message.objects.filter(template="progress").count() == before + 1
        with pytest.raises(Refused) as wrong:
            cast.take(case, "leave_suggestion", "water_head", reason="再想想")
        assert wrong.value.verdict.code == "weighed"
        story = citizen_view.story(by_citizen.citizen(case.id))
    assert says in str(story.events) and "列入今年计划" in str(story.events)


@pytest.mark.parametrize(("step", "says"), [("adopt_suggestion", "这项建议已采纳"), ("leave_suggestion", "这项建议没有采纳")])
def test_who_suggested_the_same_and_was_merged_is_told_as_well(cast, step, says):
    """They had been told 结果将一并告知您; message and page told the first of them alone."""
    period = announced(cast)
    with clock.fixed(HELD):
        first, second = (call(cast, period, kind="suggest", narrative="建议在幸福路加一座公厕。", requester=Requester(name, phone))
                         for name, phone in (("卓玛", "13900000001"), ("达娃", "13900000002")))
    with clock.fixed(later(days=4)):
        cast.take(first, "dispatch", "dispatcher", lead=cast.units["water"].id)
        cast.take(first, "sign", "water")
        cast.take(second, "merge", "dispatcher", master=first.id, reason="同一建议")
        cast.take(first, step, "water_head", reason="列入今年计划")
        told = set(Message.objects.filter(template="progress").values_list("about", flat=True))
        assert {f"case:{first.id}", f"case:{second.id}"} <= told
        for one in (first, second):
            events = str(citizen_view.story(by_citizen.citizen(one.id)).events)
            assert says in events and "列入今年计划" in events
