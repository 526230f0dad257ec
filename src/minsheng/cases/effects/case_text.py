"""The caller's words as rows: kept, masked for search, changed, erased. Called inside the door's transaction only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localtime

from minsheng.cases import queries
from minsheng.cases.effects.in_hand import WORDS
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseFile, CaseStep, CaseText, StepText
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.cases.rules.checks import by_key, missing_elements, title_of
from minsheng.cases.rules.hash_chain import words_digest
from minsheng.cases.rules.masking import NOBODY, Known
from minsheng.files.models import StoredFile
from minsheng.kit import written_times
from minsheng.kit.copy_rows import twin
from minsheng.kit.search import Vector, to_vector
from minsheng.language import rules as language

if TYPE_CHECKING:
    from minsheng.cases.effects.context import Deed


_TextRow = twin(CaseText)


def make(case: Case, *, title: str, narrative: str, place: str, original: str, elements: dict[str, Any], people: Known = NOBODY) -> CaseText:
    """The text row of a new case (not saved) and the case's masked title and missing elements. `people`: who asks."""
    text = _TextRow(case_id=case.id, title=title_of(title, narrative), narrative=narrative, place=place, original=original, elements=by_key(_template(case), elements),
                    salt=os.urandom(16))
    derive(case, text, people)
    return text


def people_of(case: Case | None) -> Known:
    """Who asks: in the words of the case they are as personal as in the fields beside them."""
    if case is None:
        return NOBODY
    return requesters.known_of([case])[case.id]


@dataclass(frozen=True, slots=True)
class Covered:
    """What everybody may read and search by of a case's words. `title` is the case's own column, the others are the text's."""

    title: str
    masked: str
    masked_place: str
    masked_original: str
    masked_elements: Any
    words: list[str]


def covered(*, title: str, narrative: str, place: str, people: Known, original: str = "", elements: dict[str, Any] | None = None) -> Covered:
    """Pure, and nearly all that words cost: an import has it done beside (`exchange/ahead.py`)."""
    masked = masking.cover(narrative, people)
    shown = (masking.title(title, narrative, masked, people), masked, masking.place(place, people), masking.cover(original, people))
    return Covered(*shown, masking.cover(elements or {}, people), language.tokens(" ".join(shown)))


def derive(case: Case, text: CaseText, people: Known, done: Covered | None = None) -> None:
    """All that is read off the words: masks, the words to search by, what the template still asks for. `done`: of these very words."""
    if done is None:
        done = covered(title=text.title, narrative=text.narrative, place=text.place, people=people, original=text.original, elements=text.elements)
    case.title, text.masked, text.masked_place = done.title, done.masked, done.masked_place
    text.masked_original, text.masked_elements = done.masked_original, done.masked_elements
    text.words, text.mask_rules = to_vector(done.words), masking.RULES
    mark(case, missing=tuple(missing_elements(_template(case), text.elements, text.place)))


def _template(case: Case) -> list[dict[str, Any]]:
    matter = queries.categories().get(case.category_id) if case.category_id else None
    return matter.elements if matter else []


def _to_search(title: str, text: CaseText) -> Vector:
    """Only masked words are searched, for everybody."""
    return to_vector(language.tokens(" ".join((title, text.masked, text.masked_place, text.masked_original))))


def masked_step(words: dict[str, Any], people: Known) -> dict[str, Any]:
    """Columns of a `StepText`: of its words, those that hold something to mask, masked."""
    covered = masking.cover_words(words, people)
    return {"masked": {name: value for name, value in covered.items() if value != words[name]}, "mask_rules": masking.RULES}


def hang(case_id: int, kept: Iterable[StoredFile], *, step_id: int, slot: str, at: datetime, people: Known) -> list[CaseFile]:
    """Rows (not saved) that hang kept files on a case."""
    return [CaseFile(case_id=case_id, file_id=file.id, step_id=step_id, slot=slot, at=at,
                     masked_name=masking.file_name(file.name, people)[:200], mask_rules=masking.RULES) for file in kept]


def read(deed: Deed) -> None:
    """For a step that changes the words: they, and who is masked in them."""
    WORDS.of(deed.case)
    deed.people = people_of(deed.case)


def change(deed: Deed) -> str:
    """A correction by those who may: category, kind, district, and the words themselves. Returns their new digest, for the step."""
    case, values, (text,) = deed.case, deed.values, WORDS.of(deed.case)
    if "category" in values:
        found = queries.category(values["category"])
        if found and found.id != case.category_id:  # what another matter asked is no answer to this one
            text.elements = {key: said for key, said in text.elements.items() if key in {e["key"] for e in found.elements}}
        case.category_id = found.id if found else None
        case.category = found
    case.kind = values.get("kind", case.kind)
    case.district_id = values.get("district", case.district_id)
    for name in ("title", "narrative", "place"):
        if name in values:
            setattr(text, name, values[name])
    if "elements" in values:
        text.elements = {**text.elements, **by_key(_template(case), values["elements"])}
    _keep(deed, text)
    return words_digest(text)


