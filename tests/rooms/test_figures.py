"""Figures from steps taken: the worked examples, the recount in Python, the lists behind every number, the command line."""

import csv
import io
import json
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext
from tests import figures_oracle as oracle
from tests import orders
from tests.orders import Order, local

from minsheng.accounts.rules import Actor, Role, clock_actor
from minsheng.cases.actions import import_history
from minsheng.cases.models import Case, Category
from minsheng.cases.rules.source_row import Brought
from minsheng.cli import measures as command
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.measures import board, queries, rules, set_sql
from minsheng.measures.queries import Asked
from minsheng.measures.sets import SETS

pytestmark = pytest.mark.django_db
JANUARY = Asked(date(2025, 1, 1), date(2025, 1, 31))
ALL = clock_actor("测试")


@pytest.fixture
def city():
    with clock.fixed(local(31, 12)):
        yield orders.build()


def figures(asked=JANUARY, by=ALL):
    return {(r.measure, r.group): r for r in queries.rows(asked, by)}


def value(code, asked=JANUARY):
    row = queries.rows(asked, ALL, [code])[0]
    return None if row.value is None else round(row.value * 100, 2)


# --- example A: a hundred orders, by steps taken ------------------------------------------------------------


def example_a(city):
    """100 orders, 2 excluded; of 98: contacted in time 96; reached 92, solved answered by 90 (81 yes), satisfied 84 of 92."""
    for n in range(100):
        order = Order(city, local(2, 10)).dispatch("water" if n % 2 else "roads").sign()
        late = n in (96, 97)
        order.contact(local(4, 10, 0) if late else None).reply().accept()
        if n >= 98:
            order.call(solved=True, satisfaction="very").close().exclude()
        elif n >= 92:
            order.call("not_reached")
        else:
            answers = {"satisfaction": "satisfied"} if n < 84 else {"satisfaction": "unsatisfied", "dissatisfaction": "result"}
            order.call(**answers, **({"solved": n < 81} if n < 90 else {}))


def test_example_a_by_steps_taken(city):
    example_a(city)
    response = queries.rows(JANUARY, ALL, ["response_confirmed"])[0]
    assert (response.numerator, response.denominator) == (96, 98)
    assert (value("response_confirmed"), value("solve"), value("satisfaction"), value("composite")) == (97.96, 90.0, 91.3, 92.84)
    no = Asked(JANUARY.since, JANUARY.until, policy="no")
    assert (value("solve", no), value("satisfaction", no), value("composite", no)) == (82.65, 85.71, 88.32)
    reach = queries.rows(JANUARY, ALL, ["reach"])[0]
    assert (reach.numerator, reach.denominator) == (92, 98)
    raw = queries.rows(Asked(JANUARY.since, JANUARY.until, raw=True), ALL, ["response_confirmed"])[0]
    assert (raw.numerator, raw.denominator) == (98, 100), "the view before exclusions shows all hundred"
    by_unit = queries.rows(Asked(JANUARY.since, JANUARY.until, by="unit"), ALL, ["solve"])
    assert (sum(r.numerator for r in by_unit), sum(r.denominator for r in by_unit)) == (81, 90)


def test_example_d_done_of_received_at_the_cut_off(city):
    """314 requests of the leader days: 264 answered on the spot, 40 through the whole chain, 10 still with a unit."""
    for n in range(314):
        if n < 264:
            Order(city, local(2, 10), period_id=7, then="answer", given={"answer": "当场答复，依据政策说明。"})
        elif n < 304:
            Order(city, local(2, 10), period_id=7).to_callback("water").call(solved=True).close()
        else:
            Order(city, local(2, 10), period_id=7).dispatch("water")
    Order(city, local(2, 10)).dispatch("roads")
    row = board.leader_days(ALL, date(2025, 1, 31))
    assert (row.numerator, row.denominator) == (304, 314)
    assert [round(x, 3) for x in (row.value, row.low, row.high)] == [0.968, 0.942, 0.983]
    hotline = queries.rows(JANUARY, ALL, ["completion"])[0]
    assert (hotline.numerator, hotline.denominator) == (304, 315), "another base, shown beside it"
    early = Asked(JANUARY.since, JANUARY.until, cutoff=local(2, 9, 59))
    assert queries.rows(early, ALL, ["completion"])[0].value is None, "nothing was received at that cut-off"


