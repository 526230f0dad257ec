"""Watches over places (蹲点): the list, one watch with its visits, a new one. On a phone as at a desk."""

from __future__ import annotations

from functools import partial

from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import narrowed_list, table_answer, unit_choices
from minsheng.desk.views.subject_pages import SubjectPages, attachment
from minsheng.field_work.actions import watches as actions
from minsheng.field_work.queries import watches
from minsheng.field_work.rules.watches import FIELDS, READERS, SEES_ALL, WATCH
from minsheng.kit.uploads import takes_files

readers = needs(*sorted(READERS))


@never_cache
@readers
@require_safe
def listed(request):
    """Newest first, narrowed by state and unit."""
    return narrowed_list.answer(request, "desk/watches/list.html", watches, states=watches.STATES, units=unit_choices.handlers(townships=False),
                                inside=bool(request.actor.roles & SEES_ALL), writes=Role.UNIT_LIAISON in request.actor.roles)


def _first(page, step, by):
    return {"visited_on": watches.today().isoformat(), "who": by.name}


PAGES = SubjectPages("desk/watches/one.html", "watch", WATCH, FIELDS, watches.page, first=_first)


@never_cache
@readers
@require_safe
def watch(request, watch_id: int):
    return PAGES.show(request, watch_id)


@never_cache
@readers
@require_POST
@takes_files(PAGES.shut)
def take(request, watch_id: int):
    return PAGES.take(request, watch_id, partial(actions.take, watch_id=watch_id))


@never_cache
@readers
@require_safe
def visit_file(request, watch_id: int, file_id: int):
    """A photo of a visit."""
    return attachment(request, watches.open_file, watch_id, file_id)


@never_cache
@needs(Role.UNIT_LIAISON)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """The unit of whoever begins it watches."""
    first = {"since": watches.today().isoformat()}
    return PAGES.new(request, "open_watch", "开始蹲点", actions.begin, "watches", first=first, said="已开始，每次到场记一次")


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "蹲点", watches.COLUMNS, watches.lines, watches.read_filters)


urls = [
    path("watches.csv", as_csv, name="watches-csv"),
    path("watches", listed, name="watches"),
    path("watches/new", new, name="watch-new"),
    path("watches/<int:watch_id>", watch, name="watch"),
    path("watches/<int:watch_id>/step", take, name="watch-step"),
    path("watches/<int:watch_id>/files/<int:file_id>", visit_file, name="watch-file"),
]
