"""Reads of the numbers: rows of figures, and the cases behind any of them, from facts and cube (`following`, `set_sql`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import lists
from minsheng.cases.rules import Channel
from minsheng.kit import clock, read_values, replicas
from minsheng.kit.paging import Page, cut, id_after, time_after
from minsheng.kit.read_times import day, moment, span_error
from minsheng.kit.read_values import Fields
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.measures import following, rules, schemes, set_sql
from minsheng.measures.rules import BY_CODE, MEASURES, Measure, Row
from minsheng.measures.score_rules import Scheme
from minsheng.measures.set_sql import Where
from minsheng.measures.sets import SETS, Window
from minsheng.org import queries as org

LONGEST = timedelta(days=366 * 20)
_AT_ONCE = 1000  # ids in one statement


@dataclass(frozen=True, slots=True)
class Asked:
    """What figures are asked for. Both days are included; `unit` means its subtree; `cutoff` None: now. `key`: one group of `by`."""

    since: date
    until: date
    by: str = ""
    unit: int = 0
    category: str = ""
    channel: str = ""
    district: int = 0
    leader_days: bool = False
    periods: tuple[int, ...] = ()
    policy: str = "excluded"
    raw: bool = False
    cutoff: datetime | None = None
    key: str | None = None
    now: bool = False  # `cutoff` is when it was answered, and nothing that was known then is left out

    @property
    def window(self) -> Window:
        start, end = lists.day_start(self.since), lists.day_start(self.until + timedelta(days=1))
        return Window(start, end, self.cutoff or clock.now(), self.raw, known=self.now or self.cutoff is None)


def today() -> date:
    """The local day of the city."""
    return clock.now().astimezone(clocks.city_calendar().zone).date()


def this_month() -> Asked:
    day = today()
    return Asked(day.replace(day=1), day)


def read_asked(given: Mapping[str, str]) -> Asked:
    """What a query string or a command line asks for. Invalid with a sentence per field; nothing given: this month."""
    form, month = Fields(given), this_month()
    since = form.read("from", day, default=month.since)
    until = form.read("to", day, default=max(month.until, since))
    if wrong := span_error(since, until, LONGEST):
        form.wrong("to", wrong)
    words = {n: form.read(n, read_values.choice, known, default=usual) for n, (known, usual) in _WORDS.items()}
    category = form.read("category", lists.matter_code, default="")
    units = {n: form.read(n, lists.unit_id, default=0) for n in ("unit", "district")}
    cutoff = form.read("cutoff", moment, clocks.city_calendar().zone)
    if cutoff and cutoff > clock.now():
        form.wrong("cutoff", "统计截止不能晚于现在：还没有到的时限，不能算已过")
    periods = form.read("period", read_values.record_ids, label="期", default=[])
    marks = {n: form.read(n, read_values.flag, default=False) for n in ("leader_days", "raw")}
    form.done()
    return Asked(since, until, category=category, **words, **units, **marks, periods=tuple(periods), cutoff=cutoff, key=given.get("key"))


_WORDS = {"by": (rules.BY, ""), "policy": (rules.POLICIES, "excluded"), "channel": (Channel.choices(), "")}


# --- figures ------------------------------------------------------------


def counted(asked: Asked, by: Actor, codes: Iterable[str], within: tuple[Window, tuple[str, ...]] | None = None,
            complaining: tuple[int, ...] | None = None) -> tuple[Asked, dict]:
    """(the question with its cutoff, {group: {set: how many}}) within what the reader may count; Refused for whoever may not.

    A question about now is answered with every step that can be seen; where many lie unread (an import a moment ago), `cutoff` is the
    time up to which they are counted. One with a cutoff is answered as known then, the same at whatever time it is asked.
    `within`: a window inside the period, and sets to be counted in it as well: {"within:" + set: how many}. `complaining`: the cases that the
    reader's unit is complained of in, by whoever has found them already.
    """
    place, codes = replace(where(asked, by), complaining=complaining), tuple(codes)
    asked = brought_up(asked)
    if within:
        place = set_sql.found_out(place)
    found = set_sql.count(asked.window, codes, place)
    if within:
        inner = replace(asked.window, start=within[0].start, end=within[0].end)
        for key, sizes in set_sql.count(inner, within[1], place).items():
            found.setdefault(key, {}).update({f"within:{code}": n for code, n in sizes.items()})
    return asked, found


def brought_up(asked: Asked) -> Asked:
    """The question with the time for which it is answered."""
    if asked.now:
        return asked
    behind = following.bring_up_to_date(at_a_page=True)
    return asked if asked.cutoff else replace(asked, cutoff=behind or replicas.seen_until(), now=True)


def rows(asked: Asked, by: Actor, measures: Iterable[str] = ()) -> list[Row]:
    """The figures asked for, group by group in the order of the table of measures; all measures when none is named."""
    chosen = named(measures)
    asked, found = counted(asked, by, rules.sets_of(chosen, asked.policy))
    if any(m.kind == "calls" for m in chosen) and (calls := _calls(asked, by)):
        found = {**found, None: {**found.get(None, {}), **calls}}
    return rows_from(asked, chosen, found)


def of_the_centre(asked: Asked, by: Actor) -> bool:
    """Calls belong to the centre as a whole: of a unit, a matter, a channel or a day at the leaders' desk there is no such figure."""
    narrowed = asked.by or asked.unit or asked.category or asked.channel or asked.district or asked.leader_days or asked.periods
    return not (narrowed or rules.own_unit_only(by))


