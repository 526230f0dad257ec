"""What steps of a lead for the media write beside their own row. Nothing is in the database yet. Its words are masked before they come here."""

from __future__ import annotations

from datetime import date, datetime

from minsheng.kit.engine import Deed
from minsheng.leader_days.models import MediaLead


def propose_lead(deed: Deed[MediaLead]) -> None:
    """Its period and case are on it already."""
    lead, given = deed.subject, deed.values
    lead.headline, lead.text, lead.asked_by, lead.call_no = given["headline"], given["lead_text"], given["asked_by"], given["call_no"]
    lead.asked_at = datetime.fromisoformat(given["asked_at"])


def tell_unit(deed: Deed[MediaLead]) -> None:
    deed.subject.unit_told_at, deed.subject.unit_told = deed.at, deed.values["unit_told"]


def approve_lead(deed: Deed[MediaLead]) -> None:
    deed.subject.approved_at, deed.subject.approved_by = deed.at, deed.by.name


def refuse_lead(deed: Deed[MediaLead]) -> None:
    deed.subject.reason = deed.values["reason"]


def note_following(deed: Deed[MediaLead]) -> None:
    deed.subject.followed = deed.values["followed"]


def note_published(deed: Deed[MediaLead]) -> None:
    lead, given = deed.subject, deed.values
    lead.outlet, lead.link, lead.published_on = given["outlet"], given["link"], date.fromisoformat(given["published_on"])


def end_lead(deed: Deed[MediaLead]) -> None:
    """Who asked, when and by which call the consent was given stays in the history; here stands how it was withdrawn."""
    lead, given = deed.subject, deed.values
    lead.ended_at, lead.asked_by, lead.call_no = deed.at, given["asked_by"], given["call_no"]
    lead.asked_at = datetime.fromisoformat(given["asked_at"])


def stop_lead(deed: Deed[MediaLead]) -> None:
    deed.subject.ended_at, deed.subject.reason = deed.at, deed.values["reason"]


LEAD = {"propose_lead": propose_lead, "tell_unit": tell_unit, "approve_lead": approve_lead, "refuse_lead": refuse_lead,
        "note_following": note_following, "note_published": note_published, "end_lead": end_lead, "stop_lead": stop_lead}
