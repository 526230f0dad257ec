"""One way to answer a citizen: language, large print, no index for what is personal."""

from __future__ import annotations

from django.conf import settings
from django.shortcuts import render

from minsheng.kit.verdict import Invalid

LANGUAGES = (("zh-hans", "中文"), ("bo", "བོད་ཡིག"), ("en", "English"))
LARGE = "large"
MAX_BYTES = 24 * 1024 * 1024
ONE = 20 * 1024 * 1024


def page(request, template: str, context: dict | None = None, status: int = 200, index: bool = False):
    given = {"languages": LANGUAGES, "large_print": request.COOKIES.get(LARGE) == "1", "demo": settings.DEMO, "index": index}
    response = render(request, f"portal/{template}.html", {**given, **(context or {})}, status=status)
    if not index:
        response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def address(request) -> str:
    return request.META.get("REMOTE_ADDR", "")


def uploads(request) -> list[tuple[str, bytes]]:
    """(name, content) of the files sent. Invalid({"files": …}) before anything large is read."""
    from django.utils.translation import gettext as _

    sent = request.FILES.getlist("files")
    big = next((f.name for f in sent if f.size > ONE), "")
    if big:
        raise Invalid({"files": _("“%(name)s”超过 20 MB，请压缩后重新选择全部文件") % {"name": big[:40]}})
    if sum(f.size for f in sent) > MAX_BYTES:
        raise Invalid({"files": _("文件合计超过 24 MB，请分几次：先提交，再在查询页补充")})
    return [(f.name, f.read()) for f in sent]
