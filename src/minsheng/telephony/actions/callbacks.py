"""Numbers that the centre owes a call: made from lost calls, taken by one person at a time, closed by what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.contacts.actions import Revealed
from minsheng.kit import clock, sealing
from minsheng.kit.in_turn import in_turn
from minsheng.kit.notices import Notice, tell
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.ledger import actions as acts
from minsheng.telephony import gateway
from minsheng.telephony.actions import kept_words
from minsheng.telephony.models import Call, Callback, CallbackTry, CallEvent
from minsheng.telephony.queries import numbers
from minsheng.telephony.queries.link import ENDLESS
from minsheng.telephony.queries.owed import on_the_line, was_shown
from minsheng.telephony.rules import callbacks as rules
from minsheng.telephony.rules.calls import OWED, owed_for
from minsheng.telephony.rules.events import Kind
from minsheng.telephony.rules.words import CallbackState, Direction, Result, TryResult

SETTLED = timedelta(seconds=10)  # both ledgers have told by then what became of a call
_AT_ONCE = 500
_OPEN = (CallbackState.WAITING.value, CallbackState.LEASED.value)
LOOKS_BACK = timedelta(days=3)


def local(at: datetime) -> datetime:
    return at.astimezone(clocks.city_calendar().zone)


def settle() -> int:
    """Make the call-backs that are owed, close those whose caller came through meanwhile, take up what was dialled. Safe to repeat."""
    return _withdraw() + _owe() + _called_again() + _take_up()


@transaction.atomic
def _owe() -> int:
    """One for each lost call that shows a number; never a second one for a caller for whom one waits already."""
    now = clock.now()
    lost = Call.objects.filter(result__in=[r.value for r in OWED], direction=Direction.IN.value, ended_at__lt=now - SETTLED,
                               arrived_at__gt=now - LOOKS_BACK, number_hash__isnull=False, owed=None)
    again = Call.objects.filter(number_hash=OuterRef("number_hash"), result=Result.ANSWERED.value, connected_at__gte=OuterRef("ended_at"))
    waits = Callback.objects.filter(number_hash=OuterRef("number_hash"), state__in=_OPEN)
    covered = Callback.objects.filter(Q(made_at__gte=OuterRef("arrived_at")) | Q(closed_at__gte=OuterRef("ended_at")), number_hash=OuterRef("number_hash"))
    made: dict[bytes, Callback] = {}
    for call in lost.filter(~Exists(again), ~Exists(waits), ~Exists(covered)).order_by("-arrived_at")[:_AT_ONCE]:
        reason = owed_for(call.result, call.connected_at is not None, rules.quiet(local(call.arrived_at)), call.queued_at is not None)
        key = bytes(call.number_hash or b"")
        if reason is not None and call.ended_at is not None and key not in made:
            due = rules.first_at(local(call.ended_at))
            number = sealing.seal(numbers.whole(call), numbers.NUMBER)
            made[key] = Callback(call=call, number_sealed=number, number_hash=key, language=call.language, reason=reason.value, made_at=call.arrived_at,
                                 due_at=due, promised_at=rules.promised_by(due))
    Callback.objects.bulk_create(made.values(), ignore_conflicts=True)
    return len(made)


def _withdraw() -> int:
    """A ledger that came late says that the call was answered after all."""
    untried = Callback.objects.filter(state=CallbackState.WAITING.value, attempts=0).exclude(call__result__in=[r.value for r in OWED])
    return untried.delete()[0]


def _called_again() -> int:
    """The same number was answered after the call that was lost: nothing is owed any more."""
    came = Call.objects.filter(number_hash=OuterRef("number_hash"), result=Result.ANSWERED.value, connected_at__gte=OuterRef("made_at"), direction=Direction.IN.value)
    open_ = Callback.objects.filter(state__in=_OPEN).filter(Exists(came))
    return open_.update(state=CallbackState.CALLED_AGAIN.value, closed_at=clock.now(), leased_by=None, leased_until=None)


def _take_up() -> int:
    """Attempts whose result the exchange has told, and leases that ran out: an attempt that is in the ledger is not dialled again."""
    now, done = clock.now(), 0
    for row in Callback.objects.filter(state=CallbackState.LEASED.value).order_by("id")[:_AT_ONCE]:
        call = Call.objects.filter(linkedid=key_of(row), ended_at__isnull=False).first() if row.attempts else None
        if call is not None:
            done += _close_by_call(row.pk, call)
        elif row.leased_until is not None and row.leased_until <= now and not _rings(row):
            done += _let_go(row.pk)
    return done


def _rings(row: Callback) -> bool:
    """The attempt in hand goes on at the exchange: nobody else rings that number meanwhile."""
    return Call.objects.filter(linkedid=key_of(row), ended_at=None, arrived_at__gt=clock.now() - ENDLESS).exists()


def key_of(row: Callback) -> str:
    """The id at the exchange of the attempt that is in hand."""
    return f"cb-{row.pk}-{row.attempts}"


def _close_by_call(callback_id: int, call: Call) -> int:
    said = CallEvent.objects.filter(call=call, kind=Kind.DIALLED.value).values_list("data__target", flat=True).first()
    result = rules.of_call(call.result, call.connected_at is not None, said or "")
    with transaction.atomic():
        row = Callback.objects.select_for_update().get(pk=callback_id)
        if row.state == CallbackState.LEASED:
            _note(row, result.value, "", call.ended_at or clock.now())
    return 1


def _let_go(callback_id: int) -> int:
    with transaction.atomic():
        row = Callback.objects.select_for_update().get(pk=callback_id)
        if row.state == CallbackState.LEASED and row.leased_until is not None and row.leased_until <= clock.now():
            _note(row, TryResult.DROPPED.value, "到时未记结果，自动放回", clock.now())
    return 1


# --- by a person ------------------------------------------------------------


def _check(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)


def _awake() -> datetime:
    """Now; Refused at night."""
    now = clock.now()
    if rules.quiet(local(now)):
        raise Refused(no("quiet", f"{rules.DAY_ENDS:%H:%M} 至次日 {rules.DAY_BEGINS:%H:%M} 不打扰群众，到时再拨"))
    return now


@transaction.atomic
def take(*, by: Actor, callback_id: int = 0) -> Callback:
    """The one that is named, else what is in hand, else the earliest that may be rung now. Two people never get the same one."""
    _check(rules.may_ring(by))
    now = _awake()
    in_turn(f"telephony.callbacks:{by.id}")  # one person's two presses at once: the second finds what the first has taken
    mine = Callback.objects.select_for_update().filter(leased_by=by.id, state=CallbackState.LEASED.value).first()
    if mine is not None and callback_id in (0, mine.pk):
        return mine
    if mine is not None:
        raise Refused(no("in_hand", "您手里还有一个没记结果，请先记下再取下一个"))
    row = _free(callback_id, now)
    row.state, row.leased_by, row.leased_until, row.attempts = CallbackState.LEASED.value, by.id, now + rules.LEASE, row.attempts + 1
    row.save(update_fields=["state", "leased_by", "leased_until", "attempts"])
    CallbackTry.objects.create(callback=row, attempt=row.attempts, by_id=by.id, by_name=by.name, at=now)
    tell(Notice("wallboard", 1))
    return row


def _free(callback_id: int, now: datetime) -> Callback:
    rows = Callback.objects.select_for_update(skip_locked=True, of=("self",)).filter(state=CallbackState.WAITING.value)
    row = (rows.filter(pk=callback_id) if callback_id else rows.filter(~Exists(on_the_line()), due_at__lte=now)).order_by("due_at", "id").first()
    if row is None:
        raise Refused(no("gone", "这一个已被别人取走或已了结" if callback_id else "现在没有到时间的回拨"))
    if row.due_at > now:
        raise Refused(no("early", f"这一个要等到 {local(row.due_at):%m月%d日 %H:%M} 再拨，避免同一时段重复打扰"))
    _not_on_the_line(row)
    return row


def _not_on_the_line(row: Callback) -> None:
    """Who rings us at this moment is rung by nobody: they wait for an answer, or have one."""
    if Callback.objects.filter(Exists(on_the_line()), pk=row.pk).exists():
        raise Refused(no("on_the_line", "这个号码正在打进来：由接听的同事办，先不要拨；接通以后这一条自动了结"))


def reveal(*, callback_id: int, by: Actor) -> Revealed:
    """The number of the one in hand, for the telephone on the desk; written down."""
    _awake()
    row = Callback.objects.filter(pk=callback_id, leased_by=by.id, state=CallbackState.LEASED.value).first()
    if row is None:
        raise Refused(no("hidden", "这一个不在您手里"))
    _not_on_the_line(row)
    acts.write(kind="reveal", by_id=by.id, by_name=by.name, about=f"callback:{row.pk}", reason="回拨放弃来电", detail={"in_hand": True})
    return Revealed("", numbers.whole(row))


@transaction.atomic
def dial(*, callback_id: int, by: Actor) -> None:
    """By the exchange, under the attempt's own id: asked twice it is one call. It is the clerk's for as long again."""
    now = _awake()
    row = Callback.objects.select_for_update().filter(pk=callback_id, leased_by=by.id, state=CallbackState.LEASED.value).first()
    if row is None:
        raise Refused(no("hidden", "这一个不在您手里"))
    _not_on_the_line(row)
    exchange = gateway.now()
    if exchange is None:
        raise Refused(no("exchange", "没有接话务平台，请用桌上的电话拨"))
    if Call.objects.filter(linkedid=key_of(row)).exists():
        raise Refused(no("dialled", "这一次已经拨出，等话务平台记下结果"))
    row.leased_until = now + rules.LEASE
    row.save(update_fields=["leased_until"])
    try:
        exchange.dial(key_of(row), by.id, numbers.whole(row))
    except gateway.Refused as wrong:
        raise Refused(no("exchange", str(wrong))) from wrong


@transaction.atomic
def record(*, callback_id: int, by: Actor, result: str, note: str = "") -> Callback:
    """What came of the attempt in hand."""
    row = Callback.objects.select_for_update().filter(pk=callback_id).first()
    if row is None or row.leased_by != by.id or row.state != CallbackState.LEASED:
        return _told_before(row, by, result, note.strip())
    if result not in set(TryResult):
        raise Invalid({"result": "请选择结果"})
    if len(note) > 200:
        raise Invalid({"note": "说明最多 200 字"})
    call = Call.objects.filter(linkedid=key_of(row)).first()
    _check(rules.may_say(result, call.result if call else "", _rings(row), was_shown(row, by)))
    _note(row, result, kept_words.of_call(note, row.call_id, 200), clock.now())
    return row


def _told_before(row: Callback | None, by: Actor, result: str, note: str) -> Callback:
    """The exchange was quicker than the clerk: what it told stands and need not be said again, what the clerk wrote is added."""
    last = row.tries.order_by("-attempt").first() if row is not None else None
    if row is None or last is None or last.by_id != by.id or not last.result or last.note or clock.now() - last.at > LOOKS_BACK:
        raise Refused(no("gone", "这一个不在您手里：可能已到时放回，或群众已再次来电"))
    if result and result != last.result:
        raise Refused(no("told", f"话务平台已记下“{last.get_result_display()}”，以它为准；说明可以另写"))
    last.note = kept_words.of_call(note, row.call_id, 200)
    last.save(update_fields=["note"])
    return row


def _note(row: Callback, result: str, note: str, at: datetime) -> None:
    """What broke on our side was no attempt: it may be tried again at once."""
    CallbackTry.objects.filter(callback=row, attempt=row.attempts).update(result=result, note=note)
    tried = [local(t) for t in row.tries.exclude(result__in=["", *(one.value for one in rules.AT_ONCE)]).order_by("at").values_list("at", flat=True)]
    state = rules.after_try(result, len(tried))
    row.state, row.leased_by, row.leased_until = state.value, None, None
    if state == CallbackState.WAITING and result not in rules.AT_ONCE:
        row.due_at = rules.next_at(tried)
    row.closed_at = None if state == CallbackState.WAITING else at
    row.save(update_fields=["state", "leased_by", "leased_until", "due_at", "closed_at"])
    tell(Notice("wallboard", 1))


