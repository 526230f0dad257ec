"""The ledger of commitments (承诺事项台账), one commitment's page, and making one on a case of a period."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk import day_form, table_answer, unit_choices
from minsheng.desk.views import paper_answer
from minsheng.desk.views.case import hidden
from minsheng.desk.views.leader_days import show_subject, take_subject
from minsheng.desk.views.subject_pages import attachment
from minsheng.kit import form_key, toast
from minsheng.kit.papers import making
from minsheng.kit.uploads import takes_files
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.queries import ledger, ledger_paper, pages, sight
from minsheng.leader_days.rules import procedures
from minsheng.leader_days.rules.states import SEES_OWN_UNIT

readers = needs(*sorted(sight.SEES_LEDGER | SEES_OWN_UNIT))


def _query(request) -> str:
    kept = request.GET.copy()
    kept.pop("after", None)
    return kept.urlencode()


@never_cache
@readers
@require_safe
def commitments(request):
    """Newest first, narrowed by outcome, unit, period, or to those past their date."""
    errors, page, filters, count = {}, None, ledger.Filters(), 0
    try:
        filters = ledger.read_filters(request.GET)
        page = ledger.listed(request.actor, filters, request.GET.get("after", ""))
        count = ledger.size(request.actor, filters)
    except Invalid as wrong:
        errors = wrong.errors
    shown = {"page": page, "rows": page.rows if page else [], "filters": filters, "errors": errors, "query": _query(request), "count": count,
             "states": ledger.STATES, "units": unit_choices.handlers(townships=False)}
    return render(request, "desk/days/commitments.html", shown, status=422 if errors else 200)


@never_cache
@readers
@require_safe
def as_csv(request):
    """The same list whole, as a table."""
    return table_answer.answer(request, "承诺事项台账", ledger.COLUMNS, ledger.lines, ledger.read_filters)


def _paper(request, form: str):
    """The same list as a paper."""
    return paper_answer.answer(request, form, lambda: (ledger_paper.TITLE, making.made(ledger_paper.paper(request.actor, ledger.read_filters(request.GET)), form)))


@never_cache
@readers
@require_safe
def as_pdf(request):
    return _paper(request, "pdf")


@never_cache
@readers
@require_safe
def as_docx(request):
    return _paper(request, "docx")


def _standing(page: pages.SubjectPage, step) -> dict:
    """A correction of the public part begins with what is public."""
    one = page.subject
    if step is None or step.name != "draft_public":
        return {}
    return {"public_matter": one.draft_matter, "public_progress": one.draft_progress}


@never_cache
@readers
@require_safe
def commitment(request, commitment_id: int):
    return show_subject(request, pages.commitment, procedures.COMMITMENT, "commitment", "commitment", commitment_id, _standing)


def _shut(request, commitment_id: int):
    """Before files are read: the answer to who may not see it."""
    return None if sight.commitments(request.actor).filter(id=commitment_id).exists() else hidden(request, pages.hidden("这项承诺"))


@never_cache
@readers
@require_POST
@takes_files(_shut)
def take(request, commitment_id: int):
    return take_subject(request, pages.commitment, procedures.COMMITMENT, "commitment", "commitment", commitment_id,
                        lambda **more: actions.take_commitment_step(commitment_id=commitment_id, **more))


@never_cache
@readers
@require_safe
def proof(request, commitment_id: int, file_id: int):
    """A file of its proof."""
    return attachment(request, pages.open_file, commitment_id, file_id)


@never_cache
@needs(Role.COORDINATOR, Role.LEADER, Role.UNIT_LIAISON)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request, period_id: int):
    """A commitment on a case of the period; `?case=` its number."""
    try:
        page = pages.period(period_id, request.actor)
    except Refused as refused:
        return hidden(request, refused)
    step = procedures.COMMITMENT.get(page.more["commits"])
    if step is None:
        return render(request, "409.html", {"reason": "本期现在不能登记承诺：还没有开始接听、已经总结，或没有您的接听席"}, status=409)
    errors, reason = {}, ""
    if request.method == "POST":
        try:
            known = {"period": period_id}
            row = actions.commit(by=request.actor, step=step.name, given=day_form.given(step, request.POST, request.actor, known),
                                 key=form_key.of(request.POST))
            return toast.leave(redirect("commitment", row.subject_id), "承诺已记入台账")
        except Invalid as wrong:
            errors = wrong.errors
        except Refused as refused:
            reason = refused.verdict.reason
    typed = request.POST if request.method == "POST" else None
    first = {"case": request.GET.get("case", "")[:40], "desk": page.subject.seats[0].id if len(page.subject.seats) == 1 else ""}
    fields = day_form.draw(step, request.actor, typed, errors, first, page.subject.seats, without=("period",))
    shown = {"title": f"{page.subject}：{step.label}", "step": step, "errors": errors, "reason": reason, "fields": fields}
    return render(request, "desk/days/new.html", shown, status=422 if errors else 409 if reason else 200)


urls = [
    path("commitments", commitments, name="commitments"),
    path("commitments.csv", as_csv, name="commitments-csv"),
    path("commitments.pdf", as_pdf, name="commitments-pdf"),
    path("commitments.docx", as_docx, name="commitments-docx"),
    path("commitments/<int:commitment_id>", commitment, name="commitment"),
    path("commitments/<int:commitment_id>/step", take, name="commitment-step"),
    path("commitments/<int:commitment_id>/files/<int:file_id>", proof, name="commitment-file"),
    path("periods/<int:period_id>/commit", new, name="commitment-new"),
]
