"""Alarms of the last day for whoever has to look at them: each role's own kinds, on the pages where their day begins."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import clock
from minsheng.ledger import queries
from minsheng.ledger.rules import ALARMS

SHOWN_FOR = timedelta(hours=24)
WHO = {"logins": (Role.SECURITY_ADMIN,), "codes": (Role.SECURITY_ADMIN,), "reveals": (Role.SHIFT_LEADER, Role.AUDIT_ADMIN),
       "searches": (Role.SHIFT_LEADER, Role.AUDIT_ADMIN)}


def lately(by: Actor) -> list[dict]:
    """{entry, says} newest first; one statement, none for those whom no alarm concerns."""
    whats = [what for what, roles in WHO.items() if by.has(*roles)]
    found = queries.alarms(whats, clock.machine_now() - SHOWN_FOR) if whats else []
    return [{"entry": entry, "says": ALARMS[entry.detail["what"]]} for entry in found]
