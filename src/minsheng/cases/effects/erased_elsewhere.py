"""Who was erased is named nowhere in the cases that theirs was ever merged with: offices wrote there of both (rulings, 14).

The words are covered, not thrown away: they are others' words about others' matters. The erasing step says what their digests are since.
"""

from __future__ import annotations

import os
from typing import Any

from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseText, StepText
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.cases.rules.hash_chain import words_digest
from minsheng.cases.rules.masking import Known
from minsheng.contacts import queries as contacts
from minsheng.kit.hash_chain import as_text, digest

_OWN = ("title", "narrative", "place", "original", "elements")


def cover(case: Case) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """(case -> the digest of its words then, step -> those of its words). Nothing of who asks in that case as well. Before the contact goes."""
    who = masking.known(contacts.people([case.contact_id]).values()) if case.contact_id else masking.NOBODY
    near = requesters.together([case.id])[case.id] - {case.id} if who and requesters.is_shared(case) else set()
    texts: dict[str, str] = {}
    steps: dict[str, dict[str, str]] = {}
    for other in Case.objects.select_related("contact").filter(id__in=near, erased=False).order_by("id"):
        gone = who.without(masking.known(contacts.people([other.contact_id]).values())) if other.contact_id else who
        if gone:
            texts |= _words_of(other, gone)
            steps |= _steps_of(other, gone)
    return texts, steps


def _words_of(case: Case, gone: Known) -> dict[str, str]:
    text = CaseText.objects.select_for_update().filter(case_id=case.id).exclude(salt=None).first()
    covered = {name: masking.cover_people(getattr(text, name), gone) for name in _OWN} if text else {}
    if text is None or all(getattr(text, name) == value for name, value in covered.items()):
        return {}
    for name, value in covered.items():
        setattr(text, name, value)
    case_text.derive(case, text, case_text.people_of(case))
    text.save()
    Case.objects.filter(id=case.id).update(title=case.title)
    return {str(case.id): words_digest(text)}


def _steps_of(case: Case, gone: Known) -> dict[str, dict[str, str]]:
    found, people = {}, case_text.people_of(case)
    for row in StepText.objects.select_for_update().filter(case_id=case.id).exclude(words={}).order_by("step_id"):
        words: dict[str, Any] = masking.cover_people(row.words, gone)
        if words != row.words:
            row.words, row.salt = words, os.urandom(16)
            for name, value in case_text.masked_step(words, people).items():
                setattr(row, name, value)
            row.save()
            found[str(row.step_id)] = {name: digest(row.salt, as_text(value)) for name, value in words.items()}
    return found
