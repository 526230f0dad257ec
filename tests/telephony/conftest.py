"""One exchange for a module of tests, fetched once a run. Without Asterisk or SIPp: a failure where MINSHENG_PBX=1 (`.ci/run`), else said loudly."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.journeys.conftest import told_by
from tests.telephony.phones import Exchange, free_port


def lacking(what: str) -> None:
    if os.environ.get("MINSHENG_PBX") == "1":
        pytest.fail(f"telephony could not be tried: {what}")
    pytest.skip(f"NOT RUN HERE: telephony: {what}")


@pytest.fixture(scope="session")
def programs() -> Path:
    """Asterisk's programs, the same for all processes of a run; "" for the machine's own."""
    from minsheng.kit.host import Problem
    from minsheng.telephony.asterisk import programs

    if shutil.which("sipp") is None:
        lacking("apt-get install sip-tester")
    root = Path(os.environ.get("MINSHENG_PBX_PROGRAMS") or Path(tempfile.gettempdir()) / f"minsheng-pbx-{os.geteuid()}")
    root.parent.mkdir(parents=True, exist_ok=True)
    if root.exists() and root.stat().st_uid != os.geteuid():
        lacking(f"{root} belongs to another user")
    with open(root.with_name(root.name + ".lock"), "w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if programs.found(root) is None:
            try:
                programs.fetch(root, print)
            except Problem as wrong:
                lacking(str(wrong))
    return root


@pytest.fixture(scope="module")
def exchange(programs, request):
    """A telephone rings for as long as no test waits, where its module says no `RING_S`."""
    folder = Path(tempfile.mkdtemp(prefix="minsheng-pbx-"))
    before = os.environ.get("MINSHENG_PBX_PROGRAMS")
    os.environ["MINSHENG_PBX_PROGRAMS"] = str(programs)
    made = Exchange(folder, outside=free_port(), ring_s=getattr(request.module, "RING_S", 60))
    try:
        made.start()
        yield made
    finally:
        made.close()
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            os.environ.pop("MINSHENG_PBX_PROGRAMS")


@pytest.fixture
def journey(chromium, programs):
    """At a telephone, on a real exchange."""
    return lambda name, *words: told_by(name, chromium, *words, MINSHENG_PBX_PROGRAMS=str(programs))
