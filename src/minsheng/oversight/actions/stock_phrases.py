"""Lists of stock phrases as the engine takes them, and the ways in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.verdict import YES, Verdict
from minsheng.oversight.models import StockPhrases, StockPhrasesStep, StockPhrasesWords
from minsheng.oversight.queries import stock_phrases as read
from minsheng.oversight.rules import stock_phrases as rules
from minsheng.oversight.rules.stock_phrases import PhrasesFacts, PhrasesState

Given = Mapping[str, Any]


def _write(deed: Deed[StockPhrases]) -> None:
    one, given = deed.subject, deed.values
    one.phrases, one.since, one.reason = rules.lines(given["phrases"]), date.fromisoformat(given["since"]), given["reason"]
    if deed.by.id not in one.drafters:
        one.drafters = [*one.drafters, deed.by.id]


def _sign(deed: Deed[StockPhrases]) -> None:
    deed.subject.signed_at, deed.subject.signed_by = deed.at, deed.by.name


class Phrases(SteppedKind[StockPhrases]):
    procedure, fields = rules.PHRASES, rules.FIELDS
    effects = {"draft_phrases": _write, "amend_phrases": _write, "sign_phrases": _sign}
    name, label, model, rows, words = "phrases", "常用语清单", StockPhrases, StockPhrasesStep, StockPhrasesWords
    decided = {"phrases": "常用语", "since": "起用日期", "reason": "理由", "drafters": "拟稿人", "signed_at": "签发时间", "signed_by": "签发人"}

    def facts(self, subject: StockPhrases, at: datetime) -> PhrasesFacts:
        return read.facts_of(subject)

    def sees(self, facts: PhrasesFacts, by: Actor) -> Verdict:
        return YES if read.seen(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[StockPhrases]) -> dict[str, str]:
        return rules.check(deed.step.name, deed.values, deed.subject.since, clocks.local_day(deed.at))


PHRASES = Phrases()


def draft(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> StockPhrasesStep:
    at = at or clock.now()
    one = StockPhrases(id=new_id(at), state=PhrasesState.NEW.value, updated_at=at)
    row: StockPhrasesStep = engine.make(PHRASES, one, "draft_phrases", by=by, given=given, at=at, key=key)
    return row


def take(*, phrases_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> StockPhrasesStep:
    row: StockPhrasesStep = engine.take(PHRASES, phrases_id, step, by=by, given=given, at=at, key=key)
    return row
