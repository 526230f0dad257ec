"""Which exchange: the option that `serve` and `demo` share. Read by settings, which are loaded after it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

CHOICES = {"asterisk": "本机的 Asterisk", "simulator": "模拟的话务（页面上写明）", "none": "不接电话"}


def add(parser: argparse.ArgumentParser, default: str) -> None:
    said = "；".join(f"{name} {what}" for name, what in CHOICES.items())
    parser.add_argument("--telephony", choices=list(CHOICES), help=f"话务平台：{said}（默认取 MINSHENG_TELEPHONY，否则 {default}）")


def choose(args: argparse.Namespace, default: str) -> str:
    """What was written, else what the environment says."""
    chosen = args.telephony or os.environ.get("MINSHENG_TELEPHONY") or default
    os.environ["MINSHENG_TELEPHONY"] = chosen
    return chosen


def bring_up(data: Path) -> Callable[[], object]:
    """For a demo on a real exchange: it is fetched where there is none, and started. What ends it again, if it was not there before."""
    from minsheng.telephony.asterisk import layout, life, programs

    places = layout.of(data)
    if programs.found(places.programs) is None:
        programs.fetch(places.programs, _say)
    if life.running(places) is not None:
        return lambda: None
    life.start(places, _say)
    return lambda: life.stop(places)


def remind(data: Path) -> None:
    """For service: an exchange that does not run is told of; what runs without it serves pages all the same."""
    from minsheng.telephony.asterisk import layout, life

    if life.running(layout.of(data)) is None:
        _say("提醒：电话交换机没有在运行，不会有来电。启动：./minsheng pbx start")


def _say(text: str) -> None:
    print(text, flush=True)
