"""What of the unit's desk a phone may keep for when it has no network, and which steps may be noted on it."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse

from minsheng.accounts.rules import Actor
from minsheng.cases.queries.case_page import CasePage
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock

KEPT_FOR = timedelta(hours=12)  # a working day in the field; older pages are not shown
NOTED = frozenset(row.name for row in PROCEDURE if "noted_at" in row.fields)


def may_keep(page: CasePage) -> bool:
    """A sealed or restricted order stays off the phone."""
    return not (page.case.sealed or page.case.restricted)


def keep(response: HttpResponse, by: Actor, page: CasePage | None = None) -> HttpResponse:
    """A phone may keep this page, for this person and for some hours: X-Keep-Offline "PERSON UNTIL_MS"."""
    if page is None or may_keep(page):
        response["X-Keep-Offline"] = f"{by.id} {int((clock.machine_now() + KEPT_FOR).timestamp() * 1000)}"
    return response
