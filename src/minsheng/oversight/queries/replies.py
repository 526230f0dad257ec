"""What a check of a reply reads, and the findings as pages show them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep, StepText
from minsheng.contacts import queries as contacts
from minsheng.files import step_files
from minsheng.kit import read_values, subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.read_values import Fields
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.oversight.models import Finding, FindingStep, FindingWords, ReplyPrint
from minsheng.oversight.queries import facts, sight
from minsheng.oversight.rules import findings, reply_checks
from minsheng.oversight.rules.findings import FindingState
from minsheng.oversight.rules.reply_checks import Check, ReplySeen

STATES = [(s.value, s.label) for s in FindingState if s is not FindingState.NEW]
CHECKS = Check.choices()
LOOKED_AT = 20  # replies that share a sketch are compared word by word; of more the newest
_ROUND = ("contact", "desk_contact", "relay_contact", "field_record", "draft_reply", "waive_contact", "dispatch", "night_dispatch", "order_redo", "reply")


def seen(case: Case, step: CaseStep) -> tuple[ReplySeen, int] | None:
    """A signed reply with the record of its round, and the step that has its words; None: there is no draft of it. Two statements."""
    rows = list(CaseStep.objects.filter(case_id=case.id, id__gte=case.id, step__in=_ROUND).order_by("seq"))
    before = [row for row in rows if row.seq < step.seq]
    begun = max((row.seq for row in before if row.step in {"dispatch", "night_dispatch", "order_redo"}), default=0)
    mine = [row for row in rows if row.seq > begun]
    draft = next((row for row in reversed(before) if row.step == "draft_reply"), None)
    if draft is None:
        return None
    words = StepText.objects.filter(step=draft.id).values_list("words", flat=True).first() or {}
    called = [row for row in mine if row.step in {"contact", "desk_contact", "relay_contact"} and row.seq < step.seq]
    zone = clocks.city_calendar().zone
    first = called[0] if called else None
    one = ReplySeen(
        words.get("public_reply", ""), words.get("handling", ""), step.at.astimezone(zone), len(called),
        tuple(datetime.fromisoformat(row.given["visited_at"]).astimezone(zone) for row in mine if row.step == "field_record" and "visited_at" in row.given),
        any(row.step == "waive_contact" and row.seq < step.seq for row in mine), "phone" in contacts.given_by(case.contact),
        case.contact_due_at.astimezone(zone) if case.contact_due_at else None,
        datetime.fromisoformat(first.given["contact_at"]).astimezone(zone) if first is not None and "contact_at" in first.given else None,
        (first.recorded_at or first.at).astimezone(zone) if first is not None else None, any(row.given.get("typed_late") for row in called))
    return one, draft.id


def alike(case: Case, mine: frozenset[int], stock: re.Pattern[str]) -> tuple[int, float] | None:
    """(case, share) of the reply that is most alike, of another case. Two statements; a bounded look."""
    if len(mine) < reply_checks.SKETCH:
        return None
    near = list(ReplyPrint.objects.filter(sketch__overlap=reply_checks.sketch(mine)).exclude(case_id=case.id).order_by("-step_id")[:200])
    wanted = set(reply_checks.sketch(mine))
    near = sorted(near, key=lambda one: -len(wanted & set(one.sketch)))[:LOOKED_AT]
    words = dict(StepText.objects.filter(step__in=[one.draft_id for one in near]).values_list("step_id", "words"))
    shares = [(one.case_id, reply_checks.alike(mine, reply_checks.shingles(words.get(one.draft_id, {}).get("public_reply", ""), stock))) for one in near]
    best = max(shares, key=lambda pair: pair[1], default=None)
    return best if best is not None and best[1] >= reply_checks.ALIKE else None


# --- pages ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    state: str = ""
    check: str = ""
    unit: int = 0


def read_filters(given: Mapping[str, str]) -> Filters:
    """Invalid with a sentence per field."""
    form = Fields(given)
    found = Filters(form.read("state", read_values.choice, STATES, label="状态", default=""), form.read("check", read_values.choice, CHECKS, label="核查项", default=""),
                    form.read("unit", read_values.record_id, label="单位", default=0))
    form.done()
    return found


def narrowed(by: Actor, filters: Filters) -> QuerySet[Finding]:
    rows = sight.findings(by)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.check:
        rows = rows.filter(check_code=filters.check)
    if filters.unit:
        rows = rows.filter(unit__in=org.tree().subtree(filters.unit) if filters.unit in org.tree().by_id else [])
    return rows


SAID = ("evidence", "reason")


def listed(by: Actor, filters: Filters, after: str = "", size: int = 50) -> Page:
    """The newest first, each with its case. Two statements."""
    page = keyset(narrowed(by, filters), ("-id",), after, size)
    known = Case.objects.in_bulk({one.case_id for one in page.rows})
    for one in page.rows:
        one.case = known.get(one.case_id)
    return page


@dataclass(frozen=True)
class CheckLine:
    check: Check
    counts: dict[str, int]  # by state


def figures(by: Actor) -> list[CheckLine]:
    """Of each check how many findings wait, hold and do not hold. One statement."""
    found: dict[str, dict[str, int]] = {}
    for code, state, n in sight.findings(by).values_list("check_code", "state").annotate(n=Count("id")).order_by():
        found.setdefault(code, {})[state] = n
    return [CheckLine(check, found.get(check.value, {})) for check in Check]


@dataclass(frozen=True)
class FindingPage(SubjectPage):
    other: Any = None  # the case whose reply is alike, when the reader may see it


def page(finding_id: int, by: Actor) -> FindingPage:
    """Refused: there is none, or it is none of the reader's. At most seven statements."""
    one = sight.findings(by).select_related("unit").filter(id=finding_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这条核查发现，或您无权查看"))
    seen_cases = {case.id: case for case in cases.visible(by).filter(id__in=[one.case_id, one.other_case])}
    one.case, known = seen_cases.get(one.case_id), facts.of_finding(one)
    steps = subject_page.steps(findings.FINDING, known, by)
    told = subject_page.history(FindingStep, FindingWords, one.id, findings.FINDING, findings.FIELDS)
    return FindingPage(one, steps, told, files=step_files.hung(FindingStep, one.id), other=seen_cases.get(one.other_case))


def open_file(finding_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of what somebody who judged it brought."""
    if not sight.findings(by).filter(id=finding_id).exists():
        raise Refused(no("hidden", "没有这条核查发现，或您无权查看"))
    return step_files.opened(FindingStep, finding_id, file_id)
