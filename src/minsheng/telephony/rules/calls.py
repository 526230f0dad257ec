"""What a call was, from its events. Pure, and of the set of events alone: in whatever order, batches and repetitions they come, the call is the same.

A call without an end is closed by a restart of its exchange that came after the last thing heard of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from minsheng.telephony.rules.events import Event, Kind
from minsheng.telephony.rules.words import CallbackReason, Direction, Result

SHORT = timedelta(seconds=5)  # who hangs up within this never waited
IN_TIME = timedelta(seconds=15)  # GB/T 33358
_SAME = timedelta(seconds=2)  # the same thing told with and without fractions of a second
_APART = timedelta(seconds=30)  # further apart, two arrivals under one number are two calls
PASSED_BACK = "passed_back"
ASKED_FIRST = "先询问的一方"  # to whom a call went, where the exchange told of nobody who came in
_DESK = re.compile(r"q-desk-(\d{1,19})", re.ASCII)
_OURS = re.compile(r"cb-(\d{1,18})-(\d{1,4})", re.ASCII)
DOUBTS = {"twice": "两个话务平台用了同一个名字，这个编号有两通来电", "clock": "通话中话务平台的时钟跳动，时长可能不准",
          "jump": "通话中时钟被拨动，时长可能不准"}
FOR_GOOD = ("twice", "jump")  # its events alone do not say it


@dataclass(frozen=True, slots=True)
class CallFacts:
    """One call as it is kept."""

    direction: str
    queue: str
    language: str
    number: str
    arrived_at: datetime
    queued_at: datetime | None
    connected_at: datetime | None
    left_at: datetime | None
    ended_at: datetime | None
    result: str
    agent_id: int | None
    hold_s: int
    rings: int
    transferred_to: str
    survey: int | None
    period_desk_id: int | None
    callback_id: int | None
    party: str
    doubtful: str


@dataclass(frozen=True, slots=True)
class Leg:
    """What is recorded of one leg."""

    leg: str
    path: str
    began_at: datetime


def attempt_of(linkedid: str) -> tuple[int, int] | None:
    """(call-back, attempt) of a call that was made for one."""
    found = _OURS.fullmatch(linkedid)
    return (int(found[1]), int(found[2])) if found and int(found[1]) < 2**63 else None


def _order(event: Event) -> tuple[object, ...]:
    return (event.at, event.kind, event.uniqueid, event.agent, event.queue, event.target, event.value, event.number)


class _Events:
    """The events of one call, each once, in order."""

    def __init__(self, events: Iterable[Event]):
        self.all = sorted(set(events), key=_order)
        self.by: dict[Kind, list[Event]] = {}
        for event in self.all:
            self.by.setdefault(event.kind, []).append(event)

    def of(self, *kinds: Kind) -> list[Event]:
        return [event for event in self.all if event.kind in kinds]

    def first(self, kind: Kind) -> Event | None:
        return self.by[kind][0] if kind in self.by else None

    def exactly(self, at: datetime, kind: Kind) -> datetime:
        """The instant told in whole seconds, with its fraction where the exact ledger has it."""
        near = [e.at for e in self.by.get(kind, ()) if e.exact and abs(e.at - at) < _SAME]
        return min(near, key=lambda one: abs(one - at)) if near else at


def what_was(events: Iterable[Event], restarts: Iterable[datetime] = ()) -> CallFacts:
    """The call of these events (at least one). `restarts`: of its exchange."""
    known = _Events(events)
    arrived = _arrived(known)
    direction = _direction(known)
    queued, connected = _queued(known), _connected(known, direction)
    left, ended = _left(known, connected), _ended(known, connected)
    left = ended if left and _came_back(known) and not known.of(Kind.TRANSFERRED) else left
    cut = None if ended else _cut_off(known, arrived, restarts)
    answered_by = next((e.agent for e in known.of(Kind.CONNECTED, Kind.ENDED) if e.agent), None)
    queue = _queue(known)
    ours = attempt_of(known.all[0].linkedid)
    survey = known.first(Kind.SURVEY_ANSWERED)
    return CallFacts(
        direction=direction, queue=queue, language=_language(known), number=shown(known.all),
        arrived_at=arrived, queued_at=queued, connected_at=connected, left_at=left or (cut if connected else None), ended_at=ended or cut,
        result=_result(known, direction, connected, ended, cut).value, agent_id=answered_by or _dialling_agent(known, direction),
        hold_s=_held(known, left or ended or cut), rings=len({e.at for e in known.of(Kind.NOT_ANSWERED)}),
        transferred_to=_transferred_to(known), survey=survey.value if survey else None,
        period_desk_id=_desk(known, queue), callback_id=ours[0] if ours else None,
        party=next((e.target for e in known.of(Kind.HANDED_OVER)), "")[:8],
        doubtful=_doubt(known, arrived, queued, connected, ended))


def _queue(known: _Events) -> str:
    """Where the call came last; of several in one second, whose order the ledger does not tell, the one that has not answered yet."""
    told = [e for e in known.of(Kind.QUEUED, Kind.CONNECTED) if e.queue]
    answered = {e.queue for e in known.of(Kind.CONNECTED)}
    return next((e.queue for e in reversed(told) if e.at == told[-1].at and e.queue not in answered), told[-1].queue if told else "")


def _desk(known: _Events, queue: str) -> int | None:
    """The leader's desk that answered, or where the call came last. Of two queues in one second the ledger does not say which was first."""
    answered = [e.queue for e in known.of(Kind.CONNECTED)]
    return next((int(found[1]) for name in (*reversed(answered), queue) if (found := _DESK.fullmatch(name)) and int(found[1]) < 2**63), None)


