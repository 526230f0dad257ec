"""What a case's history says to the figures: the facts that each step makes, changes or takes back, and since when that is known (rulings, 60). Pure.

The steps say which columns they left different (`cases.rules.decided`): added up, they give the case as it was known after each step.
A history that does not say it from its making (of an older version) has one state, the present one, known since its last step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from minsheng.cases.rules import decided
from minsheng.cases.rules.replay import ROUND
from minsheng.cases.rules.states import State
from minsheng.measures import leads_of_case, tasks_of_case
from minsheng.measures.sets import ORDER_DONE, STAGES, course

# How a case stands to its figures; every other state is "open".
STANDING = {
    State.DIRECT_ANSWERED: "answered", State.DECLINED: "declined", State.TRANSFERRED: "transferred", State.SPLIT: "split",
    State.MERGED: "merged", State.WITHDRAWN: "withdrawn", **dict.fromkeys(ORDER_DONE, "done"),
}
_NOT_ACCEPTED = frozenset({"declined", "transferred", "split"})
_UNBORN = frozenset({State.START, State.DRAFT})
_FLAGS = {"ask_return": "return_asked", "uphold_return": "return_upheld", "order_redo": "redone", "grant_extension": "extended",
          "grant_exclusion": "excluded"}
_ANSWERS = frozenset({"answer_callback", "from_merged"})  # when they bring an outcome: answered on the page, or for one who was merged
_MOST = 2**63


class Fact(NamedTuple):
    """One row of `measures_fact` without its sign and when it is known. Times as JSON holds them (UTC, ISO 8601).

    part  of an answer the requester's own case, else the case
    n     round of handling (below 0: a lead that had it before), which dispatch, which task; of a course in which hour of the city's week it came: 0 is Monday's first
    before_at  of a repeat when it was brought before; of a task before when its answer is due
    """

    fact: str
    part: int
    n: int
    at: str
    lead_id: int | None
    category_id: int | None
    channel: str
    district_id: int | None
    kind: str
    requester_kind: str
    language: str
    period_id: int | None
    excluded: bool
    standing: str = ""
    met_at: str | None = None
    typed_at: str | None = None
    waived_at: str | None = None
    stands_since: str | None = None
    before_at: str | None = None
    contacted: bool | None = None
    return_asked: bool = False
    return_upheld: bool = False
    redone: bool = False
    extended: bool = False
    reached: bool = False
    solved: bool | None = None
    satisfaction: str = ""

    @property
    def key(self) -> tuple[str, int, int]:
        return self.fact, self.part, self.n


class Entry(NamedTuple):
    """A line of the book: said (+1) or taken back (-1), known since."""

    sign: int
    known_at: datetime
    fact: Fact


@dataclass(slots=True)
class Told:
    """One step as it was read: of the case itself, or (`step` empty) what a step of another case left different here."""

    at: datetime
    id: int
    known_at: datetime
    whole: bool
    changed: Mapping[str, Any]
    step: str = ""
    to: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)


def entries(case_id: int, told: Iterable[Told], now: Mapping[str, Any], zone: tzinfo, tasks: tasks_of_case.Rows | None = None) -> list[Entry]:
    """The lines of the book that this history asks for, in their order. `now`: the case's columns (`decided.snapshot`) and `state`, for a
    history that does not tell them. `zone`: the city's. `tasks`: what its steps name its co-units' tasks by."""
    book, history = Book(), _History(case_id, _in_order(told), zone)
    history.tasks.rows = tasks or {}
    if not history.told:
        return []
    whole = any("received_at" in one.changed for one in history.told)
    for one, last in history.steps():
        if whole or last:
            book.write(history.facts(None if whole else now), one.known_at)
    return book.lines


def _in_order(told: Iterable[Told]) -> list[Told]:
    """As they became known: nothing is known before what it builds on."""
    told, last = list(told), None
    for one in (one for one in told if one.step):  # its own in the order in which they were taken, also where a clock was set back between them
        last = one.known_at = one.known_at if last is None else max(last, one.known_at)
    place = {id(one): n for n, one in enumerate(told)}
    return sorted(told, key=lambda one: (one.known_at, place[id(one)]))


class Book:
    """What is said of each fact now, and the lines that led there."""

    def __init__(self) -> None:
        self.lines: list[Entry] = []
        self.said: dict[tuple[str, int, int], Fact] = {}

    def write(self, facts: Iterable[Fact], known_at: datetime) -> None:
        now = {fact.key: fact for fact in facts}
        for key, fact in list(self.said.items()):
            if now.get(key) != fact:
                self.lines.append(Entry(-1, known_at, self.said.pop(key)))
        for key, fact in now.items():
            if key not in self.said:
                self.lines.append(Entry(1, known_at, fact))
                self.said[key] = fact


class _History:
    """A case step by step."""

    def __init__(self, case_id: int, told: Sequence[Told], zone: tzinfo):
        self.case_id, self.told, self.zone, self.sum, self.state = case_id, told, zone, decided.Sum(), State.START
        self.sent: list[dict[str, Any]] = []
        self.answers: dict[tuple[int, int], dict[str, Any]] = {}
        self.rounds: dict[int, dict[str, Any]] = {}
        self.former: list[leads_of_case.Former] = []
        self.tasks = tasks_of_case.Tasks()

    def steps(self) -> Iterator[tuple[Told, bool]]:
        """Each of them, once it has been taken into account; is it the last?"""
        for place, one in enumerate(self.told, 1):
            if one.step:
                self._take(one)
            self.sum.add(decided.Told(one.changed, one.whole))
            yield one, place == len(self.told)

    def _take(self, one: Told) -> None:
        before = self.sum.columns
        if one.step == "order_redo" and before.get("lead_id") is not None:
            self.rounds[before.get("redos") or 0] = {name: before.get(name) for name in (*ROUND, "excluded")}
        if former := leads_of_case.left(one.step, one.at, before, one.changed):
            self.former.append(former)
        self.tasks.take(one, self.state)
        self.state = _state(one.to) or self.state
        if one.step in tasks_of_case.SENDS:
            self.sent.append({"at": _plain(one.at), "lead_id": _id(one.given.get("lead"))})
        elif one.step == "undispatch" and self.sent:
            self.sent.pop()
        elif one.step in _FLAGS and self.sent:
            self.sent[-1][_FLAGS[one.step]] = True  # an exclusion is granted to the unit that has it then (rulings, 29)
        if one.step == "record_callback" or (one.step in _ANSWERS and one.given.get("outcome") is not None):
            self._hear(one)

    def _hear(self, one: Told) -> None:
        """Calls of a round are one answer, on the day of the last (rulings, 61)."""
        given = one.given
        key = _id(given.get("party")) or self.case_id, _id(given.get("round")) or 0
        kept = self.answers.setdefault(key, {"reached": False})
        kept["at"] = _plain(one.at)
        kept["reached"] |= given.get("outcome") == "answered"
        if isinstance(given.get("solved"), bool):
            kept["solved"] = given["solved"]
        if given.get("satisfaction"):
            kept["satisfaction"] = str(given["satisfaction"])

    def facts(self, now: Mapping[str, Any] | None) -> list[Fact]:
        columns = self.sum.columns if now is None else now
        if now is not None:
            self.state = _state(str(now["state"])) or State.START
        if not columns.get("received_at"):
            return []
        return _Facts(self, columns).all()


class _Facts:
    """The facts of a case as it stands after a step."""

    def __init__(self, history: _History, columns: Mapping[str, Any]):
        self.of, self.columns, self.case_id = history, columns, history.case_id
        self.where = {name: columns.get(name) for name in ("lead_id", "category_id", "district_id", "period_id")}
        self.where |= {name: columns.get(name) or "" for name in ("channel", "kind", "requester_kind", "language")}
        self.where["excluded"] = bool(columns.get("excluded"))

    def all(self) -> list[Fact]:
        columns = self.columns
        if columns.get("undated"):
            return [self._fact("undated", columns["received_at"])]
        return [*self._received(), *self._course(), *self._owed(), *self._sent(), *self._answers(), *self._tasks()]

    def _received(self) -> Iterator[Fact]:
        """Not while it is a draft, new or sent back; what was done about it before is said all the same."""
        columns = self.columns
        if self.of.state not in _UNBORN:
            yield self._fact("received", columns["received_at"], standing=self._standing(), met_at=columns.get("closed_at"))
        if self.of.state in ORDER_DONE and columns.get("closed_at"):
            yield self._fact("closed", columns["closed_at"])

    def _course(self) -> Iterator[Fact]:
        """Of what was accepted (rulings, 64)."""
        if self.of.state in _UNBORN or self._standing() in _NOT_ACCEPTED:
            return
        came = _time(self.columns["received_at"]).astimezone(self.of.zone)
        yield self._fact("course", self.columns["received_at"], n=came.weekday() * 24 + came.hour, standing=course(self._stage(), self._outcome()))

    def _stage(self) -> str:
        """The furthest of which all before hold as well."""
        of = self.columns
        held = (True, bool(of.get("dispatched_at")) and self.where["lead_id"] is not None, bool(of.get("signed_at")), bool(of.get("replied_at")),
                of.get("reached") is True, of.get("solved") is True)
        return list(STAGES)[(*held, False).index(False) - 1]

    def _outcome(self) -> str:
        standing, solved = self._standing(), self.columns.get("solved")
        if standing in ("merged", "withdrawn"):
            return "apart"
        if standing not in ("done", "answered"):
            return "open"
        if isinstance(solved, bool):
            return "solved" if solved else "unsolved"
        return "spot" if standing == "answered" else "unasked"

    def _fact(self, fact: str, at: str, part: int = 0, n: int = 0, **more: Any) -> Fact:
        return Fact(**{**self.where, **more}, fact=fact, part=part or self.case_id, n=n, at=at)

    def _standing(self) -> str:
        """Answered without a unit; one of leader days is called back before it ends (rulings, 10)."""
        if self.of.state == State.PENDING_CALLBACK and self.where["lead_id"] is None:
            return "on_the_spot"
        return STANDING.get(self.of.state, "open")

    def _owed(self) -> Iterator[Fact]:
        """What a unit owes by a date: of the order, and of each round of handling by itself (rulings, 29)."""
        if self.of.state == State.MERGED:
            return
        columns = self.columns
        if self._asked(columns, columns.get("sign_due_at")):
            yield self._fact("sign", columns["sign_due_at"], met_at=columns.get("signed_at"), stands_since=columns.get("stands_since"))
        yield from self._round(columns, columns.get("redos") or 0, columns.get("stands_since"),
                               columns.get("closed_at") if self.of.state in ORDER_DONE else None)
        for n, ended in self.of.rounds.items():
            yield from self._round(ended, n, None, None)
        yield from self._former()

    def _former(self) -> Iterator[Fact]:
        """Who had it when a limit fell due answers for it, whoever has it now."""
        for place, one in enumerate(self.of.former, 1):
            after = self.of.rounds.get(one.n, self.columns)
            next_due = after.get("handle_due_at") if after.get("lead_id") is not None else None
            own = {"n": -place, "lead_id": one.of["lead_id"], "excluded": bool(one.of.get("excluded"))}
            for fact, due, said in one.owed(next_due):
                if self._asked(one.of, due):
                    yield self._fact(fact, due, **own, **said)

    def _asked(self, of: Mapping[str, Any], due: str | None) -> bool:
        """A lead owes it; what falls due after its requester has withdrawn, nobody does."""
        left = self.columns.get("closed_at") if self.of.state == State.WITHDRAWN else None
        return bool(due) and of.get("lead_id") is not None and (not left or _time(due) < _time(left))

    def _round(self, of: Mapping[str, Any], n: int, stands: str | None, ended: str | None) -> Iterator[Fact]:
        own: dict[str, Any] = {"n": n, "lead_id": of.get("lead_id"), "stands_since": stands, "excluded": bool(of.get("excluded"))}
        if self._asked(of, due := of.get("contact_due_at")):
            yield self._fact("contact", str(due), met_at=of.get("contacted_at"), typed_at=of.get("contact_typed_at"),
                             waived_at=of.get("contact_waived_at"), contacted=of.get("contacted"), **own)
        if self._asked(of, due := of.get("handle_due_at")):
            yield self._fact("handle", str(due), met_at=of.get("replied_at") or ended, **own)

    def _sent(self) -> Iterator[Fact]:
        for n, sent in enumerate(self.of.sent):
            yield self._fact("dispatch", n=n, **{"excluded": False, **sent, "lead_id": sent["lead_id"] or self.where["lead_id"]})

    def _answers(self) -> Iterator[Fact]:
        for (party, n), kept in self.of.answers.items():
            of = self.of.rounds.get(n, self.columns)  # about the unit that had that round
            yield self._fact("answer", part=party, n=n, **{"lead_id": of.get("lead_id"), "excluded": bool(of.get("excluded")), **kept})
        columns = self.columns
        if columns.get("imported") and columns.get("reached") is not None and columns.get("closed_at") and not self.of.answers:
            yield self._fact("answer", columns["closed_at"], reached=columns["reached"], solved=columns.get("solved"),
                             satisfaction=columns.get("satisfaction") or "")

    def _tasks(self) -> Iterator[Fact]:
        """Each of its co-unit, in the period in which it was given."""
        for n, task in enumerate(() if self.columns.get("imported") else self.of.tasks.given):
            if task.counts:
                yield self._fact("task", task.at, n=n, standing=task.standing, lead_id=task.unit, before_at=task.due, met_at=task.replied_at,
                                 stands_since=task.stopped_at)


def _state(written: str) -> State | None:
    """None: a word that is no state, which only damage is."""
    return State(written) if written in State._value2member_map_ else None


def _id(value: Any) -> int | None:
    """An id or a count that a step was given; None for what is none, which only damage is: no figure is lost to everybody by one row."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST else None


def _plain(at: datetime) -> str:
    return str(decided._plain(at))


def _time(written: Any) -> datetime:
    return datetime.fromisoformat(str(written))
