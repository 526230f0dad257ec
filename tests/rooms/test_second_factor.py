"""The second step of a log-in: set up with a phone, asked for after the password, taken once, counted when wrong, ended only by others."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from django.conf import settings as the_settings
from django.test import Client
from tests.cast import NOW, build
from tests.rooms.test_accounts import GOOD, Watch

from minsheng.accounts import actions, login, queries, second_factor
from minsheng.accounts.models import SecondFactor, Session
from minsheng.asgi import reader
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.ledger.models import Entry


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(clock, "machine_now", made)
    return made


@pytest.fixture
def cast(db, settings, monkeypatch):
    monkeypatch.setattr("minsheng.asgi.close_old_connections", lambda: None)  # it would end the test's own transaction
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with clock.fixed(NOW):
        made = build()
        for who in ("agent", "security_admin", "analyst"):
            actions.set_password(person=made.people[who], password=GOOD, by=actions.COMMAND_LINE, setup=True)
        yield made


class Phone:
    """An authenticator: it shows six figures for the machine's time."""

    def __init__(self, secret: str):
        self.totp = pyotp.TOTP(secret.replace(" ", ""))

    def shows(self, later: int = 0) -> str:
        return self.totp.at(clock.machine_now() + timedelta(seconds=30 * later))


def set_up(cast, who: str) -> tuple[Phone, list[str]]:
    phone = Phone(second_factor.begin(by=cast.actors[who], username=who).secret)
    return phone, second_factor.confirm(by=cast.actors[who], code=phone.shows())


def come(who: str, password: str = GOOD, next: str = "") -> Client:
    client = Client()
    client.post("/login", {"username": who, "password": password, "next": next})
    return client


def is_in(client: Client) -> bool:
    return client.get("/me").status_code == 200


# --- set up ------------------------------------------------------------


def test_a_second_step_is_set_up_on_the_page_by_picture_or_by_typing_and_the_codes_are_shown_once(cast, watch):
    client = cast.client("agent")
    page = client.get("/me/second").content.decode()
    assert "<script" not in page.split('class="segno"')[1].split("</svg>")[0]
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]{30,})</code>", page)[1]
    assert client.get("/me/second").content.decode().count(secret) == 1, "loaded again it is the same"
    wrong = client.post("/me/second/confirm", {"code": "000000"})
    assert wrong.status_code == 422 and "数字不对" in wrong.content.decode() and secret in wrong.content.decode()
    done = client.post("/me/second/confirm", {"code": Phone(secret).shows()}).content.decode()
    codes = re.findall(r"<code[^>]*>([a-z0-9-]{19})</code>", done)
    assert len(set(codes)) == 10 and is_in(client)
    for page in (client.get("/me/second").content.decode(), client.get("/me").content.decode()):
        assert secret not in page and not any(code in page for code in codes) and "还剩" in page


def test_neither_secret_nor_recovery_codes_lie_open_in_the_database(cast, watch):
    phone, codes = set_up(cast, "agent")
    kept = str(SecondFactor.objects.values())
    assert phone.totp.secret not in kept and phone.totp.secret.encode() not in bytes(SecondFactor.objects.get().secret_sealed)
    assert not any(code.replace("-", "") in kept or code in kept for code in codes)


# --- log-in ------------------------------------------------------------


def test_the_password_alone_opens_nothing_any_more(cast, watch):
    phone, _ = set_up(cast, "agent")
    client = come("agent", next="/desk/cases")
    assert not is_in(client) and client.get("/desk/intake").status_code == 302
    assert reader(f"sessionid={client.cookies['sessionid'].value}") is None
    assert not Session.objects.filter(person=cast.people["agent"]).exists()
    watch.on(seconds=60)
    half = client.cookies["sessionid"].value
    there = client.post("/login/code", {"code": phone.shows()})
    assert there.headers["Location"] == "/desk/cases" and is_in(client)
    assert client.cookies["sessionid"].value != half, "the key is new once more"


