"""What lies on the dispatcher's desk and what is asked before a case is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from django.db.models import Case as DbCase
from django.db.models import Count, Q, QuerySet, Value, When

from minsheng.accounts.rules import Actor
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases import queries, rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, StepText
from minsheng.cases.queries import lists, marked, words
from minsheng.cases.queries.words import View
from minsheng.cases.rules import Ask, CaseFacts, State
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.database import WrittenOut, planned_once
from minsheng.kit.ids import floor_id
from minsheng.kit.paging import Page, keyset
from minsheng.kit.verdict import Invalid

BACK = timedelta(days=90)  # how far back a forgotten review of a decline or of a night dispatch is still shown


class Pile(StrEnum):
    """The piles of the desk, in the order of its tabs."""

    label: str

    def __new__(cls, value: str, label: str = ""):
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member

    WAITING = "waiting", "待派单"
    RETURNED = "returned", "退单后改派"
    CONSULT = "consult", "会商中"
    DECLINED = "declined", "不予受理待确认"
    NIGHT = "night", "夜间直派待补审"


_WAITS = Q(state=State.PENDING_REVIEW.value, closed_at=None)
_IN = {
    Pile.WAITING: _WAITS & Q(paused=False, returns=0),
    Pile.RETURNED: _WAITS & Q(paused=False, returns__gt=0),
    Pile.CONSULT: _WAITS & Q(paused=True),  # nothing else stops the clock of this desk: rules.clocks.stands_still
    # Written out, as in their indexes: planned once with values to come, the server could not know that it may use them.
    Pile.DECLINED: Q(WrittenOut(marked.DECLINE_OPEN)),
    Pile.NIGHT: Q(WrittenOut(marked.NIGHT_OPEN)),
}


TIMED = {Pile.WAITING, Pile.RETURNED, Pile.CONSULT}  # a limit runs or waits: the oldest first


def of_pile(pile: Pile) -> Q:
    return _IN[pile] if pile in TIMED else _IN[pile] & Q(id__gte=floor_id(clock.now() - BACK), imported=False)


def _rows(by: Actor, pile: Pile) -> QuerySet[Case]:
    return queries.visible(by).filter(of_pile(pile))


@planned_once()
def piled(by: Actor, pile: Pile, after: str = "", size: int = 50) -> Page:
    """A page of a pile: the oldest limit first where a limit runs, else the oldest case first. One statement."""
    rows = lists.shown(_rows(by, pile))
    if pile in TIMED:
        return keyset(rows.filter(due_at__isnull=False), ("due_at", "id"), after, size)
    return keyset(rows, ("id",), after, size)


@planned_once()
def counts(by: Actor) -> dict[Pile, int]:
    """How many lie on each pile: one statement, each part by its own index (what waits; what was declined; what went by night)."""
    waiting = queries.visible(by).filter(_WAITS).values(pile=_TIMED_PILE).annotate(n=Count("id"))
    others = [_rows(by, pile).values(pile=Value(pile.value)).annotate(n=Count("id")) for pile in Pile if pile not in TIMED]
    found = {row["pile"]: row["n"] for row in waiting.union(*others, all=True)}
    return {pile: found.get(pile.value, 0) for pile in Pile}


_TIMED_PILE = DbCase(When(paused=True, then=Value(Pile.CONSULT.value)), When(returns__gt=0, then=Value(Pile.RETURNED.value)),
                     default=Value(Pile.WAITING.value))


@dataclass(frozen=True)
class Promise:
    """A date that sending would set. `why` says how long and on what ground."""

    label: str
    due: str
    why: str


def promises(case: Case, limit: str = "") -> list[Promise]:
    """Sign-by and finish-by dates if the case were sent now: the deed's own clocks on a copy. `limit` is another one given by hand;
    Invalid for a limit that is none."""
    now, own = clock.now(), _own(limit) if limit else None
    then = clocks.would(case, lambda all_: all_.start_handling(now, own), State.PENDING_SIGN, now, {Ask.CONSULT})
    return [_promise(then.last(code), word) for code, word in (("sign", "签收"), ("contact", "联系诉求人"), ("handle", "办结"))]


def _promise(row, word: str) -> Promise:
    span = Limit.parse(row.limit).label
    since = f"{time_rules.for_public(row.started_at, clocks.city_calendar(), clock.now())}起" if row.id else ""  # runs already: a re-route starts nothing anew
    return Promise(word, time_rules.for_public(row.due_at, clocks.city_calendar(), clock.now()), "，".join(filter(None, (span, since, row.basis))))


def _own(limit: str) -> Limit:
    try:
        return Limit.given(limit)
    except ValueError as wrong:
        raise Invalid({"limit": f"办理时限{wrong}"}) from None


def doubts(case: Case, facts: CaseFacts) -> list[str]:
    """What should be looked at before sending, in words; empty when nothing is."""
    matter = queries.categories().get(case.category_id) if case.category_id else None
    found = (
        (not facts.category, "还没有分类：派单前请先修正登记"),
        (bool(facts.marks.missing) and not facts.marks.waived, "缺要素：" + "、".join(facts.marks.missing)),
        (bool(facts.complaint.unit), "反映的是承办单位本身：不得派给被反映单位及其下级，诉求人信息已保密"),
        (facts.no_push_down, f"“{matter.name if matter else ''}”属部门职责，不得下派乡镇街道"),
        (facts.restriction.on, "限制知悉：只有名单内人员可见，派单前请先电话报告值班长"),
        (facts.returns >= rules.PROBLEM_AT - 1, f"已退单 {facts.returns} 次：建议先提请派前会商"),
        (bool(facts.requests.pending), "正在等待裁定：" + "、".join(a.label for a in facts.requests.pending)),
        (case.urgent, "紧急：签收时限按钟点昼夜计算，派出后会呼叫单位值班电话"),
        (bool(case.previous_id), "关联重开：同一诉求人对上一单有新情况"),
    )
    return [words for true, words in found if true]


_GROUNDS = ("reason", "ruling", "told", "minutes", "order")


@planned_once()
def words_before(case: Case, view: View) -> list[str]:
    """Reasons given with the case so far (agent's hint, return ruling, minutes of a consultation), the newest first. One statement."""
    rows = StepText.objects.filter(case_id=case.id).select_related("step").order_by("-step_id")[:6]
    given = [(row.step.step, words.of_step_text(row, case, view)) for row in rows]
    said = [(step, next((g[n] for n in _GROUNDS if g.get(n)), "")) for step, g in given]
    labels = [(PROCEDURE[step].desk.quoted if PROCEDURE.get(step) else "", text) for step, text in said]
    return [f"{label}：{text}" for label, text in labels if label and text]
