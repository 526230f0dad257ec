"""One city of `bench.scale`, served in this process: reads a question a line, answers each in a line."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psutil

from bench import intake, pages, server, steps

ROLES = ("agent", "dispatcher", "supervisor", "checker", "callback_clerk", "unit_liaison", "unit_handler", "unit_approver")
FILLED = "filled.json"
FOLLOW = "minsheng.measures.jobs.follow"  # the worker does it all the time, and under a lock of its own
LONGEST = 120  # seconds for one job that has much to make up for


class _Patient:
    """A worker that nobody stops."""

    def should_abort(self) -> bool:
        return False


class Served:
    """What is asked of the city. `on`: its server."""

    def __init__(self, on: server.Stage):
        from bench import page_list

        self.on, self.measuring, self.known = on, None, {}
        self.people = {role: page_list.person_of(role, self._unit() if role.startswith("unit_") else 0) for role in ROLES}
        self.crowd = steps.Crowd(on, self._tokens(), 8)
        self.ids: list[str] = []

    def _unit(self) -> int:
        from minsheng.accounts.models import Grant

        held = [set(Grant.objects.filter(role=role, until=None).values_list("person__unit_id", flat=True)) for role in ROLES[-3:]]
        return min(set.intersection(*held))

    def _tokens(self) -> dict[str, str]:
        from minsheng.accounts import actions as accounts
        from minsheng.accounts.rules import SCOPES

        return {role: accounts.make_token(person=person, name="bench", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
                for role, person in self.people.items()}

    # --- pages

    def names(self, only: str) -> dict:
        """Of the pages that can be asked for."""
        self._begin()
        return {"names": [name for name in self.known if re.search(only, name)]}

    def _begin(self) -> None:
        from bench import page_list

        if self.measuring is None:
            of = page_list.Sample()
            pages.call_in_hand(of)
            self.known = {page.name: page for page in page_list.pages(of)}
            self.measuring = pages.Measuring(self.on, pages.Crowd(self.on.port, of), 10)

    def page(self, name: str, rounds: int) -> dict:
        self._begin()
        self.measuring.rounds = rounds
        self.measuring.before = self.measuring.bare()
        return self.measuring.row(self.known[name])

    # --- intake and steps

    def way(self, cases: int, first: int, warm: bool) -> dict:
        """So many cases made and taken all the way; `warm`: not counted."""
        crowd = steps.Crowd(self.on, self.crowd.tokens, 8) if warm else self.crowd
        lead = self.people["unit_liaison"].unit_id
        self.ids += steps.a_round(crowd, cases, first, lead, self._request, self.people["callback_clerk"].username)
        return {"wrong": sorted(set(crowd.wrong))[:5]}

    def _request(self, n: int, chance: random.Random) -> bytes:
        from minsheng.cases import queries
        from minsheng.org import queries as org

        if "request" not in self.known:
            matters = [c.code for c in queries.categories().values() if not any(e.get("required") for e in c.elements)]
            self.known["request"] = sorted(matters)[:8], sorted(u.code for u in org.tree().by_id.values() if u.kind == "district")[0]
        matters, district = self.known["request"]
        body = json.loads(intake.request(n, chance))
        return json.dumps(body | {"category": matters[n % len(matters)], "district": district, "elements": {}, "kind": "help"}, ensure_ascii=False).encode()

    def spent(self) -> dict:
        closed = self._closed()
        wrong = sorted(set(self.crowd.wrong))[:5] + ([] if closed == len(self.ids) else [f"{len(self.ids)} made, {closed} closed"])
        if wrong:
            raise SystemExit("; ".join(wrong))
        return {"steps": {name: {"n": one.n, "cpu_ms": round(one.cpu, 2), "cpu_database_ms": round(one.database / max(1, one.n), 2),
                                 "per_second": round(one.rate, 1), "p95_ms": round(server.percentile(one.waited, 0.95), 1)}
                          for name, one in self.crowd.spent.items()}}

    def _closed(self) -> int:
        from minsheng.cases.models import Case

        return Case.objects.filter(id__in=self.ids, state="closed").count()

    # --- what the clock owes

    def settle(self) -> dict:
        """Every periodic job until it finds nothing to do, or `LONGEST` seconds long: what a city that runs has long done. Of each: how often it ran
        and how long in all, and what a run costs that finds nothing (`idle_ms`; `unfinished` when it did not come to that)."""
        from procrastinate.contrib.django import app

        tasks = {name: periodic.task for (name, _), periodic in sorted(app.periodic_registry.periodic_tasks.items())}
        return {name.removeprefix("minsheng."): _until_idle(task) for name, task in tasks.items() if name != FOLLOW}

    # --- upkeep

    def upkeep(self) -> dict:
        """Seconds of each."""
        return {"recount of facts and cube": _timed(self._recount), "vacuum": _timed(self._vacuum), "next month's tables": _timed(self._month),
                **self._kept()}

    def _recount(self) -> None:
        from minsheng.measures import building

        building.build()

    def _vacuum(self) -> None:
        from django.db import connections

        with connections["owner"].cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")

    def _month(self) -> None:
        from minsheng.kit import clock, partitions

        partitions.make_months(clock.now() + timedelta(days=62), clock.now() + timedelta(days=93))

    def _kept(self) -> dict:
        """A backup and its restore into another folder, as the commands do it; both are gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.on.data.parent, prefix="minsheng-kept-") as folder:
            made = {"backup": _timed(lambda: _command("backup", "--data", str(self.on.data), folder))}
            (kept,) = Path(folder).iterdir()
            made["backup_gb"] = round(sum(file.stat().st_size for file in kept.rglob("*") if file.is_file()) / 1e9, 2)
            return made | {"restore": _timed(lambda: _command("restore", "--data", str(Path(folder) / "restored"), str(kept)))}


