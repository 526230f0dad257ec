"""A city's folder put in through the rooms' actions.

Safe to repeat: what is there by its code stays as it is; matters take the folder's templates and words; where a unit differs, the
difference is said, because units are renamed and merged on their page, with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from django.db import transaction

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.calendar import actions as calendar
from minsheng.calendar import queries as limits
from minsheng.cases import queries as cases
from minsheng.cases.actions import categories
from minsheng.cli.city_files import DISTRICT, flat_units, read, rungs
from minsheng.dispatch import actions as dispatch
from minsheng.dispatch.models import Rule
from minsheng.kit import clock
from minsheng.org import actions as org
from minsheng.org import queries as tree
from minsheng.org.models import Duty, Unit
from minsheng.org.rules import Circle, UnitKind
from minsheng.oversight.actions import ladder

TIMED_KINDS = ("handle_help", "handle_complaint", "handle_report")
DUTY_DAYS = 120


@dataclass
class Report:
    """How many of each were added, were there, were changed; what differs and was left alone."""

    counts: dict[str, list[int]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def note(self, what: str, which: int) -> None:
        """`which`: 0 added, 1 there already, 2 changed."""
        self.counts.setdefault(what, [0, 0, 0])[which] += 1

    def lines(self) -> list[str]:
        said = [f"{what}：新增 {a}，已有 {b}" + (f"，更新 {c}" if c else "") for what, (a, b, c) in self.counts.items()]
        return said + [f"与系统中不同，没有改动：{each}" for each in self.left]


@transaction.atomic
def put_in(root: Path, duty: tuple[datetime, datetime] | None = None) -> Report:
    """Everything of the folder, in one transaction: the city is there whole or not at all. `duty`: from when to when the duty list runs."""
    report = Report()
    _units(root, report, duty or (clock.now(), clock.now() + timedelta(days=DUTY_DAYS)))
    _limits(root, report)
    _matters(root, report)
    _dangers(root, report)
    _catalogue(root, report)
    _ladder(root, report)
    return report


def _units(root: Path, report: Report, duty: tuple[datetime, datetime]) -> None:
    made = {u.code: u for u in Unit.objects.all()}
    for n, unit in enumerate(flat_units(root)):
        if there := made.get(unit["code"]):
            report.note("机构", 1)
            if there.name != unit["name"]:
                report.left.append(f"机构 {unit['code']} 文件中叫“{unit['name']}”，系统中叫“{there.name}”；更名请在机构页办理")
            continue
        report.note("机构", 0)
        made[unit["code"]] = org.add_unit(code=unit["code"], name=unit["name"], kind=UnitKind(unit["kind"]), parent=made.get(unit["parent"]),
                                          by=COMMAND_LINE, short=unit.get("short", ""), phone=unit.get("phone", ""),
                                          residents=unit.get("residents"), sort=n)
    for row in read(root, "org").get("duty", []):
        known = Duty.objects.filter(unit=made[row["unit"]], name=row["name"], phone=row["phone"], ends__gt=clock.now()).exists()
        report.note("值班", int(known))
        if not known:
            org.set_duty(unit=made[row["unit"]], name=row["name"], phone=row["phone"], order=row.get("order", 1), starts=duty[0], ends=duty[1],
                         by=COMMAND_LINE)
    tree.forget()
    if (root / "city.yaml").exists() and (code := read(root, "city").get("outside_panel")):
        org.name_outside_panel(unit=made[code], by=COMMAND_LINE)
    _tiles(root, made)


def _tiles(root: Path, made: dict[str, Unit]) -> None:
    """Where districts lie: on the board's map of squares, and roughly on the ground."""
    for district in read(root, "city").get("districts", []) if (root / "city.yaml").exists() else []:
        if tile := district.get("tile"):
            org.place_tile(unit=made[district["code"]], row=tile[0], column=tile[1], by=COMMAND_LINE)
        if around := district.get("around"):
            org.place_around(unit=made[district["code"]], circle=Circle(*map(float, around)), by=COMMAND_LINE)
    tree.forget()


