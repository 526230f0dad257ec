"""What whoever judges a reply reads: every reply of the unit with its fate, what it says it did, and what the matter's evidence still lacks.

Drawn from the page of the case, so masked where that is, without a statement of its own but for the article.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from minsheng.calendar import rules as time_rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import CaseFile
from minsheng.cases.queries.case_page import CasePage, Line, place_words
from minsheng.cases.rules import Kind, TaskState, fields
from minsheng.cases.rules.facts import FIELD_EVIDENCE, PHOTO_EVIDENCE
from minsheng.cases.rules.places import Fit
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.knowledge import queries as knowledge

_WORK = {row.name for row in PROCEDURE if row.desk.work}
_FATES = {row.name: row.desk.fate for row in PROCEDURE if row.desk.fate}


@dataclass(frozen=True)
class Reply:
    """One draft, signed or not. `fate`: what became of it, "" while it is being judged; `why`: in whose words."""

    n: int
    draft: Line
    signed: Line | None = None
    fate: str = ""
    why: list[tuple[str, Any]] = field(default_factory=list)
    article: str = ""

    @property
    def public(self) -> str:
        return said(self.draft, "public_reply")

    @property
    def handling(self) -> str:
        return said(self.draft, "handling")

    @property
    def claim(self) -> str:
        """Whether the unit says that it is solved."""
        if said(self.draft, "claimed_solved") == "是":
            return "单位认为已解决"
        return "单位认为未解决：" + (said(self.draft, "unsolved_reason") or "没有写原因")

    @property
    def basis(self) -> str:
        return said(self.draft, "basis")


@dataclass(frozen=True)
class Proof:
    """One thing that the matter asks for. `there` and `needed` say whether it is missing; `note` says when, how, or why not."""

    label: str
    there: bool
    needed: bool
    note: str = ""

    @property
    def missing(self) -> bool:
        return self.needed and not self.there


@dataclass(frozen=True)
class Dossier:
    replies: list[Reply]  # oldest first; the last one is what is judged
    work: list[Line]  # contacts and field records since the last redo
    calls: list[Line]  # call-backs since the last redo
    proofs: list[Proof]
    photos: list[CaseFile]
    papers: list[CaseFile]

    @property
    def reply(self) -> Reply | None:
        return self.replies[-1] if self.replies else None

    @property
    def earlier(self) -> list[Reply]:
        return self.replies[:-1]

    @property
    def missing(self) -> list[str]:
        return [p.label for p in self.proofs if p.missing]


def said(line: Line, name: str) -> str:
    """The words that a step was given under a field's name, as this reader may see them."""
    return str(dict(line.given).get(fields.FIELDS[name].label, ""))


def of(page: CasePage) -> Dossier:
    """At most one statement more than the page: the article that the last reply names."""
    begun = max((n for n, line in enumerate(page.timeline) if line.row.step == "order_redo"), default=0)
    since = page.timeline[begun:]
    work = [line for line in since if line.row.step in _WORK]
    replies = replies_of(page.timeline)
    proofs = _proofs(page, work, replies[-1] if replies else None)
    kept = [f for f in page.files if f.slot == "proof"]
    return Dossier(replies, work, [line for line in since if line.row.step == "record_callback"], proofs,
                   [f for f in kept if f.file.mime.startswith("image/")], [f for f in kept if not f.file.mime.startswith("image/")])


def replies_of(timeline: list[Line]) -> list[Reply]:
    """Drafts in their order, each with the signature and the judgement that followed before the next one."""
    drafts = [n for n, line in enumerate(timeline) if line.row.step == "draft_reply"]
    ends = [*drafts[1:], len(timeline)][:len(drafts)]
    return [_reply(n, timeline[start], timeline[start + 1:end], last=n == len(drafts))
            for n, (start, end) in enumerate(zip(drafts, ends, strict=True), 1)]


def _reply(n: int, draft: Line, after: list[Line], last: bool) -> Reply:
    signed = next((line for line in after if line.row.step == "reply"), None)
    judged = [line for line in after if line.row.step in _FATES]
    end = judged[-1] if judged else None
    fate = _FATES[end.row.step] if end else "" if last else "已改写"
    version = draft.row.given.get("article") if last else None
    found = knowledge.version_facts(version) if version else None
    return Reply(n, draft, signed, fate, [p for p in end.given if p[1]] if end else [], f"{found.title}（第 {found.n} 版）" if found else "")


def _proofs(page: CasePage, work: list[Line], reply: Reply | None) -> list[Proof]:
    facts, asks = page.facts, page.facts.evidence
    made = [
        _contact(page, work),
        Proof("给诉求人的答复", bool(reply and reply.public), True),
        Proof("现场办理记录", facts.reply.field_record, asks in FIELD_EVIDENCE, _when(work, "field_record")),
        Proof("现场照片", facts.reply.photo, asks in PHOTO_EVIDENCE),
        Proof("到场位置", facts.reply.position not in {"", Fit.NONE}, asks == "position", _where(work)),
        Proof("答复的依据", bool(reply and (reply.article or reply.basis)), facts.kind == Kind.CONSULT, (reply.article or reply.basis) if reply else ""),
    ]
    open_tasks = [t for t in page.tasks if TaskState(t.state).is_open]
    if page.tasks:
        made.append(Proof("协办和二次派单", not open_tasks, True, f"共 {len(page.tasks)} 项，未完成 {len(open_tasks)} 项"))
    return [p for p in made if p.there or p.needed]


def _contact(page: CasePage, work: list[Line]) -> Proof:
    """The contact as the unit recorded it, in time or not; or why there was none."""
    case, facts = page.case, page.facts
    if facts.reply.contact_waived and not facts.reply.contacted:
        line = next((line for line in reversed(work) if line.row.step == "waive_contact"), None)
        return Proof("联系诉求人", True, True, "无需联系：" + (said(line, "reason") if line else ""))
    if not facts.reply.contacted:
        return Proof("联系诉求人", False, not case.imported, "历史导入，未记录" if case.imported else "没有联系记录")
    line = next((line for line in reversed(work) if line.row.step in {"contact", "desk_contact", "relay_contact"}), None)
    words = f"{said(line, 'contact_at')}，{said(line, 'contact_how')}" if line else ""
    due = case.contact_due_at
    if due is not None and case.contacted_at is not None and case.contacted_at > due:
        words += f"，晚于联系时限 {time_rules.for_public(due, clocks.city_calendar(), clock.now())}"
    return Proof("联系诉求人", True, True, words)


def _where(work: list[Line]) -> str:
    """How the position of the last visit fits the case, or why there is none."""
    line = next((line for line in reversed(work) if "place" in line.row.given), None)
    return "，".join(filter(None, (place_words(line.row.given), said(line, "no_position"), said(line, "why_no_position")))) if line else ""


def _when(work: list[Line], step: str) -> str:
    line = next((line for line in reversed(work) if line.row.step == step), None)
    return said(line, "visited_at") if line else ""
