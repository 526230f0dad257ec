"""Remembering, revealing and erasing requesters; flags by two persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import MAY_REVEAL, Actor, Role
from minsheng.contacts import reveals, rules
from minsheng.contacts.models import CallerFlag, Contact
from minsheng.contacts.queries import NAME, PHONE, GivenContact, given, hash_of, look_for
from minsheng.contacts.rules import ContactKind, FlagState, Grade
from minsheng.kit import clock, sealing
from minsheng.kit.batch_sql import as_bytes, ask_together
from minsheng.kit.bulk import next_of
from minsheng.kit.copy_rows import copy_in, twin
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.language.rules import cut, mask
from minsheng.language.telephones import EXTENDED
from minsheng.ledger import actions as ledger

_ContactTwin = twin(Contact)


@dataclass(frozen=True, slots=True)
class Revealed:
    """The full values, for one pair of eyes; never logged, never cached."""

    name: str
    phone: str

    @property
    def dial(self) -> str:
        """What a telephone is told: a comma waits for the line before the extension."""
        return self.phone.replace(EXTENDED, ",")


def _check(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)


def remember(*, name: str, phone: str, by: Actor, kind: str = ContactKind.PERSON, language: str = "zh") -> Contact | None:
    """The contact of that number and name, made when new. None when both are empty: the requester is anonymous.

    Two at once may make two rows of one person: harmless, they share the hash by which a person's cases are found.
    """
    who = given(name, phone, kind, language)
    if who is None:
        return None
    id_, new = known_or_new(who=who, found=ask_together(**look_for(who)), by=by)
    if new is None:
        return Contact.objects.get(id=id_) if id_ else None
    new.save(force_insert=True)
    return new


def known_or_new(*, who: GivenContact | None, found: Mapping[str, list[dict]], by: Actor) -> tuple[int | None, Contact | None]:
    """(id of the contact, the row when it is new: for the caller to insert). `found`: the answers to `queries.look_for`."""
    if who is None:
        return None, None
    for known in found.get("same_number", ()):
        if sealing.unseal(as_bytes(known["name_sealed"]), NAME) != who.name:
            continue
        if _knows(known["id"], sealing.unseal(as_bytes(known["phone_sealed"]), PHONE), who.number, by):
            return known["id"], None
    id_ = found["fresh_contact"][0]["id"]
    return id_, Contact(id=id_, kind=who.kind, language=who.language, created_at=clock.now(), phone_hash=who.hash,
                        name_sealed=sealing.seal(who.name, NAME) if who.name else None,
                        phone_sealed=sealing.seal(who.number, PHONE) if who.number else None)


def _knows(contact_id: int, before: str, now: str, by: Actor) -> bool:
    """Does the kept contact say all that is given now? An extension that it lacks is added, but not on a stranger's word from the net."""
    if EXTENDED not in now or now == before:
        return True
    if EXTENDED in before or Role.REQUESTER in by.roles:
        return False
    Contact.objects.filter(id=contact_id).update(phone_sealed=sealing.seal(now, PHONE))
    return True


def remember_many(*, wanted: Sequence[tuple[str, str, str, str]], by: Actor) -> list[int | None]:
    """As `remember`, for an import: (name, phone, kind, language) each -> the id of its contact, in order. Three statements for all."""
    tidy = [(who.name, who.number, who.kind, who.language) if (who := given(*each)) else ("", "", *each[2:]) for each in wanted]
    hashes = {number: hash_of(number) for _, number, _, _ in tidy if number}
    there = Contact.objects.filter(phone_hash__in=list(hashes.values()), erased_at=None).order_by("id") if hashes else ()
    known: dict[tuple, Any] = {(bytes(c.phone_hash or b""), sealing.unseal(c.name_sealed, NAME), c.kind): c for c in there}
    now, made = clock.now(), []
    found: list[Any] = []
    for name, number, kind, language in tidy:
        place = (hashes.get(number), name, kind)
        contact = known.get(place) if number else None
        if contact is not None:
            contact = _with_extension(contact, number, by)
        if contact is None and (name or number):
            contact = _ContactTwin(kind=kind, language=language, created_at=now, phone_hash=place[0],
                                   name_sealed=sealing.seal(name, NAME) if name else None,
                                   phone_sealed=sealing.seal(number, PHONE) if number else None)
            made.append(contact)
            if number:
                known[place] = contact
        found.append(contact)
    for contact, id_ in zip(made, next_of("contacts_contact_id_seq", len(made)), strict=True):
        contact.id = id_
    copy_in(made, keys=True)
    return [contact and contact.id for contact in found]


