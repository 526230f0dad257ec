"""The sets that measures divide, each declared once over facts. Pure.

A fact is what a case's history says of one thing at one time (`facts_of_case`): that it was received, that a limit fell due, that a unit
was sent it, that its requester was asked. `at` puts it into a period, `known_at` says since when it is known. A changed fact is
taken back by a row of sign -1 and said anew; so a set is a condition on one row, and its size the sum of signs. Each fact belongs
to exactly one lead, matter, channel and district, so a whole is the sum of its parts (rulings, 21).

The conditions keep to what PostgreSQL, DuckDB and Spark all understand; `%(cutoff)s` is the only thing that is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from minsheng.cases.rules import Satisfaction, State

NO_REPEAT = frozenset({State.START, State.DRAFT, State.DECLINED, State.TRANSFERRED})
NOT_ACCEPTED = NO_REPEAT | {State.SPLIT}  # of a split request its parts are accepted; what was asked before is still that request
ORDER_DONE = frozenset({State.CLOSED, State.TERMINATED, State.FINAL_REPLIED})
DONE = ORDER_DONE | {State.DIRECT_ANSWERED}

# How far an accepted case got: each stage holds what the one before holds and something more. How it ended, or that it did not.
STAGES = {"received": "受理", "dispatched": "派单", "signed": "签收", "replied": "答复", "called": "回访到", "solved": "解决"}
OUTCOMES = {"solved": "已解决", "unsolved": "未解决", "spot": "当场答复", "unasked": "办结，未答", "apart": "并单、撤诉", "open": "还在办"}
FACTS = {
    "received": "受理：受理时间，到此刻怎样了", "course": "经过：受理时间、一周里的第几个钟点，走到哪一步、结果如何",
    "undated": "时间不明：推定的受理时间", "closed": "办结：办结时间", "sign": "签收：签收时限，何时签收",
    "contact": "联系：联系时限，何时联系、何时录入、诉求人怎么说；每轮一条", "handle": "办理：办理时限，何时办理完毕；每轮一条",
    "dispatch": "派单：派给主办单位的时间，后来退单、重办、延期没有；每派一次一条", "answer": "回访：一个诉求人一轮办理的最后一次回访的时间和回答",
    "repeat": "重复：受理时间，此前 30 天内同一诉求人同一分类最近一次",
    "task": "协办：请办时间，反馈时限，何时反馈；没有反馈就退回或停办的，自何时；每个任务一条",
    "call": "来电：来电时间，按话务记录是哪一类", "commitment": "承诺：兑现日期（含批准的延期）过完的时刻，核验结论",
}
# Of an incoming call the first that holds, by its name in telephony -> its word in the book.
CALL_CLASSES = {"answered_15s": "in_15s", "answered": "answered", "offered_kept": "offered", "short": "short"}


@dataclass(frozen=True, slots=True)
class Window:
    """A period, half-open. `cutoff`: what had fallen due by then; `known`: as known at the cut-off, else as known now. `raw`: before exclusions (剔除前)."""

    start: datetime
    end: datetime
    cutoff: datetime
    raw: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True)
class Set:
    """`sql`: which facts of its kind lie in it; "" all. `kept`: without what was excluded (剔除), unless the raw view is asked for."""

    code: str
    fact: str
    label: str
    sql: str = ""
    kept: bool = True


def list_of(words: Iterable[State] | Iterable[Satisfaction]) -> str:
    return ", ".join(f"'{s.value}'" for s in sorted(words))


def course(stage: str, outcome: str) -> str:
    """The word of a course: how far, and how it stands."""
    return f"{list(STAGES).index(stage)}.{outcome}"


def _courses(stages: Iterable[str], outcomes: Iterable[str]) -> str:
    words = [f"'{course(stage, outcome)}'" for stage in stages for outcome in outcomes]
    return f"f.standing IN ({', '.join(words)})"


def _of_courses() -> Iterator[Set]:
    """`came` is `received` by its parts: by how far they got, and by how they stand."""
    yield Set("came", "course", "期内受理", kept=False)
    for n, (stage, label) in enumerate(STAGES.items()):
        if n:
            yield Set(f"went.{stage}", "course", f"其中走到{label}", _courses(list(STAGES)[n:], OUTCOMES), kept=False)
    for outcome, label in OUTCOMES.items():
        yield Set(f"stands.{outcome}", "course", f"其中{label}", _courses(STAGES, [outcome]), kept=False)


_ACCEPTED = "f.standing NOT IN ('declined', 'transferred', 'split')"
_TO_COMPLETE = "f.standing NOT IN ('declined', 'transferred', 'split', 'merged', 'withdrawn')"
# Past, and not standing still; what was past when time stopped stays past.
_PAST = "(f.at <= %(cutoff)s AND (f.stands_since IS NULL OR f.stands_since > f.at))"
_MET = "(f.met_at IS NOT NULL AND f.met_at <= %(cutoff)s)"
_DUE = f"({_MET} OR {_PAST})"
_IN_TIME = f"({_MET} AND f.met_at <= f.at)"
_OWED = f"({_MET} OR (f.waived_at IS NOT NULL AND f.waived_at <= %(cutoff)s) OR {_PAST})"
_WAIVED = "(f.waived_at IS NOT NULL AND f.waived_at <= f.at AND f.waived_at <= %(cutoff)s)"
_TO_CONTACT = f"({_OWED} AND NOT {_WAIVED})"
_CLAIMED = f"({_TO_CONTACT} AND {_IN_TIME})"
# Typed after the limit it is the unit's word alone, and counts when the requester says the same (rulings, 29).
_TYPED_IN_TIME = "(coalesce(f.typed_at, f.met_at) <= f.at OR coalesce(f.contacted, false))"
_NOT_DENIED = "coalesce(f.contacted, true)"
# Its answer was due and still asked for: who gives it back, or is relieved of it, once the date has passed had it to answer (rulings, 66).
_TASK_DUE = "(f.before_at IS NOT NULL AND f.before_at <= %(cutoff)s AND (f.stands_since IS NULL OR f.stands_since > f.before_at))"

_ALL = (
    Set("received", "received", "期内受理", _ACCEPTED, kept=False),
    Set("undated", "undated", "来源没有时间、按推定时间落在期内", kept=False),
    Set("answered_online", "received", "期内受理、当场答复（接听日的还要回访）", "f.standing IN ('answered', 'on_the_spot')", kept=False),
    Set("declined", "received", "期内登记、不予受理", "f.standing = 'declined'", kept=False),
    Set("transferred", "received", "期内登记、转接专门渠道", "f.standing = 'transferred'", kept=False),
    Set("closed", "closed", "期内办结的工单", kept=False),
    Set("to_complete", "received", "期内受理、应办结", _TO_COMPLETE),
    Set("completed", "received", "其中到统计截止已办结", f"f.standing IN ('done', 'answered') AND {_MET}"),
    Set("sign_due", "sign", "签收时限在期内", _DUE),
    Set("signed_in_time", "sign", "其中按时签收", _IN_TIME),
    Set("contact_due", "contact", "应联系、联系时限在期内（重办另计一轮）", _TO_CONTACT),
    Set("contact_claimed", "contact", "其中单位记录按时联系", _CLAIMED),
    Set("contact_confirmed", "contact", "其中按时联系且诉求人未否认", f"{_CLAIMED} AND {_NOT_DENIED} AND {_TYPED_IN_TIME}"),
    Set("contact_unconfirmed", "contact", "其中仅有单位记录、未经诉求人确认", f"{_CLAIMED} AND f.contacted IS NULL AND {_TYPED_IN_TIME}"),
    Set("contact_denied", "contact", "单位记录已联系、诉求人回访时否认", f"{_CLAIMED} AND NOT {_NOT_DENIED}"),
    Set("contact_typed_late", "contact", "其中超过时限才补录、诉求人未确认", f"{_CLAIMED} AND {_NOT_DENIED} AND NOT {_TYPED_IN_TIME}"),
    Set("contact_owed", "contact", "联系时限在期内，含记为无需联系的", _OWED),
    Set("contact_waived", "contact", "其中时限内记为无需或无法联系", f"{_OWED} AND {_WAIVED}"),
    Set("handle_due", "handle", "办理时限（含批准的延期）在期内（重办另计一轮）", _DUE),
    Set("handled_in_time", "handle", "其中按时办理完毕", _IN_TIME),
    Set("dispatched", "dispatch", "期内派给主办单位（每派一次计一次，当即撤回的不计）", kept=False),
    Set("sent", "dispatch", "期内派给主办单位、未剔除"),
    Set("return_asked", "dispatch", "其中申请退单", "f.return_asked"),
    Set("return_upheld", "dispatch", "其中退单获同意", "f.return_upheld"),
    Set("sent_right", "dispatch", "其中没有同意退单", "NOT f.return_upheld"),
    Set("redone", "dispatch", "其中重办", "f.redone"),
    Set("extended", "dispatch", "其中批准延期", "f.extended"),
    Set("attempted", "answer", "期内回访的诉求人"),
    Set("reached", "answer", "其中接受回访", "f.reached"),
    Set("answered_solved", "answer", "其中回答了是否解决", "f.solved IS NOT NULL"),
    Set("solved", "answer", "其中回答已解决", "f.solved"),
    Set("answered_satisfaction", "answer", "其中回答了是否满意", "f.satisfaction <> ''"),
    Set("satisfied", "answer", "其中非常满意、满意或基本满意", f"f.satisfaction IN ({list_of(s for s in Satisfaction if s.counts)})"),
    Set("known", "repeat", "期内受理、诉求人和分类已知"),
    Set("repeated", "repeat", "其中 30 天内同一诉求人同一分类已反映过", "f.before_at IS NOT NULL"),
    # What is excluded is excluded for the lead that it was granted to: its co-units answer for their own tasks.
    Set("co.given", "task", "期内请单位协办的任务（时限没到就收回、取消的不计）", kept=False),
    Set("co.due", "task", "其中到统计截止已过反馈时限的（时限内退回的不计）", _TASK_DUE, kept=False),
    Set("co.in_time", "task", "其中时限内反馈的", f"{_TASK_DUE} AND {_MET} AND f.met_at <= f.before_at", kept=False),
    Set("co.returned", "task", "其中退回给协调员另定的", "f.standing = 'returned'", kept=False),
    Set("calls.offered_kept", "call", "进入排队、已有结果的来电（不足 5 秒挂断的除外）", "f.standing IN ('in_15s', 'answered', 'offered')", kept=False),
    Set("calls.answered", "call", "人工接听的来电", "f.standing IN ('in_15s', 'answered')", kept=False),
    Set("calls.answered_15s", "call", "15 秒内接听的来电", "f.standing = 'in_15s'", kept=False),
    # Its day over, and no word that it was kept: not kept (rulings, 63).
    Set("commitments_due", "commitment", "兑现日期在期内的承诺事项（批准撤回的不计）",
        "f.standing <> 'withdrawn' AND (f.standing IN ('kept', 'late') OR f.at <= %(cutoff)s)", kept=False),
    Set("commitments_kept", "commitment", "其中经核验已兑现", "f.standing = 'kept'", kept=False),
    *_of_courses(),
)
SETS = {s.code: s for s in _ALL}


BOOK = 5  # raised where histories say more than before: all are read once more, and what the book lacks is added

RAW = "raw:"  # before a set's code: the same set before exclusions (剔除前), counted beside it


def plain(code: str) -> str:
    return code.removeprefix(RAW)


def bits(fact: str) -> dict[str, int]:
    """set -> its bit among those of its kind of fact: a cell of the cube says by their sum which sets its facts lie in."""
    return {s.code: 1 << n for n, s in enumerate(s for s in _ALL if s.fact == fact)}


BITS = {code: bit for fact in FACTS for code, bit in bits(fact).items()}


def declared(zone: str) -> str:
    """A digest of all that the cube is made by, the city's zone too: made by another one, it is made anew. Its end says of what the book is."""
    return hashlib.sha256(repr((_ALL, sorted(BITS.items()), zone)).encode()).hexdigest()[:29] + f":{BOOK:02}"


def same_book(declared: str) -> bool:
    return declared.endswith(f":{BOOK:02}")
