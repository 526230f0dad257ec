"""Reads of the outbox."""

from __future__ import annotations

from django.db.models import Count

from minsheng.kit.paging import Page, keyset
from minsheng.kit.sealing import unseal
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message


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