# --- what each case counts for ------------------------------------------------------------


def test_a_returned_order_counts_against_the_unit_it_was_sent_to_and_the_next_one_starts_clean(city):
    order = Order(city, local(2, 10)).dispatch("roads")
    order.unit("ask_return", Role.UNIT_LIAISON, legal_ground="duty", reason="不属本单位职责", proposed_unit=city.units["water"].id)
    panel = Actor(9, "裁定", frozenset({Role.RETURN_REVIEWER}), city.units["centre"].id, tuple(city.units["centre"].path))
    order.take("uphold_return", panel, ruling="职责在水务局")
    order.to_callback("water").call(solved=True)
    by_unit = figures(Asked(JANUARY.since, JANUARY.until, by="unit"))
    assert (by_unit["return", "城管局"].numerator, by_unit["dispatch_accuracy", "城管局"].value) == (1, 0.0)
    assert (by_unit["return", "水务局"].numerator, by_unit["dispatch_accuracy", "水务局"].value) == (0, 1.0)
    whole = figures()
    assert (whole["dispatched", "全部"].value, whole["received", "全部"].value) == (2, 1)
    assert (whole["solve", "全部"].numerator, by_unit["solve", "水务局"].numerator) == (1, 1)


def test_a_dispatch_that_was_taken_back_at_once_is_in_no_figure(city):
    for _ in range(3):
        order = Order(city, local(2, 10)).dispatch("roads")
        order.centre("undispatch", Role.DISPATCHER, order.at)
    order.to_callback("water")
    by_unit = figures(Asked(JANUARY.since, JANUARY.until, by="unit"))
    assert ("dispatch_accuracy", "城管局") not in by_unit or by_unit["dispatch_accuracy", "城管局"].denominator == 0
    assert by_unit["dispatch_accuracy", "水务局"].denominator == 1 and figures()["dispatched", "全部"].value == 1


def test_the_citizen_has_the_last_word_on_whether_anybody_called(city):
    for said in (True, False, None):
        order = Order(city, local(2, 10)).to_callback("water")
        order.call(solved=True, **({} if said is None else {"contacted": said}))
    Order(city, local(2, 10)).to_callback("water").call("not_reached")
    found = {code: r for (code, _), r in figures().items()}
    assert (found["response_claimed"].numerator, found["response_claimed"].denominator) == (4, 4)
    assert (found["response_confirmed"].numerator, found["response_gap"].numerator) == (3, 1)
    counts = queries.counted(JANUARY, ALL, ["contact_unconfirmed"])[1][None]
    assert counts["contact_unconfirmed"] == 2


