"""States and words of schemes, periods and commitments. Pure."""

from __future__ import annotations

from minsheng.accounts.rules import Role
from minsheng.kit.labelled_enum import Labelled


class SchemeState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "起草中"
    ISSUED = "issued", "已印发"


class PeriodState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "筹备中"
    ANNOUNCED = "announced", "已公告"
    HELD = "held", "已接听"
    CLOSED = "closed", "已总结"
    CANCELLED = "cancelled", "已取消"


NOT_HELD = frozenset({PeriodState.NEW, PeriodState.DRAFT, PeriodState.CANCELLED})  # no figures, no desks that answer


class CommitmentState(Labelled):
    NEW = "new", "新建"
    OPEN = "open", "兑现中"
    PROVED = "proved", "待核验"
    KEPT = "kept", "已兑现"
    LATE = "late", "未按期兑现"
    WITHDRAWN = "withdrawn", "已撤回"


ENDS = frozenset({CommitmentState.KEPT, CommitmentState.LATE, CommitmentState.WITHDRAWN})


class Source(Labelled):
    """Where a commitment was made."""

    DESK = "desk", "接听席上"
    MEETING = "meeting", "协调会上"


class Medium(Labelled):
    """Where a notice of a period was published."""

    TV = "tv", "电视"
    RADIO = "radio", "广播"
    PRESS = "press", "报刊"
    WEB = "web", "网站"
    WECHAT = "wechat", "微信"


class Cause(Labelled):
    """Why a commitment was not kept in time."""

    FUNDS = "funds", "资金未到位"
    PERMIT = "permit", "审批手续未完成"
    OTHERS = "others", "须其他单位先办"
    SEASON = "season", "季节或天气所限"
    WORK = "work", "推进不力"
    OTHER = "other", "其他"


# Who sees all schemes, periods and commitments; whoever works in a unit sees those of its own desks and duties (`queries.sight`).
SEES_ALL = frozenset({Role.COORDINATOR, Role.SUPERVISOR, Role.SHIFT_LEADER, Role.ANALYST, Role.INSPECTOR})
SEES_OWN_UNIT = frozenset({Role.LEADER, Role.UNIT_APPROVER, Role.UNIT_LIAISON, Role.UNIT_HANDLER})
READERS = SEES_ALL | SEES_OWN_UNIT
