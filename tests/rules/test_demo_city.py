"""The demo city is data: its files agree with each other, with the enums of the code, and with the published figures."""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from minsheng.accounts.rules import Role, may_hold
from minsheng.cases.rules import Channel, DeclineReason, Defect, Dissatisfaction, Kind, Outcome, RequesterKind, Satisfaction, State
from minsheng.cli.demo_city import leader_days
from minsheng.org.rules import UnitKind

DEMO = Path(__file__).resolve().parents[2] / "demo"
REAL_PLACES = ("拉萨", "城关区", "堆龙", "达孜", "林周", "当雄", "尼木", "曲水", "墨竹", "柳梧", "八廓", "夺底", "西藏")
RECEIVED = re.compile(r"^20\d\d-\d\d-\d\d \d\d:\d\d$")


def load(name: str) -> dict:
    return yaml.safe_load((DEMO / name).read_text(encoding="utf-8"))


def walk(units: list[dict], parent: str = "") -> dict[str, dict]:
    found = {}
    for unit in units:
        assert unit["code"] not in found
        found[unit["code"]] = unit | {"parent": parent}
        found |= walk(unit.get("children", []), unit["code"])
    return found


UNITS = walk(load("org.yaml")["units"])
CATEGORIES = {c["code"]: c for c in load("categories.yaml")["categories"]}
LEAVES = {code: c for code, c in CATEGORIES.items() if "evidence" in c}
CATALOGUE = load("catalogue.yaml")["catalogue"]
PEOPLE = load("people.yaml")["people"]
PERIODS = load("periods.yaml")
ARTICLES = {a["code"]: a for a in load("knowledge.yaml")["articles"]}
FILES = [yaml.safe_load(p.read_text(encoding="utf-8")) for p in sorted((DEMO / "requests").glob("*.yaml"))]
REQUESTS = [r for f in FILES for r in f["requests"]]
CALLS = [c for f in FILES for c in f.get("calls_without_case", [])]


def test_no_file_is_longer_than_a_page_set_and_none_names_a_real_office():
    for path in DEMO.rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 400, path.name
        assert not [word for word in REAL_PLACES if word in text], path.name


def test_the_tree_has_the_shape_of_the_city_and_only_fictional_phones():
    kinds = defaultdict(int)
    for unit in UNITS.values():
        kinds[UnitKind(unit["kind"])] += 1
        assert re.fullmatch(r"0891-555\d{4}", unit["phone"])
    assert (kinds[UnitKind.DISTRICT], kinds[UnitKind.COUNTY]) == (3, 5)
    assert kinds[UnitKind.BUREAU] >= 30 and kinds[UnitKind.UTILITY] == 5
    assert kinds[UnitKind.CENTRE] == kinds[UnitKind.PANEL] == 1


def test_residents_add_up():
    for district in load("city.yaml")["districts"]:
        below = sum(u.get("residents", 0) for u in UNITS.values() if u["parent"] == district["code"])
        assert district["residents"] == UNITS[district["code"]]["residents"] == below
    assert UNITS["city"]["residents"] == sum(d["residents"] for d in load("city.yaml")["districts"])


def test_every_district_has_a_square_of_its_own():
    assert all(len(d["around"]) == 3 and abs(d["around"][0]) < 5 and abs(d["around"][1]) < 5 for d in load("city.yaml")["districts"]), "a made-up city at sea"
    tiles = [tuple(d["tile"]) for d in load("city.yaml")["districts"]]
    assert len(set(tiles)) == len(tiles) and all(0 <= at < 12 for tile in tiles for at in tile)


def test_every_duty_belongs_to_a_unit():
    assert {d["unit"] for d in load("org.yaml")["duty"]} <= set(UNITS)


def test_categories_are_three_levels_with_templates_and_the_hot_topics():
    assert 60 <= len(LEAVES) <= 90
    statutory, limits = load("categories.yaml")["statutory"], load("categories.yaml")["limit_matters"]
    for code, c in CATEGORIES.items():
        assert c["parent"] is None or c["parent"] in CATEGORIES
        assert (code in LEAVES) == (code.count(".") == 2)
    for c in LEAVES.values():
        assert c["evidence"] in {"answer", "field", "photo", "position", "none"}
        assert len(c["keywords"]) >= 7 and c["elements"]
        assert all(isinstance(w, str) for w in [*c["keywords"], *c.get("urgent_hint", [])]), "a bare number is no word: quote it"
        assert c.get("statutory") is None or c["statutory"] in statutory
        assert c.get("limit_matter") is None or c["limit_matter"] in limits
        for e in c["elements"]:
            assert e["type"] in {"text", "choice", "number", "datetime", "place"}
            assert (e["type"] == "choice") == bool(e.get("choices"))
    assert [CATEGORIES[c]["name"] for c in load("categories.yaml")["hot"]] == ["交通出行", "旅游服务", "城市管理", "消费维权", "拖欠薪资"]


