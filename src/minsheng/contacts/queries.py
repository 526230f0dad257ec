"""Reads of requesters: by number, masked; the flag that counts at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minsheng.contacts.models import CallerFlag, Contact
from minsheng.contacts.rules import FlagState
from minsheng.kit import sealing
from minsheng.language import rules as language

NAME, PHONE = "contact.name", "contact.phone"


@dataclass(frozen=True, slots=True)
class Masked:
    """What everybody may see of a requester: "次**", "138********"."""

    name: str
    phone: str
    kind: str
    anonymous: bool = False
    erased: bool = False


def canonical(raw: str) -> str:
    """The one form of a number that is kept and hashed: E.164, else its bare digits, else what was typed."""
    raw = raw.strip()
    return language.normalise_phone(raw) or "".join(c for c in raw if c.isdigit()) or raw


def phone_hash(raw: str) -> bytes:
    return sealing.keyed_hash(canonical(raw), PHONE)


def by_phone(raw: str, limit: int = 20) -> list[Contact]:
    """Contacts that gave this number, newest first. One statement; an empty number finds nobody."""
    return list(Contact.objects.filter(phone_hash=phone_hash(raw)).order_by("-id")[:limit]) if raw.strip() else []


def masked(contact: Contact | None) -> Masked:
    """No statement. None is an anonymous requester."""
    if contact is None:
        return Masked("匿名", "", "person", anonymous=True)
    if contact.erased_at:
        return Masked("已依法删除", "", contact.kind, erased=True)
    name, phone = sealing.unseal(contact.name_sealed, NAME), sealing.unseal(contact.phone_sealed, PHONE)
    return Masked(language.mask_name(name) or "未留姓名", language.mask_phone(phone), contact.kind)


def masked_many(ids: Iterable[int | None]) -> dict[int, Masked]:
    """id -> masked. One statement."""
    return {id_: masked(c) for id_, c in Contact.objects.in_bulk([i for i in set(ids) if i]).items()}


def flag_for(hash_: bytes | None, at: datetime) -> CallerFlag | None:
    """The gravest flag that counts for this number at that moment. One statement."""
    if not hash_:
        return None
    found = [f for f in CallerFlag.objects.filter(phone_hash=bytes(hash_), state__in=[FlagState.ACTIVE, FlagState.APPEALED]) if f.facts().counts(at)]
    order = ["note", "warn", "limit", "police"]
    return max(found, key=lambda f: order.index(f.grade), default=None)


def flags(states: Iterable[str] = (FlagState.PROPOSED, FlagState.APPEALED), limit: int = 100) -> list[CallerFlag]:
    """Flags that wait for somebody, oldest first."""
    return list(CallerFlag.objects.filter(state__in=list(states)).order_by("proposed_at", "id")[:limit])


def phone_for_sending(contact: Contact) -> str:
    """The number for a message of ours to the requester; "" when there is none. For the outbox, shown to nobody."""
    return sealing.unseal(contact.phone_sealed, PHONE) if contact.phone_sealed and not contact.erased_at else ""
