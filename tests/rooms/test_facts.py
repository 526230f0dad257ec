"""The book of facts and the cube: as known at a cut-off, in whatever order things arrive, recounted from the steps."""

import contextlib
import functools
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, connections, transaction
from tests import figures_oracle as oracle
from tests import orders
from tests.cast import NOW
from tests.orders import Order, local

from minsheng.accounts.rules import Role, clock_actor
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep, CaseTask
from minsheng.cases.rules import State
from minsheng.contacts.models import Contact
from minsheng.kit import clock, feed
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.measures import board, board_cases, building, co_units, cube_sql, facts_of_case, following, queries, rules, set_sql, verifying
from minsheng.measures.models import Cell, Fact, Following
from minsheng.measures.queries import Asked
from minsheng.measures.sets import FACTS, OUTCOMES, SETS, STAGES, course

pytestmark = pytest.mark.django_db
ALL = clock_actor("测试")
YEAR = Asked(date(2024, 12, 1), date(2025, 12, 31))
OF_TASKS = {code for code, one in SETS.items() if one.fact == "task"}
EVER = date(2000, 1, 1), date(2040, 1, 1)


@pytest.fixture
def city():
    with clock.fixed(local(28, 12)):
        yield orders.build()


def counts(cutoff=None, by="unit", raw=False):
    asked = Asked(YEAR.since, YEAR.until, by=by, raw=raw, cutoff=cutoff)
    found = {}
    for codes in (SETS.keys() - OF_TASKS, OF_TASKS):  # cells say nothing of tasks: asked for together, none would be read
        for group, sizes in queries.counted(asked, ALL, codes)[1].items():
            found.setdefault(group, {}).update(sizes)
    return {g: {c: n for c, n in sizes.items() if n} for g, sizes in found.items() if any(sizes.values())}


def oracle_counts(at, by="unit", raw=False):
    window = YEAR.window
    return oracle.count(oracle.gather(), oracle.Window(window.start, window.end, at, raw), by)


# --- random cities ------------------------------------------------------------

WAYS = ("co", "co_sign", "co_answer", "sign", "contact", "extension", "reply", "accept", "missed", "call", "unsolved", "close", "redo", "return", "waive")
SELDOM = ("withdraw", "exclude", "complain", "give_back", "relieve", "take", "take")


def move(order, what, rng):
    """One thing that may happen to an order now; False where the house refuses it."""
    try:
        with transaction.atomic():
            _DO[what](order, rng)
    except (Refused, Invalid):
        return False
    return True


def _redo(o, rng):
    o.centre("ask_redo", Role.CALLBACK_CLERK, reason="诉求人反映仍然停水")
    o.centre("order_redo", Role.CHECKER, ruling="同意重办")


def _return(o, rng):
    o.unit("ask_return", Role.UNIT_LIAISON, reason="不属本单位职责", legal_ground="duty")
    o.centre("uphold_return", Role.RETURN_REVIEWER, ruling="同意", restart=rng.random() < 0.5)
    o.dispatch("roads" if o.lead != "roads" else "water")


def _take(o, rng):
    o.centre("take_back", Role.COORDINATOR, reason="改由别家办理", restart=rng.random() < 0.5)
    o.dispatch(rng.choice([unit for unit in ("water", "roads", "town") if unit != o.lead]), **({"limit": "20wd"} if rng.random() < 0.3 else {}))


def _extension(o, rng):
    o.unit("ask_extension", Role.UNIT_LIAISON, reason="配件未到", interim="正在采购")
    o.centre("grant_extension", Role.SUPERVISOR, ruling="同意")


_DO = {
    "sign": lambda o, rng: o.sign(), "contact": lambda o, rng: o.contact(), "reply": lambda o, rng: o.reply(), "accept": lambda o, rng: o.accept(),
    "call": lambda o, rng: o.call(solved=True, satisfaction=rng.choice(["very", "basically"]), contacted=rng.choice([True, False])),
    "missed": lambda o, rng: o.call("not_reached"),
    "unsolved": lambda o, rng: o.call(solved=False, satisfaction="unsatisfied", dissatisfaction="result", contacted=True),
    "close": lambda o, rng: o.close(), "redo": _redo, "return": _return, "take": _take, "extension": _extension,
    "withdraw": lambda o, rng: o.centre("phone_withdraw", Role.AGENT, reason="已经通水"), "exclude": lambda o, rng: o.exclude(),
    "waive": lambda o, rng: o.unit("waive_contact", Role.UNIT_HANDLER, no_contact="anonymous", reason="来电没有留下号码"),
    "complain": lambda o, rng: o.centre("name_complained", Role.DISPATCHER, complained_unit=o.city.units["town"].id, reason="诉求人反映该单位"),
}


