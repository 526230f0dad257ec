"""Keys for programs, of everybody, for the security administrator: who let which program in, and an end to it."""

from __future__ import annotations

from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from minsheng.accounts import actions, queries
from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import SCOPES, Role
from minsheng.kit import clock, toast
from minsheng.kit.verdict import Invalid, Refused


@never_cache
@needs(Role.SECURITY_ADMIN)
@require_safe
def tokens(request):
    """?all=1 shows ended ones too."""
    return _page(request)


def _page(request, status: int = 200, **more):
    every, errors, page = bool(request.GET.get("all")), more.pop("errors", {}), None
    try:
        page = queries.all_tokens(not every, request.GET.get("after", ""))
    except Invalid as wrong:
        errors, status = wrong.errors, 422
    now = clock.machine_now()
    rows = [{"token": one, "alive": one.facts().alive(now), "scopes": "、".join(SCOPES.get(s, s) for s in one.scopes)} for one in page.rows] if page else []
    shown = {"rows": rows, "page": page, "errors": errors, "every": every, "query": "all=1" if every else "", "typed": request.POST}
    return render(request, "desk/tokens.html", shown | more, status=status)


@needs(Role.SECURITY_ADMIN)
@require_POST
def end(request, token_id: int):
    """Posted `reason`. The program is refused from its next request on."""
    try:
        actions.revoke_token_of(token_id=token_id, by=request.actor, reason=request.POST.get("reason", ""))
    except Refused as refused:
        return _page(request, 409, reason=refused.verdict.reason)
    except Invalid as wrong:
        return _page(request, 422, errors=wrong.errors, at=token_id)
    return toast.leave(redirect("tokens"), "密钥已停用，用它的程序从下一次请求起被拒绝")


urls = [path("tokens", tokens, name="tokens"), path("tokens/<int:token_id>/end", end, name="token-end")]
