"""Reads of the outbox."""

from __future__ import annotations

from minsheng.kit.paging import Page, keyset
from minsheng.kit.sealing import unseal
from minsheng.messages.actions import TEXT
from minsheng.messages.models import Message


def page(state: str = "", after: str = "", size: int = 50) -> Page:
    """The outbox, newest first; failed and held ones by `state`."""
    rows = Message.objects.all()
    return keyset(rows.filter(state=state) if state else rows, ("-id",), after, size)


def about(subject: str) -> list[tuple[Message, str]]:
    """Messages about one thing with their text, oldest first."""
    return [(m, unseal(m.text_sealed, TEXT)) for m in Message.objects.filter(about=subject).order_by("id")]
