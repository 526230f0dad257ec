"""The centre's own DOCX template of each kind; without one the default."""

from __future__ import annotations

from minsheng.bulletins.models import TemplateRow
from minsheng.bulletins.rules.spans import BulletinKind


def in_force(kind: str) -> bytes | None:
    """Its bytes; None: the default one. One statement."""
    content = TemplateRow.objects.filter(kind=kind).order_by("-id").values_list("content", flat=True).first()
    return bytes(content) if content else None


def rows() -> dict[BulletinKind, list[TemplateRow]]:
    """Of each kind what was set, the newest first, without the bytes. One statement."""
    found: dict[BulletinKind, list[TemplateRow]] = {kind: [] for kind in BulletinKind}
    for row in TemplateRow.objects.defer("content").order_by("-id")[:200]:
        found[BulletinKind(row.kind)].append(row)
    return found
