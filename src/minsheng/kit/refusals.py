"""A refusal that a view did not meet becomes a page in words, never a breakdown: the last net under every screen."""

from __future__ import annotations

from django.shortcuts import render

from minsheng.kit.verdict import Invalid, Refused


class Refusals:
    """Middleware. What is hidden does not exist (404); other refusals say why (409); wrong input says what to do (422)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, wrong):
        if isinstance(wrong, Refused):
            gone = wrong.verdict.code in {"hidden", "gone"}
            return render(request, "404.html" if gone else "409.html", {"reason": wrong.verdict.reason}, status=404 if gone else 409)
        if isinstance(wrong, Invalid):
            return render(request, "409.html", {"reason": str(wrong)}, status=422)
        return None
