"""What steps write beside their own row: columns of the subject, desks and notices. Nothing is in the database yet."""

from __future__ import annotations

from datetime import date, datetime

from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.leader_days.models import Commitment, Desk, Period, Published, Scheme
from minsheng.leader_days.rules.reminding import BY_NAME
from minsheng.leader_days.rules.states import Source


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# --- schemes ----------------------------------------------------------------------------


def write_scheme(deed: Deed[Scheme]) -> None:
    scheme, given = deed.subject, deed.values
    scheme.name, scheme.year, scheme.aim, scheme.topics = given["name"], given["year"], given["aim"], given["topics"]
    scheme.units, scheme.since, scheme.until = given["units"], _day(given["since"]), _day(given["until"])
    _drafted(deed)


def _drafted(deed: Deed[Scheme] | Deed[Period]) -> None:
    if deed.by.id not in deed.subject.drafters:
        deed.subject.drafters = [*deed.subject.drafters, deed.by.id]


SCHEME = {"draft_scheme": write_scheme, "amend_scheme": write_scheme}


# --- periods ----------------------------------------------------------------------------


def draft_period(deed: Deed[Period]) -> None:
    deed.subject.scheme_id, deed.subject.number = deed.values["scheme"], deed.values["number"]
    amend_period(deed)


def amend_period(deed: Deed[Period]) -> None:
    deed.subject.theme = deed.values["theme"]
    _drafted(deed)


def add_desk(deed: Deed[Period]) -> None:
    period, given = deed.subject, deed.values
    desk = Desk(id=new_id(deed.at, after=period.id), period_id=period.id, unit_id=given["unit"], leader_id=given["leader"],
                leader_name=period.named_leader, deputy=given.get("deputy", False), seat=given.get("seat", ""),
                theme=given.get("theme", ""), starts=datetime.fromisoformat(given["starts"]), ends=datetime.fromisoformat(given["ends"]))
    deed.new.append(desk)
    period.seats = [*period.seats, desk]
    _arranged(deed)


def remove_desk(deed: Deed[Period]) -> None:
    desk = next(one for one in deed.subject.seats if one.id == deed.values["desk"])
    desk.removed_at = deed.at
    deed.altered.append(desk)
    _arranged(deed)


def _arranged(deed: Deed[Period]) -> None:
    deed.subject.starts = min((desk.starts for desk in deed.subject.seats if desk.removed_at is None), default=None)
    _drafted(deed)


def announce(deed: Deed[Period]) -> None:
    deed.subject.announced_at, deed.subject.announced_by = deed.at, deed.by.name


def cancel_period(deed: Deed[Period]) -> None:
    """Its desks are free; when it was to begin stays, and so do its notices."""
    period = deed.subject
    period.cancelled_at, period.cancel_notice = deed.at, deed.values["cancel_notice"]
    for desk in period.seats:
        if desk.removed_at is None:
            desk.removed_at = deed.at
            deed.altered.append(desk)


def note_notice(deed: Deed[Period]) -> None:
    period, given = deed.subject, deed.values
    notice = Published(id=new_id(deed.at, after=period.id), period_id=period.id, medium=given["medium"], outlet=given["outlet"], text=given["text"],
                       published_on=date.fromisoformat(given["published_on"]), views=given.get("views", 0), counted_at=deed.at if "views" in given else None)
    deed.new.append(notice)
    period.published = [*period.published, notice]


def count_views(deed: Deed[Period]) -> None:
    notice = next(one for one in deed.subject.published if one.id == deed.values["notice"])
    notice.views, notice.counted_at = deed.values["views"], deed.at
    deed.altered.append(notice)


def hold(deed: Deed[Period]) -> None:
    deed.subject.held_at = deed.at


def close_period(deed: Deed[Period]) -> None:
    deed.subject.closed_at, deed.subject.summary = deed.at, deed.values["summary"]


PERIOD = {"draft_period": draft_period, "amend_period": amend_period, "add_desk": add_desk, "remove_desk": remove_desk, "announce": announce, "cancel_period": cancel_period,
          "note_notice": note_notice, "count_views": count_views, "hold": hold, "close_period": close_period}


# --- commitments --------------------------------------------------------------------------


def commit(deed: Deed[Commitment]) -> None:
    """From `deed.values`; what its columns were set to before the step (period, case, desk) stands there already."""
    one, given = deed.subject, deed.values
    one.source = given.get("source", Source.DESK.value)
    one.met_on, one.made_on = _day(given.get("met_on")), _day(given.get("met_on")) or deed.facts.today
    one.what, one.owner, one.owner_unit_id = given["what"], given["owner"], given["owner_unit"]
    one.due = one.first_due = _day(given["due"])


def prove(deed: Deed[Commitment]) -> None:
    deed.subject.proof, deed.subject.done_on = deed.values["proof"], _day(deed.values["done_on"])


def send_back(deed: Deed[Commitment]) -> None:
    deed.subject.done_on = None


def conclude(deed: Deed[Commitment]) -> None:
    one = deed.subject
    one.finding, one.cause, one.ended_at, one.ended_by = deed.values["finding"], deed.values.get("cause", ""), deed.at, deed.by.name
    one.waiting, one.asked_by, one.asked_due = "", 0, None


def note_late_delivery(deed: Deed[Commitment]) -> None:
    deed.subject.done_on, deed.subject.finding = _day(deed.values["done_on"]), deed.values["finding"]


def ask(deed: Deed[Commitment]) -> None:
    one = deed.subject
    one.waiting, one.asked_by = deed.step.name.removeprefix("ask_"), deed.by.id
    one.asked_due = _day(deed.values.get("new_due"))


def grant_extension(deed: Deed[Commitment]) -> None:
    deed.subject.due, deed.subject.extensions = deed.subject.asked_due, deed.subject.extensions + 1
    ruled(deed)


def ruled(deed: Deed[Commitment]) -> None:
    deed.subject.waiting, deed.subject.asked_by, deed.subject.asked_due = "", 0, None


def draft_public(deed: Deed[Commitment]) -> None:
    one = deed.subject
    one.draft_matter, one.draft_progress, one.drafted_by = deed.values["public_matter"], deed.values["public_progress"], deed.by.id


def sign_public(deed: Deed[Commitment]) -> None:
    """What was drafted is published as it stands; what was published before stays in the history."""
    one = deed.subject
    one.corrected_at = deed.at if one.published_at else None
    one.published_at = one.published_at or deed.at
    one.public_matter, one.public_progress, one.published_due, one.drafted_by = one.draft_matter, one.draft_progress, one.due, 0
    deed.erasable |= {"signed_matter": one.public_matter, "signed_progress": one.public_progress}


def told(deed: Deed[Commitment]) -> None:
    deed.subject.told_stage, deed.subject.told_due = deed.step.name, deed.subject.due


COMMITMENT = {
    **dict.fromkeys(BY_NAME, told),
    **dict.fromkeys(("commit", "type_commitment", "record_commitment"), commit), "prove": prove, "send_back": send_back,
    **dict.fromkeys(("conclude_kept", "conclude_late", "grant_withdrawal"), conclude), "note_late_delivery": note_late_delivery,
    **dict.fromkeys(("ask_extension", "ask_withdrawal"), ask), "grant_extension": grant_extension,
    **dict.fromkeys(("refuse_extension", "refuse_withdrawal"), ruled), "draft_public": draft_public, "sign_public": sign_public,
}
