"""Nobody locks anybody out from elsewhere, nobody guesses freely from a whole network, and too much of it rings an alarm."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

import pytest
from tests.cast import NOW, build
from tests.rooms.test_accounts import GOOD, Watch

from minsheng.accounts import actions, login, try_limits
from minsheng.accounts.known_devices import Device
from minsheng.accounts.sessions import SessionStore
from minsheng.cases.actions import by_citizen
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry

pytestmark = pytest.mark.one_server


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(clock, "machine_now", made)
    return made


@pytest.fixture
def cast(db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with clock.fixed(NOW):
        made = build()
        actions.set_password(person=made.people["agent"], password=GOOD, by=actions.COMMAND_LINE, setup=True)
        yield made


def log_in(username: str, password: str, address: str, known: Device | None = None) -> str:
    try:
        login.log_in(username=username, password=password, address=address, device="test", session=SessionStore(), known=known)
        return "in"
    except Refused as refused:
        return refused.verdict.code


def open_case(number: str, code: str, address: str, known: Device | None = None) -> str:
    try:
        by_citizen.open_by_code(number=number, code=code, address=address, known=known)
        return "in"
    except Refused as refused:
        return refused.verdict.code


# --- log-in ------------------------------------------------------------


def test_whoever_tries_from_elsewhere_does_not_lock_the_owner_out(cast, watch):
    for n in range(30):
        log_in("agent", "wrong", f"99.0.0.{n}")
    assert log_in("agent", GOOD, "99.0.0.200") == "wait" and log_in("agent", GOOD, "10.0.0.1") == "in"


def test_a_known_device_passes_even_from_the_office_where_somebody_fills_every_counter(cast, watch):
    desk = Device().remembering(f"person:{cast.people['agent'].id}")
    for n in range(60):
        log_in("agent" if n < 10 else f"name{n}", "wrong", "10.0.0.1")
    assert log_in("agent", GOOD, "10.0.0.1") == "wait" and log_in("agent", GOOD, "10.0.0.1", desk) == "in"


def test_a_device_is_known_for_its_own_people_only_and_is_counted_too(cast, watch):
    desk = Device().remembering(f"person:{cast.people['agent'].id}")
    assert [log_in("agent", "wrong", "10.0.0.1", desk) for _ in range(9)] == ["wrong"] * 8 + ["wait"]
    assert log_in("agent", GOOD, "10.0.0.1") == "in", "who has no device is not held by what one did"
    for _ in range(5):
        log_in("checker", "wrong", "10.0.0.1")
    assert log_in("checker", "wrong", "10.0.0.1", desk) == "wait", "the desk of a colleague is no way around"


@pytest.mark.parametrize("same", ["64", "48"])
def test_another_address_of_the_same_ipv6_network_is_no_new_guesser(cast, watch, same):
    said = [log_in("agent", "wrong", f"2001:db8:5:{n if same == '48' else 0:x}::{n + 1:x}") for n in range(6)]
    assert said == ["wrong"] * 4 + ["wait"] * 2 and log_in("agent", GOOD, "2001:db8:6::1") == "in"


def test_many_at_once_are_no_way_around_the_count(cast, watch, monkeypatch):
    """A try counts before its password is looked at: who sends a hundred in the same moment gets four answers."""
    looked = []
    monkeypatch.setattr(login, "_check", lambda username, password: looked.append(log_in("agent", "wrong", "9.9.9.9") if len(looked) < 50 else "") and None)
    log_in("agent", "wrong", "9.9.9.9")
    assert 0 < len(looked) <= 4


def test_a_new_password_begins_the_count_anew(cast, watch):
    for _ in range(9):
        log_in("agent", "wrong", "10.0.0.1")
    new = actions.reset_password(person_id=cast.people["agent"].id, by=cast.actors["security_admin"])
    assert log_in("agent", new, "10.0.0.1") == "in"


def test_a_wrong_old_password_counts_like_a_failed_log_in(cast, watch):
    def change(old: str) -> str:
        try:
            login.change_password(by=cast.actors["agent"], username="agent", old=old, password="Another-word-77", address="10.0.0.1")
            return "done"
        except Invalid as wrong:
            return wrong.errors["old"]

    assert all("不对" in change("guess") for _ in range(4))
    assert "请等" in change(GOOD) and log_in("agent", GOOD, "10.0.0.1") == "wait"
    assert Entry.objects.filter(kind="log_in_failed").count() == 4
    watch.on(minutes=2)
    assert change(GOOD) == "done" and log_in("agent", "Another-word-77", "10.0.0.1") == "in"


# --- query codes ------------------------------------------------------------


@pytest.fixture
def case(cast):
    return cast.create()


def test_four_wrong_codes_from_elsewhere_do_not_lock_the_requester_out(cast, case, watch):
    for n in range(20):
        open_case(case.number, "00000000", f"99.0.0.{n}")
    assert open_case(case.number, cast.codes[case.id], "99.0.0.99") == "wait"
    assert open_case(case.number, cast.codes[case.id], "10.0.0.1") == "in"


def test_the_phone_that_opened_the_case_before_passes_from_a_network_that_is_full_of_guessers(cast, case, watch):
    phone = Device().remembering(f"case:{case.id}")
    for n in range(300):
        open_case(f"2025010299{n:04d}", "00000000", f"10.0.0.{n % 250}")
    assert open_case(case.number, cast.codes[case.id], "10.0.0.7") == "wait"
    assert open_case(case.number, cast.codes[case.id], "10.0.0.7", phone) == "in"
    other = cast.create()
    assert open_case(other.number, cast.codes[other.id], "10.0.0.7", phone) == "wait", "for another case it is a stranger"


def test_a_code_has_eight_figures_and_one_of_six_stays_valid(cast, case, watch):
    from minsheng.cases.actions import code_hash
    from minsheng.cases.models import Case

    assert len(cast.codes[case.id]) == 8 and cast.codes[case.id].isdigit()
    Case.objects.filter(id=case.id).update(code_hash=code_hash(case.number, "012345"))  # as it was given before
    assert open_case(case.number, "012345", "10.0.0.1") == "in" and open_case(case.number, "12345", "10.0.0.1") == "wrong"


def test_what_one_48_can_guess_in_a_day_against_running_numbers(cast, watch):
    """A new /64 and another number for every guess, as fast as is allowed, for a whole day: the figure of the manual."""
    first, taken, n = ipaddress.ip_address("2001:db8:7::1"), 0, 0
    end = watch.at + timedelta(days=1)
    while watch.at < end:
        n += 1
        said = open_case(f"20250102{n % 1_000_000:06d}", "00000000", str(first + (n << 64) % (1 << 80)))
        taken += said == "wrong"
        if said == "wait":
            watch.on(minutes=5)
    assert 360 < taken <= 368 == try_limits.code_limits("1", "2001:db8:7::1")[2].a_day


# --- the alarm ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["logins", "codes"])
def test_too_many_wrong_ones_from_everywhere_ring_once_an_hour_and_shut_nobody_out(cast, case, watch, kind, caplog, monkeypatch):
    few = try_limits.Drip(f"all:{kind}", 30, timedelta(minutes=1))
    monkeypatch.setitem(try_limits.ALL_WRONG, kind, few)
    knock = {"logins": lambda n: log_in(f"name{n}", "wrong", f"9.{n // 200}.{n % 200}.1"),
             "codes": lambda n: open_case(f"2025010299{n:04d}", "0", f"9.{n // 200}.{n % 200}.1")}[kind]
    for n in range(29):
        knock(n)
    assert not Entry.objects.filter(kind="alarm").exists()
    for n in range(29, 60):
        knock(n)
    [entry] = Entry.objects.filter(kind="alarm")
    assert entry.detail["what"] == kind and [r for r in caplog.records if r.name == "minsheng.alarm"]
    watch.on(minutes=59)
    assert log_in("agent", GOOD, "10.0.0.1") == "in" and open_case(case.number, cast.codes[case.id], "10.0.0.1") == "in"
    watch.on(minutes=2)
    for n in range(100, 200):
        knock(n)
    assert Entry.objects.filter(kind="alarm").count() == 2


def test_the_alarm_stands_on_the_security_administrators_pages_and_on_nobody_elses(cast, monkeypatch):
    monkeypatch.setitem(try_limits.ALL_WRONG, "codes", try_limits.Drip("all:codes", 1, timedelta(hours=1)))
    for n in range(3):
        open_case(f"202501029900{n}", "0", f"9.9.{n}.1")
    for who, path, sees in (("security_admin", "/desk/people", True), ("security_admin", "/desk/system", True), ("system_admin", "/desk/people", False),
                            ("audit_admin", "/desk/people", False)):
        page = cast.client(who).get(path)
        assert page.status_code == 200 and ("查询码输错异常增多" in page.content.decode()) is sees, (who, path)


def test_what_a_stranger_types_reaches_no_line_of_the_log(cast, watch, caplog, monkeypatch):
    monkeypatch.setitem(try_limits.ALL_WRONG, "logins", try_limits.Drip("all:logins", 1, timedelta(hours=1)))
    for n in range(4):
        log_in("evil\n2025-01-02 WARNING forged line", "x\r\ny", f"9.9.{n}.1")
    assert caplog.records and not [r for r in caplog.records if "forged" in r.getMessage() or "\n" in r.getMessage() or "\r" in r.getMessage()]
    assert not Entry.objects.filter(kind="log_in_failed", detail__icontains="forged").exists()
