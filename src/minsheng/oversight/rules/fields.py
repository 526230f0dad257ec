"""What the steps of slips are given. Pure. The number is the office's; all other words may be a person's."""

from __future__ import annotations

from minsheng.kit.step_fields import Field, table
from minsheng.oversight.rules.states import KINDS

FIELDS = table(
    Field("kind", "种类", "choice", KINDS),
    Field("unit", "送达单位", "id"),
    Field("rung", "适用的档", "text", longest=40, official=True),
    Field("cases", "所涉工单", "ids", help="编号，一行一个或用空格隔开，最多 50 件；都须由这个单位主办，并已到所选的档"),
    Field("slips", "所依据的督办文书", "ids"),
    Field("demand", "督办要求", "long", longest=1000, help="要办什么、办到什么程度；不写诉求人姓名、电话"),
    Field("answer_due", "回复期限", "day", help="工作日"),
    Field("doc_number", "文号", "text", longest=40, official=True, help="由办公室给定，如 民督〔2025〕3号"),
    Field("answer", "回复", "long", longest=2000, help="怎样办的、结果怎样、怎样防止再有"),
    Field("files", "照片或文件", "files", help="佐证办理情况的；照片里的拍摄地点会去掉，文件名不写姓名、电话"),
    Field("finding", "审核意见", "long", longest=1000),
    Field("new_due", "新的回复期限", "day", help="工作日"),
    Field("reason", "理由", "long", longest=1000),
)
