"""接听前的情况单: what a leader should know before their desk begins, for that leader, who assists them, and the coordinators.

Plain values only: a page and a file print the same. Each figure carries the query of the list that it opens to, and is counted by the
same filter as that list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import hung_words, lists
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import OPEN, State
from minsheng.kit import clock
from minsheng.kit.verdict import Refused, no
from minsheng.knowledge import queries as knowledge
from minsheng.leader_days.models import Commitment, Desk, Period
from minsheng.leader_days.queries import facts, ledger, sight
from minsheng.leader_days.rules import desk_call as rules
from minsheng.leader_days.rules.states import CommitmentState, PeriodState
from minsheng.org import queries as org

LOOKS_BACK = timedelta(days=90)
FREQUENT, LATE, HARD, PROMISED, ANSWERS = 5, 8, 6, 8, 2
READS = frozenset({Role.LEADER, Role.UNIT_LIAISON, Role.COORDINATOR})


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and where it opens to: `query` of the list of cases, or of the ledger where `ledger`."""

    label: str
    n: int
    query: str
    ledger: bool = False


@dataclass(frozen=True, slots=True)
class CaseLine:
    id: int
    number: str
    title: str
    state: str
    received_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ArticleLine:
    id: int
    title: str
    excerpt: str
    mark: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter that was asked about often: how often, how many of these are open, and what the knowledge base answers."""

    name: str
    received: Figure
    open: Figure
    articles: tuple[ArticleLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    id: int
    what: str
    owner: str
    period: str
    due: date | None
    state: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """`leader`, `unit` … are of the desk; `since`: from when matters are counted."""

    desk: int
    period_id: int
    period: str
    theme: str
    leader: str
    deputy: bool
    unit: str
    seat: str
    starts: datetime
    ends: datetime
    made_at: datetime
    since: date
    standing: tuple[Figure, ...]
    late: tuple[CaseLine, ...]
    hard: tuple[CaseLine, ...]
    matters: tuple[Matter, ...]
    kept: tuple[Figure, ...]
    promises: tuple[Promise, ...]


def may_read(desk: Desk, by: Actor) -> bool:
    """The leader of the desk, whoever liaises for its unit, and the coordinators."""
    return Role.COORDINATOR in by.roles or bool(by.roles & READS and rules.may_sit(facts.desk_facts(desk), by))


def readable(desks: Iterable[Desk], by: Actor) -> list[int]:
    """Ids of the desks whose sheet the reader may open. No statement."""
    return [desk.id for desk in desks if may_read(desk, by)]


def sheet(desk_id: int, by: Actor) -> Sheet:
    """At most twelve statements. Refused("hidden"): not theirs, or the desk is over."""
    desk = Desk.objects.select_related("period__scheme", "unit").filter(id=desk_id, removed_at=None).first()
    if desk is None or not may_read(desk, by):
        raise Refused(no("hidden", "没有这个接听席，或情况单不给您看"))
    if desk.period.state not in (PeriodState.DRAFT, PeriodState.ANNOUNCED):
        raise Refused(no("over", "这一期已经接听，情况单只在接听以前和当天"))
    now, since = clock.now(), clocks.local_day(clock.now() - LOOKS_BACK)
    rows, kept = lists.narrowed(cases.visible(by), Filters(unit=desk.unit_id)), sight.commitments(by)
    return Sheet(
        desk.id, desk.period_id, f"{desk.period.scheme.year}年{desk.period}", desk.theme or desk.period.theme, desk.leader_name, desk.deputy,
        desk.unit.name, desk.seat, desk.starts, desk.ends, now, since, _standing(rows, desk.unit_id), _late(rows), _hard(rows),
        _matters(by, desk.unit_id, since), _kept(by, desk.unit_id), _promises(kept, desk.unit_id, by))


def _query(f: Filters, **more: str) -> str:
    """As the list reads it back."""
    given = {"unit": f.unit, "category": f.category, "since": f.since, "until": f.until, "overdue": "1" if f.overdue else "",
             "problem": "1" if f.problem else "", "state": more.pop("state", "")}
    return urlencode({name: str(value) for name, value in (given | more).items() if value})


_OPEN = Q(state__in=[s.value for s in OPEN], closed_at=None)


def _standing(rows: QuerySet[Case], unit: int) -> tuple[Figure, ...]:
    """What lies with the unit now. One statement."""
    n = rows.aggregate(
        open=Count("id", filter=_OPEN), overdue=Count("id", filter=Q(closed_at=None, paused=False, due_at__lt=clock.now())),
        parked=Count("id", filter=Q(state=State.PARKED, closed_at=None)), problem=Count("id", filter=_OPEN & Q(problem=True)))
    return (Figure("未办结", n["open"], _query(Filters(unit=unit), state="open")),
            Figure("已超时", n["overdue"], _query(Filters(unit=unit, overdue=True))),
            Figure("挂账", n["parked"], _query(Filters(unit=unit), state=State.PARKED.value)),
            Figure("疑难", n["problem"], _query(Filters(unit=unit, problem=True), state="open")))


def _late(rows: QuerySet[Case]) -> tuple[CaseLine, ...]:
    """The longest past their limit first."""
    late = rows.filter(closed_at=None, paused=False, due_at__lt=clock.now()).order_by("due_at", "id")
    return _case_lines(late[:LATE])


def _hard(rows: QuerySet[Case]) -> tuple[CaseLine, ...]:
    """Problem orders and what is parked, the oldest first."""
    return _case_lines(rows.filter(_OPEN, Q(problem=True) | Q(state=State.PARKED)).order_by("id")[:HARD])


def _case_lines(found: QuerySet[Case]) -> tuple[CaseLine, ...]:
    return tuple(CaseLine(c.id, c.number, c.title, State(c.state).label, c.received_at, c.due_at) for c in lists.shown(found))


def _matters(by: Actor, unit: int, since: date) -> tuple[Matter, ...]:
    """The matters that were asked about most in these weeks. One statement, and one for the articles of each of the first three."""
    until = clocks.local_day(clock.now())
    rows = lists.narrowed(cases.visible(by), Filters(unit=unit, since=since, until=until)).order_by()
    counted = {id_: (n, open_) for id_, n, open_ in rows.values_list("category_id").annotate(n=Count("id"), o=Count("id", filter=_OPEN)) if id_}
    known = cases.categories()
    received, waiting = Counter[str](), Counter[str]()
    for id_, (n, open_) in counted.items():  # a list of a matter shows what lies below it as well
        for code in {known[id_].code, *known[id_].path}:
            received[code] += n
            waiting[code] += open_
    own = sorted((known[id_] for id_ in counted), key=lambda matter: (-received[matter.code], matter.code))[:FREQUENT]
    return _told_once(_matter(matter.name, Filters(unit=unit, category=matter.code, since=since, until=until), received[matter.code],
                              waiting[matter.code], n < 3) for n, matter in enumerate(own))


def _told_once(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    """An article that answers several matters is printed with the first of them."""
    told: set[int] = set()
    found = []
    for one in matters:
        lines = tuple(replace(line, excerpt="见上") if line.id in told else line for line in one.articles)
        told |= {line.id for line in lines}
        found.append(replace(one, articles=lines))
    return tuple(found)


def _matter(name: str, f: Filters, received: int, waiting: int, answered: bool) -> Matter:
    on = clocks.local_day(clock.now())
    found = knowledge.for_category(f.category, on, ANSWERS) if answered else []
    articles = tuple(ArticleLine(one.article_id, one.title, one.excerpt, one.mark) for one in found)
    return Matter(name, Figure("来件", received, _query(f)), Figure("未办结", waiting, _query(f, state="open")), articles)


def _kept(by: Actor, unit: int) -> tuple[Figure, ...]:
    """What became of the unit's commitments of all periods so far. One statement."""
    n = ledger.rows(by, ledger.Filters(unit=unit)).aggregate(
        **{s.value: Count("id", filter=Q(state=s)) for s in CommitmentState if s is not CommitmentState.NEW},
        overdue=Count("id", filter=Q(ended_at__isnull=True, due__lt=ledger.today())))
    told = [Figure(s.label, n[s.value], urlencode({"unit": unit, "state": s.value}), True) for s in CommitmentState if s is not CommitmentState.NEW]
    return (*told, Figure("已过期未了结", n["overdue"], urlencode({"unit": unit, "overdue": "1"}), True))


def _promises(rows: QuerySet[Commitment], unit: int, by: Actor) -> tuple[Promise, ...]:
    """The last ones, those without an end first. One statement."""
    newest = rows.filter(owner_unit__in=org.tree().subtree(unit)).select_related("period__scheme").order_by("-ended_at", "-id")  # none comes first
    found = hung_words.covered(list(newest[:PROMISED]), *ledger.SAID, by=by, officials=ledger.OFFICIALS)
    return tuple(Promise(one.id, one.what, one.owner, _named(one.period), one.due, one.get_state_display(),
                         one.ended_at is None and one.due is not None and one.due < ledger.today()) for one in found)


def _named(period: Period) -> str:
    return f"{period.scheme.year}年{period}"

