"""The sets that figures of calls count, each once: the figure and the list behind it ask the same condition."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q

from minsheng.telephony.rules.calls import IN_TIME, SHORT
from minsheng.telephony.rules.words import Direction, Result


@dataclass(frozen=True, slots=True)
class CallSet:
    label: str
    holds: Q


_IN = Q(direction=Direction.IN.value)
_OFFERED = _IN & Q(queued_at__isnull=False)
_WAITS = _OFFERED & Q(connected_at=None, result=Result.LIVE.value)  # nobody knows yet: in no rate, for it or against it (rulings, 67)
_OVER = _OFFERED & ~Q(connected_at=None, result=Result.LIVE.value)
_SHORT = _OFFERED & Q(connected_at=None, result=Result.ABANDONED.value, ended_at__lt=F("queued_at") + SHORT)
_ANSWERED = _OFFERED & Q(connected_at__isnull=False)
_GONE = _OFFERED & Q(connected_at=None, result=Result.ABANDONED.value)

SETS: dict[str, CallSet] = {
    "arrived": CallSet("呼入量", _IN),
    "greeting": CallSet("问候语中挂断", _IN & Q(result=Result.GREETING.value)),
    "offered": CallSet("进入排队", _OFFERED),
    "short": CallSet("排队不足 5 秒挂断", _SHORT),
    "waits": CallSet("还在排队", _WAITS),
    "offered_over": CallSet("进入排队，已有结果", _OVER),
    "offered_kept": CallSet("进入排队，已有结果（不足 5 秒挂断的除外）", _OVER & ~_SHORT),
    "answered": CallSet("人工接听", _ANSWERED),
    "answered_15s": CallSet("15 秒内接听", _ANSWERED & Q(connected_at__lte=F("queued_at") + IN_TIME)),
    "abandoned": CallSet("排队时挂断", _GONE),
    "pressed": CallSet("按键要求回拨", _IN & Q(result=Result.CALLBACK.value)),
    "left": CallSet("无人接听离队", _IN & Q(result=Result.LEFT.value)),
    "voicemail": CallSet("留言", _IN & Q(result=Result.VOICEMAIL.value)),
    "in_transfer": CallSet("转接中离开", _IN & Q(result=Result.IN_TRANSFER.value)),
    "cut": CallSet("话机断线，没有接回", _IN & Q(result=Result.CUT.value)),
    "restart": CallSet("话务平台重启中断", _IN & Q(result=Result.PBX_RESTART.value)),
    "transferred": CallSet("转接", _ANSWERED & ~Q(transferred_to="")),
    "out": CallSet("呼出", Q(direction=Direction.OUT.value)),
    "doubtful": CallSet("存疑", ~Q(doubtful="")),
    "live": CallSet("进行中", _IN & Q(result=Result.LIVE.value)),
}
WAITS = ((0, 5), (5, 15), (15, 30), (30, 60), (60, 120), (120, 0))  # seconds in the queue of those who gave up; 0: without end
