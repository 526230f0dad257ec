"""What a leader is told before the desk begins, and what leaders did in person: every number is the length of the list that it opens to."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import later
from tests.leader_day import HELD, announced, call, draft, go_on, promise, scheme, step

from minsheng.cases.queries import lists
from minsheng.kit import clock
from minsheng.kit.verdict import Refused
from minsheng.leader_days.queries import briefing, briefing_paper, in_person, ledger, pages, report
from minsheng.leader_days.rules.report_figures import OF_DEEDS
from minsheng.measures import following


def figures(value) -> list[briefing.Figure]:
    """Every figure there is in a sheet, wherever it stands."""
    if isinstance(value, briefing.Figure):
        return [value]
    if isinstance(value, tuple):
        return [one for part in value for one in figures(part)]
    return [one for f in fields(value) for one in figures(getattr(value, f.name))] if is_dataclass(value) else []


def opened(figure: briefing.Figure, by) -> int:
    """How many rows stand in the list that it opens to."""
    given = dict(parse_qsl(figure.query))
    if figure.ledger:
        return ledger.rows(by, ledger.read_filters(given)).count()
    return len(lists.listed(by, lists.read_filters(given), size=500).rows)


def a_history(cast):
    """A period that was held, with commitments, and orders of the unit in several states; the next one is drafted."""
    held = announced(cast)
    with clock.fixed(HELD):
        one, two, three = (call(cast, held) for _ in range(3))
        kept = promise(cast, held, one)
        promise(cast, held, two, what="本月内修好泵房", due="2025-01-06")
    with clock.fixed(later(days=2)):
        for case in (one, two, three):
            cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
        cast.take(cast.take(two, "sign", "water"), "ask_parking", "water_head", reason="需列入明年改造", measures="临时供水", solve_by="2025-06-30T18:00+08:00")
        cast.take(two, "grant_parking", "supervisor", ruling="同意")
        go_on(cast, kept, "prove", "water", proof="已更换", done_on="2025-01-04")
        go_on(cast, kept, "conclude_kept", "supervisor", finding="属实")
    with clock.fixed(later(days=20)):
        coming = draft(cast, scheme(cast, name="另一方案"), 2, later(days=24))
    return held, coming


def test_every_number_of_the_sheet_opens_to_a_list_of_as_many_for_each_who_may_read_it(cast):
    _, coming = a_history(cast)
    desk = coming.desks.get()
    with clock.fixed(later(days=21)):
        for who in ("leader", "water", "coordinator"):
            found = briefing.sheet(desk.id, cast.actors[who])
            told = figures(found)
            assert len(told) > 8 and {(f.label, f.query): f.n for f in told} == {(f.label, f.query): opened(f, cast.actors[who]) for f in told}
            assert {f.label: f.n for f in found.standing} == {"未办结": 3, "已超时": 2, "挂账": 1, "疑难": 0}, who
            assert [one.what for one in found.promises] == ["本月内修好泵房", "更换老旧水管"] and found.promises[0].overdue
            assert [(m.name, m.received.n) for m in found.matters] == [("停水", 3)] and len(found.late) == 2 and len(found.hard) == 1
        for who in ("roads", "supervisor", "agent", "inspector", "county"):
            with pytest.raises(Refused):
                briefing.sheet(desk.id, cast.actors[who])
        page = cast.client("leader").get(f"/desk/desks/{desk.id}/briefing").content.decode()
        assert "本月内修好泵房" in page and "已超时 2 件" in page
        assert cast.client("roads").get(f"/desk/desks/{desk.id}/briefing").status_code == 404
        printed, words = cast.client("leader").get(f"/desk/desks/{desk.id}/briefing.pdf"), str(briefing_paper.paper(found))
        assert printed.content[:5] == b"%PDF-" and cast.client("roads").get(f"/desk/desks/{desk.id}/briefing.pdf").status_code == 404
        assert "已超时2件" in words and "停水：来件3件，未办结3件" in words and "本月内修好泵房" in words and found.late[0].number in words
        assert cast.client("supervisor").get(f"/desk/desks/{desk.id}/briefing").status_code == 403
        assert f"/desk/desks/{desk.id}/briefing" in cast.client("coordinator").get(f"/desk/periods/{coming.id}").content.decode()


def test_the_sheet_takes_as_many_statements_for_a_unit_with_much_as_with_little(cast):
    _, coming = a_history(cast)
    desk, counted = coming.desks.get(), []
    with clock.fixed(later(days=21)):
        for _ in range(2):
            with CaptureQueriesContext(connection) as seen:
                briefing.sheet(desk.id, cast.actors["coordinator"])
            counted.append(len(seen))
            for _ in range(3):
                cast.take(cast.create(), "dispatch", "dispatcher", lead=cast.units["water"].id)
    assert counted[0] == counted[1] <= 12, counted


def test_a_period_that_was_held_has_no_sheet_any_more(cast):
    held, _ = a_history(cast)
    desk = held.desks.get()
    with clock.fixed(HELD + timedelta(hours=3)):
        step(cast, held.id, "hold")
        with pytest.raises(Refused):
            briefing.sheet(desk.id, cast.actors["leader"])


def test_what_leaders_did_in_person_is_counted_by_its_list(cast):
    held, _ = a_history(cast)
    with clock.fixed(later(days=3)):
        case = call_of(cast, held)
        cast.take(case, "urge_in_person", "leader", urging="明天看结果")
        cast.take(case, "urge_in_person", "leader", urging="今天看结果")
        cast.take(case, "coordinate_in_person", "leader", coordinated="与城管局商定")
        found = {deed.step: deed.cases for deed in pages.period(held.id, cast.actors["supervisor"]).more["in_person"]}
        assert found == {"take_in_person": 0, "answer_in_person": 0, "hand_over_in_person": 0, "coordinate_in_person": 1, "urge_in_person": 1}
        rows = in_person.listed([held.id], "urge_in_person", cast.actors["supervisor"]).page.rows
        assert [row.case_id for row in rows] == [case.id] and rows[0].given is not None, "urged twice, one case"
        counted = report.of([held], cast.actors["supervisor"])
        assert counted.as_dict()["in_person"] == {name: found[name] for name in OF_DEEDS} and counted.scope("")["urge_in_person"] == 1
        shown = cast.client("supervisor").get(f"/desk/periods/report?period={held.id}").content.decode()
        assert f"/desk/in-person/urge_in_person?period={held.id}" in shown and "负责同志亲自协调" in shown
        for who, status in (("supervisor", 200), ("leader", 200), ("water", 200), ("roads", 404), ("dispatcher", 403)):
            assert cast.client(who).get(f"/desk/in-person/urge_in_person?period={held.id}").status_code == status, who
        assert cast.client("leader").get(f"/desk/in-person/close?period={held.id}").status_code == 404
        assert "亲自督办 1 件" in cast.client("supervisor").get(f"/desk/periods/{held.id}").content.decode()


def call_of(cast, period):
    from minsheng.cases.models import Case

    return Case.objects.filter(period_id=period.id).order_by("id").first()


def test_a_restricted_case_is_in_every_count_of_its_period_for_everybody_and_in_the_list_of_its_readers(cast):
    """Two figures that differ by it would say at whose desk it was taken, and how (rulings, 48)."""
    held, _ = a_history(cast)
    with clock.fixed(later(days=3)):
        case = call_of(cast, held)
        cast.take(case, "urge_in_person", "leader", urging="明天看结果")

        def figures(who):
            following.bring_up_to_date()
            page = pages.period(held.id, cast.actors[who]).more
            return [page["report"].figures["received"].value, page["report"].figures["completion"].denominator,
                    *(deed.cases for deed in page["in_person"])]

        before = {who: figures(who) for who in ("coordinator", "supervisor", "analyst", "leader")}
        cast.take(case, "restrict", "shift_leader", reason="涉及未成年人", readers=[cast.people["supervisor"].id], until="2025-06-01T00:00+08:00")
        assert {who: figures(who) for who in before} == before, "no figure moves when a case is restricted"
        for who, n, said in (("supervisor", 1, False), ("coordinator", 0, True)):
            found = in_person.listed([held.id], "urge_in_person", cast.actors[who])
            shown = cast.client(who).get(f"/desk/in-person/urge_in_person?period={held.id}").content.decode()
            assert (len(found.page.rows), found.hidden) == (n, 1 - n) and ("另有 1 件下面没有列出" in shown) is said, who
            assert (case.number in shown) is (n == 1)
        assert "限制知悉的也算在内" in cast.client("coordinator").get(f"/desk/periods/{held.id}").content.decode()
