"""The engine with a subject that is no case: the keys of a lodge, lent to guests who may ask to keep one longer."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

import pytest
from django.db import connection, connections, models
from django.test.utils import CaptureQueriesContext

from minsheng.kit import engine, hash_chain, kept
from minsheng.kit.ids import new_id
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.steps import Procedure, Step
from minsheng.kit.verdict import YES, Invalid, Refused, no

NOW = datetime(2025, 3, 3, 9, tzinfo=UTC)


class Place(Enum):
    HUNG, LENT, LOST = "hung", "lent", "lost"

    @property
    def label(self) -> str:
        return self.value


class Role(Enum):
    KEEPER, GUEST = "keeper", "guest"

    @property
    def label(self) -> str:
        return self.value


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    roles: frozenset[Role]


KEEPER, MONA, NIMA = Person(1, "keeper", frozenset({Role.KEEPER})), Person(7, "Mona", frozenset({Role.GUEST})), Person(8, "Nima", frozenset({Role.GUEST}))


class Key(models.Model):
    id = models.BigIntegerField(primary_key=True)
    state = models.CharField(max_length=10)
    seq = models.IntegerField(default=0)
    head = models.BinaryField(null=True)
    guest = models.IntegerField(default=0)
    until = models.DateTimeField(null=True)
    asked = models.BooleanField(default=False)

    class Meta:
        app_label = "lodge"


class KeyStep(models.Model):
    id = models.BigIntegerField(primary_key=True)
    key = models.ForeignKey(Key, models.DO_NOTHING)
    seq = models.IntegerField()
    step = models.CharField(max_length=20)
    frm = models.CharField(max_length=10)
    to = models.CharField(max_length=10)
    by_id = models.IntegerField()
    at = models.DateTimeField()
    given = models.JSONField(default=dict)
    hash = models.BinaryField()
    sent_with = models.CharField(max_length=40, default="")
    replayed = False

    class Meta:
        app_label = "lodge"


class Reminder(models.Model):
    key = models.ForeignKey(Key, models.DO_NOTHING)
    text = models.CharField(max_length=80)

    class Meta:
        app_label = "lodge"


@dataclass(frozen=True)
class Facts:
    state: Place
    guest: int
    asked: bool


def own_key(facts: Facts, by: Person):
    return YES if facts.guest == by.id else no("not_yours", "this key is lent to somebody else")


def is_asked(facts: Facts, by: Person):
    return YES if facts.asked else no("not_asked", "nobody asked to keep it longer")


def one(place: Place) -> frozenset[Place]:
    return frozenset({place})


STEPS = Procedure([
    Step("lend", "lend", one(Place.HUNG), Place.LENT, Role.KEEPER, (), ("guest", "until")),
    Step("ask_longer", "ask to keep it longer", one(Place.LENT), None, Role.GUEST, (own_key,), ("until",)),
    Step("grant_longer", "let them keep it", one(Place.LENT), None, Role.KEEPER, (is_asked,), ("until",), rests_on=("ask_longer",)),
    Step("refuse_longer", "do not", one(Place.LENT), None, Role.KEEPER, (is_asked,)),
    Step("give_back", "give back", one(Place.LENT), Place.HUNG, Role.GUEST, (own_key,)),
    Step("miss", "write off", one(Place.LENT), Place.LOST, Role.KEEPER),
    Step("swap", "swap guests", one(Place.LENT), None, Role.KEEPER, (), ("other",), touches=("other",)),
])


def lent(deed: engine.Deed) -> None:
    deed.subject.guest, deed.subject.until = deed.values["guest"], deed.values["until"]


def longer(deed: engine.Deed) -> None:
    deed.subject.asked = deed.step.name == "ask_longer"
    if deed.step.name == "grant_longer":
        deed.subject.until = deed.values["until"]
        deed.new.append(Reminder(key=deed.subject, text="keep it until then"))


def swap(deed: engine.Deed) -> None:
    other = deed.other(deed.values["other"])
    deed.subject.guest, other.guest = other.guest, deed.subject.guest


LOCKED = PreparedRows(Key.objects.all, "WHERE id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE")


class Keys(engine.Kind[Key, engine.Deed[Key]]):
    procedure, signed = STEPS, ("id", "key_id", "seq", "step", "frm", "to", "by_id", "at", "given")
    effects = {"lend": lent, "swap": swap, **dict.fromkeys(("ask_longer", "grant_longer", "refuse_longer"), longer)}

    def lock(self, id_, step, given):
        return {key.id: key for key in LOCKED(sorted({id_, *(given[name] for name in step.touches if name in given)}))}

    def facts(self, subject, at):
        return Facts(Place(subject.state), subject.guest, subject.asked)

    def read(self, step, given):
        return dict(given), {name: "missing" for name in step.fields if name not in given}

    def check(self, deed):
        until = deed.values.get("until")
        return {"until": "already over"} if until and until <= deed.at else {}

    def history(self, deed, frm, to):
        given = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in deed.values.items()}
        return KeyStep(id=new_id(deed.at), key_id=deed.subject.id, step=deed.step.name, frm=frm.value, to=to.value, by_id=deed.by.id, at=deed.at, given=given)

    def snapshot(self, subject, whole=False):
        return {"guest": subject.guest, "until": subject.until and subject.until.isoformat()}

    def done_since(self, subject, seq, steps, by):
        row = KeyStep.objects.filter(key_id=subject.id, seq__gt=seq, step__in=steps).exclude(by_id=by.id).last()
        if row is not None:
            row.by_name = "Mona"
        return row

    def taken_before(self, id_, key, step, by, sent):
        row = KeyStep.objects.filter(key_id=id_, sent_with=key).first()
        if row is not None:
            row.replayed = True
        return row

    def key_row(self, deed, key, sent):
        deed.row.sent_with = key

    def notice(self, deed):
        return json.dumps({"key": deed.subject.id})


KEYS = Keys()


@pytest.fixture
def lodge(request):
    request.getfixturevalue("transactional_db")
    with connections["owner"].schema_editor() as editor:
        for model in (Key, KeyStep, Reminder):
            editor.create_model(model)
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT SELECT, INSERT, UPDATE ON lodge_key, lodge_keystep, lodge_reminder TO minsheng_app")
        cursor.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO minsheng_app")
    for id_ in (1, 2):
        Key(id=id_, state="hung").save(force_insert=True)


both = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
LATER = NOW + timedelta(days=2)


def take(name: str, by: Person, id_: int = 1, **given):
    return engine.take(KEYS, id_, name, by=by, given=given, at=NOW)


def rows(id_: int = 1) -> list[KeyStep]:
    return list(KeyStep.objects.filter(key_id=id_).order_by("seq"))


def broken(id_: int = 1) -> list:
    key = Key.objects.get(id=id_)
    return list(hash_chain.broken(rows(id_), seq=key.seq, head=key.head, state=key.state, signed=KEYS.signed))


@both
def test_a_key_goes_its_way_by_steps_and_its_history_says_so(lodge):
    new_id(NOW)  # the first id of a process asks the database for a block of them
    with kept.still(), CaptureQueriesContext(connection) as seen:
        take("lend", KEEPER, guest=MONA.id, until=LATER)
    assert [query["sql"].split()[0] for query in seen.captured_queries] == ["BEGIN", "SELECT", "WITH", "COMMIT"]
    take("ask_longer", MONA, until=LATER + timedelta(days=1))
    take("grant_longer", KEEPER, until=LATER + timedelta(days=1))
    key = Key.objects.get(id=1)
    assert (key.state, key.guest, key.until, key.asked) == ("lent", MONA.id, LATER + timedelta(days=1), False)
    assert [(row.step, row.frm, row.to, row.seq) for row in rows()] == [
        ("lend", "hung", "lent", 1), ("ask_longer", "lent", "lent", 2), ("grant_longer", "lent", "lent", 3)]
    assert rows()[0].given["after"] == {"guest": MONA.id, "until": LATER.isoformat()} and "after" not in rows()[1].given
    assert Reminder.objects.count() == 1
    take("give_back", MONA)
    assert broken() == []


@both
def test_an_effect_that_asks_the_database_is_an_error_and_what_is_gathered_before_is_not(lodge, monkeypatch):
    monkeypatch.setattr(KEYS, "gather", lambda deed: deed.found.update(keys=Key.objects.count()))
    monkeypatch.setitem(KEYS.effects, "give_back", lambda deed: deed.then.append(lambda: Reminder.objects.create(key=deed.subject, text=str(deed.found))))
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    take("give_back", MONA)
    assert Reminder.objects.get().text == "{'keys': 2}"
    monkeypatch.setitem(KEYS.effects, "lend", lambda deed: Key.objects.count())
    with pytest.raises(AssertionError, match="lend asks the database"):
        take("lend", KEEPER, guest=MONA.id, until=LATER)
    assert [row.step for row in rows()] == ["lend", "give_back"]


@both
def test_what_is_refused_leaves_nothing(lodge):
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    for name, by, given, wrong in (
            ("lend", KEEPER, {"guest": 8, "until": LATER}, Refused), ("give_back", NIMA, {}, Refused), ("grant_longer", KEEPER, {"until": LATER}, Refused),
            ("grant_longer", MONA, {"until": LATER}, Refused), ("ask_longer", MONA, {}, Invalid), ("ask_longer", MONA, {"until": NOW}, Invalid),
            ("fly", KEEPER, {}, Refused)):
        with pytest.raises(wrong):
            take(name, by, **given)
    with pytest.raises(Refused) as hidden:
        take("lend", KEEPER, id_=99, guest=1, until=LATER)
    assert hidden.value.verdict.code == "hidden"
    assert [row.step for row in rows()] == ["lend"] and broken() == []


@both
def test_nobody_rules_on_what_was_asked_after_the_page_was_opened(lodge):
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    take("ask_longer", MONA, until=LATER + timedelta(days=1))
    take("ask_longer", MONA, until=LATER + timedelta(days=90))
    with pytest.raises(Refused, match="Mona办了“ask to keep it longer”") as refused:
        take("grant_longer", KEEPER, until=LATER + timedelta(days=90), as_of="2")
    assert refused.value.verdict.code == "changed" and [row.step for row in rows()] == ["lend", "ask_longer", "ask_longer"]
    take("grant_longer", KEEPER, until=LATER + timedelta(days=1), as_of="3")
    take("swap", KEEPER, other=2, as_of="1")  # rests on nothing
    for said in ("", "x", "-1", "9" * 40):  # says nothing of what was seen, and is not asked
        take("swap", KEEPER, other=2, as_of=said)
    assert "as_of" not in str([row.given for row in rows()]) and broken() == []


@both
def test_what_it_rests_on_but_was_done_before_hinders_nobody(lodge):
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    take("ask_longer", MONA, until=LATER + timedelta(days=1))
    take("swap", KEEPER, other=2)
    take("grant_longer", KEEPER, until=LATER + timedelta(days=1), as_of="2")
    assert [row.step for row in rows()][-1] == "grant_longer"


@both
def test_the_same_key_of_a_sender_takes_a_step_once(lodge):
    first = engine.take(KEYS, 1, "lend", by=KEEPER, given={"guest": 7, "until": LATER}, at=NOW, key="k1")
    again = engine.take(KEYS, 1, "lend", by=KEEPER, given={"guest": 7, "until": LATER}, at=NOW, key="k1")
    assert again.id == first.id and again.replayed and len(rows()) == 1


@both
def test_another_subject_is_changed_only_where_the_row_says_so_and_both_are_sealed(lodge):
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    take("lend", KEEPER, id_=2, guest=NIMA.id, until=LATER)
    row = take("swap", KEEPER, other=2)
    assert [Key.objects.get(id=i).guest for i in (1, 2)] == [NIMA.id, MONA.id]
    assert KeyStep.objects.get(id=row.id).given["others"] == {"2": {"guest": MONA.id}}
    for nobody in (2, None):
        with pytest.raises(KeyError):
            engine.Deed(Key.objects.get(id=1), STEPS["lend"], KEEPER, NOW, None, KEYS).other(nobody)


@both
def test_a_changed_row_a_lost_end_and_a_changed_state_are_found(lodge):
    take("lend", KEEPER, guest=MONA.id, until=LATER)
    take("ask_longer", MONA, until=LATER)
    for damage, mend in (("UPDATE lodge_keystep SET by_id = 9 WHERE seq = 1", "UPDATE lodge_keystep SET by_id = 1 WHERE seq = 1"),
                         ("UPDATE lodge_key SET state = 'hung' WHERE id = 1", "UPDATE lodge_key SET state = 'lent' WHERE id = 1"),
                         ("UPDATE lodge_key SET seq = 3 WHERE id = 1", "UPDATE lodge_key SET seq = 2 WHERE id = 1")):
        with connections["owner"].cursor() as cursor:
            cursor.execute(damage)
            assert broken() != [], damage
            cursor.execute(mend)
    assert broken() == []


@both
def test_two_at_once_take_their_turn_and_the_second_sees_what_the_first_did(lodge):
    start, ended = threading.Barrier(2), []

    def lend(guest: int) -> None:
        start.wait()
        try:
            take("lend", KEEPER, guest=guest, until=LATER)
            ended.append("done")
        except Refused as wrong:
            ended.append(wrong.verdict.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=lend, args=(guest,)) for guest in (7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["done", "state"] and len(rows()) == 1 and broken() == []


@both
def test_a_new_key_and_its_first_steps_are_one_statement_and_a_refused_one_leaves_nothing(lodge):
    def make(id_, *steps):
        key = Key(id=id_, state="hung")
        deeds = [engine.begin(KEYS, key, *step, NOW) for step in steps]
        assert engine.keep_new(KEYS, deeds, [Reminder(key_id=id_, text="polish it")])
        return [deed.row for deed in deeds]

    first = [("lend", KEEPER, {"guest": 7, "until": LATER}), ("ask_longer", MONA, {"until": LATER + timedelta(days=1)})]
    new_id(NOW)
    with kept.still(), CaptureQueriesContext(connection) as seen:
        made = make(3, *first)
    assert len(seen.captured_queries) == 1
    assert [row.step for row in made] == [row.step for row in rows(3)] == ["lend", "ask_longer"] and broken(3) == []
    assert rows(3)[1].given["after"] == {"guest": 7, "until": LATER.isoformat()} and Reminder.objects.get().key_id == 3
    for wrong in ([first[1]], [first[0], first[0]], [("fly", KEEPER, {})], [("lend", KEEPER, {"guest": 7, "until": NOW})]):
        with pytest.raises((Refused, Invalid)):
            make(4, *wrong)
    assert not Key.objects.filter(id=4).exists()


@both
def test_what_is_made_with_a_mark_that_is_there_already_is_not_made_and_nothing_follows_from_it(lodge):
    done: list[int] = []

    def make(id_) -> bool:
        deed = engine.begin(KEYS, Key(id=id_, state="hung"), "lend", KEEPER, {"guest": 7, "until": LATER}, NOW)
        deed.then.append(lambda: done.append(id_))
        return engine.keep_new(KEYS, [deed], once=Reminder(id=5, key_id=id_, text="paid"))

    assert (make(3), make(4)) == (True, False)
    assert done == [3] and not Key.objects.filter(id=4).exists() and not rows(4) and broken(3) == []
