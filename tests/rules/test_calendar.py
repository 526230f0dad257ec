"""Due dates: the worked examples, then what must hold for every start, limit and calendar."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minsheng.calendar import library, rules
from minsheng.calendar.rules import DayKind, Limit, Unit
from minsheng.calendar.spans import add_working, subtract_working, working_days_between, working_seconds

pytestmark = pytest.mark.uncounted

LHASA, NATIONAL = library.builtin("lhasa"), library.builtin("national")
ZONE = ZoneInfo("Asia/Shanghai")
ROOT = Path(__file__).parents[2]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text if "+" in text else text + "+08:00")


def due(start: str, limit: str, cal=LHASA) -> str:
    return f"{rules.due(at(start), Limit.parse(limit), cal).due:%Y-%m-%dT%H:%M}"


# --- worked examples ------------------------------------------------------------


@pytest.mark.parametrize(("start", "limit", "calendar", "expected"), [
    # the merged festival of 2026 in Lhasa and in the nation
    ("2026-02-13T10:00", "5wd", LHASA, "2026-03-03T18:00"), ("2026-02-13T10:00", "5wd", NATIONAL, "2026-02-27T18:00"),
    ("2026-02-13T23:59", "1wd", LHASA, "2026-02-14T18:00"), ("2026-02-14T10:00", "1wd", LHASA, "2026-02-27T18:00"),
    ("2026-02-27T18:00", "1wd", LHASA, "2026-02-28T18:00"),
    # Losar 2025: Feb 27 to Mar 4, no make-up days
    ("2025-02-26T10:00", "1wd", LHASA, "2025-03-05T18:00"), ("2025-02-26T10:00", "5wd", LHASA, "2025-03-11T18:00"),
    ("2025-02-26T10:00", "5wd", NATIONAL, "2025-03-05T18:00"), ("2025-03-01T12:00", "1wd", LHASA, "2025-03-05T18:00"),
    # Losar 2022: Mar 2 to 8, Saturday Feb 26 and Sunday Mar 13 worked
    ("2022-02-25T10:00", "1wd", LHASA, "2022-02-26T18:00"), ("2022-02-25T10:00", "5wd", LHASA, "2022-03-10T18:00"),
    ("2022-03-11T10:00", "1wd", LHASA, "2022-03-13T18:00"), ("2022-03-11T10:00", "1wd", NATIONAL, "2022-03-14T18:00"),
    # an ordinary week, and day 0 never counts, not even before the offices open
    ("2025-01-06T08:00", "1wd", LHASA, "2025-01-07T18:00"), ("2025-01-10T17:00", "3wd", LHASA, "2025-01-15T18:00"),
    ("2025-01-11T12:00", "1wd", LHASA, "2025-01-13T18:00"), ("2025-01-02T10:00", "15wd", LHASA, "2025-01-23T18:00"),
    # working hours: 09:30-13:00 and 15:30-18:00
    ("2025-01-06T10:00", "4wh", LHASA, "2025-01-06T16:30"), ("2025-01-06T09:00", "4wh", LHASA, "2025-01-06T16:00"),
    ("2025-01-06T14:00", "1wh", LHASA, "2025-01-06T16:30"), ("2025-01-06T17:30", "4wh", LHASA, "2025-01-07T13:00"),
    ("2025-01-10T18:00", "4wh", LHASA, "2025-01-13T16:00"), ("2026-02-14T16:00", "4wh", LHASA, "2026-02-27T11:30"),
    # hours, minutes, days: day and night, through the festival
    ("2026-02-14T23:50", "30min", LHASA, "2026-02-15T00:20"), ("2026-02-15T23:00", "2h", LHASA, "2026-02-16T01:00"),
    ("2026-02-13T10:00", "7d", LHASA, "2026-02-20T10:00"), ("2026-02-13T10:00", "24h", LHASA, "2026-02-14T10:00"),
])
def test_worked_examples(start, limit, calendar, expected):
    assert due(start, limit, calendar) == expected


def test_the_limits_of_the_rulings_are_shipped():
    table = {row["code"]: (row["value"], row["urgent"]) for row in library.limits()}
    asked = {"sign": ("4wh", "30min"), "contact": ("24h", "1h"), "handle_consult": ("3wd", ""), "handle_help": ("5wd", ""),
             "handle_suggest": ("7wd", ""), "handle_complaint": ("15wd", ""), "handle_report": ("15wd", ""), "return": ("1wd", ""),
             "extension": ("5wd", ""), "callback": ("3wd", ""), "park_review": ("30d", "")}
    assert {code: table[code] for code in asked} == asked
    assert str(library.limit_of("help")) == "5wd" and str(library.limit_of("sign", urgent=True)) == "30min"


def test_every_day_between_is_named_with_what_it_is():
    found = rules.due(at("2026-02-13T10:00"), Limit.parse("5wd"), LHASA)
    kinds = {row.date.isoformat(): row.kind.value for row in found.trace}
    assert list(kinds)[0] == "2026-02-13" and list(kinds)[-1] == "2026-03-03" and len(kinds) == 19
    assert kinds["2026-02-14"] == kinds["2026-02-28"] == "makeup" and kinds["2026-02-15"] == kinds["2026-02-26"] == "holiday"
    assert kinds["2026-03-01"] == "rest" and kinds["2026-03-03"] == "work"
    assert "第 5 个工作日" in found.trace[-1].why and "第 0 天" in found.trace[0].why and "本市工作日历" in found.basis and not found.provisional


def test_a_year_whose_holidays_are_not_issued_is_marked_and_uses_the_fixed_festivals():
    assert 2026 in LHASA.issued and 2027 not in LHASA.issued
    found = rules.due(at("2027-09-30T10:00"), Limit.parse("2wd"), LHASA)
    assert found.provisional and "尚未公布" in found.basis and f"{found.due:%m-%d}" == "10-05"  # Oct 1-3, and Monday the 4th works
    assert rules.due(at("2027-02-04T10:00"), Limit.parse("1wd"), NATIONAL).due.date() == date(2027, 2, 9)  # the eve, Friday the 5th, and three days
    assert not rules.due(at("2027-09-30T10:00"), Limit.parse("7d"), LHASA).provisional
    assert rules.due(at("2026-12-31T10:00"), Limit.parse("1wd"), LHASA).provisional


def test_the_movable_festivals_of_the_city_are_open_in_an_issued_year_until_its_own_notice():
    found = rules.due(at("2025-08-11T10:00"), Limit.parse("5wd"), LHASA)  # 雪顿节
    assert found.provisional and not rules.due(at("2025-08-11T10:00"), Limit.parse("5wd"), NATIONAL).provisional


@pytest.mark.parametrize("wrong", ["", "5", "wd", "0wd", "-1wd", "5 wd", "1.5h", "5WD", "99999wd", "５wd", "5wd 4wh"])
def test_a_limit_that_cannot_be_read_says_how_to_write_it(wrong):
    with pytest.raises(ValueError, match="请写成 5wd"):
        Limit.parse(wrong)


def test_half_rounds_up_to_a_whole_unit():
    assert [str(Limit.parse(text).half()) for text in ("5wd", "4wh", "1wd", "15wd", "3h")] == ["3wd", "2wh", "1wd", "8wd", "2h"]


def test_a_start_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="时区"):
        rules.due(datetime(2026, 2, 13, 10), Limit.parse("5wd"), LHASA)


# --- for every start, limit and calendar ------------------------------------------------------------

STARTS = st.datetimes(datetime(2010, 1, 1), datetime(2029, 12, 1)).map(lambda d: d.replace(second=0, microsecond=0, tzinfo=ZONE))
CALENDARS = st.sampled_from([LHASA, NATIONAL])
WORKING = st.builds(Limit, st.integers(1, 40), st.just(Unit.WD))
OFFICE = st.builds(Limit, st.integers(1, 60), st.just(Unit.WH))
BY_CLOCK = st.builds(Limit, st.integers(1, 60), st.sampled_from([Unit.H, Unit.MIN, Unit.D]))
ANY = st.one_of(WORKING, OFFICE, BY_CLOCK)
GAPS = st.timedeltas(timedelta(0), timedelta(days=40)).map(lambda d: timedelta(minutes=d // timedelta(minutes=1)))
quick = settings(max_examples=60)


@quick
@given(STARTS, WORKING, CALENDARS)
def test_a_due_date_in_working_days_is_the_close_of_a_working_day_and_counts_exactly_its_days(start, limit, cal):
    found = rules.due(start, limit, cal)
    assert cal.day(found.due.date()).works and found.due == cal.closing(found.due.date())
    assert working_days_between(start.date(), found.due.date(), cal) == limit.amount
    counted = [row for row in found.trace if "个工作日" in row.why]
    assert len(counted) == limit.amount and all(row.kind in (DayKind.WORK, DayKind.MAKEUP) for row in counted)
    assert [row.date for row in found.trace] == [start.date() + timedelta(days=n) for n in range((found.due.date() - start.date()).days + 1)]


@quick
@given(STARTS, OFFICE, CALENDARS)
def test_a_due_date_in_working_hours_lies_in_office_hours_of_a_working_day_and_counts_exactly_its_hours(start, limit, cal):
    found = rules.due(start, limit, cal).due
    assert any(opens < found <= closes for opens, closes in cal.opening_hours(found.date()))
    assert working_seconds(start, found, cal) == limit.amount * 3600


@quick
@given(STARTS, BY_CLOCK, CALENDARS)
def test_hours_minutes_and_days_run_day_and_night(start, limit, cal):
    assert rules.due(start, limit, cal).due - start == limit.span


@quick
@given(STARTS, GAPS, ANY, CALENDARS)
def test_a_later_start_is_never_due_earlier(start, gap, limit, cal):
    assert rules.due(start, limit, cal).due <= rules.due(start + gap, limit, cal).due


@quick
@given(STARTS, ANY, st.integers(1, 10), CALENDARS)
def test_a_larger_limit_is_due_later_and_an_extension_is_the_larger_limit(start, limit, more, cal):
    first, larger = rules.due(start, limit, cal).due, rules.due(start, Limit(limit.amount + more, limit.unit), cal).due
    assert first < larger
    assert rules.extend(first, Limit(more, limit.unit), cal) == larger


@quick
@given(STARTS, ANY, CALENDARS)
def test_a_due_date_is_after_its_start_and_the_same_from_any_zone(start, limit, cal):
    found = rules.due(start, limit, cal)
    elsewhere = rules.due(start.astimezone(ZoneInfo("America/New_York")), limit, cal)
    assert found.due > start and elsewhere == found


@quick
@given(STARTS, ANY, GAPS, GAPS, CALENDARS)
def test_a_pause_moves_the_due_date_by_the_paused_working_time(start, limit, before, long, cal):
    end = rules.due(start, limit, cal).due
    stop = start + before
    moved = rules.shift(end, stop, stop + long, limit, cal)
    if stop >= end:
        assert moved == end  # what was late stays late
    elif limit.unit is Unit.WD:
        assert working_days_between(end.date(), moved.date(), cal) == working_days_between(stop.date(), (stop + long).date(), cal)
        assert cal.day(moved.date()).works
    elif limit.unit is Unit.WH:
        assert working_seconds(end, moved, cal) == working_seconds(stop, stop + long, cal)
    else:
        assert moved - end == long


@quick
@given(STARTS, ANY, GAPS, GAPS, CALENDARS)
def test_two_pauses_one_after_the_other_are_one_pause(start, limit, one, two, cal):
    end = rules.due(start, limit, cal).due
    if start + one >= end:
        return
    whole = rules.shift(end, start, start + one + two, limit, cal)
    parts = rules.shift(rules.shift(end, start, start + one, limit, cal), start + one, start + one + two, limit, cal)
    assert parts == whole


@quick
@given(STARTS, st.integers(0, 60 * 200), CALENDARS)
def test_counting_back_undoes_counting_on(start, minutes, cal):
    end = add_working(start, minutes * 60, cal)
    assert working_seconds(subtract_working(end, minutes * 60, cal), end, cal) == minutes * 60


@quick
@given(STARTS, ANY, CALENDARS)
def test_yellow_comes_before_red_before_the_due_date_and_none_before_the_start(start, limit, cal):
    end = rules.due(start, limit, cal).due
    warn = rules.warnings(end, limit, cal, start)
    assert start <= warn.yellow_at <= warn.red_at < end or start == warn.yellow_at
    assert rules.band(start - timedelta(minutes=1), end, warn) == "calm" and rules.band(end + timedelta(minutes=1), end, warn) == "overdue"
    assert rules.band(end, end, warn) == "red"


@pytest.mark.parametrize(("limit", "yellow", "red"), [
    ("5wd", "2025-01-13T09:30", "2025-01-13T16:00"),  # due Monday the 13th: one working day before, two working hours before
    ("3wd", "2025-01-09T09:30", "2025-01-09T16:00"), ("2wd", "2025-01-08T12:30", "2025-01-08T16:00"),  # under three days: half a day
    ("4wh", "2025-01-06T11:00", "2025-01-06T12:00"), ("30min", "2025-01-06T10:15", "2025-01-06T10:22"), ("24h", "2025-01-06T22:00", "2025-01-07T08:00"),
    ("7d", "2025-01-12T10:00", "2025-01-13T08:00"),
])
def test_when_a_clock_turns_yellow_and_red(limit, yellow, red):
    start, span = at("2025-01-06T10:00"), Limit.parse(limit)
    warn = rules.warnings(rules.due(start, span, LHASA).due, span, LHASA, start)
    assert (f"{warn.yellow_at:%Y-%m-%dT%H:%M}", f"{warn.red_at:%Y-%m-%dT%H:%M}") == (yellow, red)


def test_a_matter_may_have_leads_of_its_own():
    start, span = at("2025-01-06T10:00"), Limit.parse("5wd")
    warn = rules.warnings(rules.due(start, span, LHASA).due, span, LHASA, start, yellow=Limit.parse("2wd"), red=Limit.parse("4wh"))
    assert f"{warn.yellow_at:%m-%d %H:%M}" == "01-10 09:30" and f"{warn.red_at:%m-%d %H:%M}" == "01-13 11:30"


def test_what_is_left_is_said_in_the_limits_own_unit():
    end = at("2025-01-13T18:00")
    assert rules.left(at("2025-01-09T10:00"), end, Unit.WD, LHASA) == "还剩 2 个工作日"
    assert rules.left(at("2025-01-13T10:00"), end, Unit.WD, LHASA) == "今天 18:00 到期"
    assert rules.left(at("2025-01-15T10:00"), end, Unit.WD, LHASA) == "已超期 2 个工作日"
    assert rules.left(at("2025-01-13T10:00"), end, Unit.WH, LHASA) == "还剩 5 个工作小时"
    assert rules.left(at("2025-01-13T17:40"), end, Unit.MIN, LHASA) == "还剩 20 分钟"


# --- the command ------------------------------------------------------------


def explain(*given: str) -> subprocess.CompletedProcess:
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "PYTHONUTF8": "1", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    return subprocess.run([sys.executable, "-m", "minsheng.cli", "explain-deadline", *given], capture_output=True, text=True, env=env, check=False)


def test_the_command_prints_the_published_shape_without_a_database():
    done = explain("--limit", "5wd", "--from", "2026-02-13T10:00+08:00", "--calendar", "lhasa", "--json")
    assert done.returncode == 0 and done.stderr == ""
    told = json.loads(done.stdout)
    assert list(told) == ["due", "basis", "provisional", "trace"] and told["due"] == "2026-03-03T18:00:00+08:00" and told["provisional"] is False
    assert all(list(row) == ["date", "kind", "why"] and row["kind"] in {"work", "rest", "holiday", "makeup"} and row["why"] for row in told["trace"])
    assert "5 个工作日" in told["basis"]


@pytest.mark.parametrize(("given", "code", "says"), [
    (("--matter", "help", "--from", "2026-02-13T10:00+08:00", "--json"), 0, "2026-03-03T18:00:00+08:00"),
    (("--matter", "sign", "--urgent", "--from", "2026-02-13T23:50+08:00", "--json"), 0, "2026-02-14T00:20:00+08:00"),
    (("--limit", "5wd", "--from", "2026-02-13T10:00", "--calendar", "national"), 0, "2026-02-27 周五 18:00"),
    (("--limit", "5", "--from", "2026-02-13T10:00"), 1, "请写成 5wd"), (("--limit", "5wd", "--from", "昨天"), 1, "2026-02-13T10:00+08:00"),
    (("--matter", "hlp", "--from", "2026-02-13T10:00"), 1, "consult"), (("--limit", "5wd", "--from", "2026-02-13", "--calendar", "mars"), 1, "lhasa 或 national"),
    (("--limit", "9999d", "--from", "9990-01-01"), 1, "超出"), (("--limit", "9999d", "--from", "2026-01-01"), 1, "最长"),
    (("--limit", "5wd"), 2, "--from"), (("--from", "2026-02-13"), 2, "--limit"),
    (("--limit", "5wd", "--matter", "help", "--from", "2026-02-13"), 2, "--matter"),
])
def test_the_command_says_done_refused_or_usage(given, code, says):
    done = explain(*given)
    assert done.returncode == code and says in (done.stderr if code else done.stdout), (done.stdout, done.stderr)
    assert bool(done.stdout) == (code == 0) and "Traceback" not in done.stderr
