"""Sign-ups before a period as the engine takes them, their doors, and opening one by number and code."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as mark

from minsheng.accounts import rules as people
from minsheng.accounts import throttle
from minsheng.accounts.rules import Actor
from minsheng.accounts.try_limits import code_limits, send_limits
from minsheng.cases import actions as cases
from minsheng.cases.actions import by_citizen
from minsheng.cases.effects import clocks, codes
from minsheng.cases.models import Case
from minsheng.cases.queries import dangers
from minsheng.contacts import actions as contacts
from minsheng.contacts import queries as known
from minsheng.kit import clock, engine
from minsheng.kit.batch_sql import ask_together
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.translatable import Said
from minsheng.kit.verdict import YES, Invalid, Refused, Verdict, no
from minsheng.leader_days.actions.doors import register_call
from minsheng.leader_days.effects import signups as effects
from minsheng.leader_days.models import Period, Signup, SignupStep, SignupWords
from minsheng.leader_days.queries import facts
from minsheng.leader_days.queries import signups as read
from minsheng.leader_days.rules import signups as rules
from minsheng.leader_days.rules.fields import FIELDS

URGENT = mark("您写的像是紧急情况，等不到接听日。请现在就打电话，或从“提交诉求”提交，马上有人看。")
FIRST = "9"  # what a number of a sign-up begins with; that of a case begins with its year
_LENGTH = 15


class Signups(SteppedKind[Signup]):
    procedure, effects, fields = rules.SIGNUP, effects.SIGNUP, FIELDS
    name, label, model, rows, words = "signup", "报名", Signup, SignupStep, SignupWords
    decided = {"period_id": "期", "number": "编号", "language": "语言", "kind": "类别", "desk_id": "接听席", "dials": "拨号次数", "case_id": "工单"}
    spoken = {"said": "said", "place": "place", "told": "told"}

    def attach(self, subjects: list[Signup]) -> None:
        read.furnish(subjects)

    def is_erased(self, subject: Signup) -> bool:
        """The words go with those of the case that it became."""
        return Case.objects.filter(id=subject.case_id or 0, erased=True).exists()

    def facts(self, subject: Signup, at: datetime) -> rules.SignupFacts:
        return read.of(subject, at)

    def sees(self, facts: rules.SignupFacts, by: Actor) -> Verdict:
        return YES if read.seen_by(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Signup]) -> dict[str, str]:
        return rules.check(deed.step.name, deed.values, deed.facts)

    def gather(self, deed: Deed[Signup]) -> None:
        if deed.step.name == "register_signup":
            made = register_call(desk_id=deed.subject.desk_id or 0, by=deed.by, at=deed.at, then=None, **_content(deed.subject))
        elif deed.step.name == "pass_on":
            made = cases.create_case(by=by_citizen.citizen(), at=deed.at, channel="web", **_content(deed.subject))
        else:
            return
        deed.found["case"] = made.case.id


def _content(one: Signup) -> dict[str, Any]:
    """What the person has said already goes into the case: nothing is asked twice."""
    name, number = known.people([one.contact_id]).get(one.contact_id, ("", "")) if one.contact_id else ("", "")
    return {"kind": one.kind, "narrative": one.said, "place": one.place, "language": one.language, "requester": cases.Requester(name, number)}


SIGNUPS = Signups()


@dataclass(frozen=True, slots=True)
class SignedUp:
    """`code` is "" when the same form was sent before: it is shown once."""

    id: int
    number: str
    code: str


def sign_up(*, key: str, address: str, period_id: int, kind: str, said: str, place: str = "", name: str = "", phone: str = "",
            language: str = "zh") -> SignedUp:
    """A topic or question for a period that is announced. Invalid by field; Refused: too many from one address, or the period began."""
    by_citizen.slow(send_limits(address), by_citizen.TOO_MANY)
    if dangers.read(said, place).urgent:
        raise Invalid({"said": URGENT})
    return _signed_up(key, period_id, {"kind": kind, "said": said, "place": place}, known.given(name, phone, "person", language), language)


@transaction.atomic
def _signed_up(key: str, period_id: int, words: Mapping[str, str], who: known.GivenContact | None, language: str) -> SignedUp:
    """The period is held: nobody begins or recalls it meanwhile."""
    at, by = clock.now(), by_citizen.citizen()
    period = Period.objects.select_for_update().filter(id=period_id).first()
    if period is None:
        raise Refused(no("over", "没有这一期"))
    facts.furnish([period])
    contact_id, contact = contacts.known_or_new(who=who, found=ask_together(**known.look_for(who)) if who else {}, by=by)
    one = Signup(id=new_id(at), state=rules.SignupState.NEW.value, period=period, number=_free_number(at), contact_id=contact_id,
                 language=language, updated_at=at)
    one.has_number = bool(who and who.number)
    code = codes.give(one)
    given = {"period": period.id, **{name: text for name, text in words.items() if text}}
    row = engine.make(SIGNUPS, one, "sign_up", by=by, given=given, at=at, key=key)
    if row.subject_id != one.id:
        return SignedUp(row.subject_id, Signup.objects.get(id=row.subject_id).number, "")
    if contact is not None:
        contact.save(force_insert=True)
    return SignedUp(one.id, one.number, code)


def _free_number(at: datetime) -> str:
    """Fifteen figures with the local day; the column is unique, so two that meet are one that is refused."""
    while True:
        number = f"{FIRST}{clocks.local_day(at):%Y%m%d}{secrets.randbelow(1_000_000):06d}"
        if not Signup.objects.filter(number=number).exists():
            return number


def take_signup_step(*, signup_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "",
                     at: datetime | None = None) -> SignupStep:
    return engine.take(SIGNUPS, signup_id, step, by=by, given=given, at=at, key=key)


def is_number(number: str) -> bool:
    """Is this the number of a sign-up, and not that of a case?"""
    figures = by_citizen.figures(number)
    return len(figures) == _LENGTH and figures.startswith(FIRST)


def open_by_code(*, number: str, code: str, address: str) -> int:
    """The sign-up that number and code open. Refused: the same for an unknown number and a wrong code, or a wait."""
    number, code = by_citizen.figures(number), by_citizen.figures(code)
    answer = _try(number, code, address)
    if isinstance(answer, Verdict):
        raise Refused(answer)
    return answer


@transaction.atomic
def _try(number: str, code: str, address: str) -> int | Verdict:
    """A failure is counted, so nothing is raised here."""
    limits = code_limits(number, address, "")
    if wait := throttle.take(limits):
        return no("wait", Said(by_citizen.TRIED, wait=people.in_words(wait)))
    one = Signup.objects.filter(number=number).only("id", "code_hash").first()
    asked = codes.hash_of(number, code)
    if one is None or not hmac.compare_digest(asked, bytes(one.code_hash)):
        throttle.wrong("codes")
        return no("wrong", by_citizen.WRONG)
    throttle.give_back(limits)
    return one.id