def test_every_leaf_has_one_row_of_the_catalogue_on_any_day():
    for code in LEAVES:
        rows = sorted((r for r in CATALOGUE if r["category"] == code), key=lambda r: r["valid_from"])
        assert rows[0]["valid_from"] == datetime.date(2023, 1, 1) and rows[-1]["valid_to"] is None
        for earlier, later in zip(rows, rows[1:], strict=False):
            assert later["valid_from"] - earlier["valid_to"] == datetime.timedelta(days=1)
    for row in CATALOGUE:
        assert row["category"] in LEAVES and row["basis"]
        for unit in [row["lead"], *row["co"]]:
            assert unit == {"by_district": "district"} or unit in UNITS
        assert row["second"] is None or row["second"] in UNITS or f"d.dongguan.{row['second']}" in UNITS


def test_people_hold_only_roles_that_may_meet_and_every_role_has_somebody():
    held = set()
    for p in PEOPLE:
        roles = frozenset(Role(r) for r in p["roles"])
        held |= roles
        assert may_hold(roles), (p["username"], may_hold(roles).reason)
        assert p["unit"] in UNITS
    assert set(Role) - {Role.REQUESTER, Role("clock")} - held == set(), "somebody of demo/people.yaml holds it"
    assert len({p["username"] for p in PEOPLE}) == len(PEOPLE)


def test_every_unit_that_may_lead_has_somebody_to_sign_to_handle_and_to_approve():
    roles = defaultdict(set)
    for p in PEOPLE:
        roles[p["unit"]] |= set(p["roles"])
    leads = {r["lead"] for r in CATALOGUE if isinstance(r["lead"], str)}
    leads |= {c for c, u in UNITS.items() if u["kind"] in {"district", "county", "zone"}} | {r["lead"] for r in REQUESTS if "lead" in r}
    for unit in leads:
        assert {"unit_liaison", "unit_handler", "unit_approver"} <= roles[unit], unit


def test_nine_periods_of_thirteen_units_add_up_to_314_and_304():
    rows = [u for p in PERIODS["periods"] for u in p["units"]]
    assert len(PERIODS["periods"]) == 9
    assert len({u["unit"] for u in rows}) == len(rows) == 13 == sum("leader" in p["roles"] for p in PEOPLE)
    assert (sum(u["received"] for u in rows), sum(u["done"] for u in rows)) == (314, 304)
    assert {u["unit"] for u in rows} == {p["unit"] for p in PEOPLE if "leader" in p["roles"]}
    dates = [p["date"] for p in PERIODS["periods"]]
    assert dates == sorted(dates) and dates[0] >= datetime.date(2023, 5, 1) and dates[-1] <= PERIODS["scheme"]["cutoff"]


def test_articles_have_owner_category_and_validity():
    assert ARTICLES["K-2024-007"]["valid_to"] == datetime.date(2025, 1, 10)
    assert len(ARTICLES) >= 20 and len(load("knowledge.yaml")["phones"]) == 20
    for a in ARTICLES.values():
        assert a["owner"] in UNITS and a["category"] in LEAVES and a["keywords"]
        assert a["valid_to"] is None or a["valid_to"] >= a["valid_from"]
    for phone in load("knowledge.yaml")["phones"]:
        assert phone["unit"] in UNITS and re.fullmatch(r"0891-555\d{4}", phone["phone"])


