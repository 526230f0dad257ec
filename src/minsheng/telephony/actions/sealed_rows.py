"""Numbers of calls, sealed and found as a requester's are (contacts)."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction

from minsheng.accounts.rules import Actor
from minsheng.contacts.queries import hash_of
from minsheng.kit import sealing
from minsheng.telephony.models import Call, Callback, Transcript, UnreadLine
from minsheng.telephony.queries.numbers import LINE, NUMBER, WORDS

_PIECE = 200


def sealed(number: str) -> dict[str, Any]:
    """The columns of a number as it is kept; "" for one that was not shown."""
    return {"number_sealed": sealing.seal(number, NUMBER) if number else None, "number_hash": hash_of(number)}


def reseal(*, by: Actor) -> int:
    """After a key was added: each number under the newest key, its hash under today's. Safe to repeat and to break off."""
    return sum(_of(model, column, purpose) for model, column, purpose in (
        (Call, "number_sealed", NUMBER), (Callback, "number_sealed", NUMBER), (UnreadLine, "text_sealed", LINE), (Transcript, "words_sealed", WORDS)))


def _of(model: type[models.Model], column: str, purpose: str) -> int:
    changed, last = 0, 0
    while True:
        with transaction.atomic():
            rows = list(model._default_manager.select_for_update().filter(id__gt=last, **{f"{column}__isnull": False}).order_by("id")[:_PIECE])
            if not rows:
                return changed
            last = rows[-1].pk
            changed += sum(_one(row, column, purpose) for row in rows)


def _one(row: Any, column: str, purpose: str) -> bool:
    text, hashed = sealing.unseal(getattr(row, column), purpose), hasattr(row, "number_hash")
    hash_ = hash_of(text) if hashed else None
    if bytes(getattr(row, column))[0] == sealing.sealing_key() and (not hashed or bytes(row.number_hash or b"") == (hash_ or b"")):
        return False
    setattr(row, column, sealing.seal(text, purpose))
    if hashed:
        row.number_hash = hash_
    row.save(update_fields=[column, *(["number_hash"] if hashed else [])])
    return True
