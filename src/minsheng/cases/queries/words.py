"""The one place that reads a case's words: as they were said, or masked, as the reader may see them. No page, list or export masks by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases import rules
from minsheng.cases.models import Case, CaseFile, CaseStep, CaseText, StepText
from minsheng.cases.queries import requesters
from minsheng.cases.rules import CaseFacts, masking
from minsheng.cases.rules.masking import NOBODY, Known
from minsheng.cases.rules.visibility import SEES_PERSONAL


@dataclass(frozen=True, slots=True)
class View:
    """How one reader reads one case: masked, or as it was said but for `hidden`: others who ask in it and are not to be known to the reader."""

    full: bool
    hidden: Known = NOBODY
    shut: bool = False  # no word at all, but for the request that waits for the reader


MASKED, FULL, SHUT = View(False), View(True), View(False, shut=True)


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    narrative: str
    place: str
    original: str
    elements: dict[str, Any]


def view_of(case: Case, facts: CaseFacts, by: Actor) -> View:
    """No statement, three at most for a case that was merged.

    A requester never reads the name of another whose case was merged with theirs; a unit not the name of one who asked for secrecy.
    """
    if not rules.sees_personal(facts, by):
        return SHUT if rules.only_rules(facts, by) else MASKED
    if not requesters.is_shared(case) or (by.roles & SEES_PERSONAL and not by.case_id):
        return FULL
    return View(True, requesters.others_of(case, only_sealed=not by.case_id))


def of_case(case: Case, view: View) -> Words:
    """Of a case with its text loaded. No statement but for words that older rules masked."""
    text = case.text
    if view.full:
        said = Words(text.title, text.narrative, text.place, text.original, text.elements)
        return Words(*(masking.cover_people(getattr(said, name), view.hidden) for name in Words.__slots__)) if view.hidden else said
    if text.mask_rules != masking.RULES:
        return _masked_now(text, _known(case))
    return Words(case.title, text.masked, text.masked_place, text.masked_original, text.masked_elements)


def _masked_now(text: CaseText, people: Known) -> Words:
    masked = masking.cover(text.narrative, people)
    return Words(masking.title(text.title, text.narrative, masked, people), masked, masking.place(text.place, people),
                 masking.cover(text.original, people), masking.cover(text.elements, people))


def of_step(row: CaseStep, case: Case, view: View) -> dict[str, Any]:
    """What was said with a step, by the names of its fields. `row` with its text loaded, if it has any."""
    return of_step_text(row.text, case, view) if hasattr(row, "text") else {}


def of_step_text(text: StepText, case: Case, view: View) -> dict[str, Any]:
    if view.full:
        return masking.cover_people(text.words, view.hidden)
    if text.mask_rules != masking.RULES:
        return masking.cover_words(text.words, _known(case))
    return {**text.words, **text.masked}


def name_of(kept: CaseFile, case: Case, view: View) -> str:
    """What a file of the case is called."""
    if view.full or kept.file.erased_at:
        return masking.cover_people(kept.file.name, view.hidden)
    return kept.masked_name if kept.mask_rules == masking.RULES else masking.file_name(kept.file.name, _known(case))


def _known(case: Case) -> Known:
    """Read once for a case, however much of it older rules masked."""
    if case.known_people is None:
        case.known_people = requesters.known_of([case])[case.id]
    return case.known_people


def know_stale(cases: list[Case]) -> None:
    """Who asks in those of these that older rules masked, read together, before the words of many cases are read. No statement when there are none."""
    stale = [case for case in cases if case.text.mask_rules != masking.RULES]
    for case_id, people in requesters.known_of(stale).items() if stale else ():
        next(case for case in stale if case.id == case_id).known_people = people
