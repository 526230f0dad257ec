"""Lists of cases and the one search box (rulings, 24): filters, keyset pages, always within what the reader may see."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Left

from minsheng.accounts.rules import Actor
from minsheng.cases import queries, rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseNumber, CaseTask, CaseText
from minsheng.cases.rules import OPEN, Channel, Kind, RequesterKind, State, TaskState
from minsheng.contacts import queries as contacts
from minsheng.contacts.models import Contact
from minsheng.contacts.rules import Sought
from minsheng.kit import clock, read_values
from minsheng.kit.database import planned_once
from minsheng.kit.ids import EPOCH, floor_id, time_of
from minsheng.kit.paging import Page, cut, id_after, keyset
from minsheng.kit.prepared_rows import Repeated
from minsheng.kit.read_times import day, span_error
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.row_sql import row_sql
from minsheng.kit.search import excerpt, pieces, to_query
from minsheng.language import rules as language
from minsheng.org import queries as org

PAGE = 50
LONGEST_QUESTION = 200
# What a list shows of a case, in words or as a band: the other forty columns stay where they are.
SHOWN = ("id", "number", "title", "state", "kind", "channel", "category_id", "lead_id", "district_id", "urgent", "sealed", "restricted",
          "problem", "returns", "urges", "received_at", "dispatched_at", "closed_at", "due_at", "due_code", "due_limit", "yellow_at", "red_at",
          "paused")


_LOW, _TOP = object(), object()  # between which ids a question that is put again looks


@dataclass(frozen=True)
class Filters:
    """What a list can be narrowed by; names are those of the query string and of the API."""

    state: tuple[str, ...] = ()
    kind: str = ""
    channel: str = ""
    category: str = ""
    unit: int = 0
    district: int = 0
    since: date | None = None
    until: date | None = None
    overdue: bool = False
    urgent: bool = False
    sealed: bool = False
    problem: bool = False
    agent: int = 0
    requester_kind: str = ""
    period: int = 0


def read_filters(given: Mapping[str, str]) -> Filters:
    """Filters of a query string. Invalid with a sentence per field: a typo never shows an unfiltered list."""
    form = Fields(given)
    state = form.read("state", _states, default=())
    choices = {n: form.read(n, read_values.choice, known, default="") for n, known in _CHOICES.items()}
    numbers = {n: form.read(n, read_values.record_id, default=0) for n in ("agent", "period")}
    units = {n: form.read(n, unit_id, default=0) for n in ("unit", "district")}
    category = form.read("category", matter_code, default="")
    days = {n: form.read(n, day) for n in ("since", "until")}
    flags = {n: form.read(n, read_values.flag, default=False) for n in ("overdue", "urgent", "sealed", "problem")}
    if wrong := span_error(days["since"], days["until"]):
        form.wrong("until", wrong)
    form.done()
    return Filters(state=state, category=category, **choices, **numbers, **units, **days, **flags)


_CHOICES = {"kind": Kind.choices(), "channel": Channel.choices(), "requester_kind": RequesterKind.choices()}


def _states(raw: str) -> tuple[str, ...]:
    """Codes with commas between; "open" are all that are open."""
    known = dict((s.value, s.label) for s in State)
    words = [word.strip() for word in read_values.line(raw, 400).split(",") if word.strip()]
    if "open" in words:
        return tuple(s.value for s in OPEN)
    return tuple(read_values.choice(word, known) for word in words)


def matter_code(raw: str) -> str:
    """The code of a matter that there is."""
    code = read_values.line(raw, 40)
    if queries.category(code) is None:
        raise BadValue(f"没有分类“{code}”")
    return code


def unit_id(raw: str) -> int:
    """The id of a unit named by its code or its id."""
    found = org.named(read_values.line(raw, 40))
    if found is None:
        raise BadValue("没有这个单位，请填单位代码或编号")
    return found.id


def day_start(day: date) -> datetime:
    """Midnight of a local day, aware."""
    return datetime(day.year, day.month, day.day, tzinfo=clocks.city_calendar().zone)


def narrowed(rows: QuerySet[Case], f: Filters) -> QuerySet[Case]:
    if f.state:
        rows = rows.filter(state__in=f.state)
        if all(State(s).is_open for s in f.state):
            rows = rows.filter(closed_at=None)
    if f.unit:
        rows = rows.filter(lead__in=org.tree().subtree(f.unit))
    if f.category:
        rows = rows.filter(category__in=[c.id for c in queries.categories().values() if f.category in (c.code, *c.path)])
    if f.overdue:
        rows = rows.filter(closed_at=None, paused=False, due_at__lt=clock.now())
    return _plain(_dated(rows, f), f)


def _dated(rows: QuerySet[Case], f: Filters) -> QuerySet[Case]:
    """By the id's own time: the months outside are not read. Both days are included (rulings, 23)."""
    if f.since:
        rows = rows.filter(id__gte=floor_id(day_start(f.since)))
    if f.until:
        rows = rows.filter(id__lt=floor_id(day_start(f.until + timedelta(days=1))))
    return rows


