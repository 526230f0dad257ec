"""Chinese source strings of rules, tables and forms, said in the reader's language; and why a step is shut, in a citizen's words."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

from minsheng.kit.translatable import Said

# (step, code of the refusal) -> what the citizen reads; the code alone where the step makes no difference.
_WHY = {
    ("urge", "state"): mark("已答复或已结束，不用再催。"),
    ("correct", "state"): mark("已答复或已结束，不能更正。"),
    ("withdraw", "state"): mark("已答复或已结束，不能撤回。"),
    ("add_facts", "state"): mark("已经结束，不能再补充。有新情况，请重新提交或拨打 12345。"),
    ("ask_secrecy", "state"): mark("已经结束，不能再改。"),
    ("ask_secrecy", "sealed"): mark("已经按要求保密。"),
    ("rate", "state"): mark("办完后才能评价。"),
    ("", "left"): mark("您已撤回，不再办理。有新情况，请重新提交或拨打 12345。"),
    ("rate", "rated"): mark("您已经评价过，谢谢。想改的，请拨打 12345。"),
}
_WHY_NOT = mark("现在不能办这一项。有疑问请拨打 12345。")


def say(text: str) -> str:
    """A source string in the reader's language; of a `Said` its template, and its values likewise."""
    if isinstance(text, Said):
        return _(text.template).format(**{k: say(v) if isinstance(v, str) else v for k, v in text.values.items()})
    return _(text) if text else ""


def why(step: str, code: str) -> str:
    """Why a step is shut, as a source string."""
    return _WHY.get((step, code)) or _WHY.get(("", code), _WHY_NOT)


def is_tibetan() -> bool:
    """Tibetan pages show the Chinese beside what matters: it is the record's language and comes first (rulings, 42)."""
    return get_language() == "bo"
