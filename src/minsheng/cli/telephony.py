"""Which exchange: the option that `serve` and `demo` share. Read by settings, which are loaded after it."""

from __future__ import annotations

import argparse
import os

CHOICES = {"asterisk": "本机的 Asterisk", "simulator": "模拟的话务（页面上写明）", "none": "不接电话"}


def add(parser: argparse.ArgumentParser, default: str) -> None:
    said = "；".join(f"{name} {what}" for name, what in CHOICES.items())
    parser.add_argument("--telephony", choices=list(CHOICES), help=f"话务平台：{said}（默认取 MINSHENG_TELEPHONY，否则 {default}）")


def choose(args: argparse.Namespace, default: str) -> str:
    """What was written, else what the environment says."""
    chosen = args.telephony or os.environ.get("MINSHENG_TELEPHONY") or default
    os.environ["MINSHENG_TELEPHONY"] = chosen
    return chosen
