"""What histories say to the figures, step by step, without a database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from minsheng.measures.facts_of_case import Told, entries

pytestmark = pytest.mark.uncounted
START = datetime(2025, 1, 2, 2, tzinfo=UTC)
CASE = 77
ZONE = ZoneInfo("Asia/Shanghai")


def t(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def told(hours, step, to, known=None, **changed):
    given = changed.pop("given", {})
    return Told(START + timedelta(hours=hours), int(hours * 1000), START + timedelta(hours=hours if known is None else known), True, changed, step, to, given)


MADE = told(0, "submit", "pending_review", received_at=t(0), channel="phone", kind="help", requester_kind="person", language="zh", category_id=5)
SENT = told(1, "dispatch", "pending_sign", lead_id=3, sign_due_at=t(5), contact_due_at=t(24), handle_due_at=t(100), given={"lead": 3})


def said(*steps, upto=None):
    """fact -> its rows, as known then."""
    found = {}
    for sign, known, fact in entries(CASE, steps, {"state": ""}, ZONE):
        if upto is None or known <= START + timedelta(hours=upto):
            rows = found.setdefault(fact.fact, [])
            rows.append(fact) if sign > 0 else rows.remove(fact)
    return {name: rows for name, rows in found.items() if rows}


def test_what_is_not_yet_a_request_says_nothing():
    assert entries(CASE, [], {"state": ""}, ZONE) == []
    assert said(told(0, "register", "draft", received_at=t(0))) == {}


def test_a_request_is_received_sent_and_owed():
    assert list(said(MADE)) == ["received", "course"]
    facts = said(MADE, SENT)
    assert set(facts) == {"received", "course", "sign", "contact", "handle", "dispatch"}
    assert {f.lead_id for rows in facts.values() for f in rows} == {3}
    assert said(MADE, SENT, upto=0.5) == said(MADE), "as known before it was sent"


def test_a_course_says_how_far_a_case_got_how_it_stands_and_in_which_hour_of_the_week_it_came():
    def course(*steps):
        (found,) = said(MADE, *steps)["course"]
        assert found.n == 3 * 24 + 10, "a Thursday at ten in the city, whatever the hour of UTC"
        return found.standing

    sent = told(1, "dispatch", "pending_sign", lead_id=3, dispatched_at=t(1))
    signed, replied = told(2, "sign", "in_progress", signed_at=t(2)), told(9, "sign_reply", "pending_check", replied_at=t(9))
    called = told(20, "answer_callback", "closed", closed_at=t(20), reached=True, solved=False)
    assert course() == "0.open" and course(sent) == "1.open" and course(sent, signed) == "2.open"
    assert course(sent, signed, replied) == "3.open" and course(sent, signed, replied, called) == "4.unsolved"
    assert course(sent, replied) == "1.open", "a stage holds only where all before hold"
    assert course(told(1, "answer", "direct_answered", closed_at=t(1))) == "0.spot"
    assert course(sent, told(30, "withdraw", "withdrawn", closed_at=t(30))) == "1.apart"
    assert "course" not in said(MADE, told(1, "decline", "declined", closed_at=t(1)))
    assert list(said(MADE, sent, signed, upto=1.5)["course"])[0].standing == "1.open", "as known then"


def test_a_pause_and_a_longer_limit_take_back_what_was_said():
    stands = told(3, "park", "parked", stands_since=t(3))
    resumed = told(9, "unpark", "in_progress", stands_since=None, handle_due_at=t(106))
    assert said(MADE, SENT, stands)["handle"][0].stands_since == t(3)
    (handle,) = said(MADE, SENT, stands, resumed)["handle"]
    assert (handle.at, handle.stands_since) == (t(106), None)


def test_what_is_withdrawn_owes_nothing_that_falls_due_later():
    left = told(10, "withdraw", "withdrawn", closed_at=t(10))
    facts = said(MADE, SENT, left)
    assert [f.at for f in facts["sign"]] == [t(5)] and "contact" not in facts and "handle" not in facts
    assert facts["received"][0].standing == "withdrawn"


def test_a_merged_one_owes_nothing_and_its_requester_answers_for_the_order():
    assert "sign" not in said(MADE, SENT, told(2, "merge", "merged", closed_at=t(2)))
    called = told(50, "record_callback", "pending_callback", given={"party": 88, "round": 0, "outcome": "answered", "solved": False, "satisfaction": "very"})
    (answer,) = said(MADE, SENT, called)["answer"]
    assert (answer.part, answer.reached, answer.solved, answer.satisfaction) == (88, True, False, "very")


def test_a_redo_is_a_round_of_its_own_and_mends_nothing():
    replied = told(20, "reply", "pending_check", replied_at=t(20), contacted_at=t(19))
    redo = told(60, "order_redo", "in_progress", redos=1, replied_at=None, contacted_at=None, contact_due_at=t(80), handle_due_at=t(160))
    facts = said(MADE, SENT, replied, redo)
    assert {(f.n, f.at, f.met_at) for f in facts["handle"]} == {(0, t(100), t(20)), (1, t(160), None)}
    assert {(f.n, f.at, f.met_at) for f in facts["contact"]} == {(0, t(24), t(19)), (1, t(80), None)}
    assert facts["dispatch"][0].redone


def test_calls_of_a_round_are_one_answer_on_the_day_of_the_last():
    missed = told(40, "record_callback", "pending_callback", given={"round": 0, "outcome": "not_reached"})
    reached = told(90, "record_callback", "pending_callback", given={"round": 0, "outcome": "answered", "solved": True})
    assert [(f.at, f.reached) for f in said(MADE, SENT, missed)["answer"]] == [(t(40), False)]
    assert [(f.at, f.reached, f.solved) for f in said(MADE, SENT, missed, reached)["answer"]] == [(t(90), True, True)]
    assert [f.at for f in said(MADE, SENT, missed, reached, upto=50)["answer"]] == [t(40)]


def test_what_was_told_late_is_known_late_and_nothing_is_known_before_what_it_builds_on():
    typed = told(2, "contact", "in_progress", known=30, contacted_at=t(2), contact_typed_at=t(30))
    assert said(MADE, SENT, typed, upto=29)["contact"][0].met_at is None
    assert said(MADE, SENT, typed)["contact"][0].met_at == t(2)
    after = told(25, "draft_reply", "in_progress", known=25)
    lines = entries(CASE, [MADE, SENT, typed, after], {"state": ""}, ZONE)
    assert [line.known_at for line in lines] == sorted(line.known_at for line in lines)


def test_a_dispatch_taken_back_is_none():
    back = told(1.5, "undispatch", "pending_review", lead_id=None, sign_due_at=None, contact_due_at=None, handle_due_at=None)
    assert set(said(MADE, SENT, back)) == {"received", "course"}


def test_what_is_sent_back_as_a_draft_is_received_no_more_and_was_dispatched_all_the_same():
    back = told(3, "uphold_return", "pending_review", lead_id=None, sign_due_at=None, contact_due_at=None, handle_due_at=None)
    draft = told(4, "send_back", "draft")
    assert set(said(MADE, SENT, back, draft)) == {"dispatch"}


def test_an_undated_one_lies_in_its_own_fact_alone():
    assert set(said(told(0, "submit", "closed", received_at=t(0), undated=True, closed_at=t(9)))) == {"undated"}


def test_damage_in_one_row_loses_nobody_a_figure():
    odd = told(4, "record_callback", "no_such_state", given={"party": "x", "round": -1, "outcome": "answered", "solved": "yes", "satisfaction": None})
    (answer,) = said(MADE, SENT, odd)["answer"]
    assert (answer.part, answer.n, answer.solved, answer.satisfaction) == (CASE, 0, None, "")


def test_a_history_that_does_not_tell_its_columns_is_as_it_stands_since_its_last_step():
    old = told(0, "submit", "pending_review"), told(30, "close", "closed")
    lines = entries(CASE, old, {"state": "closed", "received_at": t(0), "closed_at": t(30), "lead_id": 4}, ZONE)
    assert {(line.sign, line.fact.fact, line.known_at) for line in lines} == {(1, "received", START + timedelta(hours=30)), (1, "closed", START + timedelta(hours=30)),
                                                                           (1, "course", START + timedelta(hours=30))}