def test_no_contact_needed_is_no_missed_contact(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    order.unit("waive_contact", Role.UNIT_HANDLER, no_contact="anonymous", reason="没有留下联系方式")
    assert figures()["response_claimed", "全部"].denominator == 0


def test_calls_answers_and_dispatches_are_different_figures(city):
    Order(city, local(2), then="answer", given={"answer": "请携带身份证到政务大厅办理。"})
    Order(city, local(2), then="decline", given={"decline_reason": "unlawful", "told": "已说明理由"})
    Order(city, local(2), then="transfer", given={"target": "12315"})
    Order(city, local(2), then=None)
    Order(city, local(2)).dispatch("water")
    found = {code: r.value for (code, _), r in figures().items()}
    names = ("received", "answered_online", "dispatched", "closed", "declined", "transferred", "direct_answer")
    assert [found[n] for n in names] == [2, 1, 1, 0, 1, 1, 0.5]
    assert found["connect"] is None and found["answer_15s"] is None, "no calls, no rate"


def test_days_are_included_on_both_sides_and_local(city):
    for at in (local(1, 0, 0), local(31, 11, 0), local(31, 0, 0)):
        Order(city, at)
    with clock.fixed(local(3, month=2)):
        Order(city, local(1, 0, 0, month=2))
        Order(city, local(31, 23, 59))
        assert value("received") == 400
        assert value("received", Asked(date(2025, 1, 31), date(2025, 1, 31))) == 300


def test_a_repeat_is_the_same_number_with_the_same_matter_within_thirty_days(city):
    for day, phone, category in ((2, "13800000001", "tap"), (12, "13800000001", "tap"), (13, "13800000001", "hole"), (14, "13800000002", "tap"),
                                 (15, "", "tap")):
        Order(city, local(day), phone=phone, category=category)
    row = figures()["repeat", "全部"]
    assert (row.numerator, row.denominator) == (1, 4)


def test_a_paused_clock_is_not_late_and_a_late_one_is(city):
    parked = Order(city, local(2, 10)).dispatch("water").sign()
    parked.unit("ask_parking", Role.UNIT_APPROVER, reason="需列入改造", measures="临时供水", solve_by=local(1, month=6).isoformat())
    parked.centre("grant_parking", Role.SUPERVISOR, ruling="同意")
    Order(city, local(2, 10)).dispatch("roads").sign()
    row = figures()["on_time_completion", "全部"]
    assert (row.numerator, row.denominator) == (0, 1)


# --- the deep property: SQL and the recount in Python agree ------------------------------------------------------------


def mixed(city):
    """Orders in many states, with returns, extensions, redos, a merge, a withdrawal, an exclusion."""
    Order(city, local(2), then="answer", given={"answer": "请携带身份证到政务大厅办理。"}, phone="13800000001")
    for n in range(6):
        order = Order(city, local(3 + n), category="tap" if n % 2 else "hole", channel="web" if n % 3 else "phone", phone=f"1380000000{n}",
                      district="county" if n % 2 else None).dispatch(["water", "roads", "town"][n % 3])
        if n == 0:
            order.sign()
            order.unit("ask_extension", Role.UNIT_LIAISON, reason="配件未到", interim="正在采购")
            order.centre("grant_extension", Role.SUPERVISOR, ruling="同意")
        if n >= 1:
            order.sign(local(3 + n, 17 if n == 3 else 11)).contact()
        if n >= 2:
            order.reply().accept()
        if n == 2:
            order.call("not_reached").call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=False)
            order.centre("ask_redo", Role.CALLBACK_CLERK, reason="诉求人反映仍然停水")
            order.centre("order_redo", Role.CHECKER, ruling="同意重办")
            order.contact().reply().accept().call(solved=True, satisfaction="basically").close()
        if n == 3:
            order.call(solved=True, satisfaction="very", contacted=True).close().exclude()
        if n == 4:
            order.call("not_reached").call("not_reached")
    master, other = Order(city, local(9)), Order(city, local(9))
    other.centre("merge", Role.DISPATCHER, master=master.id, reason="同一处停水")
    master.to_callback("water").call(solved=True)
    master.centre("record_callback", Role.CALLBACK_CLERK, party=other.id, outcome="answered", solved=False, call=8)
    Order(city, local(10)).dispatch("roads").centre("phone_withdraw", Role.AGENT, reason="已经通水")
    Order(city, local(1, month=1) - timedelta(days=20)).dispatch("water").sign()


def test_a_split_request_counts_as_its_parts_and_not_once_more(city):
    parent = Order(city, local(6))
    before = value("received")
    parent.centre("split", Role.DISPATCHER, parts=[{"narrative": "小区停水"}, {"narrative": "路面坑洼"}, {"narrative": "路灯不亮"}], reason="三件事")
    assert value("received") == before + 200, "three parts where one request was"
    part = Case.objects.filter(parent_id=parent.id).first()
    assert part.received_at == local(6)


def undated(city):
    """A closed and answered order of somebody else's history, of which nobody knows when it came in."""
    import_history.bring_in(by=ALL, rows=[Brought("import:old", "1", received_at=local(6), narrative="停水", category=Category.objects.get(code="tap").id,
                                            unit=city.units["water"].id, phone="13800000001", closed_at=local(7), replied_at=local(7), reached=True,
                                            solved=True, satisfaction="very", due_at=local(8), dispatched_at=local(6), assumed=("received_at",))])


