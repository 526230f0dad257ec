"""The question of a search box that is a whole telephone number: looked for by those who may, and counted."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases.rules import SEES_PERSONAL
from minsheng.contacts import number_searches
from minsheng.contacts.rules import Sought
from minsheng.kit import read_values


def sought(*, by: Actor, text: str) -> Sought | None:
    """For `queries.lists.search`; None: no number, or nobody's who may look for one: it is searched as words. Refused over the budget."""
    return number_searches.asked(by=by, raw=read_values.as_clean(text).strip()) if by.roles & SEES_PERSONAL else None
