"""What the clock does to cases: late holidays, the duty list, anchors, months. All of it may be repeated."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import connections
from tests.cast import NOW, SETUP

from minsheng.accounts.models import Person
from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import actions as calendar
from minsheng.cases import actions, jobs
from minsheng.cases.actions import anchors, timers
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case, CaseClock, CaseStep
from minsheng.cases.queries import shift_lists
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.sealing import unseal
from minsheng.kit.verdict import Refused
from minsheng.messages.actions import TEXT, TO
from minsheng.messages.models import Message
from minsheng.org import actions as org
from minsheng.org.models import Duty

ADMIN = Actor(7, "系统管理员甲", frozenset({Role.SYSTEM_ADMIN}))


def _steps(case, name):
    return list(CaseStep.objects.filter(case_id=case.id, step=name).order_by("seq"))


def _queued(name):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [f"minsheng.cases.jobs.{name}"])
        return cursor.fetchone()[0]


def test_a_holiday_announced_late_moves_open_cases_and_says_why(cast):
    case = cast.at_state(State.IN_PROGRESS)
    before = case.handle_due_at
    changed = timers.announce(day=date(2025, 1, 6), kind="holiday", why="抗灾临时放假", by=ADMIN)
    assert changed == [date(2025, 1, 6)] and _queued("recompute_open") == 1
    assert timers.recompute_open(why="1月6日临时放假") == 1
    case = Case.objects.get(id=case.id)
    assert case.handle_due_at == before + timedelta(days=1) and case.due_code == "contact"
    [step] = _steps(case, "recompute")
    moved = {row["clock"]: row for row in step.given["changed"]}
    assert datetime.fromisoformat(moved["handle"]["after"]) == case.handle_due_at
    kept = CaseClock.objects.get(case_id=case.id, code="handle")
    assert kept.shifts[-1]["kind"] == "holiday" and "临时放假" in kept.shifts[-1]["why"]


def test_a_recomputation_that_changes_nothing_writes_no_step(cast):
    case = cast.at_state(State.IN_PROGRESS)
    timers.announce(day=date(2025, 1, 6), kind="holiday", why="临时放假", by=ADMIN)
    assert timers.recompute_open(why="临时放假") == 1
    assert timers.recompute_open(why="临时放假") == 0
    assert len(_steps(case, "recompute")) == 1


def test_two_notices_wait_in_one_job_and_only_the_system_administrator_announces(cast):
    timers.announce(day=date(2025, 1, 6), kind="holiday", why="临时放假", by=ADMIN)
    timers.announce(day=date(2025, 1, 7), kind="holiday", why="临时放假", by=ADMIN)
    assert _queued("recompute_open") == 1
    with pytest.raises(Refused):
        timers.announce(day=date(2025, 1, 8), kind="holiday", why="临时放假", by=cast.actors["agent"])


def test_cases_that_ended_are_left_alone(cast):
    closed = cast.at_state(State.CLOSED)
    timers.announce(day=date(2025, 1, 6), kind="holiday", why="临时放假", by=ADMIN)
    assert timers.recompute_open(why="临时放假") == 0 and not _steps(closed, "recompute")


def test_a_date_that_only_became_certain_is_marked_without_a_step(cast):
    with clock.fixed(datetime.fromisoformat("2027-03-01T10:00+08:00")):
        case = cast.at_state(State.IN_PROGRESS)
        assert CaseClock.objects.get(case_id=case.id, code="handle").provisional
        calendar.announce_year(calendar=settings.CALENDAR, year=2027, days=[(date(2027, 10, 1), "holiday", "国庆节放假")], by=SETUP)
        assert timers.recompute_open(why="2027 年放假安排公布") == 0
    assert not CaseClock.objects.get(case_id=case.id, code="handle").provisional and not _steps(case, "recompute")


@pytest.fixture
def unsigned(cast):
    """An urgent order with the water bureau, three people on its duty list."""
    for n, name in enumerate(("甲", "乙", "丙"), 1):
        org.set_duty(unit=cast.units["water"], name=f"值班{name}", phone=f"1390000000{n}", order=n, by=SETUP,
                     starts=NOW - timedelta(hours=1), ends=NOW + timedelta(hours=20))
    case = cast.create(urgent=True)
    return cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)


def test_the_duty_list_rings_on_name_after_name_round_and_round_and_wakes_the_shift_leader_after_each_round(cast, unsigned):
    Person.objects.filter(username="shift_leader").update(phone="0890-5550190")
    work = Message.objects.filter(channel="work", template="urgent_duty")
    before = work.count()
    due = unsigned.sign_due_at
    assert timers.ring(at=due) == 0
    calls = [timers.ring(at=due + timedelta(minutes=m)) for m in range(1, 200)]
    assert [n for n, call in enumerate(calls, 1) if call] == [1, 31, 61, 91, 121, 151, 181]
    assert [step.text.words["duty_name"] for step in _steps(unsigned, "ring_duty")] == [f"值班{c}" for c in "甲乙丙甲乙丙甲"]
    assert work.count() == before + 7
    assert [step.given["rounds"] for step in _steps(unsigned, "wake_shift")] == [1, 2]
    assert Message.objects.filter(template="wake_shift").count() == 2
    with clock.fixed(due + timedelta(minutes=201)):
        shown = shift_lists.unsigned_urgent(cast.actors["shift_leader"])
        assert shown[0].case.marks.woken == 2 and ("值班长" in [whom for _, whom, _ in shown[0].rung])
        cast.take(unsigned, "sign", "water")
        assert not shift_lists.unsigned_urgent(cast.actors["shift_leader"]) and timers.ring() == 0


def test_between_two_rings_nothing_is_opened_however_many_orders_are_late(cast, unsigned, django_assert_max_num_queries):
    due = unsigned.sign_due_at
    assert timers.ring(at=due + timedelta(minutes=1)) == 1
    with django_assert_max_num_queries(1):
        assert timers.ring(at=due + timedelta(minutes=30)) == 0


def test_an_order_given_to_another_unit_rings_there_whatever_rang_before(cast, unsigned):
    due = unsigned.sign_due_at
    assert timers.ring(at=due + timedelta(minutes=1)) == 1
    CaseClock.objects.filter(case_id=unsigned.id, code="sign").update(started_at=due + timedelta(minutes=2))
    assert timers.ring(at=due + timedelta(minutes=3)) == 1, "the ring before belonged to what was sent before"


def test_an_order_that_is_not_urgent_is_rung_about_as_late_and_not_as_urgent(cast, unsigned):
    calm = cast.at_state(State.PENDING_SIGN)
    assert timers.ring(at=calm.sign_due_at + timedelta(minutes=1))
    said = {message.about: message for message in Message.objects.filter(channel="work", template__in=("unsigned", "urgent_duty")).order_by("id")}
    assert said[f"case:{calm.id}"].template == "unsigned" and said[f"case:{unsigned.id}"].template == "urgent_duty"


def test_where_nobody_is_on_the_list_the_shift_leader_is_woken_at_once_and_again(cast):
    case = cast.at_state(State.PENDING_SIGN, lead="roads", urgent=True)
    calls = [timers.ring(at=case.sign_due_at + timedelta(minutes=m)) for m in range(1, 70)]
    assert sum(calls) == 3 and [s.given["rounds"] for s in _steps(case, "wake_shift")] == [1, 2, 3]


def test_a_name_that_came_onto_the_list_later_is_rung_before_those_who_were(cast, unsigned):
    due = unsigned.sign_due_at
    for m in (1, 31):
        timers.ring(at=due + timedelta(minutes=m))
    org.set_duty(unit=cast.units["water"], name="值班丁", phone="13900000009", order=1, by=SETUP, starts=NOW, ends=NOW + timedelta(hours=20))
    timers.ring(at=due + timedelta(minutes=61))
    assert [step.text.words["duty_name"] for step in _steps(unsigned, "ring_duty")][-1] == "值班丁"


def test_an_order_dispatched_anew_is_rung_from_the_beginning(cast, unsigned):
    for m in (1, 31, 61):
        timers.ring(at=unsigned.sign_due_at + timedelta(minutes=m))
    with clock.fixed(unsigned.sign_due_at + timedelta(minutes=70)):
        cast.take(unsigned, "take_back", "coordinator", reason="改派")
        again = cast.take(unsigned, "dispatch", "dispatcher", lead=cast.units["water"].id)
        assert not again.marks.woken
    timers.ring(at=again.sign_due_at + timedelta(minutes=1))
    assert [step.text.words["duty_name"] for step in _steps(unsigned, "ring_duty")][-1] == "值班甲"


def test_a_signed_order_rings_nobody(cast, unsigned):
    cast.take(unsigned, "sign", "water")
    assert timers.ring(at=unsigned.sign_due_at + timedelta(hours=1)) == 0


def test_an_anchor_takes_down_what_changed_and_finds_what_was_changed_later(cast):
    first, second = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PENDING_REVIEW)
    assert anchors.anchor() == 2 and not list(anchors.broken())
    cast.take(second, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    assert not list(anchors.broken())
    files = list(anchors.folder().glob("*.heads"))
    files[0].write_bytes(files[0].read_bytes().replace(str(first.id).encode(), b"1"))
    assert any("被改动" in word for word in anchors.broken())
    files[0].unlink()
    assert any("不在数据目录" in word for word in anchors.broken())


def test_jobs_may_be_repeated(cast):
    jobs.make_months(timestamp=0)
    cast.at_state(State.IN_PROGRESS)
    for job in (jobs.make_months, jobs.ring_duty, jobs.recompute_daily):
        job(timestamp=0)
        job(timestamp=0)
    assert _exists("cases_case_202501") and _exists("cases_casestep_202504")


def test_a_month_whose_rows_came_before_its_table_stops_no_other_month(cast):
    cast.at_state(State.IN_PROGRESS)
    jobs.make_months(timestamp=0)
    assert not _exists("cases_case_202501") and _exists("cases_case_202502") and _exists("cases_casestep_202504")


def _exists(table):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return cursor.fetchone()[0]


@pytest.mark.parametrize(("step", "who"), [("phone_urge", "agent"), ("remind", "supervisor"), ("urge", "")])
def test_an_order_that_is_urged_reaches_the_units_duty_phone_once_an_hour(cast, step, who):
    Duty.objects.create(unit=cast.units["water"], name="值班乙", phone="0890-5550199", starts=NOW - timedelta(days=1), ends=NOW + timedelta(days=2))
    case = cast.at_state(State.IN_PROGRESS)

    def urge():
        by = cast.actors[who] if who else citizen(case.id)
        actions.take_step(case_id=case.id, step=step, by=by, given={"reason": "请尽快"} if step == "remind" else {})

    told = Message.objects.filter(template="urged", about=f"case:{case.id}", channel="work")
    urge()
    urge()
    assert told.count() == 1
    with clock.fixed(NOW + timedelta(minutes=61)):
        urge()
    assert told.count() == 2


def test_where_nobody_is_on_the_duty_list_the_liaison_is_told(cast):
    case = cast.at_state(State.IN_PROGRESS)
    cast.take(case, "phone_urge", "agent")
    assert not Message.objects.filter(template="urged").exists(), "nobody has a number yet"
    Person.objects.filter(id=cast.people["water"].id).update(phone="0890-5550188")
    cast.take(case, "phone_urge", "agent")
    row = Message.objects.get(template="urged", about=f"case:{case.id}")
    assert unseal(row.to_sealed, TO) == "0890-5550188" and "次仁" in unseal(row.text_sealed, TEXT)


def test_an_order_past_its_limit_is_told_to_the_unit_once_for_each_limit_and_never_at_night(cast):
    Person.objects.filter(id=cast.people["water"].id).update(phone="0890-5550188")
    case, parked, urgent = cast.at_state(State.IN_PROGRESS), cast.at_state(State.PARKED), cast.at_state(State.IN_PROGRESS, urgent=True)
    cast.at_state(State.PENDING_CHECK)

    def told(at: str) -> list[tuple[str, str]]:
        """(number, text) of what is written then."""
        known = set(Message.objects.values_list("id", flat=True))
        with clock.fixed(datetime.fromisoformat(f"2025-{at}+08:00")):
            assert timers.tell_late() + timers.tell_late() == Message.objects.filter(template="overdue").exclude(id__in=known).count()
        return [(m.about, unseal(m.text_sealed, TEXT)) for m in Message.objects.filter(template="overdue").exclude(id__in=known)]

    assert told("01-02T10:30") == []
    [(about, text)] = told("01-02T23:10")
    assert about == f"case:{urgent.id}" and urgent.number in text and "超过联系诉求人时限" in text, "urgent: day and night"
    assert told("01-03T23:10") == [], "a working day's limit is told in office hours"
    [(about, text)] = told("01-06T10:10")
    assert about == f"case:{case.id}" and "超过联系诉求人时限" in text and parked.number not in text
    with clock.fixed(datetime.fromisoformat("2025-01-06T10:20+08:00")):
        cast.take(case, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
    assert [text for about, text in told("01-10T10:10") if about == f"case:{case.id}" and "超过办理时限" in text]
    Message.objects.all().delete()
    assert told("02-10T10:10") == [], "a month later it is no news"


NUMBERS = {"water": "0890-5550188", "roads": "0890-5550189"}


def test_a_unit_that_got_the_order_later_is_told_whatever_the_one_before_it_was_told(cast):
    for unit, number in NUMBERS.items():
        Person.objects.filter(id=cast.people[unit].id).update(phone=number)
    case = cast.at_state(State.IN_PROGRESS)

    def told(template: str) -> list[str]:
        return [unseal(m.to_sealed, TO) for m in Message.objects.filter(template=template, about=f"case:{case.id}").order_by("id")]

    with clock.fixed(datetime.fromisoformat("2025-01-10T10:00+08:00")):  # the limit of handling ran out yesterday
        cast.take(case, "contact", "water", contact_at=clock.now().isoformat(), contact_how="phone")
        cast.take(case, "phone_urge", "agent")
        assert timers.tell_late() == 1
    with clock.fixed(datetime.fromisoformat("2025-01-10T10:10+08:00")):
        cast.take(case, "take_back", "coordinator", reason="实属城管局")
        cast.take(case, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    with clock.fixed(datetime.fromisoformat("2025-01-10T10:20+08:00")):
        cast.take(case, "sign", "roads")
        cast.take(case, "contact", "roads", contact_at=clock.now().isoformat(), contact_how="phone")
        cast.take(case, "phone_urge", "agent")
        assert (timers.tell_late(), timers.tell_late()) == (1, 0), "handling runs on, and it is late for whoever has it"
    assert told("overdue") == told("urged") == list(NUMBERS.values())


def test_orders_of_a_unit_that_has_nobody_to_be_told_keep_no_other_from_its_turn(cast, monkeypatch, django_assert_max_num_queries):
    silent = cast.at_state(State.IN_PROGRESS)
    heard = cast.create()
    cast.take(heard, "dispatch", "dispatcher", lead=cast.units["roads"].id)
    cast.take(heard, "sign", "roads")
    monkeypatch.setattr(timers, "AT_ONCE", 1)
    Person.objects.filter(unit=cast.units["roads"]).update(phone="0890-5550189")
    Case.objects.filter(id__in=(silent.id, heard.id)).update(due_at=NOW + timedelta(hours=1))
    Case.objects.filter(id=silent.id).update(due_at=NOW + timedelta(minutes=30))
    with clock.fixed(NOW + timedelta(hours=2)):
        assert timers.tell_late() == 1
        assert Message.objects.filter(template="overdue", about=f"case:{heard.id}").exists()
        with django_assert_max_num_queries(4):
            assert timers.tell_late() == 0


def test_what_does_not_lie_with_a_unit_is_urged_without_ringing_it(cast):
    case = cast.at_state(State.PENDING_CHECK)
    cast.take(case, "phone_urge", "agent")
    assert not Message.objects.filter(template="urged").exists()
