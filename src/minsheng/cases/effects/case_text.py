"""The caller's words as rows: kept, masked for search, changed, erased. Called inside the door's transaction only."""

from __future__ import annotations

import os
from datetime import datetime

from django.utils.timezone import localtime

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.models import Case, CaseFile, CaseText, OutsideKey, StepKey, StepText
from minsheng.cases.rules import hash_chain
from minsheng.cases.rules.checks import missing_elements, title_of
from minsheng.contacts import actions as contacts
from minsheng.files import actions as files
from minsheng.kit.search import to_vector
from minsheng.language import rules as language
from minsheng.messages import actions as messages


def make(case: Case, *, title: str, narrative: str, place: str, original: str, elements: dict, name: str = "") -> CaseText:
    """The text row of a new case (not saved) and the case's masked title and missing elements. `name`: what the requester is called."""
    text = CaseText(case=case, title=title_of(title, narrative), narrative=narrative, place=place, original=original, elements=elements,
                    salt=os.urandom(16))
    derive(case, text, name)
    return text


def called(case: Case) -> str:
    """The requester's name: in the own words it is as personal as in the field beside them."""
    return contacts.read_for_duty(contact=case.contact).name if case.contact_id else ""


def derive(case: Case, text: CaseText, name: str = "") -> None:
    """All that is read off the words: masks, the words to search by, what the template still asks for."""
    names = (name,) if name else ()
    case.title = language.mask(text.title, names)[:200]
    text.masked = language.mask(text.narrative, names)
    text.masked_place = language.mask(text.place, names)[:200]
    words = language.tokens(" ".join((case.title, text.masked, text.masked_place, language.mask(text.original, names))))
    text.words = to_vector(words)
    matter = queries.categories().get(case.category_id) if case.category_id else None
    case.marks = {**case.marks, "missing": missing_elements(matter.elements if matter else [], text.elements)}


def change(case: Case, values: dict) -> str:
    """A correction by those who may: category, kind, district, and the words themselves. Returns their new digest, for the step."""
    text = CaseText.objects.select_for_update().get(case_id=case.id)
    if "category" in values:
        found = queries.category(values["category"])
        case.category_id = found.id if found else None
        case.category = found
    case.kind = values.get("kind", case.kind)
    case.district_id = values.get("district", case.district_id)
    for name in ("title", "narrative", "place"):
        if name in values:
            setattr(text, name, values[name])
    if "elements" in values:
        text.elements = {**text.elements, **values["elements"]}
    _save(case, text)
    return hash_chain.digest(text.salt, text.narrative)


def _save(case: Case, text: CaseText) -> None:
    text.salt = text.salt or os.urandom(16)
    derive(case, text, called(case))
    text.save()


def append(case: Case, addition: str, at: datetime, word: str) -> str:
    """What the requester adds later stands under the first words, with its local time; nothing is overwritten. Returns the new digest."""
    text = CaseText.objects.select_for_update().get(case_id=case.id)
    if addition:
        text.narrative = f"{text.narrative}\n\n【{localtime(at):%Y-%m-%d %H:%M} {word}】{addition}"
        _save(case, text)
    return hash_chain.digest(text.salt or b"", text.narrative)


def erase(case: Case, by: Actor) -> None:
    """A lawful erasure: words, salts, files, messages and contact data go, the acts stay (rulings, 14)."""
    CaseText.objects.filter(case_id=case.id).update(
        title="", narrative="", masked="", original="", place="", masked_place="", elements={}, words=None, salt=None
    )
    StepText.objects.filter(case_id=case.id).update(words={}, salt=b"")
    StepKey.objects.filter(case_id=case.id).delete()  # digests of words, without a salt
    OutsideKey.objects.filter(case_id=case.id).update(digest=None)  # of the words, without a salt
    for kept in CaseFile.objects.filter(case_id=case.id, file__erased_at=None).select_related("file"):
        files.erase(file=kept.file, by=by)
    messages.forget(about=f"case:{case.id}", by=by)
    case.title, case.erased = "（个人信息已依法删除）", True
    contact, case.contact = case.contact, None
    if contact and not Case.objects.filter(contact=contact).exclude(id=case.id).exists():
        contacts.erase(contact=contact, by=by)