def _with_extension(contact: Any, number: str, by: Actor) -> Any:
    """The known contact, told the extension; None when it has another one. One that is not written yet is told in memory."""
    before = sealing.unseal(contact.phone_sealed, PHONE)
    if contact.id:
        return contact if _knows(contact.id, before, number, by) else None
    if EXTENDED in number and EXTENDED not in before:
        contact.phone_sealed = sealing.seal(number, PHONE)
    elif EXTENDED in number and number != before:
        return None
    return contact


def reveal(*, contact: Contact, by: Actor, about: str, reason: str, names: Sequence[str] = (), in_hand: bool = False, fixed: bool = False) -> Revealed:
    """Name and full number, with a ledger entry in the same transaction. The caller has asked whether `by` may see the case.

    about    "case:123"
    names    of others who ask in it: like the requester's own they are masked in the reason, which the ledger never loses
    in_hand  the program gave the person this one to ring; `fixed`: the reason stands on the button
    Refused over the budget of an hour, which is told to shift leader and auditor.
    """
    if not by.has(*MAY_REVEAL):
        raise Refused(no("role", "您的角色不能查看完整号码"))
    _check(rules.reason_given(reason))
    if contact.erased_at:
        raise Refused(no("erased", "该诉求人信息已依法删除"))
    return keep_reveal(contact=contact, by=by, about=about, reason=reason, names=names, in_hand=in_hand, fixed=fixed)


def keep_reveal(*, contact: Contact, by: Actor, about: str, reason: str, names: Sequence[str] = (), in_hand: bool, fixed: bool = False,
                **detail) -> Revealed:
    """The ledger's entry, if the budget allows one more; then the values. Who may is asked before."""
    found = read_for_duty(contact=contact)
    kept = mask(reason.strip(), (found.name, *names), (found.phone,))
    with transaction.atomic():
        answer = reveals.asked(by=by, about=about, reason=kept, in_hand=in_hand, fixed=fixed)
        if answer:
            more = {"in_hand": True} if in_hand else {}
            ledger.write(kind="reveal", by_id=by.id, by_name=by.name, about=about, reason=kept, detail={"contact": contact.pk, **more, **detail})
    if not answer:
        raise reveals.refuse(by=by, answer=answer)
    return found


def read_for_duty(*, contact: Contact) -> Revealed:
    """The values for a deed of the program itself (a message to the requester, an export that the ledger already has)."""
    return Revealed(sealing.unseal(contact.name_sealed, NAME), sealing.unseal(contact.phone_sealed, PHONE))


def let_see_more(*, person_id: int, by: Actor, reason: str) -> str:
    """A shift leader gives a person one more budget of full numbers; returns the name. The reason names nobody: the ledger never loses it."""
    _check(rules.reason_given(reason))
    return reveals.allow_more(person_id=person_id, by=by, reason=_masked(reason))


@transaction.atomic
def erase(*, contact: Contact, by: Actor) -> Contact:
    """Forget name and number; the row stays so that cases keep their link. The two persons are asked for by the case's step."""
    contact.name_sealed = contact.phone_sealed = contact.phone_hash = None
    contact.erased_at = contact.erased_at or clock.now()
    contact.save(update_fields=["name_sealed", "phone_sealed", "phone_hash", "erased_at"])
    ledger.write(kind="erase", by_id=by.id, by_name=by.name, about=f"contact:{contact.pk}")
    return contact


def reseal(*, by: Actor) -> int:
    """After a key was added: every requester under the newest key, the number's hash under today's; flags follow their number.

    Returns how many rows changed. Safe to repeat and to break off: each hundred is a transaction of its own.
    """
    changed, last = 0, 0
    while ids := list(Contact.objects.filter(id__gt=last, erased_at=None).order_by("id").values_list("id", flat=True)[:100]):
        changed, last = changed + _reseal(ids), ids[-1]
    return changed


@transaction.atomic
def _reseal(ids: list[int]) -> int:
    changed = 0
    for row in Contact.objects.select_for_update().filter(id__in=ids).order_by("id"):
        number = sealing.unseal(row.phone_sealed, PHONE)
        before, hash_ = row.phone_hash, hash_of(number)
        old = [v for v in (row.name_sealed, row.phone_sealed) if v and bytes(v)[0] != sealing.sealing_key()]
        if not old and bytes(before or b"") == (hash_ or b""):
            continue
        row.name_sealed = sealing.reseal(row.name_sealed, NAME) if row.name_sealed else None
        row.phone_sealed, row.phone_hash = sealing.seal(number, PHONE) if number else None, hash_
        row.save(update_fields=["name_sealed", "phone_sealed", "phone_hash"])
        if before:
            CallerFlag.objects.filter(phone_hash=before).update(phone_hash=hash_)
        changed += 1
    return changed


def _masked(text: str) -> str:
    """A ground or a reason as it is kept: it names nobody."""
    return cut(mask(text.strip()), 500)


