"""What every page of somebody with a telephone carries: the bar. No statement: how the telephone stands, the pages tell each other."""

from __future__ import annotations

from django.conf import settings

from minsheng.accounts.rules import Actor
from minsheng.telephony.actions import exchange, seat
from minsheng.telephony.queries.ringing import seated


def there() -> bool:
    return settings.TELEPHONY != exchange.NONE


def context(actor: Actor | None) -> dict | None:
    """None: nothing of it is on the page."""
    if not there() or not seated(actor):
        return None
    return {"simulated": settings.TELEPHONY == exchange.SIMULATED, "reasons": seat.reasons()}
