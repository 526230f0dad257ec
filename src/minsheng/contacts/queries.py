"""Reads of requesters: by number, masked; the flag that counts at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from minsheng.contacts.models import CallerFlag, Contact
from minsheng.contacts.rules import FlagState, Sought
from minsheng.kit import read_values, sealing
from minsheng.kit.batch_sql import Question
from minsheng.kit.read_values import BadValue
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.language import rules as language
from minsheng.language.telephones import EXTENDED, BadNumber, Telephone, read_phone

NAME, PHONE = "contact.name", "contact.phone"
LONGEST_NAME = 80
_SAME_NUMBER = """
SELECT id, name_sealed, phone_sealed FROM contacts_contact WHERE phone_hash = %s AND kind = %s AND erased_at IS NULL ORDER BY id DESC LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Masked:
    """What everybody may see of a requester: "次**", "138********"."""

    name: str
    phone: str
    kind: str
    anonymous: bool = False
    erased: bool = False


def read_number(raw: str) -> Telephone | None:
    """The number that was written, None for none. Invalid({"phone": …}) says why it cannot be read."""
    try:
        return read_phone(raw)
    except BadNumber as wrong:
        raise Invalid({"phone": str(wrong)}) from wrong


def read_name(raw: str) -> str:
    """The name on one line. Invalid({"name": …}) for one that is too long: what is cut off a name is neither kept nor masked."""
    try:
        return read_values.line(raw, LONGEST_NAME)
    except BadValue as wrong:
        raise Invalid({"name": f"姓名{wrong}"}) from wrong


def canonical(raw: str) -> str:
    """The one form of a number by which its caller is found: E.164, whatever the extension. "" for what cannot be read."""
    return language.normalise_phone(raw) or ""


def hash_of(kept: str) -> bytes | None:
    """The keyed hash of a number as it is kept: with an extension and without it is one caller."""
    number = kept.partition(EXTENDED)[0]
    return sealing.keyed_hash(number, PHONE) if number else None


def other_keys() -> str:
    """Why the keys of this process are not those that the first and the last requesters were kept with; "" when they are, or nobody is here yet.

    A key is named by its number: that of another installation, or the one for trying out, has the same number and opens nothing. One statement.
    """
    kept = Contact.objects.filter(erased_at=None, phone_sealed__isnull=False)
    first, last = kept.order_by("id").values("id")[:1], kept.order_by("-id").values("id")[:1]
    for row in Contact.objects.filter(Q(id__in=first) | Q(id__in=last)):
        try:
            number = sealing.unseal(row.phone_sealed, PHONE)
        except sealing.Unreadable as wrong:
            return f"诉求人信息打不开：{wrong}。这里的密钥不是当初密封用的；请用原来的 MINSHENG_SECRET、MINSHENG_SEAL_KEY（命令行：--env 设置文件）"
        if row.phone_hash and bytes(row.phone_hash) != hash_of(number):
            return "按号码查不到以前的人：MINSHENG_HASH_KEY 不是当初的。正在换密钥的，请运行 ./minsheng reseal；不是的，请写回原来的"
    return ""


@dataclass(frozen=True, slots=True)
class GivenContact:
    """A requester as given: tidied name, the number as it is kept ("" for none)."""

    name: str
    number: str
    kind: str
    language: str

    @property
    def hash(self) -> bytes | None:
        return hash_of(self.number)

    @property
    def rings(self) -> str:
        """The number without its extension, as a message is sent to it."""
        return self.number.partition(EXTENDED)[0]


def given_by(contact: Contact | None) -> frozenset[str]:
    """What the requester left: "name", "phone"."""
    if contact is None or contact.erased_at:
        return frozenset()
    return frozenset(what for what, kept in (("name", contact.name_sealed), ("phone", contact.phone_hash)) if kept)


def given(name: str, phone: str, kind: str, language: str) -> GivenContact | None:
    """None when both are empty: the requester is anonymous. Invalid for a number that cannot be read and for a name that is too long."""
    name, phone = read_name(name), str(read_number(phone) or "")
    return GivenContact(name, phone, kind, language) if name or phone else None


def look_for(who: GivenContact | None) -> dict[str, Question]:
    """What `actions.known_or_new` has to know, to be asked together with other things (kit.together)."""
    if who is None:
        return {}
    fresh: dict[str, Question] = {"fresh_contact": ("SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')) AS id", [])}
    return fresh | ({"same_number": (_SAME_NUMBER, [who.hash, who.kind])} if who.number else {})


def phone_hash(raw: str) -> bytes | None:
    """None for what cannot be read as a number."""
    return hash_of(canonical(raw))


def by_phone(sought: Sought | None, limit: int = 20) -> list[Contact]:
    """Contacts that gave this number (`number_searches`: looking for one is counted), newest first. One statement, none for none."""
    return list(Contact.objects.filter(phone_hash=sought.hash).order_by("-id")[:limit]) if sought else []


def masked(contact: Contact | None) -> Masked:
    """No statement. None is an anonymous requester."""
    if contact is None:
        return Masked("匿名", "", "person", anonymous=True)
    if contact.erased_at:
        return Masked("已依法删除", "", contact.kind, erased=True)
    name, phone = sealing.unseal(contact.name_sealed, NAME), sealing.unseal(contact.phone_sealed, PHONE)
    return Masked(language.mask_name(name) or "未留姓名", language.mask_phone(phone), contact.kind)


def people(ids: Iterable[int], loaded: Mapping[int, Contact] | None = None) -> dict[int, tuple[str, str]]:
    """id -> (name, number) of requesters who are not erased, so that both are masked wherever they stand; shown to nobody.
    One statement for those who are not `loaded`."""
    loaded = dict(loaded or {})
    missing = [i for i in dict.fromkeys(ids) if i not in loaded]
    rows = loaded | (Contact.objects.in_bulk(missing) if missing else {})
    return {i: (sealing.unseal(row.name_sealed, NAME), sealing.unseal(row.phone_sealed, PHONE)) for i, row in rows.items() if not row.erased_at}


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


def flag(flag_id: int) -> CallerFlag:
    """Refused("hidden") when there is none."""
    if (found := CallerFlag.objects.filter(id=flag_id).first()) is None:
        raise Refused(no("hidden", "没有这条标记"))
    return found


def flags_in_use(at: datetime, limit: int = 200) -> list[tuple[CallerFlag, Masked]]:
    """What waits or counts, with the caller's masked name and number: what waits first, then the longest in force. Two statements."""
    order = {FlagState.PROPOSED.value: 0, FlagState.APPEALED.value: 1, FlagState.ACTIVE.value: 2}
    rows = list(CallerFlag.objects.filter(state__in=list(order), expires_at__gt=at).order_by("proposed_at", "id")[:limit])
    numbers = {bytes(c.phone_hash or b""): c for c in Contact.objects.filter(phone_hash__in=[row.phone_hash for row in rows], erased_at=None).order_by("id")}
    return sorted(((row, masked(numbers.get(bytes(row.phone_hash)))) for row in rows), key=lambda pair: order[pair[0].state])


def phone_for_sending(contact: Contact) -> str:
    """The number for a message of ours to the requester; "" when there is none. For the outbox, shown to nobody."""
    return sealing.unseal(contact.phone_sealed, PHONE).partition(EXTENDED)[0] if contact.phone_sealed and not contact.erased_at else ""
