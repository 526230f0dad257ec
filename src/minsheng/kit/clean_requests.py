"""What a request brings as text is cleaned once, before anything reads it: path, query, form, cookies.

What nobody sees is dropped from words. In a path it becomes a mark that no name holds, so that nothing is found by it; a number
in a path that no row can have becomes 0. A body of JSON is read by `read_values.from_json`.
"""

from __future__ import annotations

import codecs

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict

from minsheng.kit.api_middleware import API
from minsheng.kit.read_values import BIGGEST, as_clean
from minsheng.kit.uploads import NamesInAnyCode

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
UNREADABLE = "\ufffd"


def _cleaned(given: QueryDict) -> QueryDict:
    """The same mapping when there is nothing to clean, which is nearly always."""
    if all(as_clean(name) == name and all(as_clean(value) == value for value in values) for name, values in given.lists()):
        return given
    made = QueryDict(mutable=True, encoding=given.encoding)
    for name, values in given.lists():
        made.setlist(as_clean(name), [*made.getlist(as_clean(name)), *(as_clean(value) for value in values)])
    made._mutable = False
    return made


def _in_utf8(request: HttpRequest) -> None:
    """All that comes is read as UTF-8. A form that says it is of something else is refused (400) and not guessed at; on any other request,
    and where no such encoding exists, the word means nothing."""
    said, request.encoding = request.encoding, "utf-8"
    if said and request.content_type in _FORMS and codecs.lookup(said).name != "utf-8":
        raise BadRequest("a form in another encoding than UTF-8")


class CleanRequests:
    """Middleware, before the one that reads the session's cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        _in_utf8(request)
        if request.content_type == "multipart/form-data":
            request.upload_handlers = [NamesInAnyCode(request), *request.upload_handlers]
        request.GET = _cleaned(request.GET)  # type: ignore[assignment]  # as immutable as it was
        if not request.path_info.startswith(API):  # programs bring none
            request.COOKIES = {name: as_clean(value) for name, value in request.COOKIES.items()}
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs):
        for name, value in kwargs.items():
            if isinstance(value, str) and as_clean(value) != value:
                kwargs[name] = UNREADABLE
            elif isinstance(value, int) and value > BIGGEST:
                kwargs[name] = 0
        if request.method == "POST" and request.content_type in _FORMS and not request.path_info.startswith(API):
            request.POST = _cleaned(request.POST)  # type: ignore[assignment]
