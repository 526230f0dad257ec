"""A group of cases and when its figures say more than chance: shares by Wilson, rises by the ratio of two counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from minsheng.accounts.rules import Role
from minsheng.kit.intervals import wilson

READERS = frozenset({Role.SUPERVISOR, Role.COORDINATOR, Role.ANALYST, Role.SHIFT_LEADER, Role.INSPECTOR})
BY = {"category": "诉求分类", "place": "区县和分类", "unit": "主办单位和分类", "word": "标题里的词"}
ORDERS = {"frequent": "件数多的", "hard": "难办的", "rising": "上升的", "repeated": "反复反映的"}
DAYS = {7: "近 7 天", 28: "近 28 天", 91: "近 91 天"}
FEW = 5  # below this many nothing is said of a rise or of how hard it is
YEARS, BEFORE = 3, 3  # windows that a season is made of: of earlier years, else of the time just before
YEAR = timedelta(days=364)  # the same days of the week


@dataclass(frozen=True, slots=True)
class Span:
    """Both days are included."""

    since: date
    until: date

    def earlier(self, by: timedelta) -> Span:
        return Span(self.since - by, self.until - by)


def windows(now: Span) -> list[Span]:
    """What `now` is held against: the same days of earlier years, then the spans just before it."""
    length = now.until - now.since + timedelta(days=1)
    return [now.earlier(YEAR * n) for n in range(1, YEARS + 1)] + [now.earlier(length * n) for n in range(1, BEFORE + 1)]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A count beside what it was in an equal time, with the 95 % bounds of the two counts' ratio. `high` None: without bound."""

    value: float | None
    low: float
    high: float | None

    @property
    def rises(self) -> bool:
        return self.low > 1

    @property
    def falls(self) -> bool:
        return self.high is not None and self.high < 1


def ratio(now: int, base: int, times: int) -> Ratio | None:
    """`base` was counted in a time `times` as long. Of two Poisson counts the share of one in both is binomial: its bounds are Wilson's.

    None: nothing was counted, or there is nothing to hold it against.
    """
    bounds = wilson(now, now + base)
    if bounds is None or times <= 0:
        return None
    low, high = bounds
    return Ratio(now * times / base if base else None, low / (1 - low) * times, high / (1 - high) * times if base else None)


def in_words(found: Ratio | None) -> str:
    """Of a span after and one before it: how many times as much, and whether that says anything."""
    if found is None:
        return "前后都没有这样的诉求。"
    times = f"措施以后是以前的 {found.value:.2f} 倍" if found.value is not None else "以前没有这样的诉求，措施以后有"
    bounds = f"{found.low:.2f} 至 {found.high:.2f} 倍" if found.high is not None else f"{found.low:.2f} 倍以上"
    return f"{times}，95% 区间 {bounds}：{'少了' if found.falls else '多了' if found.rises else '看不出多了还是少了'}。"


@dataclass(frozen=True, slots=True)
class Season:
    """Which windows a count is held against, in words, and how many."""

    places: tuple[int, ...]
    words: str


def season(totals: list[int]) -> Season:
    """`totals`: of all cases in each of `windows`. Years that the record knows; without any, the time just before."""
    years = tuple(n for n in range(YEARS) if totals[n])
    if years:
        return Season(years, f"往年同期（{len(years)} 年平均）")
    before = tuple(n for n in range(YEARS, YEARS + BEFORE) if totals[n])
    return Season(before, f"此前 {len(before)} 个同样长的时段（没有往年记录）" if before else "没有以前的记录可比")


@dataclass(frozen=True)
class Group:
    """`key`: ids of category, district, unit, or a word. hard: of `n` those that are hard to settle; people: requesters known by their number;
    repeated: cases of requesters who brought the same more than once."""

    key: tuple[object, ...]
    label: str
    n: int
    hard: int = 0
    people: int = 0
    repeated: int = 0
    base: tuple[int, ...] = field(default_factory=tuple)

    def against(self, season: Season) -> Ratio | None:
        return ratio(self.n, sum(self.base[place] for place in season.places), len(season.places)) if self.base else None

    @property
    def hard_share(self) -> tuple[float, float, float] | None:
        """(share, low, high)."""
        bounds = wilson(self.hard, self.n)
        return (self.hard / self.n, *bounds) if bounds else None


def ordered(groups: list[Group], order: str, season: Season, size: int) -> list[Group]:
    """The first of an order; of hard and rising ones only those of which enough is known."""
    if order == "hard":
        groups = [one for one in groups if one.n >= FEW and one.hard]
        return sorted(groups, key=lambda one: (-(one.hard_share or (0, 0, 0))[1], -one.hard, str(one.key)))[:size]
    if order == "rising":
        risen = [(found, one) for one in groups if one.n >= FEW and (found := one.against(season)) and found.rises]
        return [one for _, one in sorted(risen, key=lambda pair: (-pair[0].low, str(pair[1].key)))][:size]
    if order == "repeated":
        return sorted((one for one in groups if one.repeated), key=lambda one: (-one.repeated, str(one.key)))[:size]
    return sorted(groups, key=lambda one: (-one.n, str(one.key)))[:size]
