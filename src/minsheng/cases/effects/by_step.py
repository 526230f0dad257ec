"""All effects by the name of their step: what each part of the procedure writes beside the step's own row."""

from minsheng.cases.effects import after, callback, complaint, requester, requests, review, tasks, unit  # noqa: F401  (each fills the table)
from minsheng.cases.effects.context import EFFECTS
from minsheng.cases.effects.requests import RULES, lapse

__all__ = ["EFFECTS", "RULES", "lapse"]
