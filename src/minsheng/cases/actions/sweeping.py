"""Files that came for a case and hang on none: their step was refused, or never taken. They are personal data that nobody can see."""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import clock_actor
from minsheng.cases.models import CaseFile
from minsheng.files import actions as files
from minsheng.files.models import StoredFile
from minsheng.kit import clock

KEPT_FOR = timedelta(days=1)  # within which a file that was sent alone is named in a step
BY = clock_actor("附件清理")


def sweep_files() -> int:
    """Erase what has hung on no case for a day. Safe to repeat; how many files went."""
    old = StoredFile.objects.filter(created_at__lt=clock.now() - KEPT_FOR, erased_at=None, kind="attachment")
    swept = 0
    for file in old.exclude(id__in=CaseFile.objects.values("file_id")).order_by("id").iterator(500):
        files.erase(file=file, by=BY)
        swept += 1
    return swept
