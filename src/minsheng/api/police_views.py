"""110 hands over what is not the police's (国办发〔2022〕12号): one message, its receipt in the answer."""

from __future__ import annotations

from datetime import datetime

from ninja import Router, Schema, Status
from pydantic import Field

from minsheng.api import door, schemas
from minsheng.api.door import Bearer
from minsheng.cases.rules import Kind
from minsheng.inter_agency.actions import incoming
from minsheng.kit import read_values
from minsheng.kit.verdict import Invalid
from minsheng.org import queries as org

router = Router()


class HandoverIn(schemas.Given):
    """What 110 took down. `no_danger`: 110 has looked, and nobody is in danger."""

    reference: str = Field(max_length=40, description="110警情编号：4 至 40 个字母、数字或 . _ / -")
    narrative: str = Field(max_length=8000, description="群众反映的内容")
    officer: str = Field("", max_length=40, description="交接的接警员：姓名或警号")
    happened_at: datetime | None = Field(None, description="110接警时间，带时区")
    title: str = Field("", max_length=120)
    kind: str = Field("help", description="诉求类型：" + " ".join(code for code, _ in Kind.choices()))
    category: str = ""
    district: str = Field("", description="区县的机构代码")
    place: str = Field("", max_length=200)
    name: str = Field("", max_length=80, description="群众姓名")
    phone: str = Field("", max_length=40, description="群众电话；加密保存")
    urgent: bool = False
    no_danger: bool = Field(False, description="110已核实没有险情")


class Receipt(Schema):
    """签收：`number` is our number, `at` when; `receipt` accepted or returned."""

    reference: str
    number: str
    receipt: str
    at: datetime


@router.post("/police/handovers", auth=Bearer("police.write"), response={201: Receipt, 200: Receipt, **schemas.WRONG}, operation_id="police_handover",
             summary="110转来一件非警务警情，答复即签收")
def police_handover(request: door.Request, given: HandoverIn):
    """201 with the receipt; 200 with the same receipt when the reference was taken before. 409 `returned`: it stays with 110, with the reason.

    Signed as CTI events are: X-Minsheng-Time, X-Minsheng-Signature under MINSHENG_110_SECRET, of these five minutes.
    """
    incoming.genuine(body=request.body, stamp=request.headers.get("X-Minsheng-Time", ""), signed=request.headers.get("X-Minsheng-Signature", ""))
    taken = incoming.receive(pushed=_pushed(given), by=request.actor)
    return Status(200 if taken.replayed else 201, _shape(taken))


def _pushed(given: HandoverIn) -> incoming.Pushed:
    if given.happened_at is not None and given.happened_at.tzinfo is None:
        raise Invalid({"happened_at": "缺少时区，应如 2025-01-02T10:30+08:00"})
    unit = org.named(given.district) if given.district else None
    if given.district and unit is None:
        raise Invalid({"district": f"没有代码为“{given.district[:40]}”的机构"})
    words = given.model_dump() | {"district": unit.id if unit else None, "officer": _line(given.officer, "officer")}
    return incoming.Pushed(**words)


def _line(text: str, field: str) -> str:
    """One line: it stands in lists and in the case's record."""
    try:
        return read_values.line(text, 40) if text else ""
    except read_values.BadValue as wrong:
        raise Invalid({field: str(wrong)}) from wrong


def _shape(taken: incoming.Taken) -> dict[str, object]:
    return {"reference": taken.reference, "number": taken.number, "receipt": taken.receipt, "at": taken.at}


@router.get("/police/handovers/{path:reference}", auth=Bearer("police.write"), response={200: Receipt, **schemas.WRONG}, operation_id="police_receipt",
            summary="重取签收")
def police_receipt(request: door.Request, reference: str):
    """404 when nothing came under this number."""
    return _shape(incoming.receipt_of(reference))
