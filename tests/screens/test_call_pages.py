"""Pages of telephony: every number opens to the calls it counts, an agent sees their own, a simulated exchange says so, what waits is rung."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import NOW, build
from tests.rules.test_call_rules import TOWN, day

from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid
from minsheng.measures import queries as measures
from minsheng.telephony.actions import callbacks, ledger, links, presence
from minsheng.telephony.models import Call, Callback
from minsheng.telephony.queries import figures, staffing
from minsheng.telephony.queries.lists import Filters, today
from minsheng.telephony.rules.events import Event, Kind


@pytest.fixture
def cast(db):
    with clock.fixed(NOW + timedelta(minutes=40)):
        yield build()


def some_calls(cast, seed: int = 4) -> None:
    """A quarter of an hour of the simulated town, whose first agent is the cast's."""
    agent = cast.people["agent"].id
    ledger.keep("pbx1", [Event(**{n: getattr(e, n) for n in e.__dataclass_fields__} | {"agent": agent if e.agent == TOWN.agents[0][0] else e.agent})
                         for e in day(seed)])


def numbers_of(page: str) -> list[tuple[str, int]]:
    return [(href.replace("&amp;", "&"), int(n)) for href, n in re.findall(r'href="(/desk/calls\?[^"]+)">(\d+)<', page)]


def test_every_number_opens_to_the_calls_that_it_counts(cast):
    some_calls(cast)
    supervisor = cast.client("supervisor")
    page = supervisor.get("/desk/calls/figures").content.decode()
    doors = numbers_of(page)
    assert len(doors) > 40 and sum(n for _, n in doors) > 100
    for href, n in sorted(set(doors)):
        said = re.search(r"共 (\d+) 通", supervisor.get(href).content.decode())
        assert (int(said[1]) if said else 0) == n, href
    whole, *languages = figures.figures(*Filters(today(), today()).span)
    assert all(sum(one.counts[name] for one in languages) == n for name, n in whole.counts.items())
    assert whole.counts["answered"] and whole.counts["abandoned"] and 0 < whole.connect_all <= whole.connect < 1 and whole.wait_mean < whole.arrival_mean
    assert sum(whole.waits) == whole.counts["abandoned"]


def test_rates_are_those_that_are_counted_by_hand(cast):
    def call(name: str, waits: float, answered: bool, talk: int = 60) -> None:
        at, linked = NOW, f"pbx1-{name}"
        end = at + timedelta(seconds=waits)
        ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh")] + (
            [Event(Kind.CONNECTED, "pbx1", linked, linked, end, queue="q-zh", agent=9, value=int(waits)),
             Event(Kind.ENDED, "pbx1", linked, linked, end + timedelta(seconds=talk), target="caller", agent=9)] if answered else
            [Event(Kind.ABANDONED, "pbx1", linked, linked, end, value=int(waits))]))

    for n, (waits, answered) in enumerate(((4, False), (5, False), (30, False), (10, True), (15, True), (16, True), (3, True))):
        call(str(n), waits, answered)
    one = figures.figures(*Filters(today(), today()).span)[0]
    assert (one.counts["offered"], one.counts["offered_kept"], one.counts["answered"], one.counts["short"]) == (7, 6, 4, 1)
    assert (one.connect, one.connect_all, one.in_time, one.waits) == (4 / 6, 4 / 7, 3 / 4, (1, 1, 0, 1, 0, 0))
    assert (one.wait_mean, one.talk) == (11, 60) and 15.8 < one.wait_95 < 16
    assert figures.work(*Filters(today(), today()).span).handling == 60
    for name, kind in (("8", Kind.QUEUED), ("9", Kind.CONNECTED)):
        at, linked = NOW + timedelta(minutes=39), f"pbx1-{name}"
        ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh"), Event(kind, "pbx1", linked, linked, at, queue="q-zh", agent=9)])
    one = figures.figures(*Filters(today(), today()).span)[0]
    assert (one.counts["offered"], one.counts["waits"], one.connect, one.connect_all) == (9, 1, 5 / 7, 5 / 8), "who waits is in no rate; who talks was answered"