def test_the_code_page_alone_leads_nowhere_and_its_time_ends(cast, watch):
    phone, _ = set_up(cast, "agent")
    assert Client().get("/login/code").headers["Location"] == "/login"
    assert Client().post("/login/code", {"code": phone.shows(2)}).headers["Location"] == "/login"
    client = come("agent")
    watch.on(minutes=11)
    assert client.post("/login/code", {"code": phone.shows()}).headers["Location"] == "/login" and not is_in(client)


def test_a_password_that_was_changed_between_the_two_steps_ends_the_first(cast, watch):
    phone, _ = set_up(cast, "agent")
    client = come("agent")
    actions.set_password(person=cast.people["agent"], password="Another-word-77", by=actions.COMMAND_LINE, setup=True)
    watch.on(seconds=60)
    assert client.post("/login/code", {"code": phone.shows()}).headers["Location"] == "/login" and not is_in(client)


def test_who_leaves_or_is_locked_between_the_two_steps_does_not_come_in(cast, watch):
    phone, _ = set_up(cast, "agent")
    client = come("agent")
    actions.lock_person(person_id=cast.people["agent"].id, by=cast.actors["security_admin"], reason="停用")
    watch.on(seconds=60)
    client.post("/login/code", {"code": phone.shows()})
    assert not is_in(client)


def test_a_code_is_taken_once_and_neither_early_nor_late(cast, watch):
    phone, _ = set_up(cast, "agent")

    def tried(code: str) -> bool:
        return second_factor.check(person_id=cast.people["agent"].id, code=code)

    assert not tried(phone.shows()), "the one of the set-up is used"
    watch.on(seconds=90)
    old, now, soon, later = phone.shows(-2), phone.shows(), phone.shows(1), phone.shows(2)
    assert not tried(old) and not tried(later)
    assert tried(now) and not tried(now), "not twice"
    assert not tried(phone.shows(-1)), "nor one from before it"
    assert tried(soon) and not tried(now)


@pytest.mark.parametrize("typed", ["{0} ", "{0:.3}-{1}", "{2}", "{3}"])
def test_a_code_is_read_as_keyboards_write_it(cast, watch, typed):
    phone, _ = set_up(cast, "agent")
    watch.on(seconds=60)
    code = phone.shows()
    wide, tibetan = ("".join(chr(zero + int(c)) for c in code) for zero in (0xFF10, 0x0F20))
    assert second_factor.check(person_id=cast.people["agent"].id, code=typed.format(code, code[3:], wide, tibetan))


def test_a_recovery_code_works_once_and_stands_in_the_ledger(cast, watch):
    _, codes = set_up(cast, "agent")
    for typed, right in ((codes[0].upper().replace("-", " "), True), (codes[0], False), (codes[1], True), ("aaaa-bbbb-cccc-dddd", False), ("", False)):
        client = come("agent")
        client.post("/login/code", {"code": typed})
        assert is_in(client) is right, typed
    assert Entry.objects.filter(kind="recovery_used", by_id=cast.people["agent"].id).count() == 2
    assert not Entry.objects.filter(detail__icontains=codes[0][:4]).exists()


def test_wrong_codes_count_like_wrong_passwords_and_cannot_be_guessed_through(cast, watch):
    phone, _ = set_up(cast, "agent")
    client, said = come("agent"), []
    for n in range(6):
        said.append(client.post("/login/code", {"code": f"{n:06d}"}).status_code)
    assert said == [200] * 4 + [429] * 2
    watch.on(seconds=25)
    assert client.post("/login/code", {"code": phone.shows()}).status_code == 429, "not even the right one"
    assert Entry.objects.filter(kind="log_in_failed").count() == 4
    again = Client()
    assert again.post("/login", {"username": "agent", "password": GOOD}).status_code == 429, "nor does the password begin the count anew"


