"""docs/open-data-procedure.md, read from the table. Pure; a test holds the page to it."""

from __future__ import annotations

from minsheng.kit.procedure_page import section
from minsheng.proofs.rules.datasets import DATASET, FIELDS, DatasetState

SUBJECTS = (("开放数据", DatasetState, DATASET, FIELDS),)


def page() -> str:
    out = ["# 开放数据的办理步骤", "", "本页由 `src/minsheng/proofs/rules/` 生成（`./minsheng docs`），测试核对两者一致。"
           "数据怎样合并、每列是什么见 [open-data.md](open-data.md)。", ""]
    for title, states, procedure, fields in SUBJECTS:
        out += section(title, states, procedure, fields)
    return "\n".join(out)
