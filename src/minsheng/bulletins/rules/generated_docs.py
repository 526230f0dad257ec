"""docs/bulletins-procedure.md, read from the table. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.bulletins.rules.bulletin import BULLETIN, FIELDS, BulletinState
from minsheng.kit.procedure_page import section

SUBJECTS = (("日报、周报、月报、专报", BulletinState, BULLETIN, FIELDS),)


def page() -> str:
    out = ["# 日报、周报、月报、专报的办理步骤", "",
           "本页由 `src/minsheng/bulletins/rules/` 生成（`./minsheng docs`），测试核对两者一致。怎样做一份见 [reports.md](reports.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
