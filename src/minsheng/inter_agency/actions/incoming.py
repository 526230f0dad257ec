"""What 110 hands over becomes a case, once for each of its references, whichever way it comes (rulings, 107)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import actions as cases
from minsheng.cases.actions import Requester
from minsheng.cases.models import Case
from minsheng.cases.queries import dangers
from minsheng.inter_agency import outgoing, rules
from minsheng.inter_agency.actions import telling
from minsheng.inter_agency.models import Handover
from minsheng.inter_agency.rules import Receipt, Told, Way
from minsheng.kit import clock, sealing
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.telephony.rules import cti

NOT_SET = f"本中心没有设置 {outgoing.THEIRS}，不能核对签名，所以不收。请联系本中心系统管理员"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What 110's system says."""

    reference: str
    narrative: str
    officer: str = ""
    happened_at: datetime | None = None
    title: str = ""
    kind: str = "help"
    category: str = ""
    district: int | None = None
    place: str = ""
    name: str = ""
    phone: str = ""
    urgent: bool = False
    no_danger: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """The receipt: 110's number, ours, when. `replayed`: it was given before."""

    reference: str
    number: str
    receipt: str
    at: datetime
    replayed: bool = False


def genuine(*, body: bytes, stamp: str, signed: str) -> None:
    """Refused unless 110 signed it in these minutes. Without a secret nothing is taken: whoever had the token could write in the name of the police."""
    secret = outgoing.their_secret()
    if len(secret) < 32:
        raise Refused(no("not_set", NOT_SET))
    if not (answer := cti.genuine(secret, stamp, signed, body, clock.machine_now())):
        raise Refused(answer)


def receive(*, pushed: Pushed, by: Actor) -> Taken:
    """A case, or the receipt that was given for this reference before. Refused: it stays with 110, and that is kept too."""
    _check(pushed)
    said = dangers.read_case(title=pushed.title, narrative=pushed.narrative, place=pushed.place)
    answer = rules.stays_with_them([(f.danger.label, f.danger.call) for f in said.found if f.danger.code != rules.DOUBT], pushed.no_danger)
    with transaction.atomic():
        row, new = _row(pushed)
        if not new and row.case_id:
            return _before(row, pushed)
        if answer:
            return _accept(row, pushed, by)
        row.receipt, row.receipt_at, row.reason = Receipt.RETURNED.value, clock.now(), answer.reason[:300]
        row.save(update_fields=["receipt", "receipt_at", "reason"])
    raise Refused(answer)


def _check(pushed: Pushed) -> None:
    errors = {name: said for name, said in (("reference", rules.reference_error(pushed.reference)),
                                            ("happened_at", rules.time_error(pushed.happened_at, clock.now()))) if said}
    if errors:
        raise Invalid(errors)


def _not_erased(reference: str) -> None:
    """Its case was erased lawfully: it is not made a second time, whoever sends it again."""
    marks = [sealing.keyed_hash(each, rules.REFERENCE) for each in rules.same_reference(reference)]
    if Handover.objects.filter(mark__in=marks).exists():
        raise Refused(no("erased", "这个编号早已签收，那件工单已依法删除，不再登记。群众另有诉求的，请110另给编号", "reference"))


def _row(pushed: Pushed) -> tuple[Handover, bool]:
    """Held until the transaction ends: of two deliveries at once the second waits and finds the case of the first."""
    _not_erased(pushed.reference)
    now = clock.now()
    return _held(pushed.reference, {"way": Way.SYSTEM.value, "officer": pushed.officer, "happened_at": pushed.happened_at, "received_at": now,
                                    "receipt": Receipt.RETURNED.value, "receipt_at": now})


def _held(reference: str, columns: dict) -> tuple[Handover, bool]:
    """(the row, locked; is it new). Typed in other capitals it is the same number."""
    if there := Handover.objects.select_for_update().filter(reference__in=rules.same_reference(reference)).order_by("id").first():
        return there, False
    row, new = Handover.objects.get_or_create(reference=reference, defaults=columns)
    return (row, True) if new else (Handover.objects.select_for_update().get(pk=row.pk), False)


def _digest(pushed: Pushed) -> bytes:
    return hashlib.sha256(json.dumps(asdict(pushed), default=str, sort_keys=True).encode()).digest()


