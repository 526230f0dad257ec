"""The four real files, where they are: brought in with the published maps, and every figure against a count of the file itself.

The count is made here with the csv module and nothing of ours. The rows stay where they are; see CONTRIBUTING.
"""

import csv
import os
from collections import Counter
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from minsheng.accounts.rules import clock_actor
from minsheng.cases.actions import anchors
from minsheng.cases.models import Case, CaseStep
from minsheng.exchange import actions
from minsheng.exchange.mapping import read_map
from minsheng.kit import clock
from minsheng.measures import following, queries
from minsheng.measures.queries import Asked
from tests.cast import NOW, build

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("MINSHENG_SHARED") or ROOT.parent / "shared") / "data"
NAMES = ("messages-labelled", "messages-events", "messages-replies", "boston-311-2015")
FIRST = {"messages-labelled": 3000, "boston-311-2015": 5000}  # rows of the long files: CI has other things to do
BY = clock_actor("历史导入")
ABSENT = [name for name in NAMES if not (SHARED / f"{name}.csv").is_file()]
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(bool(ABSENT), reason=f"NOT RUN HERE: the real files {', '.join(ABSENT)} are not in {SHARED}")]


@pytest.fixture
def city(db):
    with clock.fixed(NOW):
        yield build()


def read(name: str) -> list[dict]:
    with open(SHARED / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
        return list(islice(csv.DictReader(file), FIRST.get(name)))


def bring(name: str, folder: Path, **more) -> actions.Summary:
    path = SHARED / f"{name}.csv"
    if name in FIRST:
        rows = read(name)
        path = folder / f"{name}.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            out.writerows(rows)
    map_ = yaml.safe_load((ROOT / "docs" / "examples" / "maps" / f"{name}.yaml").read_text(encoding="utf-8"))
    return actions.import_file(path=path, by=BY, map=read_map(map_), **more)


def figures(since: date, until: date, by: str = "") -> dict:
    following.catch_up()  # a reader waits for a few pages only; the commands for all
    return {(r.measure, r.group): r for r in queries.rows(Asked(since, until, by=by), BY)}


def parts(found: dict, measure: str) -> tuple[int, int]:
    row = found[measure, "全部"]
    return row.numerator, row.denominator


def stamp(text: str) -> datetime:
    return datetime.strptime(text.replace("/", "-"), "%Y-%m-%d %H:%M:%S")


def test_messages_with_labels_most_of_which_have_no_time(city, tmp_path):
    rows = read("messages-labelled")
    dated = [r for r in rows if r["time"].strip()]
    done = bring("messages-labelled", tmp_path)
    assert (done.read, done.made, done.bad, done.assumed) == (len(rows), len(rows), 0, len(rows) - len(dated))
    found = figures(date(2010, 1, 1), date(2024, 12, 31))
    assert (found["received", "全部"].value, found["undated", "全部"].value) == (len(dated), len(rows) - len(dated))
    by_label = figures(date(2010, 1, 1), date(2024, 12, 31), by="category")
    assert {g: r.value for (m, g), r in by_label.items() if m == "received" and r.value} == Counter(r["label"] for r in dated)
    assert {g: r.value for (m, g), r in by_label.items() if m == "undated" and r.value} == Counter(r["label"] for r in rows if not r["time"].strip())


def test_messages_of_events_year_by_year_and_again(city, tmp_path):
    rows = read("messages-events")
    assert bring("messages-events", tmp_path).made == len(rows)
    for year, count in Counter(stamp(r["time"]).year for r in rows).items():
        assert figures(date(year, 1, 1), date(year, 12, 31))["received", "全部"].value == count, year
    again = bring("messages-events", tmp_path)
    assert (again.made, again.known, Case.objects.count()) == (0, len(rows), len(rows))


def test_messages_with_replies_out_and_in_again(city, tmp_path):
    rows = read("messages-replies")
    answered = [r for r in rows if r["reply_time"].strip()]
    done = bring("messages-replies", tmp_path)
    assert (done.made, done.bad) == (len(rows), 0)
    found = figures(date(2010, 1, 1), date(2024, 12, 31))
    assert parts(found, "completion") == (len(answered), len(rows)) and found["closed", "全部"].value == len(answered)
    assert found["solve", "全部"].value is None and found["sign_on_time", "全部"].value is None, "what the source does not say has no figure"
    spans = sorted(stamp(r["reply_time"]) - stamp(r["time"]) for r in answered)
    kept = sorted(closed - received for closed, received in Case.objects.filter(closed_at__isnull=False).values_list("closed_at", "received_at"))
    assert kept[len(kept) // 2] == spans[len(spans) // 2], "the median delay is the file's"
    out = tmp_path / "out.csv"
    actions.export_file(path=out, filters=actions.Filters(), by=None)
    assert len(out.read_text(encoding="utf-8-sig")) > 0
    assert list(anchors.verify_history()) == []


def test_a_year_of_another_city_with_targets_and_departments(city, tmp_path):
    rows, zone = read("boston-311-2015"), ZoneInfo("America/New_York")

    def at(text: str) -> datetime | None:
        return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone) if text else None

    told = [(r, at(r["OPEN_DT"]), at(r["TARGET_DT"]), at(r["CLOSED_DT"])) for r in rows]
    good = [row for row in told if row[2] is None or row[2] > row[1]]
    done = bring("boston-311-2015", tmp_path)
    assert (done.read, done.made, done.bad) == (len(rows), len(good), len(rows) - len(good)), done.reasons
    since, until = date(2015, 1, 1), date(2024, 12, 31)
    found = figures(since, until)
    assert parts(found, "completion") == (sum(c is not None for *_, c in good), len(good))
    due = [(r, t, c) for r, _, t, c in good if t is not None]
    in_time = [r for r, t, c in due if c is not None and c <= t]
    assert found["sign_on_time", "全部"].value is None and found["response_claimed", "全部"].value is None, "not recorded is not missed"
    city_limit = sum(t is None and c is None for _, _, t, c in good)  # open ones without a target get the limit of the city they came to
    assert parts(found, "on_time_completion") == (len(in_time), len(due) + city_limit)
    said = Counter(r["OnTime_Status"] for r in in_time)
    assert set(said) == {"ONTIME"}, "the city's own mark says the same"
    by_unit = figures(since, until, by="unit")
    assert {g: r.value for (m, g), r in by_unit.items() if m == "closed" and r.value} == Counter(r["Department"] for r, *_, c in good if c is not None)
    january = figures(date(2015, 1, 1), date(2015, 1, 31))["received", "全部"].value
    china = ZoneInfo("Asia/Shanghai")
    assert january == sum(datetime(2015, 1, 1, tzinfo=china) <= o < datetime(2015, 2, 1, tzinfo=china) for _, o, *_ in good), "days are the city's that counts"
    waiting = Case.objects.filter(state="in_progress").count()
    assert waiting == sum(r["CASE_STATUS"] == "Open" for r, *_ in good) and CaseStep.objects.filter(given__imported=True).count() == CaseStep.objects.count()
