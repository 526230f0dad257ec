"""A commitment's date is told by the clock: before it, on it, after it, each once, to whom it concerns; nothing else leaves (rulings, 79)."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.test import Client
from tests import leader_day
from tests.cast import NOW, PHONE, build
from tests.leader_day import HELD, go_on, promise
from tests.rooms.test_oversight import once

from minsheng.accounts.models import Person
from minsheng.calendar import actions as calendar
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.leader_days.actions import reminding
from minsheng.leader_days.actions.verify import verify_history
from minsheng.leader_days.models import Commitment, CommitmentStep
from minsheng.messages.actions import TEXT, TO
from minsheng.messages.models import Message
from minsheng.org.models import Duty

pytestmark = pytest.mark.django_db
PHONES = {"water": "0890-5550101", "water_head": "0890-5550102", "coordinator": "0890-5550103", "supervisor": "0890-5550104", "leader": "0890-5550105"}
KEEPER, OWNER, HEAD, JUDGE, LEADER = (PHONES[name] for name in ("coordinator", "water", "water_head", "supervisor", "leader"))


@pytest.fixture
def cast():
    with clock.fixed(NOW):
        found = build()
        for name, phone in PHONES.items():
            Person.objects.filter(id=found.people[name].id).update(phone=phone)
        yield found


def at(day: str, hour: str = "10:10") -> datetime:
    return datetime.fromisoformat(f"2025-{day}T{hour}+08:00")


def looks(*days: str) -> None:
    """The clock of each day: before the office opens, in it, at night; each look is cut off, done again and repeated."""
    for day in days:
        for hour in ("06:10", "10:10", "16:10", "22:10"):
            with clock.fixed(at(day, hour)):
                once(reminding.remind)


def told() -> dict[str, list[str]]:
    """template -> numbers that were told by it, each as often as it was."""
    found: dict[str, list[str]] = {}
    for row in Message.objects.filter(template__startswith="commitment_"):
        found.setdefault(row.template.removeprefix("commitment_"), []).append(unseal(row.to_sealed, TO))
    return {name: sorted(numbers) for name, numbers in found.items()}


def promised(cast, **more) -> Commitment:
    period = leader_day.announced(cast)
    with clock.fixed(HELD):
        return promise(cast, period, leader_day.call(cast, period), due="2025-01-15", **more)


MONTH = [f"{NOW + timedelta(days=n):%m-%d}" for n in range(2, 60)]


def test_a_promise_that_nobody_keeps_is_told_of_at_each_stage_once_through_kills_and_nights(cast):
    one = promised(cast)
    looks(*MONTH)
    assert told() == {"remind_before": sorted([OWNER, KEEPER]), "remind_due": sorted([OWNER, KEEPER]), "urge_late": sorted([OWNER, HEAD, KEEPER]),
                      "escalate_late": sorted([HEAD, KEEPER, JUDGE, LEADER])}
    steps = [(row.step, f"{row.at:%m-%d}") for row in CommitmentStep.objects.filter(role="clock").order_by("seq")]
    assert steps == [("remind_before", "01-10"), ("remind_due", "01-15"), ("urge_late", "01-16"), ("escalate_late", "01-22")]
    one.refresh_from_db()
    assert one.state == "open" and one.published_at is None and list(verify_history()) == [], "nothing but reminders"
    said = {unseal(row.text_sealed, TEXT) for row in Message.objects.filter(template="commitment_urge_late")}
    assert all("第1期" in text and "01月15日" in text for text in said) and not any(word in text for text in said for word in ("水管", "王小明", PHONE))
    with clock.fixed(at("01-22")):
        page = cast.client("coordinator").get(f"/desk/commitments/{one.id}").content.decode()
        assert "逾期上报" in page and "到期前提醒" in page


def test_what_is_done_moved_or_asked_for_is_told_of_otherwise(cast):
    one = promised(cast)
    looks("01-13", "01-15")
    go_on(cast, one, "ask_extension", "water_head", at("01-15"), reason="管材未到", new_due="2025-01-20")
    looks("01-16")
    assert told()["urge_late"] == sorted([HEAD, KEEPER, JUDGE]), "who has to rule, and not who asked and waits"
    go_on(cast, one, "grant_extension", "supervisor", at("01-16", "17:00"))
    looks("01-16", "01-17", "01-20")
    assert Counter(row.step for row in CommitmentStep.objects.filter(role="clock")) == {"remind_before": 2, "remind_due": 2, "urge_late": 1}, "a new date begins anew"
    go_on(cast, one, "prove", "water", at("01-20", "11:00"), proof="换完", done_on="2025-01-20")
    looks(*MONTH[20:])
    assert "escalate_late" not in told() and len(told()["urge_late"]) == 3, "what waits for its check is not the owner's"
    go_on(cast, one, "send_back", "supervisor", at("02-05"), reason="缺照片")
    looks("02-05", "02-06")
    assert told()["escalate_late"] == sorted([HEAD, KEEPER, JUDGE, LEADER]), "sent back, it is late at once: the gravest alone"
    assert list(verify_history()) == []


def test_after_a_week_without_the_clock_only_the_gravest_is_said_and_a_past_of_months_is_left_alone(cast):
    promised(cast)
    with clock.fixed(at("01-24")):
        assert reminding.remind() == 1 and reminding.remind() == 0
    assert list(told()) == ["escalate_late"]
    with clock.fixed(at("04-14")):
        assert reminding.remind() == 0, "the ledger has it"


def test_nothing_is_said_on_the_day_of_the_promise_itself_and_nothing_of_a_past_of_months(cast):
    period = leader_day.announced(cast)
    with clock.fixed(HELD):
        one = promise(cast, period, leader_day.call(cast, period), due="2025-01-03")
        assert reminding.remind() == 0, "nobody has forgotten it"
    with clock.fixed(at("04-14")):
        assert reminding.remind() == 0 and Commitment.objects.get(id=one.id).told_stage == "", "a city that begins today does not urge its whole past"


def test_of_what_is_restricted_only_those_hear_who_may_open_it_and_the_duty_telephone_does_not_ring(cast):
    one = promised(cast)
    Duty.objects.create(unit=cast.units["water"], name="值班员", phone="0890-5550199", starts=at("01-01"), ends=at("03-01"), order=1)
    looks("01-13")
    assert told()["remind_before"] == sorted([OWNER, KEEPER, "0890-5550199"])
    with clock.fixed(at("01-14")):
        cast.take(Case.objects.get(id=one.case_id), "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id],
                  until="2025-06-01T00:00+08:00")
    looks("01-15", "01-16", "01-22")
    assert "remind_due" not in told() and "urge_late" not in told() and told()["escalate_late"] == [JUDGE]
    assert Client().get("/leader-days").status_code == 200 and list(verify_history()) == []


@pytest.mark.django_db(transaction=True)
def test_two_clocks_at_once_say_it_once(cast):
    import threading

    from django.db import connections

    promised(cast)
    found, gate = [], threading.Barrier(2)

    def look() -> None:
        gate.wait()
        try:
            found.append(reminding.remind(at=at("01-13")))
        finally:
            connections.close_all()

    both = [threading.Thread(target=look) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(found) == [0, 1] and len(told()["remind_before"]) == 2


def test_a_date_that_became_a_rest_day_stands_is_said_and_is_agreed_to_by_nobody(cast):
    """The city's calendar changes after the promise: its date stays and says so; a new date that is none any more cannot be granted."""
    one = promised(cast)
    go_on(cast, one, "ask_extension", "water_head", at("01-14"), reason="管材未到", new_due="2025-01-20")
    for on in ("2025-01-15", "2025-01-20"):
        calendar.announce_holiday(calendar=settings.CALENDAR, day=date.fromisoformat(on), kind="holiday", why="放假通知", by=cast.actors["system_admin"])
    assert leader_day.refused(lambda: go_on(cast, one, "grant_extension", "supervisor", at("01-14", "17:00"))) == "rest_day"
    go_on(cast, one, "refuse_extension", "supervisor", at("01-14", "17:00"), reason="20 日改为放假，请另报日期")
    with clock.fixed(at("01-14", "17:10")):
        assert "现为休息日" in cast.client("supervisor").get(f"/desk/commitments/{one.id}").content.decode()
    assert Commitment.objects.get(id=one.id).due == date(2025, 1, 15) and list(verify_history()) == []


