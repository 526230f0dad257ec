"""Lists of cases with their filters, and the one search box."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import CENTRE, UNIT, Actor, Role
from minsheng.cases import queries
from minsheng.cases.actions import by_number
from minsheng.cases.queries import lists
from minsheng.cases.queries.case_page import band_of
from minsheng.cases.rules import Channel, Kind, State
from minsheng.desk import forms, unit_choices
from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org

READERS = tuple(sorted(CENTRE | UNIT | {Role.INSPECTOR, Role.OUTSIDE_GROUP, Role.MEDIA, Role.SECURITY_ADMIN}))
# Roles whose rule opens no case yet: their list says so, and whom to ask, instead of asking for other filters.
NOT_OPENED = {
    Role.OUTSIDE_GROUP: ("督查组在“专项督查”里看抽到的工单，这里没有可看的", "需要调阅其他工单的，请向热线中心提出。"),
    Role.MEDIA: ("媒体联络员看不到工单", "可以报道的在“报道线索”里，都已脱敏；需要采访的，请与热线中心联系。"),
}


def rows_of(cases) -> list[dict]:
    """A row a case: what a list says of it, from its columns alone. `id` in words, so that no page cuts it into thousands."""
    door, shown = reverse("case", args=[0]).removesuffix("0"), []
    for case in cases:
        band, left, due = band_of(case)
        shown.append({"case": case, "id": str(case.id), "url": f"{door}{case.id}", "number": case.number, "title": case.title,
                      "state": _STATES[case.state], "band": band, "left": left, "due": due, "excerpt": ""})
    return shown


_STATES = {s.value: s.label for s in State}


def _query(request) -> str:
    kept = request.GET.copy()
    kept.pop("after", None)
    return kept.urlencode()


@never_cache
@needs(*READERS)
@require_safe
@reads_replica
def cases(request):
    """All cases that the reader may see, newest first; with overdue or open states, the earliest limit first."""
    errors, page = {}, None
    try:
        filters = lists.read_filters(request.GET)
        by_due = request.GET.get("order") == "due"
        page = lists.listed(request.actor, filters, request.GET.get("after", ""), by_due=by_due)
    except Invalid as wrong:
        errors, filters = wrong.errors, lists.Filters()
    asked = [n for n in (*_NARROWS, "order") if request.GET.get(n)]
    shown = {"page": page, "rows": rows_of(page.rows) if page else [], "filters": filters, "errors": errors, "query": _query(request), "asked": len(asked),
             "not_opened": _not_opened(request.actor), "choices": _choices(), "order": request.GET.get("order", ""), "select": Role.DISPATCHER in request.actor.roles}
    return render(request, "desk/cases.html", shown, status=422 if errors else 200)


def _not_opened(by: Actor) -> tuple[str, str] | None:
    """What stands in the place of the list, for who has no other role."""
    return next((NOT_OPENED[role] for role in sorted(by.roles)), None) if by.roles <= NOT_OPENED.keys() else None


_NARROWS = ("state", "kind", "category", "unit", "district", "since", "until", "channel", "overdue", "urgent", "sealed", "problem")


_BELOW = frozenset({"section", "township"})  # a choice of these would be a long one: they are found by what lies above


def _choices() -> dict:
    tree = org.tree()
    tops = sorted((c for c in queries.categories().values() if len(c.path) <= 2), key=lambda c: c.path)
    return {
        "state": forms.STATES, "kind": Kind.choices(), "channel": Channel.choices(),
        "category": [(c.code, ("　" if len(c.path) > 1 else "") + c.name) for c in tops],
        "unit": [(u.id, unit_choices.brief(u)) for u in tree.by_id.values() if u.active and u.kind.handles and u.kind not in _BELOW],
        "district": [(u.id, unit_choices.brief(u)) for u in tree.by_id.values() if u.active and u.kind.is_district],
    }


@never_cache
@needs(*READERS)
@require_safe
def search(request):
    """One box: a case's number opens it, a caller's number lists theirs, words search the masked text."""
    try:  # counted here: a copy that is only read cannot
        sought = by_number.sought(by=request.actor, text=request.GET.get("q", "")[:200])
    except Refused as refused:
        shown = {"words": request.GET.get("q", "").strip()[:200], "errors": {"q": refused.verdict.reason}, "states": forms.STATES}
        return render(request, "desk/search.html", shown, status=409)
    return _searched(request, sought)


@reads_replica
def _searched(request, sought):
    words = request.GET.get("q", "").strip()[:200]
    errors, found = {}, None
    try:
        found = lists.search(request.actor, words, lists.read_filters(request.GET), request.GET.get("after", ""), sought=sought)
    except Invalid as wrong:
        errors = wrong.errors
    if found and found.how == "number" and len(found.page.rows) == 1:
        return redirect("case", found.page.rows[0].id)
    rows = rows_of(found.page.rows) if found else []
    if rows and found.how == "words":
        marked = lists.highlighted(found.page.rows, words)
        rows = [row | dict(zip(("title", "excerpt"), map(_marked, marked[row["case"].id]), strict=True)) for row in rows]
    shown = {"words": words, "found": found, "rows": rows, "errors": errors, "query": _query(request),
             "page": found.page if found else None, "states": forms.STATES}
    return render(request, "desk/search.html", shown)


def _marked(pieces: list[tuple[str, bool]]) -> SafeString:
    """The words with what was asked for marked in them."""
    return mark_safe("".join(f"<mark>{escape(piece)}</mark>" if hit else escape(piece) for piece, hit in pieces))


urls = [path("cases", cases, name="cases"), path("search", search, name="search")]
