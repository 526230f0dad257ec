"""Two questions of whoever keeps the service running, answered from its lines: why was a page slow at that time, and did a job run.

Pure: lines (kit.log_files) in, findings out. `cli.why` says them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

PARTS = ("sql_ms", "wait_ms", "cpu_ms", "rest_ms")
MOST = 5  # of each kind that are worth reading


def begun(line: dict) -> datetime:
    return datetime.fromisoformat(line["at"])


def ended(line: dict) -> datetime:
    return begun(line) + timedelta(milliseconds=_ms(line))


def _ms(line: dict, part: str = "ms") -> float:
    value = line.get(part, 0)
    return float(value) if isinstance(value, int | float) else 0.0


def parts(line: dict) -> dict[str, float]:
    """Milliseconds of a request by what they went into; `rest_ms`: neither waiting, nor the database, nor computing."""
    found = {part: _ms(line, part) for part in PARTS[:3]}
    return found | {"rest_ms": max(0.0, _ms(line) - sum(found.values()))}


@dataclass
class Page:
    name: str
    slow: list[dict] = field(default_factory=list)
    all: list[float] = field(default_factory=list)
    before: list[float] = field(default_factory=list)

    @property
    def main(self) -> str:
        """The part that most of the slow ones' time went into."""
        return max(PARTS, key=lambda part: sum(parts(line)[part] for line in self.slow))

    @property
    def usual(self) -> float | None:
        """Its median in the hour before, in milliseconds."""
        return median(self.before) if self.before else None


@dataclass
class Moment:
    """What was going on between `since` and `until`."""

    requests: int = 0
    failed: int = 0  # answered 500 or more
    unheard: int = 0  # nobody waited for the answer
    pages: list[Page] = field(default_factory=list)  # those with slow requests, the slowest first
    slowest: list[dict] = field(default_factory=list)
    statements: list[dict] = field(default_factory=list)
    jobs: list[dict] = field(default_factory=list)
    starts: list[dict] = field(default_factory=list)
    said: list[dict] = field(default_factory=list)


def moment(lines: Iterable[dict], since: datetime, until: datetime, slow_ms: float, page: str = "") -> Moment:
    """`lines` of the hour before, too: what is usual is read from them. `page`: a part of the pages' pattern; "" for all."""
    found = Moment()
    pages: defaultdict[str, Page] = defaultdict(lambda: Page(""))
    for line in lines:
        if line["kind"] == "request":
            _request(found, pages, line, since, until, slow_ms, page)
        elif begun(line) <= until and ended(line) >= since:
            into = {"slow": found.statements, "job": found.jobs, "start": found.starts, "end": found.starts, "log": found.said}.get(line["kind"])
            if into is not None:
                into.append(line)
    for name, each in pages.items():
        each.name = name
    found.pages = sorted((each for each in pages.values() if each.slow), key=lambda each: -max(map(_ms, each.slow)))
    found.slowest = sorted((line for each in found.pages for line in each.slow), key=lambda line: -_ms(line))[:MOST]
    found.statements.sort(key=lambda line: -_ms(line))
    found.jobs = sorted(latest(found.jobs), key=lambda line: -_ms(line))
    return found


def _request(found: Moment, pages: dict[str, Page], line: dict, since: datetime, until: datetime, slow_ms: float, page: str) -> None:
    name = str(line.get("name", "-"))
    if page not in name or begun(line) > until:
        return
    if ended(line) < since:
        pages[name].before.append(_ms(line))
        return
    found.requests += 1
    found.failed += line.get("status", 0) >= 500
    found.unheard += line.get("status") == 0
    pages[name].all.append(_ms(line))
    if _ms(line) >= slow_ms:
        pages[name].slow.append(line)


def latest(lines: Iterable[dict]) -> list[dict]:
    """One line for each run of a job, the last one said of it, in the order in which they began: while it lasts it is said again and again."""
    runs: dict[tuple, dict] = {}
    for line in lines:
        runs[line.get("request"), line.get("name"), line["at"]] = line
    return sorted(runs.values(), key=lambda line: line["at"])


@dataclass
class Runs:
    """Of the jobs whose name holds what was asked for."""

    names: set[str] = field(default_factory=set)
    within: list[dict] = field(default_factory=list)  # in the time that was asked for
    before: dict | None = None  # the last one before it
    after: dict | None = None  # the first one after it
    others: int = 0  # runs of any other job within: the worker was there
    known: set[str] = field(default_factory=set)  # names of all jobs in the lines


def runs(lines: Iterable[dict], job: str, since: datetime, until: datetime) -> Runs:
    found = Runs()
    for line in latest(line for line in lines if line["kind"] == "job"):
        name = str(line.get("name", ""))
        found.known.add(name)
        within = begun(line) <= until and ended(line) >= since
        if job not in name:
            found.others += within
            continue
        found.names.add(name)
        if within:
            found.within.append(line)
        elif ended(line) < since:
            found.before = line
        elif found.after is None:
            found.after = line
    return found