def test_the_two_measures_of_calls_say_what_the_ledger_says_and_open_to_the_calls(cast):
    some_calls(cast)
    asked = measures.read_asked({"from": "2025-01-02", "to": "2025-01-02"})
    connect, in_time = measures.rows(asked, cast.actors["supervisor"], ["connect", "answer_15s"])
    one = figures.figures(*Filters(today(), today()).span)[0]
    assert (connect.numerator, connect.denominator) == (one.counts["answered"], one.counts["offered_kept"]) and connect.value == round(one.connect, 6)
    assert (in_time.numerator, in_time.denominator) == (one.counts["answered_15s"], one.counts["answered"]) and connect.low < connect.value
    narrowed = measures.read_asked({"from": "2025-01-02", "to": "2025-01-02", "channel": "phone"})
    assert measures.rows(narrowed, cast.actors["supervisor"], ["connect"])[0].value is None
    assert measures.rows(asked, cast.actors["water"], ["connect"])[0].value is None, "a unit has no such figure"
    door = cast.client("supervisor").get("/board/list?measure=connect&part=denominator&from=2025-01-02&to=2025-01-02", follow=True)
    assert f"共 {connect.denominator} 通" in door.content.decode()
    with pytest.raises(Invalid):
        measures.set_of("connect", "numerator")
    assert not [row for row in measures.rows(measures.read_asked({"by": "unit"}), cast.actors["supervisor"]) if row.measure == "connect"]


def test_an_agent_sees_their_own_calls_and_a_stranger_to_the_telephone_none(cast):
    some_calls(cast)
    mine = Call.objects.filter(agent_id=cast.people["agent"].id).first()
    other = Call.objects.exclude(agent_id=cast.people["agent"].id).exclude(agent_id=None).first()
    agent = cast.client("agent")
    assert agent.get(f"/desk/calls/{mine.id}").status_code == 200 and agent.get(f"/desk/calls/{other.id}").status_code == 404
    shown = agent.get("/desk/calls").content.decode()
    assert f"/desk/calls/{mine.id}" in shown and f"/desk/calls/{other.id}\"" not in shown
    assert agent.get("/desk/calls/wallboard").status_code == 403 and cast.client("water").get("/desk/calls").status_code == 403
    assert cast.client("supervisor").get("/desk/calls?from=2025-01-09&to=2025-01-01").status_code == 422
    case = cast.at_state(State.IN_PROGRESS)
    assert links.link(call_id=mine.id, case_id=case.id, by=cast.actors["agent"]) and not links.link(call_id=1, case_id=case.id, by=cast.actors["agent"])
    assert case.number in agent.get(f"/desk/calls/{mine.id}").content.decode()
    same = Call.objects.filter(number_hash=mine.number_hash).count()
    assert mine.number_hash is None or f"共 {same} 通" in cast.client("supervisor").get(f"/desk/calls?same={mine.id}").content.decode()


def test_pages_take_as_many_statements_for_few_calls_as_for_many_and_say_what_is_simulated(cast, settings):
    paths = ("/desk/calls", "/desk/calls/figures", "/desk/calls/wallboard/numbers", "/desk/calls/staffing", "/desk/ring-back")
    client, counts = cast.client("shift_leader"), []
    for seed in (4, 5):
        some_calls(cast, seed)
        with clock.fixed(NOW + timedelta(hours=1)):
            callbacks.settle()
        for _ in range(2):
            taken = []
            for path in paths:
                with CaptureQueriesContext(connection) as seen:
                    assert client.get(path).status_code == 200
                taken.append(len(seen))
        counts.append(taken)
    assert counts[0] == counts[1] and max(counts[0]) <= 12, counts
    settings.TELEPHONY = "simulator"
    for path in (*paths, "/desk/calls/wallboard"):
        assert "模拟" in client.get(path).content.decode(), path
    page = client.get("/desk/calls/staffing").content.decode()
    assert "应在岗" in page and "10:00" in page and client.get("/desk/calls/staffing?more=x").status_code == 422


