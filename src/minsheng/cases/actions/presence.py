"""Who has a case open now. Split from actions.py: the only write of this room that is not a step."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Viewer
from minsheng.kit import clock

STALE = timedelta(seconds=45)


def here(*, case_id: int, by: Actor) -> list[str]:
    """Note that `by` has the case open and return the names of the others who have. Two statements."""
    now = clock.machine_now()
    Viewer.objects.bulk_create([Viewer(case_id=case_id, person_id=by.id, name=by.name, seen_at=now)], update_conflicts=True,
                               unique_fields=["case_id", "person_id"], update_fields=["seen_at", "name"])
    others = Viewer.objects.filter(case_id=case_id, seen_at__gt=now - STALE).exclude(person_id=by.id)
    return list(others.order_by("name").values_list("name", flat=True))


def sweep(*, by: Actor) -> int:
    """Rows of yesterday go."""
    return Viewer.objects.filter(seen_at__lt=clock.machine_now() - timedelta(days=1)).delete()[0]