def _until_idle(task: Any) -> dict:
    given: tuple = (_Patient(), int(time.time())) if task.pass_context else (int(time.time()),)
    began, runs = time.monotonic(), 0
    while time.monotonic() - began < LONGEST:
        start = time.perf_counter()
        did = task.func(*given)
        runs += 1
        if not did and runs > 1:
            return {"runs": runs, "seconds": round(time.monotonic() - began, 1), "idle_ms": round((time.perf_counter() - start) * 1000, 1)}
    return {"runs": runs, "seconds": round(time.monotonic() - began, 1), "unfinished": True}


def _command(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "minsheng.cli", *words], capture_output=True, text=True, check=False,
                          env={name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "MINSHENG_OWNER_URL"}})
    if done.returncode:
        raise SystemExit(f"{words[0]}: {done.stdout[-300:]} {done.stderr[-300:]}")


def _timed(do: Callable[[], Any]) -> float:
    began = time.monotonic()
    do()
    return round(time.monotonic() - began, 1)


def found(data: Path) -> None:
    """A city without cases."""
    from bench import fill

    with server.database(data):
        fill.found_city(fill.Plan(0, datetime.now(UTC)))


def morning() -> datetime:
    """Half past ten of the coming working day: people are rung back by day."""
    at = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=10, minute=30) + timedelta(days=1)
    while at.weekday() > 4:
        at += timedelta(days=1)
    return at


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--workers", type=int, default=2)
    asked.add_argument("--found", action="store_true", help="make a city without cases and end")
    args = asked.parse_args()
    if args.found:
        found(args.data)
        return 0
    filled = (args.data / FILLED).exists()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nobody else's word comes between the answers

    def say(answer: dict) -> None:
        print(json.dumps(answer, ensure_ascii=False), file=out, flush=True)

    def prepare(data: Path) -> None:
        if not filled:
            subprocess.run([sys.executable, "-m", "bench.scale_city", "--found", "--data", str(data)], check=True, stdout=subprocess.DEVNULL)

    with server.running(args.workers, args.data, at=morning(), prepare=prepare) as on:
        served = Served(on)
        made = json.loads((args.data / FILLED).read_text()) if filled else {}
        say({name: made.get(name) for name in ("cases", "steps", "open", "bytes", "cases_per_second", "facts")} | {"memory_gb": round(psutil.virtual_memory().total / 1e9, 1)})
        for line in sys.stdin:
            question = json.loads(line)
            say(getattr(served, question.pop("what"))(**question))
    return 0


if __name__ == "__main__":
    sys.exit(main())
