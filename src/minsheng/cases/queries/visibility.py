"""Which cases a reader may see: the filter of every list, and the one way to open a case."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeVar

from django.db.models import Model, Q, QuerySet

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import rules
from minsheng.cases.models import Case, CaseNumber, CaseStep, CaseTask
from minsheng.cases.queries import marked
from minsheng.cases.queries.categories import categories
from minsheng.cases.queries.facts import beside, facts_of
from minsheng.cases.rules import Ask, CaseFacts, State, TaskState
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.row_sql import RowSql, row_sql
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Refused, Verdict, no
from minsheng.org import queries as org

Row = TypeVar("Row", bound=Model)


def visible_to(by: Actor) -> Q:
    """The filter of every list, search, count and export: `rules.sees` as SQL."""
    if by.case_id:
        return Q(id=by.case_id)
    if Role.CLOCK in by.roles:
        return Q()
    return kept_from_nobody(by) & _within_reach(by)


def kept_from_nobody(by: Actor) -> Q:
    """What is neither restricted to others nor complains of the reader's unit: also of cases that lie in another's reach."""
    return _unrestricted(by) & not_about(by)


def counted_for(by: Actor) -> Q:
    """The same with what is restricted: it is in everybody's counts and in the lists of those who are named (rulings, 48)."""
    return Q() if Role.CLOCK in by.roles else not_about(by) & _within_reach(by)


def _of_case(text: str, *values: object) -> Q:
    return row_sql(text, *values, of=Case._meta.db_table)


def _unrestricted(by: Actor) -> Q:
    """What is restricted is seen by those who are named."""
    return _of_case("NOT {t}.restricted OR EXISTS (SELECT FROM cases_casereader named"
                   " WHERE named.case_id = {t}.id AND named.person_id = %s AND named.until > %s)", by.id, clock.now())


def _within_reach(by: Actor) -> Q:
    """What the actor's roles open; what is restricted, or complained of their unit, is taken out beside this."""
    reach = _heard(by) if by.roles & rules.SEES_ALL else Q(pk__in=[])
    if by.roles & rules.SEES_OWN_UNIT and by.unit:
        mine = org.tree().subtree(by.unit)
        reach |= _of_case("{t}.lead_id = ANY(%s::bigint[]) OR {t}.id = ANY(ARRAY(SELECT slice.case_id FROM cases_casetask slice"
                         " WHERE slice.unit_id = ANY(%s::bigint[]) AND slice.state = ANY(%s)))", mine, mine, _TAKEN)
    if Role.LEADER in by.roles:
        reach |= _of_case(_AT_OWN_DESK, str(by.id)) & _heard(by)
    if Role.SECURITY_ADMIN in by.roles:
        reach |= marked.waits_for(Ask.ERASURE)
    return reach


_AT_OWN_DESK = "{t}.period_id IS NOT NULL AND {t}.marks->>'leader' = %s"
_TAKEN = [s.value for s in TaskState if not s.is_gone]


def not_about(by: Actor) -> Q:
    """`rules.of_the_line` as SQL: no case that complains of the actor's unit, of what it was or has become (rulings, 30)."""
    tree = org.tree()
    hidden = "{t}.complained_line && %s::bigint[]"
    values: list[object] = [sorted(tree.named_by(by.unit))]
    for was in by.former:
        hidden += " OR {t}.complained_line && %s::bigint[] AND {t}.received_at >= %s AND {t}.received_at < %s"
        values += [sorted(tree.named_by(was.unit)), was.since, was.until]
    return _of_case(f"{{t}}.complained_line IS NULL OR NOT ({hidden})", *values)


class Uncounted(NamedTuple):
    """A case that complains of one of these units, received within that time where one is said, is in no figure of a reader."""

    units: tuple[int, ...]
    since: datetime | None = None
    until: datetime | None = None


def never_counted(by: Actor) -> tuple[Uncounted, ...]:
    """What is in no figure of this reader, as it is in no list: of where they are, of where they were, of the hotline for who does not hear it."""
    tree = org.tree()
    panel = tree.outside_panel
    if Role.CLOCK in by.roles:
        return ()
    hears_all = by.roles & rules.OVERSEES or (panel and panel.id in by.unit_path)
    hotline = frozenset().union(*(tree.named_by(c) for c in ([] if hears_all else tree.centres)))
    now = Uncounted(tuple(sorted(tree.named_by(by.unit) | hotline)))
    once = [Uncounted(tuple(sorted(tree.named_by(was.unit))), was.since, was.until) for was in by.former]
    return tuple(each for each in (now, *once) if each.units)


def _heard(by: Actor) -> Q:
    """`rules.hears` as SQL: complaints about the hotline for the panel outside it, all others for everybody else."""
    if by.roles & rules.OVERSEES:
        return Q(pk__isnull=False)
    tree = org.tree()
    hotline = sorted(frozenset().union(*(tree.named_by(c) for c in tree.centres)))
    if (panel := tree.outside_panel) and panel.id in by.unit_path:
        return _of_case("{t}.complained_line && %s::bigint[]", hotline)
    return _of_case("{t}.complained_line IS NULL OR NOT {t}.complained_line && %s::bigint[]", hotline)


def visible(by: Actor) -> QuerySet[Case]:
    return Case.objects.filter(visible_to(by))


