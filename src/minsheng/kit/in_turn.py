"""Deeds that are done one after another wherever they come from: what looks whether a thing is there and then puts it there.

To be asked for before anything else is read or locked: rows are locked after it, never before, so that two who wait never wait for each other.
What a process keeps in memory is read anew afterwards, since somebody else may just have changed it.
"""

from __future__ import annotations

from django.db import connection

_LOCK = 1234590


def in_turn(what: str) -> None:
    """Waits until nobody else is at `what`; kept to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, what])
