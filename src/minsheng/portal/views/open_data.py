"""Open data for everybody: the list of months, what each column is, the files (rulings, 71)."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_noop as mark
from django.views.decorators.http import require_safe

from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Invalid
from minsheng.portal.views.page import page
from minsheng.proofs.queries import datasets

COLUMNS = (
    ("month", mark("受理的月份")), ("category, category_name", mark("诉求分类的代码和名称；* 是没有单列的分类，空的是不分")),
    ("district, district_name", mark("区县，写法同上；none 是不明")), ("channel, channel_name", mark("渠道，写法同上")),
    ("received", mark("受理件数")), ("completed, not_completed", mark("到统计截止已办结；未办结、并单或撤回")),
    ("solved, not_solved, solved_unanswered", mark("诉求人说已解决；没有解决；没有回答")),
    ("satisfied, not_satisfied, satisfied_unanswered", mark("诉求人满意；不满意；没有回答")),
)
_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@require_safe
@reads_replica
def listed(request):
    try:
        found = datasets.public(request.GET.get("after", ""))
    except Invalid:
        return redirect("portal_data")
    return page(request, "open_data", {"sets": found.rows, "next": found.next, "columns": COLUMNS}, index=True)


@require_safe
@reads_replica
def file(request, name: str):
    text, kind = datasets.public_file(name), _TYPES.get(name.rpartition(".")[2])
    if text is None or kind is None:
        raise Http404
    response = HttpResponse(text, content_type=kind)
    response["Cache-Control"] = "public, max-age=86400"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
