"""Rules about what was given with a step: errors by field. Pure.

Each check is `(facts, values, world) -> {field: sentence}`; `CHECKS` says which steps it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.calendar.rules import for_public
from minsheng.cases.rules import CaseFacts, DeclineReason, Kind, Outcome, Satisfaction, Standing, State
from minsheng.cases.rules.fields import FIELDS, Field
from minsheng.org.rules import Tree, UnitKind


@dataclass(frozen=True, slots=True)
class World:
    """What a check may look at beside the case: the tree of units, the time, who gives, the case named as master, and since when
    this round of handling runs (None: it was never dispatched)."""

    tree: Tree
    now: datetime
    by: Actor
    due_at: datetime | None = None
    master: CaseFacts | None = None
    round_since: datetime | None = None
    known: frozenset[str] = frozenset()  # what the requester left: name, phone
    people: Mapping[int, int] = field(default_factory=dict)  # of persons who are named: to which unit they belong
    has_number: bool = False  # does the record hold a number of the requester?


Given = Mapping[str, Any]  # what a step was given, read
Check = Callable[[CaseFacts, Given, World], dict[str, str]]
TITLE_FROM = 30  # characters of the narrative that make a title where none was given


def title_of(title: str, narrative: str) -> str:
    """The title as it is kept: what was given, else the beginning of the words."""
    return (title or narrative)[:200 if title else TITLE_FROM].strip().replace("\n", " ")


EMERGENCY = frozenset({"110", "119", "120", "122"})


def unit_can_take(field: str) -> Check:
    """The unit exists, is in use, and is not of the line of the unit complained of (rulings, 30)."""

    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        for id_ in _listed(given.get(field)):
            unit = world.tree.by_id.get(id_)
            if unit is None or not unit.active:
                return {field: "单位不存在或已停用，请重新选择"}
            if unit.id in case.complaint.line:
                return {field: f"“{unit.name}”属于被反映单位（含其前身、后继和下级），请派给上一级或热线裁定组"}
        return {}

    return check


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


MOST_READERS = 5  # of one unit: a restricted order is for a few persons, not for an office


def readers_of(*fields: str) -> Check:
    """Readers that are named for a unit belong to it, and are few (rulings, 31). No `fields`: the actor's own unit."""

    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        named = given.get("readers")
        if not named:
            return {}
        if fields and not case.restriction.on:
            return {"readers": "本单没有限制知悉，不需要指定知悉人员"}
        units = [u for name in fields for u in _listed(given.get(name))] or [world.by.unit]
        if any(world.people.get(p) not in units for p in named):
            return {"readers": "知悉人员须是承办单位本单位的在岗人员；要下级科室办的，给科室派任务"}
        return {"readers": f"知悉人员最多 {MOST_READERS} 人，限制知悉的事越少人知道越好"} if len(set(named)) > MOST_READERS else {}

    return check


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def calm_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Taking urgency away is a decision about a life: it is said on what ground."""
    if given.get("urgent") is False and case.urgent and not given.get("reason"):
        return {"reason": "请写明核实了什么，为什么不是紧急"}
    return {}


def not_released(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A unit whose return was upheld is not sent the order again, unless a duty finding names it since (rulings, 7)."""
    if given.get("lead") in case.lead.released:
        return {"lead": f"“{world.tree.name(given['lead'])}”的退单已获同意，请派给其他单位，或提请派前会商认定职责"}
    return {}


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


def below_own_unit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    unit = world.tree.by_id.get(given.get("task_unit", 0))
    if unit and (unit.id == world.by.unit or world.by.unit not in unit.path):
        return {"task_unit": "只能派给本单位的下级"}
    return {}


def within_own_limit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A sub-deadline is shorter than the lead's own (rulings, 45)."""
    if "task_due" not in given:
        return {}
    due = datetime.fromisoformat(given["task_due"])
    if world.due_at and due > world.due_at:
        return {"task_due": f"不得晚于主办时限 {world.due_at.isoformat(timespec='minutes')}"}
    return {}


