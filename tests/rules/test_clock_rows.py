"""The clocks of a case: what each step does to them, by worked examples of one week in January without a holiday."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from minsheng.calendar import library
from minsheng.calendar.rules import Limit
from minsheng.cases.rules import Ask, Kind, State
from minsheng.cases.rules.clocks import Clocks, Terms, after_shift, stands_still

LHASA = library.builtin("lhasa")
LIMITS = {"sign": "4wh", "contact": "1wd", "handle": "5wd", "review": "2h", "rule_return": "1wd", "park_review": "30d", "check": "1wd", "callback": "2wd",
          "interim": "3d", "statutory": "60d"}


@dataclass(frozen=True)
class Term:
    limit: Limit
    basis: str = "时限表"
    yellow: Limit | None = None
    red: Limit | None = None


def at(day: int, hour: int = 10) -> datetime:
    return datetime.fromisoformat(f"2025-01-{day:02}T{hour:02}:00+08:00")


def clocks(kind: Kind = Kind.HELP, cal=LHASA, **changed: str) -> Clocks:
    return Clocks([], Terms(cal, lambda code, when: Term(Limit.parse((LIMITS | changed)[code])), kind, at(2)))


def dispatched(kind: Kind = Kind.HELP) -> Clocks:
    made = clocks(kind)
    made.start_handling(at(6))
    return made


def due(made: Clocks, code: str) -> str:
    return f"{made.due(code).astimezone(at(1).tzinfo):%m-%dT%H}"


def test_a_dispatch_starts_three_clocks_and_a_consultation_counts_from_its_receipt():
    made = dispatched()
    assert [row.code for row in made.all()] == ["sign", "contact", "handle"] and due(made, "handle") == "01-13T18" and due(made, "contact") == "01-07T18"
    assert due(dispatched(Kind.CONSULT), "handle") == "01-09T18" and made.due("check") is None


def test_to_be_sent_elsewhere_signs_anew_and_moves_no_limit_of_handling():
    made = dispatched()
    made.meet("sign", at(6, 11))
    made.start_handling(at(8))
    assert [row.code for row in made.all("sign")] == ["sign", "sign"] and len(made.all("contact")) == len(made.all("handle")) == 1
    assert made.last("contact").started_at == at(8), "each lead owes it from when it was sent the order"
    made.meet("contact", at(8, 11))
    made.start_handling(at(9))
    assert len(made.all("contact")) == 2, "and though the one before had done it"
    assert [row.met_at for row in made.all("sign")][:1] == [at(6, 11)] and [row.code for row in made.rows if row.void] == ["contact", "sign"]


def test_another_limit_at_the_dispatch_moves_no_start():
    made = dispatched()
    made.start_handling(at(8), Limit.parse("10wd"))
    assert made.last("handle").started_at == at(6) and made.last("handle").basis == "派单时另定" and due(made, "handle") == "01-20T18"
    made.meet("handle", at(9))
    made.start_handling(at(10), Limit.parse("1wd"))
    assert made.last("handle").started_at == at(10), "what was met is over"


def test_a_redo_has_half_of_the_first_limit_rounded_up():
    made = dispatched()
    made.meet("handle", at(9))
    made.meet("contact", at(7))
    assert str(made.redo(at(13)).limit) == "3wd" and made.last("contact").started_at == at(13) and made.first_limit(at(13)) == Limit.parse("5wd")
    assert clocks(handle="7wd").first_limit(at(6)) == Limit.parse("7wd"), "never dispatched: what the table says"


def test_an_extension_adds_to_what_was_due():
    made = dispatched()
    assert made.extend(Limit.parse("5wd"), "材料未到").shifts[-1]["why"] == "材料未到" and due(made, "handle") == "01-20T18"
    with pytest.raises(LookupError):
        clocks().extend(Limit.parse("5wd"), "没有")


def test_what_was_met_too_early_runs_again_without_the_time_between():
    made = dispatched()
    made.reopen("handle", at(7), "未到")
    assert due(made, "handle") == "01-13T18" and made.last("handle").shifts == (), "it ran all the time"
    made.meet("handle", at(8))
    made.reopen("handle", at(10), "回访发现未办")
    assert made.last("handle").runs and due(made, "handle") == "01-15T18"


def test_to_leave_a_desk_meets_its_clock_but_to_be_merged_does_not():
    made = clocks()
    made.start("review", at(6))
    made.leave(State.PENDING_REVIEW, State.PENDING_REVIEW, at(6, 11))
    made.leave(State.PENDING_REVIEW, State.MERGED, at(6, 11))
    made.leave(State.IN_PROGRESS, State.PENDING_CHECK, at(6, 11))
    assert made.last("review").open
    made.leave(State.PENDING_REVIEW, State.PENDING_SIGN, at(6, 12))
    assert made.last("review").met_at == at(6, 12)


def test_a_clock_that_stood_ends_later_by_what_it_stood():
    made = dispatched()
    made.settle(State.RETURN_REVIEW, (), False, at(7), "退单")
    assert not any(row.runs for row in made.all()) and made.watched(State.IN_PROGRESS).code == "contact"
    made.settle(State.RETURN_REVIEW, (), False, at(8), "退单")
    made.settle(State.IN_PROGRESS, (), False, at(9), "退单不予同意")
    assert all(row.runs for row in made.all()) and due(made, "handle") == "01-15T18" and made.last("handle").shifts[0]["kind"] == "pause"


def test_the_watched_clock_is_the_first_owed_of_those_that_run():
    made = dispatched()
    assert made.watched(State.IN_PROGRESS).code == "contact" and made.watched(State.CLOSED) is None and made.watched(State.PARKED) is None
    made.meet("contact", at(7))
    made.start("interim", at(7))
    assert made.watched(State.IN_PROGRESS).code == "interim"
    made.rows[-1] = replace(made.rows[-1], paused_at=at(7))
    assert made.watched(State.IN_PROGRESS).code == "handle", "what stands comes after what runs"
    made.drop("handle", "interim")
    assert made.watched(State.IN_PROGRESS) is None and made.last("interim") is None


@pytest.mark.parametrize(("code", "state", "pending", "statutory", "still"), [
    ("handle", State.DRAFT, (), False, True), ("handle", State.CLOSED, (), False, True), ("handle", State.IN_PROGRESS, (), False, False),
    ("rule_return", State.RETURN_REVIEW, (), False, False), ("handle", State.RETURN_REVIEW, (), False, True), ("park_review", State.PARKED, (), False, False),
    ("handle", State.PARKED, (), False, True), ("review", State.PENDING_REVIEW, (), False, False), ("review", State.PENDING_REVIEW, (Ask.CONSULT,), False, True),
    ("handle", State.IN_PROGRESS, (), True, True), ("interim", State.IN_PROGRESS, (), True, False), ("statutory", State.IN_PROGRESS, (), True, False),
    ("callback", State.PENDING_CALLBACK, (), True, False),
])
def test_a_clock_stands_still_by_where_the_case_stands_alone(code, state, pending, statutory, still):
    assert stands_still(code, state, pending, statutory) is still


def test_a_holiday_announced_late_moves_what_is_open_and_says_so_once():
    made = clocks(cal=library.builtin("national"))
    made.start_handling(datetime.fromisoformat("2025-02-26T10:00+08:00"))  # in the national calendar no festival follows
    made.meet("sign", datetime.fromisoformat("2025-02-26T11:00+08:00"))
    made.extend(Limit.parse("1wd"), "材料未到")
    anew = Clocks(made.rows, replace(made.terms, cal=LHASA))
    changed = {row["clock"]: (row["before"][:10], row["after"][:10]) for row in anew.recompute("藏历新年放假")}
    assert changed == {"contact": ("2025-02-27", "2025-03-05"), "handle": ("2025-03-06", "2025-03-12")}
    assert anew.last("handle").shifts[-1]["kind"] == "holiday" and anew.recompute("再算一次") == []
    kept = anew.last("handle")
    assert after_shift(kept.due_at, kept.shifts[-1], Limit.parse("5wd"), LHASA) == kept.due_at, "it moves nothing by itself: the calendar did"


def test_a_copy_is_tried_on_and_the_clocks_stay():
    made = dispatched()
    made.copy().extend(Limit.parse("5wd"), "试算")
    assert due(made, "handle") == "01-13T18"
    usual, narrow = (replace(made.last("handle"), **given).warns(LHASA) for given in ({}, {"yellow": "4wd", "red": "1wd"}))
    assert [f"{when:%m-%dT%H:%M}" for when in (usual.yellow_at, usual.red_at, narrow.yellow_at, narrow.red_at)] == [
        "01-13T09:30", "01-13T16:00", "01-08T09:30", "01-13T09:30"]
