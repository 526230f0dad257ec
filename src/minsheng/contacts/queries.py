"""Reads of requesters: by number, masked; the flag that counts at a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minsheng.contacts.models import CallerFlag, Contact
from minsheng.contacts.rules import FlagState
from minsheng.kit import sealing
from minsheng.kit.batch_sql import Question
from minsheng.language import rules as language

NAME, PHONE = "contact.name", "contact.phone"
_SAME_NUMBER = """
SELECT id, name_sealed FROM contacts_contact WHERE phone_hash = %s AND kind = %s AND erased_at IS NULL ORDER BY id DESC LIMIT 20
"""


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


@dataclass(frozen=True, slots=True)
class Given:
    """A requester as given: tidied name, canonical number ("" for none)."""

    name: str
    number: str
    kind: str
    language: str

    @property
    def hash(self) -> bytes | None:
        return sealing.keyed_hash(self.number, PHONE) if self.number else None


def given(name: str, phone: str, kind: str, language: str) -> Given | None:
    """None when both are empty: the requester is anonymous."""
    name, phone = " ".join(name.split())[:80], phone.strip()[:40]
    return Given(name, canonical(phone) if phone else "", kind, language) if name or phone else None


def look_for(who: Given | None) -> dict[str, Question]:
    """What `actions.known_or_new` has to know, to be asked together with other things (kit.together)."""
    if who is None:
        return {}
    fresh = {"fresh_contact": ("SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) AS id", [])}
    return fresh | ({"same_number": (_SAME_NUMBER, [who.hash, who.kind])} if who.number else {})


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
