"""All effects by the name of their step: what each part of the procedure writes beside the step's own row."""

from minsheng.cases.effects import (  # noqa: F401  (each fills the table)
    alarm,
    callback,
    complaint,
    erasing,
    requester,
    requests,
    restriction,
    review,
    supervision,
    tasks,
    unit,
)
from minsheng.cases.effects.context import EFFECTS
from minsheng.cases.effects.requests import RULES, lapse

__all__ = ["EFFECTS", "RULES", "lapse"]
