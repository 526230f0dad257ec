"""Reads of the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import CharField, Count, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from minsheng.kit import clock
from minsheng.kit.paging import Page, keyset
from minsheng.kit.prepared_rows import prepared
from minsheng.kit.sealing import unseal
from minsheng.messages import adapters, rules
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message

LATE = timedelta(minutes=2)  # a message due for so long says that no worker is at it


def page(state: str = "", after: str = "", size: int = 50, channel: str = "") -> Page:
    """The outbox, newest first, without any text; failed and held ones by `state`."""
    rows = Message.objects.defer("text_sealed", "to_sealed")
    asked = {"state": state, "channel": channel}
    return keyset(rows.filter(**{name: value for name, value in asked.items() if value}), ("-id",), after, size)


def about(subject: str) -> list[tuple[Message, str]]:
    """Messages about one thing with their text, oldest first."""
    return [(m, unseal(m.text_sealed, TEXT)) for m in Message.objects.filter(about=subject).order_by("id")]


def counts() -> dict[tuple[str, str], int]:
    """(channel, state) -> how many; one statement."""
    return {(channel, state): n for channel, state, n in Message.objects.values_list("channel", "state").annotate(n=Count("id")).order_by()}


def waiting_longest() -> Message | None:
    """The oldest message that is due and has not left: how far the outbox is behind."""
    return Message.objects.filter(state="queued").order_by("next_at").first()


def connected(channel: str = "sms") -> bool:
    """Does this channel leave the house at all? Without it nobody is promised a message."""
    return adapters.of(channel) is not None


def fate(subject: str, template: str) -> str:
    """What is true of the last message of this kind about one thing; "" when there was none to send. One statement."""
    row = Message.objects.filter(about=subject, template=template).order_by("-id").first()
    return rules.fate(row.state, connected(row.channel), row.error) if row else ""


def troubles() -> list[tuple[str, bool]]:
    """(sentence, must be mended) of every channel that does not do what people think it does. Two statements."""
    have, found = counts(), []
    for channel in adapters.channels():
        kept, failed = have.get((channel.code, "held"), 0) + have.get((channel.code, "queued"), 0), have.get((channel.code, "failed"), 0)
        if not channel.on:
            found.append((f"{channel.label}没有接入：收件人收不到" + (f"，{kept:,} 条只留存、没有发出" if kept else "") + f"。{channel.how}", False))
        elif failed:
            found.append((f"{channel.label}有 {failed:,} 条发送失败，请到“消息”里查看原因并重发", True))
    oldest = waiting_longest()
    if oldest is not None and clock.machine_now() - oldest.next_at > LATE and connected(oldest.channel):
        found.append(("有消息到时间还没有发出，后台任务可能没有运行", True))
    return found


def written_since(prefix: str, template: str, since: str) -> Exists:
    """For a list of things named `prefix` and their id: was such a message about one written since its time `since`?"""
    about = Concat(Value(prefix), Cast(OuterRef("pk"), CharField()))
    return Exists(Message.objects.filter(about=about, template=template, created_at__gte=OuterRef(since)))


def lately(*, about: str, template: str, since: datetime) -> bool:
    """Was such a message written since then? One statement."""
    with prepared() as cursor:
        cursor.execute(_LATELY, [about, template, since])
        return bool(cursor.fetchone()[0])


_LATELY = "SELECT EXISTS (SELECT FROM outbox_message WHERE about = %s AND template = %s AND created_at >= %s)"
