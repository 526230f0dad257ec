"""What is now true after a step, and what comes next: the one line that a person reads when the page has changed."""

from __future__ import annotations

from datetime import datetime

from minsheng.accounts.rules import Actor
from minsheng.cases.rules import State
from minsheng.cases.rules.procedure import PROCEDURE, REQUESTS
from minsheng.kit import clock
from minsheng.kit.templatetags.show import moment
from minsheng.org import queries as org

_NEXT = {
    State.DRAFT: "等话务员补充后重新提交", State.PENDING_REVIEW: "等派单员审核派单", State.RETURN_REVIEW: "等退单审核员裁定，办理计时暂停",
    State.PARKED: "办理计时暂停，到期复核", State.PENDING_CHECK: "等热线审核答复", State.PENDING_CALLBACK: "等回访诉求人",
    State.MERGED: "结果随主单一并告知诉求人", State.SPLIT: "各件有自己的编号，分别办理",
}


def told(row, by: Actor) -> str:
    """A `cases.models.CaseStep` in words, to who took it: 签收：现在是“办理中”。请在 1月3日 周五 10:00 前联系诉求人。"""
    label, to = PROCEDURE[row.step].label, State(row.to)
    now = f"{label}：现在是“{to.label}”" if row.frm != row.to else f"已记下：{label}"
    ahead = _asked(row) or _next(row.case, to, by)
    return f"{now}。{ahead}。" if ahead else f"{now}。"


def _asked(row) -> str:
    """Of a request that changes no state: who rules, and that nothing has moved yet."""
    ruled_by = next((request.ruled_by for request in REQUESTS.values() if request.asking.name == row.step), None)
    return f"等{ruled_by.label}裁定，裁定前一切照旧" if ruled_by and row.frm == row.to else ""


def _next(case, to: State, by: Actor) -> str:
    if to == State.PENDING_SIGN:
        return f"等{org.tree().name(case.lead_id)}签收" + (f"，最迟 {moment(case.sign_due_at)}" if case.sign_due_at else "")
    if to == State.IN_PROGRESS:
        return _in_progress(case, "请" if by.has(*PROCEDURE["contact"].takers) else f"等{PROCEDURE['contact'].who.label}")
    return _NEXT.get(to, "")


def _in_progress(case, whose: str) -> str:
    if case.marks.draft_by is not None:
        return "等单位负责人签发"
    if not case.contacted_at and case.contact_due_at:
        return _before(case.contact_due_at, whose, "联系诉求人")
    return _before(case.handle_due_at, whose, "答复") if case.handle_due_at else ""


def _before(limit: datetime, whose: str, deed: str) -> str:
    """Nobody is asked to do a thing before a time that has gone."""
    return f"{whose}在 {moment(limit)} 前{deed}" if clock.now() < limit else f"时限 {moment(limit)} 已过，{whose}尽快{deed}"
