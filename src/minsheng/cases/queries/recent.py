"""What has just happened, for where the database's own notices do not arrive."""

from __future__ import annotations

from datetime import timedelta

from minsheng.cases.models import CaseStep
from minsheng.kit import clock
from minsheng.kit.ids import floor_id

SPAN = timedelta(seconds=30)  # longer than a transaction that is still to be seen takes
MOST = 500


def steps() -> list[tuple[int, dict]]:
    """(id of the step, notice of it) of the last half minute, as `kit.live.tell` would have sent them."""
    rows = CaseStep.objects.filter(id__gte=floor_id(clock.now() - SPAN)).order_by("-id").values_list("id", "case_id", "step")[:MOST]
    return [(id_, {"case": case_id, "step": step}) for id_, case_id, step in reversed(rows)]
