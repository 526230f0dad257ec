"""Units, duty lists, time limits, matters and the dispatch catalogue of the demo city, put in through their rooms' actions."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from minsheng.accounts.actions import COMMAND_LINE
from minsheng.calendar import actions as calendar
from minsheng.cases import queries as cases
from minsheng.cases.models import Category
from minsheng.cli.demo_city import folder
from minsheng.dispatch import actions as dispatch
from minsheng.kit import clock
from minsheng.org import actions as org
from minsheng.org import queries as tree
from minsheng.org.models import Unit
from minsheng.org.rules import UnitKind

BEGAN = datetime(2023, 1, 3, 10, 0, tzinfo=folder.ZONE)  # the hotline's books open
DUTY = (datetime(2024, 12, 1, 9, 0, tzinfo=folder.ZONE), datetime(2025, 4, 1, 9, 0, tzinfo=folder.ZONE))
TIMED_KINDS = ("handle_help", "handle_complaint", "handle_report")


@transaction.atomic
def found() -> None:
    """The city as an institution, in one transaction: it is there whole or not at all."""
    with clock.fixed(BEGAN):
        _units()
        _limits()
        _matters()
        _catalogue()


def _units() -> None:
    made: dict[str, Unit] = {}
    for n, unit in enumerate(folder.flat_units()):
        made[unit["code"]] = org.add_unit(code=unit["code"], name=unit["name"], kind=UnitKind(unit["kind"]), parent=made.get(unit["parent"]),
                                          by=COMMAND_LINE, short=unit.get("short", ""), phone=unit["phone"],
                                          residents=unit.get("residents"), sort=n)
    for duty in folder.read("org")["duty"]:
        org.set_duty(unit=made[duty["unit"]], name=duty["name"], phone=duty["phone"], order=duty["order"], starts=DUTY[0], ends=DUTY[1],
                     by=COMMAND_LINE)
    tree.forget()


def _limits() -> None:
    calendar.seed_limits(by=COMMAND_LINE)
    for matter, row in folder.read("categories")["limit_matters"].items():
        for code in TIMED_KINDS:
            calendar.set_limit(code=code, matter=matter, value=row["limit"], valid_from=date(2023, 1, 1), by=COMMAND_LINE,
                               basis=f"{row['name']}：到场或恢复的时限，不分昼夜")


def _matters() -> None:
    """Matters in the order of the file: a parent stands before what lies under it."""
    data = folder.read("categories")
    top_down = {r["category"] for r in folder.read("catalogue")["catalogue"] if r["forbid_push_down"] and r["valid_to"] is None}
    made: dict[str, Category] = {}
    for c in data["categories"]:
        parent = made.get(c["parent"] or "")
        procedure = c.get("statutory")
        made[c["code"]] = Category.objects.create(
            code=c["code"], name=c["name"], parent=parent, path=[*(parent.path if parent else []), c["code"]],
            elements=c.get("elements", []), evidence=c.get("evidence", "answer"), keywords=[str(w) for w in c.get("keywords", [])],
            urgent_words=c.get("urgent_hint", []), restricted_hint=bool(c.get("restricted_hint")), no_push_down=c["code"] in top_down,
            statutory={"code": procedure, **data["statutory"][procedure]} if procedure else {}, limit_matter=c.get("limit_matter") or "",
        )
    cases.forget()


def _catalogue() -> None:
    units = {u.code: u for u in Unit.objects.all()}
    matters = {c.code: c for c in Category.objects.all()}
    for row in folder.read("catalogue")["catalogue"]:
        fixed = isinstance(row["lead"], str)
        dispatch.add_rule(category=matters[row["category"]], lead=units[row["lead"]] if fixed else None, by_district=not fixed,
                          co=[units[c].id if isinstance(c, str) else "district" for c in row["co"]], second=row["second"] or "",
                          basis=row["basis"], valid_from=row["valid_from"], valid_to=row["valid_to"], note=row["note"] or "",
                          by=COMMAND_LINE)