def _keep(deed: Deed, text: CaseText) -> None:
    text.salt, older = text.salt or os.urandom(16), text.mask_rules != masking.RULES
    derive(deed.case, text, deed.people)
    deed.altered.append(text)
    if older:
        deed.then.append(partial(_cover_steps, deed.case.id, deed.people))


def append(deed: Deed, addition: str, word: str) -> str:
    """What the requester adds later stands under the first words, with its local time; nothing is overwritten. Returns the new digest."""
    text, = WORDS.of(deed.case)
    if addition:
        text.narrative += _paragraph(addition, deed.at, word)
        _keep(deed, text)
    return words_digest(text)


def said_with(step: str, case_id: int) -> dict[str, Any]:
    """The words of the last such step on a case, as they were said: for who listens, never for who reads."""
    rows = StepText.objects.filter(case_id=case_id, step_id__gte=case_id, step__step=step).order_by("-step_id")
    return rows.values_list("words", flat=True).first() or {}


OF_MERGED = "并单诉求人补充"


def _paragraph(addition: str, at: datetime, word: str, written: Callable[[datetime], str] = written_times.moment) -> str:
    return f"\n\n【{written(localtime(at))} {word}】{addition}"


def _until_2026(at: datetime) -> str:
    """As the head of a paragraph gave its time before December 2026: such paragraphs are kept, and are erased like others."""
    return f"{at:%Y-%m-%d %H:%M}"


def take_out_of_orders(case: Case, instead: str) -> dict[str, str]:
    """What this requester said at calls about it, or added while it was merged, goes from those orders. Order -> the digest of its words
    as they are then, for the history."""
    said = StepText.objects.filter(step__given__party=case.id).exclude(case_id=case.id)
    added: dict[int, list[tuple[str, datetime]]] = {}
    for order, words, at in said.filter(step__step="from_merged").values_list("case_id", "words", "step__at"):
        if words.get("addition"):
            added.setdefault(order, []).append((words["addition"], at))
    said.update(words={}, masked={}, salt=b"")
    found = {str(order): _take_out(order, rows, instead) for order, rows in added.items()}
    return {order: digest for order, digest in found.items() if digest}


def leave_order(order: Case, ids: list[int]) -> dict[str, Any]:
    """What these requesters added while their cases were merged into the order goes with them: it stands on their own (rulings, 32). What the
    step says of it."""
    said = StepText.objects.filter(step__case_id=order.id, step__step="from_merged", step__given__party__in=ids)
    steps = list(said.values_list("step_id", "words", "step__at"))
    CaseFile.objects.filter(case_id=order.id, step_id__in=CaseStep.objects.filter(
        case_id=order.id, step="from_merged", given__party__in=ids).values("id")).delete()
    said.update(words={}, masked={}, salt=b"")
    added = [(words["addition"], at) for _, words, at in steps if words.get("addition")]
    digest = _take_out(order.id, added, None) if added else ""
    order.title = Case.objects.values_list("title", flat=True).get(id=order.id)
    return {"parted": {str(order.id): ids}, **({"redacted": {str(order.id): digest}} if digest else {})}


def _take_out(case_id: int, said: list[tuple[str, datetime]], instead: str | None) -> str:
    """These paragraphs, and nothing else that says the same, go from a case. Its digest then; "" when none of its words is kept any more.
    `instead`: what stands there then; None: nothing."""
    text = CaseText.objects.select_for_update().select_related("case").get(case_id=case_id)
    if text.salt is None:
        return ""
    for words, at in sorted(said, key=lambda one: len(one[0]), reverse=True):  # of two in one minute one may begin like the other
        for written in (written_times.moment, _until_2026):
            there = "" if instead is None else _paragraph(instead, at, OF_MERGED, written)
            text.narrative = text.narrative.replace(_paragraph(words, at, OF_MERGED, written), there)
    case = text.case
    derive(case, text, people_of(case))
    text.save()
    Case.objects.filter(id=case_id).update(title=case.title)
    return words_digest(text)


# --- when those who ask change ------------------------------------------------------------