def visible_led(by: Actor, units: list[int]) -> QuerySet[Case]:
    """Of what the reader sees, the cases that one of these units leads. Of their own units they see all, which is said once: said twice, the
    server takes a unit's cases for few and reads those of all years for a page."""
    own = by.roles & rules.SEES_OWN_UNIT and by.unit and not by.case_id and Role.CLOCK not in by.roles
    if own and set(units) <= set(org.tree().subtree(by.unit)):
        return Case.objects.filter(kept_from_nobody(by) & _of_case("{t}.lead_id = ANY(%s::bigint[])", sorted(units)))
    return visible(by).filter(lead__in=units)


_OPEN_OF_OWN = """{t}.id IN (
    SELECT own.id FROM cases_case own WHERE own.lead_id = ANY(%s::bigint[]) AND own.closed_at IS NULL
    UNION ALL SELECT slice.case_id FROM cases_casetask slice WHERE slice.unit_id = ANY(%s::bigint[]) AND slice.state = ANY(%s)
    UNION ALL SELECT heard.id FROM cases_case heard WHERE heard.period_id IS NOT NULL AND heard.marks->>'leader' = %s)"""


def visible_open(by: Actor) -> QuerySet[Case]:
    """Of what the reader sees what is open. Who sees one unit's cases has them gathered first, each by its index: whether a case is one of
    theirs is not asked of every open one."""
    rows = visible(by).filter(closed_at=None)
    if by.case_id or by.roles & (rules.SEES_ALL | {Role.SECURITY_ADMIN, Role.CLOCK}):
        return rows
    mine = org.tree().subtree(by.unit) if by.roles & rules.SEES_OWN_UNIT and by.unit else []
    return rows.filter(_of_case(_OPEN_OF_OWN, mine, mine, _TAKEN, str(by.id) if Role.LEADER in by.roles else ""))


def with_visible(rows: QuerySet[Row], by: Actor) -> QuerySet[Row]:
    """Rows of a table beside the case, each with its case, where the reader may see that: the condition stands on the joined row, so that
    few rows beside are not sought among all the cases that there are."""
    if by.case_id or Role.SECURITY_ADMIN in by.roles:  # what they see is said of columns by their names
        return rows.select_related("case").filter(case__in=visible(by))
    return rows.select_related("case").filter(visible_to(by))


def with_to_rule(rows: QuerySet[Row], by: Actor) -> QuerySet[Row]:
    """As `with_visible`, of what the reader sees and what they only rule on (`rules.only_rules`): of that a list shows the `shell`."""
    if Role.SECURITY_ADMIN not in by.roles:
        return with_visible(rows, by)
    waits = Q(restricted=True) & marked.waits_for(Ask.ERASURE) & not_about(by)
    return rows.select_related("case").filter(case__in=Case.objects.filter(visible_to(by) | waits))


def shell(case: Case) -> Case:
    """A restricted case as somebody knows it who reads no word of it: its number, where it stands and since when. Not to be saved."""
    bare = Case(id=case.id, number=case.number, state=case.state, title="限制知悉的工单", restricted=True, received_at=case.received_at,
                closed_at=case.closed_at)
    bare.shut = True
    return bare


def get(case_id: int, by: Actor) -> Case:
    """The case with its words, or Refused("hidden"): what is not yours does not exist."""
    return read(case_id, by)[0]


def read(case_id: int, by: Actor) -> tuple[Case, CaseFacts, list[CaseTask]]:
    """The case with its words, what the rules may know of it, and its tasks; Refused("hidden") as `get`. At most three statements.
    `linked` on it: there are others that it was merged, split or re-opened with."""
    if not (found := _OPENED(case_id)):
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    case = found[0]
    case.category = categories().get(case.category_id or 0)
    known = beside([case])
    facts = facts_of(case, beside=known)
    if not (seen := rules.sees(facts, by)):
        raise Refused(seen)
    return case, facts, known.tasks.get(case.id, [])


_LINKED = "EXISTS (SELECT FROM cases_caselink link WHERE link.undone_at IS NULL AND ({t}.id = link.case_id OR {t}.id = link.other_id))"
_OPENED = PreparedRows(lambda: Case.objects.select_related("text", "contact").annotate(linked=RowSql(_LINKED)), "WHERE cases_case.id = %s")


def id_of(ref: str) -> int:
    """The id of a case named by its id or its number; Refused("hidden") when there is none. Says nothing about who may see it."""
    known = CaseNumber.objects.filter(number=ref).values_list("case_id", flat=True).first() if len(ref) <= 40 else None
    if known is None and not (ref.isascii() and ref.isdigit() and len(ref) < 20):
        raise Refused(no("hidden", "没有这个工单，或您无权查看"))
    return known if known is not None else int(ref)


def steps_for(facts: CaseFacts, by: Actor) -> list[tuple[Step, Verdict]]:
    """The steps of the actor's roles that belong to this state, open or shut with the reason: what the step bar shows."""
    shown = []
    for step in PROCEDURE:
        if step.fits(by) and facts.state in step.frm and State.START not in step.frm:
            shown.append((step, verdict(step, facts, by)))
    return shown


def kept() -> dict[str, int]:
    """How many cases and steps there are: for a backup and its restored copy. Two statements."""
    return {"cases": Case.objects.count(), "steps": CaseStep.objects.count()}


def handled_anew(case: Case) -> bool:
    """Was it registered anew (关联重开) as a case that is open? No statement for all others."""
    anew = case.marks.reopened
    return anew is not None and Case.objects.filter(id=anew, closed_at=None).exists()
