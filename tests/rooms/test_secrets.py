"""Contact data at rest: unreadable in every column of every table, found by a keyed hash; what is erased is gone everywhere."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from tests.cast import NOW, PNG, build

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions
from minsheng.cases.actions import by_citizen, drafts
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.contacts import actions as contacts
from minsheng.contacts import number_searches, queries
from minsheng.contacts.models import CallerFlag, Contact
from minsheng.files import actions as files
from minsheng.files import keeping
from minsheng.kit import clock, sealing
from minsheng.kit.verdict import Invalid, Refused
from minsheng.messages import queries as outbox

PHONE, NAME = "13912345678", "罗布占堆"
PROPOSER, APPROVER, THIRD = (Actor(n, name, frozenset({Role.SHIFT_LEADER})) for n, name in ((901, "甲"), (902, "乙"), (903, "丙")))


@pytest.fixture
def cast(db, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    with clock.fixed(NOW):
        yield build()


def everything() -> str:
    """Every row of every table as text: bytes in hex, JSON as it stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace")
        tables = [row[0] for row in cursor.fetchall()]
        told = []
        for table in tables:
            cursor.execute(f"SELECT coalesce(string_agg(t::text, E'\\n'), '') FROM {table} t")
            told.append(f"== {table}\n" + cursor.fetchone()[0])
    assert len(tables) > 30
    return "\n".join(told)


def where(word: str, dump: str) -> list[str]:
    """Tables in which the word stands, plain, in hex, in base64 or as a bare hash that anybody could try numbers against."""
    raw = word.encode()
    forms = [word, raw.hex(), base64.b64encode(raw).decode(), hashlib.sha256(raw).hexdigest(), hashlib.md5(raw).hexdigest(), word.encode("unicode_escape").decode()]
    return [part.split("\n", 1)[0] for part in dump.split("== ") if any(form in part for form in forms)]


def full_case(cast, **more) -> Case:
    return cast.at_state(State.CLOSED, narrative="停水两天，请尽快处理。", requester=actions.Requester(NAME, PHONE), **more)


def test_no_column_of_any_table_holds_name_or_number_after_a_whole_case(cast):
    case = full_case(cast)
    by_citizen.send(address="127.0.0.1", key="k" * 20, name=NAME, phone=PHONE, kind="help", narrative="路灯不亮。")
    drafts.keep(by=cast.actors["agent"], key="draft1", values={"phone": PHONE, "name": NAME})
    contacts.reveal(contact=case.contact, by=cast.actors["callback_clerk"], about=f"case:{case.id}", reason="回访核对")
    contacts.propose_flag(phone_hash=case.contact.phone_hash, grade="note", ground="一小时内拨打四十次并辱骂坐席", by=PROPOSER)
    assert len(outbox.about(f"case:{case.id}")) >= 3  # registered, dispatched, closed: all went to the number
    dump = everything()
    for word in (PHONE, "+86" + PHONE, PHONE[-8:], NAME):
        assert where(word, dump) == [], word
    assert where("停水两天", dump)  # the dump does see what stands there


def test_a_number_is_found_however_it_is_written_and_by_nothing_like_it(cast):
    case = full_case(cast)
    for written in (PHONE, "139 1234 5678", "+86-139-1234-5678", "0086 13912345678"):
        assert [c.id for c in queries.by_phone(number_searches.of_call(written))] == [case.contact_id]
    assert queries.by_phone(number_searches.of_call("13912345679")) == []
    assert number_searches.of_call("") is None and number_searches.of_call("1391234") is None and queries.by_phone(None) == []
    assert queries.masked(Contact.objects.get(id=case.contact_id)).phone == "139********"
    assert bytes(case.contact.phone_hash) != hashlib.sha256(f"+86{PHONE}".encode()).digest()


