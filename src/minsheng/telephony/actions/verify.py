"""For `doctor`: calls, call-backs and recordings that are not what the exchange's own lines say, which nobody can change (kit.partitions).

A number is in no line; which clock jumped and which two calls had one id stand on the call alone: these are not asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate

from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.ledger.models import Entry
from minsheng.telephony.actions import call_rows
from minsheng.telephony.actions.callbacks import local
from minsheng.telephony.erasing import GONE
from minsheng.telephony.models import Call, Callback, CallbackTry, CallCase, Recording
from minsheng.telephony.rules import callbacks as rules
from minsheng.telephony.rules import calls
from minsheng.telephony.rules.events import Event, from_row
from minsheng.telephony.rules.words import CallbackState, Direction, RecordingState, Result, TryResult

_AT_ONCE = 500
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_NAMED = {
    "direction": "方向", "queue": "队列", "language": "语言", "arrived_at": "来电时间", "queued_at": "进入排队", "connected_at": "接通时间", "left_at": "人工结束",
    "ended_at": "结束时间", "result": "结果", "agent_id": "接听人", "hold_s": "保持秒数", "rings": "振铃未接次数", "transferred_to": "转接至", "survey": "挂机评价",
    "period_desk_id": "接听席", "callback_id": "回拨", "party": "来自",
}
_NEAR = timedelta(minutes=5)  # lines that come late move a call by fractions of a second; a promise moved by hand is moved by hours
_KEPT = (RecordingState.KEPT.value, RecordingState.REPAIRED.value)


def verify_history() -> Iterator[str]:
    """A sentence for each. Reads all of them."""
    for pbx in sorted(set(Call.objects.order_by().values_list("pbx", flat=True).distinct())):
        for some in _pieces(Call.objects.filter(pbx=pbx)):
            yield from _calls(pbx, some)
    for owed in _pieces(Callback.objects.select_related("call")):
        yield from _callbacks(owed)
    yield from _recordings()


def _pieces(rows: QuerySet) -> Iterator[list]:
    last = 0
    while found := list(rows.filter(id__gt=last).order_by("id")[:_AT_ONCE]):
        yield found
        last = found[-1].pk


# --- calls ------------------------------------------------------------


def _calls(pbx: str, rows: list[Call]) -> Iterator[str]:
    told: dict[int, list[Event]] = defaultdict(list)
    restarts = []
    for call_id, linkedid, kind, uniqueid, at, data in call_rows.events_of(pbx, [row.pk for row in rows], _EVER):
        if call_id is None:
            restarts.append(at)
        else:
            told[call_id].append(from_row(kind, pbx, linkedid, uniqueid, at, data))
    legs = _legs([row.pk for row in rows])
    for row in rows:
        if not told[row.pk]:
            yield f"通话 {row.pk}：话务平台没有这通来电的记录"
            continue
        yield from _unlike(row, calls.what_was(told[row.pk], restarts))
        for leg in calls.legs(told[row.pk]):
            if leg.leg not in legs.get(row.pk, ()):
                yield f"通话 {row.pk} 的一段录音（{leg.leg}）的记录不在了"


def _unlike(row: Call, facts: calls.CallFacts) -> Iterator[str]:
    for name, label in _NAMED.items():
        if (now := getattr(row, name)) != (was := getattr(facts, name)):
            yield f"通话 {row.pk} 的{label}与话务平台的记录不符：记录为 {_said(was)}，现为 {_said(now)}"


def _legs(ids: list[int]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for call_id, leg in Recording.objects.filter(call_id__in=ids).values_list("call_id", "leg"):
        found[call_id].add(leg)
    return found


def _said(value: Any) -> str:
    return "空" if value in (None, "") else f"{local(value):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


# --- call-backs ------------------------------------------------------------


def _callbacks(rows: list[Callback]) -> Iterator[str]:
    tries: dict[int, list[CallbackTry]] = defaultdict(list)
    for one in CallbackTry.objects.filter(callback__in=rows).order_by("attempt"):
        tries[one.callback_id].append(one)
    gone = _erased([row.call_id for row in rows])
    for row in rows:
        wrong = [*_when(row), *_tried(row, tries[row.pk])]
        if row.call_id not in gone:
            wrong += _stands(row, tries[row.pk])
        yield from (f"回拨 {row.pk} {said}" for said in wrong)


def _erased(ids: list[int]) -> set[int]:
    """Calls of which a case was lawfully erased: the number is gone, and with it what was owed."""
    about = CallCase.objects.filter(call_id__in=ids).values_list("call_id", "case_id")
    erased = set(Case.objects.filter(id__in=[case for _, case in about], erased=True).values_list("id", flat=True))
    return {call for call, case in about if case in erased}


def _when(row: Callback) -> Iterator[str]:
    if abs(row.made_at - row.call.arrived_at) > _NEAR:
        yield "的来电时间与来电不符"
    ended = row.call.ended_at
    if row.promised_at and ended:
        due = [rules.promised_by(rules.first_at(local(ended + span))) for span in (timedelta(), _NEAR / 5, -_NEAR / 5)]
        if all(abs(one - row.promised_at) > _NEAR for one in due):
            yield "的最迟回拨时间与来电不符"


def _tried(row: Callback, tries: list[CallbackTry]) -> Iterator[str]:
    if [one.attempt for one in tries] != list(range(1, row.attempts + 1)):
        yield "的各次拨打与已拨次数不符"
    for one in tries:
        if one.result == TryResult.REACHED and not _rang(row, one):
            yield f"第 {one.attempt} 次记为接通，而话务平台没有接通、台账也没有看过号码"


def _rang(row: Callback, one: CallbackTry) -> bool:
    """By the exchange, or by the telephone on the desk, for which the number was looked at."""
    if Call.objects.filter(linkedid=f"cb-{row.pk}-{one.attempt}", result=Result.ANSWERED.value).exists():
        return True
    return Entry.objects.filter(kind="reveal", about=f"callback:{row.pk}", by_id=one.by_id).exists()


def _stands(row: Callback, tries: list[CallbackTry]) -> Iterator[str]:
    """Where its attempts left it."""
    if row.number_hash is None:
        yield "的号码不在了，而没有依法删除"
        return
    said = [one for one in tries if one.result]
    counted = [one for one in said if one.result not in rules.AT_ONCE]
    left = rules.after_try(said[-1].result, len(counted)) if said else CallbackState.WAITING
    now = CallbackState(row.state)
    who = Q(number_hash=row.number_hash) | Q(number_hash=GONE)  # whose case was erased since
    again = Call.objects.filter(who, result=Result.ANSWERED.value, connected_at__gte=row.made_at, direction=Direction.IN.value)
    if now == CallbackState.CALLED_AGAIN:
        if not again.exists():
            yield "记为已再次来电，而没有这样的来电"
    elif (CallbackState.WAITING if now == CallbackState.LEASED else now) != left:
        yield f"的状态与各次拨打不符：应为 {left.label}，现为 {now.label}"
    if (row.closed_at is None) != (now in (CallbackState.WAITING, CallbackState.LEASED)):
        yield "的了结时间与状态不符"


# --- recordings ------------------------------------------------------------


def _recordings() -> Iterator[str]:
    """What is kept has its file and its digest; what ended had come to its day, or its case was erased. Its bytes `queries.recordings` looks at."""
    for id_ in Recording.objects.filter(state__in=_KEPT, path="").values_list("id", flat=True).iterator():
        yield f"录音 {id_} 记为已归档，而没有文件"
    for id_ in Recording.objects.exclude(path="").filter(sha256=None).values_list("id", flat=True).iterator():
        yield f"录音 {id_} 归档时的校验值不在了"
    early = Recording.objects.filter(state=RecordingState.DELETED.value, until__gte=localdate(clock.now()))
    for some in _pieces(early):
        gone = _erased([row.call_id for row in some])
        yield from (f"录音 {row.pk} 没有到期就删除了，也没有依法删除" for row in some if row.call_id not in gone)
