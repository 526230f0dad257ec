"""What steps of a coordination meeting write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

from datetime import date

from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.leader_days.models import Meeting, MeetingItem


def draft_meeting(deed: Deed[Meeting]) -> None:
    """Its period and its unit are on it already."""
    amend_meeting(deed)


def amend_meeting(deed: Deed[Meeting]) -> None:
    deed.subject.meets_on, deed.subject.venue = date.fromisoformat(deed.values["meets_on"]), deed.values["venue"]


def put_on_agenda(deed: Deed[Meeting]) -> None:
    meeting = deed.subject
    item = MeetingItem(id=new_id(deed.at, after=meeting.id), meeting_id=meeting.id, case_id=deed.values["case"], put_step=deed.row.id)
    deed.new.append(item)
    meeting.items = [*meeting.items, item]
    if deed.found.get("restricted"):
        meeting.closed_case = item.case_id


def _item(deed: Deed[Meeting]) -> MeetingItem:
    item = next(one for one in deed.subject.items if one.case_id == deed.values["case"] and one.off_step is None)
    deed.altered.append(item)
    return item


def take_off_agenda(deed: Deed[Meeting]) -> None:
    _item(deed).off_step = deed.row.id


def convene(deed: Deed[Meeting]) -> None:
    deed.subject.convened_by, deed.subject.attends = deed.by.name, deed.values["attends"]


def write_minutes(deed: Deed[Meeting]) -> None:
    meeting, given = deed.subject, deed.values
    meeting.held_on, meeting.writer = date.fromisoformat(given["held_on"]), deed.by.id
    meeting.attended, meeting.minutes = given["attended"], given["minutes"]


def rule_item(deed: Deed[Meeting]) -> None:
    """What was ruled before the signature is ruled anew; the history keeps both."""
    item, given = _item(deed), deed.values
    item.ruling_step, item.lead_id, item.co_units = deed.row.id, given["lead"], given.get("co_units", [])
    item.due = date.fromisoformat(given["due"])


def sign_minutes(deed: Deed[Meeting]) -> None:
    deed.subject.signed_at, deed.subject.signed_by = deed.at, deed.by.name


def carry_out(deed: Deed[Meeting]) -> None:
    """`deed.found["ends"]`: of each ruling its outcome, why not, and the commitment that it became."""
    deed.subject.carried_at = deed.at
    ends = deed.found["ends"]
    for item in deed.subject.items:
        if item.id in ends:
            item.outcome, item.why, item.commitment_id = ends[item.id]
            deed.altered.append(item)


MEETING = {"draft_meeting": draft_meeting, "amend_meeting": amend_meeting, "put_on_agenda": put_on_agenda,
           "take_off_agenda": take_off_agenda, "convene": convene, "write_minutes": write_minutes, "rule_item": rule_item,
           "sign_minutes": sign_minutes, "carry_out": carry_out}
