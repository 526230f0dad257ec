"""Chinese source strings of rules, tables and forms, said in the reader's language; and why a step is shut, in a citizen's words."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from minsheng.kit.steps import Step
from minsheng.kit.translatable import Said

# Code of a refusal -> what the citizen reads where the step's own row says nothing of it.
_WHY = {"left": mark("您已撤回，不再办理。有新情况，请重新提交或拨打 12345。")}
_WHY_NOT = mark("现在不能办这一项。有疑问请拨打 12345。")


def say(text: str) -> str:
    """A source string in the reader's language; of a `Said` its template, and its values likewise."""
    if isinstance(text, Said):
        return _(text.template).format(**{k: say(v) if isinstance(v, str) else v for k, v in text.values.items()})
    return _(text) if text else ""


def why(step: Step, code: str) -> str:
    """Why a step is shut, as a source string."""
    return dict(step.desk.portal.shut).get(code) or _WHY.get(code, _WHY_NOT)


def is_tibetan() -> bool:
    """Tibetan pages show the Chinese beside what matters: it is the record's language and comes first (rulings, 42)."""
    return get_language() == "bo"