def _co(o, rng):
    if CaseTask.objects.filter(case_id=o.id).exists():
        raise Refused(no("asked", "已请过协办"))
    o.centre("add_co", Role.COORDINATOR, co_unit=o.city.units["county"].id, duty="配合到场")


def _of_co(step, role, **given):
    def do(o, rng):
        task = CaseTask.objects.filter(case_id=o.id, kind="co").order_by("-id").first()
        if task is None:
            raise Refused(no("none", "没有协办任务"))
        o.take(step, o.city.centre(role) if role is Role.COORDINATOR else o.city.of("county", role), task=task.id, **given)

    return do


_DO |= {"co": _co, "co_sign": _of_co("task_sign", Role.UNIT_LIAISON), "co_answer": _of_co("task_reply", Role.UNIT_HANDLER, done="已到场配合"),
        "give_back": _of_co("task_return", Role.UNIT_LIAISON, reason="不在本县"), "relieve": _of_co("cancel_task", Role.COORDINATOR, reason="不再需要")}


def merge(order, master, at):
    order.at = at
    with contextlib.suppress(Refused, Invalid), transaction.atomic():
        order.centre("merge", Role.DISPATCHER, master=master.id, reason="同一处停水")


def live(city, rng, days=14, moments=()):
    """A fortnight of a city, everything in the order in which it happens; {moment: what the oracle and the house said then}."""
    alive, seen = [], {}
    at = local(2, 9)
    while at < local(2, 9) + timedelta(days=days):
        at += timedelta(hours=rng.choice([1, 2, 5, 20]))
        if len(seen) < len(moments) and moments[len(seen)] <= at:  # what began an hour ago is over
            with clock.fixed(at - timedelta(minutes=1)):
                seen[clock.now()] = oracle_counts(clock.now()), counts()
        if len(alive) < 3 or rng.random() < 0.3:
            alive.append(Order(city, at, category=rng.choice(["tap", "hole"]), channel=rng.choice(["phone", "web"]), phone=rng.choice(["", *(f"1380000000{n}" for n in range(4))])))
            if rng.random() < 0.8:
                alive[-1].dispatch(rng.choice(["water", "roads", "town"]))
        order = rng.choice(alive)
        order.at = at
        if rng.random() < 0.05 and len(alive) > 4:
            merge(*rng.sample(alive, 2), at)
        elif order.lead:
            ways = [*rng.sample(WAYS, len(WAYS)), *rng.sample(SELDOM, 1)]
            if rng.random() < 0.05:
                ways.reverse()
            next(filter(lambda what: move(order, what, rng), ways), None)
    return seen


@pytest.mark.parametrize("seed", [1, 2, 104])  # in the last the clock is set back between two steps of a case
def test_what_was_known_at_a_cut_off_is_counted_the_same_ever_after(city, seed):
    rng = random.Random(seed)
    moments = [local(5, 18), local(9, 0), local(13, 12)]
    seen = live(city, rng, 16, moments)
    assert len(seen) == len(moments)
    for moment, (expected, then) in seen.items():
        assert then == expected, "the figures of that moment, when it was now"
        assert counts(moment) == expected, "and when it is long past"
    assert counts() == oracle_counts(clock.now())
    assert counts(by="category", raw=True) == oracle_counts(clock.now(), "category", True)
    assert list(verifying.differences(*EVER)) == []


def test_the_order_in_which_cases_are_read_does_not_matter(city):
    live(city, random.Random(7), 8)
    cases = list(CaseStep.objects.values_list("case_id", flat=True))
    random.Random(3).shuffle(cases)
    for case_id in cases:
        following._write({case_id})
    lines = Fact.objects.count()
    assert counts() == oracle_counts(clock.now())
    assert Fact.objects.count() == lines, "nothing was missing when they were read in their order"
    assert list(verifying.differences(*EVER)) == []


