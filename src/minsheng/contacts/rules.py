"""Pure: kinds of requester, reasons, and flags on a number that abuses the line (rulings, 27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

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

    def __new__(cls, value: str, label: str, days: int, advice: str):
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
