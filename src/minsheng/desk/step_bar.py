"""The step bar of a case page: every step of the reader's roles, open with a key or shut with its reason."""

from __future__ import annotations

from urllib.parse import quote

from django.urls import reverse

from minsheng.cases.queries.case_page import CasePage
from minsheng.desk import forms

# A step that has nothing to act on is not shut but absent: no task, no request waiting, no procedure entered.
ABSENT = {"no_task", "not_asked", "not_statutory", "no_night_dispatch", "not_restricted", "confirmed", "nothing_to_undo"}


def bar(page: CasePage, then: str = "", opened: bool = False) -> list[dict]:
    """Buttons: a step that needs nothing is taken at once, any other opens its form; a shut one says why.

    `opened`: a step's form stands below; its button is the main one and the figures are the form's.
    """
    here = reverse("case", args=[page.case.id])
    keys, back = iter("123456789"), "&next=" + quote(then) if then else ""
    first = next((s.name for s, v in page.steps if v and s.desk.main), "")
    shown = [(step, answer) for step, answer in page.steps if answer.code not in ABSENT]
    return [
        {"name": step.name, "label": step.label, "allowed": bool(answer), "reason": answer.reason, "main": step.name == first and not opened,
         "url": f"{here}?step={step.name}{back}#step" if forms.asks(step) else "", "key": next(keys, "") if answer and not opened else ""}
        for step, answer in sorted(shown, key=lambda pair: (pair[0].name != first, not pair[1]))
    ]
