"""What is checked of a dispatch, a merge and a complaint about a unit."""

from __future__ import annotations

from minsheng.cases.rules import CaseFacts, State
from minsheng.cases.rules.checks.shared import Given, World
from minsheng.kit.steps import asks
from minsheng.org.rules import Tree, UnitKind


def complained_problem(tree: Tree, unit_id: int) -> str:
    """Why this unit may not be named as complained of; "" when it may."""
    unit = tree.by_id.get(unit_id)
    if unit is None:
        return "没有这个单位，请从列表中选择"
    if unit.kind == UnitKind.CITY:
        return f"请写明反映的是哪个单位；“{unit.name}”是机构树的根，没有单位可以办理反映它的诉求"
    if any(c in tree.line(unit.id) for c in tree.centres) and tree.outside_panel is None:
        return "反映热线中心的诉求须由热线之外的单位受理，本市还没有指定。请马上报告系统管理员在机构页指定，再登记"
    return ""


@asks("被反映单位不是主办单位")
def complained_can_be_named(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Nobody of the line may have the case: a lead of it is taken back first; its co-tasks end with the naming (rulings, 11 and 30)."""
    named = given.get("complained_unit")
    if named is None:
        return {}
    if problem := complained_problem(world.tree, named):
        return {"complained_unit": problem}
    if case.lead.unit in world.tree.line(named):
        return {"complained_unit": "该单位或其下级正在主办本单，请先由协调员收回改派"}
    return {}


@asks("取消紧急须写明核实了什么")
def calm_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Taking urgency away is a decision about a life: it is said on what ground."""
    if given.get("urgent") is False and case.urgent and not given.get("reason"):
        return {"reason": "请写明核实了什么，为什么不是紧急"}
    return {}


@asks("不得再派给退单已获同意的单位")
def not_released(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A unit whose return was upheld is not sent the order again, nor is a section of it, unless a duty finding names it since (rulings, 7)."""
    gave_back = next((unit for unit in world.tree.body(given.get("lead")) if unit in case.lead.released), None)
    if gave_back is not None and given["lead"] not in case.lead.bound:
        return {"lead": f"“{world.tree.name(gave_back)}”的退单已获同意，请派给其他单位，或提请派前会商认定职责"}
    return {}


@asks("主办单位办得了该事项")
def lead_can_keep(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    lead = world.tree.by_id.get(given.get("lead", 0))
    if lead is None:
        return {}
    if case.no_push_down and lead.kind == UnitKind.TOWNSHIP:
        return {"lead": "该事项属部门职责，不得下派乡镇街道（国办函〔2025〕66号）"}
    if lead.kind in {UnitKind.CITY, UnitKind.CENTRE}:
        return {"lead": "请派给具体承办单位"}
    if lead.id in given.get("co_units", []):
        return {"co_units": "主办单位不能同时是协办单位"}
    return {}


@asks("牵头单位就是主办单位，或本单待派单")
def lead_stays(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Who has the order keeps it to the end; another lead gets it by a dispatch."""
    lead = given.get("lead", case.lead.unit)
    if case.state == State.PENDING_REVIEW or lead in (case.lead.unit, case.lead.holder):
        return {}
    return {"lead": f"本单由“{world.tree.name(case.lead.unit)}”主办，先收回改派，再认定由别的单位牵头"}


@asks("主单未办结，且限制、保密、被反映单位相容")
def master_takes(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    master = world.master
    if master is None:
        return {"master": "没有这个编号的工单"}
    if master.id == case.id:
        return {"master": "不能并入自己"}
    if master.state in {State.MERGED, State.DRAFT, State.WITHDRAWN, State.DECLINED} or not master.state.is_open:
        return {"master": f"目标工单{master.state.label}，不能并入"}
    if case.restriction.on or master.restriction.on or (case.sealed != master.sealed):
        return {"master": "保密或限制知悉的工单不能与普通工单合并"}
    if case.complaint.line != master.complaint.line:  # what follows for the one must follow for the other: dispatch, sight, search
        return {"master": "两件诉求的被反映单位不同，不能合并：并入后被反映的单位可能看到"}
    return {}