def _calls(asked: Asked, by: Actor) -> dict[str, int]:
    return set_sql.count(asked.window, rules.CALL_SETS).get(None, {}) if of_the_centre(asked, by) else {}


def rows_from(asked: Asked, chosen: Iterable[Measure], found: Mapping, scheme: Scheme | None = None) -> list[Row]:
    """Rows of counts that are at hand. Without `by` one group, the whole, even when nothing happened. `scheme` of the composite: that of
    the period's last day where none is given."""
    scheme = scheme or schemes.on(asked.until)
    cutoff = asked.window.cutoff.astimezone(clocks.city_calendar().zone).isoformat(timespec="seconds")
    groups = _in_order(asked.by, found) if asked.by else [(None, rules.WHOLE)]
    made = []
    for key, label in groups:
        sizes = found.get(key, {})
        made += [rules.row(m, sizes, group=label, key=key, policy=asked.policy, cutoff=cutoff, day=asked.until, scheme=scheme)
                 for m in chosen if not (asked.by and m.kind == "calls")]
    return made


def beside(asked: Asked, by: Actor, found: Mapping | None = None) -> list[Row]:
    """The composite by the other schemes that are shown beside the one in force, group by group. `found`: counts that are at hand."""
    others, m = schemes.others(asked.until), BY_CODE["composite"]
    if others and found is None:
        asked, found = counted(asked, by, rules.sets_of([m], asked.policy))
    return [replace(row, label=f"{m.label}（{one.name}）") for one in others for row in rows_from(asked, [m], found or {}, one)]


def whole(found: Mapping) -> dict:
    """The sizes of all groups together: a whole is the sum of its parts."""
    total: dict = {}
    for sizes in found.values():
        for code, number in sizes.items():
            total[code] = total.get(code, 0) + number
    return total


def named(codes: Iterable[str]) -> list[Measure]:
    """The measures of these codes, all without; Invalid names one that is none."""
    codes = list(codes)
    if unknown := [c for c in codes if c not in BY_CODE]:
        raise Invalid({"measure": f"没有指标“{unknown[0][:40]}”，可用：" + "、".join(BY_CODE)})
    return [BY_CODE[c] for c in codes] or list(MEASURES)


def _in_order(by: str, found: Mapping) -> list[tuple[object, str]]:
    """(key, label) of the groups with anything in them: in the order of the tree, of the codes, of the channels; what has none last."""
    keys = [key for key, sizes in found.items() if any(sizes.values())]
    names = labels(by)
    order = {key: place for place, key in enumerate(names)}
    keys.sort(key=lambda key: (key is None, order.get(key, len(order)), str(key)))
    return [(key, rules.NONE_OF[by] if key is None else names.get(key, str(key))) for key in keys]


def labels(by: str) -> dict:
    """{key: name} of all groups of a kind, in their order."""
    if by == "category":
        return {c.id: c.name for c in sorted(cases.categories().values(), key=lambda c: c.code)}
    if by == "channel":
        return dict(Channel.choices())
    return {u.id: u.short or u.name for u in org.tree().by_id.values()}


def where(asked: Asked, by: Actor) -> Where:
    """The question as ids. Unit people are held to their own subtree, whatever they ask for."""
    if not (answer := rules.may_read(by)):
        raise Refused(answer)
    tree = org.tree()
    units = tree.subtree(asked.unit) if asked.unit else None
    if rules.own_unit_only(by):
        if asked.unit and not tree.inside(asked.unit, by.unit):
            raise Refused(no("hidden", "只能查看本单位及下属单位的数字"))
        units = units if units is not None else tree.subtree(by.unit)
    matters = None
    if asked.category:
        matters = tuple(c.id for c in cases.categories().values() if asked.category in (c.code, *c.path))
    made = Where(units=tuple(units) if units is not None else None, categories=matters, channel=asked.channel, district=asked.district,
                 leader_days=asked.leader_days, periods=asked.periods, by=asked.by, hidden=cases.never_counted(by))
    return replace(made, key=_key(asked), one_group=True) if asked.by and asked.key is not None else made


