"""States and words of slips. Pure."""

from __future__ import annotations

from minsheng.accounts.rules import Role
from minsheng.kit.labelled_enum import Labelled
from minsheng.oversight.rules.ladder import Measure


class SlipState(Labelled):
    NEW = "new", "新建"
    PROPOSED = "proposed", "系统拟出"
    DRAFT = "draft", "拟稿中"
    SIGNED = "signed", "待编号"
    ISSUED = "issued", "待签收"
    ACKNOWLEDGED = "acknowledged", "待回复"
    ANSWERED = "answered", "待审回复"
    ENDED = "ended", "已了结"
    DROPPED = "dropped", "不发"
    WITHDRAWN = "withdrawn", "已撤销"

    @property
    def is_out(self) -> bool:
        """It has left: the unit knows of it."""
        return self in OUT


OUT = frozenset({SlipState.ISSUED, SlipState.ACKNOWLEDGED, SlipState.ANSWERED, SlipState.ENDED, SlipState.WITHDRAWN})
OWED = frozenset({SlipState.ISSUED, SlipState.ACKNOWLEDGED})  # an answer is owed
KINDS = tuple((m.value, m.label) for m in Measure if not m.by_clock)

# Who sees all slips; whoever works in a unit sees those that were sent to it (`queries.sight`).
SEES_ALL = frozenset({Role.COORDINATOR, Role.INSPECTOR, Role.SUPERVISOR})
SEES_OWN_UNIT = frozenset({Role.LEADER, Role.UNIT_APPROVER, Role.UNIT_LIAISON})
READERS = SEES_ALL | SEES_OWN_UNIT
INSIDE = frozenset({"propose_slip", "draft_slip", "take_up_slip", "amend_slip", "sign_slip", "recall_slip"})  # steps before it leaves