def _plain(rows: QuerySet[Case], f: Filters) -> QuerySet[Case]:
    names = {"kind": f.kind, "channel": f.channel, "district_id": f.district, "agent_id": f.agent, "requester_kind": f.requester_kind,
             "period_id": f.period, "urgent": f.urgent, "sealed": f.sealed, "problem": f.problem}
    return rows.filter(**{name: value for name, value in names.items() if value})


OF_TASK = ("case", "kind", "unit", "given_by_unit", "state", "created_at", "due_at", "case__marks", *(f"case__{name}" for name in SHOWN))


def shown(rows: QuerySet[Case], *more: str) -> QuerySet[Case]:
    """What a list shows, and `more` columns. Matter and units are named from those that are kept: by `category_id`, `lead_id`."""
    return rows.only(*SHOWN, *more)


def listed(by: Actor, filters: Filters = Filters(), after: str = "", size: int = PAGE, by_due: bool = False) -> Page:
    """A page of cases, newest first, or (open ones only) the earliest limit first."""
    rows = narrowed(_seen(by, filters, by_due), replace(filters, unit=0))
    if by_due:
        with planned_once():  # among open cases, which are few, no plan is a bad one
            return keyset(rows.filter(closed_at=None, due_at__isnull=False), ("due_at", "id"), after, size, read=shown)
    rows = shown(rows)
    if _unknown_share(by, filters):
        return _by_windows(rows, filters, after, size)
    with planned_once() if filters == Filters() else nullcontext():
        return keyset(rows, ("-id",), after, size)


def _seen(by: Actor, filters: Filters, by_due: bool) -> QuerySet[Case]:
    if filters.unit:
        return queries.visible_led(by, list(org.tree().subtree(filters.unit)))
    is_open = by_due or filters.overdue or (filters.state and all(State(s).is_open for s in filters.state))
    return queries.visible_open(by) if is_open else queries.visible(by)


WINDOWS = (timedelta(days=7), timedelta(days=70))


def _unknown_share(by: Actor, f: Filters) -> bool:
    """Whether two things narrow it at once (one unit's cases and something else, what is open and a limit): how many are both, the server
    does not know, and it would walk back through everybody's to find fifty."""
    if not by.roles & rules.SEES_ALL:
        return f != Filters()
    return f.overdue or bool(f.unit and f != Filters(unit=f.unit))


def _by_windows(rows: QuerySet[Case], f: Filters, after: str, size: int) -> Page:
    """The newest week, the newest months, then all others, within the days asked for; by `id + 0` it does not walk."""
    within = Repeated(rows.filter(row_sql("{t}.id >= %s AND {t}.id < %s", _LOW, _TOP)).order_by((F("id") + 0).desc())[: size + 1])
    first, end = _ends(f)
    top, found = min(id_after(after) or end, end), []
    for low in (*(max(floor_id(max(time_of(top) - back, EPOCH)), first) for back in WINDOWS), first):
        found += within({_LOW: low, _TOP: top}) if low < top else []
        if len(found) > size:
            break
        top = min(low, top)
    return cut(found[: size + 1], ["id"], size)