def test_an_erased_case_leaves_no_word_no_number_no_file_and_no_message(cast, django_capture_on_commit_callbacks):
    photo = files.store(content=PNG, name="罗布占堆家门口.png", by=cast.actors["agent"])
    case = full_case(cast, title="北郊三巷停水", place="北郊三巷9号", files=(photo.id,))
    assert where("北郊三巷", everything()) and keeping.path_of(photo.sha256).exists()
    cast.take(case, "ask_erasure", "supervisor", reason="诉求人依法申请删除")
    with django_capture_on_commit_callbacks(execute=True):
        cast.take(case, "erase", "security_admin", ground="request")
    dump = everything()
    for word in (PHONE, NAME, "北郊三巷", "停水两天", "主管道已经抢修完毕"):
        assert where(word, dump) == [], word
    assert not keeping.path_of(photo.sha256).exists()
    assert all(not text and not row.to_sealed for row, text in outbox.about(f"case:{case.id}"))
    assert Case.objects.get(id=case.id).seq > 8  # the acts stay


# --- keys ------------------------------------------------------------


@pytest.fixture
def keys(monkeypatch):
    """Sets the environment's keys and derives anew; afterwards as before."""

    def use(seal: str, hash_: str = "") -> None:
        monkeypatch.setenv("MINSHENG_SEAL_KEY", seal)
        monkeypatch.setenv("MINSHENG_HASH_KEY", hash_)
        sealing.forget_keys()

    yield use
    monkeypatch.undo()
    sealing.forget_keys()


OLD, NEW = "11" * 32, "22" * 32


def test_a_new_key_seals_the_old_one_opens_and_without_the_old_one_nothing_is_guessed(keys):
    keys(f"1:{OLD}")
    sealed = sealing.seal("罗布", "contact.name")
    keys(f"1:{OLD},2:{NEW}")
    assert sealing.unseal(sealed, "contact.name") == "罗布" and sealing.seal("罗布", "contact.name")[0] == 2
    keys(f"2:{NEW}")
    with pytest.raises(sealing.Unreadable, match="密钥"):
        sealing.unseal(sealed, "contact.name")


def test_keys_of_the_same_number_that_open_nothing_are_told_and_nothing_is_sealed_with_them(cast, keys, monkeypatch):
    from minsheng.cli import Stop, ready, reseal
    from minsheng.contacts import actions as contacts
    from minsheng.contacts.queries import other_keys

    keys(f"1:{OLD}", "33" * 32)
    assert other_keys() == "", "nobody is here yet"
    contacts.remember(name="罗布", phone=PHONE, by=cast.actors["agent"])
    assert other_keys() == "" and reseal.told()[0] is True
    keys(f"1:{NEW}", "33" * 32)
    assert "打不开" in other_keys() and reseal.told() == (False, other_keys())
    with pytest.raises(Stop, match="--env"):
        ready.require_keys()
    keys(f"1:{OLD}", "44" * 32)
    assert "MINSHENG_HASH_KEY" in other_keys()
    keys(f"1:{OLD},2:{NEW}", "33" * 32)
    assert other_keys() == "", "a key is being changed"


def test_a_sealed_value_moved_to_another_column_or_changed_does_not_open(keys):
    keys(OLD)
    sealed = sealing.seal(PHONE, "contact.phone")
    for wrong, purpose in ((sealed, "contact.name"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), "contact.phone"), (sealed[:20], "contact.phone")):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(wrong, purpose)
    assert sealing.seal(PHONE, "contact.phone") != sealed  # a nonce of its own


def test_after_a_change_of_keys_everything_opens_is_found_and_needs_the_old_key_no_more(cast, keys):
    from minsheng.cli import reseal
    from minsheng.messages import actions as messages

    keys(f"0:{settings.SECRET_KEY.encode().hex()}")  # a city that began with the program's secret alone
    case = full_case(cast)
    drafts.keep(by=cast.actors["agent"], key="draft1", values={"phone": PHONE})
    contacts.approve_flag(flag=propose(cast), by=APPROVER)
    keys(f"0:{settings.SECRET_KEY.encode().hex()},2:{NEW}", OLD)
    assert reseal.told()[0] is False and "reseal" in reseal.told()[1]
    assert [room.reseal(by=cast.actors["system_admin"]) for room in (contacts, messages, drafts)] == [1, len(outbox.about(f"case:{case.id}")), 1]
    keys(f"2:{NEW}", OLD)
    assert reseal.told() == (True, "诉求人信息用第 2 号密钥密封")
    assert [c.id for c in queries.by_phone(number_searches.of_call(PHONE))] == [case.contact_id] and queries.flag_for(queries.phone_hash(PHONE), NOW).grade == "limit"
    assert contacts.read_for_duty(contact=Contact.objects.get(id=case.contact_id)) == contacts.Revealed(NAME, "+86" + PHONE)
    assert "编号" in outbox.about(f"case:{case.id}")[0][1] and drafts.load(cast.actors["agent"], "draft1").one("phone") == PHONE
    keys(f"3:{OLD}")
    assert reseal.told()[0] is False and "第 2 号密钥" in reseal.told()[1]


