"""Lists of stock phrases: which holds on a day, who sees them, their pages."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db.models import QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.effects import clocks
from minsheng.kit import clock, subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.oversight.models import StockPhrases, StockPhrasesStep
from minsheng.oversight.rules import stock_phrases as rules
from minsheng.oversight.rules.stock_phrases import PhrasesFacts, PhrasesState

FILE = Path(__file__).resolve().parents[1] / "stock_phrases.yaml"
READERS = frozenset({Role.INSPECTOR, Role.SUPERVISOR})


@cache
def of_program() -> tuple[str, ...]:
    """What comes with the program, until a list is signed."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(found["phrases"])


def held(on: date) -> tuple[str, ...]:
    """The phrases of that day. One statement."""
    rows = StockPhrases.objects.filter(state=PhrasesState.SIGNED, since__lte=on).values_list("since", "id", "phrases")
    return rules.in_force([(since, id_, tuple(said)) for since, id_, said in rows if since], on) or of_program()


def pattern(on: date) -> re.Pattern[str]:
    return rules.pattern(held(on))


def seen(by: Actor) -> QuerySet[StockPhrases]:
    return StockPhrases.objects.all() if by.roles & READERS else StockPhrases.objects.none()


def facts_of(one: StockPhrases) -> PhrasesFacts:
    return PhrasesFacts(one.id, PhrasesState(one.state), tuple(one.drafters))


def today() -> date:
    return clocks.local_day(clock.now())


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(seen(by), ("-id",), after, size)


def page(phrases_id: int, by: Actor) -> SubjectPage:
    """What it adds to and takes from what holds now. Refused: there is none, or it is none of the reader's. Three statements."""
    one = seen(by).filter(id=phrases_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这份清单，或您无权查看"))
    now = held(today())
    more = {"added": [said for said in one.phrases if said not in now], "gone": [said for said in now if said not in one.phrases]}
    told = subject_page.history(StockPhrasesStep, None, one.id, rules.PHRASES, rules.FIELDS)
    return SubjectPage(one, subject_page.steps(rules.PHRASES, facts_of(one), by), told, more)