def test_every_accepted_case_has_one_course_in_one_hour_of_the_week_and_one_place_of_the_flow(city):
    live(city, random.Random(9), 8)
    for asked in (YEAR, replace(YEAR, cutoff=local(6))):
        whole = queries.counted(asked, ALL, ["received", "came"])[1][None]
        assert whole["received"] == whole["came"] > 4
        for by in ("hour", set_sql.MATTER_UNIT):
            found = queries.counted(replace(asked, by=by), ALL, ["came"])[1]
            assert sum(sizes["came"] for sizes in found.values()) == whole["came"] and len(found) > 2
    hours = {(at.weekday() * 24 + at.hour) for at in (case.received_at.astimezone(clocks.city_calendar().zone) for case in Case.objects.all())}
    assert set(queries.counted(replace(YEAR, by="hour"), ALL, ["came"])[1]) == hours


def test_a_book_of_before_gets_its_courses_when_histories_are_read_again_and_nothing_else(city, monkeypatch):
    monkeypatch.setattr(facts_of_case._Facts, "_course", lambda self: iter(()))  # as the versions before
    live(city, random.Random(4), 8)
    before, lines = counts(local(6)), Fact.objects.count()
    monkeypatch.undo()
    assert not Fact.objects.filter(fact="course").exists() and board_cases.funnel(YEAR, ALL)[1] > 0, "the page says how many are missing"
    assert [line for line in verifying.differences(*EVER) if "course" in line]
    Following.objects.filter(id=1).update(declared="0" * 32)  # a digest of before
    assert counts() == oracle_counts(clock.now()) and board_cases.funnel(YEAR, ALL)[1] == 0
    known = counts(local(6))
    assert {g: {c: n for c, n in sizes.items() if SETS[c].fact != "course"} for g, sizes in known.items()} == before, "what it said then, it says"
    assert sum(sizes.get("came", 0) for sizes in known.values()) == sum(sizes.get("received", 0) for sizes in known.values())
    assert Fact.objects.exclude(fact="course").count() == lines and list(verifying.differences(*EVER)) == []


def test_a_task_of_a_co_unit_is_counted_as_it_was_known_whatever_became_of_it(city):
    """What is given back or taken away before its date counts no longer; afterwards that helps nobody (rulings, 66)."""
    day = queries.today()

    def asked_of(hour):
        order = Order(city, local(6, hour)).dispatch("water", co_units=[city.units["county"].id])
        order.sign()
        return order, CaseTask.objects.get(case_id=order.id, kind="co")

    def county(cutoff=None):
        lines = {line.name: line for line in co_units.lines(Asked(date(2025, 1, 1), day, cutoff=cutoff), ALL)[1]}
        return (one.given, one.due, one.in_time, one.returned) if (one := lines.get("云岭县")) else None

    early, late, back, answered = (asked_of(hour) for hour in (9, 10, 11, 12))
    due = late[1].due_at
    early[0].centre("cancel_task", Role.COORDINATOR, due - timedelta(hours=3), task=early[1].id, reason="不再需要")
    for step, role, at, given in (("task_sign", Role.UNIT_LIAISON, due - timedelta(hours=2), {}),
                                  ("task_reply", Role.UNIT_HANDLER, due - timedelta(hours=1), {"done": "已到场"})):
        answered[0].take(step, city.of("county", role), at, task=answered[1].id, **given)
    answered[0].centre("cancel_task", Role.COORDINATOR, due - timedelta(minutes=30), task=answered[1].id, reason="已经办好")  # nobody's answer is undone by it
    late[0].centre("cancel_task", Role.COORDINATOR, due + timedelta(hours=5), task=late[1].id, reason="不再需要")
    back[0].take("task_return", city.of("county", Role.UNIT_LIAISON), back[1].due_at + timedelta(hours=5), task=back[1].id, reason="不在本县")
    assert county() == (3, 3, 1, 1), "nobody is rid of a date that has passed"
    assert county(due - timedelta(hours=4)) == (4, 0, 0, 0)
    assert county(due - timedelta(minutes=90)) == (3, 0, 0, 0), "the one that was taken away in time"
    assert county(due + timedelta(hours=1)) == county()[:3] + (0,), "not given back yet"
    open_still = asked_of(13)
    assert county() == (4, 4, 1, 1)
    open_still[0].centre("phone_withdraw", Role.AGENT, due - timedelta(minutes=50), reason="已经通水")
    assert county() == (3, 3, 1, 1) and county(due - timedelta(minutes=55)) == (4, 0, 0, 0), "the order ended before its date"
    assert list(verifying.differences(*EVER)) == []


