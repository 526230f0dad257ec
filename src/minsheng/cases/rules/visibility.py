"""Who sees what of a case. `queries.visible_to` is the same rule for lists; a test holds the two together."""

from __future__ import annotations

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules.facts import CaseFacts
from minsheng.cases.rules.states import WITH_UNIT, Ask, State
from minsheng.kit.verdict import YES, Verdict, no

SEES_PERSONAL = frozenset(
    {Role.AGENT, Role.SHIFT_LEADER, Role.DISPATCHER, Role.CHECKER, Role.CALLBACK_CLERK, Role.COORDINATOR, Role.SUPERVISOR,
     Role.RETURN_REVIEWER, Role.INSPECTOR}
)
UNIT_SEES_PERSONAL = frozenset({Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.UNIT_APPROVER, Role.COUNTY_CENTRE})


def sees_personal(case: CaseFacts, by: Actor) -> Verdict:
    """May the actor read the words of the caller unmasked, and ask for the number with a reason?"""
    if by.case_id and by.case_id == case.id:
        return YES
    if by.roles & SEES_PERSONAL:
        return YES
    if by.roles & UNIT_SEES_PERSONAL:
        if case.sealed:
            return no("sealed", "诉求人要求保密，请由热线中心转接联系")
        handles = by.unit and (by.unit == case.lead.holder or any(t.unit == by.unit and t.state.is_open for t in case.tasks))
        return YES if handles else no("not_yours", "只有承办本单的人员可以查看个人信息")
    return no("masked", "您的岗位看不到个人信息")


SEES_ALL = frozenset(
    {Role.AGENT, Role.ANALYST, Role.CALLBACK_CLERK, Role.CHECKER, Role.COORDINATOR, Role.DISPATCHER, Role.INSPECTOR, Role.QUALITY,
     Role.RETURN_REVIEWER, Role.SHIFT_LEADER, Role.SUPERVISOR}
)
SEES_OWN_UNIT = UNIT_SEES_PERSONAL | {Role.LEADER}
OVERSEES = frozenset({Role.INSPECTOR})  # sees what is complained of the hotline beside the panel outside it


def of_the_line(case: CaseFacts, by: Actor) -> bool:
    """Does the actor belong to the unit complained of, to what it was or has become, now or when the case was made (rulings, 30)?"""
    if not case.complaint.line.isdisjoint((*by.unit_path, by.unit)):
        return True
    at = case.received_at
    return any(p.unit in case.complaint.line and (at is None or p.since <= at < p.until) for p in by.former)


def held_by_line(case: CaseFacts) -> list[str]:
    """The clock's steps that take an order, or tasks of it, out of the hands of the unit complained of; mostly none."""
    own_tasks = any(t.state.is_open and t.unit in case.complaint.line for t in case.tasks)
    if case.lead.unit in case.complaint.line and case.state in WITH_UNIT | {State.RETURN_REVIEW}:
        return ["leave_line"]  # it ends the tasks, too
    return ["end_line_tasks"] if own_tasks else []


def hears(case: CaseFacts, by: Actor) -> bool:
    """A complaint about the hotline is heard by the panel outside it, which hears nothing else."""
    of_panel = bool(case.complaint.outside_panel) and case.complaint.outside_panel in by.unit_path
    return of_panel == case.complaint.about_hotline or bool(by.roles & OVERSEES)


def _at_own_desk(case: CaseFacts, by: Actor) -> bool:
    """A leader goes on to see what was taken at their own desk (rulings, 10)."""
    return Role.LEADER in by.roles and bool(case.desk.leader) and case.desk.leader == by.id


def only_rules(case: CaseFacts, by: Actor) -> bool:
    """A restricted case that waits to be erased is ruled by who is none of its readers: they see that it waits, and no word of it."""
    rules_on = Role.SECURITY_ADMIN in by.roles and Ask.ERASURE in case.requests.pending
    return rules_on and case.restriction.on and by.id not in case.restriction.readers and not of_the_line(case, by)


def sees(case: CaseFacts, by: Actor) -> Verdict:
    """May the actor open the case at all? `queries.visible_to` is the same rule for lists, but for what the actor `only_rules`; a test
    holds them together."""
    hidden = no("hidden", "没有这个工单，或您无权查看")
    if by.case_id:
        return YES if by.case_id == case.id else hidden
    if Role.CLOCK in by.roles:
        return YES
    if case.restriction.on and by.id not in case.restriction.readers:
        return YES if only_rules(case, by) else hidden
    if of_the_line(case, by):
        return hidden
    if (by.roles & SEES_ALL or _at_own_desk(case, by)) and hears(case, by):
        return YES
    if by.roles & SEES_OWN_UNIT and by.unit:
        own = by.unit in case.lead.path or any(by.unit in t.unit_path for t in case.tasks if not t.state.is_gone)
        return YES if own else hidden
    if Role.SECURITY_ADMIN in by.roles and Ask.ERASURE in case.requests.pending:
        return YES
    return hidden
