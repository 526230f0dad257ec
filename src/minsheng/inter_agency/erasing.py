"""What a lawful erasure of a case takes away here: who handed it over, and the police's number by which a person could be found again (rulings, 107)."""

from __future__ import annotations

from minsheng.cases.effects.erasing import LETS_GO
from minsheng.cases.models import Case
from minsheng.inter_agency.models import Feedback, Handover
from minsheng.inter_agency.rules import REFERENCE, Sending
from minsheng.kit import clock, sealing


def take_away(case: Case) -> None:
    """That something came from 110, when, and that it was told, stays, and a mark by which the same number is known
    again when 110 sends it once more: without the key of this installation nobody can try numbers against it. What still waits is not told: 110's number for it is gone."""
    for row in Handover.objects.select_for_update().filter(case_id=case.id).order_by("id"):
        row.mark = sealing.keyed_hash(row.reference, REFERENCE)
        row.reference, row.officer, row.body, row.digest = f"erased-{row.pk}", "", {}, b""
        row.watched_until = clock.now()
        row.save(update_fields=["mark", "reference", "officer", "body", "digest", "watched_until"])
        told = Feedback.objects.filter(handover=row)
        told.filter(state=Sending.QUEUED.value).update(state=Sending.REFUSED.value, error="已依法删除，不再告知", ended_at=clock.now())
        told.update(body={})


LETS_GO.append(take_away)
