"""Which language a page speaks."""

from __future__ import annotations

from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from minsheng.kit.api_middleware import PagesOnly


class Tongues(PagesOnly, LocaleMiddleware):
    """Citizens' pages: the visitor's choice, else the browser's. The desks: Chinese, the record's language, whatever the browser asks for."""

    def process_view(self, request, view, args, kwargs):
        if not view.__module__.startswith("minsheng.portal"):
            translation.activate(settings.LANGUAGE_CODE)
            request.LANGUAGE_CODE = settings.LANGUAGE_CODE