@pytest.mark.parametrize("where", ["elsewhere", "on a desk that the person uses"])
def test_the_right_password_between_wrong_codes_forgets_none_of_them(cast, watch, where):
    phone, _ = set_up(cast, "agent")
    client, wrong = Client(), 0
    if where != "elsewhere":
        watch.on(seconds=60)
        client = come("agent")
        client.post("/login/code", {"code": phone.shows()})
        client.post("/logout")
    for n in range(40):
        client.post("/login", {"username": "agent", "password": GOOD})
        wrong += client.post("/login/code", {"code": f"{n:06d}"}).status_code == 200
    assert wrong == (4 if where == "elsewhere" else 8)
    watch.on(minutes=1)
    client.post("/login", {"username": "agent", "password": GOOD})
    client.post("/login/code", {"code": phone.shows()})
    assert is_in(client), "the owner waits once and not twice"


def test_a_password_that_is_changed_in_vain_forgets_no_wrong_code_either(cast, watch):
    set_up(cast, "agent")
    client = cast.client("agent")
    said = []
    for n in range(8):
        client.post("/me/password", {"old": GOOD, "password": "1", "again": "1"})
        said.append("动态口令不对" in client.post("/me/second/change", {"step": "phone", "code": f"{n:06d}"}).content.decode())
    assert said == [True] * 4 + [False] * 4


def test_codes_of_one_person_are_not_guessed_from_many_networks_and_its_own_desk_stays_open(cast, watch):
    phone, _ = set_up(cast, "agent")
    watch.on(seconds=60)
    desk = come("agent")
    desk.post("/login/code", {"code": phone.shows()})
    tried = 0
    for n in range(90):
        client = Client(REMOTE_ADDR=f"77.{n}.0.1")
        client.post("/login", {"username": "agent", "password": GOOD})
        tried += client.post("/login/code", {"code": f"{n:06d}"}).status_code == 200
    assert tried == 40
    watch.on(seconds=60)
    desk.post("/logout")
    desk.post("/login", {"username": "agent", "password": GOOD})
    desk.post("/login/code", {"code": phone.shows()})
    assert is_in(desk)


def test_a_wrong_password_says_the_same_whether_there_is_a_second_step_or_not(cast, watch):
    set_up(cast, "agent")
    pages = [Client().post("/login", {"username": who, "password": "wrong-word-1"}, REMOTE_ADDR=f"9.9.{n}.1") for n, who in enumerate(("agent", "analyst", "nobody"))]
    texts = {re.sub(r'value="[^"]*"|content="[^"]*"|hx-headers=\'[^\']*\'', "", page.content.decode()) for page in pages}
    assert len(texts) == 1 and {page.status_code for page in pages} == {200}


# --- who must ------------------------------------------------------------


def test_an_administrator_without_one_gets_to_the_page_that_sets_it_up_and_nowhere_else(cast, watch):
    client = come("security_admin")
    key = client.cookies["sessionid"].value
    for path in ("/desk/people", "/desk/system", "/me", "/desk/"):
        assert client.get(path).headers["Location"] == "/me/second", path
    assert client.post(f"/desk/people/{cast.people['agent'].id}/deed", {"step": "reset"}).headers["Location"] == "/me/second"
    assert client.post("/me/tokens", {"name": "x", "scopes": ["cases.read"]}).headers["Location"] == "/me/second"
    assert reader(f"sessionid={key}") is None, "no live notices either"
    page = client.get("/me/second").content.decode()
    assert "请先设置动态口令" in page
    phone = Phone(re.search(r"<code[^>]*>([A-Z2-7 ]{30,})</code>", page)[1])
    assert client.post("/me/second/confirm", {"code": phone.shows()}).status_code == 200
    assert client.get("/desk/people").status_code == 200 and client.cookies["sessionid"].value != key


def test_whoever_may_see_numbers_has_some_days_and_is_told_so(cast, watch, settings):
    """The days themselves are pure: tests/rules/test_guessing.py."""
    client = Client()
    first = client.post("/login", {"username": "agent", "password": GOOD}, follow=True)
    assert "设置动态口令" in first.content.decode() and client.get("/desk/intake").status_code == 200
    settings.SECOND_FACTOR_GRACE_DAYS = 0
    assert come("agent").get("/desk/intake").headers["Location"] == "/me/second"
    assert come("analyst").get("/desk/cases").status_code == 200, "who sees no number need not"


