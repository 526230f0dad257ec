"""Groups of cases by what the record holds, with their figures; and exactly the cases that a figure counted.

Counted is what was received and accepted, has a time of its own, and is neither restricted nor sealed nor a complaint about somebody.
One statement for the span, one for what it is held against; both read ids of those days alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models.expressions import RawSQL

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.queries import lists
from minsheng.kit import clock, read_values
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_times import day
from minsheng.kit.read_values import Fields
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.language.rules import tokens
from minsheng.measures import queries as measures
from minsheng.measures.set_sql import positional
from minsheng.measures.sets import NOT_ACCEPTED, list_of
from minsheng.org import queries as org
from minsheng.topics.rules import counting
from minsheng.topics.rules.counting import Group, Season, Span

LATER = timedelta(days=62)  # an id is of the moment of registration: never so much later than what was received
TITLES = 20_000  # of a span are read for words
SIZE = 30

_COLUMNS = {"category": ("category_id",), "place": ("category_id", "district_id"), "unit": ("category_id", "lead_id")}
_PLAIN = (f"NOT c.restricted AND NOT c.sealed AND c.complained_line IS NULL AND NOT c.undated AND NOT c.erased AND c.state NOT IN ({list_of(NOT_ACCEPTED)}) "
          "AND c.master_id IS NULL")
_HARD = ("(c.problem OR c.redos > 0 OR c.returns > 1 OR c.extensions > 1 OR c.solved IS FALSE OR (c.closed_at IS NULL AND c.due_at < %(now)s "
         "AND NOT c.paused))")
_WITHIN = "c.id >= %({0}_floor)s AND c.id < %({0}_top)s AND c.received_at >= %({0}_start)s AND c.received_at < %({0}_end)s"


@dataclass(frozen=True, slots=True)
class GroupQuery:
    """What is asked for; category, district, unit, word: one group. `part`: its hard ones, or those of repeated requesters."""

    span: Span
    by: str = "category"
    order: str = "frequent"
    days: int = 28
    category: int = 0
    district: int = 0
    unit: int = 0
    word: str = ""
    part: str = ""


def today() -> Any:
    return measures.today()


def last(days: int) -> Span:
    return Span(today() - timedelta(days=days - 1), today())


def read_asked(given: Mapping[str, str]) -> GroupQuery:
    """Invalid with a sentence per field; nothing given: the matters of the last 28 days."""
    form = Fields(given)
    days = form.read("days", read_values.choice, {str(n): words for n, words in counting.DAYS.items()}, label="时段", default="28")
    words = {n: form.read(n, read_values.choice, known, default=usual) for n, (known, usual) in _WORDS.items()}
    ids = {n: form.read(n, read_values.record_id, default=0) for n in ("category", "district", "unit")}
    word = form.read("word", read_values.line, 20, label="词", default="")
    span = last(int(days))
    since, until = (form.read(n, day, default=usual) for n, usual in (("from", span.since), ("to", span.until)))
    if until < since or until - since > timedelta(days=366):
        form.wrong("to", "结束日期应在开始日期之后一年以内")
    form.done()
    return GroupQuery(Span(since, until), days=int(days), word=word, **words, **ids)


_WORDS = {"by": (counting.BY, "category"), "order": (counting.ORDERS, "frequent"), "part": ({"hard": "难办", "repeated": "反复反映"}, "")}


def _params(name: str, span: Span) -> dict[str, Any]:
    start, end = lists.day_start(span.since), lists.day_start(span.until + timedelta(days=1))
    return {f"{name}_floor": floor_id(start - LATER), f"{name}_top": floor_id(end + LATER), f"{name}_start": start, f"{name}_end": end}


def _may(by: Actor) -> None:
    if not by.roles & counting.READERS:
        raise Refused(no("role", "议题由督办员、协调员、分析员、值班长和纪检监督查看"))


# --- counted ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    groups: list[Group]
    season: Season
    total: int


def counted(asked: GroupQuery, by: Actor, size: int = SIZE) -> Counted:
    """The first groups of the asked order. Two statements (words: three)."""
    _may(by)
    return _words(asked, size) if asked.by == "word" else of_columns(asked.span, asked.by, asked.order, size)


def of_columns(span: Span, by: str, order: str, size: int) -> Counted:
    columns = _COLUMNS[by]
    base, totals = _earlier(span, columns)
    season = counting.season(totals)
    nothing = (0,) * len(totals)
    groups = [Group(key, "", n, hard, people, repeated, base.get(key, nothing)) for key, (n, hard, people, repeated) in _now(span, columns).items()]
    chosen = counting.ordered(groups, order, season, size)
    names = _names(by)
    return Counted([Group(one.key, names(one.key), one.n, one.hard, one.people, one.repeated, one.base) for one in chosen], season,
                   sum(one.n for one in groups))


def _now(span: Span, columns: tuple[str, ...]) -> dict[tuple, tuple[int, int, int, int]]:
    """{key: (cases, hard, people, of repeated requesters)}."""
    keys = ", ".join(columns)
    sql = (f"SELECT {keys}, count(*), count(*) FILTER (WHERE hard), count(DISTINCT person), count(*) FILTER (WHERE same > 1) "
           f"FROM ({_rows(columns)}) r WHERE category_id IS NOT NULL GROUP BY {keys}")
    found = _run(sql, _params("now", span) | {"now": clock.now()})
    return {tuple(row[: len(columns)]): tuple(row[len(columns) :]) for row in found}


def _rows(columns: tuple[str, ...]) -> str:
    """A row a case of the span: who brought it, is it hard, how often did the same person bring the same."""
    keys = ", ".join(f"c.{one}" for one in columns)
    person = "coalesce(k.phone_hash, int8send(k.id))"
    same = f"CASE WHEN k.id IS NULL THEN 1 ELSE count(*) OVER (PARTITION BY {keys}, {person}) END"
    return (f"SELECT c.id, {keys}, {person} AS person, {_HARD} AS hard, {same} AS same FROM cases_case c "
            f"LEFT JOIN contacts_contact k ON k.id = c.contact_id WHERE {_WITHIN.format('now')} AND {_PLAIN}")


def _earlier(span: Span, columns: tuple[str, ...]) -> tuple[dict[tuple, tuple[int, ...]], list[int]]:
    """({key: how many in each earlier window}, all of each window)."""
    windows, keys = counting.windows(span), ", ".join(f"c.{one}" for one in columns)
    parts: list[str] = []
    params: dict[str, Any] = {}
    for n, window in enumerate(windows):
        name = f"w{n}"
        params |= _params(name, window)
        parts.append(f"SELECT {n}, {keys}, count(*) FROM cases_case c WHERE {_WITHIN.format(name)} AND {_PLAIN} AND c.category_id IS NOT NULL "
                     f"GROUP BY {keys}")
    found: dict[tuple, list[int]] = {}
    totals = [0] * len(windows)
    for n, *key, size in _run(" UNION ALL ".join(parts), params):
        found.setdefault(tuple(key), [0] * len(windows))[n] = size
        totals[n] += size
    return {key: tuple(sizes) for key, sizes in found.items()}, totals


def _words(asked: GroupQuery, size: int) -> Counted:
    """Words in titles of the span and of the one just before it; two neighbouring characters are a word, as in the search."""
    span = asked.span
    length = span.until - span.since + timedelta(days=1)
    now, before = _titles(span), _titles(span.earlier(length))
    found: dict[str, list[int]] = {}
    for place, titles in enumerate((now, before)):
        for title, hard in titles:
            for word in {word for word in tokens(title) if len(word) > 1}:
                sizes = found.setdefault(word, [0, 0, 0])
                sizes[place] += 1
                sizes[2] += hard and not place
    season = Season((0,), "此前一个同样长的时段")
    groups = [Group((word,), word, n, hard, base=(past,)) for word, (n, past, hard) in found.items() if n]
    return Counted(counting.ordered(groups, asked.order, season, size), season, len(now))


def _titles(span: Span) -> list[tuple[str, bool]]:
    sql = f"SELECT c.title, {_HARD} FROM cases_case c WHERE {_WITHIN.format('now')} AND {_PLAIN} ORDER BY c.id DESC LIMIT {TITLES}"
    return _run(sql, _params("now", span) | {"now": clock.now()})


def label(by: str, key: tuple) -> str:
    """A group in words."""
    return str(key[0]) if by == "word" else _names(by)(key)


def _names(by: str) -> Any:
    matters, tree = measures.labels("category"), org.tree()

    def named(key: tuple) -> str:
        matter = matters.get(key[0], "未分类")
        if by == "category":
            return matter
        place = tree.name(key[1]) if key[1] else "区县不明" if by == "place" else "未派单"
        return f"{place} · {matter}"

    return named


# --- the cases behind a figure ---------------------------------------------------------------


def behind(asked: GroupQuery, by: Actor, after: str = "", size: int = lists.PAGE) -> tuple[int, Page]:
    """(how many the figure counts, a page of them). Two statements (words: three)."""
    _may(by)
    sql, params = _ids(asked)
    rows = cases.visible(by).filter(id__in=RawSQL(*positional(sql, params)))
    return rows.count(), keyset(lists.shown(rows), ("-id",), after, size)


def _ids(asked: GroupQuery) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = _params("now", asked.span) | {"now": clock.now()}
    if asked.by == "word":
        if not asked.word:
            raise Invalid({"word": "请从议题页面打开"})
        return _of_word(asked), {}
    columns = _COLUMNS[asked.by]
    named = {"category_id": asked.category, "district_id": asked.district, "lead_id": asked.unit}
    said = []
    for column in columns:
        said.append(f"{column} = %({column})s" if named[column] else f"{column} IS NULL")
        params[column] = named[column]
    part = {"hard": " AND hard", "repeated": " AND same > 1"}.get(asked.part, "")
    return f"SELECT id FROM ({_rows(columns)}) r WHERE {' AND '.join(said)}{part}", params


def _of_word(asked: GroupQuery) -> str:
    """Ids of the titles in which it is a word, cut by the same rule as those that were counted."""
    sql = f"SELECT c.id, c.title, {_HARD} FROM cases_case c WHERE {_WITHIN.format('now')} AND {_PLAIN} ORDER BY c.id DESC LIMIT {TITLES}"
    rows = _run(sql, _params("now", asked.span) | {"now": clock.now()})
    ids = [id_ for id_, title, hard in rows if asked.word in tokens(title) and (hard or asked.part != "hard")]
    return f"SELECT unnest('{{{','.join(map(str, ids))}}}'::bigint[])"


def _run(sql: str, params: dict[str, Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(*positional(sql, params))
        return cursor.fetchall()


def total(span: Span) -> int:
    """All cases of a span. One statement."""
    return _run(f"SELECT count(*) FROM cases_case c WHERE {_WITHIN.format('now')} AND {_PLAIN}", _params("now", span))[0][0]


def count_in(span: Span, by: str, key: tuple, at: datetime | None = None) -> tuple[int, int]:
    """(cases, hard ones) of one group in a span. One statement."""
    sql, params = _ids(GroupQuery(span, by=by, category=key[0] or 0, district=key[1] or 0 if by == "place" else 0,
                             unit=key[1] or 0 if by == "unit" else 0))
    text = sql.replace("SELECT id FROM", "SELECT count(*), count(*) FILTER (WHERE hard) FROM", 1)
    return _run(text, params | {"now": at or clock.now()})[0]