def again(case_id: int) -> None:
    """Everything masked of a case is masked anew from its words: its requester is called otherwise, or the rules have changed."""
    case = Case.objects.select_for_update(of=("self",)).select_related("contact").get(id=case_id)
    text, people = CaseText.objects.select_for_update().get(case_id=case_id), people_of(case)
    if case.erased:
        text.mask_rules = masking.RULES
    else:
        derive(case, text, people)
        Case.objects.filter(id=case_id).update(title=case.title)
    text.save()
    _cover_steps(case_id, people)


def as_they_are(ids: list[int]) -> set[int]:
    """Of these cases, those whose words are masked as the rules want them already: marked so, and nothing else of them is written."""
    cases = list(Case.objects.select_for_update(of=("self",)).select_related("contact").filter(id__in=ids).order_by("id"))
    texts = {text.case_id: text for text in CaseText.objects.select_for_update().filter(case_id__in=ids).order_by("case_id")}
    people = requesters.known_of(cases)
    other = {case.id for case in cases if not case.erased and not _as_it_is(case, texts[case.id], people[case.id])}
    other |= {row.case_id for row in StepText.objects.filter(case_id__in=ids) if masked_step(row.words, people[row.case_id])["masked"] != row.masked}
    other |= {kept.case_id for kept in _files(ids) if _file_name(kept, people[kept.case_id]) != kept.masked_name}
    same = texts.keys() - other
    for rows in (CaseText, StepText, CaseFile):
        rows.objects.filter(case_id__in=same).exclude(mask_rules=masking.RULES).update(mask_rules=masking.RULES)
    return same


def _as_it_is(case: Case, text: CaseText, people: Known) -> bool:
    elements = text.elements or {}
    shown = (masking.cover(text.narrative, people), masking.place(text.place, people), masking.cover(text.original, people), masking.cover(elements, people))
    if shown != (text.masked, text.masked_place, text.masked_original, text.masked_elements) or text.words is None:
        return False
    return case.title == masking.title(text.title, text.narrative, text.masked, people)


def _files(ids: Iterable[int]) -> Iterable[CaseFile]:
    return CaseFile.objects.filter(case_id__in=ids).select_related("file")


def _file_name(kept: CaseFile, people: Known) -> str:
    return "" if kept.file.erased_at else masking.file_name(kept.file.name, people)[:200]


def _cover_steps(case_id: int, people: Known) -> None:
    rows = StepText.objects.filter(case_id=case_id)
    for row in rows:
        if (covered := masked_step(row.words, people))["masked"] != row.masked:
            StepText.objects.filter(step_id=row.step_id).update(**covered)
    rows.exclude(mask_rules=masking.RULES).update(mask_rules=masking.RULES)  # nearly all hold nothing to mask: one statement for those
    for kept in _files([case_id]):
        CaseFile.objects.filter(id=kept.id).update(masked_name=_file_name(kept, people), mask_rules=masking.RULES)


def meet(case_id: int) -> None:
    """Cases came together: in each of them all who ask in any are masked. What was masked stays so."""
    ids = requesters.together([case_id])[case_id]
    rows = {row.id: row for row in Case.objects.filter(id__in=ids).select_related("contact")}
    people = masking.all_of(requesters.known_of(rows.values()).values())
    for text in CaseText.objects.select_for_update().filter(case_id__in=ids).order_by("case_id"):
        _cover_text(rows[text.case_id], text, people)
        Case.objects.filter(id=text.case_id).update(title=rows[text.case_id].title)
    for row in StepText.objects.filter(case_id__in=ids, mask_rules=masking.RULES):
        covered = masking.cover_people({**row.words, **row.masked}, people)
        masked = {name: value for name, value in covered.items() if value != row.words.get(name)}
        if masked != row.masked:
            StepText.objects.filter(step_id=row.step_id).update(masked=masked)
    for kept in CaseFile.objects.filter(case_id__in=ids, mask_rules=masking.RULES):
        if (name := masking.cover_people(kept.masked_name, people)[:200]) != kept.masked_name:
            CaseFile.objects.filter(id=kept.id).update(masked_name=name)


def _cover_text(case: Case, text: CaseText, people: Known) -> None:
    """These people masked too, in what is masked already; written when anything changed."""
    before = [getattr(text, name) for name in _MASKED] + [case.title]
    for name in _MASKED:
        setattr(text, name, masking.cover_people(getattr(text, name), people))
    case.title, text.masked_place = language.cut(masking.cover_people(case.title, people), 200), language.cut(text.masked_place, 200)
    if before != [getattr(text, name) for name in _MASKED] + [case.title]:
        text.words = _to_search(case.title, text)
        text.save()


_MASKED = ("masked", "masked_place", "masked_original", "masked_elements")
