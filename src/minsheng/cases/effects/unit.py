"""What the steps of the unit write: signed, contacted, visited, drafted, replied."""

from __future__ import annotations

from datetime import datetime

from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import Deed, effect, keep_files, mark, unmark


@effect("sign")
def sign(deed: Deed) -> None:
    deed.case.signed_at = deed.at
    unmark(deed.case, "woken")
    clocks.meet(deed.case, "sign", deed.at)


@effect("contact", "desk_contact")
def contact(deed: Deed) -> None:
    mark(deed.case, contact=True)
    if deed.case.contacted_at is None:
        deed.case.contacted_at = datetime.fromisoformat(deed.values["contact_at"])
        clocks.meet(deed.case, "contact", deed.case.contacted_at)


@effect("waive_contact")
def waive_contact(deed: Deed) -> None:
    mark(deed.case, contact_waived=True)
    clocks.meet(deed.case, "contact", deed.at)


@effect("field_record")
def field_record(deed: Deed) -> None:
    kept = keep_files(deed, "proof")
    mark(deed.case, field=True, photo=deed.case.marks.get("photo", False) or any(f.file.mime.startswith("image/") for f in kept))


@effect("draft_reply")
def draft_reply(deed: Deed) -> None:
    keep_files(deed, "proof")
    mark(deed.case, draft_by=deed.by.id, claimed_solved=deed.values["claimed_solved"], draft_step=deed.row.id)


@effect("reject_draft")
def reject_draft(deed: Deed) -> None:
    unmark(deed.case, "draft_by")


@effect("reply")
def reply(deed: Deed) -> None:
    deed.case.replied_at = deed.at


@effect("reject_reply")
def reject_reply(deed: Deed) -> None:
    deed.case.replied_at = None
    unmark(deed.case, "draft_by")