@pytest.mark.parametrize("r", REQUESTS, ids=lambda r: r["id"])
def test_a_request_refers_to_what_exists(r):
    Kind(r["kind"]), Channel(r.get("channel", "phone")), RequesterKind(r.get("requester_kind", "person"))
    assert r["category"] in LEAVES and UNITS[r["district"]]["kind"] in {"district", "county", "zone"}
    assert RECEIVED.match(r["received"]) and 35 <= len(r["narrative"]) <= 250
    template = {e["key"]: e for e in LEAVES[r["category"]]["elements"]}
    assert set(r["elements"]) <= set(template)
    for key, value in r["elements"].items():
        if template[key]["type"] == "choice":
            assert value in template[key]["choices"]
    for unit in [r.get("lead"), r.get("complained_unit"), *r.get("co", [])]:
        assert unit is None or unit in UNITS
    assert r.get("period") is None or 1 <= r["period"] <= 9
    if r["outcome"]["state"] not in {"draft", "declined", "transferred"}:
        assert not {k for k, e in template.items() if e["required"]} - set(r["elements"]), "要素不全"


@pytest.mark.parametrize("r", REQUESTS, ids=lambda r: r["id"])
def test_an_outcome_speaks_the_words_of_the_procedure(r):
    out = r["outcome"]
    State(out["state"])
    call = out.get("callback", {})
    Outcome(call.get("outcome", "answered")), Satisfaction(call.get("satisfaction", "satisfied"))
    Dissatisfaction(call.get("dissatisfaction", "result")), Defect(r.get("defect", "template"))
    if out["state"] == "declined":
        assert DeclineReason(out["decline_reason"]) and out["told"]
    if out["state"] == "merged":
        assert out["master"] in {x["id"] for x in REQUESTS}
    if out["state"] == "direct_answered":
        assert out.get("article") in ARTICLES if "article" in out else out["answer"]
    if out["state"] in {"pending_check", "pending_callback", "closed"} and LEAVES[r["category"]]["evidence"] in {"field", "photo", "position"}:
        assert "field" in r, "到场记录"
    if out["state"] in {"pending_check", "pending_callback", "closed"}:
        assert r["reply"] and r["contact_note"]


def test_all_branches_of_the_desk_are_shown():
    assert len({r["id"] for r in REQUESTS}) == len(REQUESTS) >= 110
    assert {r["outcome"].get("decline_reason") for r in REQUESTS} >= {d.value for d in DeclineReason}
    assert {r["outcome"].get("target") for r in REQUESTS} >= {"110", "119", "120"}
    assert {r["outcome"]["state"] for r in REQUESTS} >= {s.value for s in State} - {"start"}
    assert sum(r.get("language") == "bo" for r in REQUESTS) >= 8 and sum(r.get("language") == "en" for r in REQUESTS) >= 3
    assert all("original" in r for r in REQUESTS if r.get("language") in {"bo", "en"})
    assert CALLS and all(RECEIVED.match(c["received"]) for c in CALLS)


def test_what_lies_open_gives_a_reason_of_its_own_matter():
    """No wages wait for a transformer: where a reason is about one matter, its request is of that matter."""
    reasons = {row["ask"]["reason"]: row["matter"] for rows in load("leader_days.yaml")["not_done"].values() for row in rows if "ask" in row}
    seen = {request["outcome"]["ask"]["reason"]: request["category"] for request in leader_days.made() if "ask" in request["outcome"]}
    assert seen == reasons and len(seen) == 5


def test_a_place_is_called_as_people_call_it_and_no_page_names_a_real_city():
    from minsheng.calendar import library
    made = leader_days.made()
    assert not any("人民政府" in request["place"] or "人民政府" in request["narrative"] for request in made)
    assert not any(place in library.builtin("lhasa").name for place in REAL_PLACES)


SEASONS = {"入冬": {11, 12, 1, 2}, "开春以来": {2, 3, 4, 5}, "春节以后": {2, 3, 4}, "五一以后": {5, 6}, "入夏": {5, 6, 7, 8}, "暑假": {7, 8, 9}, "开学以后": {3, 9, 10},
           "国庆以后": {10, 11, 12}, "暖气不热": {10, 11, 12, 1, 2, 3, 4}, "结冰": {10, 11, 12, 1, 2, 3}, "腊月": {1, 2}}


def test_nobody_speaks_of_a_season_that_it_is_not():
    """A caller of June does not say that it has been so since winter began."""
    wrong = [f"{r['received']} {r['narrative']}" for r in [*REQUESTS, *leader_days.made()] for word, months in SEASONS.items()
             if word in r["narrative"] and int(str(r["received"])[5:7]) not in months]
    assert wrong == []
