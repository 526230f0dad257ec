"""A refusal that a view did not meet becomes a page in words, never a breakdown: the last net under every screen."""

from __future__ import annotations

from functools import wraps

from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve

from minsheng.kit.verdict import Invalid, Refused


def _opened(request) -> bool:
    """Somebody who works here opens the address of a form: from the history, a bookmark, after logging in again."""
    return request.method == "GET" and getattr(request, "actor", None) is not None and "text/html" in request.headers.get("Accept", "")


def _page_of(request):
    """A form's address lies below its page: the nearest address above that there is."""
    path, query = request.path, request.META.get("QUERY_STRING", "")
    while path := path.rstrip("/").rpartition("/")[0]:
        try:
            resolve(path)
        except Resolver404:
            continue
        return redirect(path + (f"?{query}" if query else ""))
    return redirect("/")


def on_its_page(template: str):
    """Of a view that only reads: an address that cannot be read (a filter, a mark of the next page) is answered by that page, with the sentence
    on it and nothing listed (422)."""

    def of(view):
        @wraps(view)
        def answered(request, *args, **kwargs):
            try:
                return view(request, *args, **kwargs)
            except Invalid as wrong:
                return render(request, template, {"errors": wrong.errors}, status=422)

        return answered

    return of


class Refusals:
    """Middleware. What is hidden does not exist (404); other refusals say why (409); wrong input says what to do (422)."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        return _page_of(request) if response.status_code == 405 and _opened(request) else response

    def process_exception(self, request, wrong):
        if isinstance(wrong, Refused):
            gone = wrong.verdict.code in {"hidden", "gone"}
            return render(request, "404.html" if gone else "409.html", {"reason": wrong.verdict.reason}, status=404 if gone else 409)
        if isinstance(wrong, Invalid):
            return render(request, "409.html", {"reason": str(wrong)}, status=422)
        return None
