"""The sets of `set_predicates.py` as statements: how many lie in each, group by group, and which cases they are. One statement a source.

Part of queries.py by kind. Every name that reaches the text of a statement comes from the tables in this file; what a reader
gives travels as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from minsheng.kit.ids import floor_id
from minsheng.measures import set_predicates
from minsheng.measures.set_predicates import SETS, Window
from minsheng.measures.set_predicates import has as _has
from minsheng.measures.set_predicates import list_of as _list


@dataclass(frozen=True, slots=True)
class Where:
    """What a count is narrowed by: ids of units (a subtree), of categories, a channel, a district, leader days (all or some), one group of `by`."""

    units: tuple[int, ...] | None = None
    categories: tuple[int, ...] | None = None
    channel: str = ""
    district: int = 0
    leader_days: bool = False
    periods: tuple[int, ...] = ()  # of leader days: their cases alone
    by: str = ""
    key: object = None
    one_group: bool = False
    hidden: tuple[int, ...] = ()  # units: what complains of one of these is not counted


HOLDS = {code: one.sql for code, one in SETS.items()}

# Which column brings a fact of the source `order` into sight: each has an index, and a statement asks only those it needs.
_SIGHT = {
    "received": f"(c.id >= %(floor)s AND {_has('c.received_at')})",
    "closed": _has("c.closed_at"),
    "sign": "(c.sign_due_at >= %(start)s AND c.sign_due_at < %(end)s)",
    "contact": "(c.contact_due_at >= %(start)s AND c.contact_due_at < %(end)s)",
    "handle": "(c.handle_due_at >= %(start)s AND c.handle_due_at < %(end)s)",
}


def _id(given: str, name: str) -> str:
    """An id or a count that a step was given; NULL for what is none, which only damage is: no figure is lost to everybody by one row."""
    return f"substring({given}->>'{name}' FROM '^[0-8]?[0-9]{{1,18}}$')::bigint"


# Steps of a few cases are read by their cases, not by their time: a period has a few dozen, its months may have millions.
_OF_SOME = "/* of some cases */"
_OF_PERIODS = "s.case_id IN (SELECT id FROM cases_case WHERE period_id = ANY(%(periods)s)) AND"

# What follows a sending comes later than it: nothing before the period is read, whatever happened to the case until then.
_DISPATCH = f"""
WITH touched AS (
  SELECT DISTINCT s.case_id FROM cases_casestep s
   WHERE {_OF_SOME} s.step IN ('dispatch', 'night_dispatch') AND s.id >= %(floor)s AND s.at >= %(start)s AND s.at < %(end)s AND s.at <= %(cutoff)s
), acts AS (
  SELECT t.case_id, t.step, t.at, t.step IN ('dispatch', 'night_dispatch') AS sends, t.given,
         count(*) FILTER (WHERE t.step IN ('dispatch', 'night_dispatch')) OVER (PARTITION BY t.case_id ORDER BY t.seq) AS round
    FROM cases_casestep t JOIN touched USING (case_id)
   WHERE t.id >= %(floor)s AND t.at >= %(start)s AND t.at <= %(cutoff)s
     AND t.step IN ('dispatch', 'night_dispatch', 'ask_return', 'uphold_return', 'order_redo', 'grant_extension', 'undispatch')
), r AS (
  SELECT case_id, round, min(at) FILTER (WHERE sends) AS at, max({_id('given', 'lead')}) FILTER (WHERE sends) AS lead_id,
         bool_or(step = 'ask_return') AS return_asked, bool_or(step = 'uphold_return') AS return_upheld,
         bool_or(step = 'order_redo') AS redone, bool_or(step = 'grant_extension') AS extended
    FROM acts WHERE round > 0 GROUP BY case_id, round HAVING NOT bool_or(step = 'undispatch')
)"""

# Called by the hotline, or answered on the page by who cannot be rung; of a merged requester the order's history has it.
_ASKED = "(s.step = 'record_callback' OR s.step IN ('answer_callback', 'from_merged') AND s.given ->> 'outcome' IS NOT NULL)"

_ANSWER = f"""
WITH calls AS (
  SELECT s.case_id, coalesce({_id('s.given', 'party')}, s.case_id) AS party, coalesce({_id('s.given', 'round')}, 0) AS round, s.seq, s.given
    FROM cases_casestep s
   WHERE {_OF_SOME} {_ASKED} AND s.id >= %(floor)s AND s.at >= %(start)s AND s.at < %(end)s AND s.at <= %(cutoff)s
), r AS (
  SELECT case_id, party, bool_or(given->>'outcome' = 'answered') AS reached,
         (array_agg(given->'solved' = 'true' ORDER BY seq DESC) FILTER (WHERE given->'solved' IN ('true', 'false')))[1] AS solved,
         (array_agg(given->>'satisfaction' ORDER BY seq DESC) FILTER (WHERE given->>'satisfaction' <> ''))[1] AS satisfaction
    FROM calls GROUP BY case_id, party, round
  UNION ALL
  SELECT c.id, c.id, c.reached, c.solved, c.satisfaction FROM cases_case c
   WHERE c.imported AND c.reached IS NOT NULL AND {_has("c.closed_at")}
     AND NOT EXISTS (SELECT 1 FROM cases_casestep s WHERE s.case_id = c.id AND s.step = 'record_callback')
)"""

_REPEAT = f"""
WITH r AS (
  SELECT c.id AS case_id, c.received_at, c.lead_id, c.category_id, c.channel, c.district_id, c.period_id, c.undated, c.excluded,
         c.complained_line, lag(c.received_at) OVER (
           PARTITION BY coalesce(k.phone_hash, int8send(k.id)), c.category_id ORDER BY c.received_at, c.id) AS before
    FROM cases_case c JOIN contacts_contact k ON k.id = c.contact_id
   WHERE c.id >= %(floor_before)s AND c.received_at >= %(start)s - %(repeat_within)s AND c.received_at < %(end)s
     AND c.received_at <= %(cutoff)s AND c.state NOT IN ({_list(set_predicates.NO_REPEAT)})
     AND c.category_id IS NOT NULL AND c.parent_id IS NULL AND {set_predicates.DATED} AND {set_predicates.KEPT}
)"""

# Each case is looked up by its id: the planner cannot know how few were found, and would read every month of cases.
_JOINED = """r CROSS JOIN LATERAL (SELECT lead_id, category_id, channel, district_id, period_id, undated, excluded,
                                           complained_line FROM cases_case
                                    WHERE id = r.case_id OFFSET 0) c"""

# A redo begins a round with dates and results of its own; those that are over lie beside their case.
_ROUNDS = """(
  SELECT id, lead_id, category_id, channel, district_id, period_id, undated, excluded, complained_line, state, stands_since, contact_due_at, contacted_at,
         contact_typed_at, contact_waived_at, contacted, handle_due_at, replied_at, closed_at
    FROM cases_case
  UNION ALL
  SELECT k.id, r.lead_id, k.category_id, k.channel, k.district_id, k.period_id, k.undated, k.excluded, k.complained_line, 'in_progress', NULL, r.contact_due_at,
         r.contacted_at, r.contact_typed_at, r.contact_waived_at, r.contacted, r.handle_due_at, r.replied_at, NULL
    FROM cases_caseround r JOIN cases_case k ON k.id = r.case_id
) c"""

# source -> (what stands before SELECT, FROM, the lead that counts, the case that a list shows)
_SOURCES = {
    "order": ("", "cases_case c", "c.lead_id", "c.id"),
    "round": ("", _ROUNDS, "c.lead_id", "c.id"),
    "dispatch": (_DISPATCH, _JOINED, "coalesce(r.lead_id, c.lead_id)", "r.case_id"),
    "answer": (_ANSWER, _JOINED, "c.lead_id", "r.party"),
    "repeat": (_REPEAT, "r CROSS JOIN LATERAL (SELECT r.*) c", "c.lead_id", "c.case_id"),
}


def _group(by: str, source: str) -> str:
    lead = _SOURCES[source][2]
    return {"unit": lead, "category": "c.category_id", "channel": "c.channel", "district": "c.district_id", "period": "c.period_id"}[by]


def _params(w: Window, where: Where) -> dict:
    before = w.start - set_predicates.REPEAT_WITHIN
    return {
        "start": w.start, "end": w.end, "cutoff": w.cutoff, "raw": w.raw, "floor": floor_id(w.start), "floor_before": floor_id(before),
        "repeat_within": set_predicates.REPEAT_WITHIN, "units": list(where.units or ()), "categories": list(where.categories or ()),
        "channel": where.channel, "district": where.district, "key": where.key, "hidden": list(where.hidden), "periods": list(where.periods),
    }


NOT_ABOUT = "(c.complained_line IS NULL OR NOT c.complained_line && %(hidden)s::bigint[])"


def _narrow(where: Where, source: str) -> list[str]:
    ways = (
        (where.hidden, NOT_ABOUT), (where.units is not None, f"{_SOURCES[source][2]} = ANY(%(units)s)"),
        (where.categories is not None, "c.category_id = ANY(%(categories)s)"), (where.channel, "c.channel = %(channel)s"),
        (where.district, "c.district_id = %(district)s"), (where.leader_days, "c.period_id IS NOT NULL"),
        (where.periods, "c.period_id = ANY(%(periods)s)"),
    )
    said = [condition for asked, condition in ways if asked]
    if where.one_group:
        column = _group(where.by, source)
        said.append(f"{column} IS NULL" if where.key is None else f"{column} = %(key)s")
    return said


def _sight(codes: list[str]) -> str:
    """Rows of the sources `order` and `round` that any of the sets could hold."""
    ways = {SETS[code].seen for code in codes}
    return "(" + " OR ".join(_SIGHT[way] for way in sorted(ways)) + ")"


def positional(sql: str, params: dict) -> tuple[str, list]:
    """`%(name)s` -> `%s`, so that the same text serves a cursor and a subquery of the ORM."""
    given: list = []

    def take(found: re.Match) -> str:
        given.append(params[found[1]])
        return "%s"

    return re.sub(r"%\((\w+)\)s", take, sql), given


def _statement(source: str, codes: list[str], where: Where, select: str, tail: str = "", more: tuple[str, ...] = ()) -> str:
    first, table, _, _ = _SOURCES[source]
    first = first.replace(_OF_SOME, _OF_PERIODS if where.periods else "")
    said = [*([_sight(codes)] if source in ("order", "round") else []), *_narrow(where, source), *more]
    return f"{first}\nSELECT {select} FROM {table}{' WHERE ' + ' AND '.join(said) if said else ''}{tail}"


def count(w: Window, codes: Iterable[str], where: Where = Where(), within: tuple[Window, tuple[str, ...]] | None = None) -> dict:
    """{group: {set: how many}}; the group is None without `where.by`. One statement for each source that the sets come from.

    within  a window inside `w` and sets to be counted in it as well, by the same statements: {"within:" + set: how many}.
            Sets of the source `answer` depend on the whole period and cannot be asked for twice.
    """
    inner, inside = within or (w, ())
    wanted = [(code, code, HOLDS[code]) for code in dict.fromkeys(codes)]
    wanted += [(f"within:{code}", code, _of_inner(HOLDS[code])) for code in inside]
    params = _params(w, where) | {f"inner_{name}": getattr(inner, name) for name in ("start", "end")}
    by_source: dict[str, list[tuple[str, str, str]]] = {}
    for row in wanted:
        by_source.setdefault(SETS[row[1]].source, []).append(row)
    found: dict = {}
    for source, rows in by_source.items():
        group = _group(where.by, source) if where.by else "NULL"
        select = ", ".join([f"{group} AS g", *(f"count(*) FILTER (WHERE {holds})" for _, _, holds in rows)])
        statement = _statement(source, [code for _, code, _ in rows], where, select, " GROUP BY 1")
        for key, *numbers in run(statement, params):
            found.setdefault(key, {}).update(zip([name for name, _, _ in rows], numbers, strict=True))
    return found


def _of_inner(holds: str) -> str:
    return holds.replace("%(start)s", "%(inner_start)s").replace("%(end)s", "%(inner_end)s")


def run(sql: str, params: dict) -> list[tuple]:
    text, given = positional(sql, params)
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return cursor.fetchall()


def cases_in(w: Window, code: str, where: Where = Where(), below: int = 0) -> tuple[str, list]:
    """(SQL, parameters) of the ids of the cases that a set holds: for `id__in` of a list that is narrowed to what its reader may see.
    `below`: only those below this one, where a page goes on; else what stands before it would be read for each page."""
    source = SETS[code].source
    ids = _SOURCES[source][3]
    more = (f"({HOLDS[code]})", *([f"{ids} < %(below)s"] if below else []))
    return positional(_statement(source, [code], where, ids, more=more), _params(w, where) | {"below": below})


def ids(w: Window, code: str, where: Where = Where()) -> list[int]:
    """Those ids themselves, each once, the newest first."""
    sql, given = cases_in(w, code, where)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return sorted({id_ for (id_,) in cursor.fetchall()}, reverse=True)