def test_what_rose_is_told_as_it_was_known(city):
    for hour in (9, 10, 11):
        Order(city, local(27, hour), category="tap")
    turned = Order(city, local(27, 8), category="tap", then="decline", given={"decline_reason": "unlawful", "told": "已说明理由"})
    seen = replace(YEAR, cutoff=local(27, 20))
    assert [(r.name, r.now, r.before) for r in board.rising(ALL, local(27).date(), seen)] == [("停水", 3, 0)]
    turned.centre("overturn_decline", Role.DISPATCHER, local(28, 9), reason="属受理范围")
    assert [r.now for r in board.rising(ALL, local(27).date())] == [4]
    assert [r.now for r in board.rising(ALL, local(27).date(), seen)] == [3], "as it was known"
    assert board.rising(ALL, local(27).date(), restricted=False) == board.rising(ALL, local(27).date())


def test_steps_that_are_read_twice_say_nothing_more(city):
    live(city, random.Random(5), 6)
    before, lines = counts(), Fact.objects.count()
    Following.objects.update(number=0, step=0, ahead=[])
    assert counts() == before and Fact.objects.count() == lines


def test_a_whole_is_the_sum_of_its_parts_in_time_too(city):
    live(city, random.Random(11), 12)
    _, whole = queries.counted(Asked(date(2025, 1, 1), date(2025, 1, 31)), ALL, SETS)
    parts: dict = {}
    for first, last in ((1, 4), (5, 5), (6, 20), (21, 31)):
        _, found = queries.counted(Asked(date(2025, 1, first), date(2025, 1, last)), ALL, SETS)
        for code, n in found.get(None, {}).items():
            parts[code] = parts.get(code, 0) + n
    assert parts == whole[None]
    by_day = set_sql.daily(Asked(date(2025, 1, 1), date(2025, 1, 31)).window, ["received", "solved"])
    assert len(by_day) == 31 and sum(day["received"] for day in by_day.values()) == whole[None]["received"]


def anything(rng, n):
    """Facts that no history made, of every kind: what is declared holds of them too."""
    def at():
        return local(1, 0) + timedelta(hours=rng.randrange(27 * 24))

    def maybe(value):
        return rng.choice([None, value])

    def of(fact):
        if fact == "course":
            return {"n": rng.randrange(168), "standing": course(rng.choice(list(STAGES)), rng.choice(list(OUTCOMES)))}
        return {"n": 0, "standing": rng.choice(["open", "done", "answered", "on_the_spot", "declined", "transferred", "split", "merged", "withdrawn"])}

    return [Fact(sign=1, known_at=local(1), fact=fact, **of(fact), case_id=k, part=k, at=at(), lead_id=rng.choice([None, 1, 2]),
                 category_id=rng.choice([None, 1, 2]), district_id=rng.choice([None, 1]), period_id=rng.choice([None, 1]), channel=rng.choice(["phone", "web"]),
                 kind="help", requester_kind="person", language="zh", excluded=rng.random() < 0.2,
                 met_at=maybe(at()), typed_at=maybe(at()), waived_at=maybe(at()), stands_since=maybe(at()), before_at=maybe(at()),
                 contacted=rng.choice([None, True, False]), return_asked=rng.random() < 0.5, return_upheld=rng.random() < 0.5, redone=rng.random() < 0.5,
                 extended=rng.random() < 0.5, reached=rng.random() < 0.5, solved=rng.choice([None, True, False]),
                 satisfaction=rng.choice(["", "very", "basically", "unsatisfied"]))
            for k, fact in enumerate(rng.choices(list(FACTS), k=n))]


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_declared_holds_of_any_facts(city, seed):
    rng = random.Random(seed)
    Fact.objects.bulk_create(anything(rng, 800))
    with connection.cursor() as cursor:
        cursor.execute(cube_sql.add("measures_fact"), ["Asia/Shanghai"])
    for raw in (False, True):
        whole = counts(by="", raw=raw)[None]
        sizes = dict.fromkeys(SETS, 0) | whole
        for by in rules.BY:
            parts = counts(by=by, raw=raw).values()
            assert {c: sum(p.get(c, 0) for p in parts) for c in SETS} == sizes, by
        for measure in rules.MEASURES:
            for policy in rules.POLICIES:
                row = rules.row(measure, sizes, policy=policy, cutoff="", day=date(2025, 1, 31))
                if measure.kind == "rate":
                    assert row.numerator <= row.denominator and 0 <= row.low <= row.value <= row.high <= 1, measure.code
        assert sizes["contact_denied"] == sizes["contact_claimed"] - sizes["contact_confirmed"] - sizes["contact_typed_late"]
        assert sizes["came"] == sum(sizes[f"stands.{outcome}"] for outcome in OUTCOMES)
        went = [sizes["came"], *(sizes[f"went.{stage}"] for stage in list(STAGES)[1:])]
        assert went == sorted(went, reverse=True) and went[-1] > 0, "a part of a part"
        assert sizes["sent_right"] == sizes["sent"] - sizes["return_upheld"]
        assert counts(clock.now(), raw=raw) == counts(raw=raw), "the facts say what the cube says"
    for code in SETS:
        assert len(set_sql.ids(YEAR.window, code)) == counts(by="").get(None, {}).get(code, 0), code


