"""Where sessions are kept: Django's database store on our own table, so that a person's sessions can be listed and ended.

The browser has the key, the table its digest: who reads the table or a copy of it cannot go on with anybody's session.
"""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from minsheng.accounts import rules
from minsheng.kit import clock


def kept_as(key: str | None) -> str:
    """How the table has the key of a session; "" for none."""
    return rules.digest(key) if key else ""


class SessionStore(DatabaseStore):
    """Settings name this module as SESSION_ENGINE."""

    @classmethod
    def get_model_class(cls):
        from minsheng.accounts.models import Session

        return Session

    def _get_session_from_db(self):
        try:
            return self.model.objects.get(session_key=kept_as(self.session_key), expire_date__gt=clock.machine_now())
        except self.model.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key):
        return self.model.objects.filter(session_key=kept_as(session_key)).exists()

    def delete(self, session_key=None):
        if key := session_key or self.session_key:
            self.model.objects.filter(session_key=kept_as(key)).delete()

    def create_model_instance(self, data):
        """The row for `data`; the columns beside the blob are read from it, so one statement writes both."""
        row = super().create_model_instance(data)
        started = data.get("started_at")
        row.session_key = kept_as(row.session_key)
        row.person_id = data.get("person") or None
        row.confined = bool(data.get("confined"))
        row.started_at = datetime.fromisoformat(started) if started else None
        row.seen_at = clock.machine_now()
        row.address, row.device = data.get("address", ""), data.get("device", "")
        return row
