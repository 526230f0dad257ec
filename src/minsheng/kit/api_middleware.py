"""The API's own lane through the middleware: a program brings a token and no cookie, so what serves pages is stepped over.

Security and cache headers, the check of the host's name and Content-Length are for everybody (settings.MIDDLEWARE names them
as they are). A test holds that no answer of the API reads or sets a cookie.
"""

from __future__ import annotations

from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.csrf import CsrfViewMiddleware

API = "/api/"


def pages_only(middleware: type) -> type:
    """The same middleware, but requests to the API go past it. A refusal by CSRF needs no second look: views there are exempt."""

    class PagesOnly(middleware):
        def __call__(self, request):
            return self.get_response(request) if request.path_info.startswith(API) else super().__call__(request)

    PagesOnly.__name__ = PagesOnly.__qualname__ = middleware.__name__
    return PagesOnly


Sessions = pages_only(SessionMiddleware)
Csrf = pages_only(CsrfViewMiddleware)
