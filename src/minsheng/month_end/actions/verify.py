"""For `doctor`: every row of the histories of periods and objections that was changed, deleted or cut off; every figure that is not as sealed."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.kit import stepped
from minsheng.month_end.actions.assessments import ASSESSMENTS
from minsheng.month_end.actions.objections import OBJECTIONS


def verify_history() -> Iterator[str]:
    yield from stepped.broken(ASSESSMENTS)
    yield from stepped.broken(OBJECTIONS)
