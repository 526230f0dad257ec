"""Calls and commitments in the book of facts: as known at a cut-off, by day, recounted, listed."""

from datetime import date, timedelta

from tests import leader_day
from tests.cast import NOW, later
from tests.leader_day import HELD, announced, go_on, promise

from minsheng.accounts.rules import clock_actor
from minsheng.kit import clock
from minsheng.measures import following, queries, series, verifying
from minsheng.measures.models import Cell, Fact
from minsheng.measures.queries import Asked
from minsheng.telephony.actions import ledger
from minsheng.telephony.models import Call
from minsheng.telephony.queries import figures, link, live
from minsheng.telephony.rules.events import Event, Kind

ALL = clock_actor("测试")
EVER = date(2000, 1, 1), date(2040, 1, 1)
JANUARY = Asked(date(2025, 1, 1), date(2025, 1, 31))


def event(kind: Kind, name: str, seconds: float, **more) -> Event:
    return Event(kind, "pbx1", f"pbx1-{name}", f"pbx1-{name}", NOW + timedelta(seconds=seconds), **more)


def rang(name: str, waited: int = 0) -> list[Event]:
    return [event(Kind.QUEUED, name, waited, queue="q-zh")]


def shares(asked: Asked = JANUARY, measures=("connect", "answer_15s"), by=ALL) -> list[tuple]:
    return [(row.numerator, row.denominator) for row in queries.rows(asked, by, measures)]


def test_calls_are_known_since_their_ledger_was_read(cast):
    with clock.fixed(later(minutes=1)):
        ledger.keep("pbx1", [*rang("1"), event(Kind.CONNECTED, "1", 9, queue="q-zh", agent=9), *rang("2"), event(Kind.CONNECTED, "2", 40, queue="q-zh", agent=9)])
        ledger.keep("pbx1", rang("3"))
        assert shares() == [(2, 2), (1, 2)], "who still waits is in no rate"
    with clock.fixed(later(minutes=2)):
        ledger.keep("pbx1", [event(Kind.ABANDONED, "3", 50), *rang("4"), event(Kind.ABANDONED, "4", 3)])
        assert shares() == [(2, 3), (1, 2)], "gave up; hung up within five seconds"
        assert shares(Asked(JANUARY.since, JANUARY.until, cutoff=later(minutes=1))) == [(2, 2), (1, 2)], "who waited at the cut-off and gave up afterwards"
    with clock.fixed(later(minutes=3)):
        ledger.keep("pbx1", [event(Kind.CONNECTED, "5", 20, queue="q-zh", agent=9), *rang("5", 10)])
        ledger.keep("pbx1", [event(Kind.CONNECTED, "5", 20, queue="q-zh", agent=9)])
    with clock.fixed(later(hours=1)):
        assert shares() == [(3, 4), (2, 3)]
        assert shares(Asked(JANUARY.since, JANUARY.until, cutoff=later(minutes=2))) == [(2, 3), (1, 2)], "read afterwards"
        assert shares(Asked(JANUARY.since, JANUARY.until, cutoff=later(seconds=59))) == [(0, 0), (0, 0)]
        one = figures.counts(NOW - timedelta(days=1), later(hours=2), ("answered", "answered_15s", "offered_kept"))
        assert (one["answered"], one["answered_15s"], one["offered_kept"]) == (3, 2, 4), "the ledger's own sets say the same"
        assert list(verifying.differences(*EVER)) == []
    with clock.fixed(later(days=2)):
        by_day = series.daily(Asked(date(2025, 1, 1), date(2025, 1, 3)), ALL, ["calls.answered", "calls.offered_kept"])
        assert [(n["calls.answered"], n["calls.offered_kept"]) for n in by_day.values()] == [(0, 0), (3, 4), (0, 0)], "and by day, from the cube"


def test_a_restart_of_the_exchange_moves_the_calls_that_it_ended(cast):
    with clock.fixed(later(minutes=1)):
        ledger.keep("pbx1", rang("1"))
        assert shares()[0] == (0, 0)
        ledger.keep("pbx1", [Event(Kind.PBX_RESTARTED, "pbx1", "", "", later(seconds=30))])
        assert Call.objects.get().ended_at == later(seconds=30)
        following.catch_up()
        assert shares()[0] == (0, 1), "cut off while they waited: nobody spoke with them"
        assert list(verifying.differences(*EVER)) == []