# --- the book cannot be bent ------------------------------------------------------------


@pytest.mark.parametrize("statement", ["UPDATE measures_fact SET sign = 5", "DELETE FROM measures_fact", "TRUNCATE measures_fact"])
def test_a_line_of_the_book_is_never_changed(city, statement):
    Order(city, local(2)).dispatch("water")
    counts()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_verify_names_a_line_and_a_cell_that_nobody_took_a_step_for(city):
    order = Order(city, local(2)).dispatch("water")
    counts()
    line = Fact.objects.filter(case_id=order.id, fact="sign", sign=1).first()
    line.pk, line.met_at = None, local(2, 11)
    line.save(force_insert=True)
    cell = Cell.objects.filter(fact="received").first()
    Cell.objects.filter(pk=cell.pk).update(count=99)
    found = list(verifying.differences(*EVER))
    assert [line for line in found if order.case.number in line and "台账中多出" in line and "sign" in line]
    assert [line for line in found if "的“received”" in line and "为 99，" in line]
    assert not [line for line in verifying.differences(date(2025, 3, 1), date(2025, 3, 31))]


def test_what_a_unit_types_late_is_not_known_before_it_was_typed(city):
    order = Order(city, local(2, 10)).dispatch("water").sign()
    known = local(7, 10)
    with clock.fixed(known):
        before = counts()
    with clock.fixed(local(8, 10)):
        order.take("contact", city.of("water", Role.UNIT_HANDLER), local(8, 10), contact_at=local(2, 12).isoformat(), contact_how="phone")
    assert counts(known) == before
    water = city.units["water"].id
    assert counts()[water]["contact_claimed"] == 1 and "contact_confirmed" not in counts()[water]


def test_of_a_case_that_complains_of_a_unit_its_people_find_nothing_also_as_known_before(city):
    order = Order(city, local(2)).dispatch("county")
    asked = Asked(date(2025, 1, 1), date(2025, 1, 31))
    leader = city.of("county", Role.LEADER)
    assert [row.value for row in queries.rows(asked, leader, ["received", "dispatched"])] == [1, 1]
    known = local(3)
    order.centre("undispatch", Role.DISPATCHER, order.at + timedelta(seconds=30)).centre("name_complained", Role.DISPATCHER, complained_unit=city.units["county"].id)
    order.dispatch("water")
    for one in (asked, Asked(asked.since, asked.until, cutoff=known), Asked(asked.since, asked.until, by="unit")):
        assert sum(row.value for row in queries.rows(one, leader, ["received", "dispatched"])) == 0
        assert queries.cases_of("received", "numerator", one, leader).rows == []
    assert queries.rows(asked, ALL, ["received"])[0].value == 1


