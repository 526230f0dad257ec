"""What is checked of a unit's reply, and of why nobody was contacted."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, Kind
from minsheng.cases.rules.checks.shared import NOT_OF_CASE, Given, World
from minsheng.kit.steps import asks


@asks("匿名的确无号码；其余情形有和本单诉求人的通话：表示无需联系的接通了，联系不上的是派单后打出、没有接通的")
def waiver_is_borne_out(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Not contacting needs a ground that the record bears out (rulings, 29): no number, or the requester's own word on a call."""
    ground = given.get("no_contact")
    if ground == "anonymous" and world.has_number:
        return {"no_contact": "诉求人留有电话，请先联系；联系不上的写明通话编号"}
    if ground in {"not_needed", "impossible"} and not given.get("call"):
        return {"call": "请填写通话编号：诉求人的原话、联系不上都以通话记录为据"}
    sentence = _borne_out(ground, world) if world.call and ground != "anonymous" else ""
    return {"call": sentence} if sentence else {}


def _borne_out(ground: str | None, world: World) -> str:
    """Any call's number would do for any waiver, and a waiver is no contact that came too late."""
    call = world.call
    if call is None or not call.about:
        return NOT_OF_CASE
    if ground == "not_needed":
        return "" if call.spoke else "这通电话没有接通，诉求人没有说过无需联系"
    after = world.round_since is None or call.at >= world.round_since
    return "" if call.out and call.over and not call.spoke and after else "联系不上的，须是派单以后打给诉求人、没有接通的电话"


@asks("通话是和本单诉求人的，接通了")
def rung_the_requester(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """The call's id is the evidence of a contact through the desk (rulings, 29)."""
    if world.call is None or (world.call.about and world.call.spoke):
        return {}
    return {"call": "这通电话没有接通，还没有联系上" if world.call.about else NOT_OF_CASE}


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
