"""Which faults are an outage, and what is answered then: 503 with Retry-After, one line in the log, no trace; every other fault is as before."""

from __future__ import annotations

import errno
import logging
import threading
import time

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection
from django.test import RequestFactory
from django.urls import path

from minsheng.kit import outage


def of_state(state: str) -> OperationalError:
    wrong = OperationalError("x")
    wrong.__cause__ = psycopg.errors.lookup(state)("x")
    return wrong


def caused(by: Exception) -> Exception:
    wrong = RuntimeError("x")
    wrong.__cause__ = by
    return wrong


@pytest.mark.parametrize(("wrong", "kind"), [
    (OperationalError("connection refused"), "database"), (of_state("57P01"), "database"), (of_state("57P03"), "database"), (of_state("53300"), "database"),
    (of_state("53100"), "disk"), (of_state("40P01"), "busy"), (of_state("40001"), "busy"), (of_state("57014"), ""), (of_state("55P03"), ""),
    (psycopg.OperationalError("gone"), "database"), (caused(OperationalError("gone")), "database"), (IntegrityError("x"), ""), (DatabaseError("x"), ""),
    (OSError(errno.ENOSPC, "x"), "disk"), (OSError(errno.EROFS, "x"), "disk"), (OSError(errno.EACCES, "x"), ""), (ValueError("x"), ""), (None, ""),
])
def test_an_outage_is_told_from_a_statement_that_failed(wrong, kind):
    assert outage.kind_of(wrong) == kind


class Breaks:
    """Stands for a view; breaks as it is told."""

    wrong: Exception = ValueError("x")

    def __call__(self, request):
        raise self.wrong


view = Breaks()
urlpatterns = [path("", view)]
handler500 = "minsheng.kit.outage.broken"


@pytest.fixture
def calm(monkeypatch):
    """An incident of its own for each test, which nothing watches."""
    made = outage.Incident()
    monkeypatch.setattr(outage, "incident", made)
    monkeypatch.setattr(outage.Incident, "_watch", lambda self, kind: None)
    return made


@pytest.mark.parametrize(("wrong", "status", "traces"), [
    (OperationalError("gone"), 503, 0), (OSError(errno.ENOSPC, "full"), 503, 0), (of_state("40P01"), 503, 1), (ValueError("ours"), 500, 1),
])
def test_a_page_that_meets_an_outage_answers_503_and_says_it_once(client, settings, monkeypatch, calm, caplog, wrong, status, traces):
    settings.ROOT_URLCONF, client.raise_request_exception = __name__, False
    settings.MIDDLEWARE = []
    monkeypatch.setattr(view, "wrong", wrong, raising=False)
    logging.getLogger("django.request").addFilter(once := outage.Once())
    try:
        answers = [client.post("/", {"narrative": "灯坏了"}) for _ in range(3)]
    finally:
        logging.getLogger("django.request").removeFilter(once)
    assert [a.status_code for a in answers] == [status] * 3
    assert sum(bool(record.exc_info) for record in caplog.records) == 3 * traces
    if not traces:
        assert sum("恢复后自动继续" in record.message for record in caplog.records) == 1 and calm.answers == 3
    if status == 503:
        assert answers[0]["Retry-After"] and 'value="灯坏了"' in answers[0].content.decode()


@pytest.mark.django_db(transaction=True)
def test_pages_and_the_api_of_a_database_that_is_gone(client, monkeypatch, calm):
    client.raise_request_exception = False
    client.cookies["sessionid"] = "k" * 32
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    connection.close()
    page = client.get("/desk/")
    told = client.post("/api/v1/cases", "{}", content_type="application/json", HTTP_AUTHORIZATION="Bearer ms_" + "x" * 40)
    monkeypatch.undo()
    assert page.status_code == told.status_code == 503 and page["Retry-After"] == told["Retry-After"]
    assert "again.js" in page.content.decode()  # only read: opened anew by itself
    assert told.json()["error"]["code"] == "database" and "Idempotency-Key" in told.json()["error"]["reason"]


def test_what_was_answered_for_is_not_carried_out_afterwards():
    request = RequestFactory().post("/", {"a": "b"}, **{outage.GIVEN_UP: True})
    given_up = outage.GivenUp(view)(request)
    assert given_up.status_code == 503 and "again.js" not in given_up.content.decode()
    record = logging.LogRecord("django.request", logging.ERROR, "", 0, "x", (), None)
    record.request = request
    assert outage.Once().filter(record) is False


@pytest.mark.django_db
@pytest.mark.parametrize(("ago", "said"), [(0, "恢复了：记下时已经恢复，断了多久这里没有看到"), (12, "恢复了：前后 12 秒")])
def test_how_long_it_lasted_is_said_where_it_was_seen(caplog, ago, said):
    over = outage.Incident()
    over.kind, over.since = "database", time.monotonic() - ago
    watching = threading.Thread(target=over._watch, args=("database",))
    watching.start()
    watching.join(30)
    assert [line.message for line in caplog.records] == [said] and over.kind == ""
