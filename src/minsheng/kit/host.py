"""What this machine has, and the problem that ends a command with a sentence for its user."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Problem(Exception):
    """Something about the machine or the set-up; the text says what to do."""


def memory_bytes() -> int:
    """Memory that this process may use: the machine's, or its container's share."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(whole, int(Path(file).read_text()))
        except (OSError, ValueError):
            continue
    return whole


def free_gb(folder: Path) -> float:
    """Free disk below `folder`, in gigabytes."""
    while not folder.exists():
        folder = folder.parent
    return round(shutil.disk_usage(folder).free / 1e9, 1)
