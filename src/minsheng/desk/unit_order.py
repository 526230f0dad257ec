"""What one order says to the unit that works on it: three taps, what else may be asked and until when, what came back and why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.urls import reverse

from minsheng.accounts.rules import Actor
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases.effects import clocks
from minsheng.cases.queries import reply_review
from minsheng.cases.queries.case_page import CasePage, Line
from minsheng.cases.queries.reply_review import said
from minsheng.cases.rules import MAX_EXTENSIONS, State, TaskKind, TaskState
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.readers import Place
from minsheng.desk import unit_kept
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Verdict
from minsheng.org import queries as org

BIG = sorted((row for row in PROCEDURE if row.desk.tap), key=lambda row: row.desk.tap)
BIG_TASK = sorted((row for row in PROCEDURE if row.desk.task_tap), key=lambda row: row.desk.task_tap)
ABSENT = {"no_task", "not_statutory"}
# What judges the answer to a task, by its kind: accept, send back.
JUDGES = {kind: tuple(row.name for row in PROCEDURE if row.desk.task == kind) for kind in TaskKind}
_OF_A_TASK = {row.name for row in PROCEDURE if "task" in row.fields}
_ELSEWHERE = {row.name for row in PROCEDURE if row.desk.place in {Place.DRAFT, Place.TASK}}  # stand beside what they are about


@dataclass
class Button:
    """A step as a button. `done`: the history has it; `note`: until when, what it needs; `main`: what comes next; `at_once`: one tap takes it;
    `ahead`: open as soon as the order is signed, so that a phone without a network can go on."""

    name: str
    label: str
    allowed: bool
    reason: str
    url: str
    done: bool = False
    note: str = ""
    main: bool = False
    at_once: bool = False
    ahead: bool = False


@dataclass(frozen=True)
class TaskWords:
    """A task with its words: what was asked, what was answered. `judged_by`: (accept, redo) when the reader's unit may judge it."""

    task: Any
    asked: str
    answer: str = ""
    files: list = field(default_factory=list)
    judged_by: tuple[str, ...] | None = None


def answer_to(page: CasePage, name: str) -> Verdict | None:
    return next((answer for step, answer in page.steps if step.name == name), None)


def big(page: CasePage, by: Actor) -> list[Button]:
    """Three taps: sign, contacted, reply; for a task: sign, contacted where it is the second level's, answer. The first open one is the main one."""
    if page.facts.lead.holder == by.unit:
        made = [button(page, row, by) for row in BIG]
    else:  # a second level rings for itself once it has signed; a co-unit does not
        made = [button(page, row, by) for row in BIG_TASK if (answer := answer_to(page, row.name)) is not None and (answer or not row.desk.tap)]
    for each in made:
        each.main = each.allowed and not each.done and not any(b.main for b in made)
    return made


def rest(page: CasePage, by: Actor, shown: set[str]) -> list[Button]:
    """Every other step of the reader's roles; what is shut for want of any task or procedure is not there at all."""
    gone = shown | _ELSEWHERE | (set() if any(t.unit_id == by.unit for t in page.tasks) else _OF_A_TASK)
    made = [button(page, s, by) for s, v in page.steps if v.code not in ABSENT and s.name not in gone]
    listed = {b.name for b in made} | gone
    return made + [replace(b, reason="") for row in PROCEDURE if row.name not in listed and (b := button(page, row, by)).ahead]


def form_of(page: CasePage, step: Step, drawn: list[dict], task: Any) -> list[dict]:
    """The fields as this desk words them: a task that is known is not asked for, an extension is chosen in working days."""
    fields = [f for f in drawn if f["name"] != "task" or not task]
    for f in fields:
        if step.name == "ask_extension" and f["name"] == "limit":
            most = clocks.extension_limit(page.case, None, clock.now())[0]
            days = [(str(Limit(n, most.unit)), Limit(n, most.unit).label) for n in range(1, most.amount)]  # the most is what stands there
            f |= {"type": "choice", "label": "申请延长", "choices": days, "help": "", "placeholder": most.label}
    return fields


def button(page: CasePage, step: Step, by: Actor) -> Button:
    case, answer = page.case, answer_to(page, step.name)
    done = {"sign": bool(case.signed_at), "contact": page.facts.reply.contacted, "draft_reply": page.facts.reply.is_drafted}.get(step.name, False)
    url = f"{reverse('unit-order', args=[case.id])}?step={step.name}#step"
    reason = answer.reason if answer is not None else _not_yours(page, step)
    return Button(step.name, step.desk.button or step.label, bool(answer), reason, url, done, _note(page, step), at_once=step.desk.at_once,
                  ahead=not answer and once_signed(page, step, by))


