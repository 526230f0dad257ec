"""A case as JSON. What is masked on the screen is masked here: everything personal comes from `cases.page`, never from a row."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from minsheng.cases import queries
from minsheng.cases.actions import Created
from minsheng.cases.actions.any_step import Taken
from minsheng.cases.queries import case_page
from minsheng.cases.queries.feed import Steps
from minsheng.cases.rules import State
from minsheng.cases.rules.fields import FIELDS
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.states import Clock
from minsheng.kit.steps import Step
from minsheng.org import queries as org


def row(case) -> dict[str, Any]:
    """A case in a list, from its columns alone: its title is the masked one for everybody."""
    state, matter = State(case.state), queries.categories().get(case.category_id)
    return {
        "id": str(case.id), "number": case.number, "state": state.value, "state_label": state.label, "kind": case.kind, "channel": case.channel,
        "category": matter.code if matter else "", "title": case.title, "lead": case.lead_id,
        "lead_name": org.tree().name(case.lead_id) if case.lead_id else "", "district": case.district_id, "urgent": case.urgent,
        "sealed": case.sealed, "restricted": case.restricted, "received_at": case.received_at, "due_at": case.due_at,
        "paused": case.paused, "band": case_page.band_of(case)[0], "closed_at": case.closed_at,
    }


def full(opened: case_page.CasePage) -> dict[str, Any]:
    case, asks = opened.case, opened.facts.requests.pending
    return row(case) | {
        "title": opened.title, "masked": not opened.personal, "narrative": opened.narrative, "original": opened.original,
        "place": opened.place, "elements": [[label, value] for label, value in opened.elements], "requester": _requester(opened),
        "dispatched_at": case.dispatched_at, "signed_at": case.signed_at, "contacted_at": case.contacted_at, "replied_at": case.replied_at,
        "solved": case.solved, "satisfaction": case.satisfaction, "clocks": [_clock(view) for view in opened.clocks],
        "tasks": [_task(task) for task in opened.tasks], "files": [_hung(f) for f in opened.files],
        "pending": sorted(ask.value for ask in asks), "related": [[label, other.number] for label, other in opened.related],
        "joined": [{"number": one.number, "title": one.said.title, "narrative": one.said.narrative, "place": one.said.place,
                    "files": [_hung(f) for f in one.files]} for one in opened.joined],
    }


def _hung(row) -> dict[str, Any]:
    return kept(row.file) | {"name": row.name, "slot": row.slot}


def _requester(opened: case_page.CasePage) -> dict | None:
    who = opened.requester
    return None if who is None else {"name": who.name, "phone": who.phone, "kind": who.kind, "anonymous": who.anonymous}


def _clock(view: case_page.ClockView) -> dict:
    clock = view.clock
    return {"code": clock.code, "label": view.label, "limit": clock.limit, "started_at": clock.started_at, "due_at": clock.due_at,
            "due_text": view.due_text, "band": view.band, "left": view.left, "basis": view.basis, "provisional": clock.provisional,
            "current": view.current}


def _task(task) -> dict:
    return {"id": task.id, "kind": task.kind, "unit": task.unit_id, "unit_name": task.unit.name, "state": task.state, "due_at": task.due_at}


def kept(file) -> dict:
    return {"id": file.id, "name": file.name, "mime": file.mime, "size": file.size}


def steps(opened: case_page.CasePage) -> dict:
    """The step bar, a shut step with its reason, and the timeline as this reader may see it."""
    bar = [{"step": step.name, "label": step.label, "open": bool(may), "code": may.code, "reason": may.reason} for step, may in opened.steps]
    return {"state": opened.case.state, "steps": bar, "timeline": [_line(line) for line in opened.timeline]}


def _line(line: case_page.Line) -> dict:
    step = line.row
    return {"id": str(step.id), "seq": step.seq, "step": step.step, "label": line.label, "frm": step.frm, "to": step.to, "at": step.at,
            "recorded_at": step.recorded_at, "by": step.by_name, "role": step.role, "unit": line.unit, "given": [[label, str(value)] for label, value in line.given],
            "public": line.public, "hash": bytes(step.hash).hex()}


def made(created: Created) -> dict:
    case = created.case
    return {"id": str(case.id), "number": case.number, "query_code": created.code, "state": case.state, "due_at": case.due_at and case.due_at.astimezone(UTC),
            "replayed": created.replayed}


def taken(done: Taken) -> dict:
    step = done.step
    return {"id": str(step.id), "case": str(step.case_id), "step": step.step, "seq": step.seq, "state": step.to,
            "state_label": State(step.to).label, "at": step.at, "recorded_at": step.recorded_at, "query_code": step.code, "made": [made(each) for each in done.made]}


def feed(found: Steps) -> dict:
    items = [{"id": str(row.id), "case": str(row.case_id), "seq": row.seq, "step": row.step, "frm": row.frm, "to": row.to, "at": row.at,
              "recorded_at": row.recorded_at}
             for row in found.rows]
    return {"items": items, "next": found.cursor, "more": found.more}


# --- the procedure ------------------------------------------------------------


def procedure() -> dict:
    states = [{"state": s.value, "label": s.label, "open": s.is_open} for s in State if s is not State.START]
    return {"states": states, "steps": [_step(step) for step in PROCEDURE]}


def _step(step: Step) -> dict:
    return {"step": step.name, "label": step.label, "role": step.who.value, "role_label": step.by_whom,
            "frm": [s.value for s in State if s in step.frm], "to": str(step.to) if step.to else None,
            "needs": [_field(name) for name in step.needs], "clock": step.clock.value if isinstance(step.clock, Clock) else "",
            "limit": step.limit, "public": step.public}


def _field(need: str) -> dict:
    f = FIELDS[need.rstrip("?")]
    return {"name": f.name, "label": f.label, "kind": f.kind, "required": not need.endswith("?"),
            "choices": [list(choice) for choice in f.choices], "help": f.help}
