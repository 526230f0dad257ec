"""What the steps of the unit write: signed, contacted, visited, drafted, replied."""

from __future__ import annotations

from datetime import datetime

from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import Deed, effect, keep_files
from minsheng.cases.effects.marking import mark
from minsheng.cases.rules import places
from minsheng.org import queries as org


@effect("sign", before=(clocks.read,))
def sign(deed: Deed) -> None:
    deed.case.signed_at = deed.at
    mark(deed.case, woken=0)
    clocks.meet(deed.case, "sign", deed.at)


def typed_late(deed: Deed, said: datetime) -> None:
    """Entered more than a working day after it is said to have happened: marked, for whoever reads the record (rulings, 29)."""
    cal = clocks.city_calendar()
    if deed.recorded_at > time_rules.due(said, Limit.parse("1wd"), cal).due:
        deed.row.given = {**deed.row.given, "typed_late": True}


@effect("contact", "desk_contact", "relay_contact", before=(clocks.read,))
def contact(deed: Deed) -> None:
    """What is typed after the limit met nothing in time, whenever it is said to have been (rulings, 29)."""
    case, said = deed.case, datetime.fromisoformat(deed.values["contact_at"])
    mark(case, contact=True)
    typed_late(deed, said)
    if case.contacted_at is None:
        case.contacted_at, case.contact_typed_at = said, deed.recorded_at
        clocks.meet(case, "contact", said if case.contact_due_at is None or deed.recorded_at <= case.contact_due_at else deed.recorded_at)


@effect("waive_contact", before=(clocks.read,))
def waive_contact(deed: Deed) -> None:
    mark(deed.case, contact_waived=True)
    deed.case.contact_waived_at = deed.case.contact_waived_at or deed.at
    clocks.meet(deed.case, "contact", deed.at)


def _district(deed: Deed) -> None:
    deed.found["around"] = org.tree().around(deed.case.district_id) if deed.facts.evidence == "position" else None


@effect("field_record", before=(_district,))
def field_record(deed: Deed) -> None:
    visited = datetime.fromisoformat(deed.values["visited_at"])
    typed_late(deed, visited)
    kept = keep_files(deed, "proof")
    if deed.facts.evidence == "position":
        place_of(deed, visited)
    mark(deed.case, field=True, photo=deed.case.marks.photo or any(file.mime.startswith("image/") for file in kept))


def place_of(deed: Deed, visited: datetime) -> None:
    """Where the visit was, as far as it fits the case: marked, never refused (rulings, 100)."""
    said = deed.values.get("position")
    fit, beyond = places.fit(places.of(said), visited, deed.found["around"]) if said else (places.Fit.NONE, 0)
    deed.row.given = {**deed.row.given, "place": fit.value, **({"beyond": beyond} if beyond else {})}
    mark(deed.case, position=fit.value)


@effect("draft_reply")
def draft_reply(deed: Deed) -> None:
    keep_files(deed, "proof")
    mark(deed.case, draft_by=deed.by.id, claimed_solved=deed.values["claimed_solved"], draft_step=deed.row.id)


@effect("reject_draft")
def reject_draft(deed: Deed) -> None:
    mark(deed.case, draft_by=None)


@effect("reply", before=(clocks.read,))
def reply(deed: Deed) -> None:
    deed.case.replied_at = deed.at
    clocks.meet(deed.case, "handle", deed.at)


@effect("reject_reply", before=(clocks.read,))
def reject_reply(deed: Deed) -> None:
    deed.case.replied_at = None
    clocks.of(deed.case).reopen("handle", deed.at, deed.step.label)
    mark(deed.case, draft_by=None)


@effect("adopt_suggestion", "leave_suggestion")
def weigh_suggestion(deed: Deed) -> None:
    """The reason lies with the step and is told to whoever suggested it."""
    mark(deed.case, adopted=deed.step.name == "adopt_suggestion")
