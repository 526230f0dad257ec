"""Writes of the outbox."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.kit.prepared_rows import fresh
from minsheng.kit.sealing import reseal as again
from minsheng.kit.sealing import seal, sealing_key, unseal
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.ledger import actions as ledger
from minsheng.messages import adapters, rules
from minsheng.messages.models import Message

TO, TEXT = "message.to", "message.text"
LEASE = timedelta(seconds=30)  # longer than one try may take at the adapters' time-out
UNSURE = "发送途中中断，不能确定对方是否已收到：请核对后再重发"
log = logging.getLogger(__name__)


def send(*, channel: str, to: str, template: str, context: dict, language: str = "zh", about: str = "") -> Message:
    """Put a message into the outbox, in the caller's transaction: one insert. It leaves when that transaction is kept."""
    row = written(channel=channel, to=to, template=template, context=context, language=language, about=about)
    row.save(force_insert=True)
    return row


def written(*, channel: str, to: str, template: str, context: dict, language: str = "zh", about: str = "") -> Message:
    """The row of a message, not saved: for a caller who inserts it together with the deed it tells of."""
    text = rules.render(template, context, language)
    return fresh(Message, channel=channel, to_sealed=seal(to, TO), to_hint=adapters.WAYS[channel].hint(to),
                   template=template, text_sealed=seal(text, TEXT), language=language, about=about,
                   next_at=clock.machine_now(), created_at=clock.now())


def drain(*, by: Actor, limit: int = 20, stop: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, one after the other; no lock is held while the other side answers. `stop` is looked at before each.

    Each is claimed alone, so a worker that dies holds one message, not a batch. That one may have gone out or not: it comes up again
    when its lease ends if the other side knows a repeat by its key, else a person looks at it. Nothing goes out twice because of us.
    """
    on = {channel: adapter for channel in adapters.WAYS if (adapter := adapters.of(channel))}
    done = _hold(on) + _release(on)
    while done < limit and not stop() and (row := _claim(on)) is not None:
        _try(row, on[row.channel])
        done += 1
    return done


def _due() -> QuerySet[Message]:
    return Message.objects.filter(state="queued", next_at__lte=clock.machine_now())


def _hold(on: Container[str]) -> int:
    """What an adapter that is off would send, in one statement: it stays readable and can be sent later."""
    return _due().filter(channel__in=[c for c in adapters.WAYS if c not in on]).update(state="held", error="未接入发送平台")


def _release(on: Mapping[str, adapters.Adapter]) -> int:
    """Claims whose worker did not come back."""
    left = Message.objects.filter(state="sending", next_at__lte=clock.machine_now())
    again = [channel for channel, adapter in on.items() if adapter.repeatable]
    return left.filter(channel__in=again).update(state="queued") + left.exclude(channel__in=again).update(state="failed", error=UNSURE)


@transaction.atomic
def _claim(on: Iterable[str]) -> Message | None:
    """The next that is due, nobody else's from now on."""
    row = _due().filter(channel__in=list(on)).select_for_update(skip_locked=True).order_by("next_at").first()
    if row is not None:
        row.state, row.tries, row.next_at = "sending", row.tries + 1, clock.machine_now() + LEASE
        row.save(update_fields=["state", "tries", "next_at"])
    return row


def _try(row: Message, adapter: adapters.Adapter) -> None:
    """Once. What came of it is written only while the claim is ours; that it went out is true in any case."""
    mine = Message.objects.filter(id=row.id, state="sending")
    try:
        adapter.send(to=unseal(row.to_sealed, TO), text=unseal(row.text_sealed, TEXT), key=f"message-{row.id}")
    except adapters.NotSent as wrong:
        wait = rules.wait_after(row.tries)
        lost = isinstance(wrong, adapters.Unsure) and not adapter.repeatable
        if lost or wait is None:
            mine.update(state="failed", error=f"{UNSURE}（{wrong}）"[:300] if lost else str(wrong)[:300])
        else:
            mine.update(state="queued", error=str(wrong)[:300], next_at=clock.machine_now() + wait)
    except Exception as wrong:  # one message that cannot be read holds up no other
        log.error("message %s was not sent", row.id, exc_info=wrong)
        mine.update(state="failed", error=f"没有发出：{type(wrong).__name__}")
    else:
        Message.objects.filter(id=row.id).update(state="sent", error="", sent_at=clock.machine_now())


@transaction.atomic
def forget(*, about: str, by: Actor) -> int:
    """A lawful erasure: to whom and what goes, that something was sent stays. What still waits is not sent any more."""
    rows = Message.objects.filter(about=about)
    rows.filter(state__in=("queued", "sending")).update(state="stopped", error="已依法删除，不再发送")
    return rows.update(to_sealed=b"", to_hint="", text_sealed=b"")


def call_back(*, about: str, why: str, since: datetime, by: Actor, **which: Any) -> int:
    """What was written since then and has not left is not sent any more, also not when all that waited for a way out is sent again. How many
    have left, or may have: they told somebody.

    which  conditions on its columns beside
    """
    rows = Message.objects.filter(about=about, created_at__gte=since, **which)
    rows.filter(state__in=("queued", "held", "failed")).update(state="stopped", error=f"{why}，不再发送")
    return rows.filter(state__in=("sent", "sending")).count()


def reseal(*, by: Actor) -> int:
    """After a key was added: receivers and texts under the newest key. Returns how many rows changed."""
    changed, last = 0, 0
    while ids := list(Message.objects.filter(id__gt=last).exclude(to_sealed=b"").order_by("id").values_list("id", flat=True)[:100]):
        changed, last = changed + _reseal(ids), ids[-1]
    return changed


@transaction.atomic
def _reseal(ids: list[int]) -> int:
    old = [row for row in Message.objects.select_for_update().filter(id__in=ids).order_by("id") if bytes(row.to_sealed)[0] != sealing_key()]
    for row in old:
        row.to_sealed, row.text_sealed = again(row.to_sealed, TO), again(row.text_sealed, TEXT)
        row.save(update_fields=["to_sealed", "text_sealed"])
    return len(old)


@transaction.atomic
def retry(*, message_id: int, by: Actor) -> Message:
    """A person sends a failed or held message again; one that went out or was erased stays as it is."""
    row = Message.objects.select_for_update().filter(id=message_id).first()
    if row is None:
        raise Refused(no("gone", "没有这条消息"))
    _ask(rules.may_retry(by, row.state, adapters.of(row.channel) is not None, erased=not row.to_sealed))
    row.state, row.tries, row.next_at = "queued", 0, clock.machine_now()
    row.save(update_fields=["state", "tries", "next_at"])
    ledger.write(kind="message_again", by_id=by.id, by_name=by.name, about=f"message:{row.id}", detail={"channel": row.channel, "count": 1})
    return row


@transaction.atomic
def retry_all(*, channel: str, state: str, by: Actor, limit: int = 5000) -> int:
    """All that failed, or all that were held while the channel was off, go out again. How many; repeat for the rest."""
    _ask(rules.may_retry(by, state, adapters.of(channel) is not None))
    rows = Message.objects.select_for_update(skip_locked=True).filter(channel=channel, state=state).exclude(to_sealed=b"").order_by("id")
    ids = list(rows.values_list("id", flat=True)[:limit])
    Message.objects.filter(id__in=ids).update(state="queued", tries=0, next_at=clock.machine_now())
    ledger.write(kind="message_again", by_id=by.id, by_name=by.name, about=f"channel:{channel}", detail={"state": state, "count": len(ids)})
    return len(ids)


def _ask(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)
