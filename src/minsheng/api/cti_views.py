"""Events of an exchange that the city keeps: newCall, answer, hangup, as common telephone systems send them."""

from __future__ import annotations

from ninja import Field, Router, Schema

from minsheng.api import door, schemas
from minsheng.api.door import Bearer
from minsheng.telephony.actions import cti

router = Router()


class CtiEvent(Schema):
    """`from`, `to`: numbers in any shape of trunks. `user`: who answers, as a and the id of the person, e.g. a17; of a list the first. Who answers
    after another has: the call was passed on to them."""

    event: str
    callId: str  # noqa: N815  (the name that telephone systems send)
    direction: str | None = "in"
    from_: str | int | None = Field("", alias="from")
    to: str | int | None = ""
    user: str | list[str] | None = ""
    answeringNumber: str | int | None = ""  # noqa: N815
    queue: str | None = ""
    cause: str | None = ""
    party: str | None = ""


class CtiTaken(Schema):
    call: str
    result: str


@router.post("/cti", auth=Bearer("calls.write"), response={200: CtiTaken, **schemas.WRONG}, operation_id="cti_event", summary="外部话务平台的来电、接听、挂断")
def cti_event(request: door.Request, given: CtiEvent):
    """Signed by X-Minsheng-Time and X-Minsheng-Signature where a secret is set; repeated it changes nothing."""
    call = cti.take(given=given.model_dump(by_alias=True), body=request.body, stamp=request.headers.get("X-Minsheng-Time", ""),
                    signed=request.headers.get("X-Minsheng-Signature", ""), by=request.actor)
    return {"call": str(call.pk), "result": call.result}
