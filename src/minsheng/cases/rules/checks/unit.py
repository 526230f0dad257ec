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


@asks("事项要求位置的有位置，或写明取不到的情形；不要求的不收")
def position_as_asked(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Where the matter asks for a position, a visit has one or says why not; elsewhere none is taken (rulings, 100)."""
    if case.evidence != "position":
        return {name: "本类事项不要求位置，不收取；请去掉后再报" for name in ("position", "no_position", "why_no_position") if given.get(name)}
    if given.get("position"):
        return {name: "已取到位置，不用再填" for name in ("no_position", "why_no_position") if given.get(name)}
    if not given.get("no_position"):
        return {"position": "本类事项的到场照片要有位置：请允许手机取位置；取不到的，选择情形并写明原因"}
    return {} if given.get("why_no_position") else {"why_no_position": "请写明为什么取不到位置"}


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