def test_what_came_in_without_a_time_is_in_no_figure_but_its_own(city):
    undated(city)
    found = {code: r.value for (code, _), r in figures().items() if r.value not in (None, 0)}
    assert found == {"undated": 1}
    assert Case.objects.filter(id__in=RawSQL(*set_sql.cases_in(JANUARY.window, "undated"))).get().undated


@pytest.mark.parametrize("by", ["", *oracle.GROUPS])
def test_every_figure_equals_the_recount_of_the_tables_in_python(city, by):
    """Read from the cube, and read from the facts."""
    mixed(city)
    undated(city)
    for raw in (False, True):
        asked = Asked(JANUARY.since, JANUARY.until, by=by, raw=raw)
        window = oracle.Window(asked.window.start, asked.window.end, clock.now(), raw)
        expected = oracle.count(oracle.gather(), window, by)
        for one in (asked, Asked(asked.since, asked.until, by=by, raw=raw, cutoff=clock.now())):
            _, found = queries.counted(one, ALL, SETS)
            assert tidy(found) == expected


def tidy(found):
    return {g: {c: n for c, n in sizes.items() if n} for g, sizes in found.items() if any(sizes.values())}


def test_every_number_opens_the_list_it_counts(city):
    mixed(city)
    for measure in rules.MEASURES:
        for part, code in zip(("numerator", "denominator"), measure.parts(), strict=True):
            if not code or measure.code == "dispatched":
                continue
            for by in oracle.GROUPS:
                asked = Asked(JANUARY.since, JANUARY.until, by=by)
                for row in queries.rows(asked, ALL, [measure.code]):
                    key = "" if row.key is None else str(row.key)
                    one = Asked(asked.since, asked.until, by=by, key=key)
                    size = row.numerator if part == "numerator" else row.denominator
                    shown = queries.cases_of(measure.code, part, one, ALL, size=500).rows
                    again = sum(case.rounds.count() for case in shown) if SETS[code].fact in ("contact", "handle", "answer") else 0
                    assert size - again <= len(shown) <= size, (measure.code, part, row.group)


def test_the_list_of_dispatches_shows_a_case_once_however_often_it_was_sent(city):
    mixed(city)
    rows = queries.cases_of("dispatched", "numerator", JANUARY, ALL, size=500).rows
    assert len(rows) == len({r.id for r in rows}) == value("dispatched") / 100


def test_pages_of_a_list_join_without_gap_or_double(city):
    mixed(city)
    whole = [c.id for c in queries.cases_of("received", "numerator", JANUARY, ALL, size=500).rows]
    seen, mark = [], ""
    while True:
        page = queries.cases_of("received", "numerator", JANUARY, ALL, after=mark, size=3)
        seen, mark = seen + [c.id for c in page.rows], page.next
        if not mark:
            break
    assert seen == whole


def test_a_list_of_what_counts_once_goes_by_the_moment_it_counts(city):
    """Its pages need their own rows alone, however long the period; a case that is corrected to another day stands there once."""
    mixed(city)
    queries.brought_up(JANUARY)
    looked_at = 0
    for code in (code for code in SETS if SETS[code].fact in set_sql.ONE_AT_A_TIME):
        places = set_sql.places(JANUARY.window, code, set_sql.Where(), None, 500)
        assert places == sorted(places, reverse=True), code
        assert sorted(id_ for _, id_ in places) == sorted(set_sql.ids(JANUARY.window, code)), code
        for n in range(1, len(places)):
            assert set_sql.places(JANUARY.window, code, set_sql.Where(), places[n - 1], 2) == places[n : n + 2], code
        looked_at += len(places)
    assert looked_at > 50


SEVERAL_AT_A_TIME = [code for code in SETS if SETS[code].fact not in set_sql.ONE_AT_A_TIME]


@pytest.mark.parametrize("lately", [timedelta(hours=1), timedelta(days=2), timedelta(days=9)], ids=str)
def test_the_newest_of_a_long_period_are_those_of_the_whole_period(city, monkeypatch, lately):
    """Also where some of them count long after their case was there, and a page goes on below any of them."""
    mixed(city)
    queries.brought_up(JANUARY)
    monkeypatch.setattr(set_sql, "LATELY", lately)
    looked_at = 0
    for code in SEVERAL_AT_A_TIME:
        whole = set_sql.ids(JANUARY.window, code)
        for below in (0, *whole):
            after = [id_ for id_ in whole if not below or id_ < below]
            for most in (1, 2, len(after) or 1):
                assert set_sql.newest(JANUARY.window, code, set_sql.Where(), below, most) == after[:most], (code, below, most)
                looked_at += len(after[:most])
    assert looked_at > 50


