"""What is published for everybody to check: days, their files; and the proof of the case that number and code opened (rulings, 70)."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_noop as mark
from django.views.decorators.http import require_safe

from minsheng.cases.rules import State
from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Invalid
from minsheng.portal import session_state
from minsheng.portal.views.page import page
from minsheng.proofs.queries import days, description, proof

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)
_WORDS = {"yes": mark("是"), "no": mark("否"), "unit": mark("只有单位的记录"), "none": mark("没有回答")}
_ASKED = (("solved", mark("问题解决了吗")), ("satisfied", mark("满意吗")), ("contacted", mark("单位联系过吗")), ("on_time", mark("按时办理了吗")))
_AGAIN = mark("正在重新办理")


@require_safe
@reads_replica
def listed(request):
    try:
        found = days.page(request.GET.get("after", ""))
    except Invalid:
        return redirect("portal_transparency")
    months = sorted({f"{one.day:%Y-%m}" for one in found.rows}, reverse=True)
    return page(request, "transparency", {"days": found.rows, "next": found.next, "months": months}, index=True)


def _file(content: str | bytes, kind: str) -> HttpResponse:
    """What never changes: whoever comes by may keep it."""
    response = HttpResponse(content, content_type=kind)
    response["Cache-Control"] = "public, max-age=86400"
    return response


@require_safe
def how(request):
    """The description to the byte, for whoever writes a check: as text, to be kept."""
    response = HttpResponse(description.text(), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _read(name: str, shape: re.Pattern, more: str = "") -> date:
    try:
        return date.fromisoformat(name + more) if shape.fullmatch(name) else _not_there()
    except ValueError:
        return _not_there()


def _not_there() -> date:
    raise Http404


@require_safe
@reads_replica
def day_file(request, name: str):
    text = days.text_of(_read(name, _DAY))
    if text is None:
        raise Http404
    return _file(text, "application/json")


@require_safe
@reads_replica
def month_file(request, name: str):
    """The files of a month in one, for a folder to be checked."""
    first = _read(name, _MONTH, "-01")
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1) if first < date(9999, 12, 1) else first
    found = days.texts(first, end)
    if not found:
        raise Http404
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for day, text in found:
            packed.writestr(zipfile.ZipInfo(f"{day}.json", (1980, 1, 1, 0, 0, 0)), text)
    response = _file(made.getvalue(), "application/zip")
    response["Cache-Control"] = "public, max-age=3600"  # the month may go on
    return response


def _said(one: proof.Line) -> list[tuple[str, list[str]]]:
    """(question, answers round by round) as far as anything was said."""
    return [(label, [_WORDS.get(word, word) for word in one.outcome[name].split(",")]) for name, label in _ASKED if one.outcome.get(name, "none") != "none"]


def _state(one: proof.Line) -> str:
    said = one.outcome.get("state", "")
    return State(said).public if said in {s.value for s in State} else _AGAIN


@require_safe
def of_case(request):
    opened = session_state.opened(request)
    if opened is None:
        return redirect("/track?ended=1")
    found = proof.of_requester(opened.by)
    lines = [(one, _state(one), _said(one)) for one in found.lines]
    after = found.expected + timedelta(days=1) if found.expected else None
    return page(request, "proof", {"found": found, "lines": lines, "after": after, "of": opened.of})


@require_safe
def proof_file(request, leaf_id: int):
    opened = session_state.opened(request)
    if opened is None:
        return redirect("/track?ended=1")
    found = proof.file_of(opened.by, leaf_id) if leaf_id < 2**63 else None
    if found is None:
        raise Http404
    response = HttpResponse(found.as_text(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="proof-{found.day}.json"'
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