def lawful_time(field: Field, given: Given, world: World) -> str:
    """When a time that was given is lawful; "" when it is. What is to come lies ahead, not farther than its field says; what has
    happened lies between the dispatch to that lead, or the redo, and now (rulings, 29). Forms name minutes: the minute of the dispatch counts."""
    at = datetime.fromisoformat(given[field.name])
    if field.ahead is None:
        since = world.round_since and world.round_since.replace(second=0, microsecond=0)
        if at > world.now:
            return "时间不能晚于现在"
        return f"时间不能早于派给本单位的时间（{for_public(since)}）" if since and at < since else ""
    if at <= world.now:
        return "时间应晚于现在"
    return f"时间不能晚于 {(world.now + field.ahead).date()}" if at > world.now + field.ahead else ""


def waiver_is_borne_out(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Not contacting needs a ground that the record bears out (rulings, 29): no number, or the requester's own word on a call."""
    ground = given.get("no_contact")
    if ground == "anonymous" and world.has_number:
        return {"no_contact": "诉求人留有电话，请先联系；联系不上的写明通话编号"}
    if ground in {"not_needed", "impossible"} and not given.get("call"):
        return {"call": "请填写通话编号：诉求人的原话、联系不上都以通话记录为据"}
    return {}


def proof_of_transfer(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """The agent drops only on proof that the other side has answered (国办发〔2022〕12号)."""
    if given.get("target") in EMERGENCY and not given.get("target_answered"):
        return {"target_answered": "请确认对方已接听后再结束"}
    return {}


def answer_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """A consultation is answered by an article; without one the answer says why (rulings, 12)."""
    if case.kind == Kind.CONSULT and not given.get("article") and not given.get("no_article"):
        return {"no_article": "咨询没有选知识文章的，请写明为什么（没有相应文章、文章已过期、依据是什么）"}
    return {}


def emergency_was_handed_on(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Who declines as an emergency proves that 110, 119 or 120 has answered: nobody is left without help (rulings, 12)."""
    if given.get("decline_reason") != DeclineReason.EMERGENCY:
        return {n: "只有紧急警情才填写转接" for n in ("target", "target_answered") if n in given}
    if given.get("target") not in EMERGENCY:
        return {"target": "紧急警情须先转接 110、119、120 或 122，请选择转接到哪里"}
    return {} if given.get("target_answered") else {"target_answered": "请确认对方已接听后再结束"}


def reply_says_why(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    errors = {}
    if given.get("claimed_solved") is False and not given.get("unsolved_reason"):
        errors["unsolved_reason"] = "未解决的，请写明原因"
    if case.kind == Kind.CONSULT and not given.get("article") and not given.get("basis"):
        errors["basis"] = "咨询类答复请注明依据：选择知识文章，或写明政策依据"
    if len(given.get("public_reply", "")) < 10:
        errors["public_reply"] = "答复过短，请写明办理结果"
    return errors


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


def answers_fit(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    outcome = given.get("outcome")
    asked = [n for n in ("contacted", "solved", "satisfaction") if n in given]
    if outcome == Outcome.ANSWERED and not asked:
        return {"solved": "请至少记录一个回答；一个都没有回答的，请选“拒绝回访”"}
    if outcome != Outcome.ANSWERED and asked:
        return {asked[0]: "未接受回访的不能填写回答"}
    if outcome == Outcome.APPOINTMENT and "appointment" not in given:
        return {"appointment": "请填写约定时间"}
    level = given.get("satisfaction")
    if level and not Satisfaction(level).counts and not given.get("dissatisfaction"):
        return {"dissatisfaction": "请选择不满意的类型"}
    return {}


def something_answered(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """On the page: at least one of the three questions, and what the dissatisfaction is about."""
    return answers_fit(case, {**given, "outcome": Outcome.ANSWERED}, world)


def party_is(*standings: Standing, sentence: str) -> Check:
    """The requester named is of this case now, and their call-back has come so far."""

    def check(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
        party = next((p for p in case.callback.parties if p.id == given.get("party")), None)
        if party is None:
            return {"party": "这位诉求人不在本单内（可能已撤销并单或撤回），请取下一个"}
        return {} if party.standing in standings else {"party": sentence}

    return check


def reached_somehow(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Who has no number is not rung; who rang themselves is written down with that call."""
    party = next((p for p in case.callback.parties if p.id == given.get("party")), None)
    without = party is not None and party.standing in {Standing.NO_NUMBER, Standing.NUMBER}
    return {"call": "这位诉求人没有可拨打的号码；本人打来的，请填写通话编号"} if without and "call" not in given else {}


def who_speaks(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """The number on record, or two facts that only the requester knows (rulings, 36)."""
    asked = set(given.get("identity", ()))
    for what, said in (("number", "号码"), ("name", "姓名"), ("phone", "号码")):
        if what in asked and {"number": "phone"}.get(what, what) not in world.known:
            return {"identity": f"登记时没有留{said}，请改问其他两项"}
    enough = "number" in asked or len(asked) >= 2
    return {} if enough or not asked else {"identity": "来电号码与登记的不一致时，须核对至少两项只有本人知道的信息"}


def ground_fits(case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """Why nobody can be called: what the record bears out."""
    ground = given.get("no_callback")
    if ground == "harm":
        return {} if case.restriction.on else {"no_callback": "本单没有限制知悉，不能用这一情形"}
    left = any(p.standing == Standing.NO_NUMBER for p in case.callback.parties)
    return {} if left else {"no_callback": "诉求人有号码可以拨打"}


CHECKS: dict[str, tuple[Check, ...]] = {
    "dispatch": (unit_can_take("lead"), unit_can_take("co_units"), not_released, lead_can_keep, readers_of("lead", "co_units")),
    "night_dispatch": (unit_can_take("lead"), unit_can_take("co_units"), not_released, lead_can_keep, readers_of("lead", "co_units")),
    "rule_consult": (unit_can_take("lead"), unit_can_take("co_units"), lead_can_keep),
    "add_co": (unit_can_take("co_unit"), within_own_limit),
    "assign_task": (unit_can_take("task_unit"), below_own_unit, within_own_limit),
    "county_dispatch": (unit_can_take("task_unit"), below_own_unit, within_own_limit),
    "answer": (answer_says_why,),
    "transfer": (proof_of_transfer,),
    "decline": (emergency_was_handed_on,),
    "triage": (calm_says_why,),
    "name_readers": (readers_of(),),
    "waive_contact": (waiver_is_borne_out,),
    "draft_reply": (reply_says_why,),
    "merge": (master_takes,),
    "record_callback": (party_is(Standing.CALL, Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人已完成回访"), reached_somehow,
                        answers_fit),
    "give_number": (party_is(Standing.NUMBER, Standing.NO_NUMBER, sentence="这位诉求人有号码可以拨打"),),
    "no_number": (party_is(Standing.NUMBER, sentence="这位诉求人的号码没有报错"),),
    "ask_no_callback": (ground_fits,),
    "answer_callback": (something_answered,),
    **dict.fromkeys(("phone_correct", "phone_withdraw", "phone_rate", "phone_secrecy", "new_code"), (who_speaks,)),
    "name_complained": (complained_can_be_named,),
}


def check(step: str, case: CaseFacts, given: Given, world: World) -> dict[str, str]:
    """All errors of what was given, by field; the first check of a field wins."""
    times = (FIELDS[name] for name in given if FIELDS[name].kind == "datetime")
    errors = {f.name: sentence for f in times if (sentence := lawful_time(f, given, world))}
    for rule in CHECKS.get(step, ()):
        for name, sentence in rule(case, given, world).items():
            errors.setdefault(name, sentence)
    return errors


def missing_elements(template: list[dict[str, Any]], elements: Given) -> list[str]:
    """Labels of what the template of the matter still asks for (要素模板; rulings, 39)."""
    return [e["label"] for e in template if e.get("required") and str(elements.get(e["key"], "")).strip() == ""]