# --- flags ------------------------------------------------------------


def propose(cast, **more) -> CallerFlag:
    given = {"phone_hash": queries.phone_hash(PHONE), "grade": "limit", "ground": "一小时内拨打四十次并辱骂坐席", "by": PROPOSER, **more}
    return contacts.propose_flag(**given)


def test_a_flag_counts_only_when_another_person_has_approved_it_and_ends_by_itself(cast):
    hash_, flag = queries.phone_hash(PHONE), propose(cast)
    assert queries.flag_for(hash_, NOW) is None
    with pytest.raises(Refused):
        contacts.approve_flag(flag=flag, by=PROPOSER)
    flag = contacts.approve_flag(flag=flag, by=APPROVER)
    assert queries.flag_for(hash_, NOW).id == flag.id and flag.expires_at == NOW + timedelta(days=60)
    assert queries.flag_for(hash_, flag.expires_at) is None
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds it too
        CallerFlag.objects.filter(id=flag.id).update(approved_by=PROPOSER.id)


@pytest.mark.parametrize("wrong", [{"ground": "烦"}, {"expires_at": NOW + timedelta(days=61)}, {"expires_at": NOW}])
def test_a_flag_needs_a_ground_and_an_end(cast, wrong):
    with pytest.raises(Invalid):
        propose(cast, **wrong)


def test_an_appeal_suspends_a_flag_and_is_ruled_on_by_a_third_person(cast):
    hash_ = queries.phone_hash(PHONE)
    flag = contacts.approve_flag(flag=propose(cast), by=APPROVER)
    flag = contacts.appeal_flag(flag=flag, text="那几通电话不是我打的", by=THIRD)
    assert queries.flag_for(hash_, NOW) is None
    for one in (PROPOSER, APPROVER):
        with pytest.raises(Refused):
            contacts.keep_flag(flag=flag, reason="录音属实", by=one)
    assert queries.flag_for(hash_, NOW) is None
    contacts.keep_flag(flag=flag, reason="录音属实", by=THIRD)
    assert queries.flag_for(hash_, NOW).grade == "limit"
    contacts.lift_flag(flag=flag, reason="期间无再犯", by=THIRD)
    assert queries.flag_for(hash_, NOW) is None


@pytest.mark.parametrize("grade", ["note", "warn", "limit", "police"])
def test_no_flag_bars_the_way_of_a_call_into_a_case_nor_of_an_emergency(cast, grade):
    contacts.approve_flag(flag=propose(cast, grade=grade), by=APPROVER)
    urgent = cast.create(urgent=True, requester=actions.Requester(NAME, PHONE))
    assert urgent.state == State.PENDING_REVIEW and urgent.urgent
    assert cast.create(then="transfer", given={"target": "110", "target_answered": True}, requester=actions.Requester(NAME, PHONE)).state == State.TRANSFERRED


def test_seeing_a_number_takes_a_role_and_a_reason_and_stands_in_the_ledger(cast):
    from minsheng.ledger.models import Entry

    case = full_case(cast)
    for who, reason in (("analyst", "统计分析用"), ("system_admin", "核对号码"), ("callback_clerk", ""), ("callback_clerk", "。。。。"), ("callback_clerk", "看看")):
        with pytest.raises(Refused):
            contacts.reveal(contact=case.contact, by=cast.actors[who], about=f"case:{case.id}", reason=reason)
    assert not Entry.objects.filter(kind="reveal").exists()
    seen = contacts.reveal(contact=case.contact, by=cast.actors["callback_clerk"], about=f"case:{case.id}", reason="回访核对")
    [entry] = Entry.objects.filter(kind="reveal", about=f"case:{case.id}")
    assert (seen.name, seen.phone) == (NAME, "+86" + PHONE) and entry.why == "回访核对"