def test_verify_names_a_call_that_nobody_rang(cast):
    with clock.fixed(later(minutes=1)):
        ledger.keep("pbx1", [*rang("1"), event(Kind.CONNECTED, "1", 9, queue="q-zh", agent=9)])
        following.catch_up()
        line = Fact.objects.get(fact="call")
        Fact(**{f.name: getattr(line, f.name) for f in Fact._meta.fields if f.name != "id"} | {"case_id": 77, "part": 77}).save(force_insert=True)
        assert [said[:4] for said in verifying.differences(*EVER)][:1] == ["来电 7"]


def owed(at, unit: str = "", by: str = "") -> list[tuple]:
    with clock.fixed(at):
        rows = queries.rows(Asked(JANUARY.since, JANUARY.until, by=by), ALL, ["commitments_kept"])
        return [(row.group, row.numerator, row.denominator) for row in rows]


def test_a_commitment_is_due_on_its_day_and_kept_when_that_was_found(cast):
    period = announced(cast)
    with clock.fixed(HELD):
        case = leader_day.call(cast, period)
        kept, late, given_up = promise(cast, period, case), promise(cast, period, case), promise(cast, period, case, due="2025-01-14")
    assert owed(later(days=1)) == [("全部", 0, 0)]
    go_on(cast, late, "ask_extension", "water_head", later(days=3), reason="材料未到", new_due="2025-01-17")
    go_on(cast, late, "grant_extension", "supervisor", later(days=3))
    go_on(cast, kept, "prove", "water", later(days=7), proof="已换水管", done_on="2025-01-08")
    assert owed(later(days=7)) == [("全部", 0, 0)], "said to be done, and not yet found so"
    go_on(cast, kept, "conclude_kept", "supervisor", later(days=7), finding="属实")
    assert owed(later(days=7)) == [("全部", 1, 1)]
    assert owed(later(days=14)) == [("全部", 1, 2)], "the one of the 14th has passed its day"
    go_on(cast, given_up, "ask_withdrawal", "water_head", later(days=14), reason="划归城管局")
    go_on(cast, given_up, "grant_withdrawal", "supervisor", later(days=14), finding="属实")
    assert owed(later(days=15)) == [("全部", 1, 1)]
    go_on(cast, late, "prove", "water", later(days=20), proof="已换", done_on="2025-01-20")
    go_on(cast, late, "conclude_late", "supervisor", later(days=21), finding="晚了", cause="others")
    assert owed(later(days=25)) == [("全部", 1, 2)] and owed(later(days=25), by="unit") == [("市水务局", 1, 2)]
    with clock.fixed(later(days=25)):
        early = queries.rows(Asked(JANUARY.since, JANUARY.until, cutoff=later(days=7)), ALL, ["commitments_kept"])[0]
        assert (early.numerator, early.denominator) == (1, 1), "as known then"
        assert queries.rows(Asked(JANUARY.since, JANUARY.until, periods=(period.id,)), ALL, ["commitments_kept"])[0].denominator == 2
        assert queries.ids_behind("commitments_kept", "denominator", JANUARY, ALL) == [case.id]
        assert list(verifying.differences(*EVER)) == [] and Cell.objects.filter(fact="commitment").exists()
    mine = [(row.numerator, row.denominator) for who in ("water", "roads") for row in queries.rows(JANUARY, cast.actors[who], ["commitments_kept"])]
    assert mine == [(1, 2), (0, 0)], "a unit sees what it owes itself"


def test_doctor_names_calls_whose_end_was_never_written(cast, settings):
    settings.TELEPHONY = "simulator"
    with clock.fixed(later(minutes=1)):
        ledger.keep("pbx1", [*rang("1"), *rang("2"), event(Kind.CONNECTED, "2", 9, queue="q-zh", agent=9), event(Kind.ENDED, "2", 60, target="caller")])
    with clock.fixed(later(hours=1)):
        assert not [said for _, said in link.told() if "没有结束" in said], "it may still wait"
    with clock.fixed(later(hours=3)):
        assert [said[:3] for _, said in link.told() if "没有结束" in said] == ["1 通"]
        assert live.now().waiting == () and shares()[0] == (1, 1)
