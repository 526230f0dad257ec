"""What a unit claims of its calls, beside the calls that the centre has: four answers, the same in the list, in the count and at the check."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, build
from tests.rooms.test_relayed_calls import made

from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.oversight.actions import replies
from minsheng.oversight.models import Finding
from minsheng.oversight.queries import claimed_calls
from minsheng.oversight.rules.claimed_calls import Beside, Rung, of
from minsheng.telephony.actions import relays

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def cast(db, settings, tmp_path):
    settings.TELEPHONY, settings.DATA = "simulator", tmp_path
    with clock.fixed(NOW):
        yield build()


def claimed(cast, call: float | None = None, talk: float | None = 45, how: str = "phone") -> Case:
    """The unit says that it rang at NOW + 60 min; `call`: minutes from that to a call of the centre."""
    case = cast.at_state(State.IN_PROGRESS)
    if call is not None:
        made(f"rl-{case.id}-7", talk, began=(60 + call) * 60)
    with clock.fixed(LATER):
        relays.settle()
        return cast.take(case, "contact", "water", contact_at=(NOW + timedelta(minutes=60)).isoformat(), contact_how=how)


@pytest.mark.parametrize(("call", "talk", "kind"), [
    (0, 45, "matched"), (29, 45, "matched"), (-29, 20, "matched"), (5, 19, "short"), (5, None, "short"), (31, 45, "other_time"), (-45, None, "other_time"), (None, None, "none")])
def test_each_claim_has_one_answer_and_list_count_and_check_say_the_same(cast, call, talk, kind):
    case = claimed(cast, call, talk)
    with clock.fixed(LATER):
        supervisor = cast.actors["supervisor"]
        whole, units = claimed_calls.figures(supervisor)
        assert dict(whole.counts) == {one.value: int(one.value == kind) for one in Beside} and units[0].unit == cast.units["water"].id
        row, = claimed_calls.listed(supervisor, claimed_calls.Filters(kind=kind)).rows
        assert (row.case.id, row.kind.value) == (case.id, kind) and [one.kind.value for one in claimed_calls.of_case(case.id)] == [kind]
        assert not claimed_calls.listed(supervisor, claimed_calls.Filters(kind="matched" if kind != "matched" else "none")).rows


def test_of_several_calls_the_one_that_fits_counts():
    at = NOW
    assert of(at, [Rung(at + timedelta(hours=5), timedelta(minutes=3)), Rung(at + timedelta(minutes=2), timedelta(seconds=3)), Rung(at, timedelta(minutes=1))]) == "matched"
    assert of(at, [Rung(at + timedelta(minutes=30))]) == "short" and of(at, [Rung(at + timedelta(minutes=30, seconds=1), timedelta(minutes=9))]) == "other_time"


@pytest.mark.parametrize(("claims", "calls", "kinds"), [
    ((60, 65), (61,), ("matched", "shared")), ((60, 65), (64,), ("shared", "matched")), ((60, 60), (60,), ("matched", "shared")), ((60, 62), (61,), ("matched", "shared")),
    ((60, 65), (60, 66), ("matched", "matched")), ((60, 65, 150), (61,), ("matched", "shared", "other_time"))])
def test_one_call_speaks_for_one_claim_and_the_other_is_said_to_share_it(cast, claims, calls, kinds):
    case = cast.at_state(State.IN_PROGRESS)
    for n, minute in enumerate(calls):
        made(f"rl-{case.id}-{n}", 45, began=minute * 60)
    with clock.fixed(LATER):
        relays.settle()
    for n, minute in enumerate(claims):
        with clock.fixed(LATER + timedelta(minutes=n)):
            cast.take(case, "contact", "water", contact_at=(NOW + timedelta(minutes=minute)).isoformat(), contact_how="phone")
    with clock.fixed(LATER + timedelta(hours=1)):
        supervisor = cast.actors["supervisor"]
        assert tuple(one.kind.value for one in claimed_calls.of_case(case.id)) == kinds
        assert tuple(one.kind.value for one in reversed(claimed_calls.listed(supervisor, claimed_calls.Filters()).rows)) == kinds
        assert dict(claimed_calls.figures(supervisor)[0].counts) == {one.value: kinds.count(one.value) for one in Beside}
        assert len(claimed_calls.listed(supervisor, claimed_calls.Filters(kind="shared")).rows) == kinds.count("shared")
        lines = b"".join(cast.client("supervisor").get("/desk/claimed-calls.csv").streaming_content).decode().splitlines()
        assert len(lines) == len(kinds) + 1 and case.number in lines[1] and "通话 45 秒" in lines[1]
        assert len(b"".join(cast.client("supervisor").get("/desk/claimed-calls.csv?kind=matched").streaming_content).decode().splitlines()) == kinds.count("matched") + 1
        assert cast.client("supervisor").get("/desk/claimed-calls.csv?kind=x").status_code == 422 and cast.client("checker").get("/desk/claimed-calls.csv").status_code == 403


def test_what_was_no_call_is_not_compared_and_without_telephony_nothing_is_missed(cast, settings):
    claimed(cast, how="visit")
    case = claimed(cast)
    with clock.fixed(LATER):
        assert claimed_calls.figures(cast.actors["supervisor"])[0].total == 1
        settings.TELEPHONY = "none"
        assert claimed_calls.of_case(case.id) == []
        assert "没有接话务平台" in cast.client("supervisor").get("/desk/claimed-calls").content.decode()


@pytest.mark.parametrize(("call", "talk", "finds"), [(5, None, True), (90, 45, True), (0, 45, False), (None, None, False)])
def test_only_what_the_centres_own_record_speaks_against_is_a_finding_and_a_person_judges_it(cast, call, talk, finds):
    case = claimed(cast, call, talk)
    with clock.fixed(LATER):
        cast.take(case, "field_record", "water", visited_at=NOW.isoformat(), found="阀门坏了", done="已换")
        case = cast.take(case, "draft_reply", "water", handling="已换阀门。", public_reply="阀门已经更换，今天中午恢复供水。", claimed_solved=True)
        cast.take(case, "reply", "water_head")
        page = cast.client("checker").get(f"/desk/check?case={case.id}").content.decode()
        assert 'id="claimed"' in page and ("可能是用别的电话打的" in page) is (call is None)
    with clock.fixed(LATER + timedelta(minutes=10)):
        replies.check()
        found = list(Finding.objects.filter(check_code="calls"))
        assert len(found) == finds
        if finds:
            assert "称 2025-01-02 11:00 电话联系；中心的通话是 2025-01-02" in found[0].evidence and found[0].state == "open"


def test_who_may_not_see_the_case_finds_nothing_and_the_unit_has_no_such_page(cast):
    case = claimed(cast, 0)
    with clock.fixed(LATER):
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["water"].id], until=(LATER + timedelta(days=9)).isoformat())
        assert claimed_calls.figures(cast.actors["supervisor"])[0].total == 0
        assert cast.client("water_head").get("/desk/claimed-calls").status_code == 403 and cast.client("checker").get("/desk/claimed-calls").status_code == 403


def test_figures_open_lists_of_that_length_and_statements_do_not_grow(cast):
    def page(query: str = "") -> tuple[str, int]:
        with CaptureQueriesContext(connection) as seen:
            answer = client.get(f"/desk/claimed-calls{query}")
        assert answer.status_code == 200
        return answer.content.decode(), len(seen)

    claimed(cast, 0)
    with clock.fixed(LATER):
        client = cast.client("supervisor")
        page()
        one = page()[1]
    for call, talk in ((5, None), (90, 45), (None, None), (None, None)):
        claimed(cast, call, talk)
    with clock.fixed(LATER):
        text, many = page()
        assert many == one
        for where, n in re.findall(r'href="/desk/claimed-calls(\?kind=[^"]+)">(\d+)<', text):
            assert page(where.replace("&amp;", "&"))[0].count("data-row") == int(n)
        assert client.get("/desk/claimed-calls?kind=x").status_code == 422
