"""Log-in that slows down guessing, sessions that end, keys within their scopes, roles that may not meet."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from tests.cast import NOW, build

from minsheng.accounts import actions, login, queries, rules
from minsheng.accounts.models import ApiToken, LoginAttempt, Session
from minsheng.accounts.rules import Role
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger.models import Entry

GOOD = "Tap-water-2025"


class Watch:
    """The machine's time, which a test may move on."""

    def __init__(self):
        self.at = clock.machine_now()

    def __call__(self):
        return self.at

    def on(self, **span) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(clock, "machine_now", made)
    return made


@pytest.fixture(autouse=True)
def _quick_hash(settings):
    """What a password's hash costs is not looked at here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cast(db, _quick_hash):
    with clock.fixed(NOW):
        made = build()
        actions.set_password(person=made.people["agent"], password=GOOD, by=actions.COMMAND_LINE, setup=True)
        yield made


def log_in(username: str, password: str, address: str = "10.0.0.1") -> str:
    """"in", or the code of the refusal."""
    from minsheng.accounts.sessions import SessionStore

    try:
        login.log_in(username=username, password=password, address=address, device="test", session=SessionStore())
        return "in"
    except Refused as refused:
        return refused.verdict.code


def test_after_four_wrong_passwords_even_the_right_one_waits_and_the_wait_doubles(cast, watch):
    assert [log_in("agent", "wrong") for _ in range(4)] == ["wrong"] * 4
    assert log_in("agent", GOOD) == "wait"
    watch.on(seconds=29)
    assert log_in("agent", GOOD) == "wait"
    watch.on(seconds=2)
    assert log_in("agent", "wrong") == "wrong" and log_in("agent", GOOD) == "wait"
    watch.on(seconds=31)
    assert log_in("agent", GOOD) == "wait"
    watch.on(seconds=30)
    assert log_in("agent", GOOD) == "in"
    assert [log_in("agent", "wrong") for _ in range(4)] == ["wrong"] * 4  # forgiven: counted anew


def test_waiting_costs_no_guess_and_no_wait_is_longer_than_an_hour(cast, watch):
    for _ in range(30):
        log_in("agent", "wrong")
        watch.on(hours=1)
    assert log_in("agent", GOOD) == "in"


def test_a_name_that_does_not_exist_is_answered_like_one_that_does(cast, watch):
    def answers(name: str) -> list[str]:
        said = []
        for _ in range(6):
            with pytest.raises(Refused) as refused:
                login.log_in(username=name, password="wrong", address=f"10.1.0.{len(name)}", device="", session=None)
            said.append(refused.value.verdict.reason)
        return said

    assert answers("agent") == answers("nobody_here")


def test_many_names_from_one_address_are_slowed_down_and_another_address_is_not(cast, watch):
    assert {log_in(f"name{n}", "guess", "10.9.9.9") for n in range(40)} == {"wrong"}
    assert log_in("agent", GOOD, "10.9.9.9") == "wait" and log_in("agent", GOOD, "10.9.9.8") == "in"


def test_log_ins_stand_in_the_ledger_and_failed_ones_without_what_was_typed(cast, watch):
    log_in("agent", "Secret-typed-here")
    log_in("agent", GOOD)
    failed, came = Entry.objects.filter(kind="log_in_failed").get(), Entry.objects.filter(kind="log_in").get()
    assert came.by_id == cast.people["agent"].id and "10.0.0.1" in str(came.detail)
    assert "agent" not in str((failed.by_name, failed.about, failed.detail)) and "Secret" not in str(failed.detail)


def test_a_log_in_changes_the_sessions_key_and_a_session_set_by_somebody_else_is_worth_nothing(cast):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    client.post("/login", {"username": "agent", "password": GOOD})
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    assert key != "a" * 32 and client.get("/me").status_code == 200
    assert client.cookies[settings.SESSION_COOKIE_NAME]["httponly"] and client.cookies[settings.SESSION_COOKIE_NAME]["samesite"] == "Lax"


@pytest.mark.parametrize(("who", "minutes"), [("agent", 240), ("security_admin", 30)])
def test_an_idle_session_ends_and_an_administrators_sooner(cast, watch, who, minutes):
    client = cast.client(who)
    watch.on(minutes=minutes - 5)
    assert client.get("/me").status_code == 200  # just in time, and seen again
    watch.on(minutes=minutes, seconds=1)
    assert client.get("/me").status_code in (302, 401) and not Session.objects.filter(person=cast.people[who]).exists()


def test_a_session_in_use_ends_after_eight_hours(cast, watch):
    client = cast.client("agent")
    for _ in range(8):
        watch.on(minutes=59)
        assert client.get("/me").status_code == 200
    watch.on(minutes=9)
    assert client.get("/me").status_code in (302, 401) and not Session.objects.filter(person=cast.people["agent"]).exists()


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(cast):
    here, there = cast.client("agent"), cast.client("agent")
    key = here.cookies[settings.SESSION_COOKIE_NAME].value
    with pytest.raises(Invalid):
        actions.set_password_of(person_id=cast.people["agent"].id, password="Another-2025", old="guess", by=cast.actors["agent"], keep_session=key)
    assert there.get("/me").status_code == 200
    actions.set_password_of(person_id=cast.people["agent"].id, password="Another-2025", old=GOOD, by=cast.actors["agent"], keep_session=key)
    assert here.get("/me").status_code == 200 and there.get("/me").status_code in (302, 401)
    assert log_in("agent", GOOD) == "wrong" and log_in("agent", "Another-2025") == "in"


@pytest.mark.parametrize("password", ["short1", "12345678901", "aaaaaaaaaaaa", "my-agent-word", ""])
def test_a_password_that_is_easily_guessed_is_refused_by_name_of_what_is_wrong(cast, password):
    with pytest.raises(Invalid) as wrong:
        actions.set_password(person=cast.people["agent"], password=password, old=GOOD, by=cast.actors["agent"])
    assert "password" in wrong.value.errors


def test_who_leaves_is_out_at_once_with_sessions_and_keys_and_a_role_taken_is_gone_with_the_next_click(cast):
    client, (_, secret) = cast.client("agent"), actions.make_token(person=cast.people["agent"], name="对接", scopes=["cases.read"], by=cast.actors["agent"])
    actions.revoke_role(person=cast.people["agent"], role=Role.AGENT, by=cast.actors["security_admin"])
    assert queries.by_token(secret)[1].roles == frozenset() and client.get("/desk/intake/").status_code in (403, 404)
    actions.leave(person=cast.people["agent"], by=cast.actors["system_admin"], reason="调离")
    assert client.get("/me").status_code in (302, 401) and queries.by_token(secret) is None and log_in("agent", GOOD) == "wrong"


# --- keys of programs ------------------------------------------------------------


def test_a_key_works_within_its_scopes_until_it_ends_and_is_kept_as_a_digest_only(cast, watch):
    token, secret = actions.make_token(person=cast.people["agent"], name="对接", scopes=["cases.read"], by=cast.actors["agent"], days=30)
    _, actor = queries.by_token(secret)
    assert actor.scopes == {"cases.read"} and actor.roles == {Role.AGENT}
    assert secret not in str(ApiToken.objects.values()) and secret[3:] not in str(ApiToken.objects.values())
    assert queries.by_token(secret + "x") is None and queries.by_token("") is None and queries.by_token(token.hash) is None
    watch.on(days=30, seconds=1)
    assert queries.by_token(secret) is None


def test_a_key_is_made_by_its_person_and_ended_by_him_or_the_security_administrator(cast):
    mine = {"person": cast.people["agent"], "name": "对接", "scopes": ["cases.read"]}
    for who in ("system_admin", "security_admin", "dispatcher"):
        with pytest.raises(Refused):
            actions.make_token(**mine, by=cast.actors[who])
    for wrong in ({"scopes": []}, {"scopes": ["everything"]}):
        with pytest.raises(Refused):
            actions.make_token(**mine | wrong, by=cast.actors["agent"])
    for days in (0, 4000):
        with pytest.raises(Invalid):
            actions.make_token(**mine, by=cast.actors["agent"], days=days)
    for ender in ("agent", "security_admin"):
        token, secret = actions.make_token(**mine, by=cast.actors["agent"])
        with pytest.raises(Refused):
            actions.revoke_token(token=token, by=cast.actors["dispatcher"])
        actions.revoke_token(token=token, by=cast.actors[ender], reason="对接结束")
        assert queries.by_token(secret) is None


# --- roles ------------------------------------------------------------


def test_it_takes_two_administrators_to_make_an_account_that_may_do_something(cast):
    with pytest.raises(Refused):  # who opens accounts gives no roles
        actions.grant_role(person=cast.people["town"], role=Role.UNIT_APPROVER, by=cast.actors["system_admin"])
    with pytest.raises(Refused):  # who gives roles opens no accounts
        actions.create_person(username="new1", name="新人", unit=cast.units["water"], by=cast.actors["security_admin"])
    with pytest.raises(Refused):  # nor gives any to himself
        actions.grant_role(person=cast.people["security_admin"], role=Role.AGENT, by=cast.actors["security_admin"])
    person = actions.create_person(username="new1", name="新人", unit=cast.units["water"], by=cast.actors["system_admin"])
    with pytest.raises(Refused):  # nor one that nobody else has asked for
        actions.grant_role(person=person, role=Role.UNIT_HANDLER, by=cast.actors["security_admin"])
    actions.ask_role(person_id=person.id, role=Role.UNIT_HANDLER, by=cast.actors["system_admin"], reason="新到岗")
    actions.grant_role(person=person, role=Role.UNIT_HANDLER, by=cast.actors["security_admin"])
    assert queries.roles_of(person.id) == {Role.UNIT_HANDLER}
    assert {e.by_name for e in Entry.objects.filter(about=f"person:{person.id}")} == {"系统管理员甲", "安全管理员甲"}


@pytest.mark.parametrize(("first", "second"), [
    (Role.CALLBACK_CLERK, Role.UNIT_HANDLER), (Role.CHECKER, Role.UNIT_APPROVER), (Role.DISPATCHER, Role.RETURN_REVIEWER), (Role.CALLBACK_CLERK, Role.CHECKER),
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN), (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN), (Role.SYSTEM_ADMIN, Role.AGENT), (Role.INSPECTOR, Role.DISPATCHER),
    (Role.QUALITY, Role.AGENT), (Role.AGENT, Role.REQUESTER), (Role.AGENT, Role.CLOCK),
])
def test_roles_that_may_not_meet_in_one_person(first, second):
    assert not rules.may_hold(frozenset({first, second})) and rules.may_hold(frozenset({first, second})).reason


def test_nobody_has_two_accounts_in_which_roles_meet_that_may_not_meet_in_one_person(cast):
    """Drafted under the one, signed under the other: every guard of the own deed looked at the account."""
    by, centre, water = cast.actors["system_admin"], cast.units["centre"], cast.units["water"]
    first = actions.create_person(username="lisi", name="李四", unit=centre, phone="139-1111-2222", by=by)
    for phone in ("13911112222", "１３９ 1111 2222"):
        with pytest.raises(Invalid) as wrong:
            actions.create_person(username="lisi2", name=" 李四 ", unit=water, phone=phone, by=by)
        assert "一人一个账号" in wrong.value.errors["phone"] and "lisi" in wrong.value.errors["phone"]
    namesake = actions.create_person(username="lisi3", name="李四", unit=water, phone="13911113333", by=by)
    with pytest.raises(Invalid):
        actions.change_person(person=namesake, by=by, name="李四", unit=water, phone="13911112222")
    assert actions.change_person(person=first, by=by, name="李四", unit=centre, phone="13911112222").phone == "13911112222"
    actions.leave(person=first, by=by, reason="调离")
    again = actions.create_person(username="lisi4", name="李四", unit=water, phone="13911112222", by=by)
    with pytest.raises(Refused) as refused:
        actions.come_back(person=first, by=by, reason="回来")
    assert "一人一个账号" in refused.value.verdict.reason and again.is_active


def test_whether_roles_may_meet_does_not_depend_on_their_order_nor_vanish_when_more_are_added():
    for a in Role:
        for b in Role:
            together = bool(rules.may_hold(frozenset({a, b})))
            assert together == bool(rules.may_hold(frozenset({b, a})))
            if not together:
                assert not any(rules.may_hold(frozenset({a, b, c})) for c in Role)


def test_what_is_kept_of_visitors_is_forgotten(cast, watch):
    cast.client("agent")
    log_in("nobody", "wrong")
    assert login.forget_old() == 0
    watch.on(hours=25)  # the session's end and all counters lie behind
    assert login.forget_old() == 5 and not Session.objects.exists() and not LoginAttempt.objects.exists()
