"""docs/topics-procedure.md, read from the table. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.topics.rules.declared import FIELDS, TOPIC, TopicState

SUBJECTS = (("重点议题", TopicState, TOPIC, FIELDS),)


def page() -> str:
    out = ["# 重点议题的办理步骤", "", "本页由 `src/minsheng/topics/rules/` 生成（`./minsheng docs`），测试核对两者一致。怎样看议题见 [topics.md](topics.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
