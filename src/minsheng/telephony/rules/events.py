"""What happens to a call, one list for every exchange. A call is what its events say, in whatever order and however often they come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minsheng.kit.labelled_enum import Labelled


class Kind(Labelled):
    """Alphabetical."""

    ABANDONED = "abandoned", "排队时挂断"
    AGENT_CHANGED = "agent_changed", "坐席状态变化"
    ARRIVED = "arrived", "来电"
    CALLBACK_REQUESTED = "callback_requested", "按键要求回拨"
    CONNECTED = "connected", "接通"
    DIALLED = "dialled", "呼出"
    DROPPED = "dropped", "话机断线"
    ENDED = "ended", "通话结束"
    HANDED_OVER = "handed_over", "110转来"
    HELD = "held", "保持"
    JOINED = "joined", "加入通话"
    LANGUAGE_CHOSEN = "language_chosen", "选择语言"
    LEFT_QUEUE = "left_queue", "离开队列"
    NOT_ANSWERED = "not_answered", "坐席未接"
    OFFERED = "offered", "振铃"
    PBX_DOWN = "pbx_down", "话务平台断开"
    PBX_RESTARTED = "pbx_restarted", "话务平台重启"
    QUEUED = "queued", "进入排队"
    RECORDED = "recorded", "开始录音"
    SURVEY_ANSWERED = "survey_answered", "挂机评价"
    TRANSFERRED = "transferred", "转接"
    VOICEMAIL = "voicemail", "留言"
    WITHHELD = "withheld", "不显示号码"


OF_THE_EXCHANGE = frozenset({Kind.PBX_DOWN, Kind.PBX_RESTARTED, Kind.AGENT_CHANGED})  # of no call


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    linkedid  the whole call, across its legs; "" for what is of no call
    uniqueid  the leg, as the exchange names it
    number    the other party's, as it came; kept nowhere but sealed in the call, and no part of the event's key
    exact     the time has milliseconds: it refines the same event told in whole seconds
    """

    kind: Kind
    pbx: str
    linkedid: str
    uniqueid: str
    at: datetime
    agent: int = 0
    queue: str = ""
    language: str = ""
    target: str = ""  # where it was transferred to, how it left, who hung up, a file's path
    value: int = 0
    direction: str = ""
    exact: bool = False
    number: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """What is kept beside the columns of the key; without the number."""
        parts = {"agent": self.agent, "queue": self.queue, "language": self.language, "target": self.target, "value": self.value,
                 "direction": self.direction, "exact": self.exact}
        return {name: value for name, value in parts.items() if value}


def from_row(kind: str, pbx: str, linkedid: str, uniqueid: str, at: datetime, data: dict[str, Any]) -> Event:
    """As it was kept."""
    return Event(Kind(kind), pbx, linkedid, uniqueid, at, **data)
