"""What steps of the call-back write: answers on the case that the requester came with, another number, who is not called any more."""

from __future__ import annotations

from functools import partial

from minsheng.cases.effects import case_text
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.in_hand import WAITING
from minsheng.cases.effects.requests import ask, rule
from minsheng.cases.models import Case, CaseText
from minsheng.cases.queries import parties
from minsheng.cases.rules import Ask, Outcome, Party, Standing
from minsheng.cases.rules.hash_chain import who_digest
from minsheng.contacts import actions as contacts


def party_case(deed: Deed) -> Case:
    """The case that the requester named in `party` came with. The door has looked it up."""
    party = deed.values["party"]
    return deed.case if party == deed.case.id else deed.other(party)


@effect("record_callback")
def record_callback(deed: Deed) -> None:
    """Answers of the case's own requester stand on the case; those of merged ones on their own case, which stays merged."""
    given, about = deed.values, party_case(deed)
    heard = parties.word(deed.step.name, deed.at, deed.values)
    deed.row.given = {**deed.row.given, "half_day": heard.half_day, "round": deed.case.redos}
    about.tries = _party(deed).heard(heard).tries
    about.reached = about.reached or given["outcome"] == Outcome.ANSWERED
    for name in ("contacted", "solved"):
        if name in given:
            setattr(about, name, given[name])
    about.satisfaction = given.get("satisfaction", about.satisfaction)


def _party(deed: Deed) -> Party:
    return next(p for p in deed.facts.callback.parties if p.id == deed.values["party"])


def remember_number(deed: Deed) -> None:
    """The requester under the number given: somebody known, or new."""
    about = party_case(deed)
    deed.found["text"] = CaseText.objects.filter(case_id=about.id, salt__isnull=False).only("salt").first()
    before = contacts.read_for_duty(contact=about.contact) if about.contact else None
    deed.found["contact"] = contacts.remember(name=before.name if before else "", phone=deed.values["phone"], by=deed.by,
                                              kind=about.requester_kind, language=about.language)


@effect("give_number", before=(remember_number,))
def give_number(deed: Deed) -> None:
    """The requester of this case alone gets the number; other cases of the same person keep what they were given."""
    about = party_case(deed)
    about.contact = deed.found["contact"]
    if (text := deed.found["text"]) is not None:  # of one that was erased nothing says any more whose it was
        deed.row.given = {**deed.row.given, "named": {str(about.id): who_digest(text, about.contact.pk)}}
    deed.then.append(partial(case_text.meet, about.id))  # the number is masked wherever it stands


@effect("ask_no_callback")
def ask_no_callback(deed: Deed) -> None:
    """The request covers whoever lacks a number now; on a restricted matter whoever is not called back yet."""
    ask(deed)
    deed.row.given = {**deed.row.given, "parties": [p.id for p in deed.facts.callback.parties if _covered(deed, p)]}


def _covered(deed: Deed, party: Party) -> bool:
    return not party.standing.is_done if deed.values["no_callback"] == "harm" else party.standing == Standing.NO_NUMBER


def who_was_named(deed: Deed) -> None:
    asked, = (one for one in WAITING.of(deed.case) if one.ask == Ask.NO_CALLBACK.value)
    deed.found["named"] = set(deed.case.steps.get(id=asked.step_id).given["parties"])


@effect("grant_no_callback", before=(who_was_named,))
def grant_no_callback(deed: Deed) -> None:
    """It excuses whom the request named, unless they were called back meanwhile."""
    rule(deed)
    named = deed.found["named"]
    deed.row.given = {**deed.row.given, "parties": [p.id for p in deed.facts.callback.parties if p.id in named and not p.standing.is_done]}
