"""The report as the engine takes it: figures are frozen when it is drafted or counted again, the papers made before it is signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.kit import clock, doc_numbers, signed_files, step_fields
from minsheng.kit.engine import Deed
from minsheng.kit.papers import making
from minsheng.kit.signed_files import Papers
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import YES, Verdict
from minsheng.leader_days.models import Report, ReportFile, ReportLists, ReportStep, ReportWords
from minsheng.leader_days.queries import report
from minsheng.leader_days.queries import reports as read
from minsheng.leader_days.rules import report_frozen, reports
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.reports import ReportFacts, ReportState

FREEZES = frozenset({"draft_report", "recount_report"})


def _write(deed: Deed[Report]) -> None:
    one, given = deed.subject, deed.values
    one.title, one.issuer, one.remarks = given["title"], given["issuer"], given.get("remarks", "")
    one.correction = given.get("correction", one.correction)
    _drafted(deed)


def _drafted(deed: Deed[Report]) -> None:
    if deed.by.id not in deed.subject.drafters:
        deed.subject.drafters = [*deed.subject.drafters, deed.by.id]


def _freeze(deed: Deed[Report]) -> None:
    one = deed.subject
    one.cutoff, one.figures, one.lists.lists = deed.at, deed.found["figures"], deed.found["lists"]
    (deed.altered if deed.step.name == "recount_report" else deed.new).append(one.lists)
    _drafted(deed)


def draft(deed: Deed[Report]) -> None:
    one, given = deed.subject, deed.values
    one.period_id, one.year, one.version = given.get("period"), given.get("year", 0), deed.found["version"]
    _write(deed)
    _freeze(deed)


def sign(deed: Deed[Report]) -> None:
    one = deed.subject
    one.doc_number, one.signed_at, one.signed_by = deed.values["doc_number"], deed.at, deed.by.name
    signed_files.put(deed, partial(ReportFile, report_id=one.id))


class Reports(SteppedKind[Report]):
    procedure, fields = reports.REPORT, FIELDS
    effects = {"draft_report": draft, "amend_report": _write, "recount_report": _freeze, "sign_report": sign}
    name, label, model, rows, words = "report", "接听日报告", Report, ReportStep, ReportWords
    decided = {"period_id": "期", "year": "年度", "version": "版次", "title": "标题", "issuer": "发文单位", "remarks": "说明", "correction": "更正的原因",
               "drafters": "起草人", "cutoff": "统计截止", "figures": "数字", "doc_number": "文号", "signed_at": "签发时间", "signed_by": "签发人",
               "pdf_sha256": "PDF 摘要", "docx_sha256": "DOCX 摘要"}
    beside_words = {"lists": "数字背后的清单", "files": "签发的文件"}

    def attach(self, subjects: list[Report]) -> None:
        read.attach(subjects)

    def begin(self, subject: Report) -> None:
        subject.lists, subject.kept = ReportLists(report_id=subject.id), []

    def sealed_beside(self, subject: Report) -> Mapping[str, Any]:
        """Lists and papers lie in tables of their own: who changes a row there by hand is found."""
        lists = subject.lists.lists
        return {"lists": report_frozen.digest(lists) if lists else "", "files": signed_files.digests(subject.kept)}

    def facts(self, subject: Report, at: datetime) -> ReportFacts:
        return read.facts_of(subject)

    def sees(self, facts: ReportFacts, by: Actor) -> Verdict:
        return YES if read.visible(by).filter(id=facts.id).exists() else self.missing()

    def gather(self, deed: Deed[Report]) -> None:
        if deed.step.name not in FREEZES:
            return
        one, given = deed.subject, deed.values
        period, year = (one.period_id or 0, one.year) if deed.step.name == "recount_report" else (given.get("period", 0), given.get("year", 0))
        deed.found["figures"], deed.found["lists"] = read.freeze(period, year, deed.at)
        deed.found["version"] = 1 + read.of_same(period, year).filter(state=ReportState.SIGNED).count()

    def check(self, deed: Deed[Report]) -> dict[str, str]:
        name, values, one = deed.step.name, deed.values, deed.subject
        if name == "draft_report":
            period, year = values.get("period", 0), values.get("year", 0)
            same, known = read.of_same(period, year), report.about(report.held(deed.by), period, year)
            return reports.drafted(values, reports.World(known is not None, same.filter(state=ReportState.SIGNED).count(),
                                                         same.filter(state=ReportState.DRAFT).exists()))
        if name == "sign_report":
            taken = doc_numbers.taken(values.get("doc_number", ""), one)
            as_seen = deed.brought.made_of(one.seq, clocks.local_day(deed.at))
            return reports.signed(reports.World(number_taken=taken, as_seen=as_seen))
        return {}

    def bring(self, id_: int, step: Step, by: Actor, given: dict[str, Any]) -> Papers:
        """The papers take their time: they are made before anything is locked, for who may sign alone."""
        if step.name != "sign_report":
            return Papers()
        found = read.visible(by).filter(id=id_).first()
        if found is None or not verdict(step, read.facts_of(found), by):
            return Papers()  # why not is said where it is held: its key may have signed it before
        values, wrong = step_fields.read(FIELDS, step_fields.READERS, step.needs, given)
        now = clock.now()
        if wrong:
            return Papers(found.seq, clocks.local_day(now), {})
        paper = read.paper(found, at=now, number=values["doc_number"], signed_by=by.name)
        return Papers(found.seq, clocks.local_day(now), {"pdf": making.pdf(paper), "docx": making.docx(paper)})


REPORTS = Reports()
