"""Rows of an export: the published columns, masked unless the right and the reason are given (rulings, 25). Five statements per 500 cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseTask, OutsideKey, StepText
from minsheng.cases.queries import lists, words
from minsheng.cases.queries.lists import Filters
from minsheng.cases.rules import TaskKind, TaskState
from minsheng.contacts import queries as contacts
from minsheng.contacts.actions import read_for_duty
from minsheng.exchange import rules
from minsheng.exchange.row_reader import IMPORTED
from minsheng.kit import sealing
from minsheng.org import queries as org

CHUNK = 500
GONE = tuple(state.value for state in TaskState if state.is_gone)


def own_source() -> str:
    """Under this name our own cases travel: another installation takes them for new, this one knows them by their number."""
    return f"minsheng-{sealing.keyed_hash('installation', 'export')[:4].hex()}"


def exported(filters: Filters, by: Actor | None, full: bool) -> Iterator[list[str]]:
    """Cells of every case within the filters, oldest first. Without a person restricted cases stay out."""
    base = queries.visible(by) if by else Case.objects.filter(restricted=False)
    rows, last = _with_all(lists.narrowed(base, filters)), 0
    while chunk := list(rows.filter(id__gt=last).order_by("id")[:CHUNK]):
        last = chunk[-1].id
        for made in _cells(chunk, full):
            yield [made.get(c.code, "") for c in rules.EXPORTED]


def kept(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """case id -> what a full export would write of it, without its empty cells: to compare with a row that comes in again. No erased ones."""
    chunk = list(_with_all(Case.objects.filter(id__in=list(ids), erased=False)))
    return {case.id: {code: cell for code, cell in made.items() if cell} for case, made in zip(chunk, _cells(chunk, True), strict=True)}


def _with_all(rows):
    return rows.select_related("text", "contact", "category", "lead")


def _cells(chunk: list[Case], full: bool) -> Iterator[dict[str, str]]:
    ids = [c.id for c in chunk]
    # Keys that an import gave; a program's idempotency key is nobody's number and stays here.
    keys = {k.case_id: k for k in OutsideKey.objects.filter(case_id__in=ids, source__startswith=IMPORTED).order_by("id")}
    view, by_id = words.FULL if full else words.MASKED, {c.id: c for c in chunk}
    replies: dict[int, str] = {}
    words.know_stale(chunk)
    for row in StepText.objects.filter(case_id__in=ids).order_by("step_id"):
        said = words.of_step_text(row, by_id[row.case_id], view)
        replies[row.case_id] = said.get("public_reply") or said.get("answer") or replies.get(row.case_id, "")
    co: dict[int, list[str]] = {}
    for case_id, unit in CaseTask.objects.filter(case_id__in=ids, kind=TaskKind.CO).exclude(state__in=GONE).order_by("id").values_list("case_id", "unit_id"):
        co.setdefault(case_id, []).append(org.tree().by_id[unit].code)
    for case in chunk:
        yield _row(case, keys.get(case.id), replies.get(case.id, ""), co.get(case.id, []), full)


def _row(case: Case, key: OutsideKey | None, reply: str, co: list[str], full: bool) -> dict[str, str]:
    said = words.of_case(case, words.FULL if full else words.MASKED)
    name, phone = _requester(case, full)
    return {
        "external_no": key.key if key else case.number, "source": key.source.removeprefix(IMPORTED) if key else own_source(), "received_at": _time(case.received_at),
        "channel": rules.label("channel", case.channel), "type": rules.label("type", case.kind),
        "category": case.category.code if case.category else "", "title": said.title,
        "narrative": said.narrative, "place": said.place, "requester": name,
        "requester_kind": rules.label("requester_kind", case.requester_kind), "phone": phone, "unit": case.lead.code if case.lead else "",
        "dispatched_at": _time(case.dispatched_at), "signed_at": _time(case.signed_at), "first_contact_at": _time(case.contacted_at),
        "replied_at": _time(case.replied_at), "reply": reply, "closed_at": _time(case.closed_at),
        "state": rules.label("state", case.state), "due_at": _time(case.handle_due_at), "co_units": ";".join(co),
        "reached": rules.label("bool", case.reached), "solved": rules.label("bool", case.solved),
        "satisfaction": rules.label("satisfaction", case.satisfaction), "assumed": ";".join(case.marks.assumed),
    }


def _requester(case: Case, full: bool) -> tuple[str, str]:
    if case.contact is None or case.contact.erased_at:
        return "", ""
    if full:
        found = read_for_duty(contact=case.contact)
        return found.name, found.phone
    masked = contacts.masked(case.contact)
    return masked.name, masked.phone


def _time(at) -> str:
    return at.astimezone(clocks.city_calendar().zone).isoformat() if at else ""
