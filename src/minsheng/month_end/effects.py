"""What steps write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

import hashlib
from datetime import date

from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.month_end.models import Assessment, Correction, Objection, SheetFigure, SheetFile
from minsheng.month_end.rules import sheet

AT_ONCE = 200  # rows of figures in one statement


def plan(deed: Deed[Assessment]) -> None:
    one, given = deed.subject, deed.values
    one.title, one.since, one.until = given["title"], date.fromisoformat(given["since"]), date.fromisoformat(given["until"])


def draw(deed: Deed[Assessment]) -> None:
    """A version of the figures, with its lists: all of it in rows that never change."""
    one, figures = deed.subject, deed.found["figures"]
    one.version, one.cutoff, one.sheet_sha256 = one.version + 1, deed.found["cutoff"], deed.found["digest"]

    def keep() -> None:
        rows = [SheetFigure(id=new_id(deed.at, after=one.id), assessment_id=one.id, version=one.version, unit_id=figure.unit, measure=figure.measure,
                            numerator=figure.numerator, denominator=figure.denominator, value=figure.value, low=figure.low, high=figure.high,
                            stamp=figure.stamp, top=list(figure.top), bottom=list(figure.bottom)) for figure in figures]
        SheetFigure.objects.bulk_create(rows, batch_size=AT_ONCE)

    deed.then.append(keep)


def draft(deed: Deed[Assessment]) -> None:
    draw(deed)
    if deed.by.id not in deed.subject.drafters:
        deed.subject.drafters = [*deed.subject.drafters, deed.by.id]


def check_until(deed: Deed[Assessment]) -> None:
    deed.subject.check_until = date.fromisoformat(deed.values["check_until"])


def freeze(deed: Deed[Assessment]) -> None:
    draw(deed)
    deed.subject.frozen_at, deed.subject.frozen_by, deed.subject.frozen_name = deed.at, deed.by.id, deed.by.name


def sign(deed: Deed[Assessment]) -> None:
    one = deed.subject
    one.doc_number, one.signed_at, one.signed_by = deed.values["doc_number"], deed.at, deed.by.name
    for form, content in deed.brought.files.items():
        deed.new.append(SheetFile(id=new_id(deed.at, after=one.id), assessment_id=one.id, form=form, content=content))
        setattr(one, f"{form}_sha256", hashlib.sha256(content).hexdigest())


def publish(deed: Deed[Assessment]) -> None:
    deed.subject.published_at = deed.at


def sealed(row: Correction) -> list[object]:
    """What of a correction is sealed."""
    return [row.number, row.unit_id, row.measure, row.was_numerator, row.was_denominator, row.was_value, row.numerator, row.denominator, row.value,
            row.stamp, list(row.added), list(row.gone)]


def correct(deed: Deed[Assessment]) -> None:
    one, rows = deed.subject, []
    for number, change in enumerate(deed.found["changes"], start=one.corrections + 1):
        was, now = change.before, change.after
        rows.append(Correction(assessment_id=one.id, number=number, known_at=deed.at, unit_id=now.unit, measure=now.measure,
                               was_numerator=was.numerator, was_denominator=was.denominator, was_value=was.value, numerator=now.numerator,
                               denominator=now.denominator, value=now.value, stamp=now.stamp, added=list(change.added), gone=list(change.gone)))
    one.corrections += len(rows)
    one.corrections_sha256 = sheet.corrections_digest(one.corrections_sha256, [sealed(row) for row in rows])

    def keep() -> None:
        for row in rows:
            row.id = new_id(deed.at, after=one.id)
        Correction.objects.bulk_create(rows, batch_size=AT_ONCE)

    deed.then.append(keep)


ASSESSMENT = {"plan_assessment": plan, "amend_assessment": plan, "draft_figures": draft, "recount_figures": draft, "open_checking": check_until,
              "extend_checking": check_until, "freeze_figures": freeze, "sign_sheet": sign, "publish_sheet": publish, "note_corrections": correct}


# --- objections ---------------------------------------------------------------------------------


def raise_one(deed: Deed[Objection]) -> None:
    one, given = deed.subject, deed.values
    one.measure, one.want, one.reason = given["measure"], given["want"], given["reason"]
    one.asked_by, one.asked_name, one.raised_at = deed.by.id, deed.by.name, deed.at


def rule(deed: Deed[Objection]) -> None:
    one = deed.subject
    one.ruled_at, one.ruled_by, one.ruling = deed.at, deed.by.name, deed.values["ruling"]
    one.correction = deed.values.get("correction", "")


OBJECTION = {"raise_objection": raise_one, "grant_exclusion_objection": rule, "correct_figure": rule, "refuse_objection": rule}