def shown(events: Iterable[Event]) -> str:
    """The other party's number, "" where they let none be shown: the network told it to the exchange alone (rulings, 110)."""
    kept = list(events)
    return "" if any(e.kind == Kind.WITHHELD for e in kept) else next((e.number for e in kept if e.number), "")


def _transferred_to(known: _Events) -> str:
    """A line of the list, a colleague's telephone, a queue. Of who was asked first the exchange says only that the call went to them: it is who came in
    as the agent left, or the last after them."""
    passed = known.of(Kind.TRANSFERRED)
    if not passed or _alone(known):
        return ""  # or nobody answered there, and they are gone or wait
    since = passed[-1].at - _SAME
    if any(e.target == PASSED_BACK and e.at >= since for e in known.of(Kind.QUEUED)):
        return ""  # nobody answered there, the queue has them again
    joined = [e.target or f"a{e.agent}" for e in known.of(Kind.JOINED) if e.at >= since and (e.target or e.agent not in (0, passed[-1].agent))]
    told = next((e.target for e in reversed(passed) if e.target), "")
    return (told or next(reversed(joined), ASKED_FIRST))[:40]


def _direction(known: _Events) -> str:
    out = any(e.direction == Direction.OUT for e in known.all) or attempt_of(known.all[0].linkedid) is not None
    return (Direction.OUT if out else Direction.IN).value


def _dialling_agent(known: _Events, direction: str) -> int | None:
    return next((e.agent for e in known.all if e.agent), None) if direction == Direction.OUT else None


def _arrived(known: _Events) -> datetime:
    """The first leg's start; without one the first thing heard of the call."""
    first = known.first(Kind.ARRIVED) or known.all[0]
    return min(first.at, known.all[0].at) if abs(first.at - known.all[0].at) < _SAME else first.at


def _queued(known: _Events) -> datetime | None:
    told = [e for e in known.of(Kind.QUEUED) if e.queue] or known.of(Kind.QUEUED)
    return known.exactly(told[0].at, Kind.QUEUED) if told else None


def _connected(known: _Events, direction: str) -> datetime | None:
    """A person's voice: what only says that two legs met counts for calls that we make."""
    told = [e for e in known.of(Kind.CONNECTED) if e.queue or e.agent]
    if told and direction == Direction.IN:
        return known.exactly(told[0].at, Kind.CONNECTED)
    if direction == Direction.IN:  # the end of a talk without its beginning: the line was lost
        end = next((e for e in known.of(Kind.ENDED) if e.target in ("agent", "caller")), None)
        return end.at - timedelta(seconds=end.value) if end else None
    bridged = known.of(Kind.CONNECTED)
    dialled = known.of(Kind.DIALLED)
    return bridged[0].at if bridged and all(e.target == "ANSWER" for e in dialled) else None