def once_signed(page: CasePage, step: Step, by: Actor) -> bool:
    """Would it be open if the reader signed the order now?"""
    if step.name not in unit_kept.NOTED or not answer_to(page, "sign") or not unit_kept.may_keep(page):
        return False
    return bool(verdict(step, replace(page.facts, state=State.IN_PROGRESS), by))


def _not_yours(page: CasePage, step: Step) -> str:
    return f"由{step.by_whom}办理" if page.facts.state in step.frm else f"当前状态为“{page.facts.state.label}”"


def _note(page: CasePage, step: Step) -> str:
    """By when it must be taken, and how often it may be; "" while nothing runs."""
    case, now = page.case, clock.now()
    due = {"sign_due": case.sign_due_at, "handle_due": case.handle_due_at}
    if not step.desk.note or any(at is None and name in step.desk.note for name, at in due.items()):
        return ""
    said = {name: time_rules.for_public(at, clocks.city_calendar(), now) for name, at in due.items() if at}
    return step.desk.note.format(**said, extensions_left=max(0, MAX_EXTENSIONS - case.extensions))


def _longest(page: CasePage) -> str:
    return clocks.extension_limit(page.case, None, clock.now())[0].label


def needs(page: CasePage, step: Step | None) -> str:
    """What the centre looks at when it rules on this request."""
    hint = step.desk.hint if step else ""
    return hint.format(longest=_longest(page)) if "{longest}" in hint else hint


# --- replies ------------------------------------------------------------


def came_back(page: CasePage) -> reply_review.Reply | None:
    """The last reply when it was sent back and nothing new is drafted: the handler reads why before writing again."""
    if page.facts.state != State.IN_PROGRESS or page.facts.reply.is_drafted:
        return None
    replies = reply_review.replies_of(page.timeline)
    return replies[-1] if replies and replies[-1].why else None


def draft(page: CasePage) -> Line | None:
    """The reply that waits for the head's signature."""
    if not page.facts.reply.is_drafted or page.facts.state != State.IN_PROGRESS:
        return None
    return _last(page, "draft_reply")


def known(page: CasePage, step: Step | None) -> dict[str, Any]:
    """What stands in the form of a reply already: the last draft, else what the field record says was done. Nothing is typed twice."""
    if step is None or step.name != "draft_reply":
        return {}
    last, redone = _last(page, "draft_reply"), _last(page, "order_redo")
    if last and not (redone and redone.row.seq > last.row.seq):  # a redo is answered anew
        words = {name: said(last, name) for name in ("handling", "public_reply", "unsolved_reason", "basis")}
        return words | {"claimed_solved": {"是": "yes", "否": "no"}.get(said(last, "claimed_solved"), "")}
    record = _last(page, "field_record")
    return {"handling": said(record, "done")} if record else {}


def _last(page: CasePage, name: str) -> Line | None:
    return next((line for line in reversed(page.timeline) if line.row.step == name), None)


# --- tasks ------------------------------------------------------------


def given_tasks(page: CasePage, by: Actor) -> list[TaskWords]:
    """Every task of the case in words; those whose answer the reader's unit judges say with which steps."""
    asked = {line.row.id: line for line in page.timeline}
    made = []
    for task in page.tasks:
        answered = next((x for x in reversed(page.timeline) if x.row.step == "task_reply" and x.row.given.get("task") == task.id), None)
        pair = JUDGES[TaskKind(task.kind)]
        ours = page.facts.lead.holder == by.unit if task.kind == TaskKind.CO else task.given_by_unit == by.unit
        open_to_me = ours and TaskState(task.state) == TaskState.REPLIED and bool(answer_to(page, pair[0]))
        files = [f for f in page.files if answered and f.step_id == answered.row.id]
        made.append(TaskWords(task, said(asked[task.step_id], "duty") if task.step_id in asked else "", said(answered, "done") if answered else "",
                          files, pair if open_to_me else None))
    return made


def hotline_phone() -> str:
    """Whom the unit rings about a sealed order."""
    return next((u.phone for u in org.tree().by_id.values() if u.kind == "centre" and u.active), "")