@pytest.mark.parametrize("policy", ["advised", "off"])
def test_where_it_is_not_required_all_work_as_before_and_who_has_one_is_still_asked(cast, watch, settings, policy):
    settings.SECOND_FACTOR = policy
    assert come("security_admin").get("/desk/people").status_code == 200
    if policy == "advised":
        set_up(cast, "agent")
        assert not is_in(come("agent"))
    page = cast.client("security_admin").get("/me/second").content.decode()
    assert ('class="segno"' in page) is (policy == "advised")


def test_the_demo_asks_nobody():
    import os
    import subprocess
    import sys

    from tests.served import ROOT, environment

    def policy(**env) -> str:
        done = subprocess.run([sys.executable, "-c", "from minsheng import settings; print(settings.SECOND_FACTOR)"], env=environment(**env), cwd=ROOT,
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert os.environ.get("MINSHENG_DEMO") is None
    assert (policy(), policy(MINSHENG_DEMO="1"), policy(MINSHENG_SECOND_FACTOR="off")) == ("required", "advised", "off")


# --- changed and ended ------------------------------------------------------------


def test_another_phone_and_new_recovery_codes_ask_for_a_code_first(cast, watch):
    phone, codes = set_up(cast, "agent")
    client = cast.client("agent")
    for step in ("phone", "recovery"):
        assert client.post("/me/second/change", {"step": step, "code": "000000"}).status_code == 422
    watch.on(seconds=60)
    renewed = re.findall(r"<code[^>]*>([a-z0-9-]{19})</code>", client.post("/me/second/change", {"step": "recovery", "code": phone.shows()}).content.decode())
    assert len(renewed) == 10 and not second_factor.check(person_id=cast.people["agent"].id, code=codes[0])
    assert client.post("/me/second/change", {"step": "phone", "code": renewed[0]}).headers["Location"] == "/me/second"
    secret = re.search(r"<code[^>]*>([A-Z2-7 ]{30,})</code>", client.get("/me/second").content.decode())[1]
    assert secret.replace(" ", "") != phone.totp.secret


def test_a_stolen_session_cannot_take_the_second_step_over(cast, watch):
    """It neither shows the secret nor sets a new one without a code; and the guesses count."""
    phone, _ = set_up(cast, "agent")
    thief = cast.client("agent")
    assert phone.totp.secret[:4] not in thief.get("/me/second").content.decode()
    assert thief.post("/me/second/confirm", {"code": "123456"}).status_code == 302, "nothing to confirm"
    said = [thief.post("/me/second/change", {"step": "phone", "code": f"{n:06d}"}).content.decode() for n in range(6)]
    assert sum("请等" in page for page in said) == 2 and queries.second_factor(cast.people["agent"].id).confirmed_at


def test_a_lost_phone_is_ended_by_a_security_administrator_with_a_reason_and_all_log_ins_with_it(cast, watch):
    set_up(cast, "agent")
    client, admin, id_ = cast.client("agent"), cast.client("security_admin"), cast.people["agent"].id
    assert "重置动态口令" in admin.get(f"/desk/people/{id_}").content.decode()
    assert admin.post(f"/desk/people/{id_}/deed", {"step": "second", "reason": ""}).status_code == 422
    assert admin.post(f"/desk/people/{id_}/deed", {"step": "second", "reason": "本人持工作证到场"}).status_code == 302
    assert not is_in(client) and is_in(come("agent")), "the password alone, and the days of grace are what they were"
    assert Entry.objects.get(kind="second_ended").reason == "本人持工作证到场"


@pytest.mark.parametrize(("who", "whom"), [("agent", "analyst"), ("system_admin", "agent"), ("audit_admin", "agent"), ("security_admin", "security_admin")])
def test_nobody_else_ends_one_and_no_administrator_their_own(cast, watch, who, whom):
    set_up(cast, whom)
    with pytest.raises(Refused):
        second_factor.reset(person_id=cast.people[whom].id, by=cast.actors[who], reason="试试")
    assert queries.second_factor(cast.people[whom].id).confirmed_at


def test_a_new_key_of_the_installation_seals_the_secrets_anew(cast, watch, monkeypatch):
    from minsheng.kit import sealing

    phone, _ = set_up(cast, "agent")
    monkeypatch.setenv("MINSHENG_SEAL_KEY", f"0:{the_settings.SECRET_KEY.encode().hex()},1:{'ab' * 32}")
    sealing.forget_keys()
    try:
        assert second_factor.reseal(by=actions.COMMAND_LINE) == 1 and second_factor.reseal(by=actions.COMMAND_LINE) == 0
        watch.on(seconds=60)
        assert bytes(SecondFactor.objects.get().secret_sealed)[0] == 1 and second_factor.check(person_id=cast.people["agent"].id, code=phone.shows())
    finally:
        monkeypatch.undo()
        sealing.forget_keys()


# --- sessions and keys ------------------------------------------------------------


def test_a_session_planted_before_log_in_is_worth_nothing_at_either_step(cast, watch):
    phone, _ = set_up(cast, "agent")
    victim, planted = Client(), "a" * 32
    victim.cookies[the_settings.SESSION_COOKIE_NAME] = planted
    victim.post("/login", {"username": "agent", "password": GOOD})
    half = victim.cookies[the_settings.SESSION_COOKIE_NAME].value
    watch.on(seconds=60)
    victim.post("/login/code", {"code": phone.shows()})
    keys = {planted, half, victim.cookies[the_settings.SESSION_COOKIE_NAME].value}
    assert len(keys) == 3 and is_in(victim)
    for key in (planted, half):
        thief = Client()
        thief.cookies[the_settings.SESSION_COOKIE_NAME] = key
        assert not is_in(thief)


def test_a_new_password_ends_other_sessions_and_every_key_and_the_person_is_told(cast, watch):
    here, there = come("analyst"), come("analyst")
    secrets = [actions.make_token(person=cast.people["analyst"], name="对接", scopes=["cases.read"], by=cast.actors["analyst"])[1] for _ in range(2)]
    answer = here.post("/me/password", {"old": GOOD, "password": "Another-word-77", "again": "Another-word-77"}, follow=True)
    assert "2 把程序密钥也已停用" in answer.content.decode() and not is_in(there) and is_in(here)
    assert [queries.by_token(secret) for secret in secrets] == [None, None]


def test_a_reset_password_ends_sessions_and_keys_and_the_person_reads_by_whom(cast, watch):
    client = come("analyst")
    _, secret = actions.make_token(person=cast.people["analyst"], name="对接", scopes=["cases.read"], by=cast.actors["analyst"])
    new = actions.reset_password(person_id=cast.people["analyst"].id, by=cast.actors["security_admin"])
    assert not is_in(client) and queries.by_token(secret) is None
    page = come("analyst", new).get("/me").content.decode()
    assert "安全管理员甲" in page and "1 把程序密钥已随之停用" in page


def test_the_same_password_again_is_no_new_one(cast, watch):
    answer = come("analyst").post("/me/password", {"old": GOOD, "password": GOOD, "again": GOOD})
    assert answer.status_code == 422 and "一样" in answer.content.decode()


def test_the_table_of_sessions_opens_nothing(cast, watch):
    client = come("analyst")
    key, row = client.cookies[the_settings.SESSION_COOKIE_NAME].value, Session.objects.get(person=cast.people["analyst"])
    assert key not in str(Session.objects.values()) and row.session_key != key
    thief = Client()
    thief.cookies[the_settings.SESSION_COOKIE_NAME] = row.session_key
    assert not is_in(thief) and reader(f"sessionid={row.session_key}") is None and is_in(client)
    assert "本机" in client.get("/me").content.decode()
    client.post("/logout")
    assert not Session.objects.filter(pk=row.pk).exists()


def test_sign_out_elsewhere_keeps_this_one(cast, watch):
    here, there = come("analyst"), come("analyst")
    here.post("/me/sessions")
    assert is_in(here) and not is_in(there)


def test_log_ins_that_wait_for_a_code_are_forgotten(cast, watch):
    set_up(cast, "agent")
    come("agent")
    assert Session.objects.count() == 1
    watch.on(hours=1)
    login.forget_old()
    assert not Session.objects.exists()
