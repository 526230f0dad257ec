"""What steps of several parts ask: whose case it is, who may judge, what waits, what stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from minsheng.accounts.rules import Actor
from minsheng.cases.rules.facts import CaseFacts
from minsheng.cases.rules.states import Ask
from minsheng.kit.steps import Guard, asks
from minsheng.kit.verdict import YES, Verdict, no


@asks("本单位主办")
def of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit == case.lead.holder else no("not_yours", "本单由其他单位主办")


@asks("不属承办单位")
def not_of_the_lead(case: CaseFacts, by: Actor) -> Verdict:
    """Who judges is not of the unit that is judged (rulings, 35)."""
    return no("own_unit", "本单由您所在单位承办，须由他人办理") if by.unit and by.unit in case.lead.path else YES


@asks("本人没有撤回")
def not_left(case: CaseFacts, by: Actor) -> Verdict:
    return no("left", "这位诉求人已撤回本人的诉求") if case.merge.left else YES


def not_own_deed(label: str, judged: Mapping[str, str]) -> Guard:
    """Nobody rules on, checks, calls back or counts their own deed, in whatever role it was done (rulings, 35).

    label   of the step that judges
    judged  step -> label of every deed that it judges
    """

    @asks("没有办过所裁定、审核的事")
    def another_person(case: CaseFacts, by: Actor) -> Verdict:
        own = next((said for step, said in judged.items() if by.id and by.id in case.doers(step)), "")
        return no("two_persons", f"本单的“{own}”是您办的，须由他人{label}") if own else YES

    another_person.judged = tuple(judged.values())  # type: ignore[attr-defined]
    return another_person


@cache
def nothing_pending(*kinds: Ask) -> Guard:
    @asks("没有其他申请待裁定")
    def none_waiting(case: CaseFacts, by: Actor) -> Verdict:
        waiting = [a for a in kinds if a in case.requests.pending]
        return no("pending", f"{waiting[0].label}申请正在等待裁定") if waiting else YES

    return none_waiting


def is_pending(ask: Ask) -> Guard:
    @asks(f"有{ask.label}申请待裁定")
    def waiting(case: CaseFacts, by: Actor) -> Verdict:
        return YES if ask in case.requests.pending else no("not_asked", f"没有待裁定的{ask.label}申请")

    waiting.rules_on = f"ask_{ask.value}"  # type: ignore[attr-defined]
    return waiting


@asks("没有工单并入本单")
def not_master(case: CaseFacts, by: Actor) -> Verdict:
    return no("is_master", f"已有 {case.merge.count} 件诉求并入本单，请先撤销并单") if case.merge.count else YES


@asks("已限制知悉")
def is_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.restriction.on else no("not_restricted", "本单未限制知悉范围")


@asks("未删除个人信息")
def not_erased(case: CaseFacts, by: Actor) -> Verdict:
    return no("erased", "个人信息已依法删除，本单不再办理；有新情况请另行登记") if case.erased else YES
