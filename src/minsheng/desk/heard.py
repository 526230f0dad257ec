"""Which pages say that what they show was changed by somebody else meanwhile: lists by any notice of their kind, a subject's page by its own.

The line comes with a button; nothing moves under the reader's hands (live.js). Pages of cases have their own way (data-case).
"""

from __future__ import annotations

from typing import Any

# Name of the page -> the kind of notice that it hears.
LISTS = {
    "periods": "period", "commitments": "commitment", "meetings": "meeting", "signups": "signup", "leads": "lead", "slips": "slip",
    "findings": "finding", "phrases-all": "phrases", "inspections": "inspection", "points": "point", "instructions": "instruction",
    "duties": "duty", "topics-declared": "topic", "watches": "watch", "bulletins": "bulletin",
    "assessments": "assessment", "objections": "objection", "datasets": "dataset",
    "scorings": "scoring",
}
SUBJECTS = {"scheme": "scheme", "day-report": "report", **{kind: kind for kind in LISTS.values()}}


def context(request) -> dict[str, Any]:
    """Context processor: `heard`, for pages that listen."""
    found: Any = getattr(request, "resolver_match", None)
    name = found.url_name if found and getattr(request, "actor", None) is not None and request.method == "GET" else ""
    if name in LISTS:
        return {"heard": {"kind": LISTS[name], "id": "", "said": "列表有更新。"}}
    if name in SUBJECTS and found.kwargs:
        return {"heard": {"kind": SUBJECTS[name], "id": next(iter(found.kwargs.values())), "said": "这一页刚被别人更新。"}}
    return {}
