"""How a step leaves a small fact on a case: `mark(case, contact=True)`. There is no other way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from minsheng.cases.models import Case
from minsheng.cases.rules.marks import Marks

P = ParamSpec("P")


def _by_name(make: Callable[P, Marks]) -> Callable[Concatenate[Case, P], None]:
    """Takes what `Marks` takes, so that mypy knows a name or a value that is none of its facts."""

    def mark(case: Case, /, *none: P.args, **changed: P.kwargs) -> None:
        case.marks = case.marks.but(**changed)

    return mark


mark = _by_name(Marks)
