"""Who asks in a case: its own requester, and everybody whose case was ever merged with it. What is known of them is masked in its words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection

from minsheng.cases.models import Case
from minsheng.cases.rules.masking import NOBODY, Known, known
from minsheng.contacts import queries as contacts

# Merged once, merged for ever: what offices wrote while it lasted stays in both cases when it is undone.
_TOGETHER = """
WITH RECURSIVE together (root, id) AS (
  SELECT id, id FROM unnest(%s::bigint[]) AS id
  UNION
  SELECT t.root, CASE WHEN l.case_id = t.id THEN l.other_id ELSE l.case_id END
  FROM together t JOIN cases_caselink l ON l.kind = 'merge' AND (l.case_id = t.id OR l.other_id = t.id)
)
SELECT root, id FROM together
"""


def is_shared(case: Case) -> bool:
    """Was it ever handled together with another's? No statement."""
    return bool(case.master_id or case.marks.merged or case.marks.shared)


def together(ids: Iterable[int]) -> dict[int, set[int]]:
    """case id -> the ids of all cases that it was ever merged with, itself included. One statement, none for no ids."""
    found: dict[int, set[int]] = defaultdict(set)
    if ids := list(ids):
        with connection.cursor() as cursor:
            cursor.execute(_TOGETHER, [ids])
            for root, id_ in cursor.fetchall():
                found[root].add(id_)
    return found


def known_of(cases: Iterable[Case]) -> dict[int, Known]:
    """case id -> names and numbers of all who ask in it. At most three statements; one for cases of one requester each, or none
    when their contacts are loaded."""
    cases = list(cases)
    shared = together(case.id for case in cases if is_shared(case))
    rows = _contacts(set().union(*shared.values()) - {case.id for case in cases}) if shared else {}
    rows |= {case.id: case.contact_id for case in cases}
    loaded = {contact.id: contact for case in cases if case.contact_id and Case.contact.is_cached(case) and (contact := case.contact)}
    people = contacts.people(filter(None, rows.values()), loaded)
    return {case.id: known(people[who] for i in sorted(shared.get(case.id) or {case.id}) if (who := rows.get(i)) and who in people) for case in cases}


def known_in(case: Case | None) -> Known:
    """The same of one case, or of one that is gone."""
    return known_of([case])[case.id] if case is not None else NOBODY


def _contacts(ids: set[int]) -> dict[int, int | None]:
    return dict(Case.objects.filter(id__in=ids).values_list("id", "contact_id")) if ids else {}


def others_of(case: Case, only_sealed: bool = False) -> Known:
    """Those who ask in it beside its own requester; or those of them alone who asked for secrecy. At most three statements."""
    ids = together([case.id])[case.id] - {case.id} if is_shared(case) else set()
    rows = Case.objects.filter(id__in=ids, **({"sealed": True} if only_sealed else {})).exclude(contact=None) if ids else ()
    people = contacts.people(row.contact_id for row in rows if row.contact_id)
    own = contacts.people([case.contact_id]) if people and case.contact_id else {}
    return known(people.values()).without(known(own.values()))
