"""Open data at the desk: versions, a new one, one with its rows as everybody would read them, and its steps."""

from __future__ import annotations

from functools import partial

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk.views.subject_pages import SubjectPages
from minsheng.kit.refusals import on_its_page
from minsheng.proofs.actions import datasets as actions
from minsheng.proofs.queries import datasets as read
from minsheng.proofs.rules.datasets import DATASET, FIELDS, READERS

readers = needs(*sorted(READERS))
PAGES = SubjectPages("desk/datasets/dataset.html", "dataset", DATASET, FIELDS, read.page)


@never_cache
@readers
@require_safe
@on_its_page("desk/datasets/datasets.html")
def listed(request):
    page = read.listed(request.actor, request.GET.get("after", ""))
    return render(request, "desk/datasets/datasets.html", {"page": page, "rows": page.rows, "writes": Role.ANALYST in request.actor.roles})


@never_cache
@needs(Role.ANALYST)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    return PAGES.new(request, "prepare_data", "准备开放数据", actions.prepare, "datasets", said="已准备好，请核对后由督办员签发")


@never_cache
@readers
@require_safe
def show(request, dataset_id: int):
    return PAGES.show(request, dataset_id)


@never_cache
@readers
@require_POST
def take(request, dataset_id: int):
    return PAGES.take(request, dataset_id, partial(actions.take, dataset_id=dataset_id))


urls = [
    path("datasets", listed, name="datasets"),
    path("datasets/new", new, name="dataset-new"),
    path("datasets/<int:dataset_id>", show, name="dataset"),
    path("datasets/<int:dataset_id>/step", take, name="dataset-step"),
]
