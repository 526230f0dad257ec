"""The folder `demo/` as plain data: read once per process, nothing of Django. Shapes as demo/README.md describes them."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

FOLDER = Path(__file__).resolve().parents[4] / "demo"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 1, 2, 9, 40, tzinfo=ZONE)  # nothing in the demo city happens after this


@cache
def read(name: str) -> dict:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)


def local(text: str | datetime | date) -> datetime:
    """A local time of the files, aware: "2025-01-02 09:05", or a date (its first office hour)."""
    if isinstance(text, datetime):
        return text.replace(tzinfo=ZONE)
    if isinstance(text, date):
        return datetime(text.year, text.month, text.day, 9, 30, tzinfo=ZONE)
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def flat_units() -> list[dict]:
    """Units with their parent's code, parents first."""

    def walk(units: list[dict], parent: str) -> list[dict]:
        found = []
        for unit in units:
            found += [unit | {"parent": parent}, *walk(unit.get("children", []), unit["code"])]
        return found

    return walk(read("org")["units"], "")


def units() -> dict[str, dict]:
    return {u["code"]: u for u in flat_units()}


def leaves() -> dict[str, dict]:
    return {c["code"]: c for c in read("categories")["categories"] if "evidence" in c}


def requests() -> list[dict]:
    """All sample requests, by the time they came in."""
    files = sorted((FOLDER / "requests").glob("*.yaml"))
    found = [r for f in files for r in read(f"requests/{f.stem}")["requests"]]
    return sorted(found, key=lambda r: r["received"])


def calls_without_case() -> list[dict]:
    files = sorted((FOLDER / "requests").glob("*.yaml"))
    return [c for f in files for c in read(f"requests/{f.stem}").get("calls_without_case", [])]


def rule_for(category: str, on: date) -> dict:
    """The row of the catalogue that counts on a day."""
    rows = [r for r in read("catalogue")["catalogue"] if r["category"] == category]
    return next(r for r in rows if r["valid_from"] <= on and (r["valid_to"] is None or on <= r["valid_to"]))


def lead_of(request: dict) -> str:
    """Code of the unit that answers: named in the file, else by the catalogue; on a leader day one of the day's units."""
    row = rule_for(request["category"], local(request["received"]).date())
    lead = request.get("lead") or (row["lead"] if isinstance(row["lead"], str) else request["district"])
    if "period" in request:
        day = next(p for p in read("periods")["periods"] if p["id"] == request["period"])
        named = [u["unit"] for u in day["units"]]
        return lead if lead in named else named[0]
    return lead