def test_a_mark_of_another_list_is_refused_with_a_sentence(city):
    mixed(city)
    mark = queries.cases_of("dispatched", "numerator", JANUARY, ALL, size=1).next
    assert mark
    for bad in (mark, "x", "W10", "WyJhIiwxXQ", "WzEsMl0"):
        with pytest.raises(Invalid, match="第一页"):
            queries.cases_of("received", "numerator", JANUARY, ALL, after=bad)


# --- who sees ------------------------------------------------------------


def test_a_unit_sees_its_own_figures_as_the_centre_sees_them_and_no_other(city):
    mixed(city)
    centre = figures(Asked(JANUARY.since, JANUARY.until, by="unit"), city.centre(Role.ANALYST))
    head = city.of("water", Role.UNIT_APPROVER)
    own = figures(Asked(JANUARY.since, JANUARY.until, by="unit"), head)
    assert {group for _, group in own} == {"水务局"}
    assert own == {k: r for k, r in centre.items() if k[1] == "水务局"}
    with pytest.raises(Refused):
        queries.rows(Asked(JANUARY.since, JANUARY.until, unit=city.units["roads"].id), head)
    county = figures(Asked(JANUARY.since, JANUARY.until, by="unit"), city.of("county", Role.COUNTY_CENTRE))
    assert {group for _, group in county} == {"河口乡"}
    for role in (Role.AGENT, Role.MEDIA, Role.SYSTEM_ADMIN):
        with pytest.raises(Refused):
            queries.rows(JANUARY, city.centre(role))


def test_a_restricted_case_counts_and_stays_out_of_the_list_of_others(city):
    order = Order(city, local(2)).dispatch("water")
    order.centre("restrict", Role.SHIFT_LEADER, reason="涉及未成年人", readers=[city.reader], until=local(1, month=6).isoformat())
    analyst = city.centre(Role.ANALYST)
    assert queries.rows(JANUARY, analyst, ["received"])[0].value == 1
    assert queries.cases_of("received", "numerator", JANUARY, analyst).rows == []
    assert len(queries.cases_of("received", "numerator", JANUARY, city.centre(Role.SHIFT_LEADER)).rows) == 1


# --- late, rising, statements ------------------------------------------------------------


def test_what_is_late_now_opens_as_many_cases_as_it_says(city):
    Order(city, local(2)).dispatch("water")
    Order(city, local(2)).dispatch("water").sign()
    Order(city, local(2))
    by = city.centre(Role.SUPERVISOR)
    found = board.late(by)
    assert [(r.name, r.to_sign, r.to_handle, r.at_centre) for r in found] == [("水务局", 1, 1, 0), ("热线中心", 0, 0, 1)]
    for line in found:
        for column in ("to_sign", "to_handle", "at_centre"):
            if getattr(line, column):
                assert len(board.late_cases(by, line.unit, column).rows) == getattr(line, column)
    assert [r.name for r in board.late(city.of("roads", Role.UNIT_APPROVER))] == []


def test_what_rises_needs_three_and_more_than_the_week_before(city):
    for day in (28, 29, 30, 22):
        Order(city, local(day), category="tap")
    for day in (30, 31):
        Order(city, local(day, 9), category="hole")
    assert [(r.name, r.now, r.before) for r in board.rising(ALL, date(2025, 1, 31))] == [("停水", 3, 1)]


def test_all_measures_take_four_statements(city):
    """Whether a step is unread, cells, facts of today, calls."""
    mixed(city)
    queries.rows(JANUARY, ALL)
    with CaptureQueriesContext(connection, ) as seen:
        queries.rows(Asked(JANUARY.since, JANUARY.until, by="unit"), ALL)
    assert len(seen) <= 4


