"""Slips and findings as the engine takes them."""

from __future__ import annotations

from datetime import datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Case
from minsheng.cases.queries import requesters
from minsheng.cases.rules import masking
from minsheng.files.step_files import WithFiles
from minsheng.kit import doc_numbers
from minsheng.kit.engine import Deed
from minsheng.kit.verdict import YES, Verdict
from minsheng.oversight import effects
from minsheng.oversight.models import Finding, FindingStep, FindingWords, Slip, SlipStep, SlipWords
from minsheng.oversight.queries import facts as read
from minsheng.oversight.queries import sight
from minsheng.oversight.rules import checks, findings, procedures
from minsheng.oversight.rules.facts import SlipFacts
from minsheng.oversight.rules.fields import FIELDS


class Slips(WithFiles[Slip]):
    procedure, effects, fields = procedures.SLIP, effects.SLIP, FIELDS
    name, label, model, rows, words = "slip", "督办文书", Slip, SlipStep, SlipWords
    decided = {"kind": "种类", "unit_id": "送达单位", "rung": "适用的档", "cases": "所涉工单", "slips": "所依据的文书", "drafters": "拟稿人",
               "answer_due": "回复期限", "signed_at": "签发时间", "signed_by": "签发人", "doc_number": "文号", "issued_at": "送达时间",
               "answered_at": "回复时间", "ended_at": "了结时间", "ended_by": "了结人"}
    spoken = {"demand": "demand", "answer": "answer", "finding": "finding"}

    def attach(self, subjects: list[Slip]) -> None:
        read.furnish(subjects)

    def is_erased(self, subject: Slip) -> bool:
        """The words go with those of any of its cases; that they may is in the history of the case."""
        return subject.any_erased

    def facts(self, subject: Slip, at: datetime) -> SlipFacts:
        return read.of_slip(subject, at)

    def shown_name(self, subject: Slip, name: str) -> str:
        return masking.file_name(name, masking.NOBODY)

    def sees(self, facts: SlipFacts, by: Actor) -> Verdict:
        return YES if sight.slips(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Slip]) -> dict[str, str]:
        name, values = deed.step.name, deed.values
        if name == "draft_slip":
            return checks.draft(values, read.named_world(values, deed.by, deed.at))
        if name == "issue_slip":
            return checks.number(values, read.world(deed.at, number_taken=doc_numbers.taken(values.get("doc_number", ""), deed.subject)))
        if name == "sign_slip":
            return checks.signed(read.named(deed.subject, deed.by))
        return checks.due(values, "new_due" if name == "return_answer" else "answer_due", read.world(deed.at))


class Findings(WithFiles[Finding]):
    procedure, effects, fields = findings.FINDING, effects.FINDING, findings.FIELDS
    name, label, model, rows, words = "finding", "核查发现", Finding, FindingStep, FindingWords
    decided = {"check_code": "核查项", "case_id": "工单", "reply_step": "答复的步骤", "unit_id": "答复单位", "other_case": "雷同的工单",
               "judged_at": "判断时间", "judged_by": "判断人"}
    spoken = {"evidence": "evidence", "reason": "reason"}

    def attach(self, subjects: list[Finding]) -> None:
        known = {case.id: case for case in Case.objects.filter(id__in={one.case_id for one in subjects})}
        for one in subjects:
            one.case = known.get(one.case_id)

    def is_erased(self, subject: Finding) -> bool:
        return subject.case is not None and subject.case.erased

    def facts(self, subject: Finding, at: datetime) -> findings.FindingFacts:
        return read.of_finding(subject)

    def shown_name(self, subject: Finding, name: str) -> str:
        return masking.file_name(name, requesters.known_in(subject.case))

    def sees(self, facts: findings.FindingFacts, by: Actor) -> Verdict:
        return YES if sight.findings(by).filter(id=facts.id).exists() else self.missing()


SLIPS, FINDINGS = Slips(), Findings()
