"""Inspections: what a sample is drawn from, who sees which case of it, and the pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case
from minsheng.cases.queries import case_page, hung_words, words
from minsheng.files import step_files
from minsheng.kit import clock, subject_page
from minsheng.kit.paging import Page, keyset
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.org import queries as org
from minsheng.oversight.models import Inspection, InspectionStep, InspectionWords, Point, PointStep, PointWords
from minsheng.oversight.queries import facts, ladder, sight
from minsheng.oversight.rules import inspections
from minsheng.oversight.rules.inspections import InspectionFacts, InspectionState, PointFacts, PointState, World

LONGEST = 500  # points that a page and its report list
_ENDED = [PointState.ENDED.value, PointState.DROPPED.value]


def known_unit(unit: int) -> int | None:
    return unit if unit in org.tree().by_id else None


def world(at: datetime, pool: int = 0, unseen: Iterable[int] = ()) -> World:
    groups = frozenset(person.id for person in people.holders(Role.OUTSIDE_GROUP))
    return World(clocks.local_day(at), facts.world(at).handling, frozenset(cases.categories()), groups, pool, frozenset(unseen))


def facts_of(one: Inspection) -> InspectionFacts:
    """One statement, two more while it goes on."""
    tree = org.tree()
    waiting = Point.objects.filter(inspection=one.id).exclude(state__in=_ENDED).count()
    left = len(unseen(one)) if one.state == InspectionState.OPEN else 0
    line = tree.line(one.unit_id) if one.unit_id in tree.by_id else frozenset()
    return InspectionFacts(one.id, InspectionState(one.state), tuple(one.drafters), tuple(one.members), waiting, left, line)


def unseen(one: Inspection) -> list[int]:
    """Of the sample what the group may see and neither marked as looked at nor noted a point of. Two statements."""
    done = {*one.looked, *Point.objects.filter(inspection=one.id).values_list("case_id", flat=True)}
    return sorted(_open_to_all().filter(id__in=[id_ for id_ in one.sample if id_ not in done]).values_list("id", flat=True))


POINT_SAID = ("point", "correction")


def facts_of_point(one: Point) -> PointFacts:
    """Its inspection is on it."""
    tree, unit, of = org.tree(), one.unit_id or 0, one.inspection
    return PointFacts(one.id, PointState(one.state), of is not None and of.state == InspectionState.OPEN, tuple(of.members) if of else (),
                      tree.path(unit), tree.line(unit) if unit in tree.by_id else frozenset())


def _open_to_all() -> QuerySet[Case]:
    """What an outside group may be shown at all: nothing restricted, sealed, erased, or complained of anybody."""
    return Case.objects.filter(restricted=False, sealed=False, erased=False, complained_line__isnull=True)


def pool(one: Inspection, at: datetime) -> list[int]:
    """The cases of the scope, by id; one more than the widest scope when there are more."""
    if one.since is None or one.until is None:
        return []
    zone = clocks.city_calendar().zone
    begins, ends = datetime.combine(one.since, time(), zone), datetime.combine(one.until + timedelta(days=1), time(), zone)
    found = _open_to_all().filter(received_at__gte=begins, received_at__lt=ends, dispatched_at__isnull=False)
    if one.unit_id:
        found = found.filter(lead__in=org.tree().subtree(one.unit_id))
    if one.category_id:
        wanted = cases.categories()[one.category_id].code
        found = found.filter(category__in=[c.id for c in cases.categories().values() if wanted in (c.code, *c.path)])
    return list(found.order_by("id").values_list("id", flat=True)[:inspections.WIDEST + 1])


def sampled(one: Inspection, by: Actor) -> QuerySet[Case]:
    """Of a sample what this reader sees: a member exactly the sample while the inspection goes on, anybody else what they see anyway."""
    if Role.OUTSIDE_GROUP in by.roles:
        goes_on = by.id in one.members and one.state == InspectionState.OPEN
        return _open_to_all().filter(id__in=one.sample if goes_on else [])
    return cases.visible(by).filter(id__in=one.sample)


# --- pages ----------------------------------------------------------------------------------


def listed(by: Actor, after: str = "", size: int = 50) -> Page:
    """The newest first. One statement."""
    return keyset(sight.inspections(by).defer("pool"), ("-id",), after, size)


def page(inspection_id: int, by: Actor) -> SubjectPage:
    """Refused: there is none, or it is none of the reader's. At most thirteen statements."""
    one = sight.inspections(by).select_related("unit").filter(id=inspection_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这次督查，或您无权查看"))
    known = facts_of(one)
    steps = subject_page.steps(inspections.INSPECTION, known, by)
    seen = list(sampled(one, by).order_by("id"))
    names = people.names(one.members)
    matter = cases.categories().get(one.category_id)
    points = list(sight.points(by).filter(inspection=one.id).order_by("-id")[:LONGEST])
    hidden = Point.objects.filter(inspection=one.id).count() - len(points)
    more = {"cases": _marked(one, seen, points), "unseen": len(one.sample) - len(seen), "members": [names.get(id_, "") for id_ in one.members],
            "matter": matter.name if matter else "", "points": hung_words.covered(points, *POINT_SAID, by=by), "points_unseen": hidden,
            "numbers": {case.id: case.number for case in seen},
            "sound": not one.seed or inspections.sound(one.seed, one.pool, one.size, one.pool_digest, one.sample),
            "notes": Role.OUTSIDE_GROUP in by.roles and by.id in one.members and one.state == InspectionState.OPEN}
    told = subject_page.history(InspectionStep, InspectionWords, one.id, inspections.INSPECTION, inspections.FIELDS, ("look_at_case",))
    return hung_words.covered_page(SubjectPage(one, steps, told, more), "summary", by=by, about=[] if hung_words.reads_all(by) else one.sample)


def _marked(one: Inspection, seen: list[Case], points: list[Point]) -> list[Case]:
    """Each with what the group did with it: how many points it `noted`, or who `looked` at it. One statement."""
    noted: dict[int, int] = {}
    looks = InspectionStep.objects.filter(subject_id=one.id, step="look_at_case").order_by("seq").values_list("given", "by_name")
    who = {given["case"]: name for given, name in looks}
    for row in points:
        noted[row.case_id] = noted.get(row.case_id, 0) + 1
    for case in seen:
        case.noted, case.looked = noted.get(case.id, 0), who.get(case.id, "") if case.id in one.looked else ""  # type: ignore[attr-defined]
    return seen


def left(inspection_id: int, by: Actor) -> list[int]:
    """What nobody has looked at yet of a sample that the reader may see. Three statements."""
    one = sight.inspections(by).defer("pool").filter(id=inspection_id).first()
    return unseen(one) if one is not None else []


def to_look_at(by: Actor) -> list[tuple[int, str]]:
    """For the form: what a member has not looked at yet, of all samples that are theirs. Nothing for anybody else."""
    if Role.OUTSIDE_GROUP not in by.roles:
        return []
    open_ = sight.inspections(by).defer("pool").filter(state=InspectionState.OPEN.value)
    left = [id_ for one in open_ for id_ in unseen(one)]
    return list(Case.objects.filter(id__in=left).order_by("id").values_list("id", "number"))


def sample_case(inspection_id: int, case_id: int, by: Actor) -> tuple[Inspection, Case, Any, list[Any]]:
    """A case of the sample as a member reads it: masked words and what was done. Refused: it is not in their sample. Five statements."""
    one = sight.inspections(by).defer("pool").filter(id=inspection_id).first()
    case = sampled(one, by).select_related("text", "contact").filter(id=case_id).first() if one is not None else None
    if one is None or case is None:
        raise Refused(no("hidden", "这件工单不在您参加的督查的样本里"))
    return one, case, words.of_case(case, words.MASKED), case_page.timeline(case, words.MASKED, by)


def point(point_id: int, by: Actor) -> SubjectPage:
    """Refused: there is none, or it is none of the reader's. At most ten statements."""
    one = sight.points(by).select_related("unit", "inspection").filter(id=point_id).first()
    if one is None:
        raise Refused(no("hidden", "没有这个问题，或您无权查看"))
    known = facts_of_point(one)
    steps = subject_page.steps(inspections.POINT, known, by)
    mine = sampled(one.inspection, by) if Role.OUTSIDE_GROUP in by.roles and one.inspection is not None else cases.visible(by)
    seen = mine.filter(id=one.case_id).first()
    late = one.state == PointState.SENT and one.due is not None and one.due < clocks.local_day(clock.now())
    told = subject_page.history(PointStep, PointWords, one.id, inspections.POINT, inspections.FIELDS)
    page = SubjectPage(one, steps, told, {"case": seen, "late": late, "urged": ladder.urged("point", one.id)}, step_files.hung(PointStep, one.id))
    return hung_words.covered_page(page, *POINT_SAID, by=by)


def open_file(point_id: int, file_id: int, by: Actor) -> tuple[Any, Any]:
    """(row, open bytes) of a file on a point that the reader may see."""
    if not sight.points(by).filter(id=point_id).exists():
        raise Refused(no("hidden", "没有这个问题，或您无权查看"))
    return step_files.opened(PointStep, point_id, file_id)


def points(by: Actor, after: str = "", size: int = 50) -> Page:
    """For a unit: what it has to correct. One statement."""
    page = keyset(sight.points(by).select_related("inspection"), ("-id",), after, size)
    hung_words.covered(page.rows, *POINT_SAID, by=by)
    return page


def groups() -> list[tuple[int, str]]:
    """Accounts that may be members."""
    return [(person.id, f"{person.name}（{person.unit.short or person.unit.name}）") for person in people.holders(Role.OUTSIDE_GROUP)]


def matters() -> list[tuple[int, str]]:
    return [(c.id, c.name) for c in sorted(cases.categories().values(), key=lambda c: c.code)]
