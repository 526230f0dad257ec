"""Supervision on a real database: what leaves by the clock, exactly once; what a person must sign stays until then."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from tests.cast import NOW, build

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.accounts.models import Person
from minsheng.cases import actions
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message
from minsheng.oversight.actions import ladder, reminders
from minsheng.oversight.models import LadderRung, Reached
from minsheng.oversight.queries import ladder as read

LADDER = yaml.safe_load((Path(__file__).parents[2] / "demo" / "oversight.yaml").read_text(encoding="utf-8"))["ladder"]
TOLD = ("ladder_remind", "ladder_urge")


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


@pytest.fixture
def rungs(cast):
    ladder.put_in(rows=LADDER, by=COMMAND_LINE)
    for name, phone in (("water", "0890-5550188"), ("water_head", "0890-5550199")):
        Person.objects.filter(id=cast.people[name].id).update(phone=phone)


class Killed(Exception):
    pass


def killed(do) -> None:
    """The work is done and its transaction lost, as when the worker or the database dies before it is kept."""
    with pytest.raises(Killed), transaction.atomic():
        do()
        raise Killed


def month(cast, days: int = 31):
    """The moments of a month at which the clock looks: morning, the last two hours of the office, night."""
    for n in range(days * 3):
        at = NOW.replace(minute=7) + timedelta(days=n // 3, hours=(0, 6, 13)[n % 3])
        with clock.fixed(at):
            yield at


def told() -> Counter:
    return Counter(Message.objects.filter(template__in=TOLD).values_list("about", "template"))


def test_a_row_of_the_ladder_holds_and_is_followed_not_changed(cast):
    assert ladder.put_in(rows=LADDER, by=COMMAND_LINE) == [True] * len(LADDER)
    changed = [LADDER[0] | {"name": "别名"}, *LADDER[1:], LADDER[0] | {"since": date(2025, 2, 1), "until": date(2025, 3, 1)}]
    assert ladder.put_in(rows=changed, by=COMMAND_LINE) == [None, *[False] * (len(LADDER) - 1), True]
    assert LadderRung.objects.get(code=LADDER[0]["code"], since=date(2023, 1, 1)).name == LADDER[0]["name"]
    with pytest.raises(ValueError, match="measure"):
        ladder.put_in(rows=[LADDER[0] | {"measure": "shame", "since": date(2026, 1, 1)}], by=COMMAND_LINE)


def test_over_a_month_each_reminder_leaves_once_through_kills_and_only_in_office_hours(cast, rungs):
    late, answered, parked = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_CHECK), cast.at_state(State.PARKED)
    for one in (late,):
        cast.take(one, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
    seen_at = []
    for at in month(cast):
        before = Message.objects.filter(template__in=TOLD).count()
        killed(reminders.remind)
        assert Message.objects.filter(template__in=TOLD).count() == before
        if reminders.remind():
            assert reminders.remind() == 0, "done again at once"
            seen_at.append(at)
    assert all(read.in_office(at) for at in seen_at)
    assert told() == {(f"case:{late.id}", "ladder_remind"): 2, (f"case:{late.id}", "ladder_urge"): 4}, "urging goes to the head of the unit as well"
    reached = list(Reached.objects.filter(case_id=late.id, passed=False).order_by("id").values_list("rung", "told"))
    assert reached == [("remind_yellow", 1), ("remind_red", 1), ("urge_1", 2), ("urge_3", 2)]
    assert not Reached.objects.filter(case_id__in=[answered.id, parked.id]).exists()
    text = unseal(Message.objects.filter(template="ladder_urge").first().text_sealed, TEXT)
    assert late.number in text and "停水" not in text and "王小明" not in text


def test_after_an_outage_the_gravest_is_told_and_a_redo_begins_a_round_of_its_own(cast, rungs):
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        assert reminders.remind() == 1
        assert sorted(Reached.objects.filter(case_id=case.id, passed=True).values_list("rung", flat=True)) == ["remind_red", "remind_yellow", "urge_1"]
        assert told() == {(f"case:{case.id}", "ladder_urge"): 2}
        cast.reply(Case.objects.get(id=case.id), "water")
        cast.take(case, "accept_reply", "checker")
        actions.hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
        cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", contacted=True, solved=False, satisfaction="unsatisfied",
                  dissatisfaction="result")
        cast.take(case, "ask_redo", "callback_clerk", reason="没有恢复供水")
        cast.take(case, "order_redo", "checker", ruling="重办")
        assert reminders.remind() == 0
    with clock.fixed(datetime.fromisoformat("2025-02-20T10:00+08:00")):
        assert reminders.remind() == 1 and reminders.remind() == 0


def test_what_is_late_for_months_is_no_news_and_nobody_to_tell_is_noted(cast):
    ladder.put_in(rows=LADDER, by=COMMAND_LINE)
    case = cast.at_state(State.IN_PROGRESS)
    with clock.fixed(datetime.fromisoformat("2025-06-20T10:00+08:00")):
        assert reminders.remind() == 0
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        reminders.remind()
        assert Reached.objects.get(case_id=case.id, passed=False).told == 0 and not Message.objects.filter(template__in=TOLD).exists()
        page = cast.client("supervisor").get("/desk/ladder/reached", {"untold": "1"}).content.decode()
        assert case.number in page and "单位没有留电话" in page
        assert cast.client("supervisor").get("/desk/ladder/reached", {"rung": "x" * 50}).status_code == 422
        ladders = cast.client("inspector").get("/desk/ladder").content.decode()
        assert "逾期三日再催" in ladders and 'href="/desk/ladder/reached?rung=urge_3&amp;month=1">1</a>' in ladders
        assert cast.client("water").get("/desk/ladder").status_code == 403


def test_a_restricted_order_is_urged_by_number_and_shown_to_its_named_persons_alone(cast, rungs):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["inspector"].id], until="2025-06-01T00:00+08:00")
    with clock.fixed(datetime.fromisoformat("2025-01-20T10:00+08:00")):
        assert reminders.remind() == 1
        assert case.number not in cast.client("supervisor").get("/desk/ladder/reached").content.decode()
        assert case.number in cast.client("inspector").get("/desk/ladder/reached").content.decode()
