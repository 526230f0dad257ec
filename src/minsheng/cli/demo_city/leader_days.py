"""The requests of the nine leader days: those written out in `requests/`, and the rest put together from `leader_days.yaml`. Pure.
Of these the leader takes two of three in person, and the agent beside the third.

Counts per period and unit are those of `periods.yaml`: 314 received, 304 done.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from minsheng.cli.demo_city import folder

SEED = 20250102
_NO_FIELD = {"answer", "none"}
_AT = "%Y-%m-%d %H:%M"


def made() -> list[dict]:
    """The generated requests, in the format of `requests/*.yaml`, by the time they came in."""
    found = []
    for period in folder.read("periods")["periods"]:
        for row in period["units"]:
            found += _of_unit(period, row)
    return sorted(found, key=lambda r: r["received"])


def written(period: int, unit: str) -> list[dict]:
    return [r for r in folder.requests() if r.get("period") == period and folder.lead_of(r) == unit]


def _of_unit(period: dict, row: dict) -> list[dict]:
    chance = Random(f"{SEED}:{period['id']}:{row['unit']}")
    count = row["received"] - len(written(period["id"], row["unit"]))
    open_ones = list(folder.read("leader_days").get("not_done", {}).get(row["unit"], []))
    pairs, when = _pairs(row["unit"], chance), _times(period, count, chance)
    found = []
    for n in range(count):
        row_open = open_ones[n - count + len(open_ones)] if n >= count - len(open_ones) else {}
        template, district, place = _about(pairs, row_open.get("matter", ""))
        request = _request(f"P{period['id']}-{row['unit']}-{n + 1:02}", template, district, place, next(when), chance)
        request |= {"period": period["id"], "lead": row["unit"], "in_person": n % 3 < 2}
        if row_open:
            _leave_open(request, row_open)
        found.append(request)
    _answer(found, row["unit"], chance)
    return found


def _answer(found: list[dict], unit: str, chance: Random) -> None:
    """What the leader can say at once takes the place of the last closed request of its matter, where another of that matter stands before it."""
    for about in folder.read("leader_days")["answered"].get(unit, []):
        mine = [r for r in found if r["category"] == about["category"] and r["outcome"]["state"] == "closed"]
        if len(mine) < 2:  # noqa: PLR2004 - the first is the one that a promise is about
            continue
        request = mine[-1]
        said = about["text"].format(place=request["place"], n=chance.randint(2, 6), when=_when(datetime.strptime(request["received"], _AT), chance))
        kept = {name: request[name] for name in ("id", "category", "place", "district", "received", "requester", "elements", "period", "lead")}
        call = {"solved": True, "satisfaction": "satisfied"}
        found[found.index(request)] = kept | {
            "title": about["title"], "kind": about["kind"], "narrative": said, "reply": about["answer"], "in_person": True,
            "outcome": {"state": "direct_answered", "callback": call}}


def _about(pairs: list[tuple[dict, str, str]], matter: str) -> tuple[dict, str, str]:
    """The next pair, of a matter where the reason that it lies open is about one: no wages wait for a transformer."""
    return pairs.pop(next(i for i, (template, _, _) in enumerate(pairs) if matter in ("", template["category"])))


def _pairs(unit: str, chance: Random) -> list[tuple[dict, str, str]]:
    """Every pair of a template and a place once, in a mixed order: no two requests of a period share both."""
    data = folder.read("leader_days")
    places = [(d, p) for d, named in data["places"].items() for p in named if not unit.startswith("d.") or d == unit]
    pairs = [(t, d, p) for t in data["units"][unit] for d, p in places]
    chance.shuffle(pairs)
    return pairs


def _times(period: dict, count: int, chance: Random) -> Iterator[datetime]:
    opens, closes = (datetime.strptime(f"{period['date']} {w}", _AT) for w in period["window"])
    minutes = int((closes - opens).total_seconds() // 60) - 4
    yield from sorted(opens + timedelta(minutes=chance.randint(2, minutes)) for _ in range(count))


def _when(at: datetime, chance: Random) -> str:
    """How a caller of that month says since when: nobody speaks of spring in December."""
    said = folder.read("leader_days")["whens"]
    return chance.choice([*said["always"], *said[at.month]])


def _request(id_: str, template: dict, district: str, place: str, at: datetime, chance: Random) -> dict:
    data = folder.read("leader_days")
    where = folder.units()[district]["short"] + place
    received = at.strftime(_AT)
    request = {
        "id": id_, "title": template["title"], "category": template["category"], "kind": template["kind"], "place": where, "district": district,
        "received": received, "requester": chance.choice(data["names"]), "reply": template["reply"],
        "narrative": template["text"].format(place=where, n=chance.randint(2, 9), when=_when(at, chance)),
        "contact_note": "接听后由单位回电，核实情况并约定办理时间", "outcome": {"state": "closed"} | _answers(chance),
    }
    leaf = folder.leaves()[template["category"]]
    if leaf["evidence"] not in _NO_FIELD:
        request["field"] = {"found": template.get("found", template["title"]), "done": template.get("done", "已现场处理")}
    request["elements"] = {e["key"]: _element(e, template, where, at, chance) for e in leaf["elements"] if e["required"]}
    return request


def _element(element: dict, template: dict, where: str, at: datetime, chance: Random) -> str | int:
    kind = element["type"]
    if kind == "choice":
        return chance.choice(element["choices"][:2])
    if kind == "number":
        return chance.randint(2, 30) * (1000 if element["key"] == "sum" else 1)
    if kind == "datetime":
        return (at - timedelta(days=chance.randint(1, 12))).strftime(_AT)
    return where if kind == "place" else f"{template['title']}（{where}）"


def _answers(chance: Random) -> dict:
    """What was said on the call-back: about nine in ten reached, solved 88 %, satisfied 90 %."""
    if chance.random() < 0.07:
        return {"callback": {"outcome": "not_reached"}, "unreached": True}
    solved = chance.random() < 0.88
    pleased = chance.random() < (0.97 if solved else 0.4)
    call: dict[str, bool | str] = {"contacted": chance.random() < 0.95, "solved": solved}
    if pleased:
        call |= {"satisfaction": chance.choice(["very", "satisfied", "satisfied", "basically"])}
    else:
        call |= {"satisfaction": "unsatisfied", "dissatisfaction": chance.choice(["result", "result", "attitude", "policy"])}
    redone = {"again": {"contacted": True, "solved": True, "satisfaction": "satisfied"}}
    return {"callback": call} | (redone if not (solved and pleased) and chance.random() < 0.4 else {})


def _leave_open(request: dict, row: dict) -> None:
    request["outcome"] = {k: v for k, v in row.items() if k not in {"draft", "matter"}}
    if not row.get("draft") and row["state"] == "in_progress":
        del request["reply"]
