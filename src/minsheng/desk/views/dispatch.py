"""The dispatcher's desk: list and preview side by side, the oldest limit first."""

from __future__ import annotations

from urllib.parse import urlencode

from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.cases import actions
from minsheng.cases import queries as cases
from minsheng.cases.queries import dispatch_lists
from minsheng.cases.queries.case_page import band_of
from minsheng.cases.queries.dispatch_lists import Pile
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.readers import Place
from minsheng.desk import dispatch_preview as preview
from minsheng.kit import form_key, toast
from minsheng.kit.read_values import id_or_none
from minsheng.kit.templatetags.show import hour
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org

_desk = needs(Role.DISPATCHER, Role.SHIFT_LEADER)


def _where(pile: str, case: str = "", after: str = "") -> str:
    """Where in the list to go on. What no link of ours carries is left away: nobody is sent to an address without end."""
    given = {"pile": pile, "case": case, "after": after}
    return reverse("dispatch") + "?" + urlencode({name: value for name, value in given.items() if 0 < len(value) <= _LONGEST})


_LONGEST = 200  # of a mark in an address


@never_cache
@require_safe
@_desk
def desk(request):
    """?pile=, ?case= what the preview shows (else the first of the pile), ?after= the next page."""
    return _page(request, request.GET.get("case", ""))


def _page(request, wanted: str, *, typed=None, errors=None, reason: str = "", status: int = 200):
    asked = request.POST or request.GET
    pile, after = preview.first_pile(request.actor, asked.get("pile", "")), asked.get("after", "")
    try:
        page = dispatch_lists.piled(request.actor, pile, after)
    except Invalid:
        return redirect(_where(pile))
    ids = [str(c.id) for c in page.rows]
    wanted = str(id_or_none(wanted) or (ids[0] if ids else ""))
    shown = _preview(request, int(wanted)) if wanted else None
    if shown is None and wanted and ids and wanted != ids[0]:
        wanted = ids[0]
        shown = _preview(request, int(wanted))
    counts = dispatch_lists.counts(request.actor)
    given = {
        "pile": pile, "tabs": [(p, counts[p]) for p in Pile], "rows": [(c, *band_of(c)) for c in page.rows], "page": page, "at": wanted,
        "query": urlencode({"pile": pile.value}), "errors": errors or {}, "reason": reason,
        **_shown(shown, pile, _after(ids, wanted), after, typed),
    }
    return render(request, "desk/dispatch.html", given, status=status)


def _preview(request, case_id: int):
    try:
        return preview.of(case_id, request.actor)
    except Refused:
        return None


def _after(ids: list[str], at: str) -> str:
    """The case that comes when this one has gone: the next below, else the first."""
    if at in ids:
        rest = ids[ids.index(at) + 1 :] or ids[: ids.index(at)]
        return rest[0] if rest else ""
    return ids[0] if ids else ""


def _shown(shown, pile: Pile, following: str, after: str = "", typed=None) -> dict:
    if shown is None:
        return {"shown": None, "after": after}
    return {"shown": shown, "form": preview.drawn(shown, typed), "handlers": preview.handlers(shown) if shown.send else [],
            "following": following, "after": after, "back": _where(pile, following, after),
            "stay": _where(pile, str(shown.case.id), after), "co_of": {p.unit_id: preview.co_names(p.co) for p in shown.proposals}}


@never_cache
@require_safe
@_desk
def look(request, case_id: int):
    """The preview alone, for the list's keys and clicks; opened as a page it stands beside its list."""
    if not request.htmx:
        return redirect(_where(request.GET.get("pile", ""), str(case_id)))
    pile = preview.first_pile(request.actor, request.GET.get("pile", ""))
    shown = _preview(request, case_id)
    if shown is None:
        return render(request, "404.html", {"reason": "没有这个工单，或您无权查看"}, status=404)
    given = _shown(shown, pile, request.GET.get("following", ""), request.GET.get("after", ""))
    return render(request, "desk/dispatch_preview.html", {"pile": pile, **given})


@never_cache
@require_safe
@_desk
def dues(request, case_id: int):
    """The dates that another limit would set, before sending."""
    try:
        case = cases.get(case_id, request.actor)
        made = dispatch_lists.promises(case, request.GET.get("limit", "").strip())
    except Refused as refused:
        return render(request, "404.html", {"reason": refused.verdict.reason}, status=404)
    except Invalid as wrong:
        return render(request, "desk/dispatch_dues.html", {"wrong": wrong.errors["limit"]}, status=422)
    return render(request, "desk/dispatch_dues.html", {"promises": made})


