"""运行全部测试；后面的参数交给 pytest。"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import zlib
from pathlib import Path

from minsheng.cli import Stop, environment, ready


def add(parser) -> None:
    parser.add_argument("pytest", nargs="*", help="pytest 的参数，例如 tests/rules -k deadline")


def parse(parser, argv: list[str]):
    """Everything but --help is pytest's."""
    if argv in (["-h"], ["--help"]):
        parser.parse_args(argv)
    return parser.parse_args(["--", *argv])


def extras() -> None:
    """The test tools, from their own lock, once."""
    lock = ready.ROOT / "requirements-test.lock"
    stamp = Path(sys.prefix) / f".minsheng-test-{zlib.crc32(lock.read_bytes()):08x}"
    if stamp.exists():
        return
    with open(ready.ROOT / ".venv.lock", "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        print("正在安装测试工具（按锁定清单）…", flush=True)
        if environment.install(Path(sys.executable), lock):
            raise Stop("测试工具没有装好；请检查网络（或 pip 的镜像设置）后重试")
        stamp.touch()


def run(args) -> int:
    extras()
    ready.django_up()
    from minsheng.kit import assets

    if not assets.install(ready.ROOT):
        raise Stop("页面所用的样式与脚本没有装好；请检查网络（或 npm 的镜像设置）后重试")
    clean = {key: value for key, value in os.environ.items() if key not in ("MINSHENG_DATA", "MINSHENG_DEMO", "MINSHENG_CLOCK_OFFSET_S")}
    sys.stdout.flush()
    return subprocess.run([sys.executable, "-m", "pytest", *args.pytest], cwd=ready.ROOT, env=clean, check=False).returncode