def _write_flag(flag: CallerFlag, what: str, by: Actor, reason: str = "") -> CallerFlag:
    ledger.write(kind="flag", by_id=by.id, by_name=by.name, about=f"flag:{flag.pk}", reason=_masked(reason), detail={"what": what, "grade": flag.grade})
    return flag


@transaction.atomic
def propose_flag(*, phone_hash: bytes, grade: str, ground: str, by: Actor, expires_at: datetime | None = None) -> CallerFlag:
    """Ask for a flag; it counts for nothing until another person approves it. Abuse of the line is its only ground."""
    _check(rules.may_flag(by))
    if grade not in set(Grade):
        raise Invalid({"grade": "请选择等级"})
    latest = rules.latest_expiry(Grade(grade), clock.now())
    if len(ground.strip()) < 8:
        raise Invalid({"ground": "请写明滥用热线的事实：时间、次数、录音或通话编号"})
    if expires_at and not clock.now() < expires_at <= latest:
        raise Invalid({"expires_at": f"到期时间应在 {Grade(grade).days} 天以内"})
    flag = CallerFlag.objects.create(phone_hash=bytes(phone_hash), grade=grade, ground=_masked(ground), proposed_by=by.id, proposed_by_name=by.name,
                                     proposed_at=clock.now(), expires_at=expires_at or latest)
    return _write_flag(flag, "proposed", by)


@transaction.atomic
def flag_of_case(*, contact: Contact | None, by: Actor, grade: str, ground: str) -> CallerFlag:
    """Propose a flag on the number of a case that the actor has open. Refused where there is no number, or one waits already."""
    if contact is None or contact.phone_hash is None or contact.erased_at:
        raise Refused(no("anonymous", "诉求人没有留号码，无从标记"))
    in_turn(f"contacts.flags:{bytes(contact.phone_hash).hex()}")
    if CallerFlag.objects.filter(phone_hash=contact.phone_hash, state=FlagState.PROPOSED).exists():
        raise Refused(no("waiting", "该号码已有一条标记待批准"))
    return propose_flag(phone_hash=bytes(contact.phone_hash), grade=grade, ground=ground, by=by)


def _locked(flag: CallerFlag) -> CallerFlag:
    return CallerFlag.objects.select_for_update().get(pk=flag.pk)


@transaction.atomic
def approve_flag(*, flag: CallerFlag, by: Actor) -> CallerFlag:
    """Another person than the proposer puts the flag in force."""
    _check(rules.may_decide(by))
    flag = _locked(flag)
    _check(rules.may_approve(flag.facts(), by.id))
    flag.state, flag.approved_by, flag.approved_by_name, flag.approved_at = FlagState.ACTIVE, by.id, by.name, clock.now()
    flag.save()
    return _write_flag(flag, "approved", by)


@transaction.atomic
def appeal_flag(*, flag: CallerFlag, text: str, by: Actor) -> CallerFlag:
    """The caller objects; until it is ruled on, a flag above a note does not count."""
    _check(rules.may_flag(by))
    flag = _locked(flag)
    _check(rules.may_appeal(flag.facts()))
    if not text.strip():
        raise Invalid({"appeal": "请写明申诉理由"})
    flag.state, flag.appeal, flag.appealed_at = FlagState.APPEALED, _masked(text), clock.now()
    flag.save()
    return _write_flag(flag, "appealed", by)


@transaction.atomic
def keep_flag(*, flag: CallerFlag, reason: str, by: Actor) -> CallerFlag:
    """The appeal is turned down, by neither of the two who set the flag."""
    _check(rules.may_decide(by))
    if not reason.strip():
        raise Invalid({"reason": "请写明维持的理由"})
    flag = _locked(flag)
    if flag.state != FlagState.APPEALED:
        raise Refused(no("state", "该标记没有待处理的申诉"))
    if by.id in {flag.proposed_by, flag.approved_by}:
        raise Refused(no("two_persons", "申诉须由提出人和批准人以外的人复核"))
    flag.state = FlagState.ACTIVE
    flag.save(update_fields=["state"])
    return _write_flag(flag, "kept", by, reason)


@transaction.atomic
def lift_flag(*, flag: CallerFlag, reason: str, by: Actor) -> CallerFlag:
    """End a flag before its time."""
    _check(rules.may_decide(by))
    flag = _locked(flag)
    _check(rules.may_lift(flag.facts()))
    if not reason.strip():
        raise Invalid({"reason": "请写明解除理由"})
    flag.state, flag.lifted_by, flag.lifted_by_name, flag.lifted_at, flag.lift_reason = FlagState.LIFTED, by.id, by.name, clock.now(), _masked(reason)
    flag.save()
    return _write_flag(flag, "lifted", by, reason)