def _before(row: Handover, pushed: Pushed) -> Taken:
    """By telephone it was told in other words: the same reference is the same matter."""
    number = _number(row)
    if row.way == Way.SYSTEM and bytes(row.digest) != _digest(replace(pushed, reference=row.reference)):
        raise Refused(no("key_reused", f"这个编号已签收为 {number}，与这次的内容不同。补充情况请电话告知12345，另一件事请另用编号", "reference"))
    return Taken(row.reference, number, row.receipt, row.receipt_at, replayed=True)


def _accept(row: Handover, pushed: Pushed, by: Actor) -> Taken:
    made = cases.create_case(
        by=by, kind=pushed.kind, narrative=pushed.narrative, title=pushed.title, channel="police", category=pushed.category, district=pushed.district,
        place=pushed.place, urgent=pushed.urgent or None, requester=Requester(pushed.name, pushed.phone), key=(rules.PARTY, pushed.reference))
    row.receipt, row.receipt_at, row.reason, row.case_id, row.digest = Receipt.ACCEPTED.value, clock.now(), "", made.case.id, _digest(pushed)
    row.officer, row.happened_at = pushed.officer, pushed.happened_at
    row.save()
    _on_case(row)
    return Taken(row.reference, made.case.number, row.receipt, row.receipt_at)


def _on_case(row: Handover) -> None:
    given: dict[str, Any] = {"police_ref": row.reference}
    given |= {"police_officer": row.officer} if row.officer else {}
    given |= {"police_on_line": row.on_line} if row.on_line is not None else {}
    given |= {"call": row.call_id} if row.call_id else {}
    assert row.case_id is not None
    cases.take_step(case_id=row.case_id, step="police_handover", by=clock_actor("110转来"), given=given, key=f"110:{row.pk}")


@dataclass(frozen=True, slots=True)
class Spoken:
    """What an agent was told by 110 on the telephone."""

    reference: str
    officer: str = ""
    on_line: bool = False
    call_id: int | None = None


@transaction.atomic
def take_over(*, spoken: Spoken, make: Callable[[], cases.Created], by: Actor) -> cases.Created:
    """An agent takes it from 110 on the telephone. `make` makes the case, or finds that of the same page sent twice. 110 is sent its receipt.
    Invalid without 110's number; Refused when that number is another case already: nothing is made then."""
    row, new = _spoken_row(spoken)
    made = make()
    _attach(row, new, spoken, made.case)
    return made


@transaction.atomic
def attach(*, spoken: Spoken, case_id: int, by: Actor) -> None:
    """What 110 rang about is a case already: its citizen adds to it, and 110 hears of that one."""
    row, new = _spoken_row(spoken)
    _attach(row, new, spoken, Case.objects.only("id", "number").get(id=case_id))


def _spoken_row(spoken: Spoken) -> tuple[Handover, bool]:
    if wrong := rules.reference_error(spoken.reference):
        raise Invalid({"police_ref": wrong})
    _not_erased(spoken.reference)
    now = clock.now()
    return _held(spoken.reference, {"way": Way.CALL.value, "officer": spoken.officer, "on_line": spoken.on_line, "call_id": spoken.call_id, "received_at": now,
                                    "receipt": Receipt.ACCEPTED.value, "receipt_at": now})


def _attach(row: Handover, new: bool, spoken: Spoken, case: Case) -> None:
    if row.case_id == case.id:
        return
    if row.case_id:
        raise Refused(no("known", f"110的这个编号已登记为工单 {_number(row)}：请打开那一件补充，不用另登"))
    if not new:  # pushed before and handed back: by telephone an agent has looked at it
        row.way, row.officer, row.on_line, row.call_id, row.reason = Way.CALL.value, spoken.officer, spoken.on_line, spoken.call_id, ""
        row.receipt, row.receipt_at = Receipt.ACCEPTED.value, clock.now()
    row.case_id = case.id
    row.save()
    _on_case(row)
    telling.say(row, rules.Said(Told.RECEIPT, {"number": case.number}))


def _number(row: Handover) -> str:
    return (Case.objects.filter(id=row.case_id).values_list("number", flat=True).first() if row.case_id else None) or ""


def receipt_of(reference: str) -> Taken:
    """For 110 that has lost an answer. Refused: nothing came under this number."""
    row = Handover.objects.filter(reference__in=rules.same_reference(reference[:40])).order_by("id").first()
    if row is None:
        _not_erased(reference)
        raise Refused(no("hidden", "没有收到过这个编号：请核对编号，或重新推送"))
    return Taken(row.reference, _number(row), row.receipt, row.receipt_at.astimezone(UTC), replayed=True)
