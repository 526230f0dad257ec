"""Special inspections: the list, one with its sample, a sampled case as the outside group reads it, its points and their correction."""

from __future__ import annotations

from functools import partial

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import table_answer, unit_choices
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.subject_pages import SubjectPages, attachment
from minsheng.kit import form_key, toast
from minsheng.kit.papers import making
from minsheng.kit.refusals import on_its_page
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.oversight.actions import inspections as actions
from minsheng.oversight.queries import inspection_paper, tables
from minsheng.oversight.queries import inspections as read
from minsheng.oversight.queries.sight import SEES_INSPECTIONS, SEES_POINTS
from minsheng.oversight.rules.inspections import FIELDS, INSPECTION, POINT

readers, point_readers = needs(*sorted(SEES_INSPECTIONS)), needs(*sorted(SEES_POINTS))


def _choices(by):
    return {"unit": unit_choices.handlers(), "members": read.groups(), "category": read.matters(), "case": read.to_look_at(by)}


def _first(page, step, by):
    if step.name != "amend_inspection":
        return {}
    one = page.subject
    return {"title": one.title, "basis": one.basis, "since": one.since.isoformat(), "until": one.until.isoformat(), "unit": one.unit_id or "",
            "category": one.category_id or "", "size": one.size, "members": [str(id_) for id_ in one.members]}


PAGES = SubjectPages("desk/oversight/inspection.html", "inspection", INSPECTION, FIELDS, read.page, _choices, _first)
POINTS = SubjectPages("desk/oversight/point.html", "point", POINT, FIELDS, read.point)


@never_cache
@readers
@require_safe
@on_its_page("desk/oversight/inspections.html")
def listed(request):
    page = read.listed(request.actor, request.GET.get("after", ""))
    return render(request, "desk/oversight/inspections.html", {"page": page, "rows": page.rows, "writes": Role.SUPERVISOR in request.actor.roles})


@never_cache
@needs(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    return PAGES.new(request, "draft_inspection", "拟定专项督查方案", actions.draft, "inspections")


@never_cache
@readers
@require_safe
def inspection(request, inspection_id: int):
    return PAGES.show(request, inspection_id)


@never_cache
@readers
@require_POST
def take(request, inspection_id: int):
    return PAGES.take(request, inspection_id, partial(actions.take, inspection_id=inspection_id))


@never_cache
@needs(Role.OUTSIDE_GROUP)
@require_safe
def sample_case(request, inspection_id: int, case_id: int):
    """A case of the sample, masked, for the members of its group."""
    try:
        one, case, said, timeline = read.sample_case(inspection_id, case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    left = read.unseen(one)
    shown = {"one": one, "case": case, "said": said, "timeline": timeline, "left": len(left), "following": _following(left, case_id), "unseen": case_id in left}
    return render(request, "desk/oversight/sample_case.html", shown)


def _following(left: list[int], case_id: int) -> int:
    """The next that nobody looked at, from the front again after the last; 0: none but this one."""
    others = [id_ for id_ in left if id_ != case_id]
    return next((id_ for id_ in others if id_ > case_id), others[0] if others else 0)


@never_cache
@needs(Role.OUTSIDE_GROUP)
@require_POST
def look(request, inspection_id: int, case_id: int):
    """Looked at, nothing found: the next one, or the inspection when that was the last."""
    if shut := _not_sampled(request, inspection_id, case_id):
        return shut
    try:
        actions.take(inspection_id=inspection_id, step="look_at_case", by=request.actor, given={"case": case_id}, key=form_key.of(request.POST))
    except (Refused, Invalid) as wrong:
        reason = wrong.verdict.reason if isinstance(wrong, Refused) else wrong.errors["case"]
        return render(request, "409.html", {"reason": reason}, status=409)
    left = read.left(inspection_id, request.actor)
    following = _following(left, case_id)
    to = redirect("sample-case", inspection_id, following) if following else redirect("inspection", inspection_id)
    return toast.leave(to, f"已记看过；还有 {len(left)} 件没有看" if left else "抽到的都看过了，可以作出结论")


def _not_sampled(request, inspection_id: int, case_id: int):
    """Before files are read: the answer to who has no such case in their sample."""
    try:
        read.sample_case(inspection_id, case_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    return None


@never_cache
@needs(Role.OUTSIDE_GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files(_not_sampled)
def new_point(request, inspection_id: int, case_id: int):
    if shut := _not_sampled(request, inspection_id, case_id):
        return shut
    return POINTS.new(request, "note_point", "记下发现的问题", actions.note_point, "inspections", {"inspection": inspection_id, "case": case_id})


@never_cache
@point_readers
@require_safe
@on_its_page("desk/oversight/points.html")
def points(request):
    """What was found in inspections, as far as the reader may see it; for a unit what it has to correct."""
    page = read.points(request.actor, request.GET.get("after", ""))
    return render(request, "desk/oversight/points.html", {"page": page, "rows": page.rows})


@never_cache
@point_readers
@require_safe
def point(request, point_id: int):
    return POINTS.show(request, point_id)


@never_cache
@point_readers
@require_POST
@takes_files(POINTS.shut)
def take_point(request, point_id: int):
    return POINTS.take(request, point_id, partial(actions.take_point, point_id=point_id))


@never_cache
@point_readers
@require_safe
def point_file(request, point_id: int, file_id: int):
    """A file of the point or of its correction."""
    return attachment(request, read.open_file, point_id, file_id)


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "专项督查", tables.INSPECTIONS, tables.of_inspections)


@never_cache
@point_readers
@require_safe
def points_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "督查整改", tables.POINTS, tables.of_points)


def _paper(inspection_id: int, form: str, by) -> tuple[str, bytes]:
    """The report, as far as the reader may see its points."""
    page = read.page(inspection_id, by)
    return inspection_paper.name(page), making.made(inspection_paper.paper(page), form)


urls = [
    *paper_answer.addresses("inspections/<int:inspection_id>", "inspection", readers, _paper),
    path("inspections.csv", as_csv, name="inspections-csv"),
    path("inspections", listed, name="inspections"),
    path("inspections/new", new, name="inspection-new"),
    path("inspections/<int:inspection_id>", inspection, name="inspection"),
    path("inspections/<int:inspection_id>/step", take, name="inspection-step"),
    path("inspections/<int:inspection_id>/cases/<int:case_id>", sample_case, name="sample-case"),
    path("inspections/<int:inspection_id>/cases/<int:case_id>/look", look, name="sample-look"),
    path("inspections/<int:inspection_id>/cases/<int:case_id>/point", new_point, name="point-new"),
    path("points.csv", points_csv, name="points-csv"),
    path("points", points, name="points"),
    path("points/<int:point_id>", point, name="point"),
    path("points/<int:point_id>/step", take_point, name="point-step"),
    path("points/<int:point_id>/files/<int:file_id>", point_file, name="point-file"),
]
