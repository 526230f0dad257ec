"""A paper handed out: the signed one byte for byte, an unsigned one with the mark of a draft in it and in its name."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.desk.views.case import hidden
from minsheng.kit.papers.making import FORMS
from minsheng.kit.verdict import Refused

DRAFT = "（草稿）"


def answer(request, form: str, read: Callable[[], tuple[str, bytes]], unseen: tuple[str, ...] = ("hidden",)):
    """`read()`: the file's name without its ending, and what it holds. A refusal with a code of `unseen` says no more than that there is none;
    any other says why."""
    try:
        name, content = read()
    except Refused as refused:
        if refused.verdict.code in unseen:
            return hidden(request, refused)
        return render(request, "409.html", {"reason": refused.verdict.reason}, status=409)
    found = HttpResponse(content, content_type=FORMS[form])
    found["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"
    return found


def addresses(at: str, name: str, readers: Callable, read: Callable[..., tuple[str, bytes]], forms: tuple[str, ...] = ("pdf", "docx")) -> list:
    """The addresses `at`/paper.FORM, called `name`-FORM, for `readers`. `at` names one id; read(id, form, actor) as `answer` asks it."""

    @never_cache
    @readers
    @require_safe
    def paper(request, form: str, **one: int):
        return answer(request, form, lambda: read(*one.values(), form, request.actor))

    return [path(f"{at}/paper.{form}", paper, {"form": form}, name=f"{name}-{form}") for form in forms]
