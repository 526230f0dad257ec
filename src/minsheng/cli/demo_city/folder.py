"""The folder `demo/` as plain data: read once per process, shapes as demo/README.md describes them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from minsheng.cli import city_files

FOLDER = Path(__file__).resolve().parents[4] / "demo"
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 1, 2, 9, 40, tzinfo=ZONE)  # nothing in the demo city happens after this


def read(name: str) -> dict:
    return city_files.read(FOLDER, name)


def local(text: str | datetime | date) -> datetime:
    """A local time of the files, aware: "2025-01-02 09:05", or a date (its first office hour)."""
    if isinstance(text, datetime):
        return text.replace(tzinfo=ZONE)
    if isinstance(text, date):
        return datetime(text.year, text.month, text.day, 9, 30, tzinfo=ZONE)
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def flat_units() -> list[dict]:
    return city_files.flat_units(FOLDER)


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
