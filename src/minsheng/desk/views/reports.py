"""Reports on leader days from draft to signature: the page with its frozen figures and the lists behind them, and the papers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form, report_lines
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.leader_days import draw_subject, take_subject
from minsheng.desk.views.lists import rows_of
from minsheng.kit import form_key, toast
from minsheng.kit.papers import making
from minsheng.kit.read_values import Fields, number, record_id
from minsheng.kit.refusals import on_its_page
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import ledger, pages, report, reports
from minsheng.leader_days.rules import report_prose
from minsheng.leader_days.rules.report_figures import BY_KEY
from minsheng.leader_days.rules.reports import REPORT
from minsheng.leader_days.rules.states import SEES_ALL
from minsheng.org import queries as org

readers = needs(*sorted(SEES_ALL | {Role.LEADER}))


@never_cache
@needs(Role.COORDINATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """?period=ID, ?year=2024, or all. The figures are frozen at the moment it is drafted."""
    form = Fields(request.GET)
    period, year = form.read("period", record_id, label="期", default=0), form.read("year", number, 2000, 2199, label="年度", default=0)
    about = report.about(report.held(request.actor), period, year)
    if about is None or form.errors:
        return render(request, "409.html", {"reason": "没有已开始的这一期或这一年，请从“接听日”的“统计和综述”进入"}, status=409)
    step, known = REPORT["draft_report"], {"period": period} if period else {"year": year} if year else {}
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            given = day_form.given(step, request.POST, request.actor, known)
            row = actions.draft_report(by=request.actor, given=given, key=form_key.of(request.POST))
            return toast.leave(redirect("day-report", row.subject_id), "数字已取定，请督办员看过后签发")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed = request.POST if request.method == "POST" else None
    first = {"title": f"{about.label}“一把手听民声”接听日情况报告", "issuer": org.issuer()}
    fields = day_form.draw(step, request.actor, typed, errors, first, without=("period", "year"))
    shown = {"title": f"起草报告：{about.label}", "step": step, "errors": errors, "reason": reason, "fields": fields}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


def _open(report_id: int, by) -> pages.SubjectPage:
    """With the addresses of its frozen lists."""
    page = reports.open_page(report_id, by)
    frozen, url = page.more["frozen"], reverse("day-report-list", args=[report_id])
    about = report.About("", [], period=page.subject.period_id or 0, year=page.subject.year)
    live = report_lines.address(about) + "#periods"

    def door(n: int):
        return lambda key: f"{url}?{urlencode({'of': n, 'figure': key})}" if BY_KEY[key].measure or BY_KEY[key].ledger is not None else live

    doors = [door(n) for n, _ in enumerate(frozen.scopes)]
    beside = {"from": frozen.hotline.since, "to": frozen.hotline.until, "cutoff": page.subject.cutoff.isoformat() if page.subject.cutoff else ""}

    def hotline(key: str) -> str:
        return f"{reverse('board_list')}?{urlencode({'measure': BY_KEY[key].measure, 'part': BY_KEY[key].part, **beside})}"

    said = report_prose.sentences(frozen.scopes[0], frozen.scopes[1:], frozen.hotline)
    page.more.update(lines=report_lines.table(list(zip(frozen.scopes, doors, strict=True))), labels=[one.label for one in frozen.scopes],
                     prose=report_lines.prose(said, doors, hotline), live=live)
    return page


def _first(page: pages.SubjectPage, step) -> dict:
    return {name: getattr(page.subject, name, "") for name in step.fields} if step and step.name == "amend_report" else {}


@never_cache
@readers
@require_safe
def show(request, report_id: int):
    try:
        page = _open(report_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step = REPORT.get(request.GET.get("step", ""))
    step = step if step and any(step is one for one, _ in page.steps) else None
    return draw_subject(request, page, "signed_report", "day-report", step, first=_first(page, step))


@never_cache
@readers
@require_POST
def take(request, report_id: int):
    return take_subject(request, _open, REPORT, "signed_report", "day-report", report_id,
                        lambda **more: actions.take_report_step(report_id=report_id, **more))


@never_cache
@readers
@require_safe
@on_its_page("desk/days/report_list.html")
def behind(request, report_id: int):
    """?of=0&figure=done: the list behind a frozen figure, as far as the reader may see it."""
    form = Fields(request.GET)
    scope, figure = form.read("of", number, 0, 9, default=0), request.GET.get("figure", "")
    try:
        form.done()
        one, counted, page = reports.frozen_list(report_id, scope, figure, request.actor, request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    of_cases = bool(BY_KEY[figure].measure)
    short = page.lacks(counted, request.GET.get("after", ""))
    rows = rows_of(page.rows) if of_cases else [ledger.dated(row) for row in page.rows]
    shown = {"one": one, "figure": BY_KEY[figure], "size": counted, "page": page, "rows": rows, "of_cases": of_cases, "short": short,
             "query": urlencode({"of": scope, "figure": figure})}
    return render(request, "desk/days/report_list.html", shown)


def _paper(report_id: int, form: str, by) -> tuple[str, bytes]:
    if signed := reports.file_of(report_id, form, by):
        return signed[0].title, signed[1]
    one = reports.open_page(report_id, by).subject
    return one.title + paper_answer.DRAFT, making.made(reports.paper(one), form)


urls = [
    path("reports/new", new, name="day-report-new"),
    path("reports/<int:report_id>", show, name="day-report"),
    path("reports/<int:report_id>/step", take, name="day-report-step"),
    path("reports/<int:report_id>/list", behind, name="day-report-list"),
    *paper_answer.addresses("reports/<int:report_id>", "day-report", readers, _paper),
]
