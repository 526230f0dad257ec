"""The API's own lane through the middleware: a program brings a token and no cookie, so what serves pages is stepped over.

Security and cache headers, the check of the host's name and Content-Length are for everybody (settings.MIDDLEWARE names them
as they are). A test holds that no answer of the API reads or sets a cookie.
"""

from __future__ import annotations

from django.contrib.sessions.middleware import SessionMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin

API = "/api/"


class PagesOnly(MiddlewareMixin):
    """Before a middleware of Django's: requests to the API go past it."""

    def __call__(self, request):
        return self.get_response(request) if request.path_info.startswith(API) else super().__call__(request)


class Sessions(PagesOnly, SessionMiddleware):
    pass


class Csrf(PagesOnly, CsrfViewMiddleware):
    """A refusal needs no second look: views of the API are exempt."""
