"""A Chromium that nothing watches but what is asked of it, through its pipe: to measure its memory.

Playwright has the browser keep a record of every answer it ever fetched (`Network.enable`), which grows with a page that asks for days. And a
browser compiles what runs often, for hours: here it does not, so that what is left is what the page keeps.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

from tests.journeys.call_to_closed import FLAGS

PLAIN = "--js-flags=--jitless --no-lazy-feedback-allocation"


class Bare:
    def __init__(self, reads: int, writes: int):
        self.reads, self.writes, self.rest, self.last, self.session = reads, writes, b"", 0, ""

    def send(self, method: str, **given: Any) -> dict:
        """The answer; events that come before it are passed over."""
        self.last += 1
        said = {"id": self.last, "method": method, "params": given} | ({"sessionId": self.session} if self.session else {})
        os.write(self.writes, json.dumps(said).encode() + b"\0")
        while (told := self._next()).get("id") != self.last:
            pass
        assert "error" not in told, (method, told["error"])
        return told["result"]

    def _next(self) -> dict:
        while b"\0" not in self.rest:
            some = os.read(self.reads, 1 << 20)
            assert some, "the browser is gone"
            self.rest += some
        one, _, self.rest = self.rest.partition(b"\0")
        return json.loads(one)

    def open(self, address: str, before: str, width: int, height: int) -> None:
        """A page of that size at this address; `before` runs before its own scripts, on every load."""
        page = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.send("Page.enable")
        self.send("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.send("Page.navigate", url=address)

    def said(self, expression: str) -> Any:
        told = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def memory(self) -> dict:
        """After what is left over was collected, the least of some readings: an answer that is under way is not counted."""
        self.send("Performance.enable")
        return min((self._reading() for _ in range(6)), key=lambda one: one["bytes"])

    def _reading(self) -> dict:
        self.send("HeapProfiler.collectGarbage")
        counts = {one["name"]: one["value"] for one in self.send("Performance.getMetrics")["metrics"]}
        return {"bytes": int(counts["JSHeapUsedSize"]), "nodes": int(counts["Nodes"]), "listeners": int(counts["JSEventListeners"])}


@contextlib.contextmanager
def bare(path: str) -> Iterator[Bare]:
    """Ended when this ends, with the folder that it kept."""
    into, writes = os.pipe()
    reads, out = os.pipe()

    def hand_over() -> None:
        taken = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (into, out)]  # out of the way of 3 and 4
        for end, place in zip(taken, (3, 4), strict=True):
            os.dup2(end, place)

    with tempfile.TemporaryDirectory(prefix="minsheng-browser-", ignore_cleanup_errors=True) as folder:
        browser = subprocess.Popen([path, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", PLAIN, *FLAGS, "about:blank"],
                                   preexec_fn=hand_over, close_fds=False, stderr=subprocess.DEVNULL)
        os.close(into)
        os.close(out)
        try:
            yield Bare(reads, writes)
        finally:
            browser.kill()
            browser.wait()
            os.close(writes)
            os.close(reads)
