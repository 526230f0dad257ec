"""Several tables in one prepared statement, and the connection it runs on: against Django's own way of doing the same."""

import select
import threading
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import NOW, build

from minsheng.cases import actions
from minsheng.cases.models import OutsideKey
from minsheng.contacts.models import Contact
from minsheng.kit import batch_sql, clock, search
from minsheng.kit.batch_sql import as_bytes, ask_together, insert_together
from minsheng.kit.database import WrittenOut, planned_once
from minsheng.kit.partitions import make_months
from minsheng.messages.models import Message

AT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def _contact(**more) -> Contact:
    return Contact(**{"kind": "person", "language": "zh", "created_at": AT, "name_sealed": b"\x00\xff\\'", **more})


def _message(about: str) -> Message:
    return Message(channel="sms", to_sealed=b"t", to_hint='引号"与\\反斜线\n', template="closed", text_sealed=b"", about=about, next_at=AT,
                   created_at=AT)


def test_rows_are_the_same_as_those_that_django_inserts(db):
    number = ask_together(n=("SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) AS id", []))["n"][0]["id"]
    mine, theirs = _contact(id=number), _contact()
    assert insert_together([mine, _message("a"), _message("b")])
    theirs.save()
    assert not mine._state.adding and mine._state.db == "default"
    stored = [Contact.objects.filter(id=c.id).values().get() for c in (mine, theirs)]
    assert stored[0].pop("id") != stored[1].pop("id") and stored[0] == stored[1] and stored[0]["created_at"] == AT
    assert list(Message.objects.order_by("about").values_list("about", "to_hint")) == [(a, _message(a).to_hint) for a in "ab"]


def test_a_value_of_an_unknown_kind_is_refused_before_the_server_is_asked(db):
    with pytest.raises(TypeError):
        insert_together([_contact(language=object())])


def test_with_a_key_that_is_there_nothing_is_inserted(db):
    key = {"source": "s", "key": "k", "case_id": 1}
    assert insert_together([_message("1")], once=OutsideKey(**key))
    assert not insert_together([_message("2"), _contact()], once=OutsideKey(**key | {"case_id": 2}))
    assert list(Message.objects.values_list("about", flat=True)) == ["1"] and not Contact.objects.exists()
    assert OutsideKey.objects.get().case_id == 1


@pytest.mark.django_db(transaction=True)
def test_the_second_sender_of_a_key_waits_and_goes_ahead_when_the_first_one_fails():
    answers, began = [], threading.Event()

    def second():
        began.set()
        answers.append(insert_together([_message("2")], once=OutsideKey(source="s", key="k", case_id=2)))
        connections.close_all()

    other = threading.Thread(target=second)
    with transaction.atomic():
        assert insert_together([_message("1")], once=OutsideKey(source="s", key="k", case_id=1))
        other.start()
        began.wait()
        other.join(0.5)
        assert other.is_alive() and answers == []
        transaction.set_rollback(True)
    other.join(10)
    assert answers == [True] and list(Message.objects.values_list("about", flat=True)) == ["2"]


@pytest.mark.django_db(transaction=True)
def test_one_notice_is_told_when_the_rows_are_kept_and_none_for_a_repeat():
    settings = {k: v for k, v in connection.get_connection_params().items() if k not in ("cursor_factory", "context", "prepare_threshold")}
    with psycopg.connect(**settings, autocommit=True) as listener:
        listener.execute("LISTEN minsheng")
        for case in (1, 2):
            insert_together([_message("m")], once=OutsideKey(source="s", key="k", case_id=case), notice=f"case {case}")
        insert_together([_message("quiet")])
        assert [heard.payload for heard in listener.notifies(timeout=1)] == ["case 1"]


def test_statements_are_few_and_hold_no_values(db):
    batch_sql._statement.cache_clear()
    for n in range(20):
        insert_together([_message(str(n)) for _ in range(1 + n % 3)])
    assert batch_sql._statement.cache_info().currsize == 1


@pytest.mark.django_db
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8), max_size=6))
def test_words_written_as_text_are_the_words_given_as_an_array(words):
    vector = search.to_vector(words)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector = array_to_tsvector(%s::text[])", [vector.literal, vector.words])
        assert cursor.fetchone()[0], vector.literal


