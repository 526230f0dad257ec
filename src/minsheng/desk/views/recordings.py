"""Calls of a case and their recordings: heard with a reason that the ledger keeps, by range, with wave and words."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minsheng.accounts.permissions import needs
from minsheng.desk.views.case import hidden
from minsheng.kit.verdict import Invalid, Refused
from minsheng.telephony import keeping
from minsheng.telephony.actions import recordings as actions
from minsheng.telephony.queries import recordings

readers = needs(*sorted(recordings.READERS))


@never_cache
@readers
@require_http_methods(["GET", "HEAD", "POST"])
def calls(request, case_id: int):
    """POST: a recording is asked for, with a reason; the answer plays it. Its address is good for this person and half an hour."""
    shown: dict[str, Any] = {"case_id": case_id, "hear_url": request.path}
    opened = 0
    try:
        if request.method == "POST":
            wanted = request.POST.get("recording", "")
            opened = int(wanted) if re.fullmatch(r"[0-9]{1,18}", wanted) else 0
            shown |= {"opened": opened, "reason": request.POST.get("reason", "")}
            recordings.of_case(case_id, request.actor)
            shown["sound"] = actions.hear(recording_id=opened, by=request.actor, reason=request.POST.get("reason", ""))
    except Refused as refused:
        return hidden(request, refused)
    except Invalid as wrong:
        shown["errors"] = wrong.errors
    try:
        lines = recordings.of_case(case_id, request.actor, opened if shown.get("sound") else 0)
    except Refused as refused:
        return hidden(request, refused)
    return render(request, "desk/telephony/calls_of_case.html", shown | {"lines": lines}, status=422 if shown.get("errors") else 200)


@never_cache
@readers
@require_safe
def sound(request, recording_id: int):
    """The bytes; of a part when the browser seeks (RFC 9110, 14)."""
    try:
        row = actions.with_pass(recording_id=recording_id, by=request.actor, shown=request.GET.get("pass", ""))
    except Refused as refused:
        return hidden(request, refused)
    try:
        size = keeping.archive(row.path).stat().st_size
    except OSError:
        return hidden(request, Refused(actions.GONE))
    first, last = 0, size - 1
    if asked := _one_part(request):
        span = _span(asked, size)
        if span is None:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        first, last = span
    answer = StreamingHttpResponse(keeping.part(row.path, first, last), status=206 if asked else 200, content_type=row.media)
    more = {"Content-Range": f"bytes {first}-{last}/{size}"} if asked else {}
    for name, value in {"Accept-Ranges": "bytes", "Content-Length": str(last - first + 1), "X-Content-Type-Options": "nosniff",
                        "Content-Security-Policy": "sandbox; default-src 'none'", **more}.items():
        answer.headers[name] = value
    return answer


def _one_part(request) -> str:
    """"" where the whole is to be given: no GET, a unit that nobody here knows, several parts, a version that has no name here (RFC 9110, 13.1.5, 14.2)."""
    asked = request.headers.get("Range", "").strip()
    part = request.method == "GET" and asked.lower().startswith("bytes=") and "," not in asked and "If-Range" not in request.headers
    return asked.lower() if part else ""


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """First and last byte of one range; None: there is no such part."""
    found = re.fullmatch(r"bytes=([0-9]{0,40})-([0-9]{0,40})", asked.strip())
    if not found or size == 0 or not (found[1] or found[2]):
        return None
    if not found[1]:
        return (max(0, size - int(found[2])), size - 1) if int(found[2]) else None
    first, last = int(found[1]), min(int(found[2]), size - 1) if found[2] else size - 1
    return (first, last) if first <= last else None


urls = [path("case/<int:case_id>/calls", calls, name="case-calls"), path("recordings/<int:recording_id>/sound", sound, name="recording-sound")]