def _left(known: _Events, connected: datetime | None) -> datetime | None:
    """When the person was done."""
    if connected is None:
        return None
    done = [e for e in known.of(Kind.ENDED) if e.target != "linkedid"] + known.of(Kind.TRANSFERRED)
    told = done if done and not _answered_anew(known, max(e.at for e in done)) else [e for e in known.of(Kind.ENDED) if e.target == "linkedid"]
    return max(max(e.at for e in told), connected) if told else None


def _answered_anew(known: _Events, since: datetime) -> bool:
    """By the next of a queue, after one had passed it on."""
    return any(e.at > since - timedelta(seconds=1) for e in [e for e in known.of(Kind.CONNECTED) if e.agent][1:])


_ENDS = (Kind.ENDED, Kind.ABANDONED, Kind.LEFT_QUEUE)


def _ended(known: _Events, connected: datetime | None) -> datetime | None:
    """By its last leg; without that, when the person was done, unless a colleague has joined it meanwhile."""
    whole = [e for e in known.of(Kind.ENDED) if e.target == "linkedid"]
    told = whole or known.of(*(_ENDS if connected is None else (Kind.ENDED, Kind.TRANSFERRED)))
    last = max((e.at for e in told), default=None)
    goes_on = last is not None and not whole and (_answered_anew(known, last) or any(
        e.at > last - _SAME for e in known.of(Kind.JOINED, Kind.DROPPED, Kind.TRANSFERRED) if e.exact or e.kind != Kind.TRANSFERRED))  # who tells so much tells the end as well
    return None if goes_on else last


def _cut_off(known: _Events, arrived: datetime, restarts: Iterable[datetime]) -> datetime | None:
    last = known.all[-1].at
    return min((at for at in restarts if at > arrived and at >= last - _SAME), default=None)


def _result(known: _Events, direction: str, connected: datetime | None, ended: datetime | None, cut: datetime | None) -> Result:
    if cut is not None:
        return Result.PBX_RESTART
    if ended is None:
        return Result.LIVE
    if connected is not None:
        return Result.CUT if _dropped(known) else Result.IN_TRANSFER if _alone(known) else Result.ANSWERED
    return Result.UNREACHED if direction == Direction.OUT else _unanswered(known)


def _dropped(known: _Events) -> datetime | None:
    """When the agent's telephone fell silent in the talk, and nobody was heard afterwards (rulings, 69)."""
    at = max((e.at for e in known.of(Kind.DROPPED)), default=None)
    again = at is not None and any(e.at > at for e in known.of(Kind.CONNECTED, Kind.JOINED) if e.agent)
    return None if again else at


def alone_since(events: Iterable[Event]) -> datetime | None:
    """Since when a caller who was answered waits for somebody else: passed on or dropped, and nobody has come in (rulings, 111). None: somebody speaks."""
    known = _Events(events)
    return max((at for at in (_alone(known), _dropped(known)) if at is not None), default=None)


def _alone(known: _Events) -> datetime | None:
    """By the ledger that tells parts of a second: the other has the beginning of a talk and its end in one."""
    at = max((e.at for e in known.of(Kind.TRANSFERRED) if e.exact), default=None)
    if at is None or not any(e.at <= at for e in known.of(Kind.CONNECTED)):  # a telephone that dials there by itself passes nobody on
        return None
    return None if any(e.exact and e.at > at for e in known.of(Kind.CONNECTED, Kind.JOINED)) else at


def _came_back(known: _Events) -> bool:
    """The telephone fell silent, was back and rang again, without the queue."""
    last = max((e.at for e in known.of(Kind.DROPPED)), default=None)
    return last is not None and any(e.at > last for e in known.of(Kind.JOINED))


def _unanswered(known: _Events) -> Result:
    """Nobody spoke with the caller."""
    if Kind.CALLBACK_REQUESTED not in known.by and Kind.VOICEMAIL in known.by:  # also of one who pressed 1 and shows no number to ring
        return Result.VOICEMAIL
    if Kind.CALLBACK_REQUESTED in known.by or any(e.target == "key" for e in known.of(Kind.LEFT_QUEUE)):
        return Result.CALLBACK
    if Kind.QUEUED not in known.by and Kind.ABANDONED not in known.by:
        return Result.GREETING
    return Result.LEFT if Kind.LEFT_QUEUE in known.by and Kind.ABANDONED not in known.by else Result.ABANDONED