def test_bytes_come_back_as_they_were(db):
    _contact(phone_hash=b"\x00\x01\xfe").save()
    rows = ask_together(none=("SELECT 1 WHERE false", []), some=("SELECT phone_hash, name_sealed FROM contacts_contact", []))
    assert rows["none"] == [] and as_bytes(rows["some"][0]["phone_hash"]) == b"\x00\x01\xfe" and as_bytes(None) is None


# --- the connection ------------------------------------------------------------


def _ends() -> int:
    with connection.prepared() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_whose_server_has_gone_is_made_anew_at_the_next_request():
    before = _ends()
    connection.close_if_unusable_or_obsolete()
    connection.health_check_enabled, connection.health_check_done = True, False
    assert _ends() == before  # well, and not asked
    with psycopg.connect(connection.connection.info.dsn, host=connection.settings_dict["HOST"]) as other:
        other.execute("SET ROLE NONE")  # with one DATABASE_URL the log-in behind the program's role may end its connections
        other.execute("SELECT pg_terminate_backend(%s)", [before])
    select.select([connection.connection.pgconn.socket], [], [], 10)  # the server's goodbye has come
    connection.health_check_done = False
    assert _ends() != before


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_quiet_for_long_or_had_an_error_is_asked(monkeypatch):
    _ends()
    asked = []
    real = connection.connection.cursor
    monkeypatch.setattr(connection.connection, "cursor", lambda *a, **k: asked.append(1) or real(*a, **k))
    assert connection.is_usable() and not asked
    connection._well_at -= 11
    assert connection.is_usable() and len(asked) == 1
    connection.errors_occurred = True
    assert connection.is_usable() and len(asked) == 2
    connection.errors_occurred = False


@pytest.mark.django_db(transaction=True)
def test_a_pooler_that_cannot_keep_statements_is_served_too(monkeypatch):
    connection.close()
    monkeypatch.setenv("MINSHENG_PREPARE", "0")
    try:
        for _ in range(3):
            _ends()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_prepared_statements")
            assert cursor.fetchone()[0] == 0
    finally:
        connection.close()
    monkeypatch.delenv("MINSHENG_PREPARE")
    _ends()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        assert cursor.fetchone()[0] == 1


def test_a_month_made_later_takes_its_rows_at_once(db):
    """The statement was planned when every row still went to the rest."""
    with clock.fixed(NOW):
        by = build().actors["agent"]
        january, february = (NOW.replace(year=2041, month=month) for month in (1, 2))

        def home(at) -> str:
            made = actions.create_case(by=by, kind="help", narrative="路灯不亮", channel="phone", at=at).case
            with connection.cursor() as cursor:
                cursor.execute("SELECT tableoid::regclass::text FROM cases_case WHERE id = %s", [made.id])
                return cursor.fetchone()[0]

        assert {home(january) for _ in range(7)} == {"cases_case_rest"}
        make_months(february, february)
        assert home(february) == "cases_case_204102" and home(january) == "cases_case_rest"


# --- planned once ------------------------------------------------------------


def _prepared() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return {text for (text,) in cursor.fetchall()}


def test_what_the_orm_asks_inside_is_planned_once_and_says_the_same(db):
    Message.objects.bulk_create([_message(about) for about in ("a", "b", "100%")])
    asked = Message.objects.filter(about__in=["a", "100%"], next_at__lte=AT).order_by("about").values_list("about", flat=True)
    outside, before = list(asked.all()), _prepared()
    with planned_once():
        inside = [list(asked.all()) for _ in range(3)]
        with planned_once():
            assert Message.objects.filter(to_hint__contains='号"').count() == 3
        assert list(asked.reverse()) == ["a", "100%"]
    made = {text for text in _prepared() - before if "outbox_message" in text}
    assert inside == [outside] * 3 == [["100%", "a"]] * 3 and len(made) == 3 and all("$1" in text for text in made)
    assert list(asked.filter(about="a")) == ["a"] and {t for t in _prepared() - before if "outbox_message" in t} == made


def test_values_that_are_written_out_are_those_that_were_meant(db):
    Message.objects.bulk_create([_message(about) for about in ("it's", "100%", "%s", "a")])
    for about in ("it's", "100%", "%s", "a' OR true --"):
        written = Message.objects.filter(WrittenOut(Q(about=about)), next_at=AT).values_list("about", flat=True)
        assert list(written) == list(Message.objects.filter(about=about).values_list("about", flat=True))
        with planned_once():
            assert list(written.all()) == list(written)
    assert "$" not in str(written.query) and "= 'a'' OR true --'" in str(written.query)