def test_who_signs_in_beside_the_queues_and_a_wrap_up_left_open_are_no_staff(cast):
    """A shift leader who listens and a clerk who rings back answer no queue; whoever went home in wrap-up tells nothing of how long a call is written down."""
    eight = NOW - timedelta(hours=2)
    for who in ("agent", "shift_leader", "callback_clerk"):
        presence.change(person_id=cast.people[who].id, state="ready", at=eight)
    for minute in (5, 10, 20, 30):
        presence.change(person_id=cast.people["agent"].id, state="wrap_up", at=eight + timedelta(minutes=minute))
        if minute < 30:
            presence.change(person_id=cast.people["agent"].id, state="ready", at=eight + timedelta(minutes=minute + 1))
    first = staffing.plan(staffing.Asked(day=NOW.date(), weeks=0)).slots[0]
    assert (first.begins, round(first.there, 2), first.handling) == ("08:00", 1.0, 240.0), "three minutes, where no call tells, and one to write"
    assert figures.work(eight, NOW + timedelta(hours=1)).signed_in == (clock.now() - eight).total_seconds(), "of the agent alone"


def test_a_call_back_is_taken_rung_and_written_down(cast):
    some_calls(cast)
    with clock.fixed(NOW + timedelta(hours=1)):
        callbacks.settle()
        clerk = cast.client("callback_clerk")
        waiting = Callback.objects.count()
        assert waiting and f"现在可拨 {waiting} 个" in clerk.get("/desk/ring-back").content.decode()
        assert clerk.post("/desk/ring-back/take").status_code == 302
        row = Callback.objects.get(state="leased")
        page = clerk.post(f"/desk/ring-back/{row.id}/number").content.decode()
        assert "+86" in page and "+86" not in clerk.get("/desk/ring-back").content.decode()
        assert clerk.post(f"/desk/ring-back/{row.id}/dial").status_code == 409, "no exchange here"
        assert clerk.post(f"/desk/ring-back/{row.id}/record", {"result": "x", "note": "打了两遍"}).status_code == 422
        assert clerk.post(f"/desk/ring-back/{row.id}/record", {"result": "reached", "note": "已说明"}).status_code == 302
        assert "已说明" in clerk.get("/desk/ring-back?state=done").content.decode()
        assert clerk.post(f"/desk/ring-back/{row.id}/record", {"result": "reached"}).status_code == 409
        assert clerk.get("/desk/ring-back?state=x").status_code == 422 and clerk.post("/desk/ring-back/take", {"id": "x"}).status_code == 302
        assert cast.client("supervisor").get("/desk/ring-back").status_code == 200 and cast.client("supervisor").post("/desk/ring-back/take").status_code == 403


def test_to_whom_a_call_was_passed_on_stands_there_by_name(cast):
    colleague = cast.people["shift_leader"]
    for place, (to, joins) in enumerate([("", {"agent": colleague.id}), ("", {"target": "110"}), ("q-bo", {}), (f"a{colleague.id}", {}), ("", {})]):
        linked = f"pbx1-to.{place}"
        at = NOW + timedelta(minutes=place)
        ledger.keep("pbx1", [Event(Kind.QUEUED, "pbx1", linked, linked, at, queue="q-zh", number=f"1390000000{place}"),
                             Event(Kind.CONNECTED, "pbx1", linked, linked, at, queue="q-zh", agent=cast.people["agent"].id),
                             Event(Kind.TRANSFERRED, "pbx1", linked, linked, at + timedelta(seconds=40), agent=cast.people["agent"].id, target=to),
                             *([Event(Kind.JOINED, "pbx1", linked, f"{linked}9", at + timedelta(seconds=40.3), exact=True, **joins)] if joins else []),
                             Event(Kind.ENDED, "pbx1", linked, linked, at + timedelta(seconds=90), target="linkedid")])
    page = cast.client("supervisor").get("/desk/calls").content.decode()
    assert [words.strip() for words in re.findall(r"人工接听，转 ([^<\n]+)", page)] == ["先询问的一方", colleague.name, "藏语队列", "110", colleague.name]
    one = cast.client("supervisor").get(f"/desk/calls/{Call.objects.get(linkedid='pbx1-to.0').pk}").content.decode()
    assert f"转 {colleague.name}" in one and f">a{colleague.id}<" not in one
    assert "加入通话</strong>  110" in re.sub(r" +", "  ", cast.client("supervisor").get(f"/desk/calls/{Call.objects.get(linkedid='pbx1-to.1').pk}").content.decode())
