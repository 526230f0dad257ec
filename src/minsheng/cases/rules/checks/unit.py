"""What is checked of a unit's reply, and of why nobody was contacted."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, Kind
from minsheng.cases.rules.checks.shared import Given, World
from minsheng.kit.steps import asks


@asks("匿名的确无号码；其余情形有通话编号")
def waiver_is_borne_out(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Not contacting needs a ground that the record bears out (rulings, 29): no number, or the requester's own word on a call."""
    ground = given.get("no_contact")
    if ground == "anonymous" and world.has_number:
        return {"no_contact": "诉求人留有电话，请先联系；联系不上的写明通话编号"}
    if ground in {"not_needed", "impossible"} and not given.get("call"):
        return {"call": "请填写通话编号：诉求人的原话、联系不上都以通话记录为据"}
    return {}


@asks("未解决的写明理由；咨询须引用知识文章，没有的写明理由")
def reply_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    errors = {}
    if given.get("claimed_solved") is False and not given.get("unsolved_reason"):
        errors["unsolved_reason"] = "未解决的，请写明原因"
    if case.kind == Kind.CONSULT and not given.get("article") and not given.get("basis"):
        errors["basis"] = "咨询类答复请注明依据：选择知识文章，或写明政策依据"
    if len(given.get("public_reply", "")) < 10:
        errors["public_reply"] = "答复过短，请写明办理结果"
    return errors
