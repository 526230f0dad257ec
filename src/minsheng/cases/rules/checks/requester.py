"""What is checked of what a requester answers on the page, and of who speaks on the telephone."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, Outcome
from minsheng.cases.rules.checks.closing import answers_fit
from minsheng.cases.rules.checks.shared import Given, World
from minsheng.kit.steps import asks


@asks("三问至少答一问")
def something_answered(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """On the page: at least one of the three questions, and what the dissatisfaction is about."""
    return answers_fit(case, {**given, "outcome": Outcome.ANSWERED}, world)


@asks("来电人报的，核对了两项只有本人知道的信息")
def who_gives_a_number(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Whoever gives a number is known by it from then on: as long as none stands, no number says who they are (rulings, 36)."""
    told = set(given.get("identity", ())) - {"number", "phone"}
    if given.get("number_from") != "caller" or len(told) >= 2:
        return {}
    return {"identity": "号码是来电人报的，须核对至少两项只有本人知道的信息；号码本身不算"}


@asks("核对了号码，或两项只有本人知道的信息")
def who_speaks(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """The number on record, or two facts that only the requester knows (rulings, 36)."""
    asked = set(given.get("identity", ()))
    for what, said in (("number", "号码"), ("name", "姓名"), ("phone", "号码")):
        if what in asked and {"number": "phone"}.get(what, what) not in world.known:
            return {"identity": f"登记时没有留{said}，请改问其他两项"}
    enough = "number" in asked or len(asked) >= 2
    return {} if enough or not asked else {"identity": "来电号码与登记的不一致时，须核对至少两项只有本人知道的信息"}
