"""The sheet of a period as a paper, and the signed papers as they were kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import signed_files, written_times
from minsheng.kit.papers import DRAFT, Paper
from minsheng.kit.verdict import Refused, no
from minsheng.month_end.models import Assessment, SheetFile
from minsheng.month_end.queries import facts, sheets, sight
from minsheng.month_end.rules import paper
from minsheng.month_end.rules.assessments import FROZEN, AssessmentState
from minsheng.org import queries as org

FORMS = ("pdf", "docx")


def written(at: datetime | None) -> str:
    return written_times.moment(at.astimezone(clocks.city_calendar().zone), gap="") if at else ""


def of(one: Assessment, *, at: datetime | None = None, number: str = "", signed_by: str = "") -> Paper:
    """As it stands; without a signature it bears the mark of a draft. At most four statements."""
    figures, name = sheets.figures_of(one), sheets.names(one)
    groups = [(label, [(unit, name(unit)) for unit in units]) for label, units in sheets.classed(facts.units_of(one))]
    noted = [(name(row.unit_id), row.measure_label, row.correction) for row in sheets.noted(one)]
    whole = paper.Sheet(one.title, one.since or date.min, one.until or date.min, one.version, written(one.cutoff), figures, groups, noted)
    day = clocks.local_day(at) if at else None
    return paper.paper(whole, issuer=org.issuer(), day=day, number=number, signed_by=signed_by, mark="" if signed_by else DRAFT)


def file_of(assessment_id: int, form: str, by: Actor) -> tuple[Assessment, bytes | None]:
    """(period, the signed paper), as long as it is the one that was signed; no bytes: nobody signed it. Refused: it may not be seen, or was
    changed. The paper names every unit: it is for who sees all of them, and for units once it was published."""
    found = sight.assessments(by).filter(id=assessment_id).first()
    if found is None or not found.version or not (sight.whole(by) or found.state == AssessmentState.PUBLISHED):
        raise Refused(no("hidden", "没有这张考核表，或您无权查看"))
    if found.state not in FROZEN or not found.signed_at:
        return found, None
    row = SheetFile.objects.filter(assessment=assessment_id, form=form).first()
    return found, signed_files.handed_out(row, getattr(found, f"{form}_sha256"))


def damaged(one: Assessment) -> Iterator[str]:
    """Signed papers that are not those which were sealed, for `doctor`."""
    kept = {row.form: hashlib.sha256(row.content).hexdigest() for row in SheetFile.objects.filter(assessment=one.id)}
    yield from (f"签发的 {form.upper()} 与签发时不符" for form in FORMS if kept.get(form, "") != getattr(one, f"{form}_sha256"))