def _ends(f: Filters) -> tuple[int, int]:
    """The ids between which the days lie that a list is narrowed to; without any: all that there can be by tomorrow."""
    tomorrow = clock.now() + timedelta(days=1)
    end = min(tomorrow, day_start(f.until + timedelta(days=1))) if f.until else tomorrow
    return floor_id(day_start(f.since)) if f.since else 0, floor_id(end)


def waiting(by: Actor, *states: State, after: str = "", size: int = PAGE) -> Page:
    """A work list: cases in these states, the oldest limit first."""
    return listed(by, Filters(state=tuple(s.value for s in states)), after, size, by_due=True)


def tasks_of_own(by: Actor) -> QuerySet[CaseTask]:
    """Tasks of the actor's own unit and below that are not finished. Cases that may not be seen stay out."""
    mine = org.tree().subtree(by.unit) if by.unit else []
    return queries.with_visible(CaseTask.objects.filter(unit__in=mine, state__in=[s.value for s in TaskState if s.is_open]), by)


@planned_once()
def own_tasks(by: Actor, after: str = "", size: int = PAGE) -> Page:
    """The same, the earliest limit first."""
    return keyset(tasks_of_own(by).filter(due_at__isnull=False).only(*OF_TASK), ("due_at", "id"), after, size)


@planned_once()
def counts(by: Actor, *states: State) -> dict[str, int]:
    """How many open cases lie in each state, for the badges of a desk: one statement."""
    from django.db.models import Count

    rows = queries.visible_open(by).filter(state__in=[s.value for s in states])
    return dict(rows.values_list("state").annotate(n=Count("id")))


# --- search ------------------------------------------------------------

_NUMBER = re.compile(r"[0-9]{10,16}")


ORDINARY = 1000  # cases that an ordinary word is in at most: 1 % of a hundred thousand


@dataclass(frozen=True)
class Found:
    """`how`: number, phone or words. `total`: exact, of what the reader may see; None for what is common, which is walked (rulings, 24)."""

    page: Page
    how: str
    total: int | None = None


def search(by: Actor, text: str, filters: Filters = Filters(), after: str = "", size: int = PAGE, sought: Sought | None = None) -> Found:
    """Number of a case, a caller's number (`actions.by_number.sought` in the same text), or words. Only masked words are searched, for everybody."""
    text = read_values.as_clean(text).strip()[:LONGEST_QUESTION]
    base = shown(narrowed(queries.visible(by), filters))
    if not text:
        return Found(Page([]), "words")
    number = re.sub(r"[\s-]", "", language.fold(text))
    if _NUMBER.fullmatch(number) and (hit := CaseNumber.objects.filter(number=number).first()):
        return Found(Page(list(base.filter(id=hit.case_id))), "number")
    if sought:
        found = [c.id for c in contacts.by_phone(sought)]
        return Found(keyset(base.filter(contact__in=found), ("-id",), after, size), "phone")
    return _by_words(base, language.query_tokens(text), filters, after, size)


def _by_words(base: QuerySet[Case], words: list[str], filters: Filters, after: str, size: int) -> Found:
    """An ordinary word by its cases; a common one by walking back through time."""
    question = to_query(words)
    if question is None:
        return Found(Page([]), "words", 0)
    asked = (ORDINARY, question.text, filters.since, filters.until)
    if asked not in _COMMON:
        texts = _within(CaseText.objects.filter(words=question), filters)
        hits = list(texts.values_list("case_id", flat=True)[: ORDINARY + 1])
        if len(hits) <= ORDINARY:
            return _of_few(base, hits, after, size) if hits else Found(Page([]), "words", 0)
        _remember(asked)
    return Found(_walked(base, question.text, filters, after, size), "words")


