"""Pure: kinds of requester, reasons, and flags on a number that abuses the line (rulings, 27)."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.verdict import YES, Verdict, no

REASON_AT_LEAST = 4


class ContactKind(Labelled):
    COMPANY = "company", "企业"
    PERSON = "person", "群众"


class Grade(StrEnum):
    """What a flag asks of the agent. None of them bars the way to the emergency branch, and none ends a call by itself."""

    label: str
    days: int
    advice: str

    def __new__(cls, value: str, label: str = "", days: int = 0, advice: str = ""):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.days, member.advice = label, days, advice
        return member

    LIMIT = "limit", "限制重复受理", 60, "同一事项不再重复登记，告知已有工单进展；新事项和紧急情况照常受理"
    NOTE = "note", "提示", 90, "照常受理，注意沟通方式"
    POLICE = "police", "移交公安线索", 90, "照常受理紧急情况；骚扰通话记入通话记录，线索由值班长移交"
    WARN = "warn", "劝诫", 90, "照常受理，先告知热线使用规范"


class FlagState(Labelled):
    ACTIVE = "active", "有效"
    APPEALED = "appealed", "申诉中"
    LIFTED = "lifted", "已解除"
    PROPOSED = "proposed", "待批准"


@dataclass(frozen=True, slots=True)
class FlagFacts:
    state: FlagState
    grade: Grade
    proposed_by: int
    expires_at: datetime

    def counts(self, at: datetime) -> bool:
        """Is it shown to the agent at that moment? An appeal suspends everything above a note."""
        live = self.state == FlagState.ACTIVE or (self.state == FlagState.APPEALED and self.grade == Grade.NOTE)
        return live and at < self.expires_at


def latest_expiry(grade: Grade, at: datetime) -> datetime:
    return at + timedelta(days=grade.days)


def reason_given(reason: str) -> Verdict:
    """A reason that somebody else can check later has at least four characters, not all the same."""
    text = "".join(reason.split())
    if len(text) < REASON_AT_LEAST or len(set(text)) < 2:
        return no("reason", "请写明查看理由（至少 4 个字）", "reason")
    return YES


# --- how many numbers one person sees ------------------------------------------------------------

HOUR = timedelta(hours=1)
MOST = 200  # of any of the three: more says nothing any more


@dataclass(frozen=True, slots=True)
class Budget:
    """Numbers that one person may see in an hour, each case counted once.

    per_hour    for reasons of one's own; per_reason of these with the same words
    in_hand     of cases that the program itself has given the person to ring (a call-back's list, a drawn recheck): the task. A clerk makes
                20 to 40 calls an hour; a script makes hundreds
    """

    per_hour: int = 30
    per_reason: int = 10
    in_hand: int = 90


@dataclass(frozen=True, slots=True)
class Seen:
    """A number that was shown: of which case, why, when (machine time), whether it was in hand."""

    about: str
    reason: str
    at: datetime
    in_hand: bool


def same_words(reason: str) -> str:
    """What is left when figures, spaces and signs are taken away: 核对地址1 and 核对地址 2 are one reason."""
    return "".join(c for c in unicodedata.normalize("NFKC", reason).casefold() if c.isalpha())


def may_see_another(budget: Budget, seen: Iterable[Seen], wanted: Seen, fixed: bool = False) -> Verdict:
    """`seen`: of the last hour. What was seen already costs nothing. `fixed`: the reason stands on a button and was not typed."""
    rows: dict[str, Seen] = {}
    for row in sorted(seen, key=lambda row: row.at):
        if wanted.at - HOUR < row.at <= wanted.at:
            rows.setdefault(row.about, row)
    mine = [row for row in rows.values() if row.in_hand == wanted.in_hand]
    if wanted.about in rows:
        return YES
    if len(mine) >= (budget.in_hand if wanted.in_hand else budget.per_hour):
        minutes = max(1, math.ceil((mine[0].at + HOUR - wanted.at).total_seconds() / 60))
        return no("budget", f"一小时内已查看 {len(mine)} 个号码，到了额度。请等 {minutes} 分钟，急用请值班长在值班台放行")
    words = same_words(wanted.reason)
    if not wanted.in_hand and not fixed and sum(same_words(row.reason) == words for row in mine) >= budget.per_reason:
        return no("budget_reason", f"一小时内已有 {budget.per_reason} 个号码用的是同一个理由。请写明这一件为什么要看", "reason")
    return YES


def budget_fits(budget: Budget) -> dict[str, str]:
    """Field -> what to write, for numbers that are no budget."""
    return {name: f"应为 1 至 {MOST} 的整数" for name in ("per_hour", "per_reason", "in_hand") if not 1 <= getattr(budget, name) <= MOST}


@dataclass(frozen=True, slots=True)
class Sought:
    """The keyed hash of a whole number that somebody may look for now: made by `number_searches` alone, which counts."""

    hash: bytes


def may_allow_more(by: Actor, person_id: int) -> Verdict:
    """One more budget for somebody: by a shift leader who is somebody else (rulings, 35)."""
    if Role.SHIFT_LEADER not in by.roles:
        return no("role", "超出额度由值班长放行")
    return YES if by.id != person_id else no("self", "不能给自己放行，请另一位值班长办理或等额度恢复")


PROPOSES = frozenset({Role.AGENT, Role.SHIFT_LEADER})  # who has the caller on the line: proposes a flag, writes down an appeal
DECIDES = frozenset({Role.SHIFT_LEADER, Role.SUPERVISOR})  # approves, rules on an appeal, lifts


def may_flag(by: Actor) -> Verdict:
    return YES if by.roles & PROPOSES else no("role", "来电标记由话务员或值班长提出")


def may_decide(by: Actor) -> Verdict:
    return YES if by.roles & DECIDES else no("role", "来电标记由值班长或督办员批准、复核、解除")


def may_approve(flag: FlagFacts, by_id: int) -> Verdict:
    if flag.state != FlagState.PROPOSED:
        return no("state", "该标记不在待批准状态")
    if by_id == flag.proposed_by or not by_id:
        return no("two_persons", "标记须由提出人以外的另一人批准")
    return YES


def may_lift(flag: FlagFacts) -> Verdict:
    return no("state", "该标记已解除") if flag.state == FlagState.LIFTED else YES


def may_appeal(flag: FlagFacts) -> Verdict:
    return YES if flag.state == FlagState.ACTIVE else no("state", "只有有效的标记可以申诉")