def test_repeats_that_are_read_late_and_many_at_once_are_known_since_they_came(city):
    for day in (2, 5):
        Order(city, local(day), phone="13800000001")
    Order(city, local(3), phone="13800000002").dispatch("water", local(20)).sign(local(21))
    early = counts(local(10))
    assert (early[None]["known"], early[None]["repeated"]) == (3, 1), "nothing was read before, and one of them moved since"
    assert "repeated" not in counts(local(4))[None]


def test_a_number_that_was_corrected_makes_the_next_request_no_repeat_any_more(city):
    first, second = Order(city, local(2), phone="13800000001").dispatch("water"), Order(city, local(5), phone="13800000001").dispatch("water")
    third = Order(city, local(5), phone="13800000001")
    water = city.units["water"].id
    assert counts()[water]["repeated"] == 1 and counts()[None]["repeated"] == 1
    for order in (first, second):
        Case.objects.filter(id=order.id).update(contact=Contact.objects.create(phone_hash=b"%d" % order.id, created_at=local(6)))
        order.sign()
    assert "repeated" not in counts()[water] and "repeated" not in counts()[None], "the third had only those before it"
    assert counts()[None]["known"] == 1 and third.id
    assert list(verifying.differences(*EVER)) == []


# --- kept in step ------------------------------------------------------------


def test_the_cube_of_other_declarations_is_made_anew(city):
    live(city, random.Random(2), 5)
    before = counts()
    Cell.objects.update(count=0)
    Following.objects.update(declared="others")
    assert counts() == before
    assert list(verifying.differences(*EVER)) == []


def pages_of(steps, monkeypatch):
    monkeypatch.setattr(feed, "_PAGES", (steps,))
    monkeypatch.setattr(following, "AT_ONCE", steps)


def test_many_unread_steps_are_read_page_by_page_and_the_answer_says_how_far(city, monkeypatch):
    pages_of(2, monkeypatch)
    for n in (2, 3, 4, 5, 6, 7):
        Order(city, local(n)).dispatch("water").sign().contact()
    assert following.bring_up_to_date() is not None, "six pages are not all"
    read = Following.objects.get(id=1).step
    asked, found = queries.counted(Asked(date(2025, 1, 1), date(2025, 1, 31)), ALL, ["received"])
    assert asked.cutoff < clock.now() and 0 < sum(n["received"] for n in found.values()) < 6, "the answer says up to when"
    assert Following.objects.get(id=1).step == read, "who waits at a page reads nothing that they will not see the end of"
    while following.bring_up_to_date(1):
        pass
    asked, found = queries.counted(Asked(date(2025, 1, 1), date(2025, 1, 31)), ALL, ["received"])
    assert sum(n["received"] for n in found.values()) == 6 and list(verifying.differences(*EVER)) == []


def test_a_command_reads_all_however_much_lies_unread(city, monkeypatch):
    pages_of(2, monkeypatch)
    monkeypatch.setattr(following, "bring_up_to_date", functools.partial(following.bring_up_to_date, pages=2))
    for n in (2, 3, 4):
        Order(city, local(n)).dispatch("water").sign().contact()
    assert following.bring_up_to_date() is not None, "a page's reader waits for so many only"
    following.catch_up()
    assert following.bring_up_to_date() is None and list(verifying.differences(*EVER)) == []


# --- between transactions ------------------------------------------------------------

COMMITTED = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@COMMITTED
def test_a_whole_city_is_counted_on_all_cores_as_step_by_step(city):
    live(city, random.Random(21), 10)
    expected, lines = counts(), sorted(Fact.objects.values_list("case_id", "sign", "known_at", "fact", "part", "n", "at"))
    cells = sorted(Cell.objects.values_list("dimension", "grain", "day", "fact", "lead_id", "key", "excluded", "sets", "count"))
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE measures_fact DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM measures_fact")
        cursor.execute("ALTER TABLE measures_fact ENABLE TRIGGER USER")
    Following.objects.filter(id=1).update(number=0, step=0, ahead=[], declared="")
    assert building.build(processes=2) == len(lines)
    assert sorted(Fact.objects.values_list("case_id", "sign", "known_at", "fact", "part", "n", "at")) == lines
    assert sorted(Cell.objects.values_list("dimension", "grain", "day", "fact", "lead_id", "key", "excluded", "sets", "count")) == cells
    assert building.build(processes=2) == 0, "a second time adds nothing"
    assert counts() == expected and list(verifying.differences(*EVER)) == []


