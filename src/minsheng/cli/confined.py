"""像网页进程那样受限，再试着变成数据库所有者：逐行写出走得通的路（供 doctor 使用）。

What the web and worker processes may touch on the disk: kept bytes, anchors, a folder for what is in passing; never the owner's way in.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from minsheng.cli import cities, handover, ready
from minsheng.kit import clock

hidden = True
WRITABLE = ("files", "anchors", "tmp", "logs", "figures", "archive", "pbx", "recordings")
LINES = "anchors.log"


def prepare(data: Path) -> None:
    """By the launcher: the places exist before its children are shut in; what was left in passing a day ago is gone."""
    for name in WRITABLE:
        (data / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    (data / LINES).touch(mode=0o600)
    for file in (data / "tmp").iterdir():
        if file.is_file() and file.stat().st_mtime < clock.machine_now().timestamp() - 86400:
            file.unlink(missing_ok=True)
    os.environ["TMPDIR"] = str(data / "tmp")


def enter() -> bool:
    """In a child, first of all: whether the kernel could shut it in."""
    from minsheng.kit import confine, embedded_access

    data = Path(os.environ.get("MINSHENG_DATA") or ready.ROOT / "var").resolve()
    for name in WRITABLE:  # also where an older version's launcher made them
        (data / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    elsewhere = filter(None, map(os.environ.get, ("MINSHENG_ANCHORS_FOLDER", "MINSHENG_ARCHIVE")))
    places = [data / name for name in (*WRITABLE, LINES)] + [Path(given) for given in elsewhere]
    return confine.confine(hidden=[data / "pg", embedded_access.key_of(data), data / handover.KEY, *cities.of_others(data)],
                            writable=[*places, Path("/dev")])


def add(parser) -> None:
    ready.add_data(parser)


def run(args) -> int:
    """A line for each way that is open; none when all are shut."""
    ready.folder(args.data)
    enter()
    ready.django_up()
    from minsheng.kit import checks

    print("\n".join(checks.ways_to_owner()))
    return 0


def ways_to_owner() -> list[str]:
    """By the launcher's commands: what the program's processes could do, asked of one that is shut in like them."""
    done = subprocess.run([sys.executable, "-m", "minsheng.cli", "confined"], capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line] or ([] if done.returncode == 0 else [f"试不了：{done.stderr.strip()[-200:]}"])