def test_imported_answers_count_on_the_day_the_case_was_closed(city):
    import_history.bring_in(by=ALL, rows=[Brought("import:old", "1", received_at=local(2), narrative="停水", category=Category.objects.get(code="tap").id,
                                            unit=city.units["water"].id, phone="13800000001", closed_at=local(5), replied_at=local(4), reached=True,
                                            solved=True, satisfaction="very", due_at=local(8), dispatched_at=local(2, 12))])
    day = Asked(date(2025, 1, 5), date(2025, 1, 5))
    assert (figures(day)["solve", "全部"].numerator, figures(day)["reach", "全部"].denominator) == (1, 1)
    assert value("received", Asked(date(2025, 1, 2), date(2025, 1, 2))) == 100


# --- what is asked for, and the command line ------------------------------------------------------------


@pytest.mark.parametrize("given, field", [({"from": "1月"}, "from"), ({"from": "2025-02-01", "to": "2025-01-01"}, "to"), ({"by": "person"}, "by"),
                                          ({"policy": "yes"}, "policy"), ({"unit": "nowhere"}, "unit"), ({"category": "x"}, "category"),
                                          ({"channel": "fax"}, "channel"), ({"cutoff": "soon"}, "cutoff"), ({"cutoff": "2030-01-01T00:00"}, "cutoff"),
                                          ({"from": "1900-01-01", "to": "2025-01-01"}, "to")])
def test_what_cannot_be_read_is_named(city, given, field):
    with pytest.raises(Invalid) as wrong:
        queries.read_asked(given)
    assert list(wrong.value.errors) == [field]


def test_the_command_prints_the_same_rows_as_json_csv_and_table(city, monkeypatch, capsys):
    import contextlib

    mixed(city)
    monkeypatch.setattr(command.ready, "database", lambda data: contextlib.nullcontext())

    def printed(*words):
        import argparse

        parser = argparse.ArgumentParser()
        command.add(parser)
        assert command.run(parser.parse_args(["--from", "2025-01-01", "--to", "2025-01-31", *words])) == 0
        return capsys.readouterr().out

    rows = json.loads(printed("--format", "json"))
    assert list(rows[0]) == list(command.COLUMNS)
    assert {r["measure"] for r in rows} == set(rules.BY_CODE)
    assert next(r for r in rows if r["measure"] == "connect")["value"] is None
    read = list(csv.DictReader(io.StringIO(printed("--format", "csv", "--by", "channel"))))
    assert {r["group"] for r in read} == {"电话", "网站"}
    assert "受理量" in printed() and "暂无数据" in printed()
    no = json.loads(printed("--format", "json", "--policy", "no", "--measure", "solve"))
    assert len(no) == 1 and no[0]["denominator"] >= next(r for r in rows if r["measure"] == "solve")["denominator"]


def test_the_ids_behind_a_figure_are_those_of_its_groups(city):
    mixed(city)
    for measure, part in (("received", "numerator"), ("on_time_completion", "denominator"), ("reach", "denominator")):
        groups = queries.ids_by_group(measure, part, Asked(JANUARY.since, JANUARY.until, by="unit"), ALL)
        assert len(groups) > 1
        assert sorted({i for ids in groups.values() for i in ids}, reverse=True) == queries.ids_behind(measure, part, JANUARY, ALL)


def test_verify_ends_with_1_and_names_what_is_not_as_the_steps_say(city, monkeypatch, capsys):
    import argparse
    import contextlib

    from minsheng.measures.models import Cell

    monkeypatch.setattr(command.ready, "database", lambda data: contextlib.nullcontext())
    parser = argparse.ArgumentParser()
    command.add(parser)

    def verify(*words):
        return command.run(parser.parse_args(["verify", *words])), capsys.readouterr()

    mixed(city)
    assert verify()[0] == 0
    Cell.objects.filter(dimension="unit", grain="d", fact="received", day=date(2025, 1, 2)).update(count=50)
    code, said = verify("--from", "2025-01-01", "--to", "2025-01-31")
    assert code == 1 and "2025-01-02" in said.out and "发现 1 处不同" in said.out
    assert verify("--from", "2025-01-03")[0] == 0
    assert verify("--from", "2025-02-01", "--to", "2025-01-31")[0] == 2
