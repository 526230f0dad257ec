"""For `doctor`: every row of the histories of supervision that was changed, deleted or cut off; samples that were not drawn as they say."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.kit import stepped
from minsheng.oversight.actions.inspections import INSPECTIONS, POINTS, unsound
from minsheng.oversight.actions.instructions import DUTIES, INSTRUCTIONS
from minsheng.oversight.actions.kinds import FINDINGS, SLIPS
from minsheng.oversight.actions.stock_phrases import PHRASES

ALL = (SLIPS, FINDINGS, INSPECTIONS, POINTS, INSTRUCTIONS, DUTIES, PHRASES)


def verify_history() -> Iterator[str]:
    for kind in ALL:
        yield from stepped.broken(kind)
    yield from unsound()
