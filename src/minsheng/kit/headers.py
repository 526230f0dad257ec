"""Headers on every page: only our own scripts, styles and frames; nothing kept by caches that belongs to a person."""

from __future__ import annotations

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)  # style attributes are needed for bars' widths; scripts are never inline


class Headers:
    """Middleware."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "geolocation=(self), microphone=(self), camera=(self)")
        if not request.path.startswith("/static/") or response.status_code >= 400:  # the page that says so has a form with the reader's token
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response