def _key(asked: Asked) -> object:
    """The group that a door names: "" is the one without unit, matter, channel or district."""
    if not asked.key:
        return None
    if asked.by == "channel":
        return asked.key
    try:
        return read_values.record_id(asked.key)
    except read_values.BadValue:
        raise Invalid({"key": "分组编号无效，请从统计页重新打开"}) from None


# --- the cases behind a figure ------------------------------------------------------------


def set_of(measure: str, part: str, policy: str = "excluded") -> str:
    """The set that a part of a measure names; Invalid when there is no list behind it."""
    m = named([measure])[0]
    if m.kind == "calls":
        raise Invalid({"part": f"“{m.label}”的清单是通话，请在“通话”里打开"})
    parts = dict(zip(("numerator", "denominator"), m.parts(policy), strict=True))
    if m.code == "response_confirmed":
        parts["unconfirmed"] = "contact_unconfirmed"
    code = parts.get(part, "")
    if not code:
        raise Invalid({"part": f"“{m.label}”没有可以打开的清单"})
    return code


def set_label(measure: str, part: str, policy: str = "excluded") -> str:
    return SETS[set_of(measure, part, policy)].label


def size_of(measure: str, part: str, asked: Asked, by: Actor) -> int:
    """How many the list behind a figure holds, those that the reader may not see included."""
    code = set_of(measure, part, asked.policy)
    return whole(counted(asked, by, [code])[1]).get(code, 0)


def ids_behind(measure: str, part: str, asked: Asked, by: Actor) -> list[int]:
    """The ids of all cases behind a figure, whoever may see them, each once, the newest first: to be kept with the figure."""
    return set_sql.ids(brought_up(asked).window, set_of(measure, part, asked.policy), where(asked, by))


def ids_by_group(measure: str, part: str, asked: Asked, by: Actor) -> dict:
    """{group of `asked.by`: those ids}, the newest first; None: the group without a unit, matter, channel or district."""
    return set_sql.ids_by_group(brought_up(asked).window, set_of(measure, part, asked.policy), where(asked, by))


def behind(measure: str, part: str, asked: Asked, by: Actor, below: int = 0) -> QuerySet[Case]:
    """The cases behind a figure that the reader may see: restricted and sealed ones count, and stay out of the list of others."""
    return _seen(brought_up(asked).window, set_of(measure, part, asked.policy), where(asked, by), by, below)


def _seen(window: Window, code: str, place: Where, by: Actor, below: int = 0) -> QuerySet[Case]:
    return cases.visible(by).filter(id__in=RawSQL(*set_sql.cases_in(window, code, place, below)))


def cases_of(measure: str, part: str, asked: Asked, by: Actor, after: str = "", size: int = lists.PAGE) -> Page:
    """A page of those cases, newest first. What a list shows is read for the page alone, not for all of them."""
    return page_of(brought_up(asked).window, set_of(measure, part, asked.policy), where(asked, by), by, after, size)


def page_of(window: Window, code: str, place: Where, by: Actor, after: str, size: int) -> Page:
    """A page of the cases of a set that the reader may see, newest first: by when they count where a case counts once, else by their ids."""
    whole = _seen(window, code, place, by)
    if SETS[code].fact in set_sql.ONE_AT_A_TIME:
        return replace(_page_in_time(window, code, place, by, after, size), whole=whole)
    below = id_after(after) or 0
    rows: list[Case] = []
    while len(rows) <= size:
        ids = set_sql.newest(window, code, place, below, _AT_ONCE)
        rows += _shown(cases.visible(by), ids)[: size + 1 - len(rows)]
        if len(ids) < _AT_ONCE:
            break
        below = ids[-1]
    return cut(rows, ["id"], size, whole)


def _page_in_time(window: Window, code: str, place: Where, by: Actor, after: str, size: int) -> Page:
    """One statement for the page's own rows, and more only where its reader may not see them all."""
    rows: list[Case] = []
    at: dict[int, datetime] = {}
    below, most = time_after(after), size + 1
    while len(rows) <= size:
        found = set_sql.places(window, code, place, below, most)
        at |= {id_: moment for moment, id_ in found}
        shown = {case.id: case for case in _shown(cases.visible(by), [id_ for _, id_ in found])}
        rows += [shown[id_] for _, id_ in found if id_ in shown]
        if len(found) < most:
            break
        below, most = found[-1], _AT_ONCE
    for case in rows:
        case.counts_at = at[case.id]  # type: ignore[attr-defined]
    return cut(rows[: size + 1], ["counts_at", "id"], size)


def _shown(rows: QuerySet[Case], ids: list[int]) -> QuerySet[Case]:
    return lists.shown(rows).filter(id__in=ids).order_by("-id")