def _language(known: _Events) -> str:
    chosen = [e.language for e in known.of(Kind.LANGUAGE_CHOSEN) if e.language] or [e.language for e in known.all if e.language]
    return chosen[-1] if chosen else "zh"


def _held(known: _Events, ended: datetime | None) -> int:
    """Until the person was done: whoever got the call from them holds nobody for them."""
    total, since = timedelta(), None
    for event in known.of(Kind.HELD):
        if event.target == "hold":
            since = since or event.at
        elif since is not None:
            total, since = total + (event.at - since), None
    if since is not None and ended is not None and ended > since:
        total += ended - since
    return round(total.total_seconds())


def _doubt(known: _Events, arrived: datetime, queued: datetime | None, connected: datetime | None, ended: datetime | None) -> str:
    starts = {e.at for e in known.of(Kind.ARRIVED)} | {e.at for e in known.of(Kind.QUEUED) if e.queue} - {arrived}
    numbers = {e.number for e in known.of(Kind.ARRIVED, Kind.QUEUED) if e.number}
    firsts = {e.at for e in known.of(Kind.ARRIVED)}
    if len(numbers) > 1 or (firsts and max(firsts) - min(firsts) > _APART) or (len(starts) > 1 and len(numbers) > 1):
        return "twice"
    steps = [at for at in (arrived, queued, connected, ended) if at is not None]
    backwards = any(later < earlier - _SAME for earlier, later in zip(steps, steps[1:], strict=False))
    waits = [e for e in known.of(Kind.CONNECTED) if e.queue and not e.exact]
    jumped = queued is not None and len(waits) == 1 and abs((waits[0].at - queued).total_seconds() - waits[0].value) > 5 and not _again(known)
    return "clock" if backwards or jumped else ""


def _again(known: _Events) -> bool:
    """It stood in more than one queue: a wait is of the last."""
    return len({e.queue for e in known.of(Kind.QUEUED) if e.queue}) > 1


def legs(events: Iterable[Event]) -> list[Leg]:
    """What was recorded, a leg each."""
    found: dict[str, Leg] = {}
    for event in _Events(events).of(Kind.RECORDED, Kind.VOICEMAIL):
        leg = event.uniqueid if event.kind == Kind.RECORDED else f"{event.uniqueid}.message"
        if event.target:
            found.setdefault(leg, Leg(leg, event.target, event.at))
    return list(found.values())


OWED = {Result.ABANDONED: CallbackReason.ABANDONED, Result.CALLBACK: CallbackReason.PRESSED_1, Result.CUT: CallbackReason.PBX_RESTART,
        Result.LEFT: CallbackReason.ABANDONED, Result.IN_TRANSFER: CallbackReason.IN_TRANSFER,
        Result.PBX_RESTART: CallbackReason.PBX_RESTART, Result.VOICEMAIL: CallbackReason.VOICEMAIL}


def owed_for(result: str, connected: bool, night: bool, queued: bool) -> CallbackReason | None:
    """Why the centre rings this caller back; None: it does not. A call cut off in the greeting is not one that waited or talked."""
    reason = OWED.get(Result(result))
    if reason is None or (reason == CallbackReason.PBX_RESTART and not (queued or connected)):
        return None
    return CallbackReason.NIGHT if night and reason == CallbackReason.ABANDONED else reason


# DIALSTATUS of a line of the list that did not answer, as the case's step says it.
NOT_REACHED = {"NOANSWER": "无人接听", "BUSY": "占线", "CANCEL": "对方接听前取消", "CONGESTION": "线路不通", "CHANUNAVAIL": "线路不通", "NOTLIVE": "没有启用外转"}


def why_not_reached(dialstatus: str) -> str:
    """Without a word of the exchange the agent gave it up while it rang."""
    return NOT_REACHED.get(dialstatus, NOT_REACHED["CANCEL"])
