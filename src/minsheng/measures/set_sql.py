"""How many facts lie in each set, group by group, and of which cases they are.

What is known now is read from the cube for days that are past and from the facts for today and later; what was known at a cut-off from the facts
alone (rulings, 60). Part of queries.py by kind. Every name that reaches the text of a statement comes from the tables of this house; what a reader
gives travels as a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import connection

from minsheng.cases.effects import clocks
from minsheng.cases.queries import lists
from minsheng.cases.queries.visibility import Uncounted
from minsheng.kit import clock
from minsheng.kit.ids import floor_id, time_of
from minsheng.measures import cube_sql
from minsheng.measures.sets import BITS, SETS, Window, plain


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
    also: tuple[str, ...] = ()  # sets of the same kind of fact in which they must lie as well
    hours: tuple[int, ...] | None = None  # of the week, of courses
    districts: tuple[int, ...] | None = None
    none: frozenset[str] = frozenset()  # groups of which it has none: unit, category
    outside: tuple[int, ...] | None = None  # of none of these districts, or of none at all
    hidden: tuple[Uncounted, ...] = ()  # units: what complains of one of these is not counted
    complaining: tuple[int, ...] | None = None  # the cases that do; None: to be found


# A group and its column of facts.
COLUMNS = {"unit": "lead_id", "category": "category_id", "channel": "channel", "district": "district_id", "period": "period_id",
           "kind": "kind", "requester": "requester_kind", "language": "language", "day": "day", "hour": "n"}
MATTER_UNIT = "matter_unit"  # a group of both: "category:unit", each empty or 0 for none
_WORDS = frozenset({"channel", "kind", "requester", "language"})


def count(w: Window, codes: Iterable[str], where: Where = Where()) -> dict:
    """{group: {set: how many}}; the group is None without `where.by`. One statement, one more where there are `where.hidden` units."""
    return counts([w], codes, where)[0]


def counts(windows: Sequence[Window], codes: Iterable[str], where: Where = Where()) -> list[dict]:
    """The same for each of several windows of one cut-off, all by one statement."""
    codes = list(dict.fromkeys(codes))
    found: list[dict] = [{} for _ in windows]
    if not codes:
        return found
    where = found_out(where)
    parts: list[str] = []
    params = _params(windows[0], where)
    for n, w in enumerate(windows):
        past, rest = _split(w) if _dimension(where, codes) else (None, w)
        parts += [f"SELECT {n}, x.* FROM ({text}) x" for text in _texts(past, rest, codes, where, str(n))]
        params |= _span(f"past{n}_", past) | _span(f"rest{n}_", rest)
    for n, key, *numbers in run(" UNION ALL ".join(parts), params):
        kept = found[n].setdefault(key, dict.fromkeys(codes, 0))
        for code, size in zip(codes, numbers, strict=True):
            kept[code] += int(size or 0)
    return found


def _texts(past: Window | None, rest: Window | None, codes: list[str], where: Where, name: str) -> Iterator[str]:
    """The statements whose numbers together are those of a window."""
    hidden = _complaining(where)
    if past:
        yield _of_cells(past, codes, where, str(_dimension(where, codes)))
    if past and hidden:
        yield _of_facts(past, codes, where, f"past{name}_", f"f.case_id = ANY({_list(hidden)})", "-")
    if rest:
        yield _of_facts(rest, codes, where, f"rest{name}_", f"f.case_id <> ALL({_list(hidden)})" if hidden else "")


def found_out(where: Where) -> Where:
    """The same, with the cases that are not counted: for whoever asks several times."""
    return replace(where, complaining=tuple(_complaining(where)))


def without(where: Where, cases: Iterable[int]) -> Where:
    """The same, with these cases not counted either."""
    return replace(where, complaining=tuple({*_complaining(where), *cases}))


def _complaining(where: Where) -> Sequence[int]:
    return complaining(where.hidden) if where.complaining is None else where.complaining


def complaining(hidden: Sequence[Uncounted]) -> list[int]:
    """Cases that complain of one of these units: few. Whatever line was known at a cut-off, the present one hides them."""
    if not hidden:
        return []
    said: list[str] = []
    given: dict[str, object] = {}
    for n, (units, since, until) in enumerate(hidden):
        within = f" AND received_at >= %(since{n})s AND received_at < %(until{n})s" if since and until else ""
        said.append(f"complained_line && %(units{n})s::bigint[]{within}")
        given |= {f"units{n}": list(units), f"since{n}": since, f"until{n}": until}
    return [id_ for (id_,) in run(f"SELECT id FROM cases_case WHERE {' OR '.join(said)}", given)]


def _list(ids: Sequence[int]) -> str:
    return f"'{{{','.join(map(str, map(int, ids)))}}}'::bigint[]"


def _split(w: Window) -> tuple[Window | None, Window | None]:
    """(whole local days that are past, the rest) of a question about now; of one about a cut-off all is the rest."""
    today = lists.day_start(clock.now().astimezone(clocks.city_calendar().zone).date())
    if not w.known or w.start >= today:
        return None, w
    if w.end <= today:
        return w, None
    return replace(w, end=today), replace(w, start=today)


def _dimension(where: Where, codes: Iterable[str]) -> str | None:
    """The one of the cube that answers; None where more than one would be needed beside the unit, or something that no cell says."""
    if where.also or where.none or not (where.hours is where.districts is where.outside is None):
        return None
    asked = {"category"} if where.by == MATTER_UNIT else {where.by} - {"", "unit", "day"}
    asked |= {name for name, given in (("category", where.categories is not None), ("channel", where.channel), ("district", where.district),
                                       ("period", where.leader_days or where.periods)) if given}
    found = None if len(asked) > 1 else next(iter(asked), "unit")
    return found if found and all(cube_sql.kept(found, SETS[plain(code)].fact) for code in codes) else None


def _of_cells(w: Window, codes: list[str], where: Where, dimension: str) -> str:
    """Whole months from theirs, other days from their own."""
    first, after = _day(w.start), _day(w.end)
    said = [f"f.dimension = '{dimension}'", _grains(first, after, where.by == "day"), _facts(codes), *_narrow_cells(where)]
    group = {"": "NULL", "unit": "nullif(f.lead_id, 0)", "day": "f.day", MATTER_UNIT: "f.key || ':' || f.lead_id"}.get(where.by)
    group = group or ("f.key" if where.by in _WORDS else "nullif(f.key, '')::bigint")
    sizes = [f"sum(f.count) FILTER (WHERE {_kept(code, f'f.sets & {BITS[plain(code)]} <> 0')})" for code in codes]
    # Cells of the same sets are added up first: a year's are a hundred times as many, and each of the sizes would look at every one.
    of = ", ".join(column for column in ("lead_id", "key", "day") if f"f.{column}" in group)
    alike = ", ".join(filter(None, (of, "fact, excluded, sets")))
    return _grouped(f"(SELECT {alike}, sum(count)::bigint AS count FROM measures_cell f WHERE {' AND '.join(said)} GROUP BY {alike}) f", group, sizes, ["true"])


def _grains(first: date, after: date, by_day: bool) -> str:
    month = first if first.day == 1 else (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = after.replace(day=1)
    if by_day or month >= last:
        return f"f.grain = 'd' AND f.day >= '{first}' AND f.day < '{after}'"
    return (f"(f.grain = 'm' AND f.day >= '{month}' AND f.day < '{last}' OR f.grain = 'd' AND "
            f"(f.day >= '{first}' AND f.day < '{month}' OR f.day >= '{last}' AND f.day < '{after}'))")


def _narrow_cells(where: Where) -> list[str]:
    ways = (
        (where.units is not None, "f.lead_id = ANY(%(units)s)"), (where.categories is not None, "f.key = ANY(%(categories)s::text[])"),
        (where.channel, "f.key = %(channel)s"), (where.district, "f.key = %(district)s::text"),
        (where.leader_days, "f.key <> ''"), (where.periods, "f.key = ANY(%(periods)s::text[])"),
    )
    said = [condition for asked, condition in ways if asked]
    if where.one_group:
        none, one = ("f.lead_id = 0", "f.lead_id = %(key)s") if where.by == "unit" else ("f.key = ''", "f.key = %(key)s::text")
        said.append(none if where.key is None else one)
    return said


def _of_facts(w: Window, codes: list[str], where: Where, span: str, more: str, sign: str = "") -> str:
    sizes = [f"{sign}sum(f.sign) FILTER (WHERE {_kept(code, SETS[plain(code)].sql or 'true')})" for code in codes]
    return _grouped("measures_fact f", _group(where.by), sizes, [_facts(codes), *_in(w, span), *_narrow(where), *([more] if more else [])])


def of_facts(w: Window, codes: list[str], where: Where, more: str = "") -> tuple[str, dict]:
    """(text, its values) of the same question put to the facts alone, as known at its cutoff: for what keeps them elsewhere (`archive`).
    Its words are those that PostgreSQL, DuckDB and Spark share, but for `= ANY(…)`."""
    return _of_facts(replace(w, known=False), codes, where, "", more), _params(w, where)


def _grouped(table: str, group: str, sizes: list[str], said: list[str]) -> str:
    return f"SELECT {group} AS g, {', '.join(sizes)} FROM {table} WHERE {' AND '.join(said)} GROUP BY 1"


def _group(by: str) -> str:
    if not by:
        return "NULL"
    if by == MATTER_UNIT:
        return "coalesce(f.category_id::text, '') || ':' || coalesce(f.lead_id, 0)"
    return "(f.at AT TIME ZONE %(zone)s)::date" if by == "day" else f"f.{COLUMNS[by]}"


def _facts(codes: list[str]) -> str:
    return "f.fact IN (" + ", ".join(f"'{fact}'" for fact in sorted({SETS[plain(code)].fact for code in codes})) + ")"


def _kept(code: str, condition: str) -> str:
    """In the set, by its kind of fact; without what was excluded, but for the raw view."""
    one = SETS[plain(code)]
    return f"f.fact = '{one.fact}' AND ({condition})" + (" AND (%(raw)s OR NOT f.excluded)" if one.kept and code == one.code else "")


def _in(w: Window, span: str = "") -> list[str]:
    return [f"f.at >= %({span}start)s", f"f.at < %({span}end)s", *(["f.known_at <= %(cutoff)s"] if not w.known else [])]


def _narrow(where: Where) -> list[str]:
    ways = (
        (where.units is not None, "f.lead_id = ANY(%(units)s)"), (where.categories is not None, "f.category_id = ANY(%(categories)s)"),
        (where.channel, "f.channel = %(channel)s"), (where.district, "f.district_id = %(district)s"),
        (where.leader_days, "f.period_id IS NOT NULL"), (where.periods, "f.period_id = ANY(%(periods)s)"),
    )
    said = [*(condition for asked, condition in ways if asked), *_parts(where)]
    if where.one_group:
        column = f"f.{COLUMNS[where.by]}"
        none = f"{column} = ''" if where.by in _WORDS else f"{column} IS NULL"
        said.append(none if where.key is None else f"{column} = %(key)s")
    return said


def _parts(where: Where) -> list[str]:
    """What only facts say."""
    ways = (
        (where.hours is not None, "f.n = ANY(%(hours)s)"), (where.districts is not None, "f.district_id = ANY(%(districts)s)"),
        (where.outside is not None, "(f.district_id IS NULL OR NOT f.district_id = ANY(%(outside)s))"),
    )
    said = [condition for asked, condition in ways if asked] + [f"f.{COLUMNS[by]} IS NULL" for by in sorted(where.none)]
    return said + [f"({SETS[code].sql})" for code in where.also if SETS[code].sql]


def _params(w: Window, where: Where) -> dict:
    zone = clocks.city_calendar().zone
    return {
        "start": w.start, "end": w.end, "cutoff": w.cutoff, "raw": w.raw, "zone": zone.key,
        "units": list(where.units or ()), "categories": list(where.categories or ()), "channel": where.channel, "district": where.district,
        "key": where.key, "periods": list(where.periods),
        "hours": list(where.hours or ()), "districts": list(where.districts or ()), "outside": list(where.outside or ()),
    }


def _span(name: str, w: Window | None) -> dict:
    return {f"{name}start": w.start, f"{name}end": w.end} if w else {}


def _day(at: datetime) -> date:
    return at.astimezone(clocks.city_calendar().zone).date()


def positional(sql: str, params: dict) -> tuple[str, list]:
    """`%(name)s` -> `%s`, so that the same text serves a cursor and a subquery of the ORM."""
    given: list = []

    def take(found: re.Match) -> str:
        given.append(params[found[1]])
        return "%s"

    return re.sub(r"%\((\w+)\)s", take, sql), given


def run(sql: str, params: dict) -> list[tuple]:
    text, given = positional(sql, params)
    with connection.cursor() as cursor:
        cursor.execute(text, given)
        return cursor.fetchall()


def daily(w: Window, codes: Iterable[str], where: Where = Where()) -> dict[date, dict[str, int]]:
    """{local day: {set: how many}} of every day of the period."""
    found = count(w, codes, replace(where, by="day", one_group=False))
    nothing = dict.fromkeys(codes, 0)
    days = (_day(w.end - timedelta(microseconds=1)) - _day(w.start)).days + 1
    return {day: found.get(day, dict(nothing)) for day in (_day(w.start) + timedelta(n) for n in range(days))}


def cases_in(w: Window, code: str, where: Where = Where(), below: int = 0, most: int = 0, above: int = 0) -> tuple[str, list]:
    """(SQL, parameters) of the ids of the cases that a set holds, each once: for `id__in` of a list that is narrowed to what its reader
    may see. `below`: only those below this one, where a page goes on. `most`: so many, the newest first. `above`: none below this one."""
    said = [*_of_set(w, code, where), *(["f.part < %(below)s"] if below else []), *(["f.part >= %(above)s"] if above else [])]
    tail = f" ORDER BY 1 DESC LIMIT {int(most)}" if most else ""
    text = f"SELECT f.part FROM measures_fact f WHERE {' AND '.join(said)} GROUP BY f.part HAVING sum(f.sign) > 0{tail}"
    return positional(text, _params(w, where) | {"below": below, "above": above})


def _of_set(w: Window, code: str, where: Where) -> list[str]:
    said = [_facts([code]), *_in(w), *_narrow(where), _kept(code, SETS[code].sql or "true")]
    if hidden := _complaining(where):
        said.append(f"f.case_id <> ALL({_list(hidden)})")
    return said


# facts of which a case has one at a time: their lists go by its moment, so that no page needs more than its own rows, however long the period
ONE_AT_A_TIME = frozenset({"received", "closed", "undated", "sign", "repeat", "course"})


def places(w: Window, code: str, where: Where, below: tuple[datetime, int] | None, most: int) -> list[tuple[datetime, int]]:
    """(when it counts, case) of such a set, the latest first. `below`: only what comes after this one."""
    said = [*_of_set(w, code, where), *(["f.at <= %(at)s", "(f.at, f.part) < (%(at)s, %(below)s)"] if below else [])]
    at, part = below or (None, 0)
    text = f"""SELECT f.at, f.part FROM measures_fact f WHERE {" AND ".join(said)} GROUP BY f.at, f.part HAVING sum(f.sign) > 0
                ORDER BY f.at DESC, f.part DESC LIMIT {int(most)}"""
    return run(text, _params(w, where) | {"at": at, "below": part})


LATELY = timedelta(days=35)  # from a case to its limits, nearly always


def newest(w: Window, code: str, where: Where, below: int, most: int) -> list[int]:
    """So many ids, the newest first. Of a long period only the facts of the newest cases are read where these are enough: nothing counts
    before its case was there, so what is older than they are cannot be theirs."""
    top = min(w.end, clock.now(), *([time_of(below)] if below else []))
    if (start := top - LATELY) > w.start:
        found = ids(replace(w, start=start), code, where, below, most, floor_id(start) + 1)
        if len(found) == most:
            return found
    return ids(w, code, where, below, most)


def ids(w: Window, code: str, where: Where = Where(), below: int = 0, most: int = 0, above: int = 0) -> list[int]:
    """Those ids themselves, each once, the newest first."""
    sql, given = cases_in(w, code, where, below, most, above)
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return sorted((id_ for (id_,) in cursor.fetchall()), reverse=True)


def ids_by_group(w: Window, code: str, where: Where) -> dict:
    """{group: those ids, the newest first}. One statement."""
    text = f"""SELECT {_group(where.by)}, f.part FROM measures_fact f WHERE {" AND ".join(_of_set(w, code, where))}
                GROUP BY 1, 2 HAVING sum(f.sign) > 0 ORDER BY 2 DESC"""
    found: dict = {}
    for key, id_ in run(text, _params(w, where)):
        found.setdefault(key, []).append(id_)
    return found
