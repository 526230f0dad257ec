"""A demo with a real exchange: the hotline is rung from a browser, as a citizen. Elsewhere there is no such page."""

from __future__ import annotations

from functools import wraps

from django.conf import settings
from django.http import Http404, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from minsheng.kit.headers import POLICY
from minsheng.kit.verdict import Refused
from minsheng.portal.views.page import page
from minsheng.telephony.actions import exchange


def there() -> bool:
    return settings.DEMO and settings.TELEPHONY == "asterisk"


def _there(view):
    @wraps(view)
    def door(request):
        if not there():
            raise Http404
        return view(request)

    return door


@require_safe
@_there
def ring(request):
    answer = page(request, "ring")
    if address := exchange.address():
        answer["Content-Security-Policy"] = POLICY.replace("connect-src 'self'", f"connect-src 'self' {address}")
    return answer


@never_cache
@require_POST
@sensitive_variables()
@_there
def line(request):
    try:
        made = exchange.ask(lambda exchange: exchange.visitor())
    except Refused as refused:
        return JsonResponse({"reason": refused.verdict.reason}, status=409)
    return JsonResponse({"url": made.url, "uri": made.uri, "user": made.user, "password": made.password})
