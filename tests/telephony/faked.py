"""An exchange whose clock stands where a test says: its process alone, by libfaketime; what it waits for goes by the machine's."""

from __future__ import annotations

import glob
import shutil
from dataclasses import dataclass
from pathlib import Path

from minsheng.telephony.asterisk import programs
from tests.telephony.conftest import lacking


@dataclass
class Clock:
    """`ahead` may be written at any time: the process reads it again each second."""

    file: Path

    def ahead(self, seconds: float) -> None:
        half = self.file.with_suffix(".half")
        half.write_text(f"{seconds:+.0f}\n")
        half.chmod(0o644)
        half.replace(self.file)


def faked(monkeypatch, folder: Path) -> Clock:
    """From now on an exchange that is started runs by this clock."""
    library = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), "")
    if not library:
        lacking("apt-get install faketime")
    clock, command = Clock(folder / "ahead"), programs.Programs.command
    clock.ahead(0)
    said = [f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={clock.file}", "FAKETIME_CACHE_DURATION=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
            "FAKETIME_NO_CACHE=0", "FAKETIME_DONT_RESET=1"]
    monkeypatch.setattr(programs.Programs, "command", lambda self, root="": [shutil.which("env"), *said, *command(self, root)])
    return clock
