"""The archive for whoever counts: what is in it, and a question of one's own, answered on the page or as a file."""

from __future__ import annotations

from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from minsheng.accounts.permissions import needs
from minsheng.archive import actions, asking, queries
from minsheng.desk import table_answer
from minsheng.kit import read_values
from minsheng.kit.host import Problem
from minsheng.kit.verdict import Refused
from minsheng.measures.rules import READ_ALL, READ_OWN

EXAMPLES = (
    ("各月各渠道受理多少", "SELECT strftime(f.happened_at, '%Y-%m') AS 月, c.name AS 渠道, count(*) AS 件数\n  FROM facts f JOIN channels c ON c.code = f.channel\n"
     " WHERE f.fact = 'received' AND f.standing NOT IN ('declined', 'transferred', 'split')\n GROUP BY 1, 2 ORDER BY 1, 2"),
    ("一天里哪几个小时来得多", "SELECT hour(happened_at) AS 时, count(*) AS 件数 FROM facts WHERE fact = 'received' GROUP BY 1 ORDER BY 1"),
    ("各单位按时办理完毕", "SELECT u.name AS 单位, count(*) AS 应办, count(*) FILTER (WHERE f.met_at <= f.happened_at) AS 按时\n  FROM facts f JOIN units u ON u.id = f.lead_id\n"
     " WHERE f.fact = 'handle' AND NOT f.excluded GROUP BY 1 ORDER BY 2 DESC"),
)


@never_cache
@needs(*sorted(READ_ALL | READ_OWN))
@require_http_methods(["GET", "HEAD", "POST"])
def archive(request):
    """POST asks; the question is in the body, for an address is kept in many places."""
    if request.method != "POST":
        return _page(request)
    sql, skip = request.POST.get("sql", ""), _skip(request.POST.get("skip", ""))
    whole = request.POST.get("form") == "csv"
    try:
        found = actions.ask(by=request.actor, sql=sql, skip=0 if whole else skip, most=asking.MOST if whole else asking.PAGE)
    except Refused as refused:
        return _page(request, 422, sql=sql, errors={"sql": refused.verdict.reason})
    except Problem as wrong:
        return _page(request, 409, sql=sql, reason=str(wrong))
    if whole:
        more = [[f"只有前 {asking.MOST} 行，后面还有"]] if found.more else []
        return table_answer.answer(request, "归档查询", found.columns, lambda actor: [*found.rows, *more])
    return _page(request, sql=sql, found=found, first=skip + 1, last=skip + len(found.rows), before=max(0, skip - asking.PAGE) if skip else None,
                 next=skip + asking.PAGE if found.more else None)


def _skip(written: str) -> int:
    try:
        return read_values.number(written or "0", 0, asking.MOST)
    except read_values.BadValue:
        return 0


def _page(request, status: int = 200, **given):
    tables = [(name, said, asking.columns()[name]) for name, said in asking.TABLES.items()]
    return render(request, "desk/archive/archive.html", {"held": queries.held(), "tables": tables, "examples": EXAMPLES, "most": asking.LONGEST, **given},
                  status=status)


urls = [path("archive", archive, name="archive")]
