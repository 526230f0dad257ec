"""Schemes of the composite: which holds on a day, which are shown beside it, the pages of those that a centre sets. Part of queries by kind."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date

from django.db.models import QuerySet

from minsheng.accounts.rules import Actor
from minsheng.kit import subject_page
from minsheng.kit.kept import Kept
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.measures import rules, score_rules
from minsheng.measures.models import Scoring, ScoringStep
from minsheng.measures.program_schemes import samples
from minsheng.measures.score_rules import FIELDS, OWN, SCORING, UPPER, Scheme, ScoringFacts, ScoringState, Wrong


def _made(rows: Iterable[Scoring]) -> dict[str, list[Scheme]]:
    """slot -> schemes that were confirmed. One whose parts were changed by hand into nonsense is in none: `doctor` names it."""
    found: dict[str, list[Scheme]] = {OWN: [], UPPER: []}
    for one in rows:
        with suppress(Wrong, KeyError):
            if one.state == ScoringState.CONFIRMED and one.since:
                found[one.slot].append(Scheme(f"{one.slot}@{one.since}", one.name, one.since, score_rules.read_parts(one.parts), one.basis))
    return found


_schemes = Kept(_made, Scoring)


def forget() -> None:
    """Read them anew at the next question."""
    _schemes.forget()


def on(day: date) -> Scheme:
    """The one by which the composite of a period that ends on this day is made: the centre's own, else the program's."""
    return score_rules.in_force(_schemes.get()[OWN], day) or rules.scheme_on(day)


def others(day: date) -> list[Scheme]:
    """Those that are shown beside it: what is imposed from above, and the program's where the centre has its own."""
    upper, own = score_rules.in_force(_schemes.get()[UPPER], day), score_rules.in_force(_schemes.get()[OWN], day)
    return [one for one in (upper, rules.scheme_on(day) if own else None) if one]


# --- pages ------------------------------------------------------------


def seen(by: Actor) -> QuerySet[Scoring]:
    return Scoring.objects.all() if by.roles & score_rules.READERS else Scoring.objects.none()


def facts_of(one: Scoring) -> ScoringFacts:
    return ScoringFacts(one.id, ScoringState(one.state), tuple(one.proposers))


def taken(slot: str, without: int = 0) -> list[date]:
    """Days from which schemes of that place hold, or would."""
    rows = Scoring.objects.filter(slot=slot, state__in=(ScoringState.PROPOSED, ScoringState.CONFIRMED)).exclude(id=without)
    return [since for since in rows.values_list("since", flat=True) if since]


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(seen(by), ("-id",), after, size)


def in_words(one: Scheme) -> list[str]:
    return [score_rules.in_words(part) for part in one.parts]


def page(scoring_id: int, by: Actor) -> SubjectPage:
    """Two statements. Refused: there is none, or it is none of the reader's."""
    one = seen(by).filter(id=scoring_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这个方案，或您无权查看"))
    parts: list[str] = []
    with suppress(Wrong):
        parts = [score_rules.in_words(part) for part in score_rules.read_parts(one.parts)]
    told = subject_page.history(ScoringStep, None, one.id, SCORING, FIELDS)
    return SubjectPage(one, subject_page.steps(SCORING, facts_of(one), by), told, {"parts": parts, "slot": dict(score_rules.SLOTS).get(one.slot, "")})


def to_begin_with() -> list[tuple[Scheme, str]]:
    """(sample, its parts in words, a line each)."""
    return [(one, "\n".join(in_words(one))) for one in (*rules.SCHEMES, *samples())]
