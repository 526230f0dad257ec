"""量一量：灌一座城市、测各页和各步骤的快慢；后面的参数交给那一项。"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from minsheng.cli import Stop, ready

BENCHES = ("fill", "scale", "pages", "intake", "steps", "import", "figures", "measures", "calls")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="|".join(BENCHES), help="哪一项；各项的选项见 ./minsheng bench 项 --help，结果的读法见 bench/README.md")
    parser.add_argument("given", nargs=argparse.REMAINDER, metavar="…", help="那一项的选项，例如 fill --cases 1000000")


def run(args: argparse.Namespace) -> int:
    if args.name not in BENCHES:
        raise Stop(f"没有“{args.name}”这一项，可写：{'、'.join(BENCHES)}")
    if not (ready.ROOT / "bench").is_dir():
        raise Stop("这里没有 bench 目录：请在源码目录里运行")
    paths = os.pathsep.join((str(ready.ROOT / "src"), str(ready.ROOT)))
    return subprocess.run([sys.executable, "-m", f"bench.{args.name}", *args.given], cwd=ready.ROOT, env={**os.environ, "PYTHONPATH": paths}).returncode