def _limits(root: Path, report: Report) -> None:
    calendar.seed_limits(by=COMMAND_LINE)
    have = {(row.code, row.matter) for row in limits.limits()}
    for matter, row in (read(root, "categories").get("limit_matters") or {}).items():
        for code in TIMED_KINDS:
            report.note("专用时限", int((code, matter) in have))
            if (code, matter) not in have:
                calendar.set_limit(code=code, matter=matter, value=row["limit"], valid_from=row.get("valid_from", date(2023, 1, 1)),
                                   by=COMMAND_LINE, basis=row.get("basis") or f"{row['name']}：到场或恢复的时限，不分昼夜")


def _matters(root: Path, report: Report) -> None:
    """Matters in the order of the file: a parent stands before what lies under it."""
    data = read(root, "categories")
    rows = read(root, "catalogue").get("catalogue", [])
    top_down = {r["category"] for r in rows if r.get("forbid_push_down") and r.get("valid_to") is None}
    for c in data.get("categories", []):
        procedure, there = c.get("statutory"), cases.category(c["code"])
        content = {
            "name": c["name"], "elements": c.get("elements", []), "evidence": c.get("evidence", "answer"),
            "keywords": [str(w) for w in c.get("keywords", [])], "urgent_words": c.get("urgent_hint", []),
            "restricted_hint": bool(c.get("restricted_hint")), "no_push_down": c["code"] in top_down,
            "statutory": {"code": procedure, **data["statutory"][procedure]} if procedure else {}, "limit_matter": c.get("limit_matter") or "",
        }
        if there is None:
            report.note("分类", 0)
            categories.add_matter(code=c["code"], parent=c.get("parent") or "", by=COMMAND_LINE, setup=True, **content)
            continue
        differs = any(getattr(there, name) != value for name, value in content.items())
        report.note("分类", 2 if differs else 1)
        if differs:
            categories.change_matter(code=c["code"], by=COMMAND_LINE, setup=True, **content)


def _dangers(root: Path, report: Report) -> None:
    """What the city adds to the words of danger that come with the program."""
    for each in read(root, "categories").get("danger", []):
        report.note("危险词", categories.put_danger(content=each, by=COMMAND_LINE, setup=True))


def _catalogue(root: Path, report: Report) -> None:
    units = {u.code: u for u in Unit.objects.all()}
    have = set(Rule.objects.values_list("category__code", "valid_from"))
    latest: dict[str, date] = {}
    for code, since in have:
        latest[code] = max(since, latest.get(code, since))
    for row in sorted(read(root, "catalogue").get("catalogue", []), key=lambda r: r["valid_from"]):
        code, since = row["category"], row["valid_from"]
        if (code, since) in have:
            report.note("派单目录", 1)
        elif code in latest and since <= latest[code]:
            report.left.append(f"派单目录 {code} 自 {since} 起的一行，系统中已有更晚的")
        elif (matter := cases.category(code)) is None:
            report.left.append(f"派单目录 {code}：没有这个分类")
        else:
            report.note("派单目录", 0)
            lead = units[row["lead"]] if row["lead"] != DISTRICT else None
            dispatch.add_rule(category=matter, lead=lead, by_district=lead is None,
                              co=[units[c].id if c != DISTRICT else "district" for c in row.get("co", [])], second=row.get("second") or "",
                              basis=row["basis"], valid_from=since, valid_to=row.get("valid_to"), note=row.get("note") or "",
                              by=COMMAND_LINE, setup=True)


def _ladder(root: Path, report: Report) -> None:
    """The rungs of supervision; one that holds stays as it is."""
    rows = rungs(root)
    for row, new in zip(rows, ladder.put_in(rows=rows, by=COMMAND_LINE), strict=True):
        report.note("督办阶梯", 0 if new else 1)
        if new is None:
            report.left.append(f"督办阶梯 {row['code']} 自 {row['since']} 起的一行；要改请另写一行新的施行日期")