def test_the_public_page_keeps_the_date_that_was_promised_first(cast):
    one = promised(cast)
    public = {"public_matter": "更换老旧水管", "public_progress": "正在更换"}
    go_on(cast, one, "draft_public", "coordinator", at("01-13"), **public)
    go_on(cast, one, "sign_public", "supervisor", at("01-13"))
    with clock.fixed(at("01-13", "12:00")):
        assert "原定" not in Client().get("/leader-days").content.decode()
    go_on(cast, one, "ask_extension", "water_head", at("01-14"), reason="管材未到", new_due="2025-01-20")
    go_on(cast, one, "grant_extension", "supervisor", at("01-14", "17:00"))
    with clock.fixed(at("01-14", "17:30")):
        shown = cast.client("coordinator").get(f"/desk/commitments/{one.id}").content.decode()
        assert "公开页上还是" in shown and "请协调员重新起草" in shown
        assert "公开页未更正" in cast.client("coordinator").get("/desk/commitments").content.decode()
    go_on(cast, one, "draft_public", "coordinator", at("01-15"), **public)
    go_on(cast, one, "sign_public", "supervisor", at("01-15"))
    with clock.fixed(at("01-15", "11:00")):
        assert "公开页上还是" not in cast.client("coordinator").get(f"/desk/commitments/{one.id}").content.decode()
    with clock.fixed(at("01-15", "12:00")):
        page = " ".join(Client().get("/leader-days").content.decode().split())
        assert "2025年1月20日 前兑现（原定 2025年1月15日）" in page and "更正" in page
