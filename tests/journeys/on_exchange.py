"""A journey at the telephone: the product served beside a real exchange, and a browser whose microphone hears a tone."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import server

from tests import ready_folders
from tests.journeys.call_to_closed import FLAGS
from tests.journeys.stage import MORNING, Stage
from tests.telephony.phones import Exchange, free_port

HEARD = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection", "--autoplay-policy=no-user-gesture-required"]


@dataclass(frozen=True)
class Scene:
    """`play`: Playwright; `served`: what `bench.server.running` gives."""

    stage: Stage
    exchange: Exchange
    play: Any
    browser: Any
    served: Any


@contextmanager
def on_exchange(args: Namespace, *flags: str, at: datetime = MORNING, **environ: str) -> Iterator[Scene]:
    """`args`: of `call_to_closed.arguments`; `flags`: of the browser; `at`: when the program's clock begins; `environ`: of the program, beside its own."""
    from playwright.sync_api import sync_playwright

    made: list[Exchange] = []

    def prepare(data: Path) -> None:
        made.append(Exchange(data, outside=free_port(), ring_s=120))
        made[0].start()

    os.environ |= {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "MINSHENG_TELEPHONY": "asterisk", **environ}
    try:
        with server.running(workers=1, at=at, copy_of=ready_folders.with_cast(), prepare=prepare) as on, sync_playwright() as play:
            from tests.cast import build

            browser = play.chromium.launch(executable_path=args.browser, args=[*FLAGS, *HEARD, *flags])
            yield Scene(Stage(browser, on.port, build(), args.shots), made[0], play, browser, on)
            browser.close()
    finally:
        for exchange in made:
            exchange.close()


def say(told: dict, stage: Stage) -> None:
    """The one line that a journey's test reads."""
    print(json.dumps(told | {"wrong": stage.found, "errors": stage.errors}, ensure_ascii=False))
