"""Schemes of the composite as the engine takes them, and the ways in (rulings, 72). Part of actions by kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine, stepped
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Verdict
from minsheng.measures import schemes, score_rules
from minsheng.measures.models import Scoring, ScoringStep, ScoringWords
from minsheng.measures.score_rules import ScoringFacts, ScoringState

Given = Mapping[str, Any]


def _propose(deed: Deed[Scoring]) -> None:
    one, given = deed.subject, deed.values
    one.name, one.slot, one.since, one.basis = given["name"], given["slot"], date.fromisoformat(given["since"]), given["basis"]
    one.parts, one.proposers = score_rules.as_text(score_rules.read_parts(given["parts"])), [deed.by.id]


def _confirm(deed: Deed[Scoring]) -> None:
    deed.subject.confirmed_at, deed.subject.confirmed_by = deed.at, deed.by.name
    deed.then.append(lambda: transaction.on_commit(schemes.forget))


class Scorings(SteppedKind[Scoring]):
    procedure, fields = score_rules.SCORING, score_rules.FIELDS
    effects = {"propose_scoring": _propose, "confirm_scoring": _confirm}
    name, label, model, rows, words = "scoring", "计分方案", Scoring, ScoringStep, ScoringWords
    decided = {"name": "方案名称", "slot": "用在哪里", "since": "自哪天起", "parts": "各项分值", "basis": "依据", "proposers": "提出人",
               "confirmed_at": "确认时间", "confirmed_by": "确认人"}

    def facts(self, subject: Scoring, at: datetime) -> ScoringFacts:
        return schemes.facts_of(subject)

    def sees(self, facts: ScoringFacts, by: Actor) -> Verdict:
        return YES if schemes.seen(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Scoring]) -> dict[str, str]:
        """What waited past its day is not confirmed any more: what was published by then stays."""
        one, today = deed.subject, clocks.local_day(deed.at)
        if deed.step.name == "confirm_scoring" and one.since is not None:
            return score_rules.wrong({"since": one.since.isoformat()}, today, ())
        slot = deed.values.get("slot", "")
        return score_rules.wrong(deed.values, today, schemes.taken(slot, one.id) if slot else ())


SCORINGS = Scorings()


@transaction.atomic
def propose(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> ScoringStep:
    """Two who propose for the same day at once take turns."""
    at = at or clock.now()
    in_turn("measures.scorings")
    one = Scoring(id=new_id(at), state=ScoringState.NEW.value, updated_at=at)
    row: ScoringStep = engine.make(SCORINGS, one, "propose_scoring", by=by, given=given, at=at, key=key)
    return row


def take(*, scoring_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> ScoringStep:
    row: ScoringStep = engine.take(SCORINGS, scoring_id, step, by=by, given=given, at=at, key=key)
    return row


def verify_history() -> Iterator[str]:
    """For `doctor`: schemes and their steps."""
    return stepped.broken(SCORINGS)
