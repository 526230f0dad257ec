"""Reads of cases, each in a fixed number of statements.

facts, categories, visibility  what rules may know, the matters, who may see what: asked for here
lists, case_page, …  one module for each kind of page
"""

from minsheng.cases.queries import dangers
from minsheng.cases.queries.categories import categories, category
from minsheng.cases.queries.categories import forget as _forget_matters
from minsheng.cases.queries.facts import Beside, acting_for, beside, facts_of, handed_to, led_by_line, line_of
from minsheng.cases.queries.visibility import (
    counted_for,
    get,
    handled_anew,
    id_of,
    kept,
    never_counted,
    not_about,
    read,
    shell,
    steps_for,
    visible,
    visible_led,
    visible_open,
    visible_to,
    with_to_rule,
    with_visible,
)

__all__ = [
    "Beside", "acting_for", "beside", "categories", "category", "counted_for", "facts_of", "forget", "get", "handed_to", "handled_anew", "id_of", "kept",
    "led_by_line", "line_of", "never_counted", "not_about", "read", "shell", "steps_for", "visible", "visible_led", "visible_open", "visible_to",
    "with_to_rule", "with_visible",
]


def forget() -> None:
    """Read what is kept per process anew at the next question: matters and the words of danger."""
    _forget_matters()
    dangers.forget()