_COMMON: set[tuple] = set()  # what was common when it was last asked: it stays so, cases come and none goes


def _remember(asked: tuple) -> None:
    if len(_COMMON) >= 1000:
        _COMMON.clear()
    _COMMON.add(asked)


@planned_once()  # by their ids, whatever else is asked of them: no plan is a bad one
def _of_few(base: QuerySet[Case], hits: list[int], after: str, size: int) -> Found:
    """Which of these the reader may see, counted, and what a list shows of one page of them. Two statements."""
    seen, below = list(_among(base, hits).values_list("id", flat=True).order_by("-id")), id_after(after)
    wanted = [i for i in seen if below is None or i < below][: size + 1]
    return Found(cut(list(_among(base, wanted).order_by("-id")), ["id"], size), "words", len(seen))


def _among(base: QuerySet[Case], ids: list[int]) -> QuerySet[Case]:
    """As one value, so that a thousand ids are no thousand parts of a text."""
    return base.filter(row_sql("{t}.id = ANY(%s::bigint[])", ids))


_LOOKED_AT = 3000  # characters of a case's words in which a hit is shown


@planned_once()
def highlighted(rows: list[Case], text: str) -> dict[int, tuple[list, list]]:
    """Case -> (title, excerpt of the masked words) cut into pieces where the words asked for stand. One statement."""
    said = text.split()
    masked = CaseText.objects.filter(row_sql("{t}.case_id = ANY(%s::bigint[])", [c.id for c in rows])).values_list("case_id", Left("masked", _LOOKED_AT))
    found, words = dict(masked), [*said, *language.query_tokens(text)]
    return {case.id: (pieces(case.title, words), excerpt(found.get(case.id) or "", words)) for case in rows}


def _within(texts: QuerySet[CaseText], f: Filters) -> QuerySet[CaseText]:
    """By the days that a list is narrowed to: the months outside are not read."""
    if f.since:
        texts = texts.filter(case_id__gte=floor_id(day_start(f.since)))
    return texts.filter(case_id__lt=floor_id(day_start(f.until + timedelta(days=1)))) if f.until else texts


_SAID = ("{t}.id >= %s AND {t}.id < %s AND {t}.id IN (SELECT case_id FROM cases_casetext"
         " WHERE words @@ %s::tsquery AND case_id >= %s AND case_id < %s)")


def _walked(base: QuerySet[Case], words: str, f: Filters, after: str, size: int) -> Page:
    """From the mark back in windows that grow, until the page is full: a common word never costs all years. At most seven statements."""
    within = Repeated(base.filter(row_sql(_SAID, _LOW, _TOP, words, _LOW, _TOP)).order_by("-id")[: size + 1])
    start, end = _ends(f)
    top, first = min(id_after(after) or end, end), max(time_of(start), EPOCH)
    rows: list[Case] = []
    low, span = time_of(top), timedelta(days=7)
    while len(rows) <= size and low > first:
        low = max(first, low - span)
        rows += within({_LOW: floor_id(low), _TOP: top})
        top, span = floor_id(low), span * 5
    return cut(rows[: size + 1], ["id"], size)


def with_phone(by: Actor, callers: Iterable[Contact], limit: int = 5) -> list[Case]:
    """The last cases of who gave a number (`contacts.by_phone`) that the reader may see, newest first: what the desk shows when the phone rings.

    Of a sealed one nobody of a unit learns by a number whose it is.
    """
    known = [c.id for c in callers]
    told = Q(contact__in=known) if by.roles & rules.SEES_PERSONAL else Q(contact__in=known, sealed=False)
    rows = queries.visible(by).filter(told).select_related("category", "lead").order_by("-id")
    return list(rows[:limit]) if known else []