def elsewhere(do):
    """In another thread, on a connection of its own."""
    def run():
        try:
            with clock.fixed(local(28, 12)):
                return do()
        finally:
            connection.close()

    return ThreadPoolExecutor(1).submit(run)


def told_since(line, known_at):
    """Two lines more, by which the book says that one since another time."""
    values = {f.name: getattr(line, f.name) for f in Fact._meta.fields if f.name != "id"}
    Fact(**values | {"sign": -line.sign}).save(force_insert=True)
    Fact(**values | {"known_at": known_at}).save(force_insert=True)


@COMMITTED
def test_what_the_book_says_since_another_time_than_the_steps_is_named_and_mended_whatever_it_is_about(city):
    live(city, random.Random(23), 10)
    cutoffs = [None, local(5), local(8)]
    expected = [counts(cutoff) for cutoff in cutoffs]
    kinds = sorted(set(Fact.objects.values_list("fact", flat=True)))
    assert {"received", "course", "sign", "contact", "handle", "dispatch", "repeat", "task"} <= set(kinds)
    told = [Fact.objects.filter(fact=kind, sign=1, known_at__lt=local(5)).order_by("known_at").first() or Fact.objects.filter(fact=kind).first() for kind in kinds]
    for place, line in enumerate(told):
        told_since(line, line.known_at + timedelta(days=6) if place % 2 else line.known_at - timedelta(hours=3))
    found = list(verifying.differences(*EVER))
    assert [sum(f"“{kind} " in line and "何时得知不符，应补：自 " in line for line in found) for kind in kinds] == [1] * len(kinds), found
    assert len(found) == len(kinds), "the cube knows no times: nothing else is wrong"
    assert counts() == expected[0] and counts(local(5)) != expected[1]
    assert building.build(processes=2) == 2 * len(kinds)
    assert list(verifying.differences(*EVER)) == [] and [counts(cutoff) for cutoff in cutoffs] == expected
    assert building.build(processes=2) == 0


def test_repeats_as_versions_before_wrote_them_are_said_since_they_came(city):
    """Those that were read together were all known since the last of them: an earlier cut-off lost most of their base."""
    orders_ = [Order(city, local(day), phone="13800000001") for day in (2, 4, 6)]
    orders_[1].dispatch("water", local(12)).sign()
    right = [counts(local(day)) for day in (3, 5, 7, 20)]
    assert [one[None].get("known", 0) for one in right[:3]] == [1, 2, 3] and right[2][None]["repeated"] == 2
    for line in list(Fact.objects.filter(fact="repeat", sign=1)):
        told_since(line, local(12, 11))
    assert counts(local(7))[None].get("known", 0) == 0 and counts() == counts(local(20))
    assert len(list(verifying.differences(*EVER))) == 4, "one was said of two leads"
    assert len(list(verifying.differences(date(2025, 1, 4), date(2025, 1, 5)))) == 2, "those of the days that are asked for"
    orders_[0].dispatch("water", local(14))
    assert [counts(local(day)) for day in (3, 5, 7)] == right[:3] and list(verifying.differences(*EVER)) == [], "following mends whom it reads"