# --- deeds ------------------------------------------------------------


def _go(request, text: str, undo: str = ""):
    """On to the next case, with what is now true in one line."""
    post = request.POST
    return toast.leave(redirect(_where(post.get("pile", ""), post.get("following", ""), post.get("after", ""))), text, undo)


@never_cache
@require_POST
@_desk
def send(request, case_id: int):
    try:
        given = preview.read(request.POST)
        actions.take_step(case_id=case_id, step=preview.step_of(request.actor), by=request.actor, given=given, key=form_key.of(request.POST))
        case = cases.get(case_id, request.actor)
    except Invalid as wrong:
        return _page(request, str(case_id), typed=request.POST, errors=wrong.errors, status=422)
    except Refused as refused:
        return _page(request, str(case_id), typed=request.POST, reason=refused.verdict.reason, status=409)
    undo = reverse("dispatch-undo", args=[case_id]) if Role.DISPATCHER in request.actor.roles else ""
    return _go(request, f"已派给{org.tree().name(case.lead_id)}，签收时限 {hour(case.sign_due_at)}", undo)


@never_cache
@require_POST
@needs(Role.DISPATCHER)
def undo(request, case_id: int):
    """For a minute, while nobody has signed: back to the pile, and what the requester has been told is said as it is."""
    try:
        row = actions.take_step(case_id=case_id, step="undispatch", by=request.actor)
    except Refused as refused:
        return _page(request, str(case_id), reason=refused.verdict.reason, status=409)
    told = "通知已经发出，诉求人的查询页写明派单已撤回" if row.given.get("told") else "还没有通知任何人"
    return toast.leave(redirect(_where("", str(case_id))), f"{row.case.number} 已撤回派单，回到待派单；{told}。")


@never_cache
@require_POST
@_desk
def merge(request, case_id: int):
    master, reason = request.POST.get("master", ""), request.POST.get("reason", "").strip()
    try:
        actions.take_step(case_id=case_id, step="merge", by=request.actor, given={"master": master, "reason": reason}, key=form_key.of(request.POST))
        case = cases.get(case_id, request.actor)
        into = cases.get(int(master), request.actor)
    except Invalid as wrong:
        return _page(request, str(case_id), reason="；".join(wrong.errors.values()), status=422)  # its button has no field to go to
    except Refused as refused:
        return _page(request, str(case_id), reason=refused.verdict.reason, status=409)
    return _go(request, f"{case.number} 已并入 {into.number}，结果会一并告知诉求人。", reverse("dispatch-unmerge", args=[case_id]))


@never_cache
@require_POST
@_desk
def unmerge(request, case_id: int):
    try:
        actions.take_step(case_id=case_id, step="unmerge", by=request.actor, given={"reason": "并单后当即撤销"})
    except Refused as refused:
        return _page(request, str(case_id), reason=refused.verdict.reason, status=409)
    return toast.leave(redirect(_where("", str(case_id))), "已撤销并单，恢复单独办理。")


@never_cache
@require_POST
@_desk
def rule(request, case_id: int):
    """Confirm or overturn a decline; review a night dispatch afterwards."""
    step, words = PROCEDURE.get(request.POST.get("step", "")), request.POST.get("words", "").strip()
    if step is None or step.desk.place is not Place.DISPATCH:
        return redirect(_where(request.POST.get("pile", ""), str(case_id)))
    try:
        actions.take_step(case_id=case_id, step=step.name, by=request.actor, given=({step.fields[0]: words} if words else {}) | form_key.seen(request.POST),
                          key=form_key.of(request.POST))
    except Invalid as wrong:
        return _page(request, str(case_id), typed=request.POST, errors={"words": next(iter(wrong.errors.values()))}, status=422)
    except Refused as refused:
        return _page(request, str(case_id), typed=request.POST, reason=refused.verdict.reason, status=409)
    return _go(request, step.desk.said)


urls = [
    path("dispatch", desk, name="dispatch"),
    path("dispatch/<int:case_id>", look, name="dispatch-look"),
    path("dispatch/<int:case_id>/dues", dues, name="dispatch-dues"),
    path("dispatch/<int:case_id>/send", send, name="dispatch-send"),
    path("dispatch/<int:case_id>/undo", undo, name="dispatch-undo"),
    path("dispatch/<int:case_id>/merge", merge, name="dispatch-merge"),
    path("dispatch/<int:case_id>/unmerge", unmerge, name="dispatch-unmerge"),
    path("dispatch/<int:case_id>/rule", rule, name="dispatch-rule"),
]
