"""运行全部测试，用上所有处理器；后面的参数交给 pytest。"""

from __future__ import annotations

import fcntl
import os
import re
import sys
import zlib
from pathlib import Path

from minsheng.cli import Stop, environment, ready

SPREAD = ("--dist", "loadfile", "--no-loadscope-reorder")  # a file's fixtures are made once; the order is tests/conftest.py's

# What a shell may have set and tests must not have. The program is started hundreds of times: compiled once, not each time.
NOT_OF_TESTS = {"MINSHENG_DATA", "MINSHENG_DEMO", "MINSHENG_CLOCK_OFFSET_S", "PYTHONDONTWRITEBYTECODE"}


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


def at_once(given: list[str]) -> list[str]:
    """How pytest spreads the tests over the processors, a file on one of them; nothing where the caller says how, or looks into one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    says = re.compile(r"-n\d*|-n(auto|logical)|--numprocesses.*|--dist.*|--pdb.*|--trace|-s|--capture=no|--collect-only|--co|no:xdist|.*\.py(::.*)?")
    return [] if processors == 1 or any(says.fullmatch(word) for word in given) else ["-n", str(processors), *SPREAD]


def run(args) -> int:
    extras()
    ready.django_up()
    from minsheng.kit import assets

    if not assets.install(ready.ROOT):
        raise Stop("页面所用的样式与脚本没有装好；请检查网络（或 npm 的镜像设置）后重试")
    clean = {key: value for key, value in os.environ.items() if key not in NOT_OF_TESTS}
    sys.stdout.flush()
    os.chdir(ready.ROOT)
    counting = ["-m", "coverage", "run"] if "COVERAGE_FILE" in os.environ else []  # tests/coverage_floors.py
    os.execve(sys.executable, [sys.executable, *counting, "-m", "pytest", *at_once(args.pytest), *args.pytest], clean)  # ^C is its own: it clears up and counts