@pytest.mark.parametrize("what", ["give_number", "erase"])
def test_of_whom_a_number_was_given_or_who_was_erased_the_book_keeps_what_it_said(cast, what):
    """What was a repeat stays one as known before; nothing but the book can tell it any more."""
    first, second = (cast.at_state(state) for state in (State.CLOSED if what == "erase" else State.PENDING_CALLBACK, State.PENDING_CALLBACK))
    asked = Asked(date(2025, 1, 1), date(2025, 1, 31))
    with clock.fixed(NOW + timedelta(days=5)):
        assert queries.rows(asked, ALL, ["repeat"])[0].numerator == 1
        before = queries.rows(replace(asked, cutoff=clock.now()), ALL, ["repeat"])[0]
    with clock.fixed(NOW + timedelta(days=6)):
        if what == "give_number":
            cast.take(first, "record_callback", "callback_clerk", party=first.id, outcome="wrong_number")
            cast.take(first, "give_number", "agent", party=first.id, phone="13977770001", reason="本人来电更正")
        else:
            cast.take(first, "ask_erasure", "supervisor", reason="本人依法要求")
            cast.take(first, "erase", "security_admin", ground="request")
    with clock.fixed(NOW + timedelta(days=7)):
        cast.take(second, "record_callback", "callback_clerk", party=second.id, outcome="answered", contacted=True, solved=True, satisfaction="very")
        assert queries.rows(asked, ALL, ["repeat"])[0].numerator == 0
        assert queries.rows(replace(asked, cutoff=NOW + timedelta(days=5)), ALL, ["repeat"])[0] == before
        assert list(verifying.differences(*EVER)) == []
        ids = {first.id, second.id}
        assert following.lines_of(ids, ids) == [], "and build changes nothing of it"


@COMMITTED
def test_who_reads_while_a_city_is_counted_is_told_so(city, monkeypatch):
    live(city, random.Random(22), 4)
    expected = counts()
    monkeypatch.setattr(following, "WAITS", 0.1)
    with transaction.atomic(), connection.cursor() as cursor:
        following.wait_for_turn(cursor)
        assert elsewhere(counts).result(60) == expected, "what is counted stays to be read"
        Following.objects.filter(id=1).update(declared="")
    with transaction.atomic(), connection.cursor() as cursor:
        following.wait_for_turn(cursor)
        with pytest.raises(Refused, match="重数"):
            elsewhere(counts).result(60)
    assert counts() == expected


@COMMITTED
def test_a_step_that_commits_after_later_ones_were_read_is_read_too(city):
    first, second = Order(city, local(2)).dispatch("water"), Order(city, local(2)).dispatch("water")
    taken, go_on = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            first.sign()
            taken.set()
            assert go_on.wait(20)

    running = elsewhere(slow)
    assert taken.wait(20)
    second.sign()
    water = city.units["water"].id
    assert counts()[water]["signed_in_time"] == 1
    lines = Fact.objects.count()
    assert counts()[water]["signed_in_time"] == 1 and Fact.objects.count() == lines
    assert Following.objects.get().ahead, "what is beyond the open one is remembered, and not read again and again"
    go_on.set()
    running.result()
    assert counts()[water]["signed_in_time"] == 2
    assert list(verifying.differences(*EVER)) == []


@COMMITTED
def test_two_that_follow_at_once_write_each_line_once(city):
    for n in range(6):
        Order(city, local(2 + n)).dispatch("water").sign().contact()
    for running in [elsewhere(following.bring_up_to_date) for _ in range(4)]:
        running.result()
    assert Fact.objects.filter(fact="dispatch").count() == 6
    assert list(verifying.differences(*EVER)) == []


@COMMITTED
def test_who_waits_too_long_for_another_is_answered_and_told_how_far(city, monkeypatch):
    monkeypatch.setattr(following, "WAITS", 0.2)
    Order(city, local(2)).dispatch("water")
    counts()
    Order(city, local(4)).dispatch("water")
    taken, go_on = threading.Event(), threading.Event()

    def draws():
        with transaction.atomic():
            following.bring_up_to_date()
            taken.set()
            assert go_on.wait(20)

    running = elsewhere(draws)
    assert taken.wait(20)
    asked, found = queries.counted(Asked(YEAR.since, YEAR.until), ALL, ["received"])
    go_on.set()
    running.result()
    assert found[None]["received"] == 1 and asked.cutoff < local(4)
    assert queries.counted(Asked(YEAR.since, YEAR.until), ALL, ["received"])[1][None]["received"] == 2


@COMMITTED
def test_one_that_dies_in_the_middle_leaves_nothing_half(city, monkeypatch):
    Order(city, local(2)).dispatch("water").sign()

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "_move", dies)
    with pytest.raises(KeyboardInterrupt):
        following.bring_up_to_date()
    assert (Fact.objects.count(), Cell.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert counts() == oracle_counts(clock.now())
    assert list(verifying.differences(*EVER)) == []
