"""The period as the engine takes it: figures are drawn and sealed while it is held, papers made before it is signed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, clock_actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.kit import clock, engine, step_fields
from minsheng.kit.each_alone import each
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.in_turn import in_turn
from minsheng.kit.papers import making
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import YES, Refused, Verdict, no
from minsheng.messages import actions as messages
from minsheng.month_end import effects
from minsheng.month_end.actions import objections
from minsheng.month_end.models import Assessment, AssessmentStep, AssessmentWords, Correction
from minsheng.month_end.queries import counting, facts, papers, sight
from minsheng.month_end.rules import assessments, sheet
from minsheng.month_end.rules.assessments import FIELDS, FROZEN, AssessmentFacts, AssessmentState

DRAWS = frozenset({"draft_figures", "recount_figures", "freeze_figures"})
_CORRECTED_FOR = 400  # days after its end


@dataclass(frozen=True)
class Papers:
    """Made before the period was locked: of which step of it, on which day, with what bytes."""

    seq: int = 0
    day: date | None = None
    files: Mapping[str, bytes] | None = None


class Assessments(SteppedKind[Assessment]):
    procedure, effects, fields = assessments.ASSESSMENT, effects.ASSESSMENT, FIELDS
    name, label, model, rows, words = "assessment", "考核期", Assessment, AssessmentStep, AssessmentWords
    decided = {"title": "名称", "since": "考核期自", "until": "考核期至", "version": "版次", "cutoff": "统计截止", "sheet_sha256": "数字和清单的摘要",
               "drafters": "出数人", "check_until": "核对至", "frozen_at": "冻结时间", "frozen_by": "冻结人", "frozen_name": "冻结人", "signed_at": "签发时间",
               "signed_by": "签发人", "doc_number": "文号", "published_at": "公布时间", "corrections": "更正条数", "corrections_sha256": "更正表的摘要",
               "pdf_sha256": "PDF 摘要", "docx_sha256": "DOCX 摘要"}

    def facts(self, subject: Assessment, at: datetime) -> AssessmentFacts:
        return facts.of_assessment(subject, at)

    def sees(self, facts: AssessmentFacts, by: Actor) -> Verdict:
        return YES if sight.assessments(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Assessment]) -> dict[str, str]:
        values, name = deed.values, deed.step.name
        as_seen = name != "sign_sheet" or (deed.brought.seq, deed.brought.day) == (deed.subject.seq, clocks.local_day(deed.at))
        planned = {n: values.get(n, "") for n in ("since", "until", "doc_number")}
        return assessments.wrong(name, values, facts.world(deed.subject, name, deed.at, as_seen=as_seen, **planned))

    def gather(self, deed: Deed[Assessment]) -> None:
        if deed.step.name == "freeze_figures":
            for id_ in facts.unjudged(deed.subject):
                objections.take(objection_id=id_, step="lapse_objection", by=clock_actor("冻结"), at=deed.at)
        if deed.step.name in DRAWS:
            if (since := counting.unread()) is not None:
                raise Refused(no("behind", f"{papers.written(since)}以后的步骤还没有计入数字，请过几分钟再取，以免少算"))
            at = assessments.cutoff_of(deed.values, facts.world(deed.subject, deed.step.name, deed.at))
            drawn = counting.with_lists(deed.subject, at, counting.figures(deed.subject, at).values())
            deed.found |= {"cutoff": at, "figures": drawn, "digest": sheet.digest(drawn)}
        elif deed.step.name == "note_corrections":
            deed.found["changes"] = counting.differs(deed.subject, deed.at)

    def tells(self, deed: Deed[Assessment]) -> list[Model]:
        """When its checking is opened, the liaison of each unit that has a sheet."""
        if deed.step.name != "open_checking":
            return []
        made: list[Model] = []
        for unit in facts.units_of(deed.subject):
            if reached := people.liaison_phone(cases.acting_for(unit)):
                context = {"name": reached[0], "title": deed.subject.title, "until": str(deed.subject.check_until)}
                made.append(messages.written(channel="work", to=reached[1], template="sheet_to_check", context=context, about=f"assessment:{deed.subject.id}"))
        return made

    def bring(self, id_: int, step: Step, by: Actor, given: dict[str, Any]) -> Papers:
        """The papers take their time: they are made before anything is locked, for who may sign alone."""
        if step.name != "sign_sheet":
            return Papers()
        found, now = sight.assessments(by).filter(id=id_).first(), clock.now()
        if found is None or not verdict(step, facts.of_assessment(found, now), by):
            return Papers()  # why not is said where it is held: its key may have signed it before
        values, wrong = step_fields.read(FIELDS, step_fields.READERS, step.needs, given)
        if wrong:
            return Papers(found.seq, clocks.local_day(now), {})
        paper = papers.of(found, at=now, number=values["doc_number"], signed_by=by.name)
        return Papers(found.seq, clocks.local_day(now), {"pdf": making.pdf(paper), "docx": making.docx(paper)})

    def broken_beside(self, subject: Assessment, rows: Iterable[Any]) -> Iterator[str]:
        """Figures, corrections and papers lie in tables of their own: who changes a row there by hand is found."""
        for version, sealed in _versions(rows):
            if sheet.digest(counting.kept(subject, version)) != sealed:
                yield f"第 {version} 版的数字或清单与取定时不符"
        listed = Correction.objects.filter(assessment=subject.id).order_by("number")
        if sheet.corrections_digest("", [effects.sealed(row) for row in listed]) != subject.corrections_sha256:
            yield "更正表与记入时不符"
        yield from papers.damaged(subject)


def _versions(rows: Iterable[Any]) -> Iterator[tuple[int, str]]:
    """(version, seal) of every time that figures were drawn."""
    seal = ""
    for row in rows:
        after = row.given.get("after", {})
        if row.step in DRAWS and "version" in after:
            seal = after.get("sheet_sha256", seal)  # left out of the step when it did not change
            yield after["version"], seal


ASSESSMENTS = Assessments()


@transaction.atomic
def plan(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> AssessmentStep:
    """Two who plan at once take turns: periods do not overlap."""
    at = at or clock.now()
    in_turn("month_end.assessments")
    one = Assessment(id=new_id(at), state=AssessmentState.NEW.value, updated_at=at)
    row: AssessmentStep = engine.make(ASSESSMENTS, one, "plan_assessment", by=by, given=given, at=at, key=key)
    return row


@transaction.atomic
def take(*, assessment_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "", at: datetime | None = None) -> AssessmentStep:
    if step == "amend_assessment":
        in_turn("month_end.assessments")
    row: AssessmentStep = engine.take(ASSESSMENTS, assessment_id, step, by=by, given=given, at=at, key=key)
    return row


def note_corrections(*, at: datetime | None = None) -> int:
    """Every frozen period is counted again as known now; what differs from what was stated last goes to its list of corrections, once.

    Safe to repeat. How many rows were added.
    """
    at = at or clock.now()
    if counting.unread() is not None:  # tomorrow, or when the job is sent again
        return 0
    frozen = Assessment.objects.filter(state__in=[s.value for s in FROZEN]).order_by("id")
    owed = [one.id for one in frozen if one.until and (clocks.local_day(at) - one.until).days <= _CORRECTED_FOR]
    return each(owed, lambda id_: _correct(id_, at), "corrections")


@transaction.atomic
def _correct(assessment_id: int, at: datetime) -> int:
    """Looked at under its lock: whoever comes second finds them noted."""
    one = Assessment.objects.select_for_update().get(id=assessment_id)
    if not sheet.changed(counting.stated(one), counting.figures(one, at)):
        return 0
    engine.take(ASSESSMENTS, one.id, "note_corrections", by=clock_actor("更正表"), at=at)
    return int(Assessment.objects.get(id=one.id).corrections - one.corrections)
