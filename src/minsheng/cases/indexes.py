"""Indexes of the table of cases, each with what it is read for. Nearly all hold few of the rows: of open cases, of what is rare."""

from __future__ import annotations

from django.db.models import Index, Q
from django.db.models.fields.json import KeyTextTransform

_OPEN = Q(closed_at__isnull=True)

INDEXES = [
    # Work lists read open cases only: the index holds nothing else, however many years lie behind.
    Index(fields=["state", "due_at", "id"], name="case_open_state", condition=_OPEN),
    Index(fields=["lead", "state", "due_at", "id"], name="case_open_lead", condition=_OPEN),
    Index(fields=["id"], name="case_open", condition=_OPEN),
    # The earliest limit first; with all that says whose list it is on, so that what is late is counted without its rows.
    Index(fields=["due_at", "id"], name="case_open_due", condition=_OPEN,
          include=["lead", "state", "restricted", "paused", "complained_line"]),
    Index(fields=["lead", "id"], name="case_lead"),
    # A unit's cases of one matter: by the matter alone the city's are read, by the unit alone all of its own.
    Index(fields=["lead", "category", "id"], name="case_lead_matter", condition=Q(lead__isnull=False)),
    Index(fields=["category", "id"], name="case_category"),
    # What may be the same is looked for among the open ones of a matter; who takes it, among those of its place that a unit has.
    Index(fields=["category", "id"], name="case_open_matter", condition=_OPEN),
    Index(fields=["category", "district", "id"], name="case_led_matter", condition=Q(lead__isnull=False)),
    Index(fields=["contact", "id"], name="case_contact"),
    Index(fields=["agent_id", "id"], name="case_agent"),
    Index(fields=["closed_at", "id"], name="case_ended", condition=Q(closed_at__isnull=False)),
    Index(fields=["master_id"], name="case_master", condition=Q(master_id__isnull=False)),
    Index(fields=["period_id"], name="case_period", condition=Q(period_id__isnull=False)),
    Index(KeyTextTransform("leader", "marks"), name="case_at_desk", condition=Q(period_id__isnull=False)),
    Index(fields=["id"], name="case_complaint", condition=Q(closed_at__isnull=True, complained_line__isnull=False)),
    # What a shift leader has still to confirm, or to look at: a handful.
    Index(fields=["id"], name="case_unconfirmed", condition=Q(marks__has_key="unconfirmed")),
    Index(fields=["id"], name="case_alarm", condition=Q(marks__has_key="alarm")),
    # What a dispatcher has still to confirm or review afterwards: a handful among all that has ended.
    Index(fields=["id"], name="case_declined", condition=Q(state="declined") & ~Q(marks__has_key="decline_ok")),
    Index(fields=["id"], name="case_by_night", condition=Q(marks__has_key="night") & ~Q(marks__has_key="night_ok")),
    # What a list is narrowed to and few cases are: walked back from the newest, all years would be read for a page.
    Index(fields=["id"], name="case_urgent", condition=Q(urgent=True)),
    Index(fields=["id"], name="case_sealed", condition=Q(sealed=True)),
    Index(fields=["id"], name="case_problem", condition=Q(problem=True)),
    Index(fields=["state", "id"], name="case_ended_otherwise",
          condition=Q(state__in=["declined", "merged", "terminated", "transferred", "withdrawn"])),
    Index(fields=["category", "id"], name="case_returned", condition=Q(returns__gt=0)),
]
