"""承诺事项台账: every commitment that the reader may see, each with its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import hung_words
from minsheng.kit import clock, read_values
from minsheng.kit.paging import Page, every, keyset
from minsheng.kit.read_values import BadValue, Fields
from minsheng.kit.verdict import Invalid
from minsheng.leader_days.models import Commitment, Period
from minsheng.leader_days.queries import facts, sight
from minsheng.leader_days.rules import reminding
from minsheng.leader_days.rules.states import NOT_HELD, Cause, CommitmentState
from minsheng.org import queries as org

STATES = [(s.value, s.label) for s in CommitmentState if s is not CommitmentState.NEW]
COLUMNS = ("期", "单位", "承诺事项", "责任人", "承诺日期", "原兑现日期", "兑现日期", "延期次数", "结果", "完成日期", "未按期的原因", "核验结论", "核验人",
           "对外公开", "工单编号")
SAID, OFFICIALS = ("what", "proof", "finding", "draft_matter", "draft_progress"), ("owner",)  # columns of words
PAGE = 50
WITHHELD = "按规定不再公开内容"


@dataclass(frozen=True, slots=True)
class Filters:
    state: str = ""
    unit: int = 0
    periods: tuple[int, ...] = ()
    overdue: bool = False
    unended: bool = False
    owed: bool = False  # kept, late, or past its date without an end: what the share of kept ones is of (rulings, 47)

    @property
    def periods_text(self) -> str:
        """As an address has them."""
        return ",".join(map(str, self.periods))


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("state", read_values.choice, STATES, label="结果", default=""), form.read("unit", _unit, label="单位", default=0),
                    tuple(form.read("period", read_values.record_ids, label="期", default=[])), form.read("overdue", read_values.flag, default=False),
                    form.read("unended", read_values.flag, default=False), form.read("owed", read_values.flag, default=False))
    form.done()
    return found


def _unit(raw: object) -> int:
    found = org.named(str(raw))
    if found is None:
        raise BadValue("没有这个单位")
    return found.id


def today() -> date:
    return clocks.local_day(clock.now())


def rows(by: Actor, filters: Filters) -> QuerySet[Commitment]:
    found = sight.commitments(by).select_related("period", "period__scheme", "owner_unit")
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.unit:
        found = found.filter(owner_unit__in=org.tree().subtree(filters.unit))
    if filters.periods:
        found = found.filter(period__in=filters.periods)
    if filters.unended:
        found = found.filter(ended_at__isnull=True)
    late = Q(ended_at__isnull=True, due__lt=today())
    if filters.owed:
        found = found.filter(late | Q(state__in=(CommitmentState.KEPT, CommitmentState.LATE)))
    return found.filter(late) if filters.overdue else found


def listed(by: Actor, filters: Filters, after: str = "", size: int = PAGE) -> Page:
    """A page, the newest first. Two statements."""
    page = with_numbers(keyset(rows(by, filters), ("-id",), after, size))
    hung_words.covered(page.rows, *SAID, by=by, officials=OFFICIALS)
    return page


def public(periods: tuple[int, ...], after: str = "", size: int = PAGE) -> Page:
    """What was signed to be public, the newest first; of these rows a reader gets the public columns alone. One statement."""
    found = signed()
    page = keyset(found.filter(period__in=periods) if periods else found, ("-id",), after, size)
    withhold(page.rows)
    return page


def signed() -> QuerySet[Commitment]:
    """Those that were signed to be public, each with whether its case was shut since (`shut`)."""
    shut = Case.objects.filter(Q(restricted=True) | Q(sealed=True), id=OuterRef("case_id"))
    return Commitment.objects.select_related("owner_unit").filter(published_at__isnull=False).annotate(shut=Exists(shut))


def withhold(rows: Iterable[Any]) -> None:
    """Of a case that was restricted or sealed after the signature, unit and date stay and its words do not (rulings, 102)."""
    for one in rows:
        if one.shut:
            one.public_matter, one.public_progress = "", WITHHELD


def size(by: Actor, filters: Filters) -> int:
    """One statement."""
    return rows(by, filters).count()


def shown(by: Actor, filters: Filters) -> list[Commitment]:
    """The newest, for a page that has more beside them. One statement."""
    return hung_words.covered([dated(one) for one in rows(by, filters).order_by("-id")[:PAGE]], *SAID, by=by, officials=OFFICIALS)


def dated(one: Commitment) -> Commitment:
    one.overdue = one.ended_at is None and one.due is not None and one.due < today()
    return one


def to_remind(at: datetime) -> Iterator[tuple[int, str]]:
    """(id, stage) of every open commitment that has come to a stage of its date which nothing was said of yet. One statement."""
    on, cal = clocks.local_day(at), clocks.city_calendar()
    near = Commitment.objects.filter(state=CommitmentState.OPEN, due__gte=on - reminding.NEWS, due__lte=on + reminding.FAR)
    for one in near.only("id", "due", "made_on", "told_stage", "told_due").order_by("id"):
        stage = reminding.reached(on, one.due, one.made_on, cal)
        if stage and reminding.is_news(stage, facts.told_of(one)):
            yield one.id, stage


def with_numbers(page: Page) -> Page:
    """Each row with the number of its case."""
    known = dict(Case.objects.filter(id__in=[one.case_id for one in page.rows]).values_list("id", "number"))
    for one in page.rows:
        dated(one).case_number = known.get(one.case_id, "")
    return page


def lines(by: Actor, filters: Filters) -> Iterator[list]:
    """The whole ledger as a table, the oldest first, read page by page, words covered."""
    for found in every(rows(by, filters)):
        yield from map(_line, hung_words.covered(with_numbers(Page(found)).rows, *SAID, officials=OFFICIALS))


def _line(one: Commitment) -> list:
    cause = Cause(one.cause).label if one.cause else ""
    public = f"{one.public_matter}：{one.public_progress}" if one.published_at else ""
    return [f"{one.period.scheme.year}年{one.period}", one.owner_unit.name if one.owner_unit else "", one.what, one.owner, one.made_on, one.first_due,
            one.due, one.extensions, one.get_state_display() + ("（已过期）" if one.overdue else ""), one.done_on or "", cause, one.finding, one.ended_by,
            public, one.case_number]


def period_named(number: int, year: int = 0) -> Period:
    """The newest period of that number, of that year's scheme when one is named. Invalid: there is none."""
    found = Period.objects.filter(Q(scheme__year=year) if year else Q(), number=number).order_by("-starts", "-id").first()
    if found is None:
        raise Invalid({"period": f"没有{f'{year}年的' if year else ''}第{number}期"})
    return found


def held_in(year: int) -> list[Period]:
    """The periods of that year's schemes that were announced. Invalid: there is none."""
    found = list(Period.objects.filter(scheme__year=year).exclude(state__in=NOT_HELD).order_by("starts"))
    if not found:
        raise Invalid({"year": f"{year}年没有公告过接听日"})
    return found
