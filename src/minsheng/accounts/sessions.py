"""Where sessions are kept: Django's database store on our own table, so that a person's sessions can be listed and ended."""

from __future__ import annotations

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from minsheng.kit import clock


class SessionStore(DatabaseStore):
    """Settings name this module as SESSION_ENGINE."""

    @classmethod
    def get_model_class(cls):
        from minsheng.accounts.models import Session

        return Session

    def create_model_instance(self, data):
        """The row for `data`; the columns beside the blob are read from it, so one statement writes both."""
        row = super().create_model_instance(data)
        started = data.get("started_at")
        row.person_id = data.get("person") or None
        row.started_at = datetime.fromisoformat(started) if started else None
        row.seen_at = clock.machine_now()
        row.address, row.device = data.get("address", ""), data.get("device", "")
        return row
